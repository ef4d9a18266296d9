import ActuatorGate
import Signals
import Units
import WireCodec

/// What the supervisor sees of the control thread: its heartbeat and what it last published.
package struct SupervisorObservation: Sendable {
  package var now = Instant.never
  package var controlHeartbeat: UInt64 = 0
  package var guardianHeartbeat: UInt64 = 0
  package var mode = Mode.manual
  package var command = Command()
  package var path = PathState()
  package var authority = MovementAuthority()
  package var speedCap = MetresPerSecond(.infinity)
  package var acknowledgeCount: UInt64 = 0
  /// How persons are protected where the truck is (S-3).
  package var needsProtectiveField = false
  package var needsAttendant = false
  /// The curves as control lowers them for slope, road and brakes; NaN while it tells none (S-11).
  package var comfortDeceleration = MetresPerSecondSquared(.nan)
  package var emergencyDeceleration = MetresPerSecondSquared(.nan)
  package var buses = InlineArray<4, BusHealth>(repeating: BusHealth())

  package init() {}
}

/// What the supervisor demands.
package struct SupervisorOutput: Sendable {
  package var heartbeat: UInt64 = 0
  package var demand = StopDemand()
  package var faults = Faults()
  /// The supervisor's own front position (S-17).
  package var frontStation = Metres(.nan)

  package init() {}
}

/// The supervisor thread's decisions, 200 times a second: only demands stops.
package struct SupervisorCore: Sendable, Visitable {
  private var signals = SignalStore()
  private var decoder = FrameDecoder()
  private var health = HealthMonitor()
  private var standstill = StandstillDetector()
  private var control = Progress()
  private var guardian = Progress()
  private var heartbeat: UInt64 = 0
  private var front = Metres(.nan)
  private var steppedAt = Instant.never
  private var limit = LimitMemory()
  private var acknowledges: UInt64 = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("signals", &signals)
    visitor.visit("decoder", &decoder)
    visitor.visit("health", &health)
    visitor.visit("standstill", &standstill)
    visitor.visit("control", &control)
    visitor.visit("guardian", &guardian)
    visitor.visit("heartbeat", &heartbeat)
    visitor.visit("front", &front)
    visitor.visit("steppedAt", &steppedAt)
    visitor.visit("limit", &limit)
    visitor.visit("acknowledges", &acknowledges)
  }

  /// One cycle, with the frames of the supervisor's own receive socket.
  package mutating func step(
    _ observation: SupervisorObservation, frames: borrowing @_addressable FrameBatch,
    configuration: borrowing @_addressable GuardianConfiguration
  ) -> SupervisorOutput {
    let now = observation.now
    let elapsed = steppedAt == .never ? 0 : min(max((now - steppedAt).seconds, 0), 0.5)
    steppedAt = now
    heartbeat &+= 1
    decoder.decode(frames, table: configuration.frames, into: &signals)
    takeAcknowledge(observation)
    let settings = configuration.safeStop
    let feedback = Feedback(signals, table: configuration.frames, at: now)
    standstill.step(
      feedback, brakeDemand: observation.command.brakeDeceleration, at: now,
      configuration: settings)
    let verdict = judgeHealth(observation, feedback, configuration)
    var output = SupervisorOutput()
    output.heartbeat = heartbeat
    output.faults = verdict.faults
    output.demand = verdict.demand
    judgeThreads(observation, settings.times, &output)
    locate(observation, feedback, elapsed, settings)
    output.frontStation = front
    judgeMotion(observation, feedback, configuration, &output)
    return output
  }

  @_addressableSelf private func isEngaged(_ mode: Mode) -> Bool {
    mode == .autonomous || mode == .stopping
  }

  /// Clears what waits for an acknowledge alone, by one that comes while the truck stands (I-8); and
  /// where a driver has the truck nothing waits.
  private mutating func takeAcknowledge(_ observation: SupervisorObservation) {
    let isNew = observation.acknowledgeCount != acknowledges
    acknowledges = observation.acknowledgeCount
    let stands = standstill.isStandstill && !isEngaged(observation.mode)
    guard isNew && stands || !observation.mode.isDriven else { return }
    health.acknowledge()
    standstill.forgiveMotion()
  }

  private mutating func judgeHealth(
    _ observation: SupervisorObservation, _ feedback: @_addressable Feedback,
    _ configuration: borrowing @_addressable GuardianConfiguration
  ) -> HealthVerdict {
    var health = HealthObservation()
    health.now = observation.now
    health.command = observation.command
    health.isEngaged = isEngaged(observation.mode)
    health.isStandstill = standstill.isStandstill
    health.movedAtStandstill = standstill.movedAtStandstill
    health.isRollingBack = standstill.isRollingBack
    health.implausibleSpeed = standstill.implausibleSpeed
    health.needsProtectiveField = observation.needsProtectiveField
    health.needsAttendant = observation.needsAttendant
    health.path = observation.path
    health.speedCap = observation.speedCap
    health.buses = observation.buses
    return self.health.step(
      health, feedback: feedback, decoder: decoder, table: configuration.frames,
      configuration: configuration.safeStop, vehicle: configuration.vehicle)
  }

  /// The control thread first, then the guardian (S-17).
  private mutating func judgeThreads(
    _ observation: SupervisorObservation, _ times: SafeStopTimes, _ output: inout SupervisorOutput
  ) {
    let now = observation.now
    control.note(observation.controlHeartbeat, at: now)
    guardian.note(observation.guardianHeartbeat, at: now)
    guard observation.mode != .manual, observation.mode != .shadow else { return }
    if !control.isAlive(at: now, within: times.controlHung) {
      raise(.emergencyStop, .controlHung, &output)
    } else if !control.isAlive(at: now, within: times.controlHeartbeat) {
      raise(.comfortStop, .controlHung, &output)
    }
    if !guardian.isAlive(at: now, within: times.guardianHeartbeat) {
      raise(.comfortStop, .guardianLost, &output)
    }
  }

  @_addressableSelf private func raise(
    _ level: StopLevel, _ reason: Reason, _ output: inout SupervisorOutput
  ) {
    output.faults.insert(reason)
    output.demand.raise(to: StopDemand(level, reason))
  }

  /// Control may lower a curve, and never raise it.
  @_addressableSelf private func lowered(
    _ own: MetresPerSecondSquared, to told: MetresPerSecondSquared
  ) -> MetresPerSecondSquared {
    told < own ? told : own
  }

  /// The front's path coordinate by another speed source than control's; the estimate pulls it
  /// along by a bounded rate only, so that a position that jumps is found and not followed (S-17).
  private mutating func locate(
    _ observation: SupervisorObservation, _ feedback: @_addressable Feedback, _ elapsed: Double,
    _ settings: @_addressable SafeStopConfiguration
  ) {
    let claimed = observation.path.frontStation
    guard observation.path.isOnRoute, claimed.isFinite else { return }
    guard isEngaged(observation.mode), front.isFinite else {
      front = claimed
      return
    }
    let speed = feedback[.frontAxleSpeed].isNaN ? feedback.otherSpeed : feedback[.frontAxleSpeed]
    let driven = highest(speed.isNaN ? feedback.wheelSpeed : speed, 0) * elapsed
    let reach = max(settings.supervisorInnovationRate.value, 0) * elapsed
    front += Metres(driven)
    // What is too far off to be believed is not followed either.
    guard (claimed - front).magnitude <= settings.supervisorDisagreement else { return }
    front += (claimed - front).clamped(Metres(-reach), Metres(reach))
  }

  private mutating func judgeMotion(
    _ observation: SupervisorObservation, _ feedback: @_addressable Feedback,
    _ configuration: borrowing @_addressable GuardianConfiguration, _ output: inout SupervisorOutput
  ) {
    guard isEngaged(observation.mode) else { return }
    let settings = configuration.safeStop
    guard observation.path.isOnRoute, front.isFinite else {
      return raise(.comfortStop, .offPath, &output)
    }
    if !((observation.path.frontStation - front).magnitude <= settings.supervisorDisagreement) {
      raise(.comfortStop, .authorityExceeded, &output)
    }
    let speed = feedback.highestSpeed
    limit.follow(
      observation.authority.supervisedLimit, revision: observation.authority.revision,
      isStopping: observation.mode == .stopping, tolerance: .zero)
    let sigma = observation.path.sigmaAlong.value * settings.sigmaFactor
    let left =
      limit.limit - front
      - settings.authorityMargin - Metres(sigma)
    let deadTime = configuration.limits.authorityDeadTime
    let comfort = ActuatorGate.permittedSpeed(
      within: left,
      deceleration: lowered(settings.comfortDeceleration, to: observation.comfortDeceleration),
      deadTime: deadTime)
    let emergency = ActuatorGate.permittedSpeed(
      within: left,
      deceleration: lowered(
        settings.authorityEmergencyDeceleration, to: observation.emergencyDeceleration),
      deadTime: deadTime)
    if speed > emergency.value + settings.emergencyAuthorityTolerance.value {
      raise(.emergencyStop, .authorityExceeded, &output)
    } else if speed > comfort.value + settings.authorityTolerance.value {
      raise(.comfortStop, .authorityExceeded, &output)
    }
  }
}
