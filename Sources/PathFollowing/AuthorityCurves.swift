import Signals
import Units

/// The decelerations by which authority is judged (S-11): planner below comfort stop below emergency
/// stop, all of them within four fifths of what friction and slope leave.
package struct AuthorityCurves: Sendable, Equatable {
  package let planned: MetresPerSecondSquared
  package let comfort: MetresPerSecondSquared
  package let emergency: MetresPerSecondSquared
  /// Enough is left to drive at all.
  package let allowMotion: Bool

  /// What the curves would be on a dry and level road.
  package struct Wanted: Sendable {
    package var planned: MetresPerSecondSquared
    package var comfort: MetresPerSecondSquared
    package var emergency: MetresPerSecondSquared

    package init(
      planned: MetresPerSecondSquared, comfort: MetresPerSecondSquared,
      emergency: MetresPerSecondSquared
    ) {
      self.planned = planned
      self.comfort = comfort
      self.emergency = emergency
    }
  }

  /// - Parameters:
  ///   - assumed: what the brakes are counted on for on the level.
  ///   - descent: sine of the steepest slope, negative downhill.
  package init(
    assumed: MetresPerSecondSquared, descent: Double, wanted: Wanted,
    configuration: borrowing @_addressable FollowerConfiguration
  ) {
    let slope = descent < 0 ? descent : 0
    let left = configuration.brakingShare * (assumed.value + 9.81 * slope)
    // What is no number leaves nothing.
    let net = left > 0 ? left : 0
    let emergency = min(net, wanted.emergency.value)
    let comfort = min(Self.step * emergency, wanted.comfort.value)
    self.emergency = MetresPerSecondSquared(emergency)
    self.comfort = MetresPerSecondSquared(comfort)
    planned = MetresPerSecondSquared(min(Self.step * comfort, wanted.planned.value))
    allowMotion = net >= configuration.leastDeceleration.value
  }

  /// Nothing to brake with.
  package static var none: AuthorityCurves { AuthorityCurves() }

  private init() {
    planned = .zero
    comfort = .zero
    emergency = .zero
    allowMotion = false
  }

  /// From one curve to the next: what the speed loop errs by must not set off the stop above it.
  private static var step: Double { 0.85 }
}
