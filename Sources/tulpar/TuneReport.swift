import Control
import DriveConfiguration
import Foundation
import Identification
import Recording
import Replay
import Signals
import Units
import Vehicle

/// A profile whose values are compared with what was found.
struct TunedProfile {
  let name: String
  let vehicle: VehicleParameters
  /// Where its keys stand, for the lines that are to be changed.
  private let file: String
  private let root: ConfigurationNode?

  init(folder: String) throws {
    let findings = Findings()
    guard let loaded = VehicleProfile.load(folder: folder, findings: findings),
      !findings.hasErrors
    else { throw CommandFailure.badInput("\(ConfigurationRefused(findings: findings.errors))") }
    name = loaded.name
    vehicle = loaded.parameters
    file = folder + "/profile.yaml"
    root = readYAML(try readInput(file), file: file, findings: Findings())
  }

  init(recordedIn replay: DriveReplay, _ path: String) throws {
    name = replay.configuration.profileName
    vehicle = replay.configuration.controller.vehicle
    file = "profile.yaml"
    root = replay[attachment: "profile/profile.yaml"].flatMap {
      readYAML($0, file: "profile.yaml", findings: Findings())
    }
  }

  /// File and line of a key, and what stands there; nil where the profile leaves it out.
  func place(of keys: [String]) -> (place: String, text: String)? {
    guard var node = root else { return nil }
    for key in keys {
      guard case .mapping(let members) = node.content,
        let member = members.first(where: { $0.key == key })
      else { return nil }
      node = member.value
    }
    guard case .scalar(let scalar) = node.content else { return nil }
    return ("\(file):\(node.line)", scalar.text)
  }

  var fileName: String { file }
}

/// How a quantity is spelled.
struct TunedSpelling {
  /// Where it stands in a profile; empty where no profile has it.
  var keys: [String] = []
  var unit = ""
  /// Of the unit, in SI.
  var scale = 1.0
  var digits = 0
  /// Without a key: what is usual, and who learns or sets it.
  var usual: Double?
  var note = ""

  static func of(_ quantity: TunedQuantity, _ vehicle: VehicleParameters) -> TunedSpelling {
    switch quantity {
    case .steeringDelay: milliseconds("steering_delay")
    case .steeringLag: milliseconds("steering_lag")
    case .brakeDelay: milliseconds("brake_delay")
    case .brakeLag: milliseconds("brake_lag")
    case .driveDelay: milliseconds("drive_delay")
    case .driveLag: milliseconds("drive_lag")
    case .steeringRate:
      TunedSpelling(keys: ["dynamics", "steering_rate"], unit: "rad/s", digits: 3)
    case .understeer: TunedSpelling(keys: ["dynamics", "understeer_gradient"], digits: 4)
    case .mass:
      vehicle.hasTrailer
        ? TunedSpelling(
          unit: "t", scale: 1_000, digits: 1,
          note: "of the combination; each trip's trailer says it")
        : TunedSpelling(keys: ["dynamics", "mass"], unit: "t", scale: 1_000, digits: 1)
    case .gnssLatency:
      TunedSpelling(keys: ["gnss", "latency"], unit: "ms", scale: 0.001)
    case .antennaForward:
      TunedSpelling(keys: ["geometry", "antenna", "forward"], unit: "m", digits: 2)
    case .antennaLeft:
      TunedSpelling(keys: ["geometry", "antenna", "left"], unit: "m", digits: 2)
    case .headingOffset:
      TunedSpelling(
        keys: ["geometry", "antenna", "heading_offset"], unit: "deg", scale: .pi / 180, digits: 2)
    case .steeringOffset:
      TunedSpelling(
        unit: "mrad", scale: 0.001, digits: 2, usual: 0,
        note: "the sensor reads too high by this, left positive; the estimator learns it")
    case .brakeGain:
      TunedSpelling(digits: 3, usual: 1, note: "achieved over demanded; no key of a profile")
    case .wheelScale: TunedSpelling(digits: 4, usual: 1, note: "the estimator learns it")
    case .gyroBias:
      TunedSpelling(
        unit: "mrad/s", scale: 0.001, digits: 2, usual: 0, note: "the estimator learns it")
    case .gyroScale: TunedSpelling(digits: 4, usual: 1, note: "below 1 by the cosine of a tilt")
    }
  }

  private static func milliseconds(_ key: String) -> TunedSpelling {
    TunedSpelling(keys: ["dynamics", key], unit: "ms", scale: 0.001)
  }

  func number(_ value: Double) -> String {
    let text = String(format: "%.\(digits)f", value / scale)
    return text.allSatisfy { "-0.".contains($0) } && text.hasPrefix("-")
      ? String(text.dropFirst()) : text
  }

  func text(_ value: Double) -> String { unit.isEmpty ? number(value) : number(value) + " " + unit }
}

extension TunedQuantity {
  /// What a profile says, in SI units; nil where it says nothing.
  func value(in vehicle: VehicleParameters) -> Double? {
    switch self {
    case .steeringDelay: vehicle.steeringDelay.seconds
    case .steeringLag: vehicle.steeringLag.seconds
    case .steeringRate: vehicle.steeringRate.value
    case .brakeDelay: vehicle.brakeDelay.seconds
    case .brakeLag: vehicle.brakeLag.seconds
    case .driveDelay: vehicle.driveDelay.seconds
    case .driveLag: vehicle.driveLag.seconds
    case .mass: vehicle.hasTrailer ? nil : vehicle.mass.value
    case .understeer: vehicle.understeerGradient
    case .gnssLatency: vehicle.gnssLatency.seconds
    case .antennaForward: vehicle.antennaForward.value
    case .antennaLeft: vehicle.antennaLeft.value
    case .headingOffset: vehicle.antennaHeadingOffset.value
    case .steeringOffset, .brakeGain, .wheelScale, .gyroBias, .gyroScale: nil
    }
  }
}

/// What was found, beside what the profile says.
struct TuneReport {
  private let profile: TunedProfile
  private let rows: [Row]
  private let driveCount: Int

  private struct Row {
    let quantity: TunedQuantity
    let spelling: TunedSpelling
    let now: Double?
    let found: Estimate

    /// Only what the drives told, that the profile spells, and that it says otherwise.
    var proposal: String? {
      guard found.isEnough, !spelling.keys.isEmpty, let now, !found.contains(now) else {
        return nil
      }
      let text = spelling.text(found.value)
      return text == spelling.text(now) ? nil : text
    }
  }

  init(_ profile: TunedProfile, _ found: [TunedQuantity: Estimate], driveCount: Int) {
    self.profile = profile
    self.driveCount = driveCount
    rows = TunedQuantity.allCases.compactMap { quantity in
      guard let estimate = found[quantity] else { return nil }
      let spelling = TunedSpelling.of(quantity, profile.vehicle)
      return Row(
        quantity: quantity, spelling: spelling,
        now: quantity.value(in: profile.vehicle) ?? spelling.usual, found: estimate)
    }
  }

  var table: String {
    var text = "profile \(profile.name), \(driveCount) drive\(driveCount == 1 ? "" : "s")\n"
    text += Self.line("quantity", "profile", "found", "95 % interval", "proposal")
    for row in rows {
      let now = row.now.map { row.spelling.text($0) } ?? "-"
      guard row.found.isEnough else {
        if case .notEnough(let advice) = row.found.excitation {
          text += Self.line(row.quantity.rawValue, now, "-", "not enough: needs \(advice)", "")
        }
        continue
      }
      let interval =
        "\(row.spelling.number(row.found.lower)) to \(row.spelling.text(row.found.upper))"
      let agrees = row.now.map { row.found.contains($0) } ?? false
      let verdict =
        row.proposal ?? (agrees ? "as it is" : row.spelling.note.isEmpty ? "-" : row.spelling.note)
      text += Self.line(
        row.quantity.rawValue, now, row.spelling.text(row.found.value), interval, verdict)
    }
    return text
  }

  private static func line(
    _ quantity: String, _ now: String, _ found: String, _ interval: String, _ proposal: String
  ) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(width - text.count, 1))
    }
    var line =
      padded(quantity, 24) + padded(now, 12) + padded(found, 13) + padded(interval, 25) + proposal
    while line.hasSuffix(" ") { line.removeLast() }
    return line + "\n"
  }

  /// Which lines of the profile to change.
  var changes: String {
    var text = ""
    for row in rows {
      guard let proposal = row.proposal, let key = row.spelling.keys.last else { continue }
      if let found = profile.place(of: row.spelling.keys) {
        text += "\(found.place): \(key): \(found.text) -> \(key): \(proposal)\n"
      } else {
        text +=
          "\(profile.fileName): add \(row.spelling.keys.joined(separator: ".")): \(proposal)\n"
      }
    }
    return text.isEmpty ? "nothing to change\n" : text
  }

  /// The proposed values as part of a profile.
  var fragment: String {
    var text =
      "# Proposed by tulpar tune identify for profile \(profile.name) from \(driveCount) recorded "
      + "drive\(driveCount == 1 ? "" : "s");\n# to be merged into \(profile.fileName) key by key.\n"
    var opened: [String] = []
    for row in rows {
      guard let proposal = row.proposal else { continue }
      let sections = Array(row.spelling.keys.dropLast())
      for (depth, section) in sections.enumerated()
      where depth >= opened.count || Array(opened[...depth]) != Array(sections[...depth]) {
        text += String(repeating: "  ", count: depth) + section + ":\n"
      }
      opened = sections
      let now = row.now.map { row.spelling.text($0) } ?? "-"
      text +=
        String(repeating: "  ", count: sections.count) + (row.spelling.keys.last ?? "")
        + ": \(proposal)  # was \(now); 95 %: \(row.spelling.number(row.found.lower)) to "
        + row.spelling.text(row.found.upper) + "\n"
    }
    return text
  }
}
