import GPSD
import Signals
import Testing
import Units

/// 2026-11-21T12:00:00Z.
private let noon: Int64 = 1_795_262_400_000_000_000

/// Feeds a judge fixes and keeps what it says.
struct Bench {
  var judge: GNSSJudge
  var reports: [GNSSReport] = []
  var refusals: [GNSSRefusal] = []
  var reasons: [GNSSRefusalReason] { refusals.map(\.reason) }

  init(_ policy: GNSSPolicy = GNSSPolicy()) {
    judge = GNSSJudge(policy)
    judge.clockOffset = Interval(nanoseconds: noon)
  }

  private mutating func keep(_ verdicts: [GNSSVerdict]) {
    for verdict in verdicts {
      switch verdict {
      case .report(let report): reports.append(report)
      case .refused(let refusal): refusals.append(refusal)
      }
    }
  }

  mutating func take(_ fix: GNSSFix, at seconds: Double) {
    var verdicts: [GNSSVerdict] = []
    judge.take(fix, at: instant(seconds)) { verdicts.append($0) }
    keep(verdicts)
  }

  mutating func take(heading: Double, at seconds: Double) {
    var verdicts: [GNSSVerdict] = []
    judge.take(heading: heading, at: instant(seconds)) { verdicts.append($0) }
    keep(verdicts)
  }

  mutating func advance(to seconds: Double) {
    var verdicts: [GNSSVerdict] = []
    judge.advance(to: instant(seconds)) { verdicts.append($0) }
    keep(verdicts)
  }

  /// A whole epoch, settled.
  mutating func epoch(_ fix: GNSSFix, at seconds: Double) {
    take(fix, at: seconds)
    advance(to: seconds + 0.04)
  }

  /// Good fixes ten times a second.
  mutating func drive(
    from start: Double, to end: Double, _ change: (inout GNSSFix) -> Void = { _ in }
  ) {
    for i in 0..<Int(((end - start) * 10).rounded()) {
      let seconds = start + Double(i) / 10
      var fix = goodFix(at: seconds)
      change(&fix)
      epoch(fix, at: seconds + 0.02)
    }
  }
}

func instant(_ seconds: Double) -> Instant { Instant(nanoseconds: 0) + .seconds(seconds) }

/// A truck that drives north with 8 m/s from the crossing.
func goodFix(at seconds: Double) -> GNSSFix {
  var fix = GNSSFix()
  fix.utc = noon + Interval.seconds(seconds).nanoseconds
  fix.mode = 3
  fix.status = 3
  fix.latitude = 46.6833 + seconds * 8 / 111_195
  fix.longitude = 82.8201
  fix.height = 310
  fix.speed = 8
  fix.track = 0
  return fix
}

@Suite struct Merging {
  /// One epoch in three messages and a heading is one report with all of it, dated by its first.
  @Test func messagesOfAnEpochAreOneReport() throws {
    var bench = Bench()
    var first = goodFix(at: 1)
    first.utc = 0
    first.speed = .nan
    first.track = .nan
    var second = goodFix(at: 1)
    second.height = .nan
    bench.take(first, at: 1.020)
    bench.take(second, at: 1.025)
    bench.take(heading: 359.5, at: 1.030)
    bench.take(goodFix(at: 1), at: 1.031)
    bench.advance(to: 1.2)
    let report = try #require(bench.reports.first)
    #expect(bench.reports.count == 1)
    #expect(bench.refusals.isEmpty)
    #expect(report.receivedAt == instant(1.020))
    #expect(report.validAtUTC == noon + 1_000_000_000)
    #expect(report.height == Metres(310))
    #expect(report.speed == MetresPerSecond(8))
    #expect(report.heading == Degrees(359.5))
    #expect(bench.judge.lateMessages == 1)
  }

  @Test func anEpochWithEverythingWaitsForNothing() {
    var bench = Bench()
    bench.take(goodFix(at: 1), at: 1.02)
    #expect(bench.reports.isEmpty)
    bench.take(heading: 0, at: 1.021)
    #expect(bench.reports.count == 1)
  }

  @Test func aHeadingJustBeforeItsEpochBelongsToIt() {
    var bench = Bench()
    bench.take(heading: 90, at: 0.99)
    bench.epoch(goodFix(at: 1), at: 1.02)
    #expect(bench.reports.first?.heading == Degrees(90))
  }

  @Test func aHeadingOfAnEarlierEpochIsNotUsed() {
    var bench = Bench()
    bench.take(heading: 90, at: 0.9)
    bench.epoch(goodFix(at: 1), at: 1.02)
    #expect(bench.reports.first?.heading.value.isNaN == true)
  }

  @Test func aLaterEpochClosesTheOneThatIsOpen() {
    var bench = Bench()
    bench.take(goodFix(at: 1), at: 1.02)
    bench.take(goodFix(at: 1.1), at: 1.03)
    #expect(bench.reports.count == 1)
    #expect(bench.judge.deadline == instant(1.06))
  }

  /// R-GNSS-2: a message that says "simulated" taints its epoch.
  @Test func simulatedIsNotForgottenWithinAnEpoch() {
    var bench = Bench()
    var fix = goodFix(at: 1)
    fix.status = 8
    bench.take(fix, at: 1.02)
    bench.take(goodFix(at: 1), at: 1.03)
    bench.advance(to: 2)
    #expect(bench.reports.isEmpty)
    #expect(bench.reasons == [.simulated])
  }

  @Test func aLossWithinAnEpochWins() {
    var bench = Bench()
    var lost = goodFix(at: 1)
    lost.mode = 1
    bench.take(goodFix(at: 1), at: 1.02)
    bench.take(lost, at: 1.03)
    bench.advance(to: 2)
    #expect(bench.reasons == [.noFix])
  }
}

struct Refusal: Sendable, CustomTestStringConvertible {
  var reason: GNSSRefusalReason
  var change: @Sendable (inout GNSSFix) -> Void
  var testDescription: String { "\(reason)" }

  init(_ reason: GNSSRefusalReason, _ change: @escaping @Sendable (inout GNSSFix) -> Void) {
    self.reason = reason
    self.change = change
  }
}

private let week: Int64 = 604_800_000_000_000

@Suite struct Refusals {
  static let table: [Refusal] = [
    Refusal(.noFix) { $0.mode = 1 },
    Refusal(.noFix) { $0.mode = 0 },
    Refusal(.simulated) { $0.status = 8 },
    Refusal(.timeOnly) { $0.status = 7 },
    Refusal(.foreignDatum) { $0.datumIsForeign = true },
    Refusal(.positionMissing) { $0.latitude = .nan },
    Refusal(.positionMissing) { $0.longitude = .infinity },
    Refusal(.positionMissing) { ($0.latitude, $0.longitude) = (0, 0) },
    Refusal(.positionOutOfRange) { $0.latitude = 90.1 },
    Refusal(.positionOutOfRange) { $0.longitude = -180.1 },
    Refusal(.timeMissing) { $0.utc = 0 },
    Refusal(.speedImplausible) { $0.speed = 41 },
    Refusal(.speedImplausible) { $0.speed = -1 },
    Refusal(.weekRollover) { $0.utc -= 1_024 * week },
    Refusal(.weekRollover) { $0.utc += 2_048 * week },
    Refusal(.clockDisagrees) { $0.utc += week },
    Refusal(.clockDisagrees) { $0.utc = 1 },
  ]

  /// R-GNSS-2 and can-gnss.md 3.2: each defect is refused by its name, at the start and later.
  @Test(arguments: table)
  func aBadFixIsRefused(_ refusal: Refusal) {
    var bench = Bench()
    var fix = goodFix(at: 1)
    refusal.change(&fix)
    bench.epoch(fix, at: 1.02)
    #expect(bench.reports.isEmpty)
    #expect(bench.reasons == [refusal.reason])
    bench.epoch(goodFix(at: 2), at: 2.02)
    #expect(bench.reports.count == 1)
  }

  /// Fields that do not carry the position may be missing.
  @Test func aBarePositionIsEnough() {
    var bench = Bench()
    var fix = goodFix(at: 1)
    (fix.height, fix.speed, fix.track) = (.nan, .infinity, .nan)
    fix.status = 0
    fix.mode = 2
    bench.epoch(fix, at: 1.02)
    #expect(bench.reports.count == 1)
    #expect(bench.reports.first?.speed.value.isNaN == true)
    #expect(bench.reports.first?.sigma == Metres(3))
  }

  @Test(arguments: [(0, 3), (1, 3), (2, 0.8), (3, 0.02), (4, 0.3), (5, 3), (9, 3), (77, 3)])
  func sigmaIsTheProfilesByStatus(status: Int32, sigma: Double) {
    var bench = Bench()
    var fix = goodFix(at: 1)
    fix.status = status
    bench.epoch(fix, at: 1.02)
    #expect(bench.reports.first?.sigma == Metres(sigma))
  }

  @Test func theBenchTakesSimulatedFixes() {
    var policy = GNSSPolicy.recorded
    policy.acceptsSimulated = true
    var bench = Bench(policy)
    var fix = goodFix(at: 1)
    fix.status = 8
    bench.epoch(fix, at: 1.02)
    #expect(bench.reports.count == 1)
  }

  @Test(arguments: [Double.nan, -0.1, 360.1, .infinity])
  func aHeadingThatIsNoneIsRefused(_ heading: Double) {
    var bench = Bench()
    bench.take(goodFix(at: 1), at: 1.02)
    bench.take(heading: heading, at: 1.021)
    bench.advance(to: 2)
    #expect(bench.reasons == [.headingImplausible])
    #expect(bench.reports.first?.heading.value.isNaN == true)
  }
}
