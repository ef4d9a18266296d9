import Realtime
import Signals
import Synchronization
import Units

/// Where control and supervisor meet without waiting for one another.
package final class SupervisorLink: Sendable {
  /// What control tells of itself each cycle.
  package struct ControlView: Sendable {
    package var mode = Mode.manual
    package var command = Command()
    package var path = PathState()
    package var authority = MovementAuthority()
    package var speedCap = MetresPerSecond(.infinity)
    package var acknowledgeCount: UInt64 = 0
    package var needsProtectiveField = false
    package var needsAttendant = false
    package var comfortDeceleration = MetresPerSecondSquared(.nan)
    package var emergencyDeceleration = MetresPerSecondSquared(.nan)

    package init() {}

    package init(_ outputs: borrowing @_addressable Outputs, acknowledgeCount: UInt64) {
      self.acknowledgeCount = acknowledgeCount
      mode = outputs.mode
      command = outputs.command
      path = outputs.path
      authority = outputs.authority
      speedCap = outputs.speedCap
      needsProtectiveField = outputs.needsProtectiveField
      needsAttendant = outputs.needsAttendant
      comfortDeceleration = outputs.brakes.comfort
      emergencyDeceleration = outputs.brakes.emergency
    }
  }

  package let control = DoubleBuffer(ControlView())
  package let controlHeartbeat = Atomic<UInt64>(0)
  package let supervisorHeartbeat = Atomic<UInt64>(0)
  private let demandWord = Atomic<UInt64>(0)

  package init() {}

  /// What the supervisor demands at present.
  package var demand: StopDemand { StopDemand(word: demandWord.load(ordering: .acquiring)) }

  func publish(_ output: SupervisorDecision) {
    demandWord.store(output.demand.word, ordering: .releasing)
    supervisorHeartbeat.store(output.heartbeat, ordering: .releasing)
  }
}

extension StopDemand {
  /// Both fields in one atomic word.
  package var word: UInt64 { UInt64(level.rawValue) | UInt64(reason.rawValue) << 8 }

  /// A word that is none is read as the worst.
  package init(word: UInt64) {
    guard let level = StopLevel(rawValue: UInt8(truncatingIfNeeded: word)),
      let reason = Reason(rawValue: UInt8(truncatingIfNeeded: word >> 8))
    else {
      self.init(.emergencyStop, .supervisorHung)
      return
    }
    self.init(level, reason)
  }
}

/// Heartbeat and demand of one supervisor cycle.
struct SupervisorDecision {
  var heartbeat: UInt64
  var demand: StopDemand
}
