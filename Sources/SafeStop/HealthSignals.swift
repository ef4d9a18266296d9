import Signals
import Units

/// Traffic of one bus, to tell starvation from silence: a flooded bus is busy with frames of
/// others, and a watchdog fed by "any frame arrived" would never bite.
struct BusTraffic: Sendable, Visitable {
  private var lastAll: UInt64 = 0
  private var lastOurs: UInt64 = 0
  /// Frames per second, filtered over 20 ms and 2 s.
  private var quickAll = 0.0
  private var quickOurs = 0.0
  private var slowAll = 0.0
  private var slowOurs = 0.0

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("lastAll", &lastAll)
    visitor.visit("lastOurs", &lastOurs)
    visitor.visit("quickAll", &quickAll)
    visitor.visit("quickOurs", &quickOurs)
    visitor.visit("slowAll", &slowAll)
    visitor.visit("slowOurs", &slowOurs)
  }

  /// Ours have all but stopped while the bus carries as much as before.
  var isStarved: Bool { slowOurs > 20 && quickOurs < 0.25 * slowOurs && quickAll > 0.6 * slowAll }

  mutating func step(all: UInt64, ours: UInt64, _ elapsed: Double) {
    let newAll = Double(all &- lastAll)
    let newOurs = Double(ours &- lastOurs)
    lastAll = all
    lastOurs = ours
    guard elapsed > 0, newAll >= 0, newAll < 1e6 else { return }
    filter(&quickAll, newAll / elapsed, elapsed / 0.02)
    filter(&quickOurs, newOurs / elapsed, elapsed / 0.02)
    // While ours are missing, the memory of what is normal stays.
    guard quickOurs > 0.5 * slowOurs else { return }
    filter(&slowAll, newAll / elapsed, elapsed / 2)
    filter(&slowOurs, newOurs / elapsed, elapsed / 2)
  }

  private func filter(_ value: inout Double, _ new: Double, _ share: Double) {
    value += (new - value) * min(share, 1)
  }
}

/// What the actuators should be doing by the model of the profile, against what is measured.
struct ActuatorResponse: Sendable, Visitable {
  private var curvature = 0.0
  private var hasCurvature = false
  private(set) var curvatureError = 0.0
  private var headingDrift = 0.0
  private var drift = 0.0
  /// Lateral displacement from the model, predicted over the reaction time, m (S-18).
  private(set) var displacement = 0.0
  private var demanded = 0.0
  private var expected = 0.0
  /// How fast the speed falls, and what the accelerometer feels besides gravity, m/s2.
  private var slowed = 0.0
  private var felt = 0.0
  private var lastSpeed = Double.nan
  private var speed = Double.nan

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("curvature", &curvature)
    visitor.visit("hasCurvature", &hasCurvature)
    visitor.visit("curvatureError", &curvatureError)
    visitor.visit("headingDrift", &headingDrift)
    visitor.visit("drift", &drift)
    visitor.visit("displacement", &displacement)
    visitor.visit("demanded", &demanded)
    visitor.visit("expected", &expected)
    visitor.visit("slowed", &slowed)
    visitor.visit("felt", &felt)
    visitor.visit("lastSpeed", &lastSpeed)
    visitor.visit("speed", &speed)
  }

  mutating func step(
    _ observation: @_addressable HealthObservation, _ feedback: @_addressable Feedback,
    _ vehicle: @_addressable VehicleParameters,
    _ elapsed: Double
  ) {
    stepSteering(observation, feedback, vehicle, elapsed)
    stepBrake(observation, feedback, vehicle, elapsed)
  }

  private mutating func stepSteering(
    _ observation: @_addressable HealthObservation, _ feedback: @_addressable Feedback,
    _ vehicle: @_addressable VehicleParameters,
    _ elapsed: Double
  ) {
    let measured = feedback.curvature(vehicle)
    guard observation.isEngaged, observation.command.steeringEngaged, measured.isFinite else {
      curvature = measured
      hasCurvature = measured.isFinite
      curvatureError = 0
      headingDrift = 0
      drift = 0
      displacement = 0
      return
    }
    if !hasCurvature { curvature = measured }
    hasCurvature = true
    let lag = max(vehicle.steeringLag.seconds + vehicle.steeringDelay.seconds, 0.02)
    let fastest = vehicle.steeringRate.value / vehicle.wheelbase.value * 1.3
    let rate = (observation.command.curvature.value - curvature) / lag
    curvature += min(max(rate, -fastest), fastest) * elapsed
    curvatureError = measured - curvature
    predict(highest(feedback.highestSpeed, 0), elapsed)
  }

  /// Errors within the play of a steering gear do not count, and what was corrected is forgotten.
  private mutating func predict(_ speed: Double, _ elapsed: Double) {
    let play = 0.006
    let reaction = 0.3
    let error = curvatureError > play ? curvatureError - play : min(curvatureError + play, 0)
    headingDrift += (speed * error - headingDrift) * elapsed
    drift += (speed * headingDrift - drift) * elapsed
    displacement =
      drift + speed * headingDrift * reaction + 0.5 * speed * speed * error * reaction * reaction
  }

  private mutating func stepBrake(
    _ observation: @_addressable HealthObservation, _ feedback: @_addressable Feedback,
    _ vehicle: @_addressable VehicleParameters,
    _ elapsed: Double
  ) {
    let now = feedback.travelSpeed
    defer { lastSpeed = now }
    guard observation.isEngaged, now.isFinite, lastSpeed.isFinite, elapsed > 0 else {
      demanded = 0
      expected = 0
      slowed = 0
      felt = 0
      return
    }
    let lag = max(vehicle.brakeDelay.seconds + vehicle.brakeLag.seconds, 0.05)
    let brake = observation.command.brakeDeceleration.value
    demanded += ((brake.isFinite ? brake : 0) - demanded) * min(elapsed / lag, 1)
    let fallen = min(max((lastSpeed - now) / elapsed, -20), 20)
    expected += (demanded - expected) * min(elapsed / 0.3, 1)
    slowed += (fallen - slowed) * min(elapsed / 0.3, 1)
    let force = feedback[.longitudinalAcceleration]
    let given = force.isFinite ? min(max(-force, -20), 20) : fallen
    felt += (given - felt) * min(elapsed / 0.3, 1)
  }

  /// What the brakes give, m/s2: an accelerometer feels it without what a descent takes of it.
  private var achieved: Double { slowed + min(max(felt - slowed, 0), Self.slopeMost) }

  /// Gravity along the steepest descent that is driven, 8 %, and the accelerometer's error, m/s2:
  /// one that lies hides no more of a brake that fails.
  private static var slopeMost: Double { 0.9 }

  func isBrakeWeak(_ share: Fraction) -> Bool {
    expected > 0.7 && brakeReading(share).isCrossed
  }

  /// The deceleration that the brakes give, against what must at least be felt.
  func brakeReading(_ share: Fraction) -> Reading {
    Reading(achieved, .below, share.value * expected - 0.1, .metresPerSecondSquared)
  }
}

/// Finds a speed that repeats itself while the other one moves.
struct FrozenSpeeds: Sendable, Visitable {
  private var wheel = RepeatedSpeed()
  private var other = RepeatedSpeed()
  private(set) var wheelIsFrozen = false
  private(set) var otherIsFrozen = false
  var isFrozen: Bool { wheelIsFrozen || otherIsFrozen }
  /// Of the one that is frozen.
  var repeatedSeconds: Double { wheelIsFrozen ? wheel.repeatedFor : other.repeatedFor }

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("wheel", &wheel)
    visitor.visit("other", &other)
    visitor.visit("wheelIsFrozen", &wheelIsFrozen)
    visitor.visit("otherIsFrozen", &otherIsFrozen)
  }

  mutating func step(_ feedback: @_addressable Feedback, _ elapsed: Double) {
    let newWheel = feedback.wheelSpeed
    let newOther = feedback.otherSpeed
    wheelIsFrozen = wheel.step(newWheel, against: newOther, elapsed)
    otherIsFrozen = other.step(newOther, against: newWheel, elapsed)
  }
}

/// A speed, how long it has been the same, and what another source read when it last changed.
struct RepeatedSpeed: Sendable, Visitable {
  private var value = Double.nan
  private var witness = Double.nan
  private(set) var repeatedFor = 0.0

  /// The slowest message comes every 100 ms, so three of them are missed.
  static var longest: Double { 0.3 }

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("value", &value)
    visitor.visit("witness", &witness)
    visitor.visit("repeatedFor", &repeatedFor)
  }

  /// Whether it is frozen.
  mutating func step(_ new: Double, against other: Double, _ elapsed: Double) -> Bool {
    guard new == value else {
      value = new
      witness = other
      repeatedFor = 0
      return false
    }
    repeatedFor += elapsed
    return value > 0.5 && repeatedFor > Self.longest && (other - witness).magnitude > 0.5
  }
}
