import Foundation
import GuardianHost
import SafeStop
import SharedPage
import Signals
import TestSupport
import Testing
import Units
import WireCodec

/// What a confused daemon may leave in the page, and what a guardian makes of it.
@Suite struct HostilePageFuzzTests {
  private final class TemporaryPage {
    let path = NSTemporaryDirectory() + "tulpar-hostile-page-\(UUID().uuidString)"
    let page: SharedPage
    let file: FileHandle

    init() throws {
      var error: Int32 = 0
      let mapped = unsafe path.withCString { unsafe SharedPage.map($0, error: &error) }
      page = try #require(mapped)
      file = try #require(FileHandle(forUpdatingAtPath: path))
    }

    /// Changes one word, as a stray write would.
    func damage(_ random: inout RandomWords) throws {
      let words = UInt64(SharedPage.byteCount / 8)
      // The channels come first, after a head of 64 words.
      let place = 64 + random.next(below: random.next(below: 4) == 0 ? words - 64 : 2_400)
      try file.seek(toOffset: 8 * place)
      var word = random.next(below: 2) == 0 ? random.next() : random.next(below: 4)
      unsafe file.write(Data(bytes: &word, count: 8))
    }

    deinit {
      page.unmap()
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// S-15: whatever stands in the page, the guardian neither traps nor drives while it stops.
  @Test("any numbers in the daemon's slot, the supervisor's report and the configuration")
  func anyNumbers() throws {
    let fuzz = Fuzz("pages of any numbers", cases: 10_000)
    let shared = try TemporaryPage()
    let failures = fuzz.run { random in
      var fields = RandomFields(random: random, share: 1 + random.next(below: 16))
      var host = GuardianHost(page: shared.page)
      var settings = GuardianSettings()
      if random.next(below: 2) == 0 { settings.core.visit(&fields) }
      host.configure(settings)
      var isStopping = false
      for cycle in 1...8 {
        var slot = DaemonSlot()
        slot.sequence = UInt64(cycle)
        slot.controlHeartbeat = UInt64(cycle)
        slot.transmitAllowed = true
        slot.mode = .autonomous
        slot.publishedAt = Instant(nanoseconds: Int64(cycle) * 10_000_000)
        slot.visit(&fields)
        var report = SupervisorReport()
        report.visit(&fields)
        shared.page.write(&slot, to: .daemon)
        shared.page.write(&report, to: .supervisor)
        let output = host.cycle(
          at: Instant(nanoseconds: Int64(cycle) * 10_000_000), daemonIsAlive: cycle % 4 != 0,
          endIsRequested: false, transmits: false)
        if let broken = Self.broken(output) { return .broken("cycle \(cycle): \(broken)") }
        isStopping = isStopping || output.report.state == .stopping || output.report.state == .held
      }
      return isStopping ? .refused : .accepted
    }
    #expect(failures == [])
  }

  @Test("a word changed in the page is found: what is read is what was written, or nothing")
  func strayWrites() throws {
    let fuzz = Fuzz("stray writes", cases: 10_000)
    let shared = try TemporaryPage()
    let failures = fuzz.run { random in
      var fields = RandomFields(random: random, share: 8)
      var written: [UInt64] = []
      for _ in 0..<2 {
        var slot = DaemonSlot()
        slot.visit(&fields)
        shared.page.write(&slot, to: .daemon)
        written.append(Self.hash(slot))
      }
      do { for _ in 0...random.next(below: 3) { try shared.damage(&random) } } catch {
        return .broken("\(error)")
      }
      var read = DaemonSlot()
      guard shared.page.read(.daemon, into: &read) != 0 else { return .refused }
      return written.contains(Self.hash(read)) ? .accepted : .broken("another slot is read")
    }
    #expect(failures == [])
  }

  private static func broken(_ output: GuardianOutput) -> String? {
    guard (0...FrameTable.transmitCapacity).contains(output.frameCount) else {
      return "\(output.frameCount) frames"
    }
    let command = output.command
    guard command.curvature.isFinite, command.driveTorque.isFinite,
      command.brakeDeceleration.isFinite
    else { return "no numbers: \(command)" }
    let isStop = output.report.state == .stopping || output.report.state == .held
    return isStop && command.driveTorque != .zero ? "it drives while it stops: \(command)" : nil
  }

  private static func hash(_ slot: DaemonSlot) -> UInt64 {
    var copy = slot
    var hash = FieldHash()
    copy.visit(&hash)
    return hash.hash
  }
}
