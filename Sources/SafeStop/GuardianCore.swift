import ActuatorGate
import NetworkManagement
import Signals
import Units
import WireCodec

/// The one sender's decisions, 100 times a second (architecture.md 1.4): relays the daemon's fresh
/// command through its own gate, else plays the stop plan, and holds until acknowledged.
package struct GuardianCore: Sendable, Visitable {
  package private(set) var state = GuardianState.starting
  private var signals = SignalStore()
  var decoder = FrameDecoder()
  var health = HealthMonitor()
  var standstill = StandstillDetector()
  var watch = DaemonWatch()
  private var ladder = StopLadder()
  private var player = StopPlanPlayer()
  private var gate = ActuatorGate()
  private var sender = FrameSender()
  var network = NetworkManager()
  /// As sent in the previous cycle.
  var command = Command()
  private var steppedAt = Instant.never
  private var heartbeat: UInt64 = 0
  private var relayedSequence: UInt64 = 0
  private var clampedCycles: UInt64 = 0
  /// Whether, in this stop, the daemon's steering is still followed.
  private var steersByDaemon = false
  var acknowledge = PendingAcknowledge()
  /// Moves already, or the own inputs have been good long enough to let a parked truck go.
  private var mayLeaveRest = false
  private var handOver = DriverHandOver()
  /// The supervised limit as a reading of the own odometer.
  private var limit = LimitMemory()

  /// Of this cycle, whatever the stop began for.
  private var brakesFail = false

  /// An earlier guardian of this truck took part and may have left a stop in hand (S-15).
  private var inheritsStop = false

  /// - Parameter inheritsStop: an earlier guardian sent frames and has not said that it was done.
  package init(inheritsStop: Bool = false) { self.inheritsStop = inheritsStop }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("state", &state)
    visitor.visit("signals", &signals)
    visitor.visit("decoder", &decoder)
    visitor.visit("health", &health)
    visitor.visit("standstill", &standstill)
    visitor.visit("watch", &watch)
    visitor.visit("ladder", &ladder)
    visitor.visit("player", &player)
    visitor.visit("gate", &gate)
    visitor.visit("sender", &sender)
    visitor.visit("network", &network)
    visitor.visit("command", &command)
    visitor.visit("steppedAt", &steppedAt)
    visitor.visit("heartbeat", &heartbeat)
    visitor.visit("relayedSequence", &relayedSequence)
    visitor.visit("clampedCycles", &clampedCycles)
    visitor.visit("steersByDaemon", &steersByDaemon)
    visitor.visit("acknowledge", &acknowledge)
    visitor.visit("mayLeaveRest", &mayLeaveRest)
    visitor.visit("handOver", &handOver)
    visitor.visit("limit", &limit)
    visitor.visit("inheritsStop", &inheritsStop)
  }

  /// One cycle.
  ///
  /// - Parameter slot: what the daemon last published; nil when it could not be read.
  package mutating func step(
    _ circumstances: GuardianCircumstances, frames: borrowing @_addressable FrameBatch,
    slot: DaemonSlot?,
    configuration: borrowing @_addressable GuardianConfiguration
  ) -> GuardianOutput {
    let now = circumstances.now
    let elapsed = steppedAt == .never ? Interval.milliseconds(10) : max(now - steppedAt, .zero)
    steppedAt = now
    heartbeat &+= 1
    decoder.decode(frames, table: configuration.frames, into: &signals)
    let settings = configuration.safeStop
    let feedback = Feedback(signals, table: configuration.frames, at: now)
    standstill.step(
      feedback, brakeDemand: command.brakeDeceleration, at: now, configuration: settings)
    let daemon = watch.step(
      slot, isAlive: circumstances.daemonIsAlive,
      configurationHash: circumstances.configurationHash, at: now, times: settings.times)
    let isParked = standstill.isStandstill && feedback.parkingBrakesAreConfirmed
    takeAcknowledge(daemon, at: now)
    let verdict = judgeHealth(circumstances, feedback, configuration)
    network.step(
      state, watch.slot, isFresh: daemon == .fresh, now, frames, configuration.network,
      isParked: isParked)
    let measured = feedback.gateMeasurement(configuration.vehicle, standstill)
    mayLeaveRest = verdict.inputsAreReady || !isParked

    followLimit(daemon)
    offerPlan(daemon, measured, feedback, now, configuration)
    handOver.note(verdict, at: now)
    var demand = demand(daemon, verdict, circumstances, feedback)
    transit(daemon, demand, feedback, measured, now, settings)
    continueStop(daemon, verdict, &demand, measured, now, settings)
    if verdict.presentLevel >= .comfortStop { acknowledge.withdraw() }
    let action = ladder.step(
      events(demand, daemon, feedback, now, settings), configuration: settings)
    settle(action, feedback)

    var output = GuardianOutput()
    brakesFail = verdict.faults.contains(.brakeNotObeyed) || action.reason == .brakeNotObeyed
    drive(action, feedback, measured, elapsed, now, configuration, &output)
    output.demand = StopDemand(action.level, action.reason)
    output.faults = verdict.faults
    if action.parkingBrakesFailed { output.faults.insert(.parkingBrakeNotObeyed) }
    output.isPlayingPlan = state == .stopping && !steersByDaemon && player.isPlayingPlan
    output.mayExit = mayExit(circumstances, feedback)
    network.report(watch.slot, into: &output)
    fillReport(circumstances, &output)
    return output
  }
}

// MARK: - What the guardian knows

extension GuardianCore {
  /// Whether frames are being sent.
  package var takesPart: Bool { @_addressableSelf get { state.isSending } }

  private var modeIsManual: Bool {
    @_addressableSelf get { watch.slot.mode == .manual || watch.slot.mode == .shadow }
  }

  /// The distance that is left, by the own odometer.
  private var distanceToLimit: Metres {
    @_addressableSelf get {
      limit.limit - standstill.odometer
    }
  }

  /// Follows the published limit, by the own odometer; in a stop, the own or the daemon's, it never
  /// grows, and does not shrink by that stop either (I-7, S-12).
  private mutating func followLimit(_ daemon: DaemonState) {
    guard daemon == .fresh else { return }
    let age = max((steppedAt - watch.slot.publishedAt).seconds, 0)
    let driven = Metres(highest(standstill.speed.value, 0) * age)
    let isDaemons = watch.slot.mode == .stopping || watch.slot.mode == .held
    // Between two cycles published and own distance differ by centimetres.
    limit.follow(
      standstill.odometer + watch.slot.distanceToLimit - driven,
      revision: watch.slot.authorityRevision,
      isStopping: isDaemons || state == .stopping || state == .held, tolerance: Metres(0.5))
  }

  /// Keeps the latest plan that the own gate accepts from the own feedback (S-14).
  private mutating func offerPlan(
    _ daemon: DaemonState, _ measured: GateMeasurement, _ feedback: @_addressable Feedback,
    _ now: Instant,
    _ configuration: borrowing @_addressable GuardianConfiguration
  ) {
    guard daemon == .fresh, state == .relaying || (state == .stopping && steersByDaemon) else {
      return
    }
    let isAccepted = ActuatorGate.accepts(
      watch.slot.plan, measured: measured, limits: configuration.limits,
      distanceToLimit: distanceToLimit + measured.highestSpeed
        * configuration.safeStop.times.planAge)
    guard isAccepted else { return }
    player.offer(
      watch.slot.plan, odometer: standstill.odometer,
      speed: standstill.speed, at: now, configuration: configuration.safeStop)
  }

  /// Everything that wants the truck stopped; nothing while the guardian takes no part.
  @_addressableSelf private func demand(
    _ daemon: DaemonState, _ verdict: HealthVerdict, _ circumstances: GuardianCircumstances,
    _ feedback: @_addressable Feedback
  ) -> StopDemand {
    var demand = StopDemand()
    guard takesPart else { return demand }
    demand.raise(to: network.demand)
    if daemon != .fresh { demand.raise(to: StopDemand(.comfortStop, daemon.reason)) }
    if circumstances.endIsRequested || watch.slot.shutdown {
      demand.raise(to: StopDemand(.comfortStop, .shutdown))
    }
    guard isEngaged || !standstill.isStandstill else { return demand }
    demand.raise(to: verdict.demand)
    if daemon == .fresh { demand.raise(to: watch.slot.supervisorDemand) }
    guard state == .relaying else { return demand }
    // A truck that stands parked just stays so: daemon and guardian find inputs good on their own,
    // one of them a cycle before the other.
    if watch.slot.mode == .autonomous, mayLeaveRest, !verdict.inputsAreReady {
      demand.raise(to: StopDemand(.comfortStop, verdict.notReady))
    }
    if modeIsManual { demand.raise(to: StopDemand(.comfortStop, .commandInvalid)) }
    return demand
  }

  @_addressableSelf private func events(
    _ demand: StopDemand, _ daemon: DaemonState, _ feedback: @_addressable Feedback,
    _ now: Instant, _ settings: @_addressable SafeStopConfiguration
  ) -> LadderEvents {
    var events = LadderEvents()
    events.now = now
    events.demand = demand
    events.isStandstill = standstill.isStandstill
    events.parkingBrakesAreConfirmed = feedback.parkingBrakesAreConfirmed
    let mayLeave = watch.slot.mode != .stopping && watch.slot.mode != .held
    events.isAcknowledged =
      daemon == .fresh && mayLeave && acknowledge.counts(at: now, times: settings.times)
    events.speed = standstill.speed
    events.distanceToLimit = distanceToLimit
    return events
  }
}

// MARK: - What the guardian becomes

extension GuardianCore {
  private mutating func transit(
    _ daemon: DaemonState, _ demand: StopDemand, _ feedback: @_addressable Feedback,
    _ measured: GateMeasurement, _ now: Instant, _ settings: @_addressable SafeStopConfiguration
  ) {
    if daemon == .fresh, modeIsManual, handOver.isDue(state, demand, now, settings) {
      (state, command, ladder) = (.idle, Command(), StopLadder())
      health.acknowledge()
      return
    }
    switch state {
    case .starting:
      guard watch.hasSlot else { return }
      if modeIsManual, !inheritsStop {
        state = .idle
      } else {
        // An earlier guardian commanded this truck: nothing but its stop goes on (S-15), though
        // a restarted daemon may already say MANUAL.
        inheritsStop = false
        beginStop(daemon, StopDemand(.comfortStop, .restarted), measured, now, settings)
        ladder.resume(isStandstill: false, reason: .restarted, at: now)
      }
    case .idle:
      if daemon == .replaced { watch.followCurrent() }
      let wantsToDrive = watch.slot.mode == .armed || watch.slot.mode == .autonomous
      let mayBegin = daemon == .fresh && watch.slot.transmitAllowed && wantsToDrive
      guard mayBegin, standstill.isStandstill, network.isReady else { return }
      state = .relaying
      gate.beginHandOver()
      player.forget()
    case .relaying:
      if demand.level >= .comfortStop {
        beginStop(daemon, demand, measured, now, settings)
      } else if modeIsManual, standstill.isStandstill, feedback.parkingBrakesAreConfirmed {
        state = .idle
        command = Command()
      }
    case .stopping:
      break
    case .held:
      if daemon == .replaced {
        watch.followCurrent()
        player.forget()
      }
    }
  }

  private mutating func beginStop(
    _ daemon: DaemonState, _ demand: StopDemand, _ measured: GateMeasurement, _ now: Instant,
    _ settings: @_addressable SafeStopConfiguration
  ) {
    state = .stopping
    acknowledge.withdraw()
    steersByDaemon = daemon == .fresh && demand.reason.leavesSteeringTrusted
    if !steersByDaemon {
      player.start(measured: measured.curvature, at: now, configuration: settings)
    }
  }

  /// Who steers during a stop: the daemon while it can be believed, then the plan, then nobody.
  private mutating func continueStop(
    _ daemon: DaemonState, _ verdict: HealthVerdict, _ demand: inout StopDemand,
    _ measured: GateMeasurement, _ now: Instant, _ settings: @_addressable SafeStopConfiguration
  ) {
    guard state == .stopping else { return }
    if steersByDaemon, daemon != .fresh || !demand.reason.leavesSteeringTrusted {
      steersByDaemon = false
      player.start(measured: measured.curvature, at: now, configuration: settings)
    }
    if verdict.faults.steeringIsLost {
      steersByDaemon = false
      player.abandonSteering(measured: measured.curvature)
    }
    player.note(measured: measured.curvature)
    if !steersByDaemon, !player.isPlayingPlan {
      let cause = demand.reason == .none ? Reason.planUnfit : demand.reason
      demand.raise(to: StopDemand(.emergencyStop, cause))
    }
  }

  private mutating func settle(_ action: StopAction, _ feedback: @_addressable Feedback) {
    guard state == .stopping || state == .held else { return }
    switch action.phase {
    case .comfort, .emergency: state = .stopping
    case .held: state = .held
    case .nominal, .degraded:
      // S-19: silence only after the parking brakes are confirmed; relaying holds until then.
      state = modeIsManual && feedback.parkingBrakesAreConfirmed ? .idle : .relaying
      if state == .idle { command = Command() }
      acknowledge.withdraw()
      player.forget()
    }
  }
}

// MARK: - What the guardian sends

extension GuardianCore {
  private mutating func drive(
    _ action: StopAction, _ feedback: @_addressable Feedback, _ measured: GateMeasurement,
    _ elapsed: Interval,
    _ now: Instant, _ configuration: borrowing @_addressable GuardianConfiguration,
    _ output: inout GuardianOutput
  ) {
    guard takesPart, network.mayFinishStop else { return }
    var proposal = proposal(feedback, now, configuration)
    action.constrain(&proposal)
    let verdict = gate.apply(
      proposal, measured: measured, limits: configuration.limits,
      distanceToLimit: distanceToLimit, elapsed: elapsed)
    if !verdict.clamps.isEmpty { clampedCycles &+= 1 }
    command = verdict.command
    output.command = command
    output.clamps = verdict.clamps
    // S-4: brakes that do not obey leave the independent path, which trips when its enable stops.
    let isHandedOver = brakesFail && isEngaged && !standstill.isStandstill
    sender.send(
      command, enable: !isHandedOver, at: now, configuration: configuration, into: &output)
    if state == .relaying { relayedSequence = watch.slot.sequence }
  }

  @_addressableSelf private func proposal(
    _ feedback: @_addressable Feedback, _ now: Instant,
    _ configuration: borrowing @_addressable GuardianConfiguration
  ) -> Command {
    switch state {
    case .starting, .idle:
      return Command()
    case .relaying:
      return watch.slot.relayed(configuration.safeStop, mayLeaveRest: mayLeaveRest)
    case .stopping:
      if steersByDaemon {
        var followed = watch.slot.command
        followed.driveTorque = .zero
        return followed
      }
      var played = Command()
      played.gear = command.gear
      played.steeringEngaged = true
      played.curvature = player.curvature(
        odometer: standstill.odometer, speed: standstill.speed,
        vehicle: configuration.vehicle)
      played.brakeDeceleration = player.deceleration(at: now)
      // A parking brake that is found set, by the independent path say, is not released (S-2).
      played.tractorParkingBrake = feedback.isSet(.tractorParkingBrake)
      played.trailerParkingBrake = feedback.isSet(.trailerParkingBrake)
      return played
    case .held:
      return Command()
    }
  }

  @_addressableSelf private func mayExit(
    _ circumstances: GuardianCircumstances, _ feedback: @_addressable Feedback
  ) -> Bool {
    guard takesPart else { return !inheritsStop }
    let isWanted = circumstances.endIsRequested || watch.slot.shutdown
    return isWanted && state == .held && standstill.isStandstill
      && feedback.parkingBrakesAreConfirmed
  }

  @_addressableSelf private func fillReport(
    _ circumstances: GuardianCircumstances, _ output: inout GuardianOutput
  ) {
    output.report.heartbeat = heartbeat
    // Until this guardian takes part, the stop that it inherits must not look like none.
    output.report.state = state == .starting && inheritsStop ? .stopping : state
    output.report.relayedSequence = relayedSequence
    output.report.framesSent = sender.sent
    output.report.framesDropped = circumstances.framesDropped
    output.report.clamps = clampedCycles
    for i in 0..<4 { output.report.echoes[i] = circumstances.buses[i].echo }
  }
}
