import Foundation
import TestSupport
import Testing

private let hasGPSD = BuiltPrograms.exists("gpsd")

/// The programs on platforms that know nothing of J1939: a gateway with 11-bit identifiers and a
/// CAN FD bus.
@Suite(.serialized, .realTime, .timeLimit(.minutes(60))) struct PlatformBenchTests {
  @Test(
    .enabled(if: hasGPSD, "gpsd is not installed"),
    arguments: ["yard-tractor-dbw", "border-agv"])
  func aKilledDaemonLeavesAHeldTruck(_ profile: String) throws {
    let bench = try TruckBench(profile: "hw-profiles/" + profile)
    try bench.drive(to: 2)
    let start = try #require(bench.latest())
    kill(try #require(bench.process("daemon")), SIGKILL)
    try bench.waitUntil("standstill with parking brakes") {
      guard let record = bench.latest() else { return false }
      return record.speed == 0 && record.parkTractor && record.parkTrailer
    }
    let last = try #require(bench.latest())
    #expect(last.hazard)
    #expect(last.frontStation - start.frontStation < 15)
    for kind in ["counter", "checksum", "content", "length"] { #expect(last.rejects[kind] == 0) }
  }
}
