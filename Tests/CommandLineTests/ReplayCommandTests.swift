import Foundation
import TestSupport
import Testing

private let profile = BuiltTool.project.appending(path: "hw-profiles/kenworth-t270").path
private let recording = sharedData("data/truck-sentry/address_claim.log")

@Suite(.enabled(if: BuiltTool.path != nil, "tulpar is not built")) struct ReplayCommandTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID())")

  private func file(_ text: String, _ name: String) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(path: name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  /// The engine loses its address: text on standard output, the same as JSON in the folder.
  @Test(.enabled(if: recording != nil, "the recording is not on this machine"))
  func aRecordedDriveGivesATimeLine() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let log = try #require(recording)
    let run = try BuiltTool.Run(["replay", log, "--profile", profile, "--out", folder.path])
    #expect(run.finish() == 0)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains("first stop demanded at 15.590 s: engineStale"))
    let written = try Data(contentsOf: folder.appending(path: "timeline.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: written) as? [String: Any])
    let stop = try #require(object["firstStop"] as? [String: Any])
    #expect(stop["reason"] as? String == "engineStale")
    let again = try BuiltTool.Run(["replay", log, "--profile", profile, "--json"])
    #expect(again.finish() == 0)
    #expect(Data(again.output.utf8) == written)
  }

  /// Exit status 2, a message that names the place, and nothing written.
  @Test func badInputIsRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let good = try file(" (000.000000)  can0  18FEF100   [1]  FF\n", "good.log")
    let bad = try file(" (000.000000)  can0  18FEF100   [1]  FF\nrubbish\n", "bad.log")
    let gnss = try file("{\"class\":\"TPV\",\"lat\":true}\n", "gnss.json")
    let out = folder.appending(path: "out")
    let cases: [(arguments: [String], message: String)] = [
      ([bad, "--profile", profile], "bad.log:2:"),
      (["/nonexistent.log", "--profile", profile], "/nonexistent.log: no such file"),
      ([good, "--profile", "/nonexistent"], "/nonexistent/profile.yaml"),
      ([good, "--profile", profile, "--mission", "/nonexistent"], "/nonexistent/mission.yaml"),
      ([good, "--profile", profile, "--gnss", gnss], "gnss.json:1: \"lat\" is no number"),
      ([good, "--profile", profile, "--gnss-offset", "1"], "--gnss-offset needs --gnss"),
      ([good, "--profile", profile, "--gnss", gnss, "--gnss-offset", "1e9"], "allowed is -86400"),
    ]
    for item in cases {
      let run = try BuiltTool.Run(["replay"] + item.arguments + ["--out", out.path])
      #expect(run.finish() == 2, "\(item.arguments)")
      #expect(run.errors.contains(item.message), "\(run.errors)")
      #expect(run.output.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: out.path))
    }
  }
}
