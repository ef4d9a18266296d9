import Realtime
import Testing
import Units

@Suite struct TimerTests {
  private func at(_ milliseconds: Int64) -> Instant {
    Instant(nanoseconds: milliseconds * 1_000_000)
  }

  @Test func deadlinesAreMultiplesOfThePeriodPlusPhase() {
    var timer = PeriodicTimer(
      period: .milliseconds(10), phase: .milliseconds(2), now: at(1_003))
    #expect(timer.deadline == at(1_012))
    #expect(timer.wake(at: at(1_012)) == 0)
    #expect(timer.deadline == at(1_022))
  }

  /// A late loop skips cycles and says how many; it never runs a burst to catch up.
  @Test(arguments: [(0, 0), (9, 0), (10, 1), (19, 1), (25, 2), (1_000, 100)])
  func aLateWakeUpCountsTheCyclesItSkipped(late: Int64, skipped: UInt32) {
    var timer = PeriodicTimer(period: .milliseconds(10), now: at(95))
    #expect(timer.deadline == at(100))
    #expect(timer.wake(at: at(100 + late)) == skipped)
    #expect(timer.slips == UInt64(skipped))
    #expect(timer.deadline == at(100 + 10 * (Int64(skipped) + 1)))
    #expect(timer.deadline > at(100 + late))
    #expect(timer.worstLateness == .milliseconds(late))
  }

  @Test func waitingSleepsUntilTheDeadline() {
    var timer = PeriodicTimer(period: .milliseconds(5))
    for _ in 0..<4 {
      let deadline = timer.deadline
      _ = timer.wait()
      #expect(MonotonicClock.now >= deadline)
    }
  }
}
