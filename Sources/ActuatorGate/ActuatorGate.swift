import Signals
import Units

/// What the gate itself knows of the truck, from feedback; a field that is unknown is NaN.
package struct GateMeasurement: Sendable {
  /// Two independent sources of the speed over ground, unsigned.
  package var speed = MetresPerSecond(.nan)
  package var secondSpeed = MetresPerSecond(.nan)
  /// Of the steering feedback: tan(road-wheel angle) / wheelbase.
  package var curvature = Curvature(.nan)
  /// What the brake ECU says it is doing, for the hand-over.
  package var brakeDeceleration = MetresPerSecondSquared(.nan)
  package var tractorParkingBrake = false
  package var trailerParkingBrake = false
  /// Anti-lock control acts, or the trailer's is faulty: drive wheels that slip or a trailer that
  /// pushes must not meet a retarder (S-7).
  package var retarderIsBarred = false
  /// By the standstill detector, never by a zero speed alone (S-6).
  package var isStandstill = false

  package init() {}

  /// The larger of the two sources; infinite when neither is known.
  package var highestSpeed: MetresPerSecond {
    let first = speed.value >= 0 ? speed.value : -1
    let second = secondSpeed.value >= 0 ? secondSpeed.value : -1
    let highest = max(first, second)
    return MetresPerSecond(highest >= 0 ? highest : .infinity)
  }
}

/// The last gate before the wire: a proposed command in, a safe command out.
///
/// It clamps and never drops, because a gap in a rolling counter hard-faults real ECUs. Each
/// permission is a conjunction of comparisons that a NaN makes false.
package struct ActuatorGate: Sendable, Visitable {
  private var last = Command()
  private var handOverLeft = Interval.zero
  /// Whether `last` holds what was commanded, and not yet nothing.
  private var hasCommanded = false
  private var hasCurvature = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("last", &last)
    visitor.visit("handOverLeft", &handOverLeft)
    visitor.visit("hasCommanded", &hasCommanded)
    visitor.visit("hasCurvature", &hasCurvature)
  }

  /// Makes the next command start from the actuators' actual state again.
  package mutating func beginHandOver() { hasCommanded = false }

  /// The command that may be sent in the place of `proposed`.
  ///
  /// - Parameter distanceToLimit: from the front bumper to the supervised limit; NaN when there is
  ///   no authority.
  package mutating func apply(
    _ proposed: Command, measured: GateMeasurement, limits: borrowing @_addressable GateLimits,
    distanceToLimit: Metres, elapsed: Interval
  ) -> GateVerdict {
    let time = min(max(elapsed.seconds, 0), 0.1)
    if !hasCommanded { takeOver(measured, limits) }
    var verdict = GateVerdict()
    verdict.command = proposed
    let speed = measured.highestSpeed
    let row = limits.row(at: speed)
    if !speed.isFinite { verdict.clamps.insert(.speedUnknown) }
    if handOverLeft > .zero { verdict.clamps.insert(.handOver) }

    limitSteering(&verdict, measured, speed, row, limits, time)
    limitBrake(&verdict, speed, row, limits, distanceToLimit, time)
    limitDrive(&verdict, speed, row, limits, distanceToLimit, time)
    limitRetarder(&verdict, measured, row)
    limitParkingBrakes(&verdict, measured)

    last = verdict.command
    handOverLeft = max(handOverLeft - .seconds(time), .zero)
    return verdict
  }

  /// Starts from what the actuators are doing (S-23).
  private mutating func takeOver(
    _ measured: GateMeasurement, _ limits: borrowing @_addressable GateLimits
  ) {
    last = Command()
    hasCurvature = false
    last.brakeDeceleration = MetresPerSecondSquared(magnitude(measured.brakeDeceleration.value))
    last.tractorParkingBrake = measured.tractorParkingBrake
    last.trailerParkingBrake = measured.trailerParkingBrake
    handOverLeft = min(max(limits.handOver.duration, .zero), .milliseconds(60_000))
    hasCommanded = true
  }

  private mutating func limitSteering(
    _ verdict: inout GateVerdict, _ measured: GateMeasurement, _ speed: MetresPerSecond,
    _ row: GateRow, _ limits: borrowing @_addressable GateLimits, _ time: Double
  ) {
    if (!hasCurvature || !verdict.command.steeringEngaged) && measured.curvature.isFinite {
      last.curvature = measured.curvature
      hasCurvature = true
    }
    guard hasCurvature else {
      verdict.command.curvature = .zero
      verdict.command.steeringEngaged = false
      verdict.clamps.insert(.steeringUnknown)
      return
    }
    var wanted = verdict.command.curvature.value
    if !wanted.isFinite {
      wanted = last.curvature.value
      verdict.clamps.insert(.notANumber)
    }
    let square = speed.value * speed.value
    let byAcceleration = magnitude(row.lateralAcceleration.value) / max(square, 1e-3)
    let largest = min(magnitude(row.curvature.value), byAcceleration)
    wanted = limit(wanted, -largest, largest, .curvature, &verdict.clamps)
    if measured.curvature.isFinite {
      let lead = magnitude(limits.curvatureLead.value)
      wanted = limit(
        wanted, measured.curvature.value - lead, measured.curvature.value + lead, .curvatureLead,
        &verdict.clamps)
    }
    let byJerk = magnitude(row.lateralJerk.value) / max(square, 1e-3)
    var rate = min(magnitude(row.curvatureRate.value), byJerk)
    if handOverLeft > .zero { rate = min(rate, magnitude(limits.handOver.curvatureRate.value)) }
    let step = rate * time
    verdict.command.curvature = Curvature(
      limit(
        wanted, last.curvature.value - step, last.curvature.value + step, .curvatureRate,
        &verdict.clamps))
  }

  private func limitBrake(
    _ verdict: inout GateVerdict, _ speed: MetresPerSecond, _ row: GateRow,
    _ limits: borrowing @_addressable GateLimits, _ distance: Metres, _ time: Double
  ) {
    var brake = verdict.command.brakeDeceleration.value
    if !brake.isFinite {
      brake = limits.invalidDemandBrake.value
      verdict.clamps.insert(.notANumber)
    }
    let released = last.brakeDeceleration.value - magnitude(row.brakeRelease.value) * time
    brake = raise(brake, to: released, .brakeRelease, &verdict.clamps)
    let tolerance = magnitude(limits.speedTolerance.value)
    if speed.isFinite, !(speed.value <= limits.speedCap.value + tolerance) {
      brake = raise(brake, to: limits.overSpeedBrake.value, .overSpeed, &verdict.clamps)
    }
    let permitted = limits.permittedSpeed(
      within: distance, deceleration: limits.authorityDeceleration)
    if speed.isFinite, !(speed.value <= permitted.value + tolerance) {
      // Without any authority the comfortable deceleration stops the truck; past a known limit, or
      // too near to it, the brake takes what is needed.
      let left = distance - limits.authorityMargin
      let needed = distance.value.isNaN ? .zero : Self.neededDeceleration(speed, within: left)
      let least = max(magnitude(limits.authorityDeceleration.value), needed.value)
      brake = raise(brake, to: least, .authority, &verdict.clamps)
    }
    let largest = magnitude(row.brakeDeceleration.value)
    verdict.command.brakeDeceleration = MetresPerSecondSquared(
      limit(brake, 0, largest, .brakeMaximum, &verdict.clamps))
    if verdict.command.brakeDeceleration > .zero { verdict.command.brakeLamps = true }
  }

  private func limitDrive(
    _ verdict: inout GateVerdict, _ speed: MetresPerSecond, _ row: GateRow,
    _ limits: borrowing @_addressable GateLimits, _ distance: Metres, _ time: Double
  ) {
    var torque = verdict.command.driveTorque.value
    if !torque.isFinite {
      torque = 0
      verdict.clamps.insert(.notANumber)
    }
    let permitted = limits.permittedSpeed(
      within: distance, deceleration: limits.authorityDeceleration)
    let moveOffSpeed = limits.moveOffSpeed.value
    let brakesAllow =
      verdict.command.brakeDeceleration.value <= 0 || speed.value < moveOffSpeed
    let speedAllows = speed.value < min(permitted.value, limits.speedCap.value)
    let stateAllows =
      verdict.command.gear == .drive && verdict.command.steeringEngaged
      && !verdict.command.tractorParkingBrake && !verdict.command.trailerParkingBrake
    let mayDrive = brakesAllow && speedAllows && stateAllows
    guard mayDrive else {
      if torque > 0 { verdict.clamps.insert(.driveInhibited) }
      verdict.command.driveTorque = .zero
      return
    }
    var largest = min(magnitude(row.driveTorque.value), 1)
    if handOverLeft > .zero { largest = min(largest, magnitude(limits.handOver.driveTorque.value)) }
    torque = limit(torque, 0, largest, .driveTorque, &verdict.clamps)
    let risen = magnitude(last.driveTorque.value) + magnitude(row.driveTorqueRate) * time
    verdict.command.driveTorque = Fraction(
      limit(torque, 0, risen, .driveTorqueRate, &verdict.clamps))
  }

  private func limitRetarder(
    _ verdict: inout GateVerdict, _ measured: GateMeasurement, _ row: GateRow
  ) {
    var torque = verdict.command.retarderTorque.value
    if !torque.isFinite {
      torque = 0
      verdict.clamps.insert(.notANumber)
    }
    let largest = measured.retarderIsBarred ? 0 : min(magnitude(row.retarderTorque.value), 1)
    verdict.command.retarderTorque = Fraction(
      limit(torque, 0, largest, .retarderTorque, &verdict.clamps))
  }

  /// A parking brake that is on, by command or by itself, stays on; one that is off goes on at
  /// standstill only.
  private func limitParkingBrakes(
    _ verdict: inout GateVerdict, _ measured: GateMeasurement
  ) {
    guard !measured.isStandstill else { return }
    let isTractorOn = last.tractorParkingBrake || measured.tractorParkingBrake
    let isTrailerOn = last.trailerParkingBrake || measured.trailerParkingBrake
    let wantsTractor = verdict.command.tractorParkingBrake && !isTractorOn
    let wantsTrailer = verdict.command.trailerParkingBrake && !isTrailerOn
    if wantsTractor { verdict.command.tractorParkingBrake = false }
    if wantsTrailer { verdict.command.trailerParkingBrake = false }
    if wantsTractor || wantsTrailer { verdict.clamps.insert(.parkingBrakeInMotion) }
  }
}

extension ActuatorGate {
  /// R-MOT-14: `-a t + sqrt((a t)^2 + 2 a d)`; zero when no positive number comes out.
  package static func permittedSpeed(
    within distance: Metres, deceleration: MetresPerSecondSquared, deadTime: Interval
  ) -> MetresPerSecond {
    guard distance.value > 0, deceleration.value > 0 else { return .zero }
    let lost = deceleration.value * max(deadTime.seconds, 0)
    let speed = (lost * lost + 2 * deceleration.value * distance.value).squareRoot() - lost
    return MetresPerSecond(speed > 0 ? speed : 0)
  }

  /// The deceleration that stops within `distance`; as large as can be when there is none left.
  package static func neededDeceleration(
    _ speed: MetresPerSecond, within distance: Metres
  ) -> MetresPerSecondSquared {
    guard distance.value > 0.1 else { return MetresPerSecondSquared(100) }
    return MetresPerSecondSquared(min(speed.value * speed.value / (2 * distance.value), 100))
  }
}

/// A limit as a number: what is negative or no number allows nothing.
private func magnitude(_ value: Double) -> Double { value > 0 ? value : 0 }

private func limit(
  _ value: Double, _ lowest: Double, _ highest: Double, _ clamp: GateClamp,
  _ clamps: inout GateClamps
) -> Double {
  if value >= lowest, value <= highest { return value }
  clamps.insert(clamp)
  return value > lowest ? highest : lowest
}

private func raise(
  _ value: Double, to least: Double, _ clamp: GateClamp, _ clamps: inout GateClamps
) -> Double {
  guard least > value else { return value }
  clamps.insert(clamp)
  return least
}
