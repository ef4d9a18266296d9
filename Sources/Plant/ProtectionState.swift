/// What protects persons around the truck, as its controller reports it.
struct ProtectionState: Sendable {
  var fieldIsViolated = false
  /// How far ahead the field reaches, m.
  var fieldRange = 20.0
  var attendantEnables = true
  var remoteStopIsPressed = false
  /// AEBS1: 0 not ready, 3 ready, 6 warns and brakes, 7 brakes.
  var emergencyBrakingState: UInt8 = 3
  var emergencyStopWire = EmergencyStopWire.sound

  /// The antivalent pair as two-bit states: 1 on the line and 0 on its inverse mean pressed.
  func emergencyStopWires(isPressed: Bool) -> (line: UInt64, inverse: UInt64) {
    switch emergencyStopWire {
    case .sound: (isPressed ? 1 : 0, isPressed ? 0 : 1)
    case .cut: (isPressed ? 1 : 0, 0)
    case .unknown: (3, 3)
    }
  }
}

/// What is wrong with the wires of the stop buttons.
package enum EmergencyStopWire: Sendable, Equatable {
  case sound
  /// The inverse has no voltage.
  case cut
  case unknown
}

/// A change of what protects persons.
package enum ProtectionCommand: Sendable, Equatable {
  case field(isViolated: Bool)
  case fieldRange(Double)
  case attendant(enables: Bool)
  case remoteStop(isPressed: Bool)
  case emergencyBraking(UInt8)
  case emergencyStopWire(EmergencyStopWire)
}

extension ProtectionState {
  mutating func apply(_ command: ProtectionCommand) {
    switch command {
    case .field(let isViolated): fieldIsViolated = isViolated
    case .fieldRange(let range): fieldRange = range
    case .attendant(let enables): attendantEnables = enables
    case .remoteStop(let isPressed): remoteStopIsPressed = isPressed
    case .emergencyBraking(let state): emergencyBrakingState = state
    case .emergencyStopWire(let wire): emergencyStopWire = wire
    }
  }
}
