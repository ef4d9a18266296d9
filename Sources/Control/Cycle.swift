import ActuatorGate
import PathFollowing
import SafeStop
import Signals
import Units

/// What one step works out on its way from inputs to outputs.
struct Cycle {
  let now: Instant
  let feedback: Feedback
  var elapsed = Interval.zero
  var state = VehicleState()
  var path = PathState()
  var events = ModeMachine.Events()
  var authority = MovementAuthority()
  /// The supervised limit whatever stop is in hand (S-12).
  var dangerPoint = Metres.zero
  var holdLine = -1
  var health = HealthVerdict()
  var trailer = TrailerVerdict()
  var demand = StopDemand()
  var readiness = Reason.none
  var arming = ArmingReport()
  var stop = StopAction()
  var action = ModeMachine.Action.silent
  var limits = MotionLimits()
  /// What authority is judged by (S-11).
  var curves = AuthorityCurves.none
  /// The brakes give too little for another hold line, or another trip (S-8).
  var brakesEndTrip = false
  /// Sine of the slope, by the map.
  var grade = 0.0
  /// Whose cap the truck is under here.
  var capSource = SpeedLimiter.zone
  /// What keeps the truck from moving off, the mode left aside.
  var obstacle = MoveObstacle.notArmed
  var command = Command()
  var targetSpeed = MetresPerSecond.zero
  var plan = StopPlan()
  var clamps = GateClamps()

  init(at now: Instant, _ feedback: Feedback) {
    self.now = now
    self.feedback = feedback
  }
}

extension Cycle {
  /// The wheel is planned within what the gate lets pass at the speed.
  mutating func boundSteering(_ gate: borrowing @_addressable GateLimits) {
    guard state.speed.isFinite else { return }
    let row = SteeringLimits(at: state.speed, in: gate.rows.span)
    limits.steering.curvature = Curvature(row.curvature)
    limits.steering.curvatureRate = CurvatureRate(row.curvatureRate)
    limits.steering.lateralAcceleration = MetresPerSecondSquared(row.lateralAcceleration)
    limits.steering.lateralJerk = MetresPerSecondCubed(row.lateralJerk)
  }

  mutating func lower(to cap: MetresPerSecond, _ source: SpeedLimiter) {
    guard cap < limits.speedCapHere else { return }
    limits.speedCapHere = cap
    capSource = source
  }

  /// For the plan alone: what supervises need not defend a gap.
  mutating func follow(_ ahead: borrowing VehicleAhead, hardest: MetresPerSecondSquared) {
    guard ahead.cap < limits.speedCapHere else { return }
    limits.plannedCapHere = ahead.cap
    limits.urgentDeceleration = ahead.deceleration
    limits.hardestDeceleration = hardest
    capSource = .vehicleAhead
  }

  /// Whether a driver's act ends the stack's part now (S-23).
  ///
  /// Never while something worse than a comfort stop is demanded, and from AUTONOMOUS only when
  /// the act is the cause.
  @_addressableSelf func driverTakesOver(
    _ mode: Mode, _ phase: StopPhase, _ response: DriverResponse
  ) -> Bool {
    guard response == .manual, health.faults.showDriver, demand.level < .emergencyStop else {
      return false
    }
    switch mode {
    case .autonomous: return demand.reason.isDrivers
    case .stopping: return phase != .emergency
    case .manual, .shadow, .armed, .held: return false
    }
  }
}
