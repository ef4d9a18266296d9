import ReproducibleMath
import Signals
import Units

/// The articulation angle, from the trailer's kinematics and a sensor where there is one.
package struct TrailerTracker: Sendable, Visitable {
  /// Tractor heading minus trailer heading.
  package private(set) var articulation = 0.0
  private var trailerYawRate = 0.0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("articulation", &articulation)
    visitor.visit("trailerYawRate", &trailerYawRate)
  }

  mutating func advance(
    _ seconds: Double, speed: Double, lateral: Double, yawRate: Double, measured: Double?,
    parameters: borrowing @_addressable VehicleParameters
  ) {
    guard parameters.hasTrailer, parameters.kingPinToTrailerAxle.value > 0.5 else {
      articulation = 0
      return
    }
    if let measured { articulation += (measured - articulation) * min(5 * seconds, 1) }
    let c = cosine(articulation)
    let s = sine(articulation)
    // Velocity of the king pin along and across the trailer.
    let across = lateral + parameters.fifthWheelOffset.value * yawRate
    let along = speed * c - across * s
    let transverse = speed * s + across * c
    let steady =
      (transverse + parameters.trailerAxleSlip * along * along * trailerYawRate)
      / parameters.kingPinToTrailerAxle.value
    let lag = max(
      parameters.yawLagAtRest.seconds + parameters.yawLagPerSpeed * speed.magnitude, 0.02)
    trailerYawRate += (steady - trailerYawRate) * min(seconds / lag, 1)
    // Beyond a right angle the truck is jack-knifed and the model means nothing.
    articulation = min(max(articulation + (yawRate - trailerYawRate) * seconds, -1.6), 1.6)
    if !(articulation.isFinite && trailerYawRate.isFinite) {
      articulation = 0
      trailerYawRate = 0
    }
  }
}
