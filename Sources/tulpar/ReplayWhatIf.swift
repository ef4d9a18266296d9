import Control
import DriveConfiguration
import Foundation
import Recording
import Replay
import SiteMap
import Vehicle

/// `tulpar replay --what-if`: the recorded inputs with another profile or mission, open loop.
struct ReplayWhatIf {
  /// Of a profile or a mission; the other one is that of the recording.
  let folder: String
  let json: Bool

  func run(_ logs: [String]) throws {
    let named = try ConfigurationSource(folder)
    var tally = DriveTally()
    for log in logs {
      try tally.take(log, json: json) {
        let found = try tried(log, named)
        return (
          found.divergence.isSame, text(log, found, isOnlyOne: logs.count == 1),
          json ? try object(log, found) : ""
        )
      }
    }
    try tally.finish(json: json)
  }

  private func tried(_ log: String, _ named: ConfigurationSource) throws -> WhatIf {
    let recorded = RecordedDriveReplay(log: log, profile: nil, mission: nil)
    let result = try recorded.explaining {
      let drive = try DriveLog(ByteSource(opening: log))
      let replay = try DriveReplay(drive)
      let carried = try ConfigurationSource(log, drive)
      // The carried files are there as long as `carried` is.
      let (other, names) = try withExtendedLifetime(carried) {
        do { return try resolved(named, carried, replay.configuration) } catch {
          throw CommandFailure.badInput(carried.told("\(error)"))
        }
      }
      return try replay.whatIf(other, messageNames: names)
    }
    guard result.divergence.cycles > 0 else {
      throw CommandFailure.badInput("\(log): holds no cycle: there is nothing to replay")
    }
    return result
  }

  private func resolved(
    _ named: ConfigurationSource, _ carried: ConfigurationSource, _ recorded: DriveConfiguration
  ) throws(ConfigurationRefused) -> (DriveConfiguration, names: [String]) {
    let findings = Findings()
    func folder(_ kind: ConfigurationSource.Kind) -> String? {
      named.folder(of: kind) ?? carried.folder(of: kind)
    }
    guard let truck = folder(.profile) else {
      findings.add(
        Finding(
          file: self.folder, line: 0, key: "",
          message: "is a mission, and the recording carries no profile for it"))
      throw ConfigurationRefused(findings: findings.errors)
    }
    guard let profile = VehicleProfile.load(folder: truck, findings: findings),
      !findings.hasErrors
    else { throw ConfigurationRefused(findings: findings.errors) }
    guard let route = folder(.mission) else {
      var alone = compileReplay(profile, timingScale: recorded.timingScale)
      // Without a mission the site is where the first fix was.
      alone.controller.originLatitude = recorded.controller.originLatitude
      alone.controller.originLongitude = recorded.controller.originLongitude
      alone.controller.originHeight = recorded.controller.originHeight
      return (alone, profile.receiveNames)
    }
    guard let mission = Mission.load(folder: route, findings: findings), !findings.hasErrors
    else { throw ConfigurationRefused(findings: findings.errors) }
    return (
      try compileDrive(profile, mission, timingScale: recorded.timingScale), profile.receiveNames
    )
  }

  private func text(_ log: String, _ found: WhatIf, isOnlyOne: Bool) -> String {
    let divergence = found.divergence
    guard !divergence.isSame else {
      return "open loop with \(folder): the same decisions, \(divergence.cycles) cycles"
    }
    var text =
      "open loop with \(folder): \(divergence.differing) of \(divergence.cycles) cycles are "
      + "decided otherwise"
    if let first = divergence.first {
      text +=
        "; the first: \(first.place) is \(first.recorded) as configured, \(first.replayed) "
        + "with it"
    }
    guard isOnlyOne else { return text }
    var lines = [text, divergence.table]
    if let own = found.comparison.difference {
      lines.append(
        "this build decides otherwise than recorded even as configured (\(own.description)): told "
          + "here is what this build decides both times")
    }
    lines.append(
      "open loop: the inputs stay the recorded ones, whatever is decided; how the truck would have "
        + "driven only `tulpar drive` tells")
    lines.append("what was changed: tulpar config diff \(log) \(folder)")
    return lines.joined(separator: "\n")
  }

  private struct Result: Codable {
    let log: String
    let whatIf: String
    /// Whatever is decided, the inputs are the recorded ones.
    let isOpenLoop: Bool
    let identical: Bool
    /// Whether this build decides as recorded with the recorded configuration.
    let isAsRecorded: Bool
    let cycles: UInt64
    let differing: UInt64
    let fields: [DifferingField]
  }

  private func object(_ log: String, _ found: WhatIf) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let result = Result(
      log: log, whatIf: folder, isOpenLoop: true, identical: found.divergence.isSame,
      isAsRecorded: found.comparison.difference == nil, cycles: found.divergence.cycles,
      differing: found.divergence.differing, fields: found.divergence.fields)
    return String(decoding: try encoder.encode(result), as: UTF8.self)
  }
}
