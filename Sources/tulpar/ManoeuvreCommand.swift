import ArgumentParser
import Foundation
import Plant

struct ManoeuvreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manoeuvre",
    abstract: "An open-loop drive of the bare simulated truck, as JSON lines of its truth.",
    discussion: """
      Known are \(Manoeuvre.allCases.map(\.rawValue).joined(separator: ", ")). `make plots` draws \
      them beside references into out/plant.html.
      """)

  @Argument(help: "Which.") var name: String

  func run() throws {
    guard let manoeuvre = Manoeuvre(rawValue: name) else {
      let known = Manoeuvre.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandFailure.badInput("manoeuvre: read \"\(name)\", known are \(known)")
    }
    var text: [UInt8] = []
    manoeuvre.run { time, truck in
      TruckRecord(time: time, truck).appendLine(to: &text)
    }
    FileHandle.standardOutput.write(Data(text))
  }
}
