import ActuatorGate
import BorderZone
import PathFollowing
import ReproducibleMath
import SafeStop
import Signals
import Units
import WireCodec

// What the step hands on: plan, gate, outputs.
extension Controller {
  mutating func plan(_ cycle: inout Cycle, _ route: borrowing Span<RoutePiece>) {
    var request = StopPlanRequest()
    request.state = cycle.state
    request.path = cycle.path
    request.measured = measurement(cycle)
    request.brakeShare = Fraction(brakes.believedShare)
    request.spacing = StopPlanBuilder.spacing(
      at: cycle.state.speed, brakeShare: request.brakeShare, vehicle: trip.vehicle,
      configuration: configuration.safeStop)
    request.curvatures = RoutePreview.curvatures(
      of: route, from: cycle.path.station, spacing: request.spacing)
    articulation.step(
      cycle.state, curvature: request.curvatures[0], elapsed: cycle.elapsed,
      isEngaged: cycle.path.isOnRoute
        && (modes.mode == .autonomous || modes.mode == .stopping),
      vehicle: trip.vehicle)
    request.routeIdentifier = configuration.routeIdentifier
    request.distanceToLimit = cycle.dangerPoint - cycle.path.frontStation
    cycle.plan = plans.build(
      request, vehicle: trip.vehicle, limits: configuration.limits,
      configuration: configuration.safeStop)
    if cycle.action == .stop, !stopEnd.isFinite, cycle.path.isOnRoute {
      stopEnd = cycle.path.frontStation + cycle.plan.length + configuration.safeStop.planMargin
    }
  }

  @_addressableSelf func measurement(_ cycle: borrowing @_addressable Cycle) -> GateMeasurement {
    cycle.feedback.gateMeasurement(
      trip.vehicle, standstill)
  }

  mutating func passGate(_ cycle: inout Cycle) {
    if cycle.action.isSilent { gate.beginHandOver() }
    let distance =
      cycle.path.isOnRoute
      ? cycle.dangerPoint - cycle.path.frontStation : Metres(.nan)
    let verdict = gate.apply(
      cycle.command, measured: measurement(cycle), limits: gateLimits(cycle),
      distanceToLimit: distance, elapsed: cycle.elapsed)
    if !cycle.action.isSilent {
      cycle.clamps = verdict.clamps
      cycle.command = verdict.command
    }
    if !cycle.clamps.isEmpty { clampedCycles &+= 1 }
    // What is only compared was never commanded.
    lastCommand = cycle.action == .compare ? Command() : cycle.command
    lastSpeedCap = cycle.limits.speedCapHere
  }

  @_addressableSelf func outputs(
    _ inputs: borrowing @_addressable Inputs, _ cycle: borrowing @_addressable Cycle
  ) -> Outputs {
    var outputs = Outputs()
    outputs.cycle = inputs.cycle
    outputs.command = cycle.command
    outputs.plan = cycle.plan
    outputs.mode = modes.mode
    outputs.demand = StopDemand(Self.level(of: cycle.stop.phase, cycle.demand), cycle.demand.reason)
    if cycle.stop.reason != .none { outputs.demand.reason = cycle.stop.reason }
    outputs.faults = cycle.health.faults
    outputs.state = cycle.state
    outputs.path = cycle.path
    outputs.authority = cycle.authority
    outputs.zone = Int64(configuration.zones.zone(at: cycle.path.frontStation))
    outputs.holdLine = Int64(cycle.holdLine)
    outputs.speedCap = cycle.limits.speedCapHere
    outputs.targetSpeed = cycle.targetSpeed
    outputs.needsProtectiveField = persons.needsField
    outputs.needsAttendant = persons.needsAttendant
    outputs.surface = trip.surface
    outputs.retarderAllowed = cycle.limits.retarderAllowed
    outputs.steeringDisagreement = follower.check.disagreement
    outputs.gate.clamped = cycle.clamps.bits
    outputs.gate.clampedCycles = clampedCycles
    outputs.readyToArm = cycle.events.readyToArm
    outputs.notReady = cycle.readiness
    outputs.arming = cycle.arming
    outputs.causes = health.causes
    outputs.motion = account(cycle)
    outputs.clock = clock.report
    outputs.brakes = brakes.account
    if cycle.action == .compare { outputs.demand = cycle.demand }
    return outputs
  }

  /// The level that the ladder acts on; a held stop keeps the level of its demand.
  static func level(of phase: StopPhase, _ demand: StopDemand) -> StopLevel {
    switch phase {
    case .nominal: .nominal
    case .degraded: .degraded
    case .comfort: .comfortStop
    case .emergency: .emergencyStop
    case .held: max(demand.level, .comfortStop)
    }
  }

  /// What the newest fix of this cycle says about motion along the truck (S-6).
  @_addressableSelf func signedMotion(
    _ inputs: borrowing @_addressable Inputs, _ state: VehicleState
  ) -> SignedMotion {
    var motion = SignedMotion()
    guard inputs.gnssCount > 0, state.headingObserved else { return motion }
    let fix = inputs.gnss[inputs.gnssCount - 1]
    guard fix.mode >= 2, fix.latitude.value.isFinite, fix.longitude.value.isFinite else {
      return motion
    }
    let place = frame.site(
      latitude: fix.latitude, longitude: fix.longitude,
      height: fix.height.value.isFinite ? fix.height : configuration.originHeight)
    motion.isNew = true
    motion.east = place.east
    motion.north = place.north
    motion.sigma = fix.sigma
    motion.heading = state.heading
    // Course clockwise from north against a heading counter-clockwise from east.
    let course = (90 - fix.track.value) * (pi / 180)
    motion.speed = MetresPerSecond(
      fix.speed.value * cosine(course - state.heading.value))
    return motion
  }
}
