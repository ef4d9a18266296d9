import Signals
import Units

extension ActuatorGate {
  /// Whether a stop plan may be trusted (S-14): it begins at the measured curvature, stays within
  /// the rows at the speeds that it implies, and ends within the supervised limit.
  package static func accepts(
    _ plan: @_addressable StopPlan, measured: GateMeasurement,
    limits: borrowing @_addressable GateLimits,
    distanceToLimit: Metres
  ) -> Bool {
    let start = measured.highestSpeed.value
    let curvatureTolerance = limits.planCurvatureTolerance.value
    let speedTolerance = limits.planSpeedTolerance.value
    let begins =
      (plan.curvatures[0] - measured.curvature.value).magnitude <= curvatureTolerance
      && (plan.speedAtBirth.value - start).magnitude <= speedTolerance
    let ends =
      plan.length.value >= 0 && plan.length.value <= distanceToLimit.value
      && plan.deceleration.value > 0 && plan.initialDeceleration.value >= 0 && plan.jerk.value > 0
      && plan.spacing.value > 0 && plan.spacing.value < 1000
    guard begins, ends else { return false }
    return isDrivable(plan, limits: limits)
  }

  /// Walks the plan from point to point with the speed that its own deceleration leaves.
  private static func isDrivable(
    _ plan: @_addressable StopPlan, limits: borrowing @_addressable GateLimits
  ) -> Bool {
    var speed = max(plan.speedAtBirth.value, 0)
    var deceleration = min(plan.initialDeceleration.value, plan.deceleration.value)
    var travelled = 0.0
    let rows = limits.rows.span
    for i in 0..<StopPlan.capacity {
      let row = SteeringLimits(at: MetresPerSecond(speed), in: rows)
      let curvature = plan.curvatures[i].magnitude
      let drivable =
        curvature <= row.curvature
        && curvature * speed * speed <= row.lateralAcceleration
      guard drivable else { return false }
      // What lies behind the stop is never reached, and is still no place for a wild number.
      guard speed > 0.1, i + 1 < StopPlan.capacity else { continue }
      let step = plan.spacing.value
      let rate = (plan.curvatures[i + 1] - plan.curvatures[i]).magnitude * speed / step
      guard rate <= row.curvatureRate, rate * speed * speed <= row.lateralJerk else {
        return false
      }
      let duration = step / speed
      let next = speed * speed - 2 * deceleration * step
      travelled += next > 0 ? step : speed * speed / (2 * max(deceleration, 1e-6))
      speed = next > 0 ? next.squareRoot() : 0
      deceleration = min(deceleration + plan.jerk.value * duration, plan.deceleration.value)
    }
    return speed <= 0.1 && travelled <= plan.length.value + plan.spacing.value
  }
}
