import ReproducibleMath
import Signals
import Units

/// How the curvature that the stack commands and the road-wheel angle that a platform takes belong
/// together: `angle = atan(wheelbase * curvature)`, rising everywhere, bounded by the steering stop.
///
/// A profile declares it by binding `road_wheel_angle` instead of `steering_curvature`.
package struct SteeringGeometry: Sendable {
  package let wheelbase: Metres
  package let limit: Radians

  package init(wheelbase: Metres, limit: Radians) {
    self.wheelbase = wheelbase
    self.limit = limit
  }

  package init(_ vehicle: @_addressable VehicleParameters) {
    self.init(wheelbase: vehicle.wheelbase, limit: vehicle.roadWheelAngleLimit)
  }

  /// Straight ahead for what is no number: the field's own bounds would make it a full lock.
  package func roadWheelAngle(of curvature: Curvature) -> Radians {
    let angle = arctangent(curvature.value * wheelbase.value)
    guard angle == angle else { return .zero }
    return Radians(min(max(angle, -limit.value), limit.value))
  }

  /// NaN for an angle that no road wheel takes.
  package func curvature(of roadWheelAngle: Radians) -> Curvature {
    // Short of a right angle by far; the tangent is monotone inside.
    guard roadWheelAngle.value.magnitude < 1.5 else { return Curvature(.nan) }
    return Curvature(tangent(roadWheelAngle.value) / wheelbase.value)
  }
}
