import Signals

/// Of what kind something is that a drive must be kept for (domain.md 2.6).
///
/// Each has a share of what may be locked, so that no kind that comes often takes the room of the
/// others.
package enum EventKind: String, CaseIterable, Sendable {
  /// A person, or what protects one, asks for a stop.
  case request
  /// Hardware or software of the stack fails.
  case failure
  /// The truck brakes as hard as it can, or the independent path does.
  case emergency
  /// Any other stop.
  case stop
  /// A driver has the truck.
  case takeOver

  package init(_ demand: StopDemand) {
    switch demand.reason {
    case .emergencyStopPressed, .remoteStopPressed, .protectiveFieldViolated, .attendantAway,
      .operatorStop:
      self = .request
    case .controlHung, .controlLate, .cycleSlips, .supervisorHung, .guardianLost, .daemonLost,
      .commandStale, .commandInvalid, .planUnfit, .trapped, .restarted, .configurationInvalid:
      self = .failure
    default: self = demand.level == .emergencyStop ? .emergency : .stop
    }
  }
}

/// What happened in a cycle, in words, and of what kind it was.
package struct KeptEvent: Sendable, Equatable {
  package let kind: EventKind
  package let text: String

  package init(_ kind: EventKind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}

/// Finds what a drive must be kept for (R-REC-2): stops, emergency stops, take-overs, severe faults.
package struct EventWatch: Sendable {
  private var demand = StopDemand()
  private var supervisor = StopLevel.nominal
  private var mode = Mode.manual
  private var guardian = GuardianState.starting
  private var faults = Faults()

  package init() {}

  /// What happened in this cycle; nil for an ordinary one.
  package mutating func take(
    _ inputs: borrowing @_addressable Inputs, _ outputs: borrowing @_addressable Outputs
  ) -> KeptEvent? {
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
      return KeptEvent(
        EventKind(outputs.demand), "\(outputs.demand.level) because \(outputs.demand.reason)")
    }
    if mode == .autonomous || mode == .stopping, outputs.mode == .manual {
      return KeptEvent(.takeOver, "taken over by the driver")
    }
    let asked = inputs.supervisorDemand
    if asked.level >= .comfortStop, asked.level > supervisor {
      return KeptEvent(
        EventKind(asked), "supervisor: \(asked.level) because \(asked.reason)")
    }
    // Also what a daemon finds that begins after the death of another.
    if inputs.guardian.state == .stopping, guardian != .stopping {
      return KeptEvent(.failure, "guardian stops")
    }
    if inputs.guardian.state == .held, guardian == .starting {
      return KeptEvent(.failure, "guardian holds a stop")
    }
    for reason in Self.severe where outputs.faults.contains(reason) && !faults.contains(reason) {
      return KeptEvent(EventKind(StopDemand(.emergencyStop, reason)), "\(reason)")
    }
    return nil
  }

  /// Kept whatever the truck does meanwhile.
  private static let severe: [Reason] = [
    .emergencyStopPressed, .remoteStopPressed, .protectiveFieldViolated, .emergencyBrakingDemanded,
    .rollBack, .steeringRunaway, .trapped, .independentBrakeTripped,
  ]
}
