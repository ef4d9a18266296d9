import Units

/// Whether the host's idea of UTC is to be believed (S-28): two sources must tell the same.
///
/// The two are the system clock, as far as the kernel calls it synchronised, and the times of the
/// GNSS receiver's fixes.
@usableFromInline package enum ClockTrust: UInt8, Sendable {
  /// Neither has been heard.
  case unknown
  /// The kernel does not call the clock synchronised, or only coarsely.
  case systemUnsynchronised
  /// No fix with a time has come for seconds.
  case gnssTimeAbsent
  /// The system clock jumped against the monotonic one.
  case systemStepped
  /// The receiver's time jumped, or stands still.
  case gnssStepped
  /// Each is sound by itself, and they tell different times.
  case disagree
  /// They agree, and not yet for long enough.
  case settling
  case trusted
}

/// UTC trust and the offsets between the clocks of this truck (S-28).
@usableFromInline package struct ClockReport: Sendable, Visitable {
  package var trust = ClockTrust.unknown
  /// System clock less GNSS time when a fix arrives, less the declared latency; mean, NaN unknown.
  package var gnssOffsetSeconds = Double.nan
  /// One standard deviation of it.
  package var gnssSpreadSeconds = Double.nan
  /// From the epoch of a fix to its arrival by the system clock; mean, and as good as that clock.
  package var gnssLatencySeconds = Double.nan
  /// How often the system clock and the receiver's time have jumped.
  package var systemSteps: UInt32 = 0
  package var gnssSteps: UInt32 = 0
  /// From the time stamp of a frame to the cycle that took it, by bus, mean; NaN without frames.
  ///
  /// On a sound host 0 to 10 ms: a stamp of another clock shows as its offset.
  package var frameAgeSeconds = InlineArray<4, Double>(repeating: .nan)

  package init() {}

  /// Whether anything that another party relies on may be signed or counted as timely.
  package var allowsCommit: Bool { trust == .trusted }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("trust", &trust)
    visitor.visit("gnssOffsetSeconds", &gnssOffsetSeconds)
    visitor.visit("gnssSpreadSeconds", &gnssSpreadSeconds)
    visitor.visit("gnssLatencySeconds", &gnssLatencySeconds)
    visitor.visit("systemSteps", &systemSteps)
    visitor.visit("gnssSteps", &gnssSteps)
    visitor.visit("frameAgeSeconds", &frameAgeSeconds, count: 4)
  }
}
