import Signals
import Units

/// What the gate lets pass at one speed; between two rows the values are interpolated.
package struct GateRow: Sendable, Visitable {
  package var speed = MetresPerSecond.zero
  package var curvature = Curvature.zero
  package var curvatureRate = CurvatureRate.zero
  package var lateralAcceleration = MetresPerSecondSquared.zero
  package var lateralJerk = MetresPerSecondCubed.zero
  package var driveTorque = Fraction.zero
  /// Share of the reference torque per second; only rising torque is limited.
  package var driveTorqueRate = 0.0
  package var brakeDeceleration = MetresPerSecondSquared.zero
  /// Only releasing is limited: a gate that slows the rise of a brake weakens it.
  package var brakeRelease = MetresPerSecondCubed.zero
  package var retarderTorque = Fraction.zero

  package init() {}

  package init(
    speed: Double, curvature: Double, curvatureRate: Double, lateralAcceleration: Double,
    lateralJerk: Double, driveTorque: Double, driveTorqueRate: Double, brakeDeceleration: Double,
    brakeRelease: Double, retarderTorque: Double
  ) {
    self.speed = MetresPerSecond(speed)
    self.curvature = Curvature(curvature)
    self.curvatureRate = CurvatureRate(curvatureRate)
    self.lateralAcceleration = MetresPerSecondSquared(lateralAcceleration)
    self.lateralJerk = MetresPerSecondCubed(lateralJerk)
    self.driveTorque = Fraction(driveTorque)
    self.driveTorqueRate = driveTorqueRate
    self.brakeDeceleration = MetresPerSecondSquared(brakeDeceleration)
    self.brakeRelease = MetresPerSecondCubed(brakeRelease)
    self.retarderTorque = Fraction(retarderTorque)
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("speed", &speed)
    visitor.visit("curvature", &curvature)
    visitor.visit("curvatureRate", &curvatureRate)
    visitor.visit("lateralAcceleration", &lateralAcceleration)
    visitor.visit("lateralJerk", &lateralJerk)
    visitor.visit("driveTorque", &driveTorque)
    visitor.visit("driveTorqueRate", &driveTorqueRate)
    visitor.visit("brakeDeceleration", &brakeDeceleration)
    visitor.visit("brakeRelease", &brakeRelease)
    visitor.visit("retarderTorque", &retarderTorque)
  }
}

/// The tighter limits of the first moments after the gate begins to command (S-23).
package struct HandOverLimits: Sendable, Visitable {
  package var duration = Interval.milliseconds(1000)
  package var curvatureRate = CurvatureRate(0.05)
  package var driveTorque = Fraction(0.3)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("duration", &duration)
    visitor.visit("curvatureRate", &curvatureRate)
    visitor.visit("driveTorque", &driveTorque)
  }
}

/// Every limit of the gate; the defaults are those of the tractor-semitrailer.
package struct GateLimits: Sendable, Visitable {
  package static var rowCount: Int { 8 }

  /// Ascending by speed.
  package var rows = InlineArray<8, GateRow>(repeating: GateRow())
  package var handOver = HandOverLimits()
  /// R-MOT-1.
  package var speedCap = MetresPerSecond(8.33)
  /// Above the cap, or above the curve to the limit, by more than this: brake.
  package var speedTolerance = MetresPerSecond(0.3)
  package var overSpeedBrake = MetresPerSecondSquared(1.0)
  /// For a demand that is not a number.
  package var invalidDemandBrake = MetresPerSecondSquared(3.0)
  /// What the curve to the supervised limit counts on (R-MOT-14), and its dead time.
  package var authorityDeceleration = MetresPerSecondSquared(1.5)
  package var authorityDeadTime = Interval.milliseconds(500)
  /// Left between the front bumper and the danger point.
  package var authorityMargin = Metres(0.5)
  /// How far the commanded curvature may be ahead of the measured one.
  package var curvatureLead = Curvature(0.08)
  /// Below this speed torque may build up against the brake, so that a move-off on a grade does
  /// not roll back.
  package var moveOffSpeed = MetresPerSecond(0.5)
  /// How far a stop plan may begin from the measured curvature (S-14).
  package var planCurvatureTolerance = Curvature(0.02)
  package var planSpeedTolerance = MetresPerSecond(0.5)

  package init() {
    // Curvature: the steering stop, tan(0.55)/3.6 m, then 2 m/s2. Lateral acceleration 2 m/s2 is
    // half of what tips a laden semitrailer; lateral jerk is set so that a steering actuator's
    // 0.35 rad/s passes up to 15 km/h and a runaway at 25 km/h is slowed to a third of it (S-18).
    // Torque falls with speed so that no step of the planner passes 0.6 m/s2 laden.
    let speeds: InlineArray<8, Double> = [0, 1, 2, 3, 4.2, 5.6, 7, 8.4]
    let curvatures: InlineArray<8, Double> = [0.17, 0.17, 0.17, 0.17, 0.113, 0.064, 0.041, 0.028]
    let rates: InlineArray<8, Double> = [0.15, 0.15, 0.15, 0.15, 0.13, 0.10, 0.07, 0.05]
    let torques: InlineArray<8, Double> = [1, 1, 1, 1, 1, 1, 1, 1]
    for i in 0..<Self.rowCount {
      rows[i] = GateRow(
        speed: speeds[i], curvature: curvatures[i], curvatureRate: rates[i],
        lateralAcceleration: 2.0, lateralJerk: 4.0, driveTorque: torques[i],
        driveTorqueRate: 1.5, brakeDeceleration: 6.0, brakeRelease: 6.0, retarderTorque: 1.0)
    }
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("rows", &rows, count: Self.rowCount)
    visitor.visit("handOver", &handOver)
    visitor.visit("speedCap", &speedCap)
    visitor.visit("speedTolerance", &speedTolerance)
    visitor.visit("overSpeedBrake", &overSpeedBrake)
    visitor.visit("invalidDemandBrake", &invalidDemandBrake)
    visitor.visit("authorityDeceleration", &authorityDeceleration)
    visitor.visit("authorityDeadTime", &authorityDeadTime)
    visitor.visit("authorityMargin", &authorityMargin)
    visitor.visit("curvatureLead", &curvatureLead)
    visitor.visit("moveOffSpeed", &moveOffSpeed)
    visitor.visit("planCurvatureTolerance", &planCurvatureTolerance)
    visitor.visit("planSpeedTolerance", &planSpeedTolerance)
  }

  /// The limits at a speed; a speed that is not a number gets the fastest row.
  @_addressableSelf package func row(at speed: MetresPerSecond) -> GateRow {
    let place = RowPlace(of: speed, in: rows.span)
    return rows[place.lower].mixed(with: rows[place.upper], share: place.share, at: speed)
  }

  /// The highest speed from which the truck stops within `distance` at `deceleration` after the
  /// dead time (R-MOT-14); zero when either is not a positive number.
  @_addressableSelf package func permittedSpeed(
    within distance: Metres, deceleration: MetresPerSecondSquared
  ) -> MetresPerSecond {
    ActuatorGate.permittedSpeed(
      within: distance - authorityMargin, deceleration: deceleration,
      deadTime: authorityDeadTime)
  }
}

extension GateRow {
  fileprivate func mixed(
    with next: GateRow, share: Double, at speed: MetresPerSecond
  ) -> GateRow {
    func between(_ a: Double, _ b: Double) -> Double { a + (b - a) * share }
    return GateRow(
      speed: share > 0 ? speed.value : self.speed.value,
      curvature: between(curvature.value, next.curvature.value),
      curvatureRate: between(curvatureRate.value, next.curvatureRate.value),
      lateralAcceleration: between(lateralAcceleration.value, next.lateralAcceleration.value),
      lateralJerk: between(lateralJerk.value, next.lateralJerk.value),
      driveTorque: between(driveTorque.value, next.driveTorque.value),
      driveTorqueRate: between(driveTorqueRate, next.driveTorqueRate),
      brakeDeceleration: between(brakeDeceleration.value, next.brakeDeceleration.value),
      brakeRelease: between(brakeRelease.value, next.brakeRelease.value),
      retarderTorque: between(retarderTorque.value, next.retarderTorque.value))
  }
}

/// How far and how fast the wheel may turn at one speed: 1/m, 1/(m s), m/s2, m/s3.
///
/// The part of a row that bounds steering: plans ask for it at a hundred speeds a cycle.
package struct SteeringLimits: Sendable {
  package let curvature: Double
  package let curvatureRate: Double
  package let lateralAcceleration: Double
  package let lateralJerk: Double

  /// - Parameter rows: of `GateLimits`.
  package init(at speed: MetresPerSecond, in rows: borrowing Span<GateRow>) {
    let place = RowPlace(of: speed, in: rows)
    let share = place.share
    func between(_ a: Double, _ b: Double) -> Double { a + (b - a) * share }
    let lower = place.lower
    let upper = place.upper
    curvature = between(rows[lower].curvature.value, rows[upper].curvature.value)
    curvatureRate = between(rows[lower].curvatureRate.value, rows[upper].curvatureRate.value)
    lateralAcceleration = between(
      rows[lower].lateralAcceleration.value, rows[upper].lateralAcceleration.value)
    lateralJerk = between(rows[lower].lateralJerk.value, rows[upper].lateralJerk.value)
  }
}

/// The rows around a speed, and how far it lies from the lower to the upper one, 0...1.
private struct RowPlace {
  var lower = 0
  var upper = 0
  var share = 0.0

  init(of speed: MetresPerSecond, in rows: borrowing Span<GateRow>) {
    let last = GateLimits.rowCount - 1
    guard speed.value < rows[last].speed.value else {
      lower = last
      upper = last
      return
    }
    while upper < last, !(speed.value < rows[upper].speed.value) { upper += 1 }
    guard upper > 0 else { return }
    lower = upper - 1
    let lowest = rows[lower].speed.value
    let ratio = (speed.value - lowest) / (rows[upper].speed.value - lowest)
    share = ratio > 0 ? (ratio < 1 ? ratio : 1) : 0
  }
}
