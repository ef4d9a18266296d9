import ArgumentParser
import Foundation
import Signals
import Units
import Vehicle

/// An external simulator drives the stack over standard input and output, JSON lines.
struct CosimCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cosim",
    abstract: "Drive somebody else's plant over standard input and output.")

  @Option(help: "Profile folder; its vehicle is used where the init message leaves it out.")
  var profile: String?

  @Option(
    help: ArgumentHelp(
      "Record the drive here as drive.mcap, for `tulpar replay`.", valueName: "DIR"))
  var out: String?

  mutating func run() throws {
    let vehicle = try vehicle()
    var line = 0
    func next() -> String? {
      line += 1
      return readLine(strippingNewline: true)
    }
    guard let first = next() else { throw CommandFailure.badInput("cosim: no init message") }
    let kind = try CosimMessage.decode(CosimMessage.Kind.self, first, line: line)
    guard kind.type == "init" else {
      throw CommandFailure.badInput("cosim: line 1: init must come first, found '\(kind.type)'")
    }
    let start = try CosimMessage.decode(CosimMessage.Start.self, first, line: line)
    var session = CosimSession(try CosimSetup(start, vehicle: vehicle))
    if let out { try record(&session, in: out) }
    do {
      try serve(&session, next: next) { line }
    } catch {
      // Up to the bad line it is a drive.
      try? session.finishRecording()
      throw error
    }
    try session.finishRecording()
  }

  private func serve(
    _ session: inout CosimSession, next: () -> String?, line: () -> Int
  ) throws {
    say(#"{"ready":true}"#)
    let encoder = JSONEncoder()
    while let text = next() {
      let kind = try CosimMessage.decode(CosimMessage.Kind.self, text, line: line())
      switch kind.type {
      case "tick":
        let tick = try CosimMessage.decode(CosimMessage.Tick.self, text, line: line())
        let reply = try session.step(tick, line: line())
        say(String(decoding: try encoder.encode(reply), as: UTF8.self))
      case "end": return
      default:
        throw CommandFailure.badInput(
          "cosim: line \(line()): type must be tick or end, found '\(kind.type)'")
      }
    }
  }

  private func record(_ session: inout CosimSession, in folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure.badInput("cosim: --out \(folder): cannot be made")
    }
    try session.record(to: folder + "/drive.mcap")
  }

  private func vehicle() throws -> VehicleParameters {
    guard let profile else { return VehicleParameters() }
    let findings = Findings()
    guard let loaded = VehicleProfile.load(folder: profile, findings: findings) else {
      throw CommandFailure.badInput("\(ConfigurationRefused(findings: findings.errors))")
    }
    return loaded.parameters
  }

  private func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}
