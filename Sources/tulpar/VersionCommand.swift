import ArgumentParser

/// Of this build.
let softwareVersion = "0.1.0"

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version of this build.")

  mutating func run() { print("tulpar \(softwareVersion)") }
}
