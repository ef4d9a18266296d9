import Signals
import Units

/// When a controller that left its bus is started again: a bounded number of times, with growing
/// pauses, and while the truck moves only if the profile says so.
///
/// A truck that has lost its only bus cannot be seen to stand. Nobody commands it any more, so the
/// independent brake path has stopped it and stays tripped until standstill: after the longest stop
/// the controller is started whatever the stack believes. One of two buses waits for standstill.
package struct LinkSupervision: Sendable {
  /// Restarts until a person decides; a bus that was well for `forgivenAfter` starts anew.
  package static let restartLimit: UInt32 = 5
  package static let forgivenAfter = Interval.seconds(60)
  /// Before the first restart; doubled with each.
  package static let firstPause = Interval.milliseconds(200)
  /// From 8.89 m/s, the fastest of a mission, by 1 m/s2, the weakest independent path of a profile, on
  /// 8 % downhill it is 41 s.
  package static let longestStop = Interval.seconds(45)
  /// A bus that comes back for less than this was never away from its trouble.
  private static let regainedAfter = Interval.seconds(1)
  /// An error-passive controller whose frames do not get out this long holds stale commands.
  package static let stuckAfter = Interval.seconds(1)

  package enum Action: Sendable {
    case none
    /// Stop and start: that alone also empties the driver's queue, so that no command of before
    /// the trouble goes out after it.
    case restart
  }

  private let restartsInMotion: Bool
  private let isOnlyBus: Bool
  private var used: UInt32 = 0
  private var notBefore = Instant.never
  private var wellSince = Instant.never
  private var isWell = false
  private var lostAt = Instant.never
  private var sent: Int64 = -1
  private var sentAt = Instant.never
  package private(set) var restarts: UInt32 = 0
  package private(set) var phase = LinkPhase.up

  /// - Parameter isOnlyBus: without this bus nothing commands the truck, or shows that it stands.
  package init(restartsInMotion: Bool, isOnlyBus: Bool) {
    self.restartsInMotion = restartsInMotion
    self.isOnlyBus = isOnlyBus
  }

  /// - Parameter framesSent: total of the interface, negative where it is not known.
  package mutating func step(
    at now: Instant, controller: CANControllerState, framesSent: Int64, isMoving: Bool
  ) -> Action {
    if framesSent != sent || controller != .passive {
      sent = framesSent
      sentAt = now
    }
    let isStuck = controller == .passive && framesSent >= 0 && now - sentAt >= Self.stuckAfter
    guard controller == .busOff || isStuck else {
      beWell(at: now)
      return .none
    }
    if isWell || notBefore == .never { notBefore = now + pause }
    if lostAt == .never || isWell && now - wellSince >= Self.regainedAfter { lostAt = now }
    isWell = false
    guard used < Self.restartLimit else {
      phase = .givenUp
      return .none
    }
    guard now >= notBefore else {
      phase = .pausing
      return .none
    }
    let stopIsOver = isOnlyBus && now - lostAt >= Self.longestStop
    guard !isMoving || restartsInMotion || stopIsOver else {
      phase = .waitingForStandstill
      return .none
    }
    return restart(at: now)
  }

  /// A person asked for it: at once, and the count starts anew.
  package mutating func restartByHand(at now: Instant) -> Action {
    used = 0
    return restart(at: now)
  }

  private mutating func restart(at now: Instant) -> Action {
    used += 1
    restarts &+= 1
    notBefore = now + pause
    sentAt = now
    phase = .pausing
    return .restart
  }

  private mutating func beWell(at now: Instant) {
    if !isWell { wellSince = now }
    isWell = true
    phase = .up
    if now - wellSince >= Self.forgivenAfter { used = 0 }
  }

  private var pause: Interval { Self.firstPause * Int64(1 << min(used, 10)) }
}
