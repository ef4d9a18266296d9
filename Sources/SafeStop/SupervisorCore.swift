import ActuatorGate
import Signals
import Units
import WireCodec

/// What the supervisor sees of the control thread: its heartbeat and what it last published.
package struct SupervisorObservation: Sendable {
  package var now = Instant.never
  package var controlHeartbeat: UInt64 = 0
  package var guardianHeartbeat: UInt64 = 0
  package var mode = Mode.manual
  package var command = Command()
  package var path = PathState()
  package var authority = MovementAuthority()
  package var speedCap = MetresPerSecond(.infinity)
  package var buses = InlineArray<4, BusHealth>(repeating: BusHealth())

  package init() {}
}

/// What the supervisor demands.
package struct SupervisorOutput: Sendable {
  package var heartbeat: UInt64 = 0
  package var demand = StopDemand()
  package var faults = Faults()
  /// The supervisor's own front position (S-17).
  package var frontStation = Metres(.nan)

  package init() {}
}

/// The supervisor thread's decisions, 200 times a second: only demands stops.
package struct SupervisorCore: Sendable, Visitable {
  private var signals = SignalStore()
  private var decoder = FrameDecoder()
  private var health = HealthMonitor()
  private var standstill = StandstillDetector()
  private var control = Progress()
  private var guardian = Progress()
  private var heartbeat: UInt64 = 0
  private var front = Metres(.nan)
  private var steppedAt = Instant.never

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("signals", &signals)
    visitor.visit("decoder", &decoder)
    visitor.visit("health", &health)
    visitor.visit("standstill", &standstill)
    visitor.visit("control", &control)
    visitor.visit("guardian", &guardian)
    visitor.visit("heartbeat", &heartbeat)
    visitor.visit("front", &front)
    visitor.visit("steppedAt", &steppedAt)
  }

  /// One cycle, with the frames of the supervisor's own receive socket.
  package mutating func step(
    _ observation: SupervisorObservation, frames: borrowing FrameBatch,
    configuration: borrowing GuardianConfiguration
  ) -> SupervisorOutput {
    SupervisorOutput()
  }
}
