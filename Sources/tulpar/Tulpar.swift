import ArgumentParser
import Foundation
import Recording

/// The command line of the stack.
///
/// Exit status: 0 fine, 1 the thing checked or driven failed, 2 usage or bad input.
@main struct Tulpar: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tulpar",
    abstract: "Onboard control stack of driverless freight trucks.",
    version: "tulpar \(softwareVersion)",
    subcommands: [
      BenchCommand.self,
      BusCommand.self,
      BusesCommand.self,
      CheckCommand.self,
      CommissionCommand.self,
      CompileCommand.self,
      ConfigCommand.self,
      ConvertCommand.self,
      CosimCommand.self,
      DBCCommand.self,
      DecodeCommand.self,
      DoctorCommand.self,
      DriveCommand.self,
      EstimateCommand.self,
      GNSSCommand.self,
      J1939Command.self,
      ManoeuvreCommand.self,
      PlanCommand.self,
      PlantCommand.self,
      RecoverCommand.self,
      ReplayCommand.self,
      ReportCommand.self,
      ShadowCommand.self,
      TellCommand.self,
      TuneCommand.self,
      VersionCommand.self,
      WhyCommand.self,
    ]
  )

  private static func unknownCommand(_ words: [String]) -> String? {
    guard let word = words.first, !word.hasPrefix("-"), word != "help" else { return nil }
    return configuration.subcommands.contains { $0._commandName == word } ? nil : word
  }

  static func main() {
    do {
      let words = Array(CommandLine.arguments.dropFirst())
      // Otherwise "--help" after it would be answered for the whole program.
      if let unknown = unknownCommand(words) {
        throw CommandFailure.badInput("unknown command '\(unknown)'; tulpar --help lists them")
      }
      var command = try parseAsRoot(words)
      try command.run()
    } catch let failure as CommandFailure {
      FileHandle.standardError.write(Data("tulpar: \(failure.message)\n".utf8))
      Foundation.exit(failure.status)
    } catch {
      let isRequest = exitCode(for: error) == .success
      let text = fullMessage(for: error)
      (isRequest ? FileHandle.standardOutput : FileHandle.standardError)
        .write(Data((text + "\n").utf8))
      Foundation.exit(isRequest ? 0 : 2)
    }
  }
}

/// What ends a command with a message and a status of the contract.
package struct CommandFailure: Error {
  package let status: Int32
  package let message: String

  /// A recording that cannot be read to its end.
  static func unreadable(_ error: RecordingError) -> CommandFailure {
    let isBroken = error.isTruncation || error.isDamage
    let advice = isBroken ? "; tulpar recover keeps what is whole" : ""
    return badInput("\(error)\(advice)")
  }

  /// The thing that was checked or driven failed.
  static func failed(_ message: String) -> CommandFailure {
    CommandFailure(status: 1, message: message)
  }

  /// The command was used wrongly or its input is bad.
  static func badInput(_ message: String) -> CommandFailure {
    CommandFailure(status: 2, message: message)
  }
}
