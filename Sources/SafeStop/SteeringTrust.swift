import Signals

extension Reason {
  /// Whether the daemon's steering may be followed during a stop for this reason: not when the
  /// control thread itself is in doubt.
  var leavesSteeringTrusted: Bool {
    switch self {
    case .controlHung, .controlLate, .cycleSlips, .commandStale, .commandInvalid, .daemonLost,
      .trapped, .offPath, .authorityExceeded, .steeringRunaway, .steeringNotObeyed,
      .steeringLockedOut, .configurationInvalid, .overSpeed:
      false
    default: true
    }
  }
}

extension Faults {
  var steeringIsLost: Bool {
    contains(.steeringLockedOut) || contains(.steeringNotObeyed) || contains(.steeringRunaway)
  }
}
