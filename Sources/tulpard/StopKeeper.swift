import CLinux
import GuardianHost
import Realtime
import SafeStop
import SharedPage
import Signals
import Supervisor
import Synchronization
import Units

/// The daemon's stand-in for a dead guardian: brings the truck to a held standstill and does
/// nothing else (S-15).
///
/// It runs a second guardian core from the start, without a transmit socket, so that feedback,
/// counters and plan are at hand in the moment that the guardian's process handle reports its
/// death. Only then, and only with the sender lock, it opens the sockets. It gives them up when the
/// truck is parked and another guardian waits for them.
final class StopKeeper: @unchecked Sendable {
  private let state: DaemonState
  private let page: SharedPage
  private let lockPath: String
  // Used by the one thread that `start` makes.
  private var host: GuardianHost
  private var guardianProcess: UInt64 = 0
  private var guardianHandle: Int32 = -1
  private var guardianIsDead = false
  private var lock: Int32 = -1

  init(settings: GuardianSettings, state: DaemonState, page: SharedPage, lockPath: String) {
    self.state = state
    self.page = page
    self.lockPath = lockPath
    host = GuardianHost(page: page)
    host.configure(settings)
  }

  func start(priority: Int32) throws(RealtimeThread.Failure) -> RealtimeThread {
    try RealtimeThread(.init(name: "keeper", stackBytes: 1 << 20, priority: priority)) {
      [self] in
      // After the guardian's own cycle, so that both cores read the same slot.
      var timer = PeriodicTimer(
        period: GuardianHost.period, phase: GuardianHost.phase + .milliseconds(1))
      while true {
        var handle = guardianHandle
        if unsafe tl_poll(&handle, 1, timer.deadline.nanoseconds) != 0 { guardianDied() }
        let now = MonotonicClock.now
        if now >= timer.deadline { _ = timer.wake(at: now) }
        cycle(at: now)
      }
    }
  }

  private func guardianDied() {
    guardianIsDead = true
    if guardianHandle >= 0 { tl_close(guardianHandle) }
    guardianHandle = -1
  }

  private func watchGuardian() {
    let process = page.guardianProcess
    guard process != guardianProcess else { return }
    if guardianHandle >= 0 { tl_close(guardianHandle) }
    guardianProcess = process
    guardianHandle = process == 0 ? -1 : tl_pidfd_open(Int32(truncatingIfNeeded: process))
    guardianIsDead = process != 0 && guardianHandle < 0
  }

  private func cycle(at now: Instant) {
    watchGuardian()
    if guardianIsDead, lock < 0, hasWork {
      lock = unsafe tl_lock_file(lockPath)
      state.isKeeping.store(lock >= 0, ordering: .releasing)
    }
    let isKeeping = lock >= 0
    let output = host.cycle(
      at: now, daemonIsAlive: !isKeeping, endIsRequested: isKeeping, transmits: isKeeping)
    guard isKeeping else { return }
    state.keeperBeats.add(1, ordering: .relaxed)
    state.keeperDemand.store(output.demand.word, ordering: .relaxed)
    let isRelieved = !guardianIsDead || state.isEnding.load(ordering: .relaxed)
    if output.mayExit, isRelieved { giveUp() }
  }

  /// Whether there is a truck to stop or to hold; in MANUAL nobody sends.
  private var hasWork: Bool {
    switch host.core.state {
    case .starting, .idle: false
    case .relaying, .stopping, .held: true
    }
  }

  private func giveUp() {
    host.closeTransmitSockets()
    tl_close(lock)
    lock = -1
    state.isKeeping.store(false, ordering: .releasing)
  }
}
