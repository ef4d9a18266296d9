import Foundation
import PathFollowing
import ReproducibleMath
import RoutePlanning
import Signals
import SiteMap
import Testing
import Units
import Vehicle

/// `tulpar plan`: surveyed waypoints become a route that the vehicle can drive, or are refused.
@Suite struct RoutePlans {
  /// The truth of a survey: straights, clothoids, arcs down to 20 m.
  private static let way = route([
    (80, 0, 0), (20, 0, 0.04), (15, 0.04, 0.04), (20, 0.04, 0), (60, 0, 0), (20, 0, -0.05),
    (12, -0.05, -0.05), (20, -0.05, 0), (90, 0, 0),
  ])

  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
    /// Sum of twelve: nearly normal.
    mutating func normal() -> Double {
      (0..<12).map { _ in Double.random(in: 0..<1, using: &self) }.reduce(-6, +)
    }
  }

  /// Every 1 to 7 m, with noise.
  private static func survey(noise: Double, seed: UInt64 = 3) -> [PlanePoint] {
    var random = Random(state: seed)
    let table = PathTable(way, before: 0, after: 0)
    var points: [PlanePoint] = []
    var station = 0.0
    while station < 337 {
      let point = table.points[table.index(station)]
      points.append(
        point.place + PlanePoint(random.normal() * noise, random.normal() * noise))
      station += Double.random(in: 1...7, using: &random)
    }
    return points
  }

  private static let frame = SiteFrame(
    latitude: Degrees(46.6833), longitude: Degrees(82.79), height: Metres(450))

  private static func position(_ point: PlanePoint) -> (Double, Double) {
    let place = frame.geodetic(east: Metres(point.east), north: Metres(point.north), up: .zero)
    return (place.longitude.value, place.latitude.value)
  }

  private static func geoJSON(_ points: [PlanePoint]) -> String {
    let rows = points.map { "[\(position($0).0),\(position($0).1)]" }.joined(separator: ",\n")
    return #"{"type":"LineString","coordinates":["# + "\n" + rows + "]}"
  }

  private func plan(
    _ text: String, _ settings: PlanSettings = PlanSettings()
  ) throws -> (plan: RoutePlan?, file: WaypointFile?, messages: [String]) {
    let findings = Findings()
    let profile = try #require(loadProfile())
    let file = WaypointFile(Array(text.utf8), file: "w.geojson", findings: findings)
    let plan = file.flatMap { RoutePlan($0, profile: profile, settings: settings) }
    return (plan, file, findings.all.map(\.description))
  }

  @Test(arguments: [0.0, 0.05, 0.15]) func noisyWaypointsBecomeADrivableRoute(noise: Double) throws
  {
    let (result, file, messages) = try plan(Self.geoJSON(Self.survey(noise: noise)))
    let plan = try #require(result, "\(messages)")
    #expect(plan.deviation.largest.value < max(4 * noise, 0.1))
    for (a, b) in zip(plan.pieces, plan.pieces.dropFirst()) {
      let end = a.point(at: a.length.value)
      #expect(hypot(end.east - b.east.value, end.north - b.north.value) < 1e-6)
      #expect((end.curvature - b.curvature.value).magnitude < 1e-9)
    }
    // Bounded curvature rate: 0.35 rad/s over 3.6 m at 25 km/h.
    #expect(plan.pieces.allSatisfy { $0.sharpness.magnitude < 0.35 / 3.6 / (25 / 3.6) })
    #expect(plan.sharpest.curvature < Curvature(0.075))
    // Nearer to the truth than the survey's points are.
    let frame = try #require(file).frame
    let truth = PathTable(Self.way, before: 5, after: 5)
    var worst = 0.0
    for piece in plan.pieces {
      let point = piece.point(at: 0)
      let place = frame.geodetic(east: Metres(point.east), north: Metres(point.north), up: .zero)
      let site = Self.frame.site(
        latitude: place.latitude, longitude: place.longitude, height: Metres(450))
      let at = PlanePoint(site.east.value, site.north.value)
      worst = max(worst, truth.project(at, near: piece.start.value).lateral.magnitude)
    }
    #expect(worst < max(2 * noise, 0.06))
  }

  /// What is written is read again as a mission's route, and stays the same curve.
  @Test func theRouteIsAMissionsRoute() throws {
    let (result, file, _) = try plan(Self.geoJSON(Self.survey(noise: 0.05)))
    let text = try #require(result).geoJSON(frame: try #require(file).frame, name: "a \"way\"")
    let folder = repository + "/missions/rig-course"
    let findings = Findings()
    _ = Mission.read(
      Array((try String(contentsOfFile: folder + "/mission.yaml", encoding: .utf8)).utf8),
      folder: "m", findings: findings
    ) { name in
      name == "route.geojson"
        ? Array(text.utf8)
        : Array(
          (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8))?.utf8 ?? "".utf8)
    }
    // The zones belong to another way; the route itself has no fault.
    #expect(!findings.all.contains { $0.file.hasSuffix("route.geojson") }, "\(findings.all)")
  }

  @Test func aGPXTrackIsReadAsTheSameWaypoints() throws {
    let points = Self.survey(noise: 0.05)
    let rows = points.map {
      let (longitude, latitude) = Self.position($0)
      return "  <trkpt lat=\"\(latitude)\" lon='\(longitude)'>\n    <ele>450</ele></trkpt>"
    }
    let text =
      "<?xml version=\"1.0\"?>\n<!-- <trkpt lat=\"0\" lon=\"0\"> -->\n<gpx creator=\"a > b\"><trk><trkseg>\n"
      + rows.joined(separator: "\n") + "\n</trkseg></trk></gpx>"
    let one = try plan(Self.geoJSON(points))
    let other = try plan(text)
    let left = try #require(one.plan)
    let right = try #require(other.plan, "\(other.messages)")
    #expect((left.deviation.rms - right.deviation.rms).magnitude < Metres(1e-4))
    #expect(other.file?.waypoints[0].line == 4)
    #expect(other.file?.waypoints[3].height == 450)
  }

  /// Refusals say where: line and waypoint.
  @Test func whatNoCurveCanMendIsRefused() throws {
    let points = Self.survey(noise: 0.02)
    func refusal(_ points: [PlanePoint]) throws -> String {
      let (result, _, messages) = try plan(Self.geoJSON(points))
      #expect(result == nil)
      return messages.joined()
    }
    var gap = points
    gap.removeSubrange(10..<40)
    #expect(try refusal(gap).contains("w.geojson:12: error: waypoint 11: a gap of"))
    var twice = points
    twice.insert(points[20], at: 20)
    #expect(try refusal(twice).contains("w.geojson:23: error: waypoint 22: at the same place"))
    var back = points
    back.swapAt(30, 33)
    #expect(try refusal(back).contains("turns back on itself"))
    let loop = (0..<60).map { index in
      let angle = Double(index) * 0.12
      return PlanePoint(30 * sin(angle) + Double(index) * 0.1, 30 - 30 * cos(angle))
    }
    #expect(try refusal(loop).contains("crosses itself between waypoint"))
    let corner =
      (0..<20).map { PlanePoint(Double($0) * 3, 0) }
      + (1..<20).map { PlanePoint(57, Double($0) * 3) }
    let sharp = try refusal(corner)
    #expect(sharp.contains("waypoint 20: too sharp for the vehicle"))
  }

  @Test(arguments: [
    "", "{", "<gpx", "<gpx><trkpt lat=\"x\" lon=\"1\"/></gpx>", "{\"type\":\"Point\"}",
    "<gpx><trkpt lat=\"91\" lon=\"1\"/></gpx>", "[[1,2]]",
    "<gpx><trkpt lat=\"1\" lon=\"1\"/><trkpt lat=\"1\" lon=\"1.001\"/>",
    "<!DOCTYPE gpx [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><gpx><trkpt lat=\"&a;\" lon=\"1\"/></gpx>",
    "{\"type\":\"LineString\",\"coordinates\":[[1,2],[1,1e999]]}",
    "{\"type\":\"LineString\",\"coordinates\":[[1,2],[170,2]]}",
    "{\"type\":\"LineString\",\"coordinates\":[[1,2],[1,2.000001]]}",
    "{\"crs\":\"GCJ-02\",\"type\":\"LineString\",\"coordinates\":[[1,2],[1,2.1]]}",
  ]) func badInputIsRefused(text: String) throws {
    let (result, _, messages) = try plan(text)
    if result == nil { #expect(!messages.isEmpty) }
    if text.contains("2.000001") { return }
    #expect(result == nil)
  }

  /// In tight turns the tractor goes outward: a corridor on the waypoints may be narrower.
  @Test func biasedOutwardTheSweptPathIsCentred() throws {
    var settings = PlanSettings()
    let text = Self.geoJSON(Self.survey(noise: 0.02))
    let plain = try #require(try plan(text, settings).plan)
    settings.centresSweptPath = true
    let centred = try #require(try plan(text, settings).plan)
    let centring = try #require(centred.centring)
    let combination = Combination.all(of: try #require(loadProfile()))[0]
    // The swept path report itself, in a corridor along the way that fits the centred one only.
    let reference = PathTable(plain.pieces, before: 30, after: 30)
    let half = centring.halfWidthAfter.value + 0.05
    #expect(centring.halfWidthBefore.value > half + 0.2)
    let ring = Ring(
      reference.points.map { $0.place + $0.normal * -half }
        + reference.points.reversed().map { $0.place + $0.normal * half })
    func outside(_ pieces: [RoutePiece]) -> Double {
      let table = PathTable(pieces, before: 30, after: 30)
      let corridor = Corridor([ring], along: table)
      let swept = SweptPath(combination, along: table, corridor: corridor, from: 20, to: 330)
      return swept.excesses.map(\.distance).max() ?? 0
    }
    #expect(outside(plain.pieces) > 0.2)
    #expect(outside(centred.pieces) < 0.05)
  }
}
