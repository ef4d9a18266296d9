/// What the truck is about along its path.
package enum LongitudinalState: UInt8, Sendable {
  /// At standstill, held by the service brake.
  case holding
  /// The engine takes over from the brake; nothing has turned yet.
  case movingOff
  /// Follows speed and stop target.
  case driving
  /// Comes to rest by deceleration alone, whatever the target.
  case stopping

  package struct Events: Sendable {
    /// Told to stop, or not told to drive.
    package var mustStop = false
    package var stands = false
    /// There is room that is worth moving for, a cap that allows it, and brakes to stop again.
    package var mayMove = false
    package var hasArrived = false
    /// Fast enough that nothing holds it any more.
    package var rolls = false

    package init() {}
  }

  package enum Action: Sendable { case hold, drive, stop }

  package mutating func handle(_ events: Events) -> Action {
    switch self {
    case .holding:
      if !events.mustStop, events.mayMove { self = .movingOff }
    case .movingOff, .driving, .stopping:
      if events.mustStop {
        self = events.stands ? .holding : .stopping
      } else if events.hasArrived {
        self = .holding
      } else if self == .stopping || events.rolls {
        self = .driving
      }
    }
    switch self {
    case .holding: return .hold
    case .movingOff, .driving: return .drive
    case .stopping: return .stop
    }
  }
}
