import ActuatorGate
import Signals
import Units
import WireCodec

/// The one sender's decisions, 100 times a second (architecture.md 1.4): relays the daemon's fresh
/// command through its own gate, else plays the stop plan, and holds until acknowledged.
package struct GuardianCore: Sendable, Visitable {
  package private(set) var state = GuardianState.starting
  private var signals = SignalStore()
  private var decoder = FrameDecoder()
  private var health = HealthMonitor()
  private var standstill = StandstillDetector()
  private var watch = DaemonWatch()
  private var ladder = StopLadder()
  private var player = StopPlanPlayer()
  private var gate = ActuatorGate()
  private var sender = FrameSender()
  /// As sent in the previous cycle.
  private var command = Command()
  private var steppedAt = Instant.never
  private var heartbeat: UInt64 = 0
  private var relayedSequence: UInt64 = 0
  private var clampedCycles: UInt64 = 0
  /// Whether, in this stop, the daemon's steering is still followed.
  private var steersByDaemon = false
  private var isAcknowledged = false
  /// Distance to the supervised limit, and the own odometer where it held.
  private var limitDistance = Metres(.nan)
  private var limitOdometer = Metres.zero

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("state", &state)
    visitor.visit("signals", &signals)
    visitor.visit("decoder", &decoder)
    visitor.visit("health", &health)
    visitor.visit("standstill", &standstill)
    visitor.visit("watch", &watch)
    visitor.visit("ladder", &ladder)
    visitor.visit("player", &player)
    visitor.visit("gate", &gate)
    visitor.visit("sender", &sender)
    visitor.visit("command", &command)
    visitor.visit("steppedAt", &steppedAt)
    visitor.visit("heartbeat", &heartbeat)
    visitor.visit("relayedSequence", &relayedSequence)
    visitor.visit("clampedCycles", &clampedCycles)
    visitor.visit("steersByDaemon", &steersByDaemon)
    visitor.visit("isAcknowledged", &isAcknowledged)
    visitor.visit("limitDistance", &limitDistance)
    visitor.visit("limitOdometer", &limitOdometer)
  }

  /// One cycle.
  ///
  /// - Parameter slot: what the daemon last published; nil when it could not be read.
  package mutating func step(
    _ circumstances: GuardianCircumstances, frames: borrowing FrameBatch, slot: DaemonSlot?,
    configuration: borrowing GuardianConfiguration
  ) -> GuardianOutput {
    GuardianOutput()
  }
}
