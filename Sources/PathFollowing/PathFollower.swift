import ReproducibleMath
import Signals
import Units

/// What the follower is asked to do in a cycle.
package enum MotionRequest: UInt8, Sendable {
  /// Nothing is controlled; the follower only keeps track of the route.
  case standby
  /// Stand still with the service brake.
  case hold
  /// Drive within authority and caps.
  case drive
  /// Come to standstill on the path with the given deceleration, then hold.
  case stop
}

/// A speed cap that begins at a path coordinate of the front bumper.
package struct CapAhead: Sendable {
  package var station = Metres.zero
  package var cap = MetresPerSecond(.infinity)

  package init() {}
  package init(station: Metres, cap: MetresPerSecond) {
    self.station = station
    self.cap = cap
  }
}

/// What bounds the motion besides the route.
package struct MotionLimits: Sendable {
  package var authority = MovementAuthority()
  /// The lowest cap of the zones that the truck touches, and of degraded states.
  package var speedCapHere = MetresPerSecond(.infinity)
  /// Lower than that, for the plan alone.
  package var plannedCapHere = MetresPerSecond(.infinity)
  /// What the plan needs to brake with for that, where comfort is not enough; zero else.
  package var urgentDeceleration = MetresPerSecondSquared.zero
  /// As hard as it may then brake in all, but for what it makes up for on a slope.
  package var hardestDeceleration = MetresPerSecondSquared(.infinity)
  package var capsAhead = InlineArray<16, CapAhead>(repeating: CapAhead())
  package var capCount = 0
  /// False when not dry, when the trailer is unladen or its ABS is faulty (S-7).
  package var retarderAllowed = false
  /// What the accelerometer feels along the truck while it stands, which is the slope; NaN while it
  /// moves or has none.
  package var feltAtStandstill = MetresPerSecondSquared(.nan)
  /// What the gate lets the wheel do here.
  package var steering = SteeringBounds()
  /// Whether the truck does what is commanded here, as it does not while a person drives.
  package var isObeyed = true
  /// What the brakes are counted on for; NaN for what the profile says (S-8).
  package var assumedDeceleration = MetresPerSecondSquared(.nan)
  /// What the brakes give of a demand; more is demanded for that (S-8).
  package var brakeShare = Fraction(1)
  /// Of the supervised curves, below which the planner's stays (S-11).
  package var comfortDeceleration = MetresPerSecondSquared(.infinity)
  package var emergencyDeceleration = MetresPerSecondSquared(.infinity)
  /// Of a `stop` request.
  package var stopDeceleration = MetresPerSecondSquared(1)

  package init() {}

  package mutating func append(_ cap: CapAhead) {
    guard capCount < 16 else { return }
    capsAhead[capCount] = cap
    capCount += 1
  }
}

/// What the follower decided.
package struct FollowerOutput: Sendable {
  /// Curvature, steering intent, torque, retarder, service brake and gear; lamps and parking brakes
  /// are the caller's.
  package var command = Command()
  package var targetSpeed = MetresPerSecond.zero
  package var targetAcceleration = MetresPerSecondSquared.zero
  /// Standing at the stop target, or told to hold.
  package var isHolding = false
  /// Sine of the slope where the rear axle is, by the map.
  package var grade = 0.0

  package init() {}
}

/// Follows the route: lateral control, speed planning, powertrain and brake blending.
///
/// Each cycle call `locate`, find the caps of the zones for the path state it gives, then `step`.
package struct PathFollower: Sendable, Visitable {
  package private(set) var cursor = RouteCursor()
  package private(set) var lateral = LateralController()
  package private(set) var check = SteeringCheck()
  package private(set) var planner = SpeedPlanner()
  private var powertrain = Powertrain()
  private var last = Instant.never
  private var index = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("cursor", &cursor)
    visitor.visit("lateral", &lateral)
    visitor.visit("check", &check)
    visitor.visit("planner", &planner)
    visitor.visit("powertrain", &powertrain)
    visitor.visit("last", &last)
    visitor.visit("index", &index)
  }

  /// Where the truck is on the route.
  package mutating func locate(
    state: borrowing VehicleState, route: borrowing Span<RoutePiece>,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration
  ) -> PathState {
    cursor.locate(state, route: route, parameters: parameters, configuration: configuration)
  }

  /// Finds the route before the first cycle, however long that takes.
  ///
  /// For hosts that begin in motion; in a cycle the search is bounded and may take several.
  package mutating func seek(
    state: borrowing VehicleState, route: borrowing Span<RoutePiece>,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration
  ) {
    for _ in 0...route.count where !cursor.isLocked {
      _ = locate(
        state: state, route: route, parameters: parameters, configuration: configuration)
    }
  }

  /// The command of this cycle; `path` is what `locate` gave for the same state.
  ///
  /// Without a speed nothing is planned: the truck brakes and the wheel stays where it is.
  package mutating func step(
    request: MotionRequest, state given: borrowing VehicleState, path: borrowing PathState,
    route: borrowing Span<RoutePiece>, limits: borrowing @_addressable MotionLimits,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration
  ) -> FollowerOutput {
    guard let state = Self.bounded(given) else {
      var output = FollowerOutput()
      output.command.steeringEngaged = request != .standby
      output.command.curvature =
        check.isDistrusted ? check.held(parameters) : lateral.held(parameters)
      output.command.brakeDeceleration = configuration.holdDeceleration
      planner.disengage(speed: 0, front: path.frontStation.value)
      return output
    }
    let seconds = last == .never ? 0.01 : min(max((state.at - last).seconds, 0.001), 0.1)
    last = state.at
    var output = FollowerOutput()
    guard request != .standby else {
      lateral.disengage(state, parameters)
      check.disengage()
      planner.disengage(speed: state.speed.value, front: path.frontStation.value)
      output.command.curvature = state.curvature
      output.isHolding = state.isStandstill
      return output
    }
    output.command.steeringEngaged = true
    output.command.curvature = steer(
      seconds, limits, state, path, route, parameters, configuration)

    let piece = here(path, route)
    output.grade = Double(piece.grade)
    let situation = situation(
      request, state, path, piece, limits, parameters, configuration)
    let acceleration = planner.step(
      seconds: seconds, situation: situation, limits: limits, route: route, parameters: parameters,
      configuration: configuration)
    output.isHolding = planner.isHolding
    output.targetSpeed = MetresPerSecond(planner.targetSpeed)
    output.targetAcceleration = MetresPerSecondSquared(planner.targetAcceleration)
    // A truck in motion keeps its driveline, and with it the engine's drag.
    let isMoving = !state.isStandstill
    output.command.gear = request == .drive || isMoving ? .drive : .neutral
    // A stop never asks for torque (R-MRM-1).
    let wanted = request == .drive ? acceleration : min(acceleration, 0)
    powertrain.blend(
      acceleration: wanted, speed: state.speed.value, grade: Double(piece.grade), limits: limits,
      isHolding: planner.isHolding, parameters: parameters, configuration: configuration,
      into: &output.command)
    if planner.state == .movingOff {
      let slope = Double(piece.grade) - situation.untoldSlope / 9.81
      powertrain.holdBack(
        &output.command, slope: slope, brakeShare: limits.brakeShare, parameters: parameters)
    }
    powertrain.soften(
      &output.command, seconds: seconds, parameters: parameters, configuration: configuration)
    if request != .drive { output.command.driveTorque = .zero }
    planner.delivered(
      Powertrain.acceleration(
        of: output.command, speed: state.speed.value, grade: Double(piece.grade),
        brakeShare: limits.brakeShare, parameters))
    return output
  }

  /// By the first law while it agrees with the second.
  private mutating func steer(
    _ seconds: Double, _ limits: borrowing @_addressable MotionLimits,
    _ state: borrowing VehicleState, _ path: borrowing PathState,
    _ route: borrowing Span<RoutePiece>,
    _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Curvature {
    let first = lateral.step(
      seconds: seconds, acceleration: planner.targetAcceleration, state: state, path: path,
      route: route, bounds: limits.steering, parameters: parameters, configuration: configuration)
    let command = check.step(
      first: lateral.isSound ? first : nil, isObeyed: limits.isObeyed, seconds: seconds,
      state: state,
      path: path, route: route, parameters: parameters, configuration: configuration)
    if command != first { lateral.steered(command, parameters) }
    return command
  }

  /// The state with absurd values taken to zero; nil without a believable speed.
  private static func bounded(_ state: borrowing VehicleState) -> VehicleState? {
    guard state.speed.value.magnitude < 60 else { return nil }
    var result = copy state
    if !(result.acceleration.value.magnitude < 15) { result.acceleration = .zero }
    if !(result.yawRate.value.magnitude < 3) { result.yawRate = .zero }
    if !(result.curvature.value.magnitude < 1) { result.curvature = .zero }
    return result
  }

  private mutating func here(
    _ path: borrowing PathState, _ route: borrowing Span<RoutePiece>
  ) -> RoutePiece {
    guard route.count > 0 else { return RoutePiece() }
    index = RouteCursor.find(path.station.value, from: index, route)
    return route[index]
  }

  @_addressableSelf private func situation(
    _ request: MotionRequest, _ state: borrowing VehicleState, _ path: borrowing PathState,
    _ piece: RoutePiece, _ limits: borrowing @_addressable MotionLimits,
    _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> SpeedSituation {
    var situation = SpeedSituation()
    situation.front = path.frontStation.value
    situation.rear = path.rearStation.value
    situation.station = path.station.value
    situation.speed = state.speed.value
    situation.acceleration = state.acceleration.value
    let target = min(limits.authority.stopTarget, limits.authority.supervisedLimit).value
    situation.stopTarget = target.isFinite ? target : situation.front
    let cap = max(min(limits.speedCapHere, limits.plannedCapHere).value, 0)
    let posted = SpeedProfile.limit(piece, configuration)
    situation.capHere = min(min(configuration.cruiseSpeed.value, cap), posted)
    situation.limiterHere =
      situation.capHere == cap ? .capHere : situation.capHere == posted ? .route : .cruise
    if limits.plannedCapHere < limits.speedCapHere {
      situation.urgentDeceleration = max(limits.urgentDeceleration.value, 0)
      situation.hardestDeceleration = max(
        limits.hardestDeceleration.value, configuration.deceleration.value)
    }
    let grade = Double(piece.grade)
    // A reserve of 0.03 m/s2 leaves the speed loop something to correct with.
    situation.mostAcceleration =
      (Powertrain.availableForce(state.speed.value, parameters)
        - Powertrain.resistance(state.speed.value, grade: grade, parameters))
      / max(parameters.mass.value, 1_000) + planner.disturbance - 0.03
    // Less is what the accelerometer errs by.
    let untold = 9.81 * grade - limits.feltAtStandstill.value
    situation.untoldSlope = untold.magnitude > 0.15 ? min(max(untold, -0.9), 0.9) : 0
    let isOnRoute = path.isOnRoute
    situation.isDriving = request == .drive && isOnRoute
    switch request {
    case .stop: situation.stopDeceleration = limits.stopDeceleration.value
    case .hold: situation.stopDeceleration = configuration.holdDeceleration.value
    case .standby, .drive: break
    }
    return situation
  }
}
