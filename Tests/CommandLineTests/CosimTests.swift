import Foundation
import TestSupport
import Testing

@Suite struct CosimTests {
  private static let start =
    #"{"type":"init","version":1,"dt":0.01,"vehicle":{},"stops":[],"columns":["s","x","y","yaw","kappa","v_ref"],"path":[[0,0,0,0,0,5],[100,100,0,0,0,5]],"start":[0,0,0,2]}"#
  private static let tick =
    #"{"type":"tick","k":0,"t":0,"speed":2,"yaw_rate":0,"steer":0,"gnss":null,"next_stop":null}"#

  private func cosim(_ lines: [String]) throws -> ProgramResult {
    let folder = try TemporaryFolder()
    let file = folder.path + "/in"
    try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    return try ProgramResult.of(
      "/bin/sh", ["-c", "'\(BuiltPrograms.path("tulpar"))' cosim < '\(file)'"])
  }

  @Test func aTickIsAnswered() throws {
    let result = try cosim([Self.start, Self.tick, #"{"type":"end"}"#])
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2 && lines.first == #"{"ready":true}"#)
    #expect(lines.last?.contains(#""trust":"TRUSTED""#) == true)
  }

  /// Each bad message ends the run with status 2 and names what is wrong.
  @Test(arguments: [
    ("nonsense", "not a JSON object"),
    (#"{"type":"tick","k":1,"t":0}"#, "missing"),
    (#"{"type":"init"}"#, "tick or end"),
    (
      #"{"type":"tick","k":3,"t":0,"speed":2,"yaw_rate":0,"steer":0}"#, "tick 0 is due"
    ),
    (
      #"{"type":"tick","k":0,"t":0,"speed":-2,"yaw_rate":0,"steer":0}"#, "speed must be"
    ),
    (
      #"{"type":"tick","k":0,"t":0,"speed":2,"yaw_rate":0,"steer":0,"next_stop":7}"#,
      "one of the stops"
    ),
  ])
  func badMessagesAreRefused(message: String, reason: String) throws {
    let result = try cosim([Self.start, message])
    #expect(result.status == 2)
    #expect(result.errors.contains(reason), "\(result.errors)")
    #expect(result.errors.contains("line 2"))
  }

  /// A co-simulated drive, which begins in motion, runs again bit for bit.
  @Test func aDriveIsRecordedAndReplays() throws {
    let folder = try TemporaryFolder()
    let ticks = (0..<150).map {
      #"{"type":"tick","k":\#($0),"t":\#(Double($0) / 100),"speed":2,"yaw_rate":0,"steer":0,"#
        + #""gnss":\#($0 % 10 == 0 ? #"{"t":\#(Double($0) / 100),"x":\#(Double($0) / 50),"y":0}"# : "null")}"#
    }
    let lines = [Self.start] + ticks + [#"{"type":"end"}"#]
    try lines.joined(separator: "\n").write(
      toFile: folder.path + "/in", atomically: true, encoding: .utf8)
    let result = try ProgramResult.of(
      "/bin/sh",
      [
        "-c",
        "'\(BuiltPrograms.path("tulpar"))' cosim --out '\(folder.path)/out' < '\(folder.path)/in'",
      ])
    #expect(result.status == 0, "\(result.errors)")
    let file = folder.path + "/out/drive.mcap"
    #expect(result.errors.contains("recorded \(file)"))
    let replayed = try BuiltPrograms.run("tulpar", ["replay", file])
    #expect(replayed.status == 0, "\(replayed.errors)")
    #expect(replayed.output.hasPrefix("identical: 150 cycles"), "\(replayed.output)")
  }

  private static let harness = sharedData("peers/path_tracking/run.py")

  /// Away from a gate, too: the yard has two stops on its way.
  @Test(
    "the public-style harness is driven to its end",
    .enabled(
      if: harness != nil && referencePython != nil,
      "needs ../shared/peers/path_tracking and Python (TULPAR_PYTHON or .venv)"))
  func theYardIsDriven() throws {
    let result = try ProgramResult.of(
      try #require(referencePython),
      [
        try #require(Self.harness), "--external", "\(BuiltPrograms.path("tulpar")) cosim",
        "--track", "yard_18", "--noise", "rtk", "--seed", "1",
      ])
    let row = result.output.split(separator: "\n").last.map {
      $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    #expect(row?.dropFirst(3).first == "ok", "\(result.output) \(result.errors)")
  }
}
