import Signals
import Units

/// What the planner is told in a cycle, all at the present moment.
struct SpeedSituation {
  var front = 0.0
  var rear = 0.0
  var station = 0.0
  var speed = 0.0
  var acceleration = 0.0
  /// Path coordinate of the front bumper at which to stand.
  var stopTarget = 0.0
  /// The lowest of all caps that hold here.
  var capHere = 0.0
  /// Whose it is.
  var limiterHere = PlanLimiter.capHere
  /// What the engine can give here beyond all that slows, m/s2.
  var mostAcceleration = Double.infinity
  /// Acceleration by a slope that the map does not tell, as felt at standstill, m/s2.
  var untoldSlope = 0.0
  var isDriving = false
  /// Where friction and slope leave too little, nothing is driven (S-11).
  var allowsMotion = false
  /// Of braking for the cap here that comfort is not enough for; zero else.
  var urgentDeceleration = 0.0
  /// Of what is demanded meanwhile.
  var hardestDeceleration = Double.infinity
  /// Of a stop that pays no heed to a target.
  var stopDeceleration: Double?
}

/// What binds the reference in a cycle.
package enum PlanLimiter: UInt8, Sendable {
  case none, stop, stopTarget, route, capHere, capAhead, cruise, acceleration
}

/// Plans speed by a reference without noise, and follows it.
///
/// The reference is integrated with bounded jerk and runs ahead of the truck by the actuators' dead
/// time; it is pulled to the measured position slowly, so that sensor noise does not reach the
/// command. A disturbance observer takes up drag, grade and mass that nobody told.
package struct SpeedPlanner: Sendable, Visitable {
  package private(set) var targetSpeed = 0.0
  package private(set) var targetAcceleration = 0.0
  /// Path coordinate of the front bumper in the reference.
  private var targetFront = 0.0
  package private(set) var state = LongitudinalState.holding
  private var isEngaged = false
  private var history = CommandRing()
  private var demands = CommandRing()
  private var profile = SpeedProfile()
  private var index = 0
  // Observer of what accelerates the truck beyond the demand.
  private var modelSpeed = 0.0
  private var modelAcceleration = 0.0
  package private(set) var disturbance = 0.0
  /// Of this cycle alone.
  package private(set) var limiter = PlanLimiter.none
  /// Index in `MotionLimits.capsAhead`, where that is the limiter.
  package private(set) var limiterIndex: UInt8 = 0

  package var isHolding: Bool { state == .holding }
  /// Sine of the steepest descent that the route has shown so far; never positive.
  package var steepestDescent: Double { @_addressableSelf get { profile.worstGrade } }

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("targetSpeed", &targetSpeed)
    visitor.visit("targetAcceleration", &targetAcceleration)
    visitor.visit("targetFront", &targetFront)
    visitor.visit("state", &state)
    visitor.visit("isEngaged", &isEngaged)
    visitor.visit("history", &history)
    visitor.visit("demands", &demands)
    visitor.visit("profile", &profile)
    visitor.visit("index", &index)
    visitor.visit("modelSpeed", &modelSpeed)
    visitor.visit("modelAcceleration", &modelAcceleration)
    visitor.visit("disturbance", &disturbance)
    visitor.visit("limiter", &limiter)
    visitor.visit("limiterIndex", &limiterIndex)
  }

  /// Somebody else drives.
  mutating func disengage(speed: Double, front: Double) {
    targetSpeed = speed
    targetAcceleration = 0
    targetFront = front
    modelSpeed = speed
    modelAcceleration = 0
    history.fill(speed)
    demands.fill(0)
    state = speed < 0.05 ? .holding : .driving
    isEngaged = false
    limiter = .none
  }

  /// The acceleration to demand this cycle, net of all resistance.
  mutating func step(
    seconds: Double, situation given: SpeedSituation, limits: borrowing @_addressable MotionLimits,
    route: borrowing Span<RoutePiece>, parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    var situation = given
    if !isEngaged {
      disengage(speed: situation.speed, front: situation.front)
      targetAcceleration = situation.acceleration
      isEngaged = true
    }
    let isBraking = targetAcceleration < 0
    let delay = (isBraking ? parameters.brakeDelay : parameters.driveDelay).seconds
    let lag = max((isBraking ? parameters.brakeLag : parameters.driveLag).seconds, 0.02)
    observe(seconds, delay, lag, situation, configuration)
    let before = targetAcceleration
    var deceleration = 0.0
    if situation.isDriving, route.count > 0 {
      anchor(seconds, delay, situation)
      deceleration = lookAhead(&situation, limits, route, parameters, configuration)
    }
    let wasHolding = isHolding
    let demand: Double
    switch state.handle(events(situation, route, configuration)) {
    case .hold: return hold(situation, configuration)
    case .stop:
      limiter = .stop
      demand = -max(situation.stopDeceleration ?? configuration.deceleration.value, 0.3)
    case .drive:
      if wasHolding { leaveHold(situation) }
      demand = driveDemand(deceleration, situation, limits, route, configuration)
    }
    let isStopping = situation.stopDeceleration != nil
    let isUrgent =
      !isStopping && situation.urgentDeceleration > configuration.deceleration.value
    let jerkLimit = isStopping || isUrgent ? 4 : configuration.jerk.value
    // Exponential near the demand: a dead beat would make the lead below chatter.
    let wanted = (demand - targetAcceleration) * min(Self.softness * seconds, 1)
    let change = min(max(wanted, -jerkLimit * seconds), jerkLimit * seconds)
    targetAcceleration += change
    targetSpeed += targetAcceleration * seconds
    if targetSpeed <= 0 {
      targetSpeed = 0
      targetAcceleration = max(targetAcceleration, 0)
    }
    targetFront += targetSpeed * seconds
    history.append(targetSpeed)
    // The reference runs ahead by the dead time; the lag is made up for by its change.
    let present = history.value(ago: delay, cycle: seconds)
    let error = min(max(present - situation.speed, -1.5), 1.5)
    let lead = lag * (targetAcceleration - before) / seconds
    let regulated = targetAcceleration + lead + configuration.speedGain * error
    let most = isUrgent ? situation.hardestDeceleration : .infinity
    let result = max(regulated, -most) - disturbance
    demands.append(result)
    return result
  }

  private mutating func hold(
    _ situation: SpeedSituation, _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    limiter = .none
    targetSpeed = 0
    targetAcceleration = 0
    targetFront = situation.front
    history.append(0)
    modelSpeed = situation.speed
    modelAcceleration = 0
    let result = -configuration.holdDeceleration.value
    demands.append(0)
    return result
  }

  private mutating func observe(
    _ seconds: Double, _ delay: Double, _ lag: Double, _ situation: SpeedSituation,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) {
    let delayed = demands.value(ago: delay, cycle: seconds)
    modelAcceleration += (delayed - modelAcceleration) * min(seconds / lag, 1)
    guard !isHolding, situation.speed > 0.3 else {
      modelSpeed = situation.speed
      return
    }
    let error = situation.speed - modelSpeed
    let bandwidth = configuration.speedDisturbanceBandwidth
    modelSpeed += (modelAcceleration + disturbance + 2 * bandwidth * error) * seconds
    disturbance += bandwidth * bandwidth * error * seconds
    disturbance = min(max(disturbance, -1), 1)
    if !(disturbance.isFinite && modelSpeed.isFinite) {
      disturbance = 0
      modelSpeed = situation.speed
    }
  }

  /// What the powertrain makes of the demand of this cycle: what it cannot give is no disturbance.
  mutating func delivered(_ acceleration: Double) {
    guard state != .holding, acceleration.isFinite else { return }
    demands.replaceLast(acceleration)
  }

  @_addressableSelf private func events(
    _ situation: SpeedSituation, _ route: borrowing Span<RoutePiece>,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> LongitudinalState.Events {
    var events = LongitudinalState.Events()
    events.mustStop = !situation.isDriving || route.count == 0
    events.stands = situation.speed <= 0.03
    events.mayMove =
      situation.allowsMotion && situation.capHere > 0.1
      && situation.stopTarget - situation.front > configuration.moveOffDistance.value
    let target = aim(situation, configuration)
    let isNear =
      target - targetFront < Self.restBefore || target - situation.front < 0.5 * Self.restBefore
    events.hasArrived = situation.speed < 0.08 && (isNear || situation.capHere <= 0.01)
    events.rolls = situation.speed > 0.3
    return events
  }

  /// Where speed would end, beyond where the brake takes hold of a truck that hardly moves.
  @_addressableSelf private func aim(
    _ situation: SpeedSituation, _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    situation.stopTarget - configuration.stopShort.value + Self.restBefore
  }

  /// The brakes come off: what is known of the slope is there before anything turns.
  private mutating func leaveHold(_ situation: SpeedSituation) {
    targetFront = situation.front
    disturbance = min(max(situation.untoldSlope, -1), 1)
  }

  /// The planned deceleration, with the route looked at as far as it reaches.
  private mutating func lookAhead(
    _ situation: inout SpeedSituation, _ limits: borrowing @_addressable MotionLimits,
    _ route: borrowing Span<RoutePiece>, _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    let told = limits.assumedDeceleration
    let curves = AuthorityCurves(
      assumed: told.value.isNaN ? parameters.assumedDeceleration : told,
      descent: profile.worstGrade,
      wanted: AuthorityCurves.Wanted(
        planned: configuration.deceleration, comfort: limits.comfortDeceleration,
        emergency: limits.emergencyDeceleration),
      configuration: configuration)
    situation.allowsMotion = curves.allowMotion
    let deceleration = max(curves.planned.value, 0.05)
    index = RouteCursor.find(situation.station, from: index, route)
    profile.advance(
      station: situation.station, index: index, speed: targetSpeed, deceleration: deceleration,
      route: route, configuration: configuration)
    return deceleration
  }

  /// The acceleration that the reference wants within all bounds.
  private mutating func driveDemand(
    _ deceleration: Double, _ situation: SpeedSituation,
    _ limits: borrowing @_addressable MotionLimits, _ route: borrowing Span<RoutePiece>,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    limiter = .stop
    guard situation.allowsMotion else { return -deceleration }
    let left = aim(situation, configuration) - targetFront
    let braking = brakingDemand(left, deceleration, situation, limits, route, configuration)
    let cruise = cruiseDemand(
      situation, max(situation.urgentDeceleration, configuration.deceleration.value), configuration)
    limiterIndex = UInt8(truncatingIfNeeded: braking.index)
    limiter =
      braking.demand <= cruise ? braking.limiter : hereLimiter(cruise, situation, configuration)
    return min(braking.demand, cruise)
  }

  @_addressableSelf private func hereLimiter(
    _ demand: Double, _ situation: SpeedSituation,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> PlanLimiter {
    let most = min(configuration.acceleration.value, max(situation.mostAcceleration, 0.05))
    if demand >= most { return .acceleration }
    return situation.limiterHere
  }

  /// Keeps the reference near the truck: position within seconds, speed within a bound.
  private mutating func anchor(_ seconds: Double, _ delay: Double, _ situation: SpeedSituation) {
    let ahead = situation.front + situation.speed * delay
    targetFront += (ahead - targetFront) * min(1.0 * seconds, 1)
    if (ahead - targetFront).magnitude > 3 { targetFront = ahead }
    let bound = 0.8
    targetSpeed = min(max(targetSpeed, situation.speed - bound), situation.speed + bound)
    targetSpeed = max(targetSpeed, 0)
  }

  /// Where the jerk-limited ramp to full planned braking would end, against the curves there.
  @_addressableSelf private func brakingDemand(
    _ left: Double, _ deceleration: Double, _ situation: SpeedSituation,
    _ limits: borrowing @_addressable MotionLimits, _ route: borrowing Span<RoutePiece>,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> (demand: Double, limiter: PlanLimiter, index: Int) {
    let approach = max(configuration.approachTime.seconds, 0.2)
    let jerk = max(configuration.jerk.value, 0.1)
    let now = StopCurve(left, deceleration, approach)
    let ramp = max(0, (targetAcceleration - now.slope) / jerk)
    let full = max(0, (targetAcceleration + deceleration) / jerk)
    let (speed, distance) = after(ramp, jerk)
    let curve = StopCurve(left - distance, deceleration, approach)
    let stopping = curve.slope + Self.gain * (curve.speed - speed)

    let (speedFull, distanceFull) = after(full, jerk)
    let behind = situation.front - situation.station
    let squared = profile.squaredSpeed(at: targetFront + distanceFull - behind, route)
    var following = -deceleration + Self.gain * (squared.squareRoot() - speedFull)
    var limiter = PlanLimiter.route
    var index = 0
    for i in 0..<min(max(limits.capCount, 0), 16) {
      let ahead = limits.capsAhead[i]
      let room = ahead.station.value - targetFront
      guard room > -1, ahead.cap.value < 60 else { continue }
      let bound = capDemand(room, max(ahead.cap.value, 0), deceleration, jerk)
      if bound < following { (following, limiter, index) = (bound, .capAhead, i) }
    }
    if stopping <= following { limiter = .stopTarget }
    return (max(min(stopping, following), -1.5 * deceleration), limiter, index)
  }

  /// As for a stop: where the ramp to the curve's slope would end, against the curve there.
  @_addressableSelf private func capDemand(
    _ room: Double, _ cap: Double, _ deceleration: Double, _ jerk: Double
  ) -> Double {
    let now = CapCurve(room, cap: cap, deceleration: deceleration, jerk: jerk)
    let ramp = max(0, (targetAcceleration - now.slope) / jerk)
    let (speed, distance) = after(ramp, jerk)
    let curve = CapCurve(room - distance, cap: cap, deceleration: deceleration, jerk: jerk)
    return curve.slope + Self.gain * (curve.speed - speed)
  }

  /// Speed and distance after a ramp of the given time at the jerk limit.
  private func after(_ time: Double, _ jerk: Double) -> (speed: Double, distance: Double) {
    let speed = targetSpeed + time * (targetAcceleration - 0.5 * jerk * time)
    let distance =
      time * (targetSpeed + time * (0.5 * targetAcceleration - jerk * time / 6))
    return (max(speed, 0), max(distance, 0))
  }

  @_addressableSelf private func cruiseDemand(
    _ situation: SpeedSituation, _ deceleration: Double,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    let jerk = max(configuration.jerk.value, 0.1)
    // Where the speed goes while the acceleration runs out.
    let coming =
      targetSpeed + targetAcceleration * targetAcceleration.magnitude / (2 * jerk)
    let wanted = Self.gain * (situation.capHere - coming)
    let most = min(configuration.acceleration.value, max(situation.mostAcceleration, 0.05))
    return min(max(wanted, -deceleration), most)
  }

  /// The last of the approach, m, that the brake ends at a crawl.
  private static var restBefore: Double { 0.06 }

  /// 1/s, of the acceleration.
  private static var softness: Double { 8 }

  /// 1/s; the reference has no noise, so it may be stiff.
  private static var gain: Double { 2.5 }
}
