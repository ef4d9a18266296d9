import Realtime
import Supervisor
import Synchronization
import Units

/// Readiness and life signs for systemd: told only while control, supervisor and guardian live.
///
/// With the guardian dead this process may be the one that stops the truck; then its own keeper
/// counts, because a restart would end the stop.
struct Watchdog {
  private static let limit = Interval.milliseconds(250)

  private let state: DaemonState
  private let needsSender: Bool
  private let interval: Interval
  private var control = LifeSign()
  private var supervisor = LifeSign()
  private var guardian = LifeSign()
  private var keeper = LifeSign()
  private var toldAt = Instant.never
  private var isReady = false

  /// - Parameter needsSender: false in shadow, where nothing may be sent.
  init(_ state: DaemonState, needsSender: Bool) {
    self.state = state
    self.needsSender = needsSender
    // A third of what systemd allows, as sd_watchdog_enabled(3) advises at most half.
    let allowed = ServiceManager.watchdogMicroseconds ?? 1_000_000
    interval = Interval(nanoseconds: Int64(clamping: allowed) / 3 * 1_000)
  }

  mutating func look(at now: Instant, inputsFlow: Bool) {
    control.note(state.cycles.load(ordering: .relaxed), at: now)
    supervisor.note(
      state.supervisor.supervisorHeartbeat.load(ordering: .relaxed), at: now)
    guardian.note(state.guardianHeartbeat.load(ordering: .relaxed), at: now)
    keeper.note(state.keeperBeats.load(ordering: .relaxed), at: now)
    let ownThreadsLive =
      control.isAlive(at: now, within: Self.limit)
      && supervisor.isAlive(at: now, within: Self.limit)
    if !isReady, inputsFlow, ownThreadsLive {
      isReady = true
      ServiceManager.ready()
      Journal.information("ready: inputs flow and the loop runs")
    }
    let senderLives =
      !needsSender || guardian.isAlive(at: now, within: Self.limit)
      || (state.isKeeping.load(ordering: .relaxed) && keeper.isAlive(at: now, within: Self.limit))
    guard isReady, ownThreadsLive, senderLives, now - toldAt >= interval else { return }
    toldAt = now
    ServiceManager.keepAlive()
  }
}

/// A count and when it last changed.
private struct LifeSign {
  private var count: UInt64 = 0
  private var changedAt = Instant.never

  mutating func note(_ new: UInt64, at now: Instant) {
    guard new != count else { return }
    count = new
    changedAt = now
  }

  func isAlive(at now: Instant, within limit: Interval) -> Bool { now - changedAt <= limit }
}
