import ArgumentParser
import Recording

/// Of this build.
let softwareVersion = Software.version

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version of this build.")

  mutating func run() { print("tulpar \(softwareVersion)") }
}
