import Records
import Signals

/// What the receiver's tests say, in words (R-GNSS-4).
package enum IntegrityText {
  package static func names(_ tests: GNSSTestSet) -> [String] {
    tests.map { "\($0)" }
  }

  /// For a person; empty while the position is trusted and all is well.
  static func lines(_ state: VehicleState) -> [String] {
    let tests = state.integrity.sinceTrusted
    guard state.trust < .trusted, !tests.isEmpty else { return [] }
    let now = state.integrity.tripped
    return ["position \(state.trust), because of the receiver:"]
      + tests.map { "  \(meaning($0)) (\($0))\(now.contains($0) ? "" : ", not now")" }
  }

  /// A JSON object.
  package static func json(_ state: VehicleState) -> String {
    func list(_ tests: GNSSTestSet) -> String {
      "[" + names(tests).map(JSONText.quoted).joined(separator: ",") + "]"
    }
    return "{\"trust\":\"\(state.trust)\",\"tripped\":\(list(state.integrity.tripped))"
      + ",\"sinceTrusted\":\(list(state.integrity.sinceTrusted))"
      + ",\"untested\":\(list(state.integrity.untested))}"
  }

  static func meaning(_ test: GNSSTest) -> String {
    switch test {
    case .innovation: "several of its last fixes were not what was expected"
    case .jump: "its position jumped further than the truck drove"
    case .speed: "its speed is not that of the wheels"
    case .course: "its course is not that of the truck"
    case .stationary: "its position wanders while the wheels stand"
    case .height: "its height is not the map's, or jumped"
    case .clock: "its time jumped, drifts or went back"
    case .signal: "its signals are all alike, stronger at once, or weak and few"
    case .constellation: "it uses one satellite system where it used three"
    case .geometry: "it uses satellites below the horizon, one twice, or badly spread ones"
    case .dualAntenna: "its baseline turned where the truck did not"
    case .corridor: "it is beside the route while odometry is on it"
    case .pullOff: "its position slowly parts from odometry"
    }
  }
}
