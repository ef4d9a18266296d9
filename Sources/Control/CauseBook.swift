import PathFollowing
import SafeStop
import Signals
import Units

// Who demands what, and what keeps the truck where it is, for whoever asks why.
extension Controller {
  /// Demands that come from elsewhere than the health of inputs and actuators.
  mutating func noteDemands(
    supervisor: StopDemand, guardian: StopDemand, guardianStoppedFor: Reading, at now: Instant
  ) {
    // Neither tells more than what it demands: that is what was read of it.
    note(.supervisor, supervisor, Self.reading(supervisor), at: now)
    note(.request, requestedStop, Self.reading(requestedStop), at: now)
    note(.guardian, guardian, guardianStoppedFor, at: now)
  }

  private static func reading(_ demand: StopDemand) -> Reading {
    Reading(Double(demand.level.rawValue), .above, Double(StopLevel.nominal.rawValue), .state)
  }

  private mutating func note(
    _ source: CauseSource, _ demand: StopDemand, _ reading: Reading, at now: Instant
  ) {
    guard demand.level > .nominal else { return health.causes.end(source, at: now) }
    let cause = Cause(source, 0, demand, since: now, at: now, reading)
    health.causes.found(cause, mayForget: !ladder.isStopping)
  }

  /// A stop that went worse than planned.
  mutating func noteEscalation(_ stop: StopAction, at now: Instant) {
    if stop.phase != .emergency { health.causes.end(.ladder, at: now) }
    guard stop.escalation.unit != .none else { return }
    let demand = StopDemand(.emergencyStop, stop.reason)
    health.causes.found(
      Cause(.ladder, 0, demand, since: now, at: now, stop.escalation), mayForget: false)
  }

  /// Why the truck moves as it does, or does not.
  @_addressableSelf func account(_ cycle: borrowing @_addressable Cycle) -> MotionAccount {
    var account = MotionAccount()
    account.obstacle = obstacle(cycle)
    account.ahead = ahead.report
    switch follower.planner.limiter {
    case .none: account.limiter = .none
    case .stop: account.limiter = .stop
    case .stopTarget: account.limiter = .stopTarget
    case .route: account.limiter = .route
    case .cruise: account.limiter = .cruise
    case .acceleration: account.limiter = .acceleration
    case .capHere: account.limiter = cycle.capSource
    case .capAhead:
      let cap = cycle.limits.capsAhead[Int(follower.planner.limiterIndex & 15)]
      account.limiter = .zoneAhead
      account.capStation = cap.station
      account.capAhead = cap.cap
    }
    return account
  }

  @_addressableSelf private func obstacle(
    _ cycle: borrowing @_addressable Cycle
  ) -> MoveObstacle {
    switch modes.mode {
    case .manual, .shadow: return .notArmed
    case .stopping, .held: return .stopInForce
    case .armed:
      if cycle.obstacle != .none { return cycle.obstacle }
      if !cycle.events.readyToArm { return .notReady }
      return cycle.events.isHeld ? .none : .parkingBrakesUnconfirmed
    case .autonomous:
      if cycle.obstacle != .none { return cycle.obstacle }
      switch moveOff.phase {
      case .standing, .driving: return .none
      case .warning: return .warning
      case .releasing: return .releasing
      }
    }
  }
}
