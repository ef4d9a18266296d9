import CLinux
import Control
import DriveConfiguration
import Foundation
import Realtime
import SharedPage
import Signals
import Units
import WireCodec

/// Wake-ups and answers of the stack on this machine, beside bare C loops in the same seconds.
struct BenchWindow {
  let configuration: DriveConfiguration
  let seconds: Double
  let source: String

  /// Away from the deadlines of our threads at 0, 2 and 5 ms, so that nobody waits for another.
  private static let companionPhase = "7300"
  private static let schedulePhase: Int64 = 5_400_000

  func measure() throws -> RealtimeWindow {
    let truck = try BenchTruck(configuration)
    try truck.drive()
    var error: Int32 = 0
    let mapped = unsafe truck.page.withCString { unsafe SharedPage.map($0, error: &error) }
    guard let page = mapped else { throw CommandFailure.failed("bench: no page (\(error))") }
    let settings = configuration.compute
    let wakeups = try truck.companion(
      source, ["wakeups", "10000", Self.companionPhase, "\(settings.controlPriority)"],
      output: "wakeups")
    let echo = try truck.companion(
      source, ["echo", truck.bus, "\(settings.guardianPriority)"], output: "echo")
    let schedule = try truck.companion(
      source,
      ["schedule", truck.bus, "\(Self.schedulePhase / 1_000)", "\(settings.guardianPriority)"],
      output: "schedule")
    let cyclictest = startCyclictest(truck, priority: settings.controlPriority)
    Thread.sleep(forTimeInterval: 1)
    let end = tl_monotonic_ns() + Int64(seconds * 1e9)
    let sampler = WakeupSampler(page: page, until: end)
    let observer = try BusObserver(
      bus: truck.bus, table: configuration.controller.frames, until: end)
    let threads = [
      try RealtimeThread(.init(name: "sampler", stackBytes: 1 << 20, priority: 60)) {
        sampler.run()
      },
      try RealtimeThread(.init(name: "observer", stackBytes: 1 << 20, priority: 60)) {
        observer.run()
      },
    ]
    for thread in threads { thread.join() }
    var window = RealtimeWindow()
    window.ours = sampler.wakeups
    window.bus = observer.times
    _ = echo.finish()
    _ = schedule.finish()
    window.companion = Self.wakeups(of: wakeups.finish())
    window.cyclictest = cyclictest.map { Self.cyclictest($0.finish()) }
    if sampler.missed > 0 { say("bench: \(sampler.missed) cycles were not seen") }
    return window
  }

  private func startCyclictest(_ truck: BenchTruck, priority: Int) -> Companion? {
    let paths = ["/usr/bin/cyclictest", "/usr/sbin/cyclictest"]
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      say("bench: cyclictest is not installed (Debian: rt-tests); the bare loop stands for it")
      return nil
    }
    let loops = Int((seconds + 1) * 100)
    return try? Companion(
      path,
      ["-m", "-p", "\(priority)", "-i", "10000", "-l", "\(loops)", "-t", "1", "-h", "60000", "-q"],
      output: truck.folder + "/cyclictest")
  }

  private static func wakeups(of text: String) -> [RealtimeWindow.Wakeup] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").compactMap { Int64($0) }
      return words.count == 2 ? .init(deadline: words[0], lateness: words[1]) : nil
    }
  }

  /// Lines "000012 34": so many wake-ups were so many microseconds late.
  private static func cyclictest(_ text: String) -> Distribution {
    var values: [Int64] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, words[0].count == 6, let late = Int64(words[0]),
        let count = Int(words[1]), count > 0, count < 10_000_000
      else { continue }
      values += Array(repeating: late * 1_000, count: count)
    }
    return Distribution(values)
  }

  // MARK: - What is said of it

  func rows(_ window: RealtimeWindow) -> [(what: String, measured: String, budget: String)] {
    let ours = Distribution(window.ours.map(\.lateness))
    let bare = Distribution(window.companion.map(\.lateness))
    var rows: [(what: String, measured: String, budget: String)] = []
    for (name, share) in [("p50", 0.5), ("p95", 0.95)] {
      var text = Self.ratio(ours.quantile(share), bare.quantile(share), "the bare loop's")
      if let peer = window.cyclictest?.quantile(share) {
        text += Self.ratio(ours.quantile(share), peer, "cyclictest's", first: false)
      }
      rows.append(("wake-up of the control thread, \(name) of \(ours.values.count)", text, "1.5 x"))
    }
    let late = window.ownLate
    rows.append(
      ("wake-ups over 1 ms late, and the bare loop's not", "\(late.count) of \(late.of) late", "0"))
    let answer = BusTimes.answers(window.bus.stimuli, window.bus.actuator, phase: 0)
    let peer = BusTimes.answers(
      window.bus.stimuli, window.bus.schedule, phase: Self.schedulePhase)
    let name = "a bare C echo on this schedule"
    rows.append(
      (
        "frame in to actuator frame out, p50 of \(answer.total.values.count)",
        Self.ratio(answer.total.quantile(0.5), peer.total.quantile(0.5), name), "1.5 x"
      ))
    rows.append(
      (
        "of it after the schedule's instant, p50",
        Self.ratio(answer.beyond.quantile(0.5), peer.beyond.quantile(0.5), name), "1.5 x"
      ))
    let echo = Distribution(window.bus.echoes)
    rows.append(
      (
        "bus there and back, a bare C echo woken by each frame, p50",
        String(format: "%.0f us", echo.quantile(0.5)), "-"
      ))
    return rows
  }

  private static func ratio(
    _ ours: Double, _ peer: Double, _ name: String, first: Bool = true
  ) -> String {
    (first ? String(format: "%.0f us", ours) : "")
      + String(format: ", %.2f x %@ (%.0f us)", ours / peer, name, peer)
  }

  func printHistogram(_ window: RealtimeWindow) {
    let ours = BusTimes.answers(window.bus.stimuli, window.bus.actuator, phase: 0)
    let peer = BusTimes.answers(
      window.bus.stimuli, window.bus.schedule, phase: Self.schedulePhase)
    print("\nFrame in to actuator frame out, ms, ours and the bare echo's on the same schedule:\n")
    Self.table(ours.total, peer.total, width: 1_000)
    print("\nOf it after the schedule's instant (2 ms after the cycle), us:\n")
    Self.table(ours.beyond, peer.beyond, width: 50)
  }

  private static func table(_ ours: Distribution, _ peer: Distribution, width: Double) {
    let a = ours.histogram(width: width)
    let b = peer.histogram(width: width)
    let steps = Set(a.map(\.from) + b.map(\.from)).sorted()
    let scale = width >= 1_000 ? 1_000.0 : 1
    print("| from | ours | bare |\n|---|---|---|")
    for step in steps {
      let count = { (rows: [(from: Double, count: Int)]) in
        rows.first { $0.from == step }?.count ?? 0
      }
      print("| \(String(format: "%.0f", step / scale)) | \(count(a)) | \(count(b)) |")
    }
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
