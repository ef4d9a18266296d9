import DriveConfiguration
import Estimation
import ActuatorGate
import Foundation
import PathFollowing
import SafeStop
import SiteMap
import Testing
import Vehicle

private let profiles = ["j1939-tractor-semitrailer", "yard-tractor-dbw", "border-agv"].map {
  repository + "/hw-profiles/" + $0
}
/// Sections whose keys a profile may leave out.
let optionalSections = [
  "limits", "safe_stop", "estimation", "path_following", "operation", "dynamics",
]

func load(_ folder: String, text: String? = nil) -> (VehicleProfile?, [String]) {
  let findings = Findings()
  let yaml = text.map { Array($0.utf8) } ?? bytes(of: folder + "/profile.yaml")
  let profile = VehicleProfile.read(yaml, file: "profile.yaml", findings: findings) {
    bytes(of: folder + "/" + $0)
  }
  return (profile, findings.all.map(\.description))
}

/// The profile's text with one more key, given by its whole path, in the place of its section.
func adding(_ key: String, _ value: String, to text: String) -> String {
  var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  let path = key.split(separator: ".").map(String.init)
  var depth = 0
  var place = lines.count
  for (index, line) in lines.enumerated() where depth < path.count - 1 {
    let indentation = String(repeating: "  ", count: depth)
    if depth > 0, !line.isEmpty, !line.hasPrefix(indentation), !line.hasPrefix("#") { break }
    guard line.hasPrefix(indentation + path[depth] + ":") else { continue }
    depth += 1
    place = index + 1
  }
  var added: [String] = []
  for level in depth..<path.count {
    let end = level == path.count - 1 ? " \(value)" : ""
    added.append(String(repeating: "  ", count: level) + path[level] + ":" + end)
  }
  lines.insert(contentsOf: added, at: place)
  return lines.joined(separator: "\n")
}

func isOptional(_ entry: ConfigurationEntry) -> Bool {
  entry.origin == .standard && !entry.key.contains("[")
    && optionalSections.contains { entry.key.hasPrefix($0 + ".") }
}

@Suite struct ConfigurationShowTests {
  @Test("each value names the line that gives it, or that none does")
  func origins() throws {
    let entries = try #require(load(profiles[0]).0).entries
    let keys = entries.map(\.key)
    #expect(Set(keys).count == keys.count)
    let lines = String(decoding: bytes(of: profiles[0] + "/profile.yaml"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var given = 0
    for entry in entries {
      guard case .file(let file, let line) = entry.origin else { continue }
      let last = try #require(entry.key.split(separator: ".").last).prefix { $0 != "[" }
      given += 1
      let text = lines[line - 1]
      // `channel: Signal` stands for `channel: {signal: Signal}`.
      #expect(
        file == "profile.yaml"
          && (text.contains("\(last):") || last == "signal"
            || text.contains(entry.text)),
        "\(entry)")
    }
    #expect(given > 300)
    #expect(entries.contains { $0.key == "vehicle.wheelbase" && $0.text == "3.6 m" })
    #expect(
      entries.contains {
        $0.key == "safe_stop.times.standstill" && $0.text == "1 s" && $0.origin == .standard
      })
  }

  @Test(
    "a standard value that is written into the file changes nothing but its origin",
    arguments: profiles)
  func standardsRoundTrip(folder: String) throws {
    let before = try #require(load(folder).0)
    let left = before.entries.filter(isOptional)
    #expect(left.count > 100)
    var text = String(decoding: bytes(of: folder + "/profile.yaml"), as: UTF8.self)
    for entry in left { text = adding(entry.key, entry.text, to: text) }
    let (read, messages) = load(folder, text: text)
    let after = try #require(read, "\(messages)")
    #expect(after.entries.filter(isOptional).isEmpty)
    #expect(ConfigurationDifference.between(before.entries, after.entries).isEmpty)
  }

  /// A key that changed nothing would be believed and do nothing.
  @Test("every key of the tuning sections changes what is compiled, or is refused")
  func everyKeyCounts() throws {
    let folder = profiles[0]
    let text = String(decoding: bytes(of: folder + "/profile.yaml"), as: UTF8.self)
    let before = try #require(load(folder).0)
    let hash = compileReplay(before).hash
    var tried = 0
    for entry in before.entries where isOptional(entry) {
      guard let other = another(entry.text) else { continue }
      tried += 1
      guard let after = load(folder, text: adding(entry.key, other, to: text)).0 else { continue }
      #expect(compileReplay(after).hash != hash, "\(entry.key): \(other)")
    }
    #expect(tried > 150)
  }

  private func another(_ text: String) -> String? {
    switch text {
    case "true": return "false"
    case "false": return "true"
    case "stop": return "manual"
    case "comfort_stop": return "emergency_stop"
    case "emergency_stop", "degraded", "nominal": return "comfort_stop"
    default: break
    }
    let parts = text.split(separator: " ", maxSplits: 1)
    guard let first = parts.first, let number = Double(first) else { return nil }
    let isCount = parts.count == 1 && number == number.rounded() && number >= 2
    let figure = shortest(isCount ? number - 1 : number == 0 ? 0.25 : number * 0.5)
    return parts.count == 1 ? figure : "\(figure) \(parts[1])"
  }

  /// What is compiled into the truck but read by nothing there is a key without effect, too.
  @Test("every tuning value is read by the code that decides")
  func everyFieldIsRead() throws {
    let names =
      FieldTable(SafeStopConfiguration()).fields.map(\.path)
      + FieldTable(EstimatorConfiguration()).fields.map(\.path)
      + FieldTable(FollowerConfiguration()).fields.map(\.path)
      + FieldTable(GateLimits()).fields.map(\.path) + FieldTable(GateRow()).fields.map(\.path)
    var code = ""
    for target in [
      "ActuatorGate", "BorderZone", "Control", "Estimation", "PathFollowing", "SafeStop",
      "GuardianHost", "Supervisor",
    ] {
      let folder = repository + "/Sources/" + target
      for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
        code += String(decoding: bytes(of: folder + "/" + file), as: UTF8.self)
      }
    }
    let read = Set(code.matches(of: /\.([a-z][A-Za-z0-9]*)/).map { String($0.output.1) })
    #expect(read.count > 500)
    let unread = names.filter { !read.contains($0.last ?? "") }.map { $0.joined(separator: ".") }
    #expect(unread.isEmpty)
  }

  @Test("a difference names the key, both values and where each comes from")
  func differences() throws {
    let folder = profiles[0]
    let text = String(decoding: bytes(of: folder + "/profile.yaml"), as: UTF8.self)
    let before = try #require(load(folder).0).entries
    let changed = adding("safe_stop.times.standstill", "2 s", to: text)
    let after = try #require(load(folder, text: changed).0).entries
    let found = ConfigurationDifference.between(before, after)
    #expect(found.map(\.key) == ["safe_stop.times.standstill"])
    #expect(found.first?.before?.text == "1 s" && found.first?.before?.origin == .standard)
    #expect(found.first?.after?.text == "2 s" && found.first?.after?.origin != .standard)
    let back = ConfigurationDifference.between(after, Array(before.dropFirst()))
    #expect(back.map(\.key) == ["format", "safe_stop.times.standstill"])
    #expect(back.first?.after == nil)
  }

  @Test("a mission's values carry their origin, what its maps give is derived")
  func mission() throws {
    let entries = try #require(readMission().mission).entries
    #expect(
      entries.contains {
        $0.key == "limits.cruise_speed" && $0.origin != .standard && $0.origin != .derived
      })
    #expect(entries.contains { $0.key.hasPrefix("hold_line.") && $0.origin == .derived })
  }
}
