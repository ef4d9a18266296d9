import SafeStop
import Signals
import Units

/// The trip's own facts as the step takes them: which trailer, which road (S-7).
package struct Trip: Sendable, Visitable {
  package private(set) var trailer = TrailerFacts()
  package private(set) var surface = RoadSurface.unknown
  /// The truck with this trailer; the longest and heaviest while none is known.
  package private(set) var vehicle: VehicleParameters
  private var isWithinRange = false

  /// A brake test counts this long (S-26).
  private static var brakeTestLife: Interval { .seconds(24 * 3_600) }
  /// Clocks of a yard and of a truck differ by less.
  private static var clockDifference: Interval { .seconds(60) }

  package init(_ configuration: borrowing @_addressable ControllerConfiguration) {
    vehicle = configuration.vehicle
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("trailer", &trailer)
    visitor.visit("surface", &surface)
    visitor.visit("vehicle", &vehicle)
    visitor.visit("isWithinRange", &isWithinRange)
  }

  /// A trailer is coupled to a truck that stands and is not driven; what is said of another one in
  /// motion is not believed.
  package mutating func take(
    _ offered: TrailerFacts, mode: Mode, isStandstill: Bool,
    configuration: borrowing @_addressable ControllerConfiguration
  ) {
    guard offered != trailer, isStandstill else { return }
    switch mode {
    case .manual, .shadow, .held: break
    case .armed, .autonomous, .stopping: return
    }
    trailer = offered
    // Another trip: what was told of the road was of the last one.
    surface = .unknown
    let outside = configuration.trailer.firstOutside(offered)
    isWithinRange = configuration.vehicle.hasTrailer && offered.isDeclared && outside == nil
    vehicle = configuration.vehicle.pulling(offered, within: configuration.trailer)
  }

  /// Rain is believed at once, a road that dried only at standstill.
  package mutating func surfaceReceived(_ argument: UInt32, isStandstill: Bool) {
    let said = UInt8(exactly: argument).flatMap(RoadSurface.init(rawValue:)) ?? .unknown
    guard said != .dry || isStandstill else { return }
    surface = said
  }

  /// Whether retarder and engine may brake: on a dry road, and not before a trailer that would push
  /// the drive axle aside.
  ///
  /// What is not known is against it.
  package func allowsRetarder(_ verdict: TrailerVerdict) -> Bool {
    guard surface == .dry else { return false }
    guard verdict.isPulled else { return true }
    return verdict.isWithinRange && !verdict.isUnladen && !verdict.massIsContradicted
      && verdict.antiLockIsSound
  }

  /// R-MOT-13, S-11: what sound brakes may be counted on for, on this road.
  ///
  /// What nobody told of the road is the worst; on a bench it is what the profile declares.
  package func assumedDeceleration(isBench: Bool) -> MetresPerSecondSquared {
    let declared = vehicle.assumedDeceleration
    return switch surface {
    case .dry: declared
    case .wet: min(declared, MetresPerSecondSquared(1.5))
    case .slippery: min(declared, MetresPerSecondSquared(0.8))
    case .unknown: isBench ? declared : min(declared, MetresPerSecondSquared(0.8))
    }
  }

  /// - Parameter utc: nanoseconds since 1970; nil while no clock is trusted.
  package func judge(
    _ feedback: @_addressable Feedback, utc: Int64?,
    configuration: borrowing @_addressable ControllerConfiguration
  ) -> TrailerVerdict {
    var verdict = TrailerVerdict()
    verdict.isPulled = configuration.vehicle.hasTrailer
    guard verdict.isPulled else { return verdict }
    verdict.isDeclared = trailer.isDeclared
    verdict.isWithinRange = isWithinRange
    verdict.isUnladen = configuration.trailer.isUnladen(trailer)
    verdict.massIsContradicted = contradicts(
      feedback[.combinationMass], configuration.trailer.massTolerance.value)
    let lamp = feedback[.trailerABSFaulty]
    verdict.antiLockIsKnown = trailer.antiLock != .unknown
    verdict.antiLockIsContradicted = trailer.antiLock == .working && lamp == 1
    // A lamp that the profile has and that tells nothing vouches for nothing.
    verdict.antiLockIsSound =
      trailer.antiLock == .working && (!feedback.has(.trailerABSFaulty) || lamp == 0)
    verdict.brakeTest = brakeTest(utc)
    return verdict
  }

  /// A trailer that nobody declared counts as the heaviest: only a still heavier one contradicts.
  private func contradicts(_ measured: Double, _ tolerance: Double) -> Bool {
    guard !measured.isNaN else { return false }
    let declared = vehicle.mass.value
    let isTooHeavy = measured > declared * (1 + tolerance)
    return isTooHeavy || isWithinRange && measured < declared * (1 - tolerance)
  }

  private func brakeTest(_ utc: Int64?) -> BrakeTestState {
    guard let utc, trailer.brakeTestAt > 0 else { return .unknown }
    let (age, isAbsurd) = utc.subtractingReportingOverflow(trailer.brakeTestAt)
    let isValid =
      !isAbsurd && age >= -Self.clockDifference.nanoseconds
      && age <= Self.brakeTestLife.nanoseconds
    return isValid ? .valid : .due
  }
}

/// What the last brake test of a trailer is worth.
package enum BrakeTestState: UInt8, Sendable {
  /// None is declared, or no clock is trusted.
  case unknown
  case valid
  /// Older than a day, or in the future.
  case due
}

/// What is known of this trip's trailer, each fact by itself; nothing is taken for granted.
///
/// Identity, measures, mass, a known state of the ABS and the brake test block arming and every
/// move-off (S-22 C12, S-26). An ABS that is known to be faulty does not: such a trailer may be
/// taken to its repair, without the retarder. In motion nothing of this stops the truck; a
/// contradiction only takes the retarder away until the next move-off is refused.
package struct TrailerVerdict: Sendable {
  package var isPulled = true
  package var isDeclared = false
  package var isWithinRange = false
  package var isUnladen = true
  package var massIsContradicted = true
  package var antiLockIsKnown = false
  package var antiLockIsContradicted = true
  package var antiLockIsSound = false
  package var brakeTest = BrakeTestState.unknown

  package init() {}
}
