import ArgumentParser

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version of this build.")

  mutating func run() { print("tulpar 0.1.0") }
}
