import CGPS
import Signals
import Units

/// Something that the client has to say.
///
/// The reference of the judge outlives a connection: a restarted gpsd that replays an old fix is
/// found out.
package enum GPSDEvent: Sendable {
  /// What may reach `Inputs`.
  case report(GNSSReport)
  case refused(GNSSRefusal)
  /// gpsd answered with its protocol version.
  case connected(major: Int32, minor: Int32)
  /// The connection ended or could not be made; the next attempt follows after `retry`.
  case disconnected(cause: GPSDDisconnection, retry: Interval)
  /// No report for as long as `GNSSPolicy.freshness`; said once per loss.
  case stale(age: Interval)
}

package enum GPSDDisconnection: Sendable, Equatable {
  /// errno, or a negative number of libgps' `gps_errstr`.
  case unreachable(code: Int32)
  case closed
  /// gpsd did not answer a probe.
  case silent
  /// It speaks a protocol other than 3.
  case unknownProtocol
}

extension GPSDDisconnection {
  /// Completes "gpsd at HOST:PORT ...".
  package var text: String {
    switch self {
    case .unreachable(let code):
      "cannot be reached: \(unsafe String(cString: tg_error_text(code)))"
    case .closed: "closed the connection"
    case .silent: "does not answer"
    case .unknownProtocol: "does not speak protocol 3"
    }
  }
}

/// One client of one gpsd: connects, watches, reads, judges, and connects again.
///
/// gpsd tells nobody that a receiver vanished, and libgps shows a dead connection as silence; so
/// the descriptor is polled here, end of file is looked for, and a quiet gpsd is probed. Not for
/// use from several threads.
@safe package final class GPSDSession {
  private let host: String
  private let port: String
  private var judge: GNSSJudge
  private var identity = ReceiverIdentity()
  private var handle: UnsafeMutableRawPointer?
  private var hasVersion = false
  private var heardAt = Instant.never
  private var probedAt = Instant.never
  private var nextAttempt = Instant.never
  private var backOff = GPSDSession.shortestBackOff
  private var staleReported = true

  private static var shortestBackOff: Interval { .milliseconds(100) }
  private static var longestBackOff: Interval { .milliseconds(2_000) }
  /// Quiet for this long, gpsd is asked for its version; twice that, it is taken for dead.
  private static var quiet: Interval { .milliseconds(3_000) }

  package init(host: String, port: UInt16, policy: GNSSPolicy) {
    self.host = host
    self.port = "\(port)"
    judge = GNSSJudge(policy)
  }

  deinit { if let handle = unsafe handle { unsafe tg_close(handle) } }

  package static func monotonic() -> Instant { Instant(nanoseconds: tg_monotonic()) }

  /// Reports and messages that came too late to be used, and recoveries of the judge.
  package var counts: (late: UInt64, recoveries: UInt64) {
    (judge.lateMessages, judge.recoveries)
  }

  /// Which receiver it is, nil until gpsd knows.
  package var receiver: String? { identity.text(at: Self.monotonic()) }

  /// Works for about `duration`, then returns; waits in `poll`, never longer than that.
  package func run(for duration: Interval, _ sink: (GPSDEvent) -> Void) {
    let end = Self.monotonic() + duration
    while true {
      let now = Self.monotonic()
      if now >= end { return }
      if unsafe handle == nil {
        if now >= nextAttempt { connect(sink) } else { pause(until: min(end, nextAttempt)) }
      } else {
        serve(until: end, sink)
      }
      tellStaleness(sink)
    }
  }

  private func connect(_ sink: (GPSDEvent) -> Void) {
    var failure: Int32 = 0
    let opened = unsafe tg_open(host, port, &failure)
    guard let opened = unsafe opened else {
      return drop(.unreachable(code: failure), sink)
    }
    unsafe handle = opened
    hasVersion = false
    identity = ReceiverIdentity()
    heardAt = Self.monotonic()
    probedAt = .never
  }

  private func drop(_ cause: GPSDDisconnection, _ sink: (GPSDEvent) -> Void) {
    if let open = unsafe handle { unsafe tg_close(open) }
    unsafe handle = nil
    judge.finish(at: Self.monotonic()) { report($0, sink) }
    nextAttempt = Self.monotonic() + backOff
    sink(.disconnected(cause: cause, retry: backOff))
    backOff = min(backOff * 2, Self.longestBackOff)
  }

  /// Waits for input until the end, the judge's deadline or the next probe, and reads it.
  private func serve(until end: Instant, _ sink: (GPSDEvent) -> Void) {
    guard let open = unsafe handle else { return }
    var now = Self.monotonic()
    let wake = min(end, min(judge.deadline ?? end, max(heardAt, probedAt) + Self.quiet))
    let readable = unsafe tg_wait(open, milliseconds(from: now, to: wake))
    now = Self.monotonic()
    if readable < 0 { return drop(.closed, sink) }
    if readable > 0, let cause = unsafe read(open, sink) { return drop(cause, sink) }
    judge.advance(to: Self.monotonic()) { report($0, sink) }
    now = Self.monotonic()
    if now - heardAt >= Self.quiet * 2 { return drop(.silent, sink) }
    if now - max(heardAt, probedAt) >= Self.quiet {
      probedAt = now
      if unsafe tg_probe(open) != 0 { drop(.closed, sink) }
    }
  }

  /// Takes every message that is buffered; answers why the connection has to end, nil to go on.
  private func read(
    _ open: UnsafeMutableRawPointer, _ sink: (GPSDEvent) -> Void
  ) -> GPSDDisconnection? {
    // Bounded, so that a flood cannot hold the thread; the rest is there at the next poll.
    for _ in 0..<256 {
      var message = tg_message()
      let length = unsafe tg_read(open, &message)
      if length < 0 { return .closed }
      if length == 0 { return unsafe tg_is_closed(open) != 0 ? .closed : nil }
      heardAt = Self.monotonic()
      unsafe noteReceiver(message.kind, open)
      unsafe noteSky(message.kind, open)
      if let cause = accept(message, at: heardAt, sink) { return cause }
      if unsafe tg_has_more(open) == 0 { return nil }
    }
    return nil
  }

  private func noteReceiver(_ kind: Int32, _ open: UnsafeMutableRawPointer) {
    if kind == Int32(TG_FIX.rawValue) {
      identity.noteFix(from: unsafe String(cString: tg_fix_path(open)), at: heardAt)
    }
    guard kind == Int32(TG_DEVICE.rawValue) else { return }
    let count = unsafe tg_device_count(open)
    for index in 0..<count {
      func text(_ field: tg_device_field) -> String {
        unsafe String(cString: tg_device_text(open, index, field))
      }
      identity.note(
        path: text(TG_PATH), driver: text(TG_DRIVER), hardware: text(TG_HARDWARE),
        firmware: text(TG_FIRMWARE), at: heardAt)
    }
  }

  private func noteSky(_ kind: Int32, _ open: UnsafeMutableRawPointer) {
    guard kind == Int32(TG_SKY.rawValue) else { return }
    let count = unsafe tg_satellite_count(open)
    guard count > 0 else { return }
    var tally = SatelliteTally()
    tally.dilution(unsafe tg_horizontal_dilution(open))
    for index in 0..<count {
      let satellite = unsafe tg_satellite_at(open, index)
      var sighting = SatelliteSighting()
      sighting.system = satellite.system
      sighting.satellite = satellite.satellite
      sighting.band = satellite.band
      sighting.prn = satellite.prn
      sighting.isUsed = satellite.is_used != 0
      sighting.strength = satellite.strength
      sighting.elevation = satellite.elevation
      tally.add(sighting)
    }
    judge.take(tally.summary, at: heardAt)
  }

  private func accept(
    _ message: tg_message, at now: Instant, _ sink: (GPSDEvent) -> Void
  ) -> GPSDDisconnection? {
    judge.clockOffset = Interval(nanoseconds: tg_realtime() &- now.nanoseconds)
    switch UInt32(bitPattern: message.kind) {
    case TG_FIX.rawValue:
      judge.take(GNSSFix(message), at: now) { report($0, sink) }
    case TG_ATTITUDE.rawValue where message.heading.isFinite:
      judge.take(heading: message.heading, at: now) { report($0, sink) }
    case TG_VERSION.rawValue:
      guard message.protocol_major == 3 else { return .unknownProtocol }
      // A probe is answered by the same message.
      if !hasVersion {
        sink(.connected(major: message.protocol_major, minor: message.protocol_minor))
      }
      hasVersion = true
      backOff = Self.shortestBackOff
    default:
      break
    }
    return nil
  }

  private func report(_ verdict: GNSSVerdict, _ sink: (GPSDEvent) -> Void) {
    if case .report = verdict { staleReported = false }
    sink(GPSDEvent(verdict))
  }

  private func tellStaleness(_ sink: (GPSDEvent) -> Void) {
    let now = Self.monotonic()
    guard !staleReported, !judge.isFresh(at: now) else { return }
    staleReported = true
    sink(.stale(age: now - judge.lastReportAt))
  }

  private func pause(until end: Instant) {
    tg_pause(milliseconds(from: Self.monotonic(), to: end))
  }

  private func milliseconds(from now: Instant, to end: Instant) -> Int32 {
    let rounded = (end - now).nanoseconds / 1_000_000 + 1
    return Int32(clamping: min(max(rounded, 0), 10_000))
  }
}

extension GPSDEvent {
  fileprivate init(_ verdict: GNSSVerdict) {
    switch verdict {
    case .report(let report): self = .report(report)
    case .refused(let refusal): self = .refused(refusal)
    }
  }
}

extension GNSSFix {
  fileprivate init(_ message: tg_message) {
    self.init()
    utc = message.time_ns
    mode = message.mode
    status = message.status
    latitude = message.latitude
    longitude = message.longitude
    height = message.height
    speed = message.speed
    track = message.track
    datumIsForeign = message.datum == 2
  }
}
