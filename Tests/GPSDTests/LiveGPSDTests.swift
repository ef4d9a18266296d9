import Foundation
import GPSD
import Realtime
import Signals
import TestSupport
import Testing
import Units

private let gpsdPath = "/usr/sbin/gpsd"
private let isReady = FileManager.default.isExecutableFile(atPath: gpsdPath)
private let missing: Comment = "needs gpsd on this machine"

/// The real gpsd, fed over UDP with sentences of now, as the simulated truck feeds it.
@Suite(.serialized, .realTime) struct LiveGPSD {
  /// S-5: gpsd is killed and started again while the client runs, then the feed ends: reports come
  /// back by themselves, each was valid when it was received, and the loss is told.
  @Test(.enabled(if: isReady, missing), .timeLimit(.minutes(30)))
  func theClientSurvivesTheDeathOfGpsd() throws {
    let port = freePort()
    let feed = try Feed()
    var daemon = try Daemon(port: port, feed: feed.port)
    defer { daemon.kill() }
    let client = GPSDClient(port: port)
    let thread = try client.start()
    defer {
      client.stop()
      thread.join()
    }
    var log = EventLog()
    log.gather(client, feed, seconds: 3) { log in log.reports.count >= 10 }
    #expect(log.reports.count >= 10)
    #expect(log.connections == 1)

    daemon.kill()
    let killedAt = GPSDSession.monotonic()
    log.gather(client, feed, seconds: 2.5) { _ in false }
    let afterDeath = log.reports.filter { $0.receivedAt - killedAt > .milliseconds(100) }
    #expect(afterDeath.isEmpty)
    #expect(log.losses >= 1)
    #expect(log.staleEvents == 1)

    daemon = try Daemon(port: port, feed: feed.port)
    let before = log.reports.count
    log.gather(client, feed, seconds: 15) { log in log.reports.count >= before + 10 }
    #expect(log.reports.count >= before + 10)
    #expect(log.connections == 2)

    log.gather(client, nil, seconds: 2.5) { log in log.staleEvents >= 2 }
    #expect(log.staleEvents == 2)
    for report in log.reports {
      #expect(report.age < .milliseconds(500), "a stale fix was reported as fresh")
      #expect(report.status == 3 && report.sigma == Metres(0.02))
    }
    #expect(client.dropped == 0)
  }

  /// can-gnss.md 3.3: the heading of HDT comes through libgps and lands in its own epoch.
  @Test(.enabled(if: isReady, missing), .timeLimit(.minutes(30)))
  func headingsReachTheirEpochs() throws {
    let port = freePort()
    let feed = try Feed()
    let daemon = try Daemon(port: port, feed: feed.port)
    defer { daemon.kill() }
    let client = GPSDClient(port: port)
    let thread = try client.start()
    defer {
      client.stop()
      thread.join()
    }
    var log = EventLog()
    log.gather(client, feed, seconds: 10) { log in log.reports.count >= 30 }
    let headings = log.reports.dropFirst(5).filter { $0.heading.isFinite }
    #expect(headings.count >= 20)
    for report in headings {
      // The feed turns by a tenth of a degree an epoch and moves north by a metre.
      let index = ((report.latitude.value - 46.68) * 111_195).rounded()
      #expect((report.heading.value - (100 + index / 10)).magnitude < 0.051)
    }
  }

  /// gpsd stopped and continued hands over a backlog: none of it may be reported.
  @Test(.enabled(if: isReady, missing), .timeLimit(.minutes(30)))
  func aBacklogOfAStoppedGpsdIsNotReported() throws {
    let port = freePort()
    let feed = try Feed()
    let daemon = try Daemon(port: port, feed: feed.port)
    defer { daemon.kill() }
    let client = GPSDClient(port: port)
    let thread = try client.start()
    defer {
      client.stop()
      thread.join()
    }
    var log = EventLog()
    log.gather(client, feed, seconds: 10) { log in log.reports.count >= 10 }
    daemon.signal(SIGSTOP)
    log.gather(client, feed, seconds: 2) { _ in false }
    daemon.signal(SIGCONT)
    let before = log.reports.count
    log.gather(client, feed, seconds: 5) { log in log.reports.count >= before + 10 }
    #expect(log.reports.count >= before + 10)
    #expect(log.refusals.contains { $0.reason == .timeDelayed })
    for report in log.reports { #expect(report.age < .milliseconds(500)) }
  }

  @Test func anAbsentGpsdIsTriedAgainAndAgain() throws {
    let session = GPSDSession(host: "127.0.0.1", port: freePort(), policy: GNSSPolicy())
    var retries: [Interval] = []
    session.run(for: .milliseconds(1_000)) { event in
      if case .disconnected(let cause, let retry) = event {
        retries.append(retry)
        #expect(cause.text.hasPrefix("cannot be reached"))
      }
    }
    #expect(retries.prefix(3) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
  }
}

private struct EventLog {
  struct Report {
    var receivedAt: Instant
    /// From the fix to its receipt, on the one clock that made both.
    var age: Interval
    var latitude: Degrees
    var heading: Degrees
    var status: UInt8
    var sigma: Metres
  }

  var reports: [Report] = []
  var refusals: [GNSSRefusal] = []
  var connections = 0
  var losses = 0
  var staleEvents = 0

  /// Feeds and listens until `isEnough` or the time is over.
  mutating func gather(
    _ client: GPSDClient, _ feed: Feed?, seconds: Double, _ isEnough: (EventLog) -> Bool
  ) {
    let end = GPSDSession.monotonic() + .seconds(seconds)
    while GPSDSession.monotonic() < end, !isEnough(self) {
      feed?.send()
      usleep(100_000)
      while let event = client.next() { take(event) }
    }
  }

  private mutating func take(_ event: GPSDEvent) {
    switch event {
    case .report(let report):
      let receivedUTC =
        Int64(Date().timeIntervalSince1970 * 1e9)
        - (GPSDSession.monotonic() - report.receivedAt).nanoseconds
      reports.append(
        Report(
          receivedAt: report.receivedAt,
          age: Interval(nanoseconds: receivedUTC - report.validAtUTC),
          latitude: report.latitude, heading: report.heading, status: report.status,
          sigma: report.sigma))
    case .refused(let refusal): refusals.append(refusal)
    case .connected: connections += 1
    case .disconnected(let cause, _): if cause == .closed { losses += 1 }
    case .stale: staleEvents += 1
    }
  }
}

/// One epoch of sentences at a time, to a UDP port.
private final class Feed {
  let port = freePort()
  private let descriptor: Int32
  private var index = 0

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    try #require(descriptor >= 0)
  }

  deinit { close(descriptor) }

  func send() {
    var address = loopback(port)
    let text = sentences()
    _ = unsafe text.withCString { bytes in
      unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe sendto(
            descriptor, bytes, text.utf8.count, 0, $0,
            socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    index += 1
  }

  private func sentences() -> String {
    let centiseconds = Int64(Date().timeIntervalSince1970 * 100)
    let now = Array(iso8601(centiseconds * 10_000_000))
    func digits(_ range: ClosedRange<Int>) -> String { String(now[range]) }
    let time = digits(11...12) + digits(14...15) + digits(17...18) + digits(19...21)
    let day = digits(8...9) + digits(5...6) + digits(2...3)
    let minutes = (0.68 + Double(index) / 111_195) * 60
    let position = String(format: "46%010.7f,N,08249.2060000,E", minutes)
    let heading = String(format: "%05.1f", 100 + Double(index) / 10)
    return [
      "GPGGA,\(time),\(position),4,15,0.7,350.0,M,-40.0,M,1.0,0001",
      "GPRMC,\(time),A,\(position),19.4,000.0,\(day),,,R",
      "GPGSA,A,3,01,02,03,04,05,06,07,08,09,10,11,12,1.2,0.7,1.0", "GPHDT,\(heading),T",
    ].map { body in
      let sum = String(body.utf8.reduce(0, ^), radix: 16, uppercase: true)
      return "$\(body)*\(sum.count < 2 ? "0" : "")\(sum)\r\n"
    }.joined()
  }
}

private struct Daemon {
  private let process = Process()

  init(port: UInt16, feed: UInt16) throws {
    process.executableURL = URL(filePath: gpsdPath)
    process.arguments = ["-N", "-n", "-S", "\(port)", "udp://127.0.0.1:\(feed)"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  func signal(_ number: Int32) { _ = Glibc.kill(process.processIdentifier, number) }

  func kill() {
    guard process.isRunning else { return }
    signal(SIGKILL)
    process.waitUntilExit()
  }
}

func loopback(_ port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return address
}

/// A port that was free a moment ago, for TCP and UDP.
func freePort() -> UInt16 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = loopback(0)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  unsafe withUnsafeMutablePointer(to: &address) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      _ = unsafe bind(descriptor, $0, length)
      _ = unsafe getsockname(descriptor, $0, &length)
    }
  }
  return UInt16(bigEndian: address.sin_port)
}
