import ActuatorGate
import BorderZone
import DriveConfiguration
import PathFollowing
import ReproducibleMath
import Signals
import SiteMap
import Units
import Vehicle

/// Courses that excite what a mission may not: each asks something else of the steering.
package enum GeneratedCourse: String, CaseIterable, Sendable {
  /// A step of the path to the side at cruise speed.
  case laneChange = "lane-change"
  /// Two tight turns one after the other, which only a crawl can drive.
  case yard
  /// Long bends to both sides at cruise speed.
  case road

  package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// Straight, on which the combination stands and gathers speed, m.
  private static var leadIn: Double { 70 }
  private static var leadOut: Double { 50 }
  /// Path coordinate of the rear axle at the start: the longest combination stands on the route, m.
  private static var start: Double { 25 }

  /// Lengths with the curvature at their ends; between them it is linear.
  private func stretches(_ profile: VehicleProfile) -> [(length: Double, curvature: Double)] {
    switch self {
    case .laneChange:
      // 3.5 m to the side within 50 m: k L^2 / 8.
      let k = 3.5 * 8 / (50 * 50)
      return [(12.5, k), (12.5, 0), (12.5, -k), (12.5, 0)]
    case .yard:
      let vehicle = profile.parameters
      let angle = vehicle.roadWheelAngleLimit.value
      let sharpest = sine(angle) / cosine(angle) / max(vehicle.wheelbase.value, 0.5)
      // Four fifths of the steering's reach leave a part for following the path.
      let k = min(1 / 15, 0.8 * sharpest)
      // A right angle: the transitions turn as much as half their length of the bend.
      let bend = max(pi / 2 / k - 12, 1)
      return [(12, k), (bend, k), (12, 0), (10, 0), (12, -k), (bend, -k), (12, 0)]
    case .road:
      return [
        (25, 1 / 60), (30, 1 / 60), (25, 0), (20, 0), (25, -1 / 80), (30, -1 / 80), (25, 0),
      ]
    }
  }

  /// The course as a mission that the profile's truck may drive.
  package func mission(for profile: VehicleProfile) -> Mission {
    var mission = Mission()
    mission.name = rawValue
    mission.isSynthetic = true
    mission.frame = SiteFrame(
      latitude: Degrees(46.6833), longitude: Degrees(82.79), height: Metres(450))
    mission.start = Metres(Self.start)
    let limits = profile.tuning.limits
    mission.limits.cruiseSpeed = min(mission.limits.cruiseSpeed, limits.speedCap)
    mission.limits.comfortDeceleration = min(
      mission.limits.comfortDeceleration, profile.parameters.assumedDeceleration * 0.8)
    mission.limits.authorityMargin = max(Metres(4), limits.authorityMargin + Metres(1))
    let all =
      [(Self.start + Self.leadIn, 0.0)] + stretches(profile) + [(Self.leadOut, 0.0)]
    mission.route = pieces(all, mission.limits)
    var line = HoldLine()
    line.stopTarget = mission.routeLength - Metres(15)
    line.supervisedLimit = line.stopTarget + mission.limits.authorityMargin
    mission.zones.append(line)
    mission.lineNames = ["END"]
    return mission
  }

  private func pieces(
    _ stretches: [(length: Double, curvature: Double)], _ limits: MissionLimits
  ) -> [RoutePiece] {
    var pieces: [RoutePiece] = []
    var next = RoutePiece()
    var curvature = 0.0
    for stretch in stretches {
      next.length = Metres(stretch.length)
      next.curvature = Curvature(curvature)
      next.sharpness = (stretch.curvature - curvature) / stretch.length
      let sharpest = max(curvature.magnitude, stretch.curvature.magnitude)
      let bend =
        sharpest > 1e-9 ? (limits.lateralAcceleration.value / sharpest).squareRoot() : .infinity
      next.speedLimit = Float(min(limits.cruiseSpeed.value, bend))
      pieces.append(next)
      let end = next.point(at: stretch.length)
      next.start += Metres(stretch.length)
      next.east = Metres(end.east)
      next.north = Metres(end.north)
      next.heading = Radians(end.heading)
      curvature = stretch.curvature
    }
    return pieces
  }
}
