import CLinux
import Foundation
import Recording
import Signals
import TestSupport
import Testing
import Units

private let hasGPSD = BuiltPrograms.exists("gpsd")

/// What a kill at any moment leaves of the drive.
@Suite(.serialized, .realTime, .timeLimit(.minutes(60))) struct DriveKillTests {
  private static let kills = 20

  /// The first kill comes at speed, the others whenever they come; after each the file is read,
  /// made whole and run again.
  @Test(.enabled(if: hasGPSD, "gpsd is not installed"))
  func aKillCostsASecondAtMost() throws {
    let bench = try TruckBench()
    let drives = bench.folder.path + "/drives"
    bench.drives = drives
    try bench.drive(to: 2.5)
    var worst = 0.0
    for number in 1...Self.kills {
      if number > 1 {
        try bench.startDaemon("daemon\(number)")
        Thread.sleep(forTimeInterval: .random(in: 0.6...2))
      }
      let recording = bench.tell("status")["recording"] as? [String: Any]
      #expect(recording?["drops"] as? Int == 0, certain)
      #expect(recording?["lost"] as? Int == 0, certain)
      #expect(recording?["state"] as? String != "failed", "\(recording ?? [:])")
      let daemon = try #require(bench.process(number > 1 ? "daemon\(number)" : "daemon"))
      let killed = tl_monotonic_ns()
      kill(daemon, SIGKILL)
      let names = try FileManager.default.contentsOfDirectory(atPath: drives).sorted()
      let part = try #require(names.last { $0.hasSuffix(".mcap.part") })
      let cycles = try expectWhole(drives + "/" + part)
      let lost = Double(killed - cycles.end) * 1e-9
      #expect(lost <= 1, "kill \(number): \(lost) s lost")
      worst = max(worst, lost)
    }
    print("worst loss over \(Self.kills) kills: \(worst) s")
    // A daemon that lives makes all of them whole.
    try bench.startDaemon("last")
    try bench.waitUntil("making the files whole") {
      let names = try? FileManager.default.contentsOfDirectory(atPath: drives)
      return names?.count { $0.hasSuffix(".part") } == 1
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: drives)
    // The stop of the first kill, as the next daemon found it.
    #expect(names.contains { $0.hasPrefix("drive-000001") && $0.hasSuffix(".locked") })
  }

  /// `tulpar recover` and `tulpar replay`, and the time of the last cycle.
  private func expectWhole(_ part: String) throws -> (count: UInt64, end: Int64) {
    let whole = part.replacingOccurrences(of: "/drives/", with: "/") + ".whole.mcap"
    let recovered = try BuiltPrograms.run("tulpar", ["recover", part, "--out", whole])
    #expect(recovered.status == 0, certain)
    let replayed = try BuiltPrograms.run("tulpar", ["replay", whole])
    #expect(replayed.status == 0, certain)
    #expect(replayed.output.hasPrefix("identical"), certain)
    let log = try DriveLog(ByteSource(opening: whole))
    var cycle = RecordedCycle()
    var count: UInt64 = 0
    while try log.next(&cycle) { count += 1 }
    try FileManager.default.removeItem(atPath: whole)
    return (count, cycle.inputs.now.nanoseconds)
  }
}
