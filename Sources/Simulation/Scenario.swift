import DriveConfiguration
import Plant
import Signals
import Units
import Vehicle

/// What happens in a simulated drive besides the drive itself: faults, operators, authorities.
package struct Scenario {
  package var name = "plain"
  /// How long the authorities take to release a hold line once the truck rests there.
  package var releaseAfter = Interval.milliseconds(20_000)
  /// In order of time.
  package var events: [Event] = []
  /// Whether the mission must be completed; else the drive must end in a held standstill.
  package var mustComplete = true

  package struct Event {
    /// Since the start of the drive.
    package let at: Interval
    package let action: Action
    /// As written.
    package let text: String

    package init(at: Interval, action: Action, text: String) {
      self.at = at
      self.action = action
      self.text = text
    }
  }

  package enum Action {
    case fault(FaultCommand)
    case fact(FactKind, line: Int)
    /// What an operator says of the road from then on; what it is, a plant command says.
    case surface(RoadSurface)
    case killDaemon
    case freezeDaemon(Bool)
  }

  package init() {}
}

/// What a scenario file may hold.
package enum ScenarioSchema {
  package static var keys: [Key] {
    [
      Key("name", .text, "Of the scenario."),
      Key(
        "release_after", .quantity(.duration, 0...3_600), required: false,
        "From rest at a hold line to its release."),
      Key(
        "must_complete", .flag, required: false,
        "Whether the mission must be completed; else the drive must end held."),
      Key(
        "events",
        .list(
          .mapping([
            Key("at", .quantity(.duration, 0...36_000), "Since the start of the drive."),
            Key("do", .text, actions),
          ]), count: 0...1_000), required: false, "What happens."),
    ]
  }

  /// In words, for messages and editors.
  static var actions: String {
    "fault NAME VALUE, gnss VALUE, road ..., site ..., driver ..., key ..., stop, acknowledge, "
      + "disarm, release LINE, revoke LINE, surface dry|wet|slippery, kill daemon, freeze daemon, "
      + "thaw daemon"
  }
}

extension Scenario {
  /// Reads a scenario file; the names of hold lines are those of the mission.
  package static func load(
    file: String, configuration: DriveConfiguration
  ) throws(ConfigurationRefused) -> Scenario {
    let findings = Findings()
    guard let bytes = readFile(file, findings: findings),
      let scenario = read(
        bytes, file: file, holdLines: configuration.holdLineNames, findings: findings)
    else { throw ConfigurationRefused(findings: findings.errors) }
    return scenario
  }

  /// The same from bytes: every fault goes to `findings`, nil when there was an error among them.
  package static func read(
    _ bytes: [UInt8], file: String, holdLines: [String], findings: Findings
  ) -> Scenario? {
    guard let root = readYAML(bytes, file: file, findings: findings),
      let checked = ConfigurationReader(file: file, findings: findings)
        .read(root, as: .mapping(ScenarioSchema.keys))
    else { return nil }
    var scenario = Scenario()
    scenario.name = checked["name"]?.text ?? scenario.name
    if let dwell = checked["release_after"]?.number { scenario.releaseAfter = .seconds(dwell) }
    scenario.mustComplete = checked["must_complete"]?.flag ?? true
    for element in checked["events"]?.elements ?? [] {
      guard let at = element["at"]?.number, let text = element["do"]?.text else { continue }
      do throws(FaultCommandError) {
        let action = try Action(text, holdLines)
        scenario.events.append(Event(at: .seconds(at), action: action, text: text))
      } catch {
        element["do"]?.report(error.message)
      }
    }
    scenario.events.sort { $0.at < $1.at }
    if !findings.hasErrors { checked.reportUnconsumed() }
    return findings.hasErrors ? nil : scenario
  }
}

extension Scenario.Action {
  fileprivate init(_ text: String, _ lines: [String]) throws(FaultCommandError) {
    let words = text.split(separator: " ").map(String.init)
    switch words {
    case ["stop"]: self = .fact(.stop, line: 0)
    case ["acknowledge"]: self = .fact(.acknowledge, line: 0)
    case ["disarm"]: self = .fact(.disarm, line: 0)
    case ["surface", "dry"]: self = .surface(.dry)
    case ["surface", "wet"]: self = .surface(.wet)
    case ["surface", "slippery"]: self = .surface(.slippery)
    case ["kill", "daemon"]: self = .killDaemon
    case ["freeze", "daemon"]: self = .freezeDaemon(true)
    case ["thaw", "daemon"]: self = .freezeDaemon(false)
    default:
      if let family = words.first,
        ["fault", "gnss", "road", "site", "driver", "key"].contains(family)
      {
        self = .fault(try FaultCommand(text))
        return
      }
      guard words.count == 2, words[0] == "release" || words[0] == "revoke" else {
        throw FaultCommandError(
          message: "read \(quoted(text)); allowed: \(ScenarioSchema.actions)")
      }
      guard let line = lines.firstIndex(of: words[1]) else {
        throw FaultCommandError(
          message: "read hold line \(quoted(words[1])); allowed: \(lines.joined(separator: ", "))")
      }
      self = .fact(words[0] == "release" ? .release : .revoke, line: line)
    }
  }
}
