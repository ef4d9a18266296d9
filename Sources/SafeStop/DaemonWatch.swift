import Signals
import Units

/// How far the daemon's slot may be believed.
package enum DaemonState: UInt8, Sendable {
  case absent
  case fresh
  /// Its process has ended.
  case lost
  /// Another start of the daemon than the one that was followed.
  case replaced
  case commandStale
  case controlHung
  case supervisorHung
  case invalid

  package var reason: Reason {
    switch self {
    case .fresh: .none
    case .absent, .lost: .daemonLost
    case .replaced: .restarted
    case .commandStale: .commandStale
    case .controlHung: .controlHung
    case .supervisorHung: .supervisorHung
    case .invalid: .commandInvalid
    }
  }
}

/// A count and when it last changed.
struct Progress: Sendable, Visitable {
  private(set) var count: UInt64 = 0
  private var changedAt = Instant.never

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("count", &count)
    visitor.visit("changedAt", &changedAt)
  }

  mutating func note(_ new: UInt64, at now: Instant) {
    guard new != count || changedAt == .never else { return }
    count = new
    changedAt = now
  }

  func isAlive(at now: Instant, within limit: Interval) -> Bool {
    changedAt != .never && now - changedAt <= limit
  }
}

/// Judges the daemon by what must keep changing: age, sequence and both heartbeats.
package struct DaemonWatch: Sendable, Visitable {
  package private(set) var slot = DaemonSlot()
  package private(set) var hasSlot = false
  private var instance: UInt64 = 0
  private var sequence = Progress()
  private var control = Progress()
  private var supervisor = Progress()
  private var acknowledges: UInt64 = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("slot", &slot)
    visitor.visit("hasSlot", &hasSlot)
    visitor.visit("instance", &instance)
    visitor.visit("sequence", &sequence)
    visitor.visit("control", &control)
    visitor.visit("supervisor", &supervisor)
    visitor.visit("acknowledges", &acknowledges)
  }

  /// Takes the slot of this cycle, nil when none was readable.
  package mutating func step(
    _ offered: DaemonSlot?, isAlive: Bool, configurationHash: UInt64, at now: Instant,
    times: SafeStopTimes
  ) -> DaemonState {
    if let offered {
      if !hasSlot { follow(offered) }
      hasSlot = true
      slot = offered
      sequence.note(offered.sequence, at: now)
      control.note(offered.controlHeartbeat, at: now)
      supervisor.note(offered.supervisorHeartbeat, at: now)
    }
    guard hasSlot else { return .absent }
    guard isAlive else { return .lost }
    guard slot.instance == instance else { return .replaced }
    let age = now - slot.publishedAt
    let isHashRight = configurationHash == 0 || slot.configurationHash == configurationHash
    guard age >= .milliseconds(-20), isHashRight else { return .invalid }
    guard control.isAlive(at: now, within: times.controlHeartbeat) else { return .controlHung }
    let isFresh =
      age <= times.commandFreshness && sequence.isAlive(at: now, within: times.commandFreshness)
    guard isFresh else { return .commandStale }
    guard supervisor.isAlive(at: now, within: times.supervisorHeartbeat) else {
      return .supervisorHung
    }
    return .fresh
  }

  /// Believes this start of the daemon from here on.
  package mutating func followCurrent() { follow(slot) }

  private mutating func follow(_ slot: DaemonSlot) {
    instance = slot.instance
    acknowledges = slot.acknowledgeCount
  }

  /// Whether an acknowledge arrived since the last call; those that came before do not count.
  package mutating func takeAcknowledge() -> Bool {
    let isNew = slot.acknowledgeCount > acknowledges
    acknowledges = slot.acknowledgeCount
    return isNew
  }
}
