import ActuatorGate
import Signals
import Units

/// What a stop plan is built from.
package struct StopPlanRequest: Sendable {
  package var state = VehicleState()
  package var path = PathState()
  package var measured = GateMeasurement()
  /// Route curvatures from the rear axle onward, `StopPlanBuilder.spacing` apart, 1/m.
  package var curvatures = InlineArray<48, Double>(repeating: 0)
  package var spacing = Metres(1)
  package var routeIdentifier: UInt64 = 0
  /// From the front bumper to the supervised limit; NaN without authority.
  package var distanceToLimit = Metres(.nan)
  /// What the brakes give of a demand (S-8).
  package var brakeShare = Fraction(1)

  package init() {}
}

/// Makes, every cycle, the way to standstill on the path that needs nothing but wheel speed.
package struct StopPlanBuilder: Sendable, Visitable {
  private var sequence: UInt64 = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("sequence", &sequence)
  }

  /// How far apart the route's curvature is wanted for a truck at this speed, whose brakes give that
  /// share of a demand.
  package static func spacing(
    at speed: MetresPerSecond, brakeShare: Fraction = Fraction(1),
    vehicle: @_addressable VehicleParameters, configuration: @_addressable SafeStopConfiguration
  ) -> Metres {
    let share = believed(brakeShare)
    let kinematics = StopKinematics(
      speed: speed.value, initial: 0,
      deceleration: configuration.comfortDeceleration.value * share,
      jerk: configuration.comfortJerk.value * share)
    let length = kinematics.length + speed.value.magnitude * deadTime(vehicle)
    return Metres(min(max(length / 40, 0.5), 100))
  }

  /// Brakes that give less stop the truck by other means than a plan.
  private static var leastShare: Double { 0.2 }

  private static func believed(_ share: Fraction) -> Double {
    share.value > leastShare ? min(share.value, 1) : leastShare
  }

  /// Until the brake acts.
  private static func deadTime(_ vehicle: @_addressable VehicleParameters) -> Double {
    max(vehicle.brakeDelay.seconds, 0) + max(vehicle.brakeLag.seconds, 0)
  }

  /// A sealed plan; `isFit` says whether it may be trusted (S-14).
  package mutating func build(
    _ request: @_addressable StopPlanRequest, vehicle: @_addressable VehicleParameters,
    limits: borrowing @_addressable GateLimits,
    configuration: @_addressable SafeStopConfiguration
  ) -> StopPlan {
    sequence &+= 1
    var plan = StopPlan()
    plan.sequence = sequence
    plan.birth = request.state.at
    plan.odometerAtBirth = request.state.odometer
    plan.speedAtBirth = request.state.speed
    plan.routeIdentifier = request.routeIdentifier
    plan.spacing = request.spacing
    brake(&plan, request, vehicle, configuration)
    steer(&plan, request, vehicle, limits, configuration)
    let isAccepted = ActuatorGate.accepts(
      plan, measured: request.measured, limits: limits, distanceToLimit: request.distanceToLimit)
    plan.isFit = request.path.isOnRoute && isAccepted
    plan.seal()
    return plan
  }

  /// In comfort where that ends before the limit, else as hard as is needed, up to the emergency.
  private func brake(
    _ plan: inout StopPlan, _ request: @_addressable StopPlanRequest,
    _ vehicle: @_addressable VehicleParameters,
    _ configuration: @_addressable SafeStopConfiguration
  ) {
    let speed = max(request.state.speed.value, 0)
    let coasted = speed * Self.deadTime(vehicle)
    // What is achieved; what is demanded for it is more.
    let share = Self.believed(request.brakeShare)
    let comfort = configuration.comfortDeceleration.value * share
    let emergency = configuration.emergencyDeceleration.value * share
    let left = request.distanceToLimit.value - configuration.planMargin.value - coasted
    let first = min(max(-request.state.acceleration.value, 0), comfort)
    var kinematics = StopKinematics(
      speed: speed, initial: first, deceleration: comfort,
      jerk: configuration.comfortJerk.value * share)
    if kinematics.length > left {
      let needed = left > 0.1 ? speed * speed / (2 * left) * 1.2 : emergency
      kinematics = StopKinematics(
        speed: speed, initial: first, deceleration: min(max(needed, comfort), emergency),
        jerk: configuration.emergencyJerk.value * share)
    }
    plan.initialDeceleration = MetresPerSecondSquared(kinematics.initial)
    plan.deceleration = MetresPerSecondSquared(kinematics.deceleration / share)
    plan.jerk = MetresPerSecondCubed(kinematics.jerk / share)
    plan.length = Metres(kinematics.length + coasted)
  }

  /// From the measured curvature back onto the path, within the gate's rates: the path's curvature
  /// with a correction of the deviation, both over distance, made a command by the understeer.
  private func steer(
    _ plan: inout StopPlan, _ request: @_addressable StopPlanRequest,
    _ vehicle: @_addressable VehicleParameters,
    _ limits: borrowing @_addressable GateLimits,
    _ configuration: @_addressable SafeStopConfiguration
  ) {
    var lateral = request.path.lateralDeviation.value
    var heading = request.path.headingError.value
    var command = request.measured.curvature.value
    var square = plan.speedAtBirth.value * plan.speedAtBirth.value
    let step = plan.spacing.value
    let understeer = vehicle.understeerGradient / vehicle.wheelbase.value
    plan.curvatures[0] = command
    let rows = limits.rows.span
    for i in 1..<StopPlan.capacity {
      let route = request.curvatures[i]
      let speed = max(square.squareRoot(), 0.5)
      let row = SteeringLimits(at: MetresPerSecond(speed), in: rows)
      let wanted =
        (route - configuration.planLateralGain * lateral - configuration.planHeadingGain * heading)
        * (1 + understeer * square)
      // 0.9: the gate judges the same change at the next point's rounding.
      let rate = 0.9 * min(row.curvatureRate, row.lateralJerk / max(square, 0.25))
      let change = rate * step / speed
      let largest =
        0.95 * min(row.curvature, row.lateralAcceleration / max(square, 0.25))
      let bounded = min(max(wanted, -largest), largest)
      command = min(max(bounded, command - change), command + change)
      plan.curvatures[i] = command
      heading += (command / (1 + understeer * square) - request.curvatures[i - 1]) * step
      lateral += heading * step
      square = max(square - 2 * plan.initialDeceleration.value * step, 0)
    }
  }
}

/// A stop with a ramped deceleration.
struct StopKinematics {
  let initial: Double
  let deceleration: Double
  let jerk: Double
  /// From the first braking to standstill, m; an upper bound where the ramp itself stops the truck.
  let length: Double

  init(speed: Double, initial: Double, deceleration: Double, jerk: Double) {
    self.initial = initial
    self.deceleration = max(deceleration, 0.1)
    self.jerk = max(jerk, 0.1)
    let ramp = max(self.deceleration - initial, 0) / self.jerk
    let left = speed - initial * ramp - self.jerk * ramp * ramp / 2
    let ramped =
      speed * ramp - initial * ramp * ramp / 2 - self.jerk * ramp * ramp * ramp / 6
    length = left > 0 ? ramped + left * left / (2 * self.deceleration) : max(speed, 0) * ramp
  }
}
