import ReproducibleMath
import Signals
import Units

/// The truck's motion from wheel speed, yaw rate, steering and delayed GNSS.
package struct Estimator: Sendable, Visitable {
  package init() {}

  /// Takes the pose as known, for hosts that were told it.
  package mutating func initialise(
    at now: Instant, east: Metres, north: Metres, heading: Radians, speed: MetresPerSecond,
    positionSigma: Metres, headingSigma: Radians
  ) {}

  /// One cycle; `signals` and the first `gnssCount` reports are what is known at `now`.
  package mutating func step(
    now: Instant, signals: borrowing SignalStore, gnss: borrowing InlineArray<4, GNSSReport>,
    gnssCount: Int, parameters: borrowing VehicleParameters, frame: borrowing SiteFrame,
    configuration: borrowing EstimatorConfiguration
  ) -> VehicleState { VehicleState() }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {}
}
