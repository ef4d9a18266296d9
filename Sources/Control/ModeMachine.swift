import Signals

/// Who drives, and whether the truck may move (S-23).
///
/// The machine only decides the mode; the ladder decides how a stop is made, and motion follows
/// from both. Nothing is transmitted in MANUAL and SHADOW.
package struct ModeMachine: Sendable, Visitable {
  package private(set) var mode = Mode.manual

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("mode", &mode)
  }

  /// Takes the truck as armed and driving: for simulators whose plants begin in motion.
  package mutating func beginInMotion() { mode = .autonomous }

  /// What one cycle brings.
  package struct Events: Sendable {
    /// Somebody asked to arm, disarm, or acknowledged a stop; authenticated by the host.
    package var armRequested = false
    package var disarmRequested = false
    package var acknowledged = false
    /// Every condition for arming holds (S-9, S-23).
    package var readyToArm = false
    /// The ladder demands a stop.
    package var stopDemanded = false
    /// Standstill is held by a parking brake that feedback confirms.
    package var isHeld = false
    /// There is room to drive up to the stop target.
    package var mayMove = false

    package init() {}
  }

  /// What the rest of the step has to do because of the mode.
  package enum Action: Sendable, Equatable {
    /// Transmit nothing.
    case silent
    /// Stand with parking brakes set.
    case stand
    case drive
    case stop
    /// A latched stop was acknowledged: the ladder starts afresh, then stand.
    case release
  }

  package mutating func handle(_ events: Events) -> Action {
    switch mode {
    case .manual: manual(events)
    case .shadow: .silent
    case .armed: armed(events)
    case .autonomous: autonomous(events)
    case .stopping: stopping(events)
    case .held: held(events)
    }
  }

  private mutating func manual(_ events: Events) -> Action {
    guard events.armRequested, events.readyToArm, !events.stopDemanded else { return .silent }
    mode = .armed
    return .stand
  }

  private mutating func armed(_ events: Events) -> Action {
    if events.stopDemanded {
      mode = .stopping
      return .stop
    }
    if events.disarmRequested, events.isHeld {
      mode = .manual
      return .silent
    }
    guard events.mayMove, events.readyToArm else { return .stand }
    mode = .autonomous
    return .drive
  }

  private mutating func autonomous(_ events: Events) -> Action {
    if events.stopDemanded {
      mode = .stopping
      return .stop
    }
    // Disarming takes effect where the truck stands parked; in motion it is no way to stop.
    if events.disarmRequested, events.isHeld {
      mode = .manual
      return .silent
    }
    return .drive
  }

  private mutating func stopping(_ events: Events) -> Action {
    if events.isHeld { mode = .held }
    return .stop
  }

  private mutating func held(_ events: Events) -> Action {
    guard events.acknowledged, events.isHeld else { return .stop }
    mode = .armed
    return .release
  }
}
