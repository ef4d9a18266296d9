import NetworkManagement
import Signals
import Units

/// An acknowledge on its way through daemon, supervisor and guardian (I-8, R-MRM-7).
///
/// Given while a stop is held, it clears at once what only waits for it; then it counts for as long
/// as the others may take to clear theirs, and is gone. A cause that goes on withdraws it.
package struct PendingAcknowledge: Sendable, Visitable {
  private var givenAt = Instant.never

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("givenAt", &givenAt)
  }

  package mutating func give(at now: Instant) { givenAt = now }

  package mutating func withdraw() { givenAt = .never }

  /// The longest way is from the step to the supervisor and back: one cycle of each, and the
  /// heartbeats of all three have to be younger than this anyway.
  package func counts(at now: Instant, times: SafeStopTimes) -> Bool {
    givenAt != .never && now - givenAt <= times.guardianHeartbeat
  }
}

extension DaemonSlot {
  /// Counts the acknowledges of a cycle that ended in `mode`.
  ///
  /// One while stopping or driving is none. One in HELD counts though the stop goes on: supervisor
  /// and guardian forget by it what they demand the stop for.
  package mutating func count(acknowledges: UInt64) {
    switch mode {
    case .manual, .armed, .held: acknowledgeCount &+= acknowledges
    case .shadow, .autonomous, .stopping: break
    }
  }
}

extension GuardianCore {
  /// An acknowledge counts when it comes at standstill, with no cause left (I-8): before anything is
  /// judged it clears what waits for it alone.
  mutating func takeAcknowledge(_ daemon: DaemonState, at now: Instant) {
    // Taken in any case: one that came while the daemon was not believed is none later either.
    let isNew = watch.takeAcknowledge()
    guard isNew, daemon == .fresh, state == .held else { return }
    network.retry()
    health.acknowledge()
    standstill.forgiveMotion()
    acknowledge.give(at: now)
  }
}
