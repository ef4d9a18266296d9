import Signals
import Units

/// Judges the host's UTC by two sources (S-28): the system clock, as far as the kernel vouches for
/// it, and the times of the receiver's fixes.
///
/// The receiver tells each time when it was, and it arrives a latency later, which the profile
/// declares. Neither source is believed for having been right once: a jump of either begins the
/// count of agreeing fixes anew.
package struct ClockWatch: Sendable, Visitable {
  package private(set) var report = ClockReport()
  private var systemOffset = Interval.zero
  private var hasOffset = false
  private var lastFixUTC: Int64 = 0
  private var lastFixAt = Instant.never
  /// Of the fixes that agree, without a jump between.
  private var agreeing: UInt32 = 0
  private var jump = ClockTrust.unknown
  private var variance = 0.0

  /// Nanoseconds within a cycle; a clock that is disciplined is slewed, at most by 500 ppm.
  private static var step: UInt64 { 20_000_000 }
  /// What the kernel may at most think of its own error.
  private static var systemError: Double { 0.5 }
  /// A receiver gives 1 to 10 fixes a second.
  private static var silence: Interval { .seconds(5) }
  /// From epoch to arrival at 115,200 baud through gpsd a receiver takes 0.05 to 0.4 s, more with
  /// a long sentence list.
  private static var disagreement: Double { 0.5 }
  private static var agreeingFixes: UInt32 { 10 }
  /// Of mean and spread, in fixes.
  private static var memory: Double { 20 }
  /// Of a frame's age, in cycles.
  private static var frameMemory: Double { 100 }

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("report", &report)
    visitor.visit("systemOffset", &systemOffset)
    visitor.visit("hasOffset", &hasOffset)
    visitor.visit("lastFixUTC", &lastFixUTC)
    visitor.visit("lastFixAt", &lastFixAt)
    visitor.visit("agreeing", &agreeing)
    visitor.visit("jump", &jump)
    visitor.visit("variance", &variance)
  }

  package mutating func step(_ inputs: borrowing @_addressable Inputs, latency: Interval) {
    followFrames(inputs)
    let systemIsSound = inputs.utcSigmaSeconds <= Self.systemError
    if hasOffset, systemIsSound, (inputs.utcOffset - systemOffset).nanoseconds.magnitude > Self.step
    {
      report.systemSteps &+= 1
      begin(after: .systemStepped)
    }
    // Set anew while nobody vouches for it, it may be anything afterwards.
    if hasOffset, !systemIsSound { agreeing = 0 }
    systemOffset = inputs.utcOffset
    hasOffset = systemIsSound
    for i in 0..<inputs.gnssCount { take(inputs.gnss[i], latency) }
    report.trust = trust(at: inputs.now, systemIsSound: systemIsSound)
    if report.trust == .trusted { jump = .unknown }
  }

  private mutating func begin(after cause: ClockTrust) {
    agreeing = 0
    jump = cause
    report.gnssOffsetSeconds = .nan
    report.gnssSpreadSeconds = .nan
    report.gnssLatencySeconds = .nan
    variance = 0
  }

  private mutating func take(_ fix: GNSSReport, _ latency: Interval) {
    guard fix.validAtUTC > 0, fix.mode >= 2 else { return }
    if lastFixAt != .never {
      // By the monotonic clock, which nothing steps.
      let told = Double(fix.validAtUTC &- lastFixUTC) * 1e-9
      let passed = (fix.receivedAt - lastFixAt).seconds
      if (told - passed).magnitude > Self.disagreement {
        report.gnssSteps &+= 1
        begin(after: .gnssStepped)
      }
    }
    lastFixUTC = fix.validAtUTC
    lastFixAt = fix.receivedAt
    guard hasOffset else {
      if jump == .unknown { begin(after: .unknown) }
      return
    }
    let arrival = (fix.receivedAt + systemOffset).nanoseconds
    let (difference, isAbsurd) = arrival.subtractingReportingOverflow(fix.validAtUTC)
    guard !isAbsurd else { return }
    follow(Double(difference) * 1e-9, latency.seconds)
  }

  private mutating func follow(_ age: Double, _ latency: Double) {
    if report.gnssLatencySeconds.isNaN {
      report.gnssLatencySeconds = age
      variance = 0
    } else {
      let share = 1 / min(Double(agreeing) + 2, Self.memory)
      let deviation = age - report.gnssLatencySeconds
      report.gnssLatencySeconds += share * deviation
      variance = (1 - share) * (variance + share * deviation * deviation)
    }
    report.gnssOffsetSeconds = report.gnssLatencySeconds - latency
    report.gnssSpreadSeconds = variance.squareRoot()
    let agrees = (age - latency).magnitude <= Self.disagreement
    agreeing = agrees ? min(agreeing &+ 1, Self.agreeingFixes) : 0
  }

  private func trust(at now: Instant, systemIsSound: Bool) -> ClockTrust {
    let gnssIsHeard = lastFixAt != .never && now - lastFixAt <= Self.silence
    guard systemIsSound else {
      return lastFixAt == .never ? .unknown : .systemUnsynchronised
    }
    guard gnssIsHeard else { return .gnssTimeAbsent }
    guard agreeing > 0 else {
      return report.gnssOffsetSeconds.isNaN && jump != .unknown ? jump : .disagree
    }
    guard agreeing >= Self.agreeingFixes else { return jump == .unknown ? .settling : jump }
    return .trusted
  }

  /// From stamp to step, by bus.
  private mutating func followFrames(_ inputs: borrowing @_addressable Inputs) {
    var seen = InlineArray<4, Bool>(repeating: false)
    for i in 0..<inputs.frames.count {
      let frame = inputs.frames[i]
      let bus = Int(frame.bus & 3)
      // One for each cycle: the first in the batch is the oldest.
      guard !seen[bus] else { continue }
      seen[bus] = true
      let age = (inputs.now - frame.receivedAt).seconds
      let mean = report.frameAgeSeconds[bus]
      report.frameAgeSeconds[bus] = mean.isNaN ? age : mean + (age - mean) / Self.frameMemory
    }
  }
}
