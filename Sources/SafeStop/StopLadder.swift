import Signals
import Units

/// Where the truck is on the ladder; later is more severe, except that `held` ends a stop.
package enum StopPhase: UInt8, Sendable {
  case nominal
  /// Drives on under a speed cap.
  case degraded
  case comfort
  case emergency
  /// At standstill after a stop: only an acknowledge leaves.
  case held
}

/// What the ladder learns in a cycle.
package struct LadderEvents: Sendable {
  package var now = Instant.never
  /// The most severe demand of all sources.
  package var demand = StopDemand()
  package var isStandstill = false
  package var parkingBrakesAreConfirmed = false
  /// An authenticated acknowledge arrived in this cycle.
  package var isAcknowledged = false
  /// Highest known speed; NaN when unknown.
  package var speed = MetresPerSecond(.nan)
  /// From the front bumper to the supervised limit that held when the stop began; NaN unknown.
  package var distanceToLimit = Metres(.nan)
  /// Of the path, predicted to standstill; NaN when not known.
  package var lateralDeviation = Metres(.nan)

  package init() {}
}

/// What the ladder orders for a cycle.
package struct StopAction: Sendable, Equatable {
  package var phase = StopPhase.nominal
  package var reason = Reason.none
  package var inhibitDrive = false
  /// Brake at least this much.
  package var brakeDeceleration = MetresPerSecondSquared.zero
  package var applyParkingBrakes = false
  package var hazardLamps = false
  /// The parking brakes did not answer within their time.
  package var parkingBrakesFailed = false
  /// Why a comfort stop became an emergency stop in this cycle by itself; unit `none` else.
  package var escalation = Reading()

  package init() {}

  package var isStopping: Bool { inhibitDrive }

  /// The demand that the phase stands for.
  package var level: StopLevel {
    switch phase {
    case .nominal: .nominal
    case .degraded: .degraded
    case .comfort, .held: .comfortStop
    case .emergency: .emergencyStop
    }
  }

  /// Makes a command obey the action; it never weakens a brake.
  package func constrain(_ command: inout Command) {
    if hazardLamps { command.hazardLamps = true }
    guard inhibitDrive else { return }
    command.driveTorque = .zero
    if !(command.brakeDeceleration.value >= brakeDeceleration.value) {
      command.brakeDeceleration = brakeDeceleration
    }
    command.brakeLamps = true
    if applyParkingBrakes {
      command.tractorParkingBrake = true
      command.trailerParkingBrake = true
      command.gear = .neutral
    }
  }
}

/// The safe-stop ladder: demands in, actions out; a stop is latched to standstill and held until
/// it is acknowledged (R-MRM-1 to 7, I-7, I-8).
package struct StopLadder: Sendable, Visitable {
  package private(set) var phase = StopPhase.nominal
  /// The first cause of the stop, or of the more severe stop that it became.
  package private(set) var reason = Reason.none
  private var startedAt = Instant.never
  private var startSpeed = MetresPerSecond.zero
  private var plannedDrop = MetresPerSecond.zero
  /// The demand as a brake with its delay and build-up follows it.
  private var builtUp = MetresPerSecondSquared.zero
  private var brake = MetresPerSecondSquared.zero
  private var heldAt = Instant.never
  private var steppedAt = Instant.never
  private var hazardLamps = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("phase", &phase)
    visitor.visit("reason", &reason)
    visitor.visit("startedAt", &startedAt)
    visitor.visit("startSpeed", &startSpeed)
    visitor.visit("plannedDrop", &plannedDrop)
    visitor.visit("builtUp", &builtUp)
    visitor.visit("brake", &brake)
    visitor.visit("heldAt", &heldAt)
    visitor.visit("steppedAt", &steppedAt)
    visitor.visit("hazardLamps", &hazardLamps)
  }

  package var isStopping: Bool { phase == .comfort || phase == .emergency || phase == .held }

  /// Makes this a stop that was under way before this process was (S-15).
  package mutating func resume(isStandstill: Bool, reason: Reason, at now: Instant) {
    start(StopDemand(.comfortStop, reason), LadderEvents(), at: now)
    if isStandstill { hold(at: now) }
  }

  /// One cycle.
  package mutating func step(
    _ events: LadderEvents, configuration: @_addressable SafeStopConfiguration
  ) -> StopAction {
    let elapsed = steppedAt == .never ? 0 : min(max((events.now - steppedAt).seconds, 0), 0.5)
    steppedAt = events.now
    let escalation = transit(events, configuration)
    ramp(elapsed, configuration)
    var action = action(events, configuration)
    action.escalation = escalation
    return action
  }

  /// Why the stop became more severe by itself, if it did.
  private mutating func transit(
    _ events: LadderEvents, _ configuration: @_addressable SafeStopConfiguration
  ) -> Reading {
    switch phase {
    case .nominal, .degraded:
      switch events.demand.level {
      case .nominal: settle(.nominal, .none)
      case .degraded: settle(.degraded, events.demand.reason)
      case .comfortStop, .emergencyStop: start(events.demand, events, at: events.now)
      }
    case .comfort:
      let isUrgent = events.demand.level == .emergencyStop
      let cause = causeToEscalate(events, configuration)
      if isUrgent || cause.reason != .none {
        phase = .emergency
        reason = isUrgent ? events.demand.reason : cause.reason
        return isUrgent ? Reading() : cause.reading
      }
      if events.isStandstill { hold(at: events.now) }
    case .emergency:
      if events.isStandstill { hold(at: events.now) }
    case .held:
      // I-8: after standstill, by an acknowledge, with the cause gone; no timer leaves.
      let isFree = events.demand.level < .comfortStop && events.isStandstill
      if events.isAcknowledged, isFree {
        settle(.nominal, .none)
        hazardLamps = false
      }
    }
    return Reading()
  }

  private mutating func settle(_ phase: StopPhase, _ reason: Reason) {
    self.phase = phase
    self.reason = reason
    brake = .zero
  }

  private mutating func start(_ demand: StopDemand, _ events: LadderEvents, at now: Instant) {
    phase = demand.level == .emergencyStop ? .emergency : .comfort
    reason = demand.reason
    startedAt = now
    startSpeed = events.speed
    plannedDrop = .zero
    builtUp = .zero
    brake = .zero
    hazardLamps = true
  }

  private mutating func hold(at now: Instant) {
    phase = .held
    heldAt = now
  }

  /// R-MRM-5, by the limit that held before the stop shrank it (S-12).
  private func causeToEscalate(
    _ events: LadderEvents, _ configuration: @_addressable SafeStopConfiguration
  ) -> (reason: Reason, reading: Reading) {
    let isDue = events.now - startedAt >= configuration.times.escalation
    let dropped = startSpeed.value - events.speed.value
    let least = 0.5 * min(plannedDrop.value, startSpeed.value)
    if isDue, dropped < least {
      return (.brakeNotObeyed, Reading(dropped, .below, least, .metresPerSecond))
    }
    let deviation = Reading(
      events.lateralDeviation.magnitude.value, .above, configuration.lateralWarning.value, .metres)
    if deviation.isCrossed { return (.offPath, deviation) }
    let speed = events.speed.value
    let needed = speed * speed / 2
    let reach = configuration.comfortDeceleration.value * 1.3 * events.distanceToLimit.value
    if speed > configuration.parkingSpeed.value, needed > max(reach, 0) {
      // The distance that this speed needs, against what is left.
      let distance = needed / (configuration.comfortDeceleration.value * 1.3)
      let left = max(events.distanceToLimit.value, 0)
      return (.authorityExceeded, Reading(distance, .above, left, .metres))
    }
    return (.none, Reading())
  }

  private mutating func ramp(
    _ elapsed: Double, _ configuration: @_addressable SafeStopConfiguration
  ) {
    let target: Double
    let jerk: Double
    switch phase {
    case .nominal, .degraded: return
    case .comfort:
      target = configuration.comfortDeceleration.value
      jerk = configuration.comfortJerk.value
    case .emergency:
      target = configuration.emergencyDeceleration.value
      jerk = configuration.emergencyJerk.value
    case .held:
      target = configuration.holdDeceleration.value
      jerk = configuration.emergencyJerk.value
    }
    // A sound brake lags its demand: without that, a stop that starts from acceleration would be
    // taken for a weak brake.
    let lag = max(configuration.times.brakeResponse.seconds / 2, 0.01)
    builtUp += (brake - builtUp) * min(elapsed / lag, 1)
    plannedDrop += MetresPerSecond(builtUp.value * elapsed)
    // The first cycle already brakes: R-MRM-1 gives the ramp 100 ms from cause to start.
    let risen = min(brake.value + jerk * max(elapsed, 0.01), target)
    brake = MetresPerSecondSquared(phase == .held ? max(risen, target) : max(risen, brake.value))
  }

  private func action(
    _ events: LadderEvents, _ configuration: @_addressable SafeStopConfiguration
  ) -> StopAction {
    var action = StopAction()
    action.phase = phase
    action.reason = reason
    action.hazardLamps = hazardLamps
    guard isStopping else { return action }
    action.inhibitDrive = true
    action.brakeDeceleration = brake
    guard phase == .held else { return action }
    action.applyParkingBrakes = true
    // Rolling although held: everything that brakes.
    if !events.isStandstill { action.brakeDeceleration = configuration.emergencyDeceleration }
    let isLate = events.now - heldAt > configuration.times.parkingConfirmation
    if isLate, !events.parkingBrakesAreConfirmed {
      action.parkingBrakesFailed = true
      action.brakeDeceleration = configuration.emergencyDeceleration
    }
    return action
  }
}
