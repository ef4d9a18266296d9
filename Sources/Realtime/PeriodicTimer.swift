import CLinux
import Units

/// The monotonic clock.
package enum MonotonicClock {
  package static var now: Instant { Instant(nanoseconds: tl_monotonic_ns()) }
}

/// Absolute deadlines at whole multiples of a period (plus a phase) of the monotonic clock.
///
/// Threads of different processes that use the same clock thereby keep a fixed order. A deadline
/// that has already passed is not caught up by running faster: it is skipped and counted (a cycle
/// slip), because a burst of steps would integrate time that is gone.
package struct PeriodicTimer: Sendable {
  package let period: Interval
  package private(set) var deadline: Instant
  /// Cycles skipped since the start.
  package private(set) var slips: UInt64 = 0
  /// How late the latest wake-up was, and the worst one.
  package private(set) var lateness = Interval.zero
  package private(set) var worstLateness = Interval.zero

  package init(period: Interval, phase: Interval = .zero, now: Instant = MonotonicClock.now) {
    self.period = Interval(nanoseconds: max(period.nanoseconds, 1_000))
    let step = self.period.nanoseconds
    let next = (now.nanoseconds / step + 1) * step + phase.nanoseconds
    deadline = Instant(nanoseconds: next)
  }

  /// Sleeps until the next deadline and answers how many were skipped.
  package mutating func wait() -> UInt32 {
    tl_sleep_until(deadline.nanoseconds)
    return wake(at: MonotonicClock.now)
  }

  /// Accounts for a wake-up at `now` for the current deadline and sets the next one.
  package mutating func wake(at now: Instant) -> UInt32 {
    lateness = now - deadline
    if lateness > worstLateness { worstLateness = lateness }
    let missed = max(lateness.nanoseconds / period.nanoseconds, 0)
    slips &+= UInt64(missed)
    deadline = deadline + period * (missed + 1)
    return UInt32(clamping: missed)
  }
}
