import ReproducibleMath
import Signals
import Units

/// Steers the rear axle along the path: an inverse of the truck's model fed with the curvature
/// ahead, and a return that is placed by its poles, to the path or, where steering and gate allow
/// less, to a plan of the way back.
///
/// The model is steering dead time and lag, yaw lag, understeer and rear-axle slip. Both parts act
/// on the state predicted to where a command of this cycle takes effect. What the model cannot
/// explain of the yaw rate is learnt as a curvature and taken off.
package struct LateralController: Sendable, Visitable {
  private var commands = CommandRing()
  /// tan(road-wheel angle) from the commands, corrected by the measured one.
  private var steering = 0.0
  private var modelYawRate = 0.0
  /// Curvature that the truck drives beyond the model's, 1/m.
  package private(set) var disturbance = 0.0
  /// Road-wheel angle last commanded.
  private var last = 0.0
  package private(set) var plan = SteeringPlan()
  private var isEngaged = false
  /// Whether what it commands is a number of this cycle.
  package private(set) var isSound = true
  /// Piece of the last prediction.
  private var index = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("commands", &commands)
    visitor.visit("steering", &steering)
    visitor.visit("modelYawRate", &modelYawRate)
    visitor.visit("disturbance", &disturbance)
    visitor.visit("last", &last)
    visitor.visit("plan", &plan)
    visitor.visit("isEngaged", &isEngaged)
    visitor.visit("isSound", &isSound)
    visitor.visit("index", &index)
  }

  /// Follows the measured wheel while somebody else steers.
  package mutating func disengage(
    _ state: borrowing VehicleState, _ parameters: borrowing @_addressable VehicleParameters
  ) {
    let measured = state.curvature.value * parameters.wheelbase.value
    steering = measured.isFinite ? measured : 0
    last = arctangent(steering)
    modelYawRate = state.yawRate.value.isFinite ? state.yawRate.value : 0
    commands.fill(steering)
    plan.clear()
    isEngaged = false
    isSound = true
  }

  /// The last command again.
  @_addressableSelf func held(_ parameters: borrowing @_addressable VehicleParameters) -> Curvature
  {
    Curvature(tangent(last) / max(parameters.wheelbase.value, 0.5))
  }

  /// What was commanded in this cycle instead.
  mutating func steered(
    _ command: Curvature, _ parameters: borrowing @_addressable VehicleParameters
  ) {
    let wheel = command.value * max(parameters.wheelbase.value, 0.5)
    last = arctangent(wheel)
    commands.replaceLast(wheel)
  }

  /// The curvature command of this cycle; `acceleration` is the plan's.
  package mutating func step(
    seconds: Double, acceleration: Double, state: borrowing VehicleState,
    path: borrowing PathState, route: borrowing Span<RoutePiece>, bounds: SteeringBounds,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration
  ) -> Curvature {
    if !isEngaged {
      disengage(state, parameters)
      isEngaged = true
    }
    let model = LateralModel(state, parameters)
    let delayed = commands.value(ago: parameters.steeringDelay.seconds, cycle: seconds)
    observe(seconds, delayed, state, model, configuration)
    let wheelbase = max(parameters.wheelbase.value, 0.5)
    isSound = true
    guard path.isOnRoute, state.speed.value >= configuration.steeringSpeed.value else {
      commands.append(tangent(last))
      return Curvature(tangent(last) / wheelbase)
    }
    index = RouteCursor.find(path.station.value, from: index, route)
    let ahead = predict(seconds, state, path, route, model, parameters)
    let reference = LateralReference(
      ahead, acceleration: acceleration, disturbance: disturbance, cycle: seconds, route, model)
    follow(seconds, ahead, reference, bounds, route, model, parameters, configuration)
    let (planned, wheelRate) = plan.now()
    let feedback = feedback(ahead, reference, planned, model, configuration)
    // In the angle, not its tangent, because that is what lags.
    let wheel = reference.tangentNow + planned.wheel
    let correction =
      arctangent(wheel) - arctangent(reference.tangentNow)
      + (model.steeringLag * wheelRate + feedback) / (1 + wheel * wheel)
    let demand = reference.lead + correction
    let limit = parameters.roadWheelAngleLimit.value
    let rate = parameters.steeringRate.value * seconds
    var angle = min(max(demand, last - rate), last + rate)
    angle = min(max(angle, -limit), limit)
    isSound = angle.isFinite
    if isSound { last = angle }
    let result = tangent(last)
    commands.append(result)
    return Curvature(result / wheelbase)
  }

  /// Follows wheel and yaw rate by the model and learns what is left over.
  private mutating func observe(
    _ seconds: Double, _ delayed: Double, _ state: borrowing VehicleState, _ model: LateralModel,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) {
    let measured = state.curvature.value * model.wheelbase
    let push = (delayed - steering) / model.steeringLag
    steering += min(max(push, -model.steeringRate), model.steeringRate) * seconds
    // 8 rad/s: a wheel that does not follow its command is believed within an eighth of a second.
    if measured.isFinite { steering += (measured - steering) * min(8 * seconds, 1) }
    guard state.speed.value > 1.5, state.yawRate.isFinite else {
      modelYawRate = state.yawRate.isFinite ? state.yawRate.value : 0
      return
    }
    let steady = model.speed * (steering / model.length + disturbance)
    modelYawRate += (steady - modelYawRate) * min(seconds / model.yawLag, 1)
    let error = (state.yawRate.value - modelYawRate) / model.speed
    // At a crawl the gyro's noise is large against the curvature it tells.
    let trust = model.speed / (model.speed + 3)
    let limit = configuration.disturbanceLimit.value
    disturbance += configuration.disturbanceBandwidth * trust * error * seconds
    disturbance = min(max(disturbance, -limit), limit)
    if !disturbance.isFinite { disturbance = 0 }
  }

  /// Deviations and wheel at the moment from which a command of this cycle acts.
  @_addressableSelf private func predict(
    _ seconds: Double, _ state: borrowing VehicleState, _ path: borrowing PathState,
    _ route: borrowing Span<RoutePiece>, _ model: LateralModel,
    _ parameters: borrowing @_addressable VehicleParameters
  ) -> LateralPrediction {
    var ahead = LateralPrediction(
      station: path.station.value, deviation: path.lateralDeviation.value,
      heading: path.headingError.value, yawRate: state.yawRate.value, steering: steering,
      speed: model.speed, index: index)
    let delay = parameters.steeringDelay.seconds
    let count = min(max(Int((delay / seconds).rounded()), 0), CommandRing.capacity - 1)
    for k in 0..<count {
      let command = commands.value(before: count - 1 - k)
      let push = (command - ahead.steering) / model.steeringLag
      let steady = ahead.speed * (ahead.steering / model.length + disturbance)
      let slip = -model.slip * ahead.speed * ahead.speed * ahead.yawRate
      let curvature = Self.curvature(at: ahead.station, &ahead.index, route)
      let along = ahead.speed / max(1 - curvature * ahead.deviation, 0.2)
      ahead.station += along * seconds
      ahead.deviation += (ahead.speed * ahead.heading + slip) * seconds
      ahead.heading += (ahead.yawRate - curvature * along) * seconds
      ahead.yawRate += (steady - ahead.yawRate) * min(seconds / model.yawLag, 1)
      ahead.steering += min(max(push, -model.steeringRate), model.steeringRate) * seconds
      ahead.speed = max(ahead.speed + state.acceleration.value * seconds, 0)
    }
    return ahead
  }

  /// The plan of this cycle; at a crawl the path is the plan.
  private mutating func follow(
    _ seconds: Double, _ ahead: LateralPrediction, _ reference: LateralReference,
    _ bounds: SteeringBounds, _ route: borrowing Span<RoutePiece>, _ model: LateralModel,
    _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) {
    guard ahead.speed > Self.leastPlanned, configuration.planShare > 0 else { return plan.clear() }
    guard plan.isDue(after: seconds) else { return }
    var errors = SteeringErrors()
    errors.heading = ahead.heading - reference.heading
    errors.deviation = ahead.deviation + model.slip * ahead.speed * ahead.speed * errors.heading
    errors.yawRate = ahead.yawRate - reference.yawRate
    errors.wheel = ahead.steering - reference.tangentNow
    let bandwidth = ahead.speed * Self.perMetre(ahead.speed, configuration)
    let horizon = SteeringHorizon(
      ahead, disturbance: disturbance, bandwidth: configuration.planShare * bandwidth,
      damping: configuration.lateralDamping, bounds: bounds, route, model, parameters)
    plan.solve(errors, horizon)
  }

  /// m/s: below it three seconds are no way back.
  private static var leastPlanned: Double { 1 }

  /// Bandwidth of the return, 1/m.
  private static func perMetre(
    _ speed: Double, _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    let bandwidth = configuration.lateralBandwidth
    return bandwidth / (speed + bandwidth * configuration.lateralLength.value)
  }

  /// Change of tan(road-wheel angle) that brings the truck back to what is planned.
  ///
  /// With slip s, the point s u^2 ahead of the rear axle moves across the path as a chain of
  /// integrators, z'' = u r. The lags are left where they are and two poles are placed; their
  /// bandwidth is limited in time at speed and in distance at a crawl.
  @_addressableSelf private func feedback(
    _ ahead: LateralPrediction, _ reference: LateralReference, _ planned: SteeringErrors,
    _ model: LateralModel, _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    let speed = ahead.speed
    let perMetre = Self.perMetre(speed, configuration)
    let saturation = configuration.deviationSaturation.value
    let aside = planned.deviation - model.slip * speed * speed * planned.heading
    let deviation = min(max(ahead.deviation - aside, -saturation), saturation)
    let turn = ahead.heading - reference.heading - planned.heading
    let heading = min(max(turn, -0.5), 0.5)
    let rate = ahead.yawRate - reference.yawRate - planned.yawRate
    let gain = speed / model.length
    let wheel = ahead.steering - reference.tangentNow - planned.wheel
    let z = deviation + model.slip * speed * speed * heading
    let sum = model.steeringLag + model.yawLag
    let product = model.steeringLag * model.yawLag
    let damping = 2 * configuration.lateralDamping * perMetre
    let stiffness = perMetre * perMetre
    return -model.length
      * (stiffness * z + (damping + sum * speed * stiffness) * heading
        + (damping * sum + product * speed * stiffness) * rate
        + damping * model.steeringLag * (gain * wheel - rate))
  }

  static func curvature(
    at station: Double, _ index: inout Int, _ route: borrowing Span<RoutePiece>
  ) -> Double {
    index = RouteCursor.find(station, from: index, route)
    let piece = route[index]
    let distance = min(max(station - piece.start.value, 0), piece.length.value)
    return piece.curvature(at: distance)
  }
}

extension LateralController {
  /// Tangent direction of the path, unwrapped along the route.
  static func heading(
    at station: Double, _ index: inout Int, _ route: borrowing Span<RoutePiece>
  ) -> Double {
    index = RouteCursor.find(station, from: index, route)
    let piece = route[index]
    let distance = min(max(station - piece.start.value, 0), piece.length.value)
    return piece.heading.value
      + distance * (piece.curvature.value + 0.5 * piece.sharpness * distance)
  }
}

/// The lateral dynamics at one speed.
struct LateralModel {
  let speed: Double
  let wheelbase: Double
  /// Wheelbase and understeer: yaw rate = speed * tan(angle) / length.
  let length: Double
  let understeer: Double
  let slip: Double
  let yawLag: Double
  let steeringLag: Double
  let steeringRate: Double

  init(
    _ state: borrowing VehicleState, _ parameters: borrowing @_addressable VehicleParameters
  ) {
    let bounded = state.speed.isFinite ? min(max(state.speed.value, 0), 40) : 0
    self.speed = bounded
    wheelbase = max(parameters.wheelbase.value, 0.5)
    let understeer = parameters.understeerGradient + state.understeerLearnt
    self.understeer = understeer.isFinite ? max(understeer, 0) : 0
    length = wheelbase + understeer * bounded * bounded
    let slip = parameters.rearAxleSlip + state.rearAxleSlipLearnt
    self.slip = slip.isFinite ? max(slip, 0) : 0
    yawLag = max(parameters.yawLagAtRest.seconds + parameters.yawLagPerSpeed * bounded, 0.02)
    steeringLag = max(parameters.steeringLag.seconds, 0.02)
    steeringRate = max(parameters.steeringRate.value, 0.01)
  }
}

struct LateralPrediction {
  var station: Double
  var deviation: Double
  var heading: Double
  var yawRate: Double
  /// tan(road-wheel angle).
  var steering: Double
  var speed: Double
  var index: Int
}

/// The recent commands as tan(road-wheel angle), one a cycle.
package struct CommandRing: Sendable, Visitable {
  package static var capacity: Int { 64 }
  private var values = InlineArray<64, Double>(repeating: 0)
  private var head = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visitCount("head", &head, limit: Self.capacity - 1)
    visitor.visit("values", &values, count: Self.capacity)
  }

  mutating func append(_ value: Double) {
    head = (head + 1) & (Self.capacity - 1)
    values[head] = value
  }

  mutating func replaceLast(_ value: Double) { values[head & (Self.capacity - 1)] = value }

  mutating func fill(_ value: Double) {
    for i in 0..<Self.capacity { values[i] = value }
  }

  /// `count` cycles before the newest.
  @_addressableSelf func value(before count: Int) -> Double {
    values[(head - min(max(count, 0), Self.capacity - 1)) & (Self.capacity - 1)]
  }

  @_addressableSelf func value(ago seconds: Double, cycle: Double) -> Double {
    let count = (seconds / max(cycle, 1e-3)).rounded()
    return value(before: count < Double(Self.capacity) ? Int(count) : Self.capacity - 1)
  }
}
