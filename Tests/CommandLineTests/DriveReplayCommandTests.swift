import Foundation
import Recording
import Signals
import Testing

/// A drive that is stopped early, recorded and replayed as a user would.
@Suite(.enabled(if: BuiltTool.path != nil, "tulpar is not built"))
struct DriveReplayCommandTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "drive-\(UUID())")
  private let profile = BuiltTool.project
    .appending(path: "hw-profiles/j1939-tractor-semitrailer").path
  private let mission = BuiltTool.project.appending(path: "missions/demo-crossing").path

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func replay(_ arguments: [String]) throws -> BuiltTool.Run {
    try BuiltTool.Run(["replay"] + arguments)
  }

  @Test func aDriveIsRecordedAndReplayed() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let scenario = folder.appending(path: "early.yaml")
    try Data("name: early\nmust_complete: false\nevents:\n- {at: 12 s, do: stop}\n".utf8)
      .write(to: scenario)
    let drive = try BuiltTool.Run([
      "drive", mission, "--profile", profile, "--scenario", scenario.path, "--out", folder.path,
    ])
    #expect(drive.finish() == 0, "\(drive.errors)")
    let log = folder.appending(path: "drive.mcap")
    let summary = try object(
      String(contentsOf: folder.appending(path: "summary.json"), encoding: .utf8))

    let run = try replay([
      log.path, "--json", "--profile", profile, "--mission", mission, "--out", folder.path,
    ])
    #expect(run.finish() == 0, "\(run.errors)")
    let report = try object(run.output)
    #expect(report["identical"] as? Bool == true)
    #expect(report["outputHash"] as? String == summary["outputHash"] as? String)
    #expect(report["configurationHash"] as? String == summary["configurationHash"] as? String)
    #expect(FileManager.default.fileExists(atPath: folder.appending(path: "replay.json").path))
    #expect(FileManager.default.fileExists(atPath: folder.appending(path: "replayed.mcap").path))
    try startsMidDrive(log, hash: report["outputHash"] as? String)
    try comparisons(of: log)
    try otherRecordings(of: log)
    try whatIf(of: log)
    try refusals(of: log)
  }

  /// This build against itself through a program and through its own recording; several drives.
  private func comparisons(of log: URL) throws {
    let tool = try #require(BuiltTool.path)
    let replayed = folder.appending(path: "replayed.mcap").path
    for other in [tool, replayed] {
      let run = try replay([log.path, "--against", other])
      #expect(run.finish() == 0, "\(run.errors)")
      #expect(run.output.hasPrefix("\(log.path): identical, "))
    }
    let many = try replay([log.path, replayed])
    #expect(many.finish() == 0, "\(many.errors)")
    let lines = many.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.last == "2 drives: 2 identical, 0 different")
    let broken = try replay([log.path, "--against", "/bin/false"])
    #expect(broken.finish() == 2)
    #expect(broken.errors.contains("/bin/false does not replay"))
    let neither = try replay([log.path, "--against", BuiltPrograms.root + "/README.md"])
    #expect(neither.finish() == 2)
    #expect(neither.errors.contains("is neither a recording nor a program"))
    let itself = try replay([replayed, "--out", folder.path])
    #expect(itself.finish() == 2)
    #expect(itself.errors.contains("itself would be overwritten"))
  }

  /// The words and the status for the same decisions from other inputs, and for recordings of builds
  /// whose cores have other fields: what was compared, and what was not.
  private func otherRecordings(of log: URL) throws {
    func compared(_ other: URL, status: Int32, _ more: [String] = []) throws -> BuiltTool.Run {
      let run = try replay([log.path, "--against", other.path] + more)
      #expect(run.finish() == status, "\(run.errors)")
      return run
    }
    let slipped = folder.appending(path: "slipped.mcap")
    try ChangedRecording.write(log, to: slipped) {
      if $0.inputs.cycle == 700 { $0.inputs.cycleSlips += 1 }
    }
    let inputs = try compared(slipped, status: 0)
    #expect(
      inputs.output.hasPrefix("\(log.path): same decisions, inputs differ from cycle 700 on, "))
    #expect(inputs.output.split(separator: "\n").count == 1)

    let renamed = folder.appending(path: "renamed.mcap")
    try ChangedRecording.write(log, to: renamed) { (text: String) in
      text.replacing("\ntargetSpeed double\n", with: "\nwantedSpeed double\n")
    }
    let named = try compared(renamed, status: 0)
    let lines = named.output.split(separator: "\n")
    try #require(lines.count == 5, "\(named.output)")
    #expect(lines[0].hasPrefix("\(log.path): same decisions in the fields that both have, "))
    #expect(!named.output.contains("identical"))
    #expect(lines[1].hasPrefix("decisions: "))
    #expect(lines[1].hasSuffix(" fields that both have were compared by name"))
    #expect(lines[2] == "decisions, not compared, only here (1): targetSpeed")
    #expect(lines[3] == "decisions, not compared, only there (1): wantedSpeed")
    #expect(lines[4].hasPrefix("inputs: "))
    let objects = try #require(
      try JSONSerialization.jsonObject(
        with: Data(try compared(renamed, status: 0, ["--json"]).output.utf8)) as? [[String: Any]])
    #expect(objects.first?["identical"] as? Bool == false)
    let decisions = try #require(objects.first?["decisions"] as? [String: Any])
    #expect(decisions["onlyThere"] as? [String] == ["wantedSpeed"])
    #expect(lines[1].hasPrefix("decisions: \(decisions["compared"] as? Int ?? 0) fields"))

    let decided = folder.appending(path: "decided.mcap")
    try ChangedRecording.write(slipped, to: decided) {
      if (500..<503).contains($0.inputs.cycle) { $0.outputs.holdLine += 4 }
    }
    let both = folder.appending(path: "both.mcap")
    try ChangedRecording.write(decided, to: both) { (text: String) in
      text.replacing("\ntargetSpeed double\n", with: "\nwantedSpeed double\n")
    }
    let different = try compared(both, status: 1)
    #expect(different.output.hasPrefix("\(log.path): 3 of "))
    #expect(
      different.output.contains(
        " cycles differ in the fields that both have; the first: cycle 500 at "))
    #expect(different.output.contains("\nholdLine "))
    #expect(different.output.contains("\ndecisions, not compared, only there (1): wantedSpeed\n"))

    let none = folder.appending(path: "none.mcap")
    try ChangedRecording.write(log, to: none) { (text: String) in
      text.replacing("\ntargetSpeed double\n", with: "\ntargetSpeed float\n")
    }
    let refused = try compared(none, status: 2)
    #expect(refused.errors.contains("\"targetSpeed float\" is no field"), "\(refused.errors)")
    let alone = try replay([renamed.path])
    #expect(alone.finish() == 2)
    #expect(alone.errors.contains("whose core has other inputs or outputs"), "\(alone.errors)")
  }

  /// Another profile or mission on the recorded inputs, told apart from the check of identity.
  private func whatIf(of log: URL) throws {
    let same = try replay([log.path, "--what-if", profile])
    #expect(same.finish(within: 300) == 0, "\(same.errors)")
    let summary = try object(
      String(contentsOf: folder.appending(path: "replay.json"), encoding: .utf8))
    #expect(
      same.output == "\(log.path): open loop with \(profile): the same decisions, "
        + "\(summary["cycles"] as? Int ?? 0) cycles\n")
    let slower = folder.appending(path: "slower")
    try FileManager.default.copyItem(at: URL(filePath: mission), to: slower)
    let zones = slower.appending(path: "zones.geojson")
    let text = try String(contentsOf: zones, encoding: .utf8)
    try #require(text.contains("\"speed_cap\": \"10 km/h\""))
    try Data(text.replacingOccurrences(of: "\"10 km/h\"", with: "\"5.5 km/h\"").utf8)
      .write(to: zones)
    let run = try replay([log.path, "--what-if", slower.path, "--json"])
    #expect(run.finish(within: 300) == 1, "\(run.errors)")
    let objects = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
    let object = try #require(objects.first)
    #expect(object["isOpenLoop"] as? Bool == true)
    #expect(object["isAsRecorded"] as? Bool == true)
    #expect(object["identical"] as? Bool == false)
    let fields = try #require(object["fields"] as? [[String: Any]])
    let cap = try #require(fields.first { $0["name"] as? String == "speedCap" })
    #expect(((cap["largest"] as? Double ?? 0) - 4.5 / 3.6).magnitude < 1e-9)
    let told = try replay([log.path, "--what-if", slower.path])
    #expect(told.finish(within: 300) == 1, "\(told.errors)")
    #expect(told.output.contains("\nspeedCap "), "\(told.output)")
    #expect(told.output.contains("open loop: the inputs stay the recorded ones"))
    let other = BuiltTool.project.appending(path: "hw-profiles/border-agv").path
    let refused = try replay([log.path, "--what-if", other])
    #expect(refused.finish(within: 300) == 2)
    #expect(refused.errors.contains("which does not receive "), "\(refused.errors)")
  }

  /// What is named as a recording is taken for one, and a pipe is not looked into.
  @Test func aForeignFileAndAPipeAreToldFromARecording() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let foreign = folder.appending(path: "x.mcap")
    try Data("hello".utf8).write(to: foreign)
    for command in [["replay"], ["convert", "--to", "candump", "--out", folder.path + "/o"]] {
      let run = try BuiltTool.Run(command + [foreign.path])
      #expect(run.finish() == 2)
      #expect(run.errors.contains("not an MCAP file"), "\(run.errors)")
    }
    let pipe = folder.appending(path: "pipe.log").path
    let out = folder.appending(path: "out.log").path
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let log = " (000.000000)  can0  18FEF100   [1]  FF\n"
    let run = try BuiltTool.Run(["convert", pipe, "--to", "candump", "--out", out])
    try Data(log.utf8).write(to: URL(filePath: pipe))
    #expect(run.finish() == 0, "\(run.errors)")
    #expect(
      try String(contentsOfFile: out, encoding: .utf8) == "(0000000000.000000) can0 18FEF100#FF\n")
    let named = folder.appending(path: "pipe.mcap").path
    #expect(unsafe mkfifo(named, 0o600) == 0)
    let other = try BuiltTool.Run(["replay", named])
    #expect(other.finish() == 2)
    #expect(other.errors.contains("a recording is read from a regular file only"))
  }

  /// From the last recorded state at or before the time, with the hash of the whole drive.
  private func startsMidDrive(_ log: URL, hash: String?) throws {
    let run = try replay([log.path, "--from", "11", "--json"])
    #expect(run.finish() == 0, "\(run.errors)")
    let report = try object(run.output)
    #expect(report["from"] as? Double == 9.99)
    #expect(report["outputHash"] as? String == hash)
    let late = try replay([log.path, "--from", "1000"])
    #expect(late.finish() == 2)
    #expect(late.errors.contains("no cycle is 1000.0 s after the first; allowed is 0 to "))
  }

  /// Exit status 2 and the reason; nothing is replayed in part.
  private func refusals(of log: URL) throws {
    let whole = try Data(contentsOf: log)
    let short = folder.appending(path: "short.mcap")
    try whole.prefix(whole.count - 5_000).write(to: short)
    let damaged = folder.appending(path: "damaged.mcap")
    var bytes = [UInt8](whole)
    bytes[bytes.count / 2] ^= 0x10
    try Data(bytes).write(to: damaged)
    let other = BuiltTool.project.appending(path: "hw-profiles/border-agv").path
    let cases: [(arguments: [String], message: String)] = [
      ([short.path], "tulpar recover keeps what is whole"),
      ([damaged.path], "damaged.mcap: byte "),
      ([damaged.path], "tulpar recover keeps what is whole"),
      ([log.path, "--profile", other], "recorded with profile j1939-tractor-semitrailer"),
      (
        [log.path, "--profile", try changed("steering_ratio: 20", "steering_ratio: 19")],
        "config diff"
      ),
      ([log.path, "--mission", mission + "/../rig-course"], "recorded with configuration "),
      ([log.path, "--what-if", folder.path], "a folder with profile.yaml or mission.yaml"),
      ([log.path, "--what-if", profile, "--profile", profile], "--what-if stands alone"),
      ([log.path, "--what-if", profile, "--against", log.path], "--what-if stands alone"),
      ([log.path, "--from", "nan"], "--from: read nan, allowed is 0 s and more"),
      ([log.path, "--gnss", "/dev/null"], "holds what its drive received"),
      ([folder.appending(path: "summary.json").path], "summary.json:1:"),
    ]
    for item in cases {
      let run = try replay(item.arguments)
      #expect(run.finish() == 2, "\(item.arguments)")
      #expect(run.errors.contains(item.message), "\(run.errors)")
      #expect(run.output.isEmpty)
    }
    try recovery(of: short)
    try emptiness(of: log)
    for named in [["--profile", profile], ["--mission", mission]] {
      let run = try replay([log.path] + named)
      #expect(run.finish() == 0, "\(run.errors)")
    }
    try frames(of: log)
    let nowhere = try BuiltTool.Run([
      "drive", mission, "--profile", profile, "--record", "/nonexistent/drive.mcap",
    ])
    #expect(nowhere.finish() == 2)
    #expect(nowhere.errors.contains("/nonexistent/drive.mcap: byte 0 (file): cannot be made"))
  }

  /// The recorded profile with another value in the place of one.
  private func changed(_ old: String, _ new: String) throws -> String {
    let copy = folder.appending(path: "profile-\(UUID())")
    try FileManager.default.copyItem(at: URL(filePath: profile), to: copy)
    let file = copy.appending(path: "profile.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    try #require(text.contains(old))
    try Data(text.replacingOccurrences(of: old, with: new).utf8).write(to: file)
    return copy.path
  }

  /// One that breaks off before its first cycle: nothing of it can be replayed.
  private func emptiness(of log: URL) throws {
    let whole = try Data(contentsOf: log)
    let start = folder.appending(path: "start.mcap")
    // Records are an opcode, a length of eight bytes and so many bytes; a chunk has opcode 6.
    var place = 8
    while whole[place] != 6 {
      place += 9 + (0..<8).reduce(0) { $0 | Int(whole[place + 1 + $1]) << (8 * $1) }
    }
    try whole.prefix(place + 20).write(to: start)
    let empty = folder.appending(path: "empty.mcap").path
    let run = try BuiltTool.Run(["recover", start.path, "--out", empty])
    #expect(run.finish() == 1)
    #expect(run.errors.contains("no message stands before the damage"), "\(run.errors)")
    for arguments in [[empty], [log.path, "--against", empty]] {
      let replayed = try replay(arguments)
      #expect(replayed.finish() == 2, "\(arguments)")
      #expect(!replayed.output.contains("identical"), "\(replayed.output)")
    }
  }

  private func recovery(of log: URL) throws {
    let recovered = folder.appending(path: "recovered.mcap")
    let arguments = ["recover", log.path, "--out", recovered.path]
    let run = try BuiltTool.Run(arguments)
    #expect(run.finish() == 0, "\(run.errors)")
    #expect(run.output.contains("bytes from there on are left out"))
    let again = try BuiltTool.Run(arguments)
    #expect(again.finish() == 2)
    #expect(again.errors.contains("recovered.mcap: exists already"))
    let replayed = try replay([recovered.path])
    #expect(replayed.finish() == 0, "\(replayed.errors)")
    #expect(replayed.output.hasPrefix("identical: "))
    #expect(replayed.output.contains("recovered from a damaged file: "), "\(replayed.output)")
  }

  /// Every frame as the daemon received it and the guardian sent it, in candump's form.
  private func frames(of log: URL) throws {
    let text = folder.appending(path: "frames.log")
    let run = try BuiltTool.Run(["convert", log.path, "--to", "candump", "--out", text.path])
    #expect(run.finish() == 0, "\(run.errors)")
    let lines = try String(contentsOf: text, encoding: .utf8).split(separator: "\n")
    #expect(lines.first?.contains(" can0 ") == true)
    #expect(lines.contains { $0.hasSuffix(" R") })
    // XBR, which only the guardian sends.
    #expect(lines.contains { $0.contains(" 0C040B") && $0.hasSuffix(" T") })
    #expect(lines.allSatisfy { $0.hasPrefix("(") })
  }
}
