import ReproducibleMath
import Signals
import Units

/// A second, simple law of steering, which judges the first and takes over from it.
///
/// It shares nothing with the first: the curvature of the route where a command of this cycle has
/// taken effect, and a return by the deviation and the course that the truck has there by what it
/// turns now. It inverts no model, learns nothing and keeps no memory of its commands.
package struct SteeringCheck: Sendable, Visitable {
  /// The first law is no longer followed, until somebody else has steered.
  package private(set) var isDistrusted = false
  /// What distrust came from, while the truck moves; crossed only then.
  package private(set) var doubt = Reading()
  /// Of the two laws' angles, as a share of what is allowed at the speed.
  package private(set) var disagreement = 0.0
  /// For how long they have disagreed, s; agreement takes it back.
  package private(set) var disagreedFor = 0.0
  /// Road-wheel angle of this law, rad.
  private var angle = 0.0
  private var isEngaged = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isDistrusted", &isDistrusted)
    visitor.visit("doubt", &doubt)
    visitor.visit("disagreement", &disagreement)
    visitor.visit("disagreedFor", &disagreedFor)
    visitor.visit("angle", &angle)
    visitor.visit("isEngaged", &isEngaged)
  }

  /// Forgets all while somebody else steers.
  mutating func disengage() { self = SteeringCheck() }

  /// The command of the cycle: that of the first law while it is trusted.
  ///
  /// - Parameters:
  ///   - first: What the first law commands, nil when that is no number.
  ///   - isObeyed: Whether the truck does what is commanded; else nothing is judged.
  mutating func step(
    first: Curvature?, isObeyed: Bool, seconds: Double, state: borrowing VehicleState,
    path: borrowing PathState, route: borrowing Span<RoutePiece>,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration
  ) -> Curvature {
    let wheelbase = max(parameters.wheelbase.value, 0.5)
    let other = first.map { arctangent($0.value * wheelbase) } ?? .nan
    if !isEngaged {
      angle = arctangent(state.curvature.value * wheelbase)
      isEngaged = true
    }
    guard path.isOnRoute, state.speed.value >= configuration.steeringSpeed.value else {
      // The wheel is held.
      if !isDistrusted, other.isFinite { angle = other }
      (doubt, disagreement, disagreedFor) = (Reading(), 0, 0)
      return Curvature(tangent(angle) / wheelbase)
    }
    let target = Self.angle(state, path, route, parameters, configuration)
    let rate = parameters.steeringRate.value * seconds
    let stop = parameters.roadWheelAngleLimit.value
    let next = min(max(min(max(target, angle - rate), angle + rate), -stop), stop)
    if next.isFinite { angle = next }
    guard !isDistrusted else { return Curvature(tangent(angle) / wheelbase) }

    let limit = Self.limit(at: state.speed.value, parameters, configuration)
    guard let first, other.isFinite else {
      (isDistrusted, disagreement) = (true, 1e3)
      doubt = Reading(.nan, .unknown, limit, .radians)
      return Curvature(tangent(angle) / wheelbase)
    }
    let difference = (other - angle).magnitude
    disagreement = difference / limit
    guard isObeyed else { return first }
    // Slower than it grows: a law that swings about the other agrees with it on the way.
    disagreedFor = max(disagreedFor + (disagreement > 1 ? seconds : -0.25 * seconds), 0)
    guard disagreement > 1 else { return first }
    // Until it is known who is wrong the first law gets no farther from the second than it may.
    let most = other > angle ? angle + limit : angle - limit
    if disagreedFor > configuration.disagreementTime.seconds {
      isDistrusted = true
      doubt = Reading(difference, .above, limit, .radians)
      // The wheel goes on from where it is.
      angle = most
    }
    return Curvature(tangent(most) / wheelbase)
  }

  /// The last command again.
  @_addressableSelf func held(_ parameters: borrowing @_addressable VehicleParameters) -> Curvature
  {
    Curvature(tangent(angle) / max(parameters.wheelbase.value, 0.5))
  }

  /// What the two may differ by: an angle, and at speed what that does to the truck.
  private static func limit(
    at speed: Double, _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    let square = max(speed * speed, 0.01)
    let length = max(parameters.wheelbase.value, 0.5) + understeer(parameters) * square
    let angle = configuration.lateralDisagreement.value * length / square
    return max(min(configuration.steeringDisagreement.value, angle), 1e-3)
  }

  private static func understeer(
    _ parameters: borrowing @_addressable VehicleParameters
  ) -> Double { max(parameters.understeerGradient, 0) }

  /// Road-wheel angle of curvature ahead, deviation and course.
  private static func angle(
    _ state: borrowing VehicleState, _ path: borrowing PathState,
    _ route: borrowing Span<RoutePiece>, _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    let speed = state.speed.value
    let slipTime = max(parameters.rearAxleSlip, 0) * speed
    // From a command to the course that it makes.
    let time =
      parameters.steeringDelay.seconds + parameters.steeringLag.seconds
      + parameters.yawLagAtRest.seconds + parameters.yawLagPerSpeed * speed + slipTime
    let place = path.station.value
    let reach = speed * min(max(time, 0.05), 2)
    // A mean over 0.3 s, for the wheel takes a joint of two bends no faster.
    let half = max(0.15 * speed, 0.05)
    let ahead = place + reach
    let curvature =
      (direction(at: ahead + half, route) - direction(at: ahead - half, route)) / (2 * half)
    // The truck goes to the right of its heading by the slip of its rear axle in a left bend.
    let course = path.headingError.value - slipTime * state.yawRate.value
    let near = place + speed * slipTime
    let bend = (direction(at: near + half, route) - direction(at: near - half, route)) / (2 * half)
    // What it turns beside the path's bend ends with the commands of before: half of it counts.
    let turn = state.yawRate.value - speed * bend
    let courseAhead = course + 0.5 * turn * (reach / max(speed, 0.05))
    let deviation = path.lateralDeviation.value + reach * 0.5 * (course + courseAhead)
    // 1/m: over 4 m at a crawl, at speed slower than the truck answers, so that it cannot swing.
    let bandwidth = 1 / (4 + reach + 0.2 * speed)
    let most = configuration.deviationSaturation.value
    let back =
      bandwidth * bandwidth * min(max(deviation, -most), most)
      + 1.8 * bandwidth * min(max(courseAhead, -0.5), 0.5)
    let length = max(parameters.wheelbase.value, 0.5) + understeer(parameters) * speed * speed
    return arctangent((curvature - back) * length)
  }

  /// Direction of the route, its ends drawn out straight.
  private static func direction(
    at station: Double, _ route: borrowing Span<RoutePiece>
  ) -> Double {
    guard route.count > 0 else { return 0 }
    var low = 0
    var high = route.count - 1
    while low < high {
      let middle = high - (high - low) / 2
      if route[middle].start.value <= station { low = middle } else { high = middle - 1 }
    }
    let along = min(max(station - route[low].start.value, 0), route[low].length.value)
    let bend = route[low].curvature.value + 0.5 * along * route[low].sharpness
    return route[low].heading.value + along * bend
  }
}
