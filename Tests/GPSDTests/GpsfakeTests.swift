import Foundation
import GPSD
import Signals
import TestSupport
import Testing
import Units

private let folder = sharedData("data/gpsd-3.22")
private let missing: Comment =
  "needs gpsd, gpsfake and the regression logs of gpsd 3.22 on this machine"
private let isReady = folder != nil && FakeReceiver.isInstalled

/// gpsd 3.22's own regression logs through the real gpsd and libgps.
@Suite(.serialized, .realTime) struct GpsfakeReplay {
  struct Expectation: Sendable, CustomTestStringConvertible {
    var log: String
    /// Reports that must come, fewest.
    var reports: Int
    /// Reasons that must be given, and no others.
    var reasons: Set<GNSSRefusalReason>
    var testDescription: String { log }
  }

  static let logs = [
    Expectation(log: "GPSmap-76S", reports: 0, reasons: [.simulated, .noFix]),
    Expectation(log: "beidou-bd", reports: 4, reasons: [.noFix, .timeMissing]),
    Expectation(log: "bt451", reports: 7, reasons: [.noFix, .timeMissing, .timeBackward]),
    Expectation(log: "bu303-moving", reports: 11, reasons: []),
    Expectation(log: "bu303-nofix", reports: 0, reasons: [.noFix]),
    Expectation(log: "garmin-10x", reports: 8, reasons: [.noFix, .timeMissing]),
    Expectation(log: "gp-320fw-2019-04-06-overflow", reports: 18, reasons: [.timeMissing]),
    Expectation(log: "gp-320fw-2019-04-07-coldboot", reports: 1, reasons: [.noFix, .timeMissing]),
    Expectation(log: "nmea-rtk", reports: 121, reasons: [.timeMissing]),
    Expectation(log: "quectel", reports: 33, reasons: [.noFix, .timeMissing]),
    Expectation(log: "rst39", reports: 39, reasons: [.timeMissing]),
    Expectation(log: "ublox-neo-m8n", reports: 23, reasons: []),
    Expectation(log: "ublox-zed-f9p-hp", reports: 28, reasons: []),
  ]

  /// R-GNSS-1, R-GNSS-2: every report is a fix that gpsd 3.22 must print for this log, every fix
  /// that nothing speaks against is reported, once, and what is refused is refused by its name.
  @Test(.enabled(if: isReady, missing), .timeLimit(.minutes(30)), arguments: logs)
  func reportsAreTheExpectedFixes(_ expected: Expectation) throws {
    let path = try #require(folder) + "/\(expected.log).log"
    let (reports, refusals) = try FakeReceiver.reports(of: path)
    var reference: [String: Reference.Epoch] = [:]
    var wanted: [String] = []
    var latest = ""
    for epoch in try Reference.epochs(path + ".chk") {
      guard let time = epoch.time else { continue }
      reference[time] = epoch
      guard epoch.isWhollyGood, time > latest else { continue }
      latest = time
      wanted.append(time)
    }
    for report in reports {
      let time = iso8601(report.validAtUTC)
      let epoch = try #require(reference[time], "no fix of \(time) is expected")
      #expect(epoch.hasGoodFix && epoch.matches(report), "\(time)")
    }
    let times = reports.map { iso8601($0.validAtUTC) }
    #expect(Set(times).count == times.count)
    #expect(times == times.sorted())
    #expect(wanted.filter { !times.contains($0) } == [])
    #expect(reports.count >= expected.reports)
    #expect(Set(refusals.map(\.reason)).subtracting(expected.reasons) == [])
    let needed = expected.reasons.subtracting([.timeMissing, .noFix])
    #expect(needed.subtracting(refusals.map(\.reason)) == [])
  }
}

/// can-gnss.md, section 9: the gpsd of this machine is the one whose behaviour is relied upon.
@Suite(.serialized, .realTime) struct GpsfakeOutput {
  /// The filter is that of gpsd's own regression driver.
  ///
  /// Threads of tests block the signal by which gpsfake ends its gpsd: it is let through first.
  @Test(
    "gpsd prints what its own regression logs expect, byte for byte",
    .enabled(if: isReady, missing), .timeLimit(.minutes(30)),
    arguments: GpsfakeReplay.logs.map(\.log))
  func outputIsThatOfTheRegressionLog(_ log: String) throws {
    let path = try #require(folder) + "/\(log).log"
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = [
      "-c",
      """
      import os, signal, sys
      signal.pthread_sigmask(signal.SIG_SETMASK, [])
      os.execv("/bin/bash", ["bash", "-c"] + sys.argv[1:])
      """,
      """
      set -o pipefail
      timeout -k 2 90 /usr/bin/gpsfake -s 38400 -1 -p -P "$1" "$0" 2>/dev/null |
        sed -e '/^gpsd:/d' -e '/^gpsfake/d' -e '/GPS-DATA/d' -e '/WATCH/d' -e '/DEVICE/d' \
          -e '/VERSION/d' -e 's/,"device":[^,}]*//' | cmp - "$0.chk"
      """, path, "\(freePort())",
    ]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }
}

/// gpsfake with one log, slow enough at its start for a client to come and at its end for gpsd to
/// say all.
private final class FakeReceiver {
  private let process = Process()
  private let port: UInt16
  private let copy: URL

  static var isInstalled: Bool {
    ["/usr/bin/gpsfake", "/usr/sbin/gpsd"].allSatisfy(
      FileManager.default.isExecutableFile(atPath:))
  }

  /// Whoever comes after the first sentence misses it, as on a busy machine: then again, slower.
  static func reports(of log: String) throws -> (reports: [GNSSReport], refusals: [GNSSRefusal]) {
    for (delay, silence) in [(2, 3.0), (10, 6), (30, 12)] {
      let fake = try FakeReceiver(log: log, delay: delay)
      defer { fake.end() }
      if let heard = fake.listen(silence: .seconds(silence)) { return heard }
    }
    Issue.record("no client was in time for \(log)")
    return ([], [])
  }

  private let start = GPSDSession.monotonic()
  private let delay: Int

  private init(log: String, delay: Int) throws {
    self.delay = delay
    port = freePort()
    copy = FileManager.default.temporaryDirectory.appending(path: "gpsfake-\(port).log")
    var content = Data("# %Delay: \(delay)\n".utf8)
    content += try Data(contentsOf: URL(filePath: log))
    content += Data("\n# %Delay: 1\n".utf8)
    try content.write(to: copy)
    process.executableURL = URL(filePath: "/usr/bin/gpsfake")
    process.arguments = ["-q", "-1", "-n", "-s", "38400", "-P", "\(port)", copy.path]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// Everything until nothing new has come for so long; nil when it came too late for the first.
  private func listen(silence: Interval) -> (reports: [GNSSReport], refusals: [GNSSRefusal])? {
    var policy = GNSSPolicy.recorded
    // gpsd is fed as fast as it reads, or slower when the machine is busy.
    policy.lateness = .seconds(60)
    let session = GPSDSession(host: "127.0.0.1", port: port, policy: policy)
    var reports: [GNSSReport] = []
    var refusals: [GNSSRefusal] = []
    var connected: Instant?
    var heard = start + .seconds(Double(delay))
    while GPSDSession.monotonic() - start < .seconds(90) {
      session.run(for: .milliseconds(100)) { event in
        switch event {
        case .report(let report): reports.append(report)
        case .refused(let refusal): refusals.append(refusal)
        case .connected: connected = GPSDSession.monotonic()
        case .disconnected, .stale: return
        }
        heard = max(heard, GPSDSession.monotonic())
      }
      if connected != nil, GPSDSession.monotonic() - heard > silence { break }
    }
    guard let connected, connected - start < .seconds(Double(delay)) else { return nil }
    return (reports, refusals)
  }

  /// gpsfake may spin for ever once its gpsd is gone, so both are killed, gpsd first.
  func end() {
    let pid = process.processIdentifier
    let children = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
    for child in (children ?? "").split(separator: " ") {
      if let child = pid_t(child) { kill(child, SIGKILL) }
    }
    kill(pid, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: copy)
  }
}
