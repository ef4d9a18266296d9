import Signals

/// Finds what a drive must be kept for (R-REC-2): stops, emergency stops, take-overs, severe faults.
package struct EventWatch: Sendable {
  private var demand = StopDemand()
  private var supervisor = StopLevel.nominal
  private var mode = Mode.manual
  private var guardian = GuardianState.starting
  private var faults = Faults()

  package init() {}

  /// What happened in this cycle, in words; nil for an ordinary one.
  package mutating func take(
    _ inputs: borrowing @_addressable Inputs, _ outputs: borrowing @_addressable Outputs
  ) -> String? {
    defer {
      demand = outputs.mode.isDriven ? outputs.demand : StopDemand()
      supervisor = inputs.supervisorDemand.level
      mode = outputs.mode
      guardian = inputs.guardian.state
      faults = outputs.faults
    }
    if outputs.mode.isDriven, outputs.demand.level >= .comfortStop,
      outputs.demand.level > demand.level
    {
      return "\(outputs.demand.level) because \(outputs.demand.reason)"
    }
    if mode == .autonomous || mode == .stopping, outputs.mode == .manual {
      return "taken over by the driver"
    }
    if inputs.supervisorDemand.level >= .comfortStop, inputs.supervisorDemand.level > supervisor {
      return
        "supervisor: \(inputs.supervisorDemand.level) because \(inputs.supervisorDemand.reason)"
    }
    // Also what a daemon finds that begins after the death of another.
    if inputs.guardian.state == .stopping, guardian != .stopping { return "guardian stops" }
    if inputs.guardian.state == .held, guardian == .starting { return "guardian holds a stop" }
    for reason in Self.severe where outputs.faults.contains(reason) && !faults.contains(reason) {
      return "\(reason)"
    }
    return nil
  }

  /// Kept whatever the truck does meanwhile.
  private static let severe: [Reason] = [
    .emergencyStopPressed, .remoteStopPressed, .protectiveFieldViolated, .emergencyBrakingDemanded,
    .rollBack, .steeringRunaway, .trapped, .independentBrakeTripped,
  ]
}
