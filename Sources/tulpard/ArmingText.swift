import Control
import Records
import Signals

/// The arming table in words, for an operator.
enum ArmingText {
  struct Refusal {
    let check: String
    let requirement: String
    let name: String
    var satisfiedBy: String
  }

  private static func failing(_ outputs: Outputs) -> [ArmingCheck] {
    (0..<ArmingCheck.count).compactMap { index in
      outputs.arming.refused & 1 << UInt64(index) == 0 ? nil : ArmingCheck.check(index)
    }
  }

  static func names(_ outputs: Outputs) -> [String] { failing(outputs).map { "\($0)" } }

  /// - Parameter obstacles: what the profile lacks, by name.
  /// - Parameter shadowHours: driven so far by this truck with this profile.
  static func refusals(
    _ outputs: Outputs, buses: [BusState], obstacles: [String], shadowHours: Double
  ) -> [Refusal] {
    failing(outputs).map { check in
      let row = check.row(ArmingFacts())
      var refusal = Refusal(
        check: "\(check)", requirement: "\(row.requirement)", name: "\(row.name)",
        satisfiedBy: "\(row.satisfiedBy)")
      switch check {
      case .profile:
        if !obstacles.isEmpty {
          refusal.satisfiedBy += ": \(obstacles.joined(separator: "; "))"
        }
      case .busContents:
        refusal.satisfiedBy += busText(outputs.arming, buses)
      case .shadow:
        let missing = max(ShadowRecord.hoursNeeded - shadowHours, 0)
        refusal.satisfiedBy +=
          ": \(JSONText.number(shadowHours)) h driven, \(JSONText.number(missing)) h missing"
      case .inputsFresh, .noStop:
        refusal.satisfiedBy += " (\(outputs.notReady))"
      default: break
      }
      return refusal
    }
  }

  /// Which bus was found where, as in ": bus powertrain of can0 is seen on can1".
  private static func busText(_ report: ArmingReport, _ buses: [BusState]) -> String {
    var found: [String] = []
    for (index, bus) in buses.enumerated() {
      let other: Int
      switch report.place(ofBus: index) {
      case .own: continue
      case .unknown:
        found.append("nothing of bus \(bus.name) is seen on \(bus.interface)")
        continue
      case .foreign:
        found.append("\(bus.interface) carries frames, but none of bus \(bus.name)")
        continue
      case .onBus0: other = 0
      case .onBus1: other = 1
      case .onBus2: other = 2
      case .onBus3: other = 3
      }
      let place = buses.indices.contains(other) ? buses[other].interface : "another interface"
      found.append("bus \(bus.name) is expected on \(bus.interface) and seen on \(place)")
    }
    return found.isEmpty ? "" : ": \(found.joined(separator: "; "))"
  }
}
