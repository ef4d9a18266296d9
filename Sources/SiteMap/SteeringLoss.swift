import Signals
import Units

/// How far a truck leaves its path when nobody holds the wheel any longer and it brakes to rest
/// (S-20).
package struct SteeringLoss: Sendable {
  package var atRest = Metres.zero

  /// - Parameter curvature: the sharpest of the path. A free wheel may go straight where the path
  ///   bends, or stay bent where it becomes straight: the deviation is the same.
  package init(
    speed: MetresPerSecond, curvature: Curvature, vehicle: borrowing VehicleParameters
  ) {
    // Build-up as dead time: delay and lag at full speed.
    let dead = vehicle.brakeDelay.seconds + vehicle.brakeLag.seconds
    let counted = max(vehicle.assumedDeceleration.value, 0.1)
    let distance = speed.value * dead + speed.value * speed.value / (2 * counted)
    atRest = Metres(curvature.value.magnitude * distance * distance / 2)
  }
}
