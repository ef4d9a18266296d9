import Signals
import Units

/// How far the receiver is from being believed.
package enum IntegrityLevel: UInt8, Sendable, Comparable {
  case sound
  /// A test trips: slower, and no commit.
  case suspect
  /// Fixes contradict odometry, or several things are wrong at once: only odometry is left.
  case rejected

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The receiver's tests (R-GNSS-4, domain.md 6.2): fed once for each report, and once a cycle.
package struct IntegrityMonitor: Sendable, Visitable {
  package private(set) var report = GNSSIntegrity()
  package private(set) var level = IntegrityLevel.sound
  /// When a test other than the filter's gate last tripped: refused fixes may well be right.
  package private(set) var trippedAt = Instant.never
  /// By test.
  private var trips = InlineArray<13, Instant>(repeating: .never)
  private var data = InlineArray<13, Instant>(repeating: .never)
  private var jump = JumpTest()
  private var velocity = VelocityTests()
  private var stationary = StationaryTest()
  private var clock = ClockTest()
  private var signal = SignalTest()
  private var constellation = ConstellationTest()
  private var baseline = BaselineTest()
  private var corridor = CorridorTest()
  private var pullOff = PullOffTest()

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("report", &report)
    visitor.visit("level", &level)
    visitor.visit("trippedAt", &trippedAt)
    for i in 0..<GNSSTest.count {
      visitor.visit("trips", &trips[i])
      visitor.visit("data", &data[i])
    }
    visitor.visit("jump", &jump)
    visitor.visit("velocity", &velocity)
    visitor.visit("stationary", &stationary)
    visitor.visit("clock", &clock)
    visitor.visit("signal", &signal)
    visitor.visit("constellation", &constellation)
    visitor.visit("baseline", &baseline)
    visitor.visit("corridor", &corridor)
    visitor.visit("pullOff", &pullOff)
  }

  /// One report, at its arrival.
  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) {
    let steps = jump.take(sample, limits)
    note(.jump, steps.jump, sample.receivedAt)
    if steps.jump == .tripped { pullOff.restart() }
    note(.speed, velocity.takeSpeed(sample, limits), sample.receivedAt)
    note(.course, velocity.takeCourse(sample, limits), sample.receivedAt)
    note(.stationary, stationary.take(sample, limits), sample.receivedAt)
    note(.height, HeightTest.take(sample, limits), sample.receivedAt)
    note(.height, steps.step, sample.receivedAt)
    note(.clock, clock.take(sample, limits), sample.receivedAt)
    note(.signal, signal.take(sample, limits), sample.receivedAt)
    note(.constellation, constellation.take(sample, limits), sample.receivedAt)
    note(.geometry, GeometryTest.take(sample, limits), sample.receivedAt)
    note(.dualAntenna, baseline.take(sample, limits), sample.receivedAt)
    note(.corridor, corridor.take(sample, limits), sample.receivedAt)
    note(.pullOff, pullOff.take(sample, limits), sample.receivedAt)
    judge(at: sample.receivedAt, limits)
  }

  /// What the filter's gate made of the last fixes; it is not asked while none is taken.
  mutating func gate(_ isTripped: Bool, at now: Instant) {
    if level < .rejected { note(.innovation, TestVerdict(isTripped), now) }
  }

  /// Every cycle.
  mutating func advance(
    _ now: Instant, isTrusted: Bool, _ limits: borrowing @_addressable IntegrityLimits
  ) {
    judge(at: now, limits)
    if isTrusted { report.sinceTrusted = GNSSTestSet() }
    report.sinceTrusted.formUnion(report.tripped)
  }

  /// Whether no test but the gate has tripped for that long.
  package func isClean(for time: Interval, at now: Instant) -> Bool { now - trippedAt >= time }

  private mutating func note(_ test: GNSSTest, _ verdict: TestVerdict, _ now: Instant) {
    let index = Int(test.rawValue)
    switch verdict {
    case .untested: break
    case .sound: data[index] = now
    case .tripped:
      data[index] = now
      trips[index] = now
      if test != .innovation { trippedAt = now }
    }
  }

  private mutating func judge(
    at now: Instant, _ limits: borrowing @_addressable IntegrityLimits
  ) {
    var tripped = GNSSTestSet()
    var untested = GNSSTestSet()
    for i in 0..<GNSSTest.count {
      guard let test = GNSSTest(rawValue: UInt8(truncatingIfNeeded: i)) else { continue }
      if now - trips[i] < limits.tripTime { tripped.insert(test) }
      if now - data[i] > limits.dataTime { untested.insert(test) }
    }
    report.tripped = tripped
    report.untested = untested
    level = Self.level(of: tripped)
  }

  /// What shows the position itself to be wrong rejects it; of what only may go with that, two kinds
  /// at once do.
  private static func level(of tripped: GNSSTestSet) -> IntegrityLevel {
    if tripped.contains(.jump) || tripped.contains(.stationary) || tripped.contains(.corridor)
      || tripped.contains(.pullOff)
    {
      return .rejected
    }
    // Shadowed satellites are few, weak and badly spread all at once: one kind.
    let sky =
      tripped.contains(.signal) || tripped.contains(.constellation) || tripped.contains(.geometry)
    var kinds = sky ? 1 : 0
    if tripped.contains(.speed) { kinds += 1 }
    if tripped.contains(.course) || tripped.contains(.dualAntenna) { kinds += 1 }
    if tripped.contains(.height) { kinds += 1 }
    if tripped.contains(.clock) { kinds += 1 }
    // What the gate refuses, `TrustMonitor` counts itself.
    return kinds >= 2 ? .rejected : kinds == 1 ? .suspect : .sound
  }
}
