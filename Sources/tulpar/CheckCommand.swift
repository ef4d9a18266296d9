import ArgumentParser
import DBC
import DriveConfiguration
import Foundation
import RoutePlanning
import Signals
import Simulation
import SiteMap
import Units
import Vehicle
import WireCodec

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validate a profile, a mission, a trailer, a scenario, a DBC file or tulpar.conf.",
    discussion: """
      Prints every finding. Exit status 0: usable for what it says that it is for; 1: a profile with \
      use: drive that is not fit for driverless use; 2: refused. A profile with use: replay is for \
      recorded frames only, which is told, and no fault of it.

      A mission with --profile is also driven kinematically, with the longest and the shortest \
      trailer that the profile allows: where a part of the truck leaves the corridor (polygons of \
      kind corridor in the zones' file, else the zones themselves), which bend the steering cannot \
      follow at the planned speed, what a steering runaway needs of room, how far dead reckoning \
      reaches, and the position error that each hold line allows. --out writes swept-path.svg.

      A scenario of tulpar drive is told from a trailer by its keys; it names hold lines, so it needs \
      --mission. Of a tulpar.conf the profile and the mission that it names are checked together.
      """)

  @Argument(
    help: ArgumentHelp(
      "A profile folder, a mission folder, a trailer's or a scenario's .yaml file, a .dbc file, or a "
        + "tulpar.conf."))
  var path: String?

  @Option(
    help: ArgumentHelp(
      "Print a JSON Schema, for editors: \(SchemaKind.names).", valueName: "KIND"))
  var schema: String?

  @Option(help: "Profile folder that a mission or a trailer is checked against.")
  var profile: String?

  @Option(help: "Mission folder that a scenario is checked against.")
  var mission: String?

  @Option(
    help: ArgumentHelp("With --profile: folder for a mission's swept-path.svg.", valueName: "DIR"))
  var out: String?

  mutating func run() throws {
    if let schema { return try printSchema(schema) }
    guard let path else { throw CommandFailure.badInput("check: a folder or file is due") }
    let findings = Findings()
    let manager = FileManager.default
    guard manager.fileExists(atPath: path) else {
      throw CommandFailure.badInput("\(path): does not exist")
    }
    if manager.fileExists(atPath: path + "/profile.yaml") {
      try checkProfile(path, findings)
    } else if manager.fileExists(atPath: path + "/mission.yaml") {
      try checkMission(path, findings)
    } else if path.hasSuffix(".dbc") {
      try checkDatabase(path)
    } else if path.hasSuffix(".yaml") {
      try checkYAML(path, findings)
    } else if path.hasSuffix(".conf") {
      try checkSettings(path)
    } else {
      throw CommandFailure.badInput(
        "\(path): neither a folder with profile.yaml or mission.yaml, nor a trailer's or a "
          + "scenario's .yaml file, nor a .dbc file, nor a .conf file")
    }
  }

  private func printSchema(_ name: String) throws {
    guard let kind = SchemaKind(rawValue: name) else {
      throw CommandFailure.badInput("--schema: read \(name); allowed: \(SchemaKind.names)")
    }
    print(kind.jsonSchema, terminator: "")
  }

  /// The keys that a file has tell what it is.
  private func checkYAML(_ path: String, _ findings: Findings) throws {
    let bytes = readFile(path, findings: findings)
    let root = bytes.flatMap { readYAML($0, file: path, findings: findings) }
    try report(findings)
    var names: Set<String> = []
    if case .mapping(let members)? = root?.content { names = Set(members.map(\.key)) }
    let trailers = names.intersection(TrailerSchema.keys.map(\.name))
    let scenarios = names.intersection(ScenarioSchema.keys.map(\.name))
    if let bytes, names.contains("path_following") {
      return try checkOverlay(path, bytes, findings)
    }
    guard let bytes, scenarios.count > trailers.count else {
      return try checkTrailer(path, findings)
    }
    try checkScenario(path, bytes, findings)
  }

  private func checkOverlay(_ path: String, _ bytes: [UInt8], _ findings: Findings) throws {
    let overlay = ProfileOverlay.read(bytes, file: path, findings: findings)
    try report(findings)
    let count = overlay?["path_following"]?.members.count ?? 0
    print(
      "\(path): tuning of profile \(overlay?["profile"]?.text ?? ""), "
        + "\(count) value\(count == 1 ? "" : "s"); takes effect as \(ProfileOverlay.fileName) beside "
        + "its profile.yaml")
  }

  private func checkScenario(_ path: String, _ bytes: [UInt8], _ findings: Findings) throws {
    guard let folder = mission else {
      throw CommandFailure.badInput(
        "\(path): is a scenario, whose hold lines are those of a mission: give --mission")
    }
    let mission = Mission.load(folder: folder, findings: findings)
    try report(findings)
    let scenario = mission.flatMap {
      Scenario.read(bytes, file: path, holdLines: $0.lineNames, findings: findings)
    }
    try report(findings)
    guard let scenario else { return }
    print(
      "\(path): scenario \(scenario.name), \(scenario.events.count) "
        + (scenario.events.count == 1 ? "event" : "events"))
  }

  private func checkSettings(_ path: String) throws {
    let findings = Findings()
    let bytes = readFile(path, findings: findings, limit: 1 << 20)
    try report(findings)
    guard let bytes else { return }
    do {
      let settings = try SettingsFile(bytes, file: path)
      let drive = try compileDrive(
        profile: settings.values[.profile] ?? "", mission: settings.values[.mission] ?? "")
      print("\(path): profile \(drive.profileName), mission \(drive.missionName)")
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }

  private func checkProfile(_ path: String, _ findings: Findings) throws {
    let profile = VehicleProfile.load(folder: path, findings: findings)
    try report(findings)
    guard let profile else { return }
    switch profile.use {
    case .replay: print("\(path): for recorded frames only (use: replay), no truck drives with it")
    case .drive:
      for obstacle in profile.armingObstacles { print("not for driverless use: \(obstacle)") }
      if !profile.armingObstacles.isEmpty {
        throw CommandFailure.failed("\(path): must not drive without a person")
      }
    }
    let tuning = "\(path)/\(ProfileOverlay.fileName)"
    let tuned = profile.entries.count { $0.origin.description.hasPrefix(tuning + ":") }
    if tuned > 0 { print("\(tuning): \(tuned) value\(tuned == 1 ? "" : "s") of the profile's") }
    print(
      "\(path): profile \(profile.name), \(profile.frames.receiveCount) messages in, "
        + "\(profile.frames.transmitCount) out, \(profile.actuators.count) actuators")
  }

  private func checkMission(_ path: String, _ findings: Findings) throws {
    let mission = Mission.load(folder: path, findings: findings)
    try report(findings)
    guard let mission else { return }
    if let profile { try compile(mission, profile, findings) }
    let length = mission.routeLength.value.rounded()
    print(
      "\(path): mission \(mission.name)\(mission.isSynthetic ? " (synthetic)" : ""), "
        + "\(shortest(length)) m in \(mission.route.count) pieces, \(mission.zoneNames.count) zones, "
        + "\(mission.lineNames.count) hold lines")
  }

  private func checkTrailer(_ path: String, _ findings: Findings) throws {
    let profile = profile.flatMap { VehicleProfile.load(folder: $0, findings: findings) }
    let facts =
      findings.hasErrors ? nil : TrailerFacts.load(file: path, for: profile, findings: findings)
    try report(findings)
    guard let facts else { return }
    let identifier = facts.members["id"] ?? ""
    print(
      "\(path): trailer \(identifier), \(formatted(facts.length.value, .length)), "
        + "\(formatted(facts.mass.value, .mass)), ABS \(facts.antiLock)"
        + (facts.brakeTestAt == 0 ? ", no brake test told" : ""))
  }

  private func compile(_ mission: Mission, _ folder: String, _ findings: Findings) throws {
    let loaded = VehicleProfile.load(folder: folder, findings: findings)
    try report(findings)
    guard let loaded else { return }
    var refusal: String?
    do { _ = try compileDrive(loaded, mission) } catch { refusal = "\(error)" }
    let unfit = try survey(mission, loaded)
    if let refusal { throw CommandFailure.badInput(([refusal] + unfit).joined(separator: "\n")) }
    if !unfit.isEmpty { throw CommandFailure.failed(unfit.joined(separator: "\n")) }
  }

  /// What of the route does not suit the truck; the rest is printed.
  private func survey(_ mission: Mission, _ profile: VehicleProfile) throws -> [String] {
    let findings = Findings()
    let survey = RouteSurvey(mission, profile, findings: findings)
    for note in survey.notes { print(note) }
    if let out {
      let folder = URL(filePath: out)
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(SweptPicture(survey).svg().utf8)
          .write(to: folder.appending(path: "swept-path.svg"), options: .atomic)
      } catch {
        throw CommandFailure.badInput("\(out): cannot write: \(error.localizedDescription)")
      }
      print("picture: \(folder.appending(path: "swept-path.svg").path)")
    }
    return findings.errors.map(\.description)
  }

  private func checkDatabase(_ path: String) throws {
    let findings = Findings()
    guard let bytes = readFile(path, findings: findings) else { return try report(findings) }
    do {
      let database = try DBCDatabase(bytes: bytes, file: path)
      for warning in database.warnings { print("\(path): \(warning)") }
      let signals = database.messages.map(\.signals.count).reduce(0, +)
      print("\(path): \(database.messages.count) messages, \(signals) signals")
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }

  private func report(_ findings: Findings) throws {
    for finding in findings.all where finding.severity == .warning { print(finding) }
    let errors = findings.errors
    guard !errors.isEmpty else { return }
    throw CommandFailure.badInput(
      errors.map(\.description).joined(separator: "\n")
        + "\n\(errors.count) error\(errors.count == 1 ? "" : "s")")
  }
}
