import Foundation
import Testing

/// `tulpar convert`, and the other commands on its formats.
@Suite(.enabled(if: BuiltTool.path != nil, "tulpar is not built")) struct ConvertCommandTests {
  private let folder: URL
  private static let log = """
    (1436509052.250000) can0 18FEF100#FF3417FCFF6800CF R
    (1436509052.260100) can0 123#1122 T

    """

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "tulpar-convert-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  private func write(_ text: String, _ name: String) throws -> String {
    try Data(text.utf8).write(to: folder.appending(path: name))
    return path(name)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  private func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String)
  {
    let run = try BuiltTool.Run(arguments)
    let status = run.finish()
    return (status, run.output, run.errors)
  }

  @Test(
    "a log goes to every format and comes back the same",
    arguments: [
      "candump", "candump-ta", "asc", "asc-dec", "trc-1.1", "trc-2.0", "trc-2.1", "gvret",
    ])
  func andBack(format: String) throws {
    let log = try write(Self.log, "in.log")
    #expect(try run("convert", log, "--to", format, "--out", path("out")).status == 0)
    let back = try run("convert", path("out"), "--to", "candump", "--out", path("back.log"))
    #expect(back.status == 0 && back.errors.contains(": \(format), 2 frames"))
    #expect(try text("back.log") == Self.log)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(names) == ["in.log", "out", "back.log"])
  }

  @Test("what cannot be carried is refused with its line and leaves no file; --lossy says how much")
  func losses() throws {
    let log = try write(Self.log + "(1436509052.3) can0 123##3112233\n", "in.log")
    let out = path("out.csv")
    let refused = try run("convert", log, "--to", "gvret", "--out", out)
    #expect(
      refused.status == 2 && refused.errors.contains("in.log:3: gvret cannot carry FD frames"))
    #expect(!FileManager.default.fileExists(atPath: out))
    let lossy = try run("convert", log, "--to", "gvret", "--out", out, "--lossy")
    #expect(lossy.status == 0 && lossy.errors.contains("1 of them left out"))
    #expect(lossy.errors.contains("not carried by gvret, 1 frames: FD frames"))
    #expect(try text("out.csv").split(separator: "\n").count == 3)
    let named = try write("(1.0000001) vcan3 123#00\n", "named.log")
    let said = try run("convert", named, "--to", "gvret", "--out", "-")
    #expect(said.status == 0 && said.output.contains("\n1000000,00000123,false,Rx,0,1,00,"))
    #expect(said.errors.contains("interface names") && said.errors.contains("resolution"))
  }

  @Test("bad input and bad usage have status 2 and leave nothing behind")
  func refusals() throws {
    let log = try write(Self.log, "in.log")
    let kept = try write("old", "kept")
    let bad = try write(Self.log + "rubbish\n", "bad.log")
    let broken = try run("convert", bad, "--to", "asc", "--out", kept)
    #expect(broken.status == 2 && broken.errors.contains("bad.log:3:1: the time is \"rubbish\""))
    #expect(try text("kept") == "old")
    for arguments in [
      [log, "--to", "blf", "--out", kept], [log, "--to", "crtd", "--out", kept],
      [log, "--to", "asc", "--out", folder.path], [path("none"), "--to", "asc", "--out", kept],
      [log, "--to", "asc", "--out", path("none/out")],
      [log, "--from", "xyz", "--to", "asc", "--out", kept],
    ] {
      let run = try BuiltTool.Run(["convert"] + arguments)
      #expect(run.finish() == 2, "\(arguments)")
      #expect(run.errors.hasPrefix("tulpar: "), "\(run.errors)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(names) == ["in.log", "kept", "bad.log"])
  }

  @Test("decode and replay print the same of a log in any format")
  func otherCommands() throws {
    let profile = BuiltTool.project.appending(path: "hw-profiles/kenworth-t270").path
    let database = profile + "/kenworth-t270.dbc"
    let log = try write(Self.log, "in.log")
    let decoded = try run("decode", "--dbc", database, log)
    let replayed = try run("replay", log, "--profile", profile)
    #expect(decoded.status == 0 && decoded.output.contains("\"t\":1436509052.25"))
    for format in ["asc", "trc-2.1", "gvret", "candump-ta"] {
      let name = path(format)
      #expect(try run("convert", log, "--to", format, "--out", name).status == 0)
      #expect(try run("decode", "--dbc", database, name).output == decoded.output, "\(format)")
      let again = try run("replay", name, "--profile", profile)
      #expect(again.status == replayed.status)
      #expect(again.output.replacing(name, with: log) == replayed.output, "\(format)")
    }
  }
}
