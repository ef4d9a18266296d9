import ArgumentParser
import DriveConfiguration
import Foundation
import SiteMap
import Vehicle

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Resolve a profile and a mission into one configuration file for the daemon.")

  @Option(help: "Profile folder.") var profile: String
  @Option(help: "Mission folder.") var mission: String
  @Option(help: "Multiplies every time threshold; 1 on a truck.") var timingScale: Int = 1
  @Option(help: "Where to write it; - is standard output.") var out: String

  mutating func run() throws {
    let configuration: DriveConfiguration
    do {
      configuration = try compileDrive(
        profile: profile, mission: mission, timingScale: timingScale)
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    let data = Data(configuration.encoded())
    guard out != "-" else {
      do { return try FileHandle.standardOutput.write(contentsOf: data) } catch {
        throw CommandFailure.badInput("standard output: \(reason(error))")
      }
    }
    guard !isFolder(out) else { throw CommandFailure.badInput("\(out): is a folder, not a file") }
    // Whole or not at all: the daemon must never read half a file.
    do { try data.write(to: URL(filePath: out), options: .atomic) } catch {
      throw CommandFailure.badInput("\(out): \(reason(error))")
    }
  }
}
