import Signals
import Units

/// Every threshold of health, ladder, standstill and guardian; defaults from domain.md 2.2 to 2.4.
package struct SafeStopConfiguration: Sendable, Visitable {
  package var times = SafeStopTimes()
  package var health = HealthTable()

  // Braking (R-MOT-10 to R-MOT-12, R-MRM-6).
  package var comfortDeceleration = MetresPerSecondSquared(1.5)
  package var emergencyDeceleration = MetresPerSecondSquared(5.0)
  package var comfortJerk = MetresPerSecondCubed(3.0)
  package var emergencyJerk = MetresPerSecondCubed(20.0)
  /// At standstill until the parking brakes are confirmed, and beyond.
  package var holdDeceleration = MetresPerSecondSquared(2.0)
  /// Of the service brake demand from which the truck is surely slowed: S-11's floor.
  package var creditedDeceleration = MetresPerSecondSquared(0.3)

  // Standstill (R-MRM-3, S-6).
  package var standstillSpeed = MetresPerSecond(0.05)
  package var parkingSpeed = MetresPerSecond(0.3)
  package var standstillYawRate = RadiansPerSecond(0.03)
  package var standstillAcceleration = MetresPerSecondSquared(1.2)
  /// A wheel speed that falls faster than this is a locked wheel or a sensor that cut out.
  package var frictionLimit = MetresPerSecondSquared(8.0)
  package var rollBackDistance = Metres(0.15)
  /// Below this speed wheel sensors may read zero on a sound truck.
  package var cutOutSpeed = MetresPerSecond(1.2)

  // Plausibility.
  package var speedDisagreement = MetresPerSecond(1.0)
  package var brakeShortfall = Fraction(0.5)
  /// 3 degrees of road wheel on a 3.6 m wheelbase.
  package var steeringMismatch = Curvature(0.0146)
  package var runawayDisplacement = Metres(0.15)
  package var pedalPressed = Fraction(0.05)
  /// Of the driver's hands, N m.
  package var driverSteeringTorque = 3.0
  /// What a driver's act does to a truck in motion (S-23).
  package var driverResponse = DriverResponse.stop
  package var airPressureLow = Pascals(500_000)
  package var ownAddress: UInt8 = 0x27
  /// S-7: of the trailer beyond what the path makes of it.
  package var articulationLimit = Radians(0.175)

  // Path and speed envelope (R-ODD-1).
  package var lateralWarning = Metres(0.5)
  package var lateralLimit = Metres(1.0)
  package var headingLimit = Radians(0.175)
  package var speedExcess = MetresPerSecond(1.0)
  /// R-MOT-14: the supervisor's two curves and their tolerances.
  package var authorityMargin = Metres(0.5)
  package var authorityTolerance = MetresPerSecond(0.3)
  package var emergencyAuthorityTolerance = MetresPerSecond(0.2)
  package var authorityEmergencyDeceleration = MetresPerSecondSquared(3.0)
  package var sigmaFactor = 3.0
  /// S-17: the supervisor's own position follows the estimate by no more than this per second,
  /// and stops the truck when the two differ by more.
  package var supervisorInnovationRate = MetresPerSecond(0.5)
  package var supervisorDisagreement = Metres(3.0)

  // The plan and its player (S-14).
  package var planLateralGain = 0.02
  package var planHeadingGain = 0.25
  package var planMargin = Metres(0.3)

  package init() {}

  /// Stretches every time threshold: the rig's kernel wakes late by tens of milliseconds.
  package mutating func scaleTimes(by factor: Double) {
    times.scale(by: factor)
    health.scaleTimes(by: factor)
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("times", &times)
    visitor.visit("health", &health)
    visitor.visit("comfortDeceleration", &comfortDeceleration)
    visitor.visit("emergencyDeceleration", &emergencyDeceleration)
    visitor.visit("comfortJerk", &comfortJerk)
    visitor.visit("emergencyJerk", &emergencyJerk)
    visitor.visit("holdDeceleration", &holdDeceleration)
    visitor.visit("creditedDeceleration", &creditedDeceleration)
    visitor.visit("standstillSpeed", &standstillSpeed)
    visitor.visit("parkingSpeed", &parkingSpeed)
    visitor.visit("standstillYawRate", &standstillYawRate)
    visitor.visit("standstillAcceleration", &standstillAcceleration)
    visitor.visit("frictionLimit", &frictionLimit)
    visitor.visit("rollBackDistance", &rollBackDistance)
    visitor.visit("cutOutSpeed", &cutOutSpeed)
    visitor.visit("speedDisagreement", &speedDisagreement)
    visitor.visit("brakeShortfall", &brakeShortfall)
    visitor.visit("steeringMismatch", &steeringMismatch)
    visitor.visit("runawayDisplacement", &runawayDisplacement)
    visitor.visit("pedalPressed", &pedalPressed)
    visitor.visit("driverSteeringTorque", &driverSteeringTorque)
    visitor.visit("driverResponse", &driverResponse)
    visitor.visit("airPressureLow", &airPressureLow)
    visitor.visit("ownAddress", &ownAddress)
    visitor.visit("articulationLimit", &articulationLimit)
    visitEnvelope(&visitor)
  }

  private mutating func visitEnvelope<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("lateralWarning", &lateralWarning)
    visitor.visit("lateralLimit", &lateralLimit)
    visitor.visit("headingLimit", &headingLimit)
    visitor.visit("speedExcess", &speedExcess)
    visitor.visit("authorityMargin", &authorityMargin)
    visitor.visit("authorityTolerance", &authorityTolerance)
    visitor.visit("emergencyAuthorityTolerance", &emergencyAuthorityTolerance)
    visitor.visit("authorityEmergencyDeceleration", &authorityEmergencyDeceleration)
    visitor.visit("sigmaFactor", &sigmaFactor)
    visitor.visit("supervisorInnovationRate", &supervisorInnovationRate)
    visitor.visit("supervisorDisagreement", &supervisorDisagreement)
    visitor.visit("planLateralGain", &planLateralGain)
    visitor.visit("planHeadingGain", &planHeadingGain)
    visitor.visit("planMargin", &planMargin)
  }
}

/// Every time threshold that is not a row of the health table.
package struct SafeStopTimes: Sendable, Visitable {
  /// Age from which a command of the daemon is no longer relayed.
  package var commandFreshness = Interval.milliseconds(50)
  /// Age beyond which a plan is refused at the moment of failure (S-14).
  package var planAge = Interval.milliseconds(100)
  /// Heartbeats that have not changed for this long are dead; the control thread beats at 100 Hz,
  /// the supervisor at 200 Hz.
  package var controlHeartbeat = Interval.milliseconds(50)
  package var supervisorHeartbeat = Interval.milliseconds(50)
  package var guardianHeartbeat = Interval.milliseconds(100)
  /// Of the control thread as the supervisor sees it: ten cycles missed in a row.
  package var controlHung = Interval.milliseconds(100)
  package var standstill = Interval.milliseconds(1000)
  /// R-MRM-6.
  package var parkingConfirmation = Interval.milliseconds(5000)
  /// R-MRM-5.
  package var escalation = Interval.milliseconds(1500)
  /// How long every needed input must have been good before arming.
  package var inputsGood = Interval.milliseconds(1000)
  /// How long the brake may take to act on a demand before its response is judged.
  package var brakeResponse = Interval.milliseconds(1000)

  package init() {}

  package mutating func scale(by factor: Double) {
    commandFreshness = commandFreshness.scaled(by: factor)
    planAge = planAge.scaled(by: factor)
    controlHeartbeat = controlHeartbeat.scaled(by: factor)
    supervisorHeartbeat = supervisorHeartbeat.scaled(by: factor)
    guardianHeartbeat = guardianHeartbeat.scaled(by: factor)
    controlHung = controlHung.scaled(by: factor)
    standstill = standstill.scaled(by: factor)
    parkingConfirmation = parkingConfirmation.scaled(by: factor)
    escalation = escalation.scaled(by: factor)
    inputsGood = inputsGood.scaled(by: factor)
    brakeResponse = brakeResponse.scaled(by: factor)
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("commandFreshness", &commandFreshness)
    visitor.visit("planAge", &planAge)
    visitor.visit("controlHeartbeat", &controlHeartbeat)
    visitor.visit("supervisorHeartbeat", &supervisorHeartbeat)
    visitor.visit("guardianHeartbeat", &guardianHeartbeat)
    visitor.visit("controlHung", &controlHung)
    visitor.visit("standstill", &standstill)
    visitor.visit("parkingConfirmation", &parkingConfirmation)
    visitor.visit("escalation", &escalation)
    visitor.visit("inputsGood", &inputsGood)
    visitor.visit("brakeResponse", &brakeResponse)
  }
}

extension Interval {
  func scaled(by factor: Double) -> Interval { .seconds(seconds * factor) }
}
