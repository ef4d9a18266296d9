import ActuatorGate
import BorderZone
import PathFollowing
import SafeStop
import Signals
import Units

/// How persons are protected where the truck is, and how fast it may be for that (S-3).
///
/// AEBS and ACC are no part of it: they may slow the truck, and never let it go faster.
struct PersonProtection: Sendable, Visitable {
  private(set) var needsField = false
  private(set) var needsAttendant = false
  /// Speed whose worst stop fits the field's range less 1 m.
  private(set) var fieldCap = MetresPerSecond.zero
  private var clearSince = Instant.never

  /// C11: the field has been clear this long before a move-off.
  private static var clearTime: Interval { .milliseconds(3_000) }

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("needsField", &needsField)
    visitor.visit("needsAttendant", &needsAttendant)
    visitor.visit("fieldCap", &fieldCap)
    visitor.visit("clearSince", &clearSince)
  }

  mutating func step(
    _ cycle: borrowing @_addressable Cycle,
    _ configuration: borrowing @_addressable ControllerConfiguration
  ) {
    let path = cycle.path
    let deadTime = configuration.limits.authorityDeadTime
    needsField = false
    needsAttendant = false
    let zones = configuration.zones.zones.span
    for i in 0..<configuration.zones.zoneCount
    where zones[i].start <= path.frontStation && path.rearStation < zones[i].end {
      switch zones[i].persons {
      case .excluded: continue
      case .protectiveField: needsField = true
      case .attendantEnable: needsAttendant = true
      }
    }
    let isClear =
      cycle.feedback.protectiveFieldIsKnown && !cycle.feedback.protectiveFieldIsViolated
    if !isClear { clearSince = .never } else if clearSince == .never { clearSince = cycle.now }
    let range = cycle.feedback[.protectiveFieldRange]
    fieldCap = isClear ? permitted(range - 1, cycle.curves.emergency, deadTime) : .zero
  }

  /// By the curve of an emergency stop (S-11); the field is found stale or violated no later than
  /// 100 ms after it is.
  private func permitted(
    _ distance: Double, _ deceleration: MetresPerSecondSquared, _ deadTime: Interval
  ) -> MetresPerSecond {
    ActuatorGate.permittedSpeed(
      within: Metres(distance), deceleration: deceleration,
      deadTime: deadTime + .milliseconds(100))
  }

  /// The cap of a zone, here or ahead.
  func cap(_ zone: Zone) -> MetresPerSecond {
    zone.persons == .protectiveField ? min(zone.speedCap, fieldCap) : zone.speedCap
  }

  func allowsMoveOff(_ feedback: @_addressable Feedback, at now: Instant) -> Bool {
    if needsField, clearSince == .never || now - clearSince < Self.clearTime { return false }
    return !needsAttendant || feedback[.attendantEnable] == 1
  }
}

/// The trailer as the path bends it: no measurement goes in, so that one may be held against it
/// (S-7).
struct PathArticulation: Sendable, Visitable {
  private(set) var angle = Radians(.nan)

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) { visitor.visit("angle", &angle) }

  /// - Parameter engaged: before that, the estimate is where it starts from.
  mutating func step(
    _ state: VehicleState, curvature: Double, elapsed: Interval, isEngaged: Bool,
    vehicle: borrowing @_addressable VehicleParameters
  ) {
    guard vehicle.hasTrailer, vehicle.kingPinToTrailerAxle.value > 0.5 else {
      angle = Radians(.nan)
      return
    }
    guard isEngaged, angle.value.isFinite, state.speed.value.isFinite, curvature.isFinite else {
      angle = state.articulation
      return
    }
    let speed = state.speed.value
    let yawRate = speed * curvature
    let phi = angle.value
    // Small angles: sine and cosine to the third order, good to a degree at 60 degrees.
    let across = vehicle.fifthWheelOffset.value * yawRate
    let transverse = speed * (phi - phi * phi * phi / 6) + across * (1 - phi * phi / 2)
    let trailerRate = transverse / vehicle.kingPinToTrailerAxle.value
    angle = Radians(min(max(phi + (yawRate - trailerRate) * elapsed.seconds, -1.2), 1.2))
  }
}
