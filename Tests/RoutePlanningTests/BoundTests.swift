import Foundation
import PathFollowing
import ReproducibleMath
import RoutePlanning
import Signals
import SiteMap
import Testing
import Units
import Vehicle

/// The line through the waypoints keeps within what the vehicle can steer, and uses it.
@Suite struct PlannedBounds {
  private static let frame = SiteFrame(
    latitude: Degrees(46.6833), longitude: Degrees(82.79), height: Metres(450))

  /// A bend between straights, a waypoint every metre of it.
  private func plan(
    _ bend: [(length: Double, from: Double, to: Double)], sigma: Double, speed: Double
  ) throws -> RoutePlan {
    let table = PathTable(route([(40, 0, 0)] + bend + [(40, 0, 0)]), before: 0, after: 0)
    let length = 80 + bend.map(\.length).reduce(0, +)
    let rows = stride(from: 0, to: length, by: 1).map { station in
      let place = table.points[table.index(station)].place
      let found = Self.frame.geodetic(
        east: Metres(place.east), north: Metres(place.north), up: .zero)
      return "[\(found.longitude.value),\(found.latitude.value)]"
    }
    let text = #"{"type":"LineString","coordinates":["# + rows.joined(separator: ",\n") + "]}"
    let findings = Findings()
    let read = WaypointFile(Array(text.utf8), file: "w.geojson", findings: findings)
    let file = try #require(read, "\(findings.all)")
    var settings = PlanSettings()
    settings.accuracy = Metres(sigma)
    settings.speed = MetresPerSecond(speed)
    let profile = try #require(loadProfile())
    let plan = RoutePlan(file, profile: profile, settings: settings)
    return try #require(plan, "\(findings.all)")
  }

  /// Waypoints of a bend of 6.45 m: the vehicle is planned with 85 % of its lock, tan 0.55 over 3.6 m,
  /// which is a radius of 6.91 m; the line has a curvature for each metre, and its parts may be a
  /// little sharper.
  @Test func theCurvatureStaysBelowThatOfTheLock() throws {
    let plan = try plan(
      [(12, 0, 0.155), (1, 0.155, 0.155), (12, 0.155, 0)], sigma: 0.005, speed: 2)
    let bound = 0.85 * tan(0.55) / 3.6
    #expect((plan.sharpest.bound.value / bound - 1).magnitude < 1e-9)
    #expect(plan.sharpest.curvature.value > 0.95 * bound)
    #expect(plan.sharpest.curvature.value < 1.055 * bound)
    #expect(plan.deviation.largest < Metres(0.05))
  }

  /// Waypoints of a way into a bend that is a third too short: the vehicle is planned with 80 % of what
  /// the gate lets its curvature change, at 7 m/s 0.07 in a second.
  @Test func theCurvatureChangesNoFasterThanTheSteeringTurns() throws {
    let length = 0.05 / 0.012
    let plan = try plan([(length, 0, 0.05), (length, 0.05, 0)], sigma: 0.005, speed: 7)
    let bound = 0.8 * 0.07 / 7
    #expect((plan.fastestChange.bound / bound - 1).magnitude < 1e-9)
    #expect(plan.fastestChange.sharpness > 0.95 * bound)
    #expect(plan.fastestChange.sharpness < 1.055 * bound)
    #expect(plan.deviation.largest < Metres(0.05))
  }
}
