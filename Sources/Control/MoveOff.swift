import SafeStop
import Signals
import Units

/// From standing with parking brakes set to driving and back, at every stop (S-22, R-MRM-6).
///
/// standing -> warning (lamps and horn) -> releasing (gear in, parking brakes off, confirmed by
/// feedback, the service brake holds) -> driving; and back to standing when the truck has stood
/// still long enough with nowhere to go.
package struct MoveOff: Sendable, Visitable {
  package private(set) var phase = MoveOffPhase.standing
  /// When the present phase began; for `driving`, when the truck last had a reason to move.
  private var since = Instant.never
  /// While `driving`: stood still with nowhere to go, so that the next motion is a move-off.
  private var hasHalted = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("phase", &phase)
    visitor.visit("since", &since)
    visitor.visit("hasHalted", &hasHalted)
  }

  /// Lamps and horn sound this long before motion (S-22, C11).
  package static var warningTime: Interval { .milliseconds(3_000) }
  /// Parking brakes are set after standing this long with nowhere to go (domain.md 4.2, S7).
  package static var parkAfter: Interval { .milliseconds(5_000) }

  package struct Events: Sendable {
    package var now = Instant(nanoseconds: 0)
    /// There is room to the stop target and nothing demands a stop.
    package var mayMove = false
    package var isStandstill = false
    /// Feedback shows both parking brakes released and drive engaged.
    package var isReleased = false

    package init() {}
  }

  package mutating func handle(_ events: Events) -> MoveOffPhase {
    switch phase {
    case .standing:
      if events.mayMove { enter(.warning, events.now) }
    case .warning:
      if !events.mayMove {
        enter(.standing, events.now)
      } else if events.now - since >= Self.warningTime {
        enter(.releasing, events.now)
      }
    case .releasing:
      if !events.mayMove {
        enter(.standing, events.now)
      } else if events.isReleased {
        enter(.driving, events.now)
      }
    case .driving:
      if !events.isStandstill {
        hasHalted = false
        since = events.now
      } else if events.mayMove {
        since = events.now
        if hasHalted { enter(.warning, events.now) }
      } else {
        hasHalted = true
      }
      if phase == .driving, events.now - since >= Self.parkAfter {
        enter(.standing, events.now)
      }
    }
    return phase
  }

  /// Takes the brakes as released: for simulators whose plants begin in motion.
  package mutating func beginInMotion(at now: Instant) { enter(.driving, now) }

  /// A stop is in force: the next move-off starts from the beginning.
  package mutating func stopDemanded() { phase = .standing }

  private mutating func enter(_ next: MoveOffPhase, _ now: Instant) {
    phase = next
    since = now
    hasHalted = false
  }
}

package enum MoveOffPhase: UInt8, Sendable {
  /// Parking brakes set, neutral.
  case standing
  /// Lamps and horn, brakes still set.
  case warning
  /// Gear in, parking brakes coming off, held by the service brake.
  case releasing
  case driving
}

extension Feedback {
  /// Whether no parking brake that the profile has is set, and drive is engaged.
  var isReleased: Bool {
    @_addressableSelf get {
      if has(.tractorParkingBrake), self[.tractorParkingBrake] != 0 { return false }
      if has(.trailerParkingBrake), self[.trailerParkingBrake] != 0 { return false }
      return !has(.drivelineEngaged) || isSet(.drivelineEngaged)
    }
  }
}
