import ActuatorGate
import Signals
import Units
import WireCodec

/// What the guardian does in a cycle.
package struct GuardianOutput: Sendable {
  /// To be sent in this order, now.
  package var frames = InlineArray<12, OutgoingFrame>(repeating: OutgoingFrame())
  package var frameCount = 0
  /// Claims, answers and trouble codes, after those; they carry no counters.
  package var networkFrames = InlineArray<4, OutgoingFrame>(repeating: OutgoingFrame())
  package var networkFrameCount = 0
  package var report = GuardianReport()
  /// Why the guardian stops or holds; level nominal while it relays.
  package var demand = StopDemand()
  package var faults = Faults()
  package var clamps = GateClamps()
  package var command = Command()
  package var isPlayingPlan = false
  /// Whether the process may end now: it never took part, or the parking brakes are confirmed by
  /// feedback after an end was asked for (S-19).
  package var mayExit = false

  package init() {}
}

/// What the guardian's host saw in a cycle, beside frames and slot.
package struct GuardianCircumstances: Sendable {
  package var now = Instant.never
  /// By the daemon's process handle, not by its heartbeats.
  package var daemonIsAlive = false
  /// The host itself was told to end (SIGTERM).
  package var endIsRequested = false
  /// 0: whatever the daemon says.
  package var configurationHash: UInt64 = 0
  /// Frames of earlier cycles that the kernel refused.
  package var framesDropped: UInt64 = 0
  package var buses = InlineArray<4, BusHealth>(repeating: BusHealth())

  package init() {}
}
