import ArgumentParser
import Foundation
import Signals
import Units

/// An external simulator drives the stack over standard input and output, JSON lines.
struct CosimCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cosim",
    abstract: "Drive somebody else's plant over standard input and output.")

  mutating func run() throws {
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
    var session = try CosimSession(start, vehicle: VehicleParameters())
    say(#"{"ready":true}"#)
    let encoder = JSONEncoder()
    while let text = next() {
      let kind = try CosimMessage.decode(CosimMessage.Kind.self, text, line: line)
      switch kind.type {
      case "tick":
        let tick = try CosimMessage.decode(CosimMessage.Tick.self, text, line: line)
        let reply = try session.step(tick, line: line)
        say(String(decoding: try encoder.encode(reply), as: UTF8.self))
      case "end": return
      default:
        throw CommandFailure.badInput(
          "cosim: line \(line): type must be tick or end, found '\(kind.type)'")
      }
    }
  }

  private func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}
