import ArgumentParser
import DriveConfiguration
import Foundation
import GPSD
import Replay
import SiteMap
import Units
import Vehicle

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run the truck's own step over a recorded drive again.",
    discussion: """
      LOG is a drive.mcap: the core decides again from what it consumed, and every field must be \
      the recorded one bit for bit; exit status 1 and the first difference when it is not. Profile \
      and mission are in the recording; naming them checks that they are the same.

      Or LOG is a CAN log of any format that "tulpar convert" reads (- reads standard input), which \
      needs --profile. Prints a time line of states, faults with their reasons, and commands. The \
      recording is judged as if the truck had been driving itself; it cannot obey, so what follows \
      a demand is what was recorded.
      """)

  @Argument(help: "The log.") var log: String
  @Option(help: "Profile folder of the recorded truck.") var profile: String?
  @Option(help: "Mission folder, for the position on its route.") var mission: String?
  @Option(
    help: ArgumentHelp(
      "Seconds since the first cycle of a drive.mcap: start with the last recorded state of the core "
        + "at or before it.", valueName: "T"))
  var from: Double?
  @Option(help: ArgumentHelp("gpsd JSON or NMEA that was recorded beside it.", valueName: "F"))
  var gnss: String?
  @Option(
    help: ArgumentHelp(
      "Seconds from the first frame to the first GNSS line; without it both start together.",
      valueName: "T"))
  var gnssOffset: Double?
  @Option(
    help: ArgumentHelp(
      "Write timeline.json, or replay.json of a drive.mcap, into this folder.", valueName: "DIR"))
  var out: String?
  @Flag(help: "Print the time line as JSON.") var json = false

  func validate() throws {
    if let gnssOffset, !(gnssOffset.magnitude <= 86_400) {
      throw ValidationError("--gnss-offset: read \(gnssOffset), allowed is -86400 to 86400 seconds")
    }
    if gnssOffset != nil, gnss == nil { throw ValidationError("--gnss-offset needs --gnss") }
  }

  mutating func run() throws {
    if RecordedDriveReplay.takes(log) { return try replayDrive() }
    if from != nil { throw CommandFailure.badInput("--from: \(log) is no drive.mcap") }
    guard let profile else {
      throw CommandFailure.badInput("\(log): a CAN log needs --profile, that of the recorded truck")
    }
    var timeline = try replayed(profile)
    timeline.log = log
    if let out { try write(timeline.json, "timeline.json", into: out) }
    try show(json ? timeline.json : timeline.text)
  }

  private func replayDrive() throws {
    if gnss != nil { throw CommandFailure.badInput("--gnss: \(log) holds what its drive received") }
    let report = try RecordedDriveReplay(
      log: log, profile: profile, mission: mission, from: from
    ).run()
    if let out { try write(try report.json(), "replay.json", into: out) }
    try show(json ? try report.json() : report.text)
    guard let found = report.difference else { return }
    throw CommandFailure.failed(
      "\(log): cycle \(found.cycle) at \(found.time) s: \(found.field) was recorded as "
        + "\(found.recorded), replayed as \(found.replayed)")
  }

  private func show(_ text: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  }

  private func replayed(_ profile: String) throws -> Timeline {
    let findings = Findings()
    let loaded = VehicleProfile.load(folder: profile, findings: findings)
    guard let loaded, !findings.hasErrors else {
      throw CommandFailure.badInput(findings.errors.map(\.description).joined(separator: "\n"))
    }
    do {
      let configuration = try configuration(of: loaded)
      let frames = try RecordedFrames(
        try LogFile(log).reader(), name: log, buses: configuration.buses.map(\.interface))
      var replay = try Replay(
        configuration: configuration, messageNames: loaded.receiveNames, frames: frames,
        gnss: try recordedGNSS())
      return replay.run()
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }

  private func configuration(of profile: VehicleProfile) throws -> DriveConfiguration {
    guard let mission else { return compileReplay(profile) }
    let findings = Findings()
    guard let loaded = Mission.load(folder: mission, findings: findings), !findings.hasErrors else {
      throw ConfigurationRefused(findings: findings.errors)
    }
    return try compileDrive(profile, loaded)
  }

  private func recordedGNSS() throws -> (log: GNSSLog, name: String, offset: Interval)? {
    guard let gnss else { return nil }
    let log = try GNSSLog(try readInput(gnss), file: gnss)
    return (log, gnss, .seconds(gnssOffset ?? 0))
  }

  private func write(_ text: String, _ name: String, into folder: String) throws {
    let url = URL(filePath: folder, directoryHint: .isDirectory)
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url.appending(path: name), options: .atomic)
    } catch {
      throw CommandFailure.failed("\(folder): cannot be written: \(error.localizedDescription)")
    }
  }
}
