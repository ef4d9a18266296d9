import Control
import Records
import Signals

/// The arming table in words, for an operator.
package enum ArmingText {
  package struct Refusal: Sendable {
    package let check: String
    package let requirement: String
    package let name: String
    package var satisfiedBy: String
  }

  private static func failing(_ outputs: Outputs) -> [ArmingCheck] {
    (0..<ArmingCheck.count).compactMap { index in
      outputs.arming.refused & 1 << UInt64(index) == 0 ? nil : ArmingCheck.check(index)
    }
  }

  package static func names(_ outputs: Outputs) -> [String] { failing(outputs).map { "\($0)" } }

  package static func refusals(_ outputs: Outputs, _ names: Names) -> [Refusal] {
    failing(outputs).map { check in
      let row = check.row(ArmingFacts())
      var refusal = Refusal(
        check: "\(check)", requirement: "\(row.requirement)", name: "\(row.name)",
        satisfiedBy: "\(row.satisfiedBy)")
      switch check {
      case .profile:
        if !names.obstacles.isEmpty {
          refusal.satisfiedBy += ": \(names.obstacles.joined(separator: "; "))"
        }
      case .busContents:
        refusal.satisfiedBy += busText(outputs.arming, names)
      case .components:
        if !names.replacedParts.isEmpty {
          refusal.satisfiedBy += ": \(names.replacedParts.joined(separator: "; "))"
        }
      case .shadow:
        let missing = max(ShadowRecord.hoursNeeded - names.shadowHours, 0)
        refusal.satisfiedBy +=
          ": \(JSONText.number(names.shadowHours)) h driven, \(JSONText.number(missing)) h missing"
      case .inputsFresh, .noStop:
        refusal.satisfiedBy += " (\(outputs.notReady))"
      default: break
      }
      return refusal
    }
  }

  /// Which bus was found where, as in ": bus can0 is expected on vcan0 and seen on vcan1".
  private static func busText(_ report: ArmingReport, _ names: Names) -> String {
    var found: [String] = []
    for (index, name) in names.buses.enumerated() {
      let interface = names.interface(index)
      let other: Int
      switch report.place(ofBus: index) {
      case .own: continue
      case .unknown:
        found.append("nothing of bus \(name) is seen on \(interface)")
        continue
      case .foreign:
        found.append("\(interface) carries frames, but none of bus \(name)")
        continue
      case .onBus0: other = 0
      case .onBus1: other = 1
      case .onBus2: other = 2
      case .onBus3: other = 3
      }
      found.append(
        "bus \(name) is expected on \(interface) and seen on \(names.interface(other))")
    }
    return found.isEmpty ? "" : ": \(found.joined(separator: "; "))"
  }
}
