import ArgumentParser
import DriveConfiguration
import Foundation
import Recording
import SiteMap
import Vehicle

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Show a resolved configuration, or what differs between two.",
    subcommands: [ConfigShowCommand.self, ConfigDiffCommand.self])
}

struct ConfigShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print every value with its unit and what decided it.",
    discussion: """
      One line a value: key, value, and the line of the file that gives it, "standard" where no file \
      does, or "derived" where it follows from others. What a file gives is shown as it is written \
      there, everything else in the unit that makes it shortest; --json has "written" and "value" for \
      the two. With a profile and a mission their common hash, as in every log, ends the list.
      """)

  @Argument(help: "A profile folder, a mission folder, one of each, or a drive.mcap.")
  var folders: [String]
  @Flag(help: "One JSON object.") var json = false

  func validate() throws {
    guard (1...2).contains(folders.count) else {
      throw ValidationError("read \(folders.count) folders, allowed are 1 or 2")
    }
  }

  mutating func run() throws {
    var entries: [ConfigurationEntry] = []
    let sources = try folders.map(ConfigurationSource.init)
    for source in sources { entries += try source.entries() }
    let hash =
      try sources.compactMap(\.recordedHash).first ?? (folders.count == 2 ? commonHash() : nil)
    guard !json else { return printJSON(entries, hash) }
    let width = min(entries.map(\.key.count).max() ?? 0, 52)
    for entry in entries {
      let key = entry.key.padding(
        toLength: max(width, entry.key.count), withPad: " ", startingAt: 0)
      print("\(key)  \(entry.shown)  (\(entry.origin))")
    }
    if let hash { print("hash \(hash)") }
  }

  private func commonHash() throws -> String {
    let isMission = folders.map { FileManager.default.fileExists(atPath: $0 + "/mission.yaml") }
    guard isMission[0] != isMission[1] else {
      throw CommandFailure.badInput(
        "config show: read two \(isMission[0] ? "missions" : "profiles"); "
          + "allowed: a profile and a mission")
    }
    do {
      let drive = try compileDrive(
        profile: folders[isMission[0] ? 1 : 0], mission: folders[isMission[0] ? 0 : 1])
      return hexadecimal(drive.hash)
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }

  private func printJSON(_ entries: [ConfigurationEntry], _ hash: String?) {
    var json = JSONBytes()
    json.open("{")
    if let hash {
      json.key("hash")
      json.string(hash)
    }
    json.key("values")
    json.open("[")
    for entry in entries {
      json.open("{")
      for (name, text) in [
        ("key", entry.key), ("value", entry.text), ("written", entry.written),
        ("origin", "\(entry.origin)"),
      ] {
        guard let text else { continue }
        json.key(name)
        json.string(text)
      }
      json.close("}")
    }
    json.close("]")
    json.close("}")
    print(String(decoding: json.bytes, as: UTF8.self))
  }
}

struct ConfigDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Print what differs between two profiles, two missions, or against a recording.",
    discussion: """
      Of a drive.mcap the profile and mission that it carries are read; held against a folder, the \
      one of the folder's kind; two recordings are held against one another in both. Exit status 0: \
      they resolve to the same values; 1: they do not; 2: refused.

      tulpar config diff out/demo/drive.mcap hw-profiles/j1939-tractor-semitrailer
      """)

  @Argument(help: "A profile or mission folder, or a drive.mcap.") var before: String
  @Argument(help: "Another of the same kind, or a drive.mcap.") var after: String

  mutating func run() throws {
    let (first, second) = (try ConfigurationSource(before), try ConfigurationSource(after))
    let differences = ConfigurationDifference.between(
      try first.entries(matching: second), try second.entries(matching: first))
    for difference in differences {
      print("\(difference.key): \(side(difference.before)) -> \(side(difference.after))")
    }
    guard differences.isEmpty else {
      let noun = differences.count == 1 ? "value differs" : "values differ"
      throw CommandFailure.failed("\(differences.count) \(noun)")
    }
  }

  private func side(_ entry: ConfigurationEntry?) -> String {
    entry.map { "\($0.shown) (\($0.origin))" } ?? "absent"
  }
}
