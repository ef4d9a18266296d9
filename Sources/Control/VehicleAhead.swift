import ActuatorGate
import PathFollowing
import SafeStop
import Signals
import Units

/// Keeps a gap to the vehicle ahead in a queue, by the distance and speed that a radar tells (ACC1).
///
/// It only ever lowers the planned speed, and is no protection of persons (S-3).
package struct VehicleAhead: Sendable, Visitable {
  package private(set) var phase = VehicleAheadPhase.absent
  /// Where the target that is believed is, m ahead of the front bumper, and its speed, m/s, carried
  /// on between reports; infinite without one.
  package private(set) var gap = Double.infinity
  package private(set) var speed = 0.0
  /// When the radar last told of it.
  private var believedAt = Instant.never
  /// A target that is not believed yet, and how often it was seen where it should be.
  private var candidate = Candidate()
  /// Whether the way was free before the candidate.
  private var wasClear = true
  /// Since when nobody is seen.
  private var quietSince = Instant.never
  private var stoodWhenLost = false
  private var reportedAt = Instant.never
  /// How fast the reports move away from what their own speeds make of them, m/s.
  private var drift = 0.0
  /// For the plan.
  package private(set) var cap = MetresPerSecond(.infinity)
  /// What the plan needs to brake with for it; zero where the comfortable deceleration is enough.
  package private(set) var deceleration = MetresPerSecondSquared.zero
  /// The truck stands, and the gap is not yet worth closing.
  package private(set) var blocks = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("phase", &phase)
    visitor.visit("gap", &gap)
    visitor.visit("speed", &speed)
    visitor.visit("believedAt", &believedAt)
    visitor.visit("candidate", &candidate)
    visitor.visit("wasClear", &wasClear)
    visitor.visit("quietSince", &quietSince)
    visitor.visit("stoodWhenLost", &stoodWhenLost)
    visitor.visit("reportedAt", &reportedAt)
    visitor.visit("drift", &drift)
    visitor.visit("cap", &cap)
    visitor.visit("deceleration", &deceleration)
    visitor.visit("blocks", &blocks)
  }

  /// How fast the reports contradict the truck's own motion: a radar that repeats itself does.
  package var contradiction: MetresPerSecond { MetresPerSecond(drift.magnitude) }

  /// What is told of it.
  var report: VehicleAheadReport {
    var report = VehicleAheadReport()
    report.phase = phase
    if gap.isFinite { (report.gap, report.speed) = (Metres(gap), MetresPerSecond(speed)) }
    return report
  }
}

/// A target that may be a ghost.
private struct Candidate: Sendable, Visitable {
  var gap = Double.infinity
  var speed = 0.0
  var since = Instant.never
  var reports: UInt8 = 0

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("gap", &gap)
    visitor.visit("speed", &speed)
    visitor.visit("since", &since)
    visitor.visit("reports", &reports)
  }
}

// MARK: - Events in, states out

extension VehicleAhead {
  /// What a cycle brings.
  package enum Event: UInt8, Sendable {
    /// No report since the last cycle.
    case nothing
    /// The radar says nothing that may be used.
    case silent
    /// It says that nobody is there.
    case nobody
    /// Where the target that is believed should be.
    case expected
    /// Where the candidate should be.
    case confirmed
    /// Where nobody was.
    case unexpected
  }

  /// What has lasted long enough.
  package struct Due: Sendable {
    /// The candidate was seen often and long enough to be there.
    package var proof = false
    /// The target that is believed was not seen for too long to be where it would be.
    package var memory = false
    /// Nobody was seen for long enough to take the way as free.
    package var quiet = false

    package init() {}
  }

  /// The limits of the states.
  enum Limits {
    /// A ghost is seen for less than both.
    static var proofReports: UInt8 { 3 }
    static var proof: Interval { .milliseconds(190) }
    static var memory: Interval { .milliseconds(2_000) }
    /// After a target that moved, and after one that stood: a radar loses who stands near more often
    /// than that one drives away unseen.
    static var quiet: Interval { .milliseconds(5_000) }
    static var quietAfterStanding: Interval { .milliseconds(10_000) }
    /// A report that is farther from what is expected is of another target, m.
    static var jump: Double { 5 }
    /// A queue goes on by less than a car's length now and then: that moves nobody up, m.
    static var worthMoving: Double { 2 }
    /// m/s2, of a truck that has lost its target.
    static var unhurried: Double { 0.4 }
    /// Share of the comfortable deceleration that the curve behind a target uses, so that the plan
    /// can follow it.
    static var share: Double { 0.75 }
    /// Share of the standstill gap that hard braking may use up.
    static var reserve: Double { 0.5 }
    /// s, over which drift is taken.
    static var driftTime: Double { 1 }
  }

  /// The state after an event; `absent` is left and entered by the profile alone.
  package static func next(
    _ phase: VehicleAheadPhase, _ event: Event, _ due: Due, believes: Bool, wasClear: Bool
  ) -> VehicleAheadPhase {
    let unproven: VehicleAheadPhase = believes ? .remembered : wasClear ? .clear : .lost
    switch phase {
    case .absent, .clear:
      switch event {
      case .nothing, .nobody: return .clear
      case .silent: return .lost
      case .expected, .confirmed, .unexpected: return .doubtful
      }
    case .doubtful:
      switch event {
      case .nothing, .unexpected: return .doubtful
      case .confirmed: return due.proof ? .followed : .doubtful
      case .expected: return .followed
      case .nobody: return unproven
      case .silent: return believes ? .remembered : .lost
      }
    case .followed:
      switch event {
      case .nothing, .expected: return .followed
      case .silent, .nobody: return .remembered
      case .confirmed, .unexpected: return .doubtful
      }
    case .remembered:
      switch event {
      case .nothing, .silent, .nobody: return due.memory ? .lost : .remembered
      case .expected: return .followed
      case .confirmed, .unexpected: return .doubtful
      }
    case .lost:
      switch event {
      case .nothing, .silent: return .lost
      case .nobody: return due.quiet ? .clear : .lost
      case .expected: return .followed
      case .confirmed, .unexpected: return .doubtful
      }
    }
  }
}

// MARK: - The cycle

extension VehicleAhead {
  /// What a cycle is told beside the signals.
  package struct Surroundings: Sendable {
    package var now = Instant.never
    /// When the radar's last message came, whatever it told.
    package var reportedAt = Instant.never
    package var elapsed = Interval.zero
    /// The truck's own speed.
    package var own = MetresPerSecond.zero
    /// Until a brake demand is felt.
    package var brakeTime = Interval.zero
    /// The hardest that the plan may brake: that of a comfort stop.
    package var hardest = MetresPerSecondSquared.zero

    package init() {}
  }

  package mutating func step(
    _ feedback: @_addressable Feedback, _ around: Surroundings,
    configuration: borrowing @_addressable FollowerConfiguration
  ) {
    guard feedback.has(.forwardVehicleDistance), around.own.value.isFinite else {
      self = VehicleAhead()
      return
    }
    let elapsed = min(max(around.elapsed.seconds, 0), 0.5)
    gap += (speed - around.own.value) * elapsed
    candidate.gap += (candidate.speed - around.own.value) * elapsed
    let event = event(feedback, around)
    enter(event, feedback, around)
    bound(around, elapsed, configuration)
  }

  private mutating func event(_ feedback: @_addressable Feedback, _ around: Surroundings) -> Event {
    guard !feedback.radarTellsNothing else {
      drift = 0
      return .silent
    }
    guard around.reportedAt != reportedAt else { return .nothing }
    reportedAt = around.reportedAt
    guard feedback[.forwardVehicleDetected] != 0 else { return .nobody }
    let seen = feedback[.forwardVehicleDistance]
    if (seen - gap).magnitude <= Limits.jump { return .expected }
    return (seen - candidate.gap).magnitude <= Limits.jump ? .confirmed : .unexpected
  }

  private mutating func enter(
    _ event: Event, _ feedback: @_addressable Feedback, _ around: Surroundings
  ) {
    let now = around.now
    switch event {
    case .nothing: break
    case .silent, .expected, .confirmed, .unexpected: quietSince = .never
    case .nobody: if quietSince == .never { quietSince = now }
    }
    let seen = feedback[.forwardVehicleDistance]
    let told = max(feedback[.forwardVehicleSpeed], 0)
    switch event {
    case .unexpected: candidate = Candidate(gap: seen, speed: told, since: now, reports: 1)
    case .confirmed:
      candidate.gap = Self.moved(candidate.gap, to: seen)
      candidate.speed = told
      candidate.reports = min(candidate.reports, 250) + 1
    case .expected: believe(seen, told, around)
    case .nothing, .silent, .nobody: break
    }
    var due = Due()
    due.proof =
      candidate.reports >= Limits.proofReports && now - candidate.since >= Limits.proof
    due.memory = believedAt != .never && now - believedAt >= Limits.memory
    let quiet = stoodWhenLost ? Limits.quietAfterStanding : Limits.quiet
    due.quiet = quietSince != .never && now - quietSince >= quiet
    // However often ghosts come between, nobody is where he was told to be long ago.
    if due.memory, event != .expected { forget() }
    let before = phase
    phase = Self.next(phase, event, due, believes: gap.isFinite, wasClear: wasClear)
    switch phase {
    case .absent, .clear:
      forget()
      stoodWhenLost = false
    case .doubtful: if before != .doubtful { wasClear = before == .clear || before == .absent }
    case .followed:
      if event == .confirmed {
        (gap, speed, believedAt) = (candidate.gap, candidate.speed, now)
        drift = 0
      }
      candidate = Candidate()
    case .remembered, .lost: candidate = Candidate()
    }
  }

  private mutating func forget() {
    if gap.isFinite { stoodWhenLost = speed < 0.5 }
    gap = .infinity
    speed = 0
    drift = 0
    believedAt = .never
  }

  /// Distance comes in whole metres: the estimate moves on between them, and what reports keep
  /// adding to it contradicts their own speeds.
  private mutating func believe(_ seen: Double, _ told: Double, _ around: Surroundings) {
    let next = Self.moved(gap, to: seen)
    let seconds = min(max((around.now - believedAt).seconds, 0.01), 1)
    let share = min(seconds / Limits.driftTime, 1)
    drift += ((next - gap) / seconds - drift) * share
    gap = next
    speed = told
    believedAt = around.now
  }

  private static func moved(_ gap: Double, to seen: Double) -> Double {
    let rounding = 0.5
    return min(max(gap, seen - rounding), seen + rounding)
  }
}

// MARK: - Speed and deceleration

extension VehicleAhead {
  private mutating func bound(
    _ around: Surroundings, _ elapsed: Double,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) {
    let held = min(cap.value, max(around.own.value, 0))
    let isStanding = around.own.value.magnitude < 0.1
    let free = gap - configuration.standstillGap.value
    let isNear = free < (blocks ? Limits.worthMoving : 0.5)
    deceleration = .zero
    switch phase {
    case .absent, .clear:
      blocks = false
      cap = MetresPerSecond(.infinity)
    case .followed:
      blocks = isStanding && isNear
      cap = MetresPerSecond(blocks ? 0 : following(free, configuration))
      deceleration = needed(around, configuration)
    case .doubtful, .remembered:
      blocks = isStanding && (isNear || !gap.isFinite)
      // Whoever was followed before still is, and nobody hurries after him.
      cap = MetresPerSecond(blocks ? 0 : min(following(free, configuration), held))
      deceleration = needed(around, configuration)
    case .lost:
      blocks = isStanding
      cap = MetresPerSecond(max(held - Limits.unhurried * elapsed, 0))
    }
  }

  /// The speed from which the truck stops its standstill gap behind where the target would come to
  /// rest with the same deceleration; at equal speeds that is the time gap.
  private func following(
    _ free: Double, _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    guard free.isFinite else { return .infinity }
    let deceleration = max(Limits.share * configuration.deceleration.value, 0.1)
    let room = free + speed * speed / (2 * deceleration)
    return ActuatorGate.permittedSpeed(
      within: Metres(room), deceleration: MetresPerSecondSquared(deceleration),
      deadTime: configuration.timeGap
    ).value
  }

  /// What takes the difference of speeds away before half of the standstill gap is used up; zero
  /// where the comfortable deceleration does.
  private func needed(
    _ around: Surroundings, _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> MetresPerSecondSquared {
    let closing = around.own.value - speed
    guard gap.isFinite, closing > 0 else { return .zero }
    let reserve = Limits.reserve * configuration.standstillGap.value
    let room = gap - reserve - closing * around.brakeTime.seconds
    let needed = closing * closing / (2 * max(room, 0.1))
    guard needed > configuration.deceleration.value else { return .zero }
    return min(MetresPerSecondSquared(needed), around.hardest)
  }
}

extension Controller {
  mutating func lookAhead(_ cycle: borrowing @_addressable Cycle) {
    var around = VehicleAhead.Surroundings()
    around.now = cycle.now
    around.reportedAt = signals[.forwardVehicleDetected].receivedAt
    around.elapsed = cycle.elapsed
    around.own = cycle.state.speed
    around.brakeTime = trip.vehicle.brakeDelay + trip.vehicle.brakeLag
    around.hardest = cycle.curves.comfort
    ahead.step(cycle.feedback, around, configuration: configuration.follower)
  }
}
