import ReproducibleMath
import Signals
import Units

/// How far a truck leaves its path when the steering runs to its stop by itself (S-18).
package struct SteeringRunaway: Sendable {
  /// Across the path when the stop begins and when the truck rests.
  package var atStop = Metres.zero
  package var atRest = Metres.zero
  /// Of the front bumper across the path, and along it, when the truck rests.
  package var frontAtRest = Metres.zero
  package var distance = Metres.zero

  /// From driving straight at `speed`; the stop begins when `trip` of displacement is predicted
  /// over the brake's own dead time, and brakes with what may be counted on.
  package init(speed: MetresPerSecond, trip: Metres, vehicle: VehicleParameters) {
    let step = 0.001
    let dead = vehicle.brakeDelay.seconds
    var (v, heading, across, angle, time, braking) = (speed.value, 0.0, 0.0, 0.0, 0.0, -1.0)
    var deceleration = 0.0
    var along = 0.0
    while v > 0, time < 60 {
      angle = min(angle + vehicle.steeringRate.value * step, vehicle.roadWheelAngleLimit.value)
      let curvature = sine(angle) / cosine(angle) / vehicle.wheelbase.value
      heading += v * curvature * step
      across += v * sine(heading) * step
      along += v * cosine(heading) * step
      if braking < 0, across + v * sine(heading) * dead >= trip.value {
        braking = time
        atStop = Metres(across)
      }
      if braking >= 0, time - braking >= dead {
        let lag = max(vehicle.brakeLag.seconds, step)
        deceleration += (vehicle.assumedDeceleration.value - deceleration) * step / lag
        v -= deceleration * step
      }
      time += step
    }
    atRest = Metres(across)
    frontAtRest = Metres(across + vehicle.rearAxleToFrontBumper.value * max(sine(heading), 0))
    distance = Metres(along)
  }
}
