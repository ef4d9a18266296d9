import Signals
import Units

// The receiver's tests of what it says about height, time and satellites (R-GNSS-4).

/// Height against the map's.
///
/// The map tells the height of its origin alone, so the limit widens with the distance from there
/// by as much as a road may climb.
enum HeightTest {
  static func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.height.isFinite, sample.mapHeight.isFinite else { return .untested }
    let distance = (sample.east * sample.east + sample.north * sample.north).squareRoot()
    let allowed = limits.height.value + limits.heightSlope * distance
    return TestVerdict((sample.height - sample.mapHeight).magnitude > allowed)
  }
}

/// The receiver's time against the monotonic clock, by the promptest report of each second.
///
/// Delay between receiver and host can only make a report late, so one that comes early is a step at
/// once, and lateness only where it stays. The host's own rate is learnt: an oscillator that nobody
/// disciplines is off by more than the drift that is looked for, and steadily so.
struct ClockTest: Visitable, Sendable {
  private var lastUTC: Int64 = 0
  /// UTC less monotonic, nanoseconds, of the promptest report so far; it gives way slowly.
  private var reference: Int64 = 0
  private var referenceAt = Instant.never
  private var second = OffsetBucket()
  private var late = 0
  private var tens = OffsetBucket()
  /// Of the last seven buckets of ten seconds: a minute from the first to the last.
  private var offsets = InlineArray<7, Int64>(repeating: 0)
  private var times = InlineArray<7, Instant>(repeating: .never)
  private var buckets = 0
  private var rate = 0.0
  private var hasRate = false

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("lastUTC", &lastUTC)
    visitor.visit("reference", &reference)
    visitor.visit("referenceAt", &referenceAt)
    visitor.visit("second", &second)
    visitor.visitCount("late", &late, limit: 3)
    visitor.visit("tens", &tens)
    for i in 0..<7 {
      visitor.visit("offsets", &offsets[i])
      visitor.visit("times", &times[i])
    }
    visitor.visitCount("buckets", &buckets, limit: 7)
    visitor.visit("rate", &rate)
    visitor.visit("hasRate", &hasRate)
  }

  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.utc > 0 else { return .untested }
    let wentBack = sample.utc < lastUTC
    lastUTC = sample.utc
    // Between 1970 and 2262 the difference fits, whatever was sent.
    let offset = sample.utc &- sample.receivedAt.nanoseconds
    if wentBack {
      forget()
      return .tripped
    }
    second.take(offset, at: sample.receivedAt)
    tens.take(offset, at: sample.receivedAt)
    var isTripped = false
    if second.isFull(after: .milliseconds(1_000), at: sample.receivedAt, atLeast: 3) {
      isTripped = steps(limits)
      second = OffsetBucket()
    }
    if tens.isFull(after: .milliseconds(10_000), at: sample.receivedAt, atLeast: 5) {
      isTripped = drifts(limits) || isTripped
      tens = OffsetBucket()
    }
    return TestVerdict(isTripped)
  }

  private mutating func steps(_ limits: borrowing @_addressable IntegrityLimits) -> Bool {
    defer { referenceAt = second.bestAt }
    guard referenceAt != .never else {
      reference = second.best
      return false
    }
    let passed = max((second.bestAt - referenceAt).seconds, 0)
    let difference = Double(second.best &- reference) * 1e-9
    let allowed = limits.clockStep.seconds + limits.clockRate * passed
    late = difference < -allowed ? late + 1 : 0
    if late >= 3 || difference > allowed {
      forget()
      return true
    }
    let given = reference &- Int64(min(passed * limits.clockRate * 1e9, 1e15))
    reference = max(second.best, given)
    return false
  }

  private mutating func drifts(_ limits: borrowing @_addressable IntegrityLimits) -> Bool {
    for i in 1..<7 {
      offsets[i - 1] = offsets[i]
      times[i - 1] = times[i]
    }
    offsets[6] = tens.best
    times[6] = tens.bestAt
    buckets = min(buckets + 1, 7)
    guard buckets == 7 else { return false }
    let span = (times[6] - times[0]).seconds
    guard span > 10 else { return false }
    let drift = Double(offsets[6] &- offsets[0]) * 1e-9 / span
    guard hasRate else {
      hasRate = drift.magnitude <= limits.clockRate
      rate = hasRate ? drift : 0
      return !hasRate
    }
    // The promptest of many reports is as prompt as their scatter allows to know.
    let doubt = tens.scatter / span
    if (drift - rate).magnitude > limits.clockDrift + doubt { return true }
    rate += (drift - rate) / 16
    return false
  }

  /// After a step nothing that came before it is comparable; what this host's rate is remains.
  private mutating func forget() {
    second = OffsetBucket()
    tens = OffsetBucket()
    referenceAt = .never
    late = 0
    buckets = 0
  }
}

/// The promptest report of some time.
struct OffsetBucket: Visitable, Sendable {
  private(set) var best: Int64 = 0
  private(set) var bestAt = Instant.never
  private var since = Instant.never
  private var count = 0
  /// Of the first report's offset, s.
  private var sum = 0.0
  private var first: Int64 = 0

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("best", &best)
    visitor.visit("bestAt", &bestAt)
    visitor.visit("since", &since)
    visitor.visitCount("count", &count, limit: 1_000_000)
    visitor.visit("sum", &sum)
    visitor.visit("first", &first)
  }

  mutating func take(_ offset: Int64, at now: Instant) {
    if count == 0 { (first, since) = (offset, now) }
    if count == 0 || offset > best { (best, bestAt) = (offset, now) }
    count = min(count + 1, 1_000_000)
    sum += Double(offset &- first) * 1e-9
  }

  func isFull(after time: Interval, at now: Instant, atLeast least: Int) -> Bool {
    count >= least && now - since >= time
  }

  /// How far the promptest may be from the truth: the mean lateness over the number of reports, with
  /// a factor for distributions that are thin there, s.
  var scatter: Double {
    guard count > 0 else { return 0 }
    let mean = sum / Double(count)
    let lateness = Double(best &- first) * 1e-9 - mean
    return lateness * min(20 / Double(count), 1)
  }
}

/// Strength of the signals, and how many there are.
struct SignalTest: Visitable, Sendable {
  /// Mean of about a minute, dB-Hz.
  private var usual = 0.0
  private var usualAt = Instant.never
  private var alike = HoldTimer()
  private var strong = HoldTimer()
  private var weak = HoldTimer()

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("usual", &usual)
    visitor.visit("usualAt", &usualAt)
    visitor.visit("alike", &alike)
    visitor.visit("strong", &strong)
    visitor.visit("weak", &weak)
  }

  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.hasSatellites else { return .untested }
    let satellites = sample.satellites
    let mean = satellites.meanSignal
    var change = 0.0
    if mean.isFinite {
      if usualAt == .never { usual = mean }
      change = mean - usual
      let seconds = usualAt == .never ? 0 : min(max((sample.at - usualAt).seconds, 0), 1)
      usual += change * seconds / 60
      usualAt = sample.at
    }
    let isWeak = change < -limits.signalDrop || satellites.used < limits.signalUsed
    // One or two satellites may well be alike.
    let isAlike = satellites.used >= 4 && satellites.signalRange <= limits.signalRange
    let time = limits.signalTime
    let trips = (
      alike.holds(isAlike, at: sample.at, for: time),
      strong.holds(change > limits.signalRise, at: sample.at, for: time),
      weak.holds(isWeak, at: sample.at, for: time)
    )
    return TestVerdict(trips.0 || trips.1 || trips.2)
  }
}

/// One system where three were used shortly before.
struct ConstellationTest: Visitable, Sendable {
  private var threeAt = Instant.never
  private var isReduced = false
  private var timer = HoldTimer()

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("threeAt", &threeAt)
    visitor.visit("isReduced", &isReduced)
    visitor.visit("timer", &timer)
  }

  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.hasSatellites, sample.satellites.systems != 0 else { return .untested }
    let count = sample.satellites.systems.nonzeroBitCount
    if count >= 3 { threeAt = sample.at }
    if count > 1 {
      isReduced = false
    } else if threeAt != .never, sample.at - threeAt <= limits.constellationMemory {
      isReduced = true
    }
    return TestVerdict(timer.holds(isReduced, at: sample.at, for: limits.constellationTime))
  }
}

/// Satellites where none can be, and how they are spread.
enum GeometryTest {
  static func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.hasSatellites else { return .untested }
    let satellites = sample.satellites
    return TestVerdict(
      satellites.hasDuplicate || satellites.lowestElevation < 0
        || satellites.horizontalDilution > limits.dilution)
  }
}
