import Signals
import Units

/// One TPV as gpsd or a file gave it, not yet believed; absent numbers are NaN.
package struct GNSSFix: Sendable {
  /// UTC nanoseconds since 1970, 0 when absent.
  package var utc: Int64 = 0
  /// gpsd's mode and status numbers; anything else than a known number is kept as it came.
  package var mode: Int32 = 0
  package var status: Int32 = 0
  package var latitude = Double.nan
  package var longitude = Double.nan
  /// Metres above the ellipsoid.
  package var height = Double.nan
  /// m/s, and degrees clockwise from north.
  package var speed = Double.nan
  package var track = Double.nan
  package var datumIsForeign = false

  package init() {}

  package var hasPosition: Bool { latitude.isFinite && longitude.isFinite }
}

/// Why an epoch or a heading did not become a report.
package enum GNSSRefusalReason: UInt8, Sendable {
  /// Mode below 2: the receiver has no fix.
  case noFix
  /// Status 8 outside the bench.
  case simulated
  /// Status 7: the receiver was told where it is.
  case timeOnly
  case positionMissing, positionOutOfRange
  /// A datum was named and is not WGS-84.
  case foreignDatum
  case timeMissing
  /// Off from this computer's clock by a multiple of 1,024 weeks, or by any other amount.
  case weekRollover, clockDisagrees
  /// Earlier than, or equal to, the time of a fix that was already used.
  case timeBackward, timeRepeated
  /// UTC less the monotonic clock fell or rose: the fix waited somewhere, or its time is wrong.
  case timeDelayed, timeJumped
  case positionJump, speedImplausible, headingImplausible

  package var name: StaticString {
    switch self {
    case .noFix: "noFix"
    case .simulated: "simulated"
    case .timeOnly: "timeOnly"
    case .positionMissing: "positionMissing"
    case .positionOutOfRange: "positionOutOfRange"
    case .foreignDatum: "foreignDatum"
    case .timeMissing: "timeMissing"
    case .weekRollover: "weekRollover"
    case .clockDisagrees: "clockDisagrees"
    case .timeBackward: "timeBackward"
    case .timeRepeated: "timeRepeated"
    case .timeDelayed: "timeDelayed"
    case .timeJumped: "timeJumped"
    case .positionJump: "positionJump"
    case .speedImplausible: "speedImplausible"
    case .headingImplausible: "headingImplausible"
    }
  }
}

/// A refused epoch with what was measured and what would have been allowed, in the unit of the
/// reason (s, m, m/s, degrees); both are NaN where the reason has no number.
package struct GNSSRefusal: Sendable {
  package var reason: GNSSRefusalReason
  package var report: GNSSReport
  package var measured = Double.nan
  package var allowed = Double.nan
}

/// What the judge says of an epoch.
package enum GNSSVerdict: Sendable {
  case report(GNSSReport)
  case refused(GNSSRefusal)
}

/// What the judge holds a fix against.
package struct GNSSPolicy: Sendable {
  package var accuracy = GNSSAccuracy()
  /// Only for the bench: a simulated fix must never move a truck.
  package var acceptsSimulated = false
  /// How far GNSS time may be from this computer's clock; nil for recordings.
  ///
  /// A day is above any wrong time zone and far below 1,024 weeks.
  package var clockTolerance: Interval? = .seconds(86_400)
  /// How far UTC less monotonic may step between two fixes; nil for recordings at another pace.
  ///
  /// At 30 km/h 250 ms are 2 m.
  package var stepTolerance: Interval? = .milliseconds(250)
  /// No truck is faster; a position that would need more is a jump.
  package var speedLimit = MetresPerSecond(40)
  /// What a position may step besides motion, as when the status changes.
  package var stepAllowance = Metres(10)
  /// How long an epoch stays open for more of its messages.
  package var settling = Interval.milliseconds(30)
  /// Messages of a closed epoch may trickle in this long; after that its time is a repetition.
  package var lateness = Interval.milliseconds(1_000)
  /// A heading belongs to an epoch that opens no later than this after it.
  package var headingLead = Interval.milliseconds(50)
  /// How long refused fixes must agree with one another to be believed against the last good one.
  package var recovery = Interval.milliseconds(10_000)
  /// The same when they are late: a backlog drains within this, a corrected clock does not.
  package var delayRecovery = Interval.milliseconds(60_000)
  /// Without a report for this long the position is stale.
  package var freshness = Interval.milliseconds(1_500)

  package init() {}

  /// Stretches what depends on this host keeping time.
  package mutating func scaleTimes(by factor: Int) {
    let count = Int64(max(factor, 1))
    stepTolerance = stepTolerance.map { $0 * count }
    settling = settling * count
    headingLead = headingLead * count
    freshness = freshness * count
  }

  /// For files and fed logs, whose time has nothing to do with this computer's.
  package static var recorded: GNSSPolicy {
    var policy = GNSSPolicy()
    policy.clockTolerance = nil
    policy.stepTolerance = nil
    return policy
  }
}
