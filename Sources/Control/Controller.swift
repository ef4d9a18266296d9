import ActuatorGate
import BorderZone
import Estimation
import PathFollowing
import ReproducibleMath
import SafeStop
import Signals
import Units
import WireCodec

/// Everything the truck decides in a 10 ms cycle, as one pure step.
///
/// It knows no clock, no I/O and no heap: the daemon, the simulator, the replayer and the
/// co-simulation server differ only in who fills `Inputs` and who consumes `Outputs`.
package struct Controller: ~Copyable {
  package let configuration: ControllerConfiguration
  let frame: SiteFrame
  package internal(set) var decoder = FrameDecoder()
  /// Every canonical signal as decoded; hosts read it for display and logs.
  package internal(set) var signals = SignalStore()
  package internal(set) var estimator = Estimator()
  var follower = PathFollower()
  var keeper = AuthorityKeeper()
  var positionCap = EasedCap()
  var degradedCap = EasedCap()
  var standstill = SafeStop.StandstillDetector()
  var health = HealthMonitor()
  var ladder = StopLadder()
  var modes = ModeMachine()
  var arming: ArmingWatch
  var moveOff = MoveOff()
  var plans = StopPlanBuilder()
  var gate = ActuatorGate()
  /// As it left the gate in the previous cycle.
  var lastCommand = Command()
  var lastSpeedCap = MetresPerSecond(.infinity)
  var steppedAt = Instant.never
  var clampedCycles: UInt64 = 0
  /// A stop that an operator or the host asked for; stays until acknowledged.
  var requestedStop = StopDemand()
  var acknowledge = PendingAcknowledge()
  var guardianEcho = GuardianEcho()
  /// Where the stop in hand ends, as a front station; NaN while none is in hand (S-12).
  var stopEnd = Metres(.nan)
  var brakes = BrakePerformance()
  var persons = PersonProtection()
  var articulation = PathArticulation()
  var ahead = VehicleAhead()
  var trip: Trip
  var clock = ClockWatch()

  package init(configuration: ControllerConfiguration) {
    trip = Trip(configuration)
    arming = ArmingWatch(configuration)
    self.configuration = configuration
    frame = SiteFrame(
      latitude: configuration.originLatitude, longitude: configuration.originLongitude,
      height: configuration.originHeight)
  }

  /// Takes the truck as armed and driving at a known pose.
  ///
  /// For co-simulation alone, whose plants begin in motion: no host of a real truck calls this.
  package mutating func beginInMotion(
    at now: Instant, east: Metres, north: Metres, heading: Radians, speed: MetresPerSecond,
    route: borrowing Span<RoutePiece>
  ) {
    estimator.initialise(
      at: now, east: east, north: north, heading: heading, speed: speed,
      positionSigma: Metres(0.02), headingSigma: Radians(0.002),
      configuration: configuration.estimator)
    var state = VehicleState()
    (state.east, state.north, state.heading) = (east, north, heading)
    state.headingObserved = true
    state.trust = .trusted
    follower.seek(
      state: state, route: route, parameters: trip.vehicle,
      configuration: configuration.follower)
    modes.beginInMotion()
    moveOff.beginInMotion(at: now)
  }

  /// Decides one cycle.
  package mutating func step(
    _ inputs: borrowing @_addressable Inputs, route: borrowing Span<RoutePiece>
  ) -> Outputs {
    decoder.decode(inputs.frames, table: configuration.frames, into: &signals)
    var cycle = Cycle(
      at: inputs.now, Feedback(signals, table: configuration.frames, at: inputs.now))
    cycle.elapsed = steppedAt == .never ? .zero : inputs.now - steppedAt
    steppedAt = inputs.now
    trip.take(
      inputs.trailer, mode: modes.mode, isStandstill: standstill.isStandstill,
      configuration: configuration)
    cycle.state = estimator.step(
      now: inputs.now, signals: signals, gnss: inputs.gnss, gnssCount: inputs.gnssCount,
      parameters: trip.vehicle, frame: frame, configuration: configuration.estimator)
    standstill.step(
      cycle.feedback, motion: signedMotion(inputs, cycle.state),
      brakeDemand: lastCommand.brakeDeceleration, at: inputs.now,
      configuration: configuration.safeStop)
    cycle.path = follower.locate(
      state: cycle.state, route: route, parameters: trip.vehicle,
      configuration: configuration.follower)
    estimator.noteRoute(deviation: cycle.path.lateralDeviation, isOnRoute: cycle.path.isOnRoute)
    cycle.events.listensOnly = inputs.records.listensOnly
    take(inputs, &cycle)
    judgeTrailer(inputs, &cycle)
    boundByBrakes(inputs, &cycle)
    lookAhead(cycle)
    bound(&cycle)
    judge(inputs, &cycle)
    decide(&cycle)
    command(&cycle, route)
    plan(&cycle, route)
    passGate(&cycle)
    learnBrakes(inputs, cycle)
    return outputs(inputs, cycle)
  }
}

// MARK: - What came in

extension Controller {
  /// Facts of operator and clerk, in order.
  private mutating func take(_ inputs: borrowing @_addressable Inputs, _ cycle: inout Cycle) {
    for i in 0..<inputs.factCount {
      let fact = inputs.facts[i]
      switch fact.kind {
      case .none: continue
      case .acknowledge: takeAcknowledge(at: inputs.now)
      case .stop: requestedStop.raise(to: StopDemand(.comfortStop, .operatorStop))
      case .shutdown: requestedStop.raise(to: StopDemand(.comfortStop, .shutdown))
      case .arm: cycle.events.armRequested = true
      case .disarm: cycle.events.disarmRequested = true
      case .release:
        // Lost, not kept: whoever released hears the refusal from the host and decides anew.
        guard inputs.records.keepsTheDrive || inputs.records.listensOnly else { continue }
        keeper.releaseReceived(line: fact.argument, zones: configuration.zones)
      case .revoke: keeper.revocationReceived(line: fact.argument, zones: configuration.zones)
      case .surface:
        trip.surfaceReceived(fact.argument, isStandstill: standstill.isStandstill)
      }
    }
    // A stop that was asked for in MANUAL has nothing to stop.
    if !modes.mode.isDriven { requestedStop = StopDemand() }
  }

  /// Clears what waits for an acknowledge alone; whether the stop may be left is judged then.
  ///
  /// Only HELD is left by one: earlier the parking brakes are not yet confirmed, and a ladder that
  /// was left then would never set them.
  private mutating func takeAcknowledge(at now: Instant) {
    guard modes.mode == .held else { return }
    requestedStop = StopDemand()
    health.acknowledge()
    standstill.forgiveMotion()
    acknowledge.give(at: now)
  }

  /// The trailer of this trip, and whether retarder and engine may brake before it (S-7).
  private mutating func judgeTrailer(_ inputs: borrowing @_addressable Inputs, _ cycle: inout Cycle)
  {
    clock.step(inputs, latency: configuration.vehicle.gnssLatency)
    cycle.trailer = trip.judge(
      cycle.feedback,
      utc: clock.report.allowsCommit ? (inputs.now + inputs.utcOffset).nanoseconds : nil,
      configuration: configuration)
    cycle.limits.retarderAllowed = trip.allowsRetarder(cycle.trailer)
  }

  /// How far and how fast: authority, and the caps here and ahead.
  private mutating func bound(_ cycle: inout Cycle) {
    let front = cycle.path.frontStation
    guard cycle.path.isOnRoute else {
      cycle.authority.stopTarget = .zero
      cycle.authority.supervisedLimit = .zero
      cycle.limits.speedCapHere = .zero
      return
    }
    (cycle.authority, cycle.holdLine) = keeper.authority(
      front: front, zones: configuration.zones, commit: commitment(cycle))
    // S-12: a stop shrinks the limit to its own end, never beyond what was there; gate and plan go on
    // to defend the danger point, else a truck that slows less than planned were braked harder.
    cycle.dangerPoint = cycle.authority.supervisedLimit
    if stopEnd.isFinite, stopEnd < cycle.authority.supervisedLimit {
      cycle.authority.supervisedLimit = stopEnd
      cycle.authority.stopTarget = min(cycle.authority.stopTarget, stopEnd)
    }
    cycle.limits.authority = cycle.authority
    cycle.boundSteering(configuration.limits)
    if standstill.isStandstill {
      cycle.limits.feltAtStandstill = MetresPerSecondSquared(
        cycle.feedback[.longitudinalAcceleration])
    }
    cycle.limits.speedCapHere = configuration.zones.cap(rear: cycle.path.rearStation, front: front)
    cycle.lower(to: configuration.limits.speedCap, .truck)
    cycle.lower(to: brakeCap(), .brakes)
    lowerToEasedCaps(&cycle)
    persons.step(cycle, configuration)
    if persons.needsField { cycle.lower(to: persons.fieldCap, .protectiveField) }
    cycle.follow(ahead, hardest: cycle.curves.comfort)
    let zones = configuration.zones.zones.span
    for i in 0..<configuration.zones.zoneCount where zones[i].start > front {
      cycle.limits.append(CapAhead(station: zones[i].start, cap: persons.cap(zones[i])))
    }
  }

  /// Health of inputs and actuators, and whether the truck may be armed.
  private mutating func judge(_ inputs: borrowing @_addressable Inputs, _ cycle: inout Cycle) {
    var observation = HealthObservation()
    observation.now = inputs.now
    observation.command = lastCommand
    observation.isEngaged = modes.mode == .autonomous || modes.mode == .stopping
    observation.isStandstill = standstill.isStandstill
    observation.movedAtStandstill = standstill.movedAtStandstill
    observation.path = cycle.path
    observation.speedCap = lastSpeedCap
    observation.positionIsUsable = cycle.state.trust >= .deadReckoning && cycle.path.isOnRoute
    observation.buses = inputs.buses
    for i in 0..<Inputs.busCapacity { observation.buses[i].echo = inputs.guardian.echoes[i] }
    observation.isRollingBack = standstill.isRollingBack
    observation.rollBackSpeed = standstill.rollBackSpeed
    observation.isStopInHand = ladder.isStopping
    if !observation.positionIsUsable {
      observation.positionLoss = estimator.positionLoss(
        of: cycle.state, isOnRoute: cycle.path.isOnRoute, configuration: configuration.estimator)
    }
    observation.steeringDoubt = follower.check.doubt
    observation.implausibleSpeed = standstill.implausibleSpeed
    observation.needsProtectiveField = persons.needsField
    observation.needsAttendant = persons.needsAttendant
    observation.articulation = articulation.angle
    observation.radarContradiction = ahead.contradiction
    cycle.health = health.step(
      observation, feedback: cycle.feedback, decoder: decoder, table: configuration.frames,
      configuration: configuration.safeStop, vehicle: trip.vehicle)
    let goesOn = cycle.health.presentLevel >= .comfortStop || requestedStop.level >= .comfortStop
    if modes.mode != .held || goesOn { acknowledge.withdraw() }
    cycle.events.acknowledged = acknowledge.counts(
      at: inputs.now, times: configuration.safeStop.times)
    switch inputs.records.recording {
    case .none, .kept: break
    case .short: cycle.health.faults.insert(.recordingShort)
    case .failed: cycle.health.faults.insert(.recordingFailed)
    }
    cycle.demand = cycle.health.demand
    cycle.demand.raise(to: inputs.supervisorDemand)
    cycle.demand.raise(to: requestedStop)
    let guardian = guardianEcho.demand(
      inputs.guardian.state, isDriving: modes.mode == .autonomous, at: inputs.now,
      times: configuration.safeStop.times)
    cycle.demand.raise(to: guardian.demand)
    noteDemands(
      supervisor: inputs.supervisorDemand, guardian: guardian.demand,
      guardianStoppedFor: guardian.reading, at: inputs.now)
    arming.judge(
      inputs, &cycle, mode: modes.mode, isStandstill: standstill.isStandstill,
      configuration: configuration)
  }
}

// MARK: - What to do

extension Controller {
  /// Mode and ladder of this cycle.
  private mutating func decide(_ cycle: inout Cycle) {
    var events = LadderEvents()
    events.now = cycle.now
    let takesOver = cycle.driverTakesOver(
      modes.mode, ladder.phase, configuration.safeStop.driverResponse)
    events.demand = modes.mode.isDriven && !takesOver ? cycle.demand : StopDemand()
    if modes.mode == .shadow, cycle.demand.level == .degraded { events.demand = cycle.demand }
    events.isStandstill = standstill.isStandstill
    events.parkingBrakesAreConfirmed = cycle.feedback.parkingBrakesAreConfirmed
    events.isAcknowledged =
      cycle.events.acknowledged && standstill.isStandstill
      && cycle.feedback.parkingBrakesAreConfirmed
    events.speed = MetresPerSecond(cycle.feedback.highestSpeed)
    events.lateralDeviation = cycle.path.isOnRoute ? cycle.path.lateralDeviation : Metres(.nan)
    cycle.stop = ladder.step(events, configuration: configuration.safeStop)
    noteEscalation(cycle.stop, at: cycle.now)

    cycle.events.stopDemanded = cycle.stop.isStopping
    // Ladder and mode leave a stop in the same cycle or not at all.
    if cycle.stop.isStopping { cycle.events.acknowledged = false }
    cycle.events.isHeld =
      standstill.isStandstill && cycle.feedback.parkingBrakesAreConfirmed
    cycle.events.readyToArm = cycle.arming.refused == 0 && !cycle.stop.isStopping
    cycle.events.driverTookOver = takesOver
    // Feedback still reads "set" just after the brakes were told to release: only a command that
    // holds them makes it safe to fall silent.
    let holds = lastCommand.tractorParkingBrake && lastCommand.trailerParkingBrake
    cycle.events.disarmRequested = cycle.events.disarmRequested && holds
    cycle.obstacle = obstacleToMove(cycle)
    cycle.events.mayMove = cycle.obstacle == .none
    cycle.action = modes.handle(cycle.events)
    followLadder(cycle)
  }

  @_addressableSelf private func obstacleToMove(
    _ cycle: borrowing @_addressable Cycle
  ) -> MoveObstacle {
    if !cycle.path.isOnRoute { return .offRoute }
    if cycle.stop.isStopping { return .stopInForce }
    if cycle.feedback.isSet(.independentBrakeTripped) { return .brakePathTripped }
    // What guards persons counts where the truck moves off, not where it drives.
    let isProtected = persons.allowsMoveOff(cycle.feedback, at: cycle.now)
    if moveOff.phase != .driving, !isProtected { return .personsUnprotected }
    // C12: what was verified before the drive holds at every move-off.
    if moveOff.phase != .driving, cycle.arming.refused & ArmingCheck.trailerRows != 0 {
      return .trailerUnverified
    }
    let room = cycle.authority.stopTarget - cycle.path.frontStation
    if room > configuration.follower.moveOffDistance { return ahead.blocks ? .vehicleAhead : .none }
    guard keeper.isWithheld else { return .noAuthority }
    return brakes.account.endsTrip ? .brakesWeak : .positionSuspect
  }

  private mutating func followLadder(_ cycle: borrowing @_addressable Cycle) {
    switch cycle.action {
    case .stop:
      moveOff.stopDemanded()
    case .handOver:
      // The driver has the truck: nothing of the stop goes on when it is armed again.
      ladder = StopLadder()
      moveOff.stopDemanded()
      requestedStop = StopDemand()
      health.acknowledge()
      stopEnd = Metres(.nan)
    case .release, .silent, .compare, .stand:
      stopEnd = Metres(.nan)
    case .drive: break
    }
  }

  /// The command before the gate.
  private mutating func command(_ cycle: inout Cycle, _ route: borrowing Span<RoutePiece>) {
    switch cycle.action {
    case .silent, .handOver, .stand, .release:
      follow(.standby, &cycle, route)
      stand(&cycle)
    case .compare:
      cycle.limits.isObeyed = false
      follow(.drive, &cycle, route)
      cycle.command.gear = .drive
    case .drive: drive(&cycle, route)
    case .stop:
      cycle.limits.stopDeceleration = cycle.stop.brakeDeceleration
      follow(.stop, &cycle, route)
    }
    cycle.stop.constrain(&cycle.command)
  }

  private mutating func drive(_ cycle: inout Cycle, _ route: borrowing Span<RoutePiece>) {
    var events = MoveOff.Events()
    events.now = cycle.now
    events.mayMove = cycle.events.mayMove
    events.isStandstill = standstill.isStandstill
    events.isReleased = cycle.feedback.isReleased
    switch moveOff.handle(events) {
    case .standing:
      follow(.standby, &cycle, route)
      stand(&cycle)
    case .warning:
      follow(.standby, &cycle, route)
      stand(&cycle)
      cycle.command.horn = true
      cycle.command.hazardLamps = true
    case .releasing:
      follow(.hold, &cycle, route)
      cycle.command.gear = .drive
      cycle.command.hazardLamps = true
    case .driving:
      follow(.drive, &cycle, route)
      cycle.command.gear = .drive
    }
  }

  private mutating func follow(
    _ request: MotionRequest, _ cycle: inout Cycle, _ route: borrowing Span<RoutePiece>
  ) {
    let output = follower.step(
      request: request, state: cycle.state, path: cycle.path, route: route, limits: cycle.limits,
      parameters: trip.vehicle, configuration: configuration.follower)
    cycle.command = output.command
    cycle.targetSpeed = output.targetSpeed
    cycle.grade = output.grade
  }

  /// Parked: everything off but the brakes.
  @_addressableSelf private func stand(_ cycle: inout Cycle) {
    cycle.command = Command()
    let measured = cycle.feedback.curvature(trip.vehicle)
    cycle.command.curvature = Curvature(measured.isFinite ? measured : 0)
    cycle.command.tractorParkingBrake = true
    cycle.command.trailerParkingBrake = true
    cycle.command.brakeDeceleration = configuration.safeStop.holdDeceleration
    cycle.command.brakeLamps = true
  }
}
