import ArgumentParser
import Control
import DriveConfiguration
import DriveReport
import Foundation
import Plant
import Recording
import Signals
import Simulation
import SiteMap
import Units
import Vehicle
import WireCodec

struct DriveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drive",
    abstract: "Drive a mission on the simulated truck.",
    discussion: """
      The whole stack (step, supervisor, guardian) runs in virtual time against the simulated truck. \
      Exit status 0 only if the mission was completed, or the scenario's stop was held, without a \
      violation. What every cycle consumed and decided is recorded, for tulpar replay.
      """)

  @Argument(help: "Mission folder.") var mission: String
  @Option(help: "Profile folder.") var profile: String
  @Option(help: "Seed of every noise.") var seed: UInt64 = 1
  @Option(help: ArgumentHelp("What happens on the way.", valueName: "FILE")) var scenario: String?
  @Option(
    help: ArgumentHelp(
      "The trailer of this trip; the mission's trailer.yaml when absent.", valueName: "FILE"))
  var trailer: String?
  @Option(
    help: ArgumentHelp(
      "Folder for summary.json, drive.svg, drive.mcap and report.html.", valueName: "DIR"))
  var out: String?
  @Option(
    help: ArgumentHelp("Where to record instead of drive.mcap in the folder.", valueName: "FILE"))
  var record: String?
  @Option(
    help: ArgumentHelp(
      "What is true of this truck and not told in its profile, in SI units; repeatable. "
        + "Names: \(TruthOption.names).", valueName: "NAME=VALUE"))
  var set: [String] = []
  @Flag(help: "At the speed of the clock.") var realtime = false

  mutating func run() throws {
    let configuration: DriveConfiguration
    let script: Scenario
    let trip: TrailerFacts
    do {
      (configuration, trip) = try loaded()
      script =
        try scenario.map { try Scenario.load(file: $0, configuration: configuration) }
        ?? Scenario()
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    var settings = TruckSettings()
    var truth = configuration.controller.vehicle.pulling(
      trip, within: configuration.controller.trailer)
    for assignment in set { try TruthOption.apply(assignment, &settings, &truth) }
    // Before the drive: nobody wants to learn after it that it left nothing.
    if let out {
      try write(to: out) {
        try FileManager.default.createDirectory(
          at: $0, withIntermediateDirectories: true)
      }
    }
    let recording = try recording(configuration)
    let began = Date()
    let drive = self.drive(
      SimulatedDrive(
        configuration: configuration, scenario: script, seed: seed, trailer: trip,
        settings: settings, truth: truth), recording)
    let summary = DriveSummary(drive)
    let picture = DrivePicture(configuration: configuration, samples: drive.samples)
    if let out {
      try write(to: out) { folder in
        try summary.json().write(to: folder.appending(path: "summary.json"), options: .atomic)
        try Data(picture.svg().utf8)
          .write(to: folder.appending(path: "drive.svg"), options: .atomic)
      }
    }
    report(summary, wall: Date().timeIntervalSince(began))
    try recording.map(writeReport)
    if let failure = recording?.failure {
      throw CommandFailure.failed("the drive was not recorded to its end: \(failure)")
    }
    guard summary.succeeded else {
      throw CommandFailure.failed(
        summary.violations.isEmpty
          ? "the mission was not completed"
          : "\(summary.violations.count) violations, the first: \(summary.violations[0].requirement) "
            + "at \(summary.violations[0].time) s, \(summary.violations[0].what)")
    }
  }

  /// Beside the recording, for whoever wants to see the drive; it says nothing of its success.
  private func writeReport(_ recording: DriveRecording) throws {
    guard let out, recording.failure == nil else { return }
    let page = try ReportPage(try DriveSurvey.of(recording.path)).html()
    try write(to: out) { folder in
      let file = folder.appending(path: "report.html")
      try page.write(to: file, options: .atomic)
      say("report: \(file.path)")
    }
  }

  private func recording(_ configuration: DriveConfiguration) throws -> DriveRecording? {
    let inFolder = out.map { URL(filePath: $0).appending(path: "drive.mcap").path }
    guard let path = record ?? inFolder else { return nil }
    do {
      return try DriveRecording(
        path, configuration, profile: profile, mission: mission, scenario: scenario,
        trailer: trailer, facts: [MCAPPair("seed", "\(seed)")])
    } catch let error as RecordingError {
      throw CommandFailure.badInput("\(error)")
    }
  }

  private func loaded() throws(ConfigurationRefused) -> (DriveConfiguration, TrailerFacts) {
    let findings = Findings()
    let truck = VehicleProfile.load(folder: profile, findings: findings)
    let route = Mission.load(folder: mission, findings: findings)
    guard let truck, let route, !findings.hasErrors else {
      throw ConfigurationRefused(findings: findings.errors)
    }
    return (try compileDrive(truck, route), try tripTrailer(of: truck))
  }

  /// A rigid truck leaves the mission's trailer standing; one that is named here is refused.
  private func tripTrailer(of truck: VehicleProfile) throws(ConfigurationRefused) -> TrailerFacts {
    let usual = mission + "/trailer.yaml"
    guard
      trailer != nil
        || truck.parameters.hasTrailer && FileManager.default.fileExists(atPath: usual)
    else { return TrailerFacts() }
    let findings = Findings()
    guard let facts = TrailerFacts.load(file: trailer ?? usual, for: truck, findings: findings)
    else { throw ConfigurationRefused(findings: findings.errors) }
    return facts
  }

  private func drive(_ start: SimulatedDrive, _ recording: DriveRecording?) -> SimulatedDrive {
    var drive = start
    if recording != nil { drive.loop.keyframePeriod = DriveSchema.keyframePeriod }
    var shown = 0
    let began = Date()
    var goesOn = true
    while goesOn {
      goesOn = drive.advance()
      recording?.take(drive.loop)
      while shown < drive.events.count {
        show(drive.events[shown], drive)
        shown += 1
      }
      guard realtime else { continue }
      let ahead = Double(drive.loop.truck.now) / 1_000 - Date().timeIntervalSince(began)
      if ahead > 0 { Thread.sleep(forTimeInterval: ahead) }
    }
    recording?.finish()
    for event in drive.events[shown...] { show(event, drive) }
    return drive
  }

  private func show(_ event: DriveEvent, _ drive: SimulatedDrive) {
    let truth = drive.loop.truth
    say(
      String(
        format: "%7.2f s  %7.1f m  %4.1f km/h  %@", event.time, truth.frontStation.value,
        truth.speed.kilometresPerHour, event.text))
  }

  private func report(_ summary: DriveSummary, wall: Double) {
    let stops =
      summary.stops.isEmpty
      ? "no stop at a hold line"
      : String(
        format: "%d %@ at hold lines, %.2f to %.2f m short", summary.stops.count,
        summary.stops.count == 1 ? "stop" : "stops",
        summary.stops.map(\.short).min() ?? 0, summary.stops.map(\.short).max() ?? 0)
    say(
      String(
        format: """

          %@: %.0f m in %.0f s (%.1f s of computing)
          path error of the rear axle %.3f m rms, %.3f m at worst; top speed %.1f km/h
          %@; %d frames sent, %llu refused
          %d violations
          """,
        summary.completed ? "completed" : summary.succeeded ? "held" : "NOT completed",
        summary.distance, summary.duration, wall, summary.lateralRMS, summary.lateralWorst,
        summary.topSpeed * 3.6, stops, summary.framesSent, summary.framesRefused,
        summary.violations.count))
  }

  /// At once, so that progress shows through a pipe too.
  private func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  private func write(to folder: String, _ action: (URL) throws -> Void) throws {
    do { try action(URL(filePath: folder)) } catch {
      throw CommandFailure.badInput("\(folder): cannot write (\(reason(error)))")
    }
  }
}
