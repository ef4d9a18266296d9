import ReproducibleMath
import Signals
import Units

/// Merges the messages of an epoch and decides whether it may reach `Inputs`.
///
/// gpsd sends several TPV of one epoch, each with more fields, and the heading apart (ATT, without
/// a time). An epoch is open until a message of another one arrives, until it is complete, or for
/// `settling` after its first message; then it is judged once. Validity is mode and a finite
/// position, never status (can-gnss.md 3.2). Time is an argument: nothing here reads a clock.
package struct GNSSJudge: Sendable {
  package var policy: GNSSPolicy
  /// This computer's UTC less its monotonic clock; nil leaves the comparison with it out.
  package var clockOffset: Interval?
  /// Messages of epochs that were already judged, and headings without an epoch.
  package private(set) var lateMessages: UInt64 = 0
  /// How often the reference was given up for fixes that agreed with one another.
  package private(set) var recoveries: UInt64 = 0
  /// When the last accepted epoch was received.
  package private(set) var lastReportAt = Instant.never

  private var epoch: Epoch?
  private var satellites = SatelliteSummary()
  private var waitingHeading: (degrees: Double, at: Instant)?
  private var judgedTime: Int64 = 0
  private var judgedAt = Instant.never
  private var accepted: Reference?
  private var candidate: Reference?
  private var candidateSince = Instant.never

  package init(_ policy: GNSSPolicy) { self.policy = policy }

  /// Whether the position may still be called current; the only clock that counts is this host's.
  package func isFresh(at now: Instant) -> Bool { now - lastReportAt <= policy.freshness }

  /// When `advance` has something to do next, nil for never.
  package var deadline: Instant? { epoch.map { $0.openedAt + policy.settling } }

  package mutating func take(
    _ fix: GNSSFix, at now: Instant, _ verdict: (GNSSVerdict) -> Void
  ) {
    advance(to: now, verdict)
    if fix.utc != 0, fix.utc == judgedTime, now - judgedAt <= policy.lateness {
      lateMessages &+= 1
      return
    }
    if let open = epoch, !open.includes(fix) { close(at: now, verdict) }
    var merged = epoch ?? newEpoch(at: now)
    merged.merge(fix)
    epoch = merged
    if merged.isComplete || (merged.utc == 0 && merged.mode == 1) { close(at: now, verdict) }
  }

  /// Takes a heading, degrees clockwise from north, into the open epoch or the next one.
  package mutating func take(
    heading: Double, at now: Instant, _ verdict: (GNSSVerdict) -> Void
  ) {
    advance(to: now, verdict)
    guard heading >= 0, heading <= 360 else {
      var report = GNSSReport()
      report.receivedAt = now
      report.heading = Degrees(heading)
      return verdict(
        .refused(
          GNSSRefusal(
            reason: .headingImplausible, report: report, measured: heading, allowed: 360)))
    }
    guard var merged = epoch else {
      if waitingHeading != nil { lateMessages &+= 1 }
      waitingHeading = (heading, now)
      return
    }
    merged.heading = heading
    epoch = merged
    if merged.isComplete { close(at: now, verdict) }
  }

  /// Takes what was told of the satellites, for the reports that follow: SKY comes less often than
  /// fixes, and without their time.
  package mutating func take(_ sky: SatelliteSummary, at now: Instant) {
    satellites = sky
    satellites.receivedAt = now
  }

  /// Closes an epoch that has waited long enough.
  package mutating func advance(to now: Instant, _ verdict: (GNSSVerdict) -> Void) {
    guard let deadline, now >= deadline else { return }
    close(at: now, verdict)
  }

  /// Closes what is open, at the end of a file.
  package mutating func finish(at now: Instant, _ verdict: (GNSSVerdict) -> Void) {
    close(at: now, verdict)
  }

  private mutating func newEpoch(at now: Instant) -> Epoch {
    var new = Epoch(openedAt: now)
    if let waiting = waitingHeading {
      if now - waiting.at <= policy.headingLead {
        new.heading = waiting.degrees
      } else {
        lateMessages &+= 1
      }
      waitingHeading = nil
    }
    return new
  }

  private mutating func close(at now: Instant, _ verdict: (GNSSVerdict) -> Void) {
    guard let closed = epoch else { return }
    epoch = nil
    if closed.utc != 0, closed.utc != judgedTime {
      judgedTime = closed.utc
      judgedAt = closed.openedAt
    }
    var report = closed.report(policy)
    report.satellites = satellites
    if let problem = intrinsicProblem(closed) ?? continuityProblem(closed, at: now) {
      verdict(
        .refused(
          GNSSRefusal(
            reason: problem.reason, report: report, measured: problem.measured,
            allowed: problem.allowed)))
    } else {
      lastReportAt = report.receivedAt
      verdict(.report(report))
    }
  }
}

// What is wrong with an epoch by itself.
extension GNSSJudge {
  private func intrinsicProblem(_ epoch: Epoch) -> Problem? {
    if epoch.status == 8, !policy.acceptsSimulated { return Problem(.simulated) }
    if epoch.mode < 2 { return Problem(.noFix) }
    if epoch.status == 7 { return Problem(.timeOnly) }
    if epoch.datumIsForeign { return Problem(.foreignDatum) }
    // Both exactly zero is what devices send when they mean "none".
    guard epoch.latitude.isFinite, epoch.longitude.isFinite,
      epoch.latitude != 0 || epoch.longitude != 0
    else { return Problem(.positionMissing) }
    if epoch.latitude.magnitude > 90 { return Problem(.positionOutOfRange, epoch.latitude, 90) }
    if epoch.longitude.magnitude > 180 { return Problem(.positionOutOfRange, epoch.longitude, 180) }
    if epoch.utc == 0 { return Problem(.timeMissing) }
    if epoch.speed < 0 || epoch.speed > policy.speedLimit.value {
      return Problem(.speedImplausible, epoch.speed, policy.speedLimit.value)
    }
    return clockProblem(epoch)
  }

  private func clockProblem(_ epoch: Epoch) -> Problem? {
    guard let clockOffset, let tolerance = policy.clockTolerance else { return nil }
    let difference = Interval(
      nanoseconds: epoch.utc &- (epoch.openedAt + clockOffset).nanoseconds)
    guard difference > tolerance || difference < Interval.zero - tolerance else { return nil }
    let era = 1_024.0 * 604_800
    let eras = (difference.seconds / era).rounded()
    let remainder = (difference.seconds - eras * era).magnitude
    let isRollover = eras != 0 && remainder <= tolerance.seconds
    return Problem(
      isRollover ? .weekRollover : .clockDisagrees, difference.seconds, tolerance.seconds)
  }
}

// What is wrong with an epoch after the ones before it.
extension GNSSJudge {
  /// Compares with the last accepted epoch and, when that fails for long enough, follows fixes that
  /// agree with one another: a receiver that was wrong at first must not stay refused for ever.
  private mutating func continuityProblem(_ epoch: Epoch, at now: Instant) -> Problem? {
    guard let last = accepted else {
      accepted = Reference(epoch)
      return nil
    }
    guard let problem = self.problem(epoch, after: last) else {
      accepted = last.followed(by: epoch)
      candidate = nil
      return nil
    }
    // A repeated time says nothing about where the receiver is now.
    if problem.reason == .timeRepeated { return problem }
    if let other = candidate, self.problem(epoch, after: other) == nil {
      let patience = problem.reason == .timeDelayed ? policy.delayRecovery : policy.recovery
      let followed = other.followed(by: epoch)
      if epoch.openedAt - candidateSince >= patience {
        accepted = followed
        candidate = nil
        recoveries &+= 1
        return nil
      }
      candidate = followed
    } else {
      candidate = Reference(epoch)
      candidateSince = epoch.openedAt
    }
    return problem
  }

  private func problem(_ epoch: Epoch, after last: Reference) -> Problem? {
    let elapsed = Interval(nanoseconds: epoch.utc &- last.utc)
    if elapsed == .zero { return Problem(.timeRepeated, 0, 0) }
    if elapsed < .zero { return Problem(.timeBackward, elapsed.seconds, 0) }
    if let tolerance = policy.stepTolerance {
      // The receiver's and this host's oscillators part by less than 100 parts in a million.
      let drift = 1e-4 * (epoch.openedAt - last.receivedAt).seconds
      let allowed = tolerance.seconds + max(drift, 0)
      let step = Interval(nanoseconds: epoch.offset &- last.offset).seconds
      if step < -allowed { return Problem(.timeDelayed, -step, allowed) }
      if step > allowed { return Problem(.timeJumped, step, allowed) }
    }
    let distance = last.distance(to: epoch)
    // While fixes contradict one another, time does not make a wrong one reachable.
    let driven = candidate == nil ? elapsed : min(elapsed, policy.recovery)
    let reach =
      policy.stepAllowance.value + 3 * policy.accuracy.sigma(status: epoch.status).value
      + policy.speedLimit.value * driven.seconds
    // Written so that a NaN is a jump.
    return distance <= reach ? nil : Problem(.positionJump, distance, reach)
  }
}

private struct Problem {
  var reason: GNSSRefusalReason
  var measured: Double
  var allowed: Double

  init(_ reason: GNSSRefusalReason, _ measured: Double = .nan, _ allowed: Double = .nan) {
    self.reason = reason
    self.measured = measured
    self.allowed = allowed
  }
}

/// An epoch that is still being gathered.
private struct Epoch: Sendable {
  var openedAt: Instant
  var utc: Int64 = 0
  var mode: Int32 = 0
  var status: UInt8 = 0
  var latitude = Double.nan
  var longitude = Double.nan
  var height = Double.nan
  var speed = Double.nan
  var track = Double.nan
  var heading = Double.nan
  var datumIsForeign = false

  init(openedAt: Instant) { self.openedAt = openedAt }

  var offset: Int64 { utc &- openedAt.nanoseconds }

  /// Nothing more can come that a report has room for.
  var isComplete: Bool {
    utc != 0 && mode >= 2 && latitude.isFinite && longitude.isFinite && speed.isFinite
      && track.isFinite && heading.isFinite
  }

  /// Whether a message belongs here: the same time, or the same place where one time is missing.
  func includes(_ fix: GNSSFix) -> Bool {
    if utc != 0, fix.utc != 0 { return utc == fix.utc }
    guard mode != 1, fix.mode != 1 else { return false }
    let hasPosition = latitude.isFinite && longitude.isFinite
    return !hasPosition || !fix.hasPosition
      || (latitude == fix.latitude && longitude == fix.longitude)
  }

  /// Later messages win, but none takes away a field; once simulated, always simulated.
  mutating func merge(_ fix: GNSSFix) {
    if fix.utc != 0 { utc = fix.utc }
    // A sentence without a height does not make a fix flat; one that says "none" ends it.
    if fix.mode != 0 { mode = fix.mode >= 2 ? max(mode, fix.mode) : fix.mode }
    if fix.status != 0, status != 8 { status = UInt8(clamping: fix.status) }
    if fix.hasPosition {
      latitude = fix.latitude
      longitude = fix.longitude
    }
    if fix.height.isFinite { height = fix.height }
    if fix.speed.isFinite { speed = fix.speed }
    if fix.track.isFinite { track = fix.track }
    if fix.datumIsForeign { datumIsForeign = true }
  }

  func report(_ policy: GNSSPolicy) -> GNSSReport {
    var report = GNSSReport()
    report.receivedAt = openedAt
    report.validAtUTC = utc
    report.mode = UInt8(clamping: mode)
    report.status = status
    report.latitude = Degrees(latitude)
    report.longitude = Degrees(longitude)
    report.height = Metres(height)
    report.speed = MetresPerSecond(speed)
    report.track = Degrees(track)
    report.heading = Degrees(heading)
    report.sigma = policy.accuracy.sigma(status: status)
    return report
  }
}

/// What an epoch is compared with.
private struct Reference: Sendable {
  var utc: Int64
  var receivedAt: Instant
  /// UTC less monotonic of the promptest fix: delay can only lower it.
  var offset: Int64
  var latitude: Double
  var longitude: Double

  init(_ epoch: Epoch) {
    utc = epoch.utc
    receivedAt = epoch.openedAt
    offset = epoch.offset
    latitude = epoch.latitude
    longitude = epoch.longitude
  }

  /// The next reference; the offset gives way by 100 parts in a million of the time that passed,
  /// which is more than oscillators drift apart and less than any backlog that matters grows.
  func followed(by epoch: Epoch) -> Reference {
    var next = Reference(epoch)
    let passed = max((epoch.openedAt - receivedAt).nanoseconds, 0)
    next.offset = max(next.offset, offset &- passed / 10_000)
    return next
  }

  /// Metres on the sphere, good to 1 % over the distances that a truck drives between two fixes.
  func distance(to epoch: Epoch) -> Double {
    let perDegree = 111_195.0
    let north = (epoch.latitude - latitude) * perDegree
    var turn = (epoch.longitude - longitude).magnitude
    if turn > 180 { turn = 360 - turn }
    let east = turn * perDegree * cosine(epoch.latitude * Double.pi / 180)
    return (north * north + east * east).squareRoot()
  }
}
