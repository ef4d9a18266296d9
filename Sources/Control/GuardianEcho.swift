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

  /// The demand of this cycle; for how long the guardian has stopped the truck, and how long it may.
  ///
  /// The report is a cycle or two behind: just after an acknowledge it still says held.
  mutating func demand(
    _ state: GuardianState, isDriving: Bool, at now: Instant, times: SafeStopTimes
  ) -> (demand: StopDemand, reading: Reading) {
    guard isDriving, state == .stopping || state == .held else {
      stoppedAt = .never
      return (StopDemand(), Reading())
    }
    if stoppedAt == .never { stoppedAt = now }
    let limit = times.guardianHeartbeat * 2
    let reading = Reading((now - stoppedAt).seconds, .above, limit.seconds, .seconds)
    return (reading.isCrossed ? StopDemand(.comfortStop, .guardianLost) : StopDemand(), reading)
  }
}
