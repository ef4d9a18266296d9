import DriveConfiguration
import Foundation
import Signals
import Units

/// What `summary.json` says of a drive; lengths in m, speeds in m/s, times in s.
package struct DriveSummary: Codable {
  package let profile: String
  package let mission: String
  package let scenario: String
  package let seed: UInt64
  package let configurationHash: String
  /// Of every output of every cycle: equal drives have equal hashes.
  package let outputHash: String
  package let completed: Bool
  package let succeeded: Bool
  package let duration: Double
  package let distance: Double
  package let topSpeed: Double
  package let lateralRMS: Double
  package let lateralWorst: Double
  package let clampedCycles: UInt64
  package let framesSent: Int
  package let framesRefused: UInt64
  package let stops: [Stop]
  package let violations: [Breach]
  package let events: [Event]

  package struct Stop: Codable {
    package let line: String
    package let time: Double
    package let short: Double
    package let lateral: Double
  }

  package struct Breach: Codable {
    package let requirement: String
    package let time: Double
    package let what: String
  }

  package struct Event: Codable {
    package let time: Double
    package let what: String
  }

  package init(_ drive: SimulatedDrive) {
    let monitor = drive.loop.monitor
    let names = drive.configuration.holdLineNames
    profile = drive.configuration.profileName
    mission = drive.configuration.missionName
    scenario = drive.scenario.name
    seed = drive.seed
    configurationHash = sixteenDigits(drive.configuration.hash)
    outputHash = sixteenDigits(drive.loop.outputHash.hash)
    completed = drive.isCompleted
    succeeded = drive.succeeded
    duration = drive.loop.truth.time
    distance = rounded(monitor.distance.value)
    topSpeed = rounded(monitor.worstSpeed.value)
    lateralRMS = rounded(monitor.lateralRMS.value)
    lateralWorst = rounded(monitor.worstLateral.value)
    clampedCycles = drive.loop.outputs.gate.clampedCycles
    framesSent = drive.loop.framesSent
    framesRefused = drive.loop.truth.refusedFrames
    stops = monitor.stops.map {
      Stop(
        line: names.indices.contains($0.line) ? names[$0.line] : "\($0.line)", time: $0.time,
        short: rounded($0.short.value), lateral: rounded($0.lateral.value))
    }
    violations = monitor.violations.map {
      Breach(requirement: $0.requirement, time: $0.time, what: $0.what)
    }
    events = drive.events.map { Event(time: $0.time, what: $0.text) }
  }

  package func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}

/// To the millimetre.
private func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }

/// As every hash is written.
private func sixteenDigits(_ hash: UInt64) -> String {
  let text = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - text.count) + text
}
