import Signals
import Units

/// Turns a demanded acceleration into engine, retarder and service brake.
package struct Powertrain: Sendable, Visitable {
  private var isBraking = false
  private var lastTorque = 0.0
  private var lastBrake = 0.0
  /// Share of the reference torque that has reached the wheels, by delay and lag of the profile.
  private var builtUp = 0.0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isBraking", &isBraking)
    visitor.visit("lastTorque", &lastTorque)
    visitor.visit("lastBrake", &lastBrake)
    visitor.visit("builtUp", &builtUp)
  }

  /// Torque rises and the brake is released no faster than drivelines and cargo like; the other way
  /// there is no bound, because both slow the truck.
  mutating func soften(
    _ command: inout Command, seconds: Double,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration
  ) {
    let risen = lastTorque + configuration.torqueRise * seconds
    let released = lastBrake - configuration.brakeRelease.value * seconds
    lastTorque = min(command.driveTorque.value, risen)
    lastBrake = max(command.brakeDeceleration.value, max(released, 0))
    command.driveTorque = Fraction(lastTorque)
    command.brakeDeceleration = MetresPerSecondSquared(lastBrake)
    // Dead time as further lag: on the side of the brake that still holds.
    let lag = max(parameters.driveLag.seconds + parameters.driveDelay.seconds, 0.05)
    builtUp += (min(lastTorque, 1) - builtUp) * min(seconds / lag, 1)
  }

  /// The service brake lets go no earlier than the engine holds the slope, so that nothing rolls
  /// back; a tenth more than the slope is for what neither map nor accelerometer tell.
  func holdBack(
    _ command: inout Command, slope: Double, brakeShare: Fraction,
    parameters: borrowing @_addressable VehicleParameters
  ) {
    guard slope.isFinite, slope > 0 else { return }
    let pull = builtUp * parameters.driveForce.value / max(parameters.mass.value, 1_000)
    let missing = (1.1 * 9.81 * slope - pull) / Self.believed(brakeShare)
    guard missing > 0 else { return }
    let held = max(command.brakeDeceleration.value, missing)
    command.brakeDeceleration = MetresPerSecondSquared(held)
  }

  /// What a command gives, net of all resistance that is known.
  static func acceleration(
    of command: borrowing @_addressable Command, speed: Double, grade: Double,
    brakeShare: Fraction, _ parameters: borrowing @_addressable VehicleParameters
  ) -> Double {
    let force =
      command.driveTorque.value * availableForce(speed, parameters)
      - command.retarderTorque.value * parameters.retarderForce.value
      - resistance(speed, grade: grade, parameters)
    let braked = command.brakeDeceleration.value * Self.believed(brakeShare)
    return force / max(parameters.mass.value, 1_000) - braked
  }

  /// No more than three times what sound brakes need.
  private static func believed(_ share: Fraction) -> Double {
    share.value > 1.0 / 3 ? min(share.value, 1) : 1.0 / 3
  }

  /// Driving force at full torque: force at a crawl, power at speed.
  package static func availableForce(
    _ speed: Double, _ parameters: borrowing @_addressable VehicleParameters
  ) -> Double {
    min(parameters.driveForce.value, parameters.drivePower.value / max(speed.magnitude, 0.5))
  }

  /// What slope, rolling and air take, as a force; positive slows.
  package static func resistance(
    _ speed: Double, grade: Double, _ parameters: borrowing @_addressable VehicleParameters
  ) -> Double {
    let gravity = 9.81
    let weight = parameters.mass.value * gravity
    // 1.2 kg/m3: air at 15 C and sea level, rounded.
    return weight * (grade + (speed > 0.02 ? parameters.rollingResistance : 0))
      + 0.5 * 1.2 * parameters.dragArea * speed * speed
  }

  mutating func blend(
    acceleration: Double, speed: Double, grade: Double,
    limits: borrowing @_addressable MotionLimits, isHolding: Bool,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration,
    into command: inout Command
  ) {
    let mass = max(parameters.mass.value, 1_000)
    guard acceleration.isFinite, speed.isFinite else {
      command.brakeDeceleration = configuration.holdDeceleration
      return
    }
    if isHolding {
      // Against the slope as well as the demand.
      let slope = 9.81 * grade.magnitude
      command.brakeDeceleration = MetresPerSecondSquared(max(-acceleration, 0) + slope)
      isBraking = true
      return
    }
    let force = mass * acceleration + Self.resistance(speed, grade: grade, parameters)
    // A band between drive and brake, so that noise does not wear out the valves.
    let band = mass * configuration.brakeDeadband.value
    if isBraking, force > 0 { isBraking = false }
    if !isBraking, force < -band { isBraking = true }
    if force > 0 {
      let available = max(Self.availableForce(speed, parameters), 1)
      command.driveTorque = Fraction(min(force / available, 1))
      return
    }
    guard isBraking else { return }
    var rest = -force
    if limits.retarderAllowed, parameters.retarderForce.value > 1, speed > 2 {
      // Fades out towards 2 m/s, where a driveline retarder has lost its torque.
      let reach = parameters.retarderForce.value * min((speed - 2) / 2, 1)
      let share = min(rest, reach)
      command.retarderTorque = Fraction(share / parameters.retarderForce.value)
      rest -= share
    }
    command.brakeDeceleration = MetresPerSecondSquared(
      rest / (mass * Self.believed(limits.brakeShare)))
  }
}
