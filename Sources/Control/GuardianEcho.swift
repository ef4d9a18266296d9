import SafeStop
import Signals
import Units

/// A guardian that stops the truck by itself stops the step too, so that the way on leads through
/// HELD and an acknowledge here as there.
struct GuardianEcho: Sendable, Visitable {
  /// Since when the guardian has been stopping a truck that the step would drive.
  private var stoppedAt = Instant.never

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("stoppedAt", &stoppedAt)
  }

  /// The demand of this cycle.
  ///
  /// The report is a cycle or two behind: just after an acknowledge it still says held.
  mutating func demand(
    _ state: GuardianState, isDriving: Bool, at now: Instant, times: SafeStopTimes
  ) -> StopDemand {
    guard isDriving, state == .stopping || state == .held else {
      stoppedAt = .never
      return StopDemand()
    }
    if stoppedAt == .never { stoppedAt = now }
    guard now - stoppedAt > times.guardianHeartbeat * 2 else { return StopDemand() }
    return StopDemand(.comfortStop, .guardianLost)
  }
}
