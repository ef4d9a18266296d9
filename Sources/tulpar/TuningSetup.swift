import Control
import ControlTuning
import DriveConfiguration
import Foundation
import PathFollowing
import Plant
import Recording
import Signals
import SiteMap
import Vehicle

/// The courses of a search with their truck, from what the command names.
struct TuningSetup {
  let profileName: String
  let follower: FollowerConfiguration
  let courses: [TuningCourse]
  /// Values that a `tuning.yaml` in place gives besides the searched ones, as it spells them.
  let kept: [(key: String, text: String)]
  /// What must be equal for kept drives to be of the same question, by name.
  let key: [(name: String, value: String)]
  let plant: String

  init(
    profile folder: String, missions: [String], courses names: String, trailer: String?,
    noise: String, assignments: [String]
  ) throws {
    let findings = Findings()
    let profile = VehicleProfile.load(folder: folder, findings: findings)
    guard let profile, !findings.hasErrors else {
      throw CommandFailure.badInput("\(ConfigurationRefused(findings: findings.errors))")
    }
    var settings = TruckSettings()
    switch noise {
    case "reference": break
    case "exact": settings = .ideal
    default:
      throw CommandFailure.badInput("--noise: read \(quoted(noise)); allowed: reference, exact")
    }
    var all: [TuningCourse] = []
    func add(_ mission: Mission, _ facts: TrailerFacts) throws {
      guard !all.contains(where: { $0.name == mission.name }) else {
        throw CommandFailure.badInput("a second course with the name \(quoted(mission.name))")
      }
      let configuration: DriveConfiguration
      do { configuration = try compileDrive(profile, mission) } catch {
        throw CommandFailure.badInput("\(error)")
      }
      let vehicle = configuration.controller.vehicle
      var truth = vehicle.pulling(facts, within: configuration.controller.trailer)
      var settings = settings
      for assignment in assignments { try TruthOption.apply(assignment, &settings, &truth) }
      all.append(
        TuningCourse(
          name: mission.name, configuration: configuration, trailer: facts, settings: settings,
          truth: truth))
    }
    for path in missions {
      guard let mission = Mission.load(folder: path, findings: findings), !findings.hasErrors
      else { throw CommandFailure.badInput("\(ConfigurationRefused(findings: findings.errors))") }
      try add(mission, try Self.trailer(trailer ?? path + "/trailer.yaml", trailer != nil, profile))
    }
    for course in try Self.generated(names) {
      try add(
        course.mission(for: profile), try Self.trailer(trailer ?? "", trailer != nil, profile))
    }
    guard !all.isEmpty else {
      throw CommandFailure.badInput("tune control: a mission or one of --courses is due")
    }
    profileName = profile.name
    follower = profile.tuning.pathFollowing
    courses = all
    kept = Self.kept(profile, folder)
    plant = "\(noise) noise" + assignments.map { ", \($0)" }.joined()
    key =
      [("software", softwareVersion), ("profile", profile.name)]
      + all.map { ("course \($0.name)", Self.fingerprint($0)) } + [("plant", plant)]
  }

  private static func generated(_ names: String) throws(CommandFailure) -> [GeneratedCourse] {
    guard names != "none" else { return [] }
    var courses: [GeneratedCourse] = []
    for name in names.split(separator: ",", omittingEmptySubsequences: false) {
      guard let course = GeneratedCourse(rawValue: String(name)) else {
        throw .badInput(
          "--courses: read \(quoted(name)); allowed: \(GeneratedCourse.names), or none")
      }
      courses.append(course)
    }
    return courses
  }

  /// As a drive takes it: what is not there is the longest and heaviest.
  private static func trailer(
    _ path: String, _ isNamed: Bool, _ profile: VehicleProfile
  ) throws -> TrailerFacts {
    guard
      isNamed || profile.parameters.hasTrailer && FileManager.default.fileExists(atPath: path)
    else { return TrailerFacts() }
    let findings = Findings()
    guard let facts = TrailerFacts.load(file: path, for: profile, findings: findings) else {
      throw CommandFailure.badInput("\(ConfigurationRefused(findings: findings.errors))")
    }
    return facts
  }

  private static func kept(
    _ profile: VehicleProfile, _ folder: String
  ) -> [(key: String, text: String)] {
    let section = "path_following."
    let searched = Set(LateralWeight.allCases.map(\.key))
    return profile.entries.compactMap { entry in
      guard case .file(let file, _) = entry.origin, entry.key.hasPrefix(section),
        file == folder + "/" + ProfileOverlay.fileName
      else { return nil }
      let key = String(entry.key.dropFirst(section.count))
      return searched.contains(key) ? nil : (key, entry.shown)
    }
  }

  /// Of everything that decides a drive besides weights and seed.
  private static func fingerprint(_ course: TuningCourse) -> String {
    var hash = FieldHash()
    var (trailer, truth) = (course.trailer, course.truth)
    trailer.visit(&hash)
    truth.visit(&hash)
    return hexadecimal(course.configuration.hash) + " " + hexadecimal(hash.hash)
  }
}
