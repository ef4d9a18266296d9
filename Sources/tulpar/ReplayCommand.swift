import ArgumentParser
import CAN
import DriveConfiguration
import Foundation
import GPSD
import Recording
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
      and mission are in the recording; naming one or both checks that they resolve to the same. With --out what \
      it decides now is recorded as replayed.mcap. Several recordings give a line each.

      --against OTHER compares two builds, or two drives: with the program tulpar of another \
      revision, what both decide from the inputs of each LOG; with a second recording, what the two \
      say that was decided, cycle by cycle. A table tells which fields differ, how often and by how \
      much; exit status 1 if any does. A recording of a build whose core has other fields is compared \
      by their names: what both have is compared, and the rest is listed, does not count as a \
      difference (exit status 0 if all that both have is the same), and is never called identical.

      --what-if FOLDER asks what this build would have decided with another profile or mission: it \
      runs the recorded inputs with both configurations and tells which decisions differ, from which \
      cycle on and by how much. This is open loop: the inputs stay the recorded ones, and the truck in \
      them obeys none of the other decisions. Exit status 0: the same decisions; 1: others; 2: the \
      drive cannot be read with it.

      Or LOG is a CAN log of any format that "tulpar convert" reads (- reads standard input), which \
      needs --profile. Prints a time line of states, faults with their reasons, and commands. The \
      recording is judged as if the truck had been driving itself; it cannot obey, so what follows \
      a demand is what was recorded. With --out it becomes a drive.mcap, which replays bit for bit.
      """)

  @Argument(help: "The logs; a CAN log stands alone.") var logs: [String]
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
      "A second recording, or the program tulpar of another revision.", valueName: "OTHER"))
  var against: String?
  @Option(
    help: ArgumentHelp(
      "A changed profile or mission folder, to be tried open loop on the recorded inputs.",
      valueName: "FOLDER"))
  var whatIf: String?
  @Option(
    help: ArgumentHelp(
      "Write timeline.json and drive.mcap, or of a drive.mcap replay.json and replayed.mcap, into "
        + "this folder.", valueName: "DIR"))
  var out: String?
  @Flag(help: "Print as JSON.") var json = false

  func validate() throws {
    if let gnssOffset, !(gnssOffset.magnitude <= 86_400) {
      throw ValidationError("--gnss-offset: read \(gnssOffset), allowed is -86400 to 86400 seconds")
    }
    if gnssOffset != nil, gnss == nil { throw ValidationError("--gnss-offset needs --gnss") }
    if let from, !(from >= 0 && from < 1e9) {
      throw ValidationError("--from: read \(from), allowed is 0 s and more")
    }
    if from != nil, logs.count > 1 || against != nil || out != nil {
      throw ValidationError("--from is for one LOG, without --against and --out")
    }
    if logs.count > 1, out != nil { throw ValidationError("--out is for one LOG") }
    let others = [profile, mission, against, out, gnss].contains { $0 != nil } || from != nil
    if whatIf != nil, others {
      throw ValidationError("--what-if stands alone: it compares with the recorded configuration")
    }
  }

  mutating func run() throws {
    guard let log = logs.first else { return }
    let areDrives = try logs.map { log throws(CommandFailure) in
      try RecordedDriveReplay.takes(log)
    }
    if let place = areDrives.firstIndex(of: false) {
      guard logs.count == 1, against == nil, whatIf == nil else {
        throw CommandFailure.badInput(
          "\(logs[place]): is no recording of a drive; several LOGs, --against and --what-if need "
            + "such")
      }
      if from != nil { throw CommandFailure.badInput("--from: \(log) is no drive.mcap") }
      return try replayFrames(of: log)
    }
    if gnss != nil { throw CommandFailure.badInput("--gnss: \(log) holds what its drive received") }
    if let whatIf {
      try ReplayWhatIf(folder: whatIf, json: json).run(logs)
    } else if let against {
      try ReplayAgainst(other: against, profile: profile, mission: mission, json: json).run(logs)
    } else if logs.count == 1 {
      try replayDrive(log)
    } else {
      try replayDrives()
    }
  }

  private func replayDrive(_ log: String) throws {
    if let out { try makeFolder(out) }
    let replay = RecordedDriveReplay(log: log, profile: profile, mission: mission, from: from)
    let record = out.map { URL(filePath: $0).appending(path: "replayed.mcap") }
    guard record?.resolvingSymlinksInPath() != URL(filePath: log).resolvingSymlinksInPath() else {
      throw CommandFailure.badInput("--out \(out ?? ""): \(log) itself would be overwritten")
    }
    let report = try replay.run(recording: record?.path)
    if let out { try write(try report.json(), "replay.json", into: out) }
    try show(json ? try report.json() : report.text)
    guard let found = report.found else { return }
    throw CommandFailure.failed("\(log): \(found)")
  }

  /// A line each; whatever is wrong with one, the others are replayed.
  private func replayDrives() throws {
    var tally = DriveTally()
    for log in logs {
      try tally.take(log, json: json) {
        let report = try RecordedDriveReplay(log: log, profile: profile, mission: mission).run()
        let text = report.found.map { "NOT identical: \($0)" } ?? report.verdict
        return (report.identical, text, json ? try report.json() : "")
      }
    }
    try tally.finish(json: json)
  }

  private func replayFrames(of log: String) throws {
    let file = try LogFile(log)
    let reader = try file.reader()
    guard let profile else {
      throw CommandFailure.badInput("\(log): a CAN log needs --profile, that of the recorded truck")
    }
    var timeline = try replayed(log, reader, profile)
    timeline.log = log
    if let out { try write(timeline.json, "timeline.json", into: out) }
    try show(json ? timeline.json : timeline.text)
  }

  private func show(_ text: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  }

  private func replayed(
    _ log: String, _ reader: CANLogReader, _ profile: String
  ) throws -> Timeline {
    let findings = Findings()
    let loaded = VehicleProfile.load(folder: profile, findings: findings)
    guard let loaded, !findings.hasErrors else {
      throw CommandFailure.badInput(findings.errors.map(\.description).joined(separator: "\n"))
    }
    do {
      let configuration = try configuration(of: loaded)
      let frames = try RecordedFrames(
        reader, name: log, buses: configuration.buses.map(\.interface))
      var replay = try Replay(
        configuration: configuration, messageNames: loaded.receiveNames, frames: frames,
        gnss: try recordedGNSS())
      guard let out else { return replay.run() }
      try makeFolder(out)
      let recording = try DriveRecording(
        URL(filePath: out).appending(path: "drive.mcap").path, replay.configuration,
        profile: profile, mission: mission,
        facts: [
          MCAPPair("log", URL(filePath: log).lastPathComponent),
          MCAPPair("logStart", "\(frames.base)"),
        ])
      let timeline = replay.run { inputs, outputs in recording.take(inputs, outputs) }
      recording.finish()
      if let failure = recording.failure { throw CommandFailure.failed("\(failure)") }
      return timeline
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

  private func makeFolder(_ folder: String) throws(CommandFailure) {
    do {
      try FileManager.default.createDirectory(
        at: URL(filePath: folder, directoryHint: .isDirectory), withIntermediateDirectories: true)
    } catch {
      throw .failed("\(folder): cannot be written: \(reason(error))")
    }
  }

  private func write(_ text: String, _ name: String, into folder: String) throws {
    try makeFolder(folder)
    let url = URL(filePath: folder, directoryHint: .isDirectory)
    do { try Data(text.utf8).write(to: url.appending(path: name), options: .atomic) } catch {
      throw CommandFailure.failed("\(folder): cannot be written: \(reason(error))")
    }
  }
}
