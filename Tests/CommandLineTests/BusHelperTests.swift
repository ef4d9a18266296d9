import Foundation
import TestSupport
import Testing

/// `tulpar-bus` and `tulpar buses` as systemd and a person run them.
@Suite(.timeLimit(.minutes(60))) struct BusHelperTests {
  @Test(arguments: [
    ([], "allowed is a name of 1 to 15 bytes"),
    (["can0"], "--profile or --bit-rate is missing"),
    (["can0", "can1"], "one interface only"),
    (["can0", "--bogus"], "unknown option '--bogus'"),
    (["can0", "--bit-rate"], "--bit-rate: a value is missing"),
    (["can0", "--bit-rate", "3"], "allowed is 10000 to 1000000"),
    (["can0", "--bit-rate", "250000", "--queue", "0"], "allowed is 1 to 1000"),
    (["../../x", "--bit-rate", "250000"], "allowed is a name of 1 to 15 bytes"),
    (["can7", "--profile", TruckBench.profile], "no bus on can7; it has powertrain on can0"),
    (["can0", "--profile", "/nonexistent"], "refused it"),
    (["lo", "--bit-rate", "250000"], "lo is not a CAN interface"),
  ])
  func badInputIsRefused(_ arguments: [String], _ message: String) throws {
    let result = try BuiltPrograms.run("tulpar-bus", arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func theProfileSaysRateAndRules() throws {
    let result = try BuiltPrograms.run("tulpar", ["buses", TruckBench.profile])
    #expect(result.status == 0)
    #expect(result.output == "powertrain can0 250000 0 wait\n")
  }

  /// An adapter that is not there yet is waited for, and the daemon is told so.
  @Test(.realTime) func anAbsentInterfaceIsWaitedFor() throws {
    let bench = try TruckBench()
    let helper = try bench.start(
      "helper", BuiltPrograms.path("tulpar-bus"),
      ["tulpar9", "--bit-rate", "250000", "--runtime", bench.folder.path])
    try bench.waitUntil("the report") {
      bench.folder.text("link-tulpar9").split(separator: " ").dropFirst(2).first == "gone"
    }
    let first = bench.folder.text("link-tulpar9")
    try bench.waitUntil("the next report") { bench.folder.text("link-tulpar9") != first }
    kill(helper.processIdentifier, SIGTERM)
    try bench.waitUntil("the helper's end") { !helper.isRunning }
    #expect(helper.terminationStatus == 0)
  }
}
