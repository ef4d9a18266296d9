import Foundation
import TestSupport
import Testing

private let hasGPSD = BuiltPrograms.exists("gpsd")

/// `tulpar why` as an operator and an engineer use it.
@Suite(.timeLimit(.minutes(60))) struct WhyCommandTests {
  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// S-22: a daemon without guardian and truck names what is missing.
  @Test(.realTime) func aDaemonWithoutGuardianSaysWhatWouldLetItGo() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startDaemon()
    let told = try BuiltPrograms.run("tulpar", ["why", bench.control])
    #expect(told.status == 0, "\(told.errors)")
    #expect(told.output.hasPrefix("not driven"), "\(told.output)")
    #expect(told.output.contains("a running tulpar-guardian"))
    #expect(told.output.contains("every needed input fresh"))
    #expect(told.output.contains("UTC: "))
    let json = try object(try BuiltPrograms.run("tulpar", ["why", bench.control, "--json"]).output)
    let now = try #require(json["now"] as? [String: Any])
    #expect(now["mode"] as? String == "manual" && now["obstacle"] as? String == "notArmed")
    let rows = try #require(now["arming"] as? [[String: Any]])
    #expect(rows.contains { $0["check"] as? String == "guardian" })
    let refused = try BuiltPrograms.run("tulpar", ["why", bench.control, "--at", "3"])
    #expect(refused.status == 2 && refused.errors.contains("no recording"))
  }

  @Test(.realTime, .enabled(if: hasGPSD, "gpsd is not installed"))
  func aRunningDaemonTellsTheStopOfItsOperator() throws {
    let bench = try TruckBench()
    try bench.drive(to: 1)
    let moving = try BuiltPrograms.run("tulpar", ["why", bench.control])
    #expect(moving.output.hasPrefix("moving at "), "\(moving.output)")
    #expect(moving.output.contains("limited by: "))
    #expect(bench.tell("stop")["ok"] as? Bool == true)
    try bench.waitUntil("the held stop") { bench.tell("status")["mode"] as? String == "held" }
    let json = try object(try BuiltPrograms.run("tulpar", ["why", bench.control, "--json"]).output)
    let now = try #require(json["now"] as? [String: Any])
    let cause = try #require((now["causes"] as? [[String: Any]])?.last)
    #expect(cause["reason"] as? String == "operatorStop")
    #expect(cause["source"] as? String == "the control socket")
    #expect((now["needs"] as? [String])?.contains { $0.contains("acknowledge") } == true)
  }

  @Test func aFileThatIsNoRecordingIsNamed() throws {
    let told = try BuiltPrograms.run("tulpar", ["why", BuiltPrograms.root + "/README.md"])
    #expect(told.status == 2)
    #expect(told.errors.contains("README.md: is no recording, nor a socket of a running daemon"))
  }

  /// A drive that is stopped early: its stop, and the configuration that it carries.
  @Test func aRecordedDriveTellsItsStopAndItsConfiguration() throws {
    let folder = try TemporaryFolder()
    let scenario = folder.path + "/early.yaml"
    try Data("name: early\nmust_complete: false\nevents:\n- {at: 12 s, do: stop}\n".utf8)
      .write(to: URL(filePath: scenario))
    let profile = BuiltPrograms.root + "/" + TruckBench.profile
    let drive = try BuiltPrograms.run(
      "tulpar",
      [
        "drive", BuiltPrograms.root + "/missions/demo-crossing", "--profile", profile,
        "--scenario", scenario, "--out", folder.path,
      ])
    #expect(drive.status == 0, "\(drive.errors)")
    let log = folder.path + "/drive.mcap"
    let told = try BuiltPrograms.run("tulpar", ["why", log])
    #expect(told.status == 0, "\(told.errors)")
    #expect(told.output.hasPrefix("1 stop:\n1. 12.0"), "\(told.output)")
    #expect(told.output.contains("an operator asked for a stop (operatorStop)"))
    let json = try object(try BuiltPrograms.run("tulpar", ["why", log, "--json"]).output)
    #expect((json["stops"] as? [[String: Any]])?.first?["reason"] as? String == "operatorStop")
    let before = try BuiltPrograms.run("tulpar", ["why", log, "--at", "1"])
    #expect(before.output.contains("not driven"), "\(before.output)")
    let late = try BuiltPrograms.run("tulpar", ["why", log, "--at", "9999"])
    #expect(late.status == 2 && late.errors.contains("the drive ends at"))
    let second = try BuiltPrograms.run("tulpar", ["why", log, "--stop", "2"])
    #expect(second.status == 2 && second.errors.contains("has 1 stop\n"), "\(second.errors)")

    let same = try BuiltPrograms.run("tulpar", ["config", "diff", log, profile])
    #expect(same.status == 0 && same.output.isEmpty, "\(same.output)\(same.errors)")
    let changed = folder.path + "/changed"
    try FileManager.default.copyItem(atPath: profile, toPath: changed)
    let file = changed + "/profile.yaml"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.contains("latency:") })
    try text.replacingOccurrences(of: line, with: line.prefix { $0 != ":" } + ": 170 ms")
      .write(toFile: file, atomically: true, encoding: .utf8)
    let other = try BuiltPrograms.run("tulpar", ["config", "diff", log, changed])
    #expect(other.status == 1, "\(other.errors)")
    #expect(other.output.contains("gnss.latency: "), "\(other.output)")
    #expect(other.output.contains("drive.mcap:profile/profile.yaml:"), "\(other.output)")
    #expect(other.output.contains("-> 170 ms (\(changed)/profile.yaml:"), "\(other.output)")
    let logs = try BuiltPrograms.run("tulpar", ["config", "diff", log, log])
    #expect(logs.status == 0)
    let shown = try BuiltPrograms.run("tulpar", ["config", "show", log])
    #expect(shown.status == 0 && shown.output.contains("gnss.latency"))
    #expect(shown.output.contains("\nhash "))
  }

  /// What editors are told, the reference implementation holds our files to.
  @Test(
    .enabled(if: referencePython != nil, "needs Python with jsonschema (TULPAR_PYTHON or .venv)"))
  func theSchemasAreThoseOfAnIndependentValidator() throws {
    let script = BuiltPrograms.root + "/Tests/CommandLineTests/schemas_by_jsonschema.py"
    let lines = try runPython([script, BuiltPrograms.root]).split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("accepted") }.count >= 13)
    #expect(lines.filter { $0.hasPrefix("refused") }.count > 140)
  }
}
