import Foundation
import Testing

/// From surveyed waypoints to a driven mission, as an integrator goes: `tulpar plan`, `check --out`,
/// `drive`.
@Suite(.enabled(if: BuiltTool.path != nil, "tulpar is not built"))
struct PlanCommandTests {
  private static let profile = BuiltPrograms.root + "/hw-profiles/j1939-tractor-semitrailer"
  private static let demo = BuiltPrograms.root + "/missions/demo-crossing"

  /// Deviations of about `sigma`, the same in each run.
  private struct Survey {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 53)
    }

    /// The sum of twelve.
    mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }
  }

  /// The demo's own way as somebody would survey it: a place every 3 to 8 m, 5 cm off.
  private func waypoints(seed: UInt64) throws -> [[Double]] {
    let data = try Data(contentsOf: URL(filePath: Self.demo + "/route.geojson"))
    let map = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let features = try #require(map["features"] as? [[String: Any]])
    let geometry = try #require(features.first?["geometry"] as? [String: Any])
    let positions = try #require(geometry["coordinates"] as? [[Double]])
    let first = try #require(positions.first)
    var survey = Survey(seed: seed)
    let metre = (1 / (111_320 * cos(first[1] * .pi / 180)), 1 / 111_320.0)
    var way: [[Double]] = []
    var wanted = 0.0
    // Its ends lie on the borders of the zones.
    for position in positions.dropFirst(2).dropLast(2) {
      if let last = way.last {
        let (east, north) = (
          (position[0] - last[0]) / metre.0, (position[1] - last[1]) / metre.1
        )
        guard (east * east + north * north).squareRoot() >= wanted else { continue }
      }
      wanted = 3 + 5 * survey.uniform()
      way.append([
        position[0] + 0.05 * survey.normal() * metre.0,
        position[1] + 0.05 * survey.normal() * metre.1,
      ])
    }
    return way
  }

  private func geoJSON(_ way: [[Double]]) throws -> Data {
    try JSONSerialization.data(withJSONObject: [
      "type": "FeatureCollection",
      "features": [
        [
          "type": "Feature", "properties": [:] as [String: String],
          "geometry": ["type": "LineString", "coordinates": way],
        ] as [String: Any]
      ],
    ])
  }

  private func gpx(_ way: [[Double]]) -> Data {
    let points = way.map { "<trkpt lat=\"\($0[1])\" lon=\"\($0[0])\"/>" }.joined(separator: "\n")
    return Data("<gpx version=\"1.1\"><trk><trkseg>\n\(points)\n</trkseg></trk></gpx>\n".utf8)
  }

  /// A copy of the demo with the route that was planned.
  private func planned(_ folder: TemporaryFolder, _ waypoints: String) throws -> String {
    let mission = folder.path + "/mission"
    try FileManager.default.copyItem(atPath: Self.demo, toPath: mission)
    let route = mission + "/route.geojson"
    let plan = try BuiltPrograms.run(
      "tulpar", ["plan", waypoints, "--profile", Self.profile, "--out", route])
    #expect(plan.status == 0, "\(plan.errors)")
    #expect(plan.output.contains("sharpest bend: radius"))
    return mission
  }

  @Test(arguments: [1, 2, 3, 4]) func aPlannedRoutePassesTheCheckWithItsPicture(seed: Int) throws {
    let folder = try TemporaryFolder()
    let way = try waypoints(seed: UInt64(seed))
    let (file, data) = seed % 2 == 0 ? ("way.gpx", gpx(way)) : ("way.geojson", try geoJSON(way))
    try data.write(to: URL(filePath: folder.path + "/" + file))
    let mission = try planned(folder, folder.path + "/" + file)
    let pictures = folder.path + "/pictures"
    let check = try BuiltPrograms.run(
      "tulpar", ["check", mission, "--profile", Self.profile, "--out", pictures])
    #expect(check.status == 0, "\(check.output)\(check.errors)")
    let picture = try String(contentsOfFile: pictures + "/swept-path.svg", encoding: .utf8)
    #expect(picture.hasPrefix("<svg") && picture.contains("</svg>"))
  }

  @Test func aPlannedRouteIsDriven() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/way.geojson"
    try geoJSON(waypoints(seed: 5)).write(to: URL(filePath: file))
    let mission = try planned(folder, file)
    let drive = try BuiltTool.Run(["drive", mission, "--profile", Self.profile])
    #expect(drive.finish(within: 1_800) == 0, "\(drive.output)\(drive.errors)")
    #expect(drive.output.contains("0 violations"))
  }

  /// Refused waypoints leave what stood there.
  @Test func whatIsRefusedIsNotWritten() throws {
    let folder = try TemporaryFolder()
    let (file, out) = (folder.path + "/way.geojson", folder.path + "/route.geojson")
    var way = try waypoints(seed: 1)
    way[40] = [way[40][0] + 0.01, way[40][1]]
    try geoJSON(way).write(to: URL(filePath: file))
    try Data("kept".utf8).write(to: URL(filePath: out))
    let plan = try BuiltPrograms.run(
      "tulpar", ["plan", file, "--profile", Self.profile, "--out", out])
    #expect(plan.status == 2)
    #expect(plan.errors.contains("way.geojson:") && plan.errors.contains("waypoint"))
    #expect(try String(contentsOfFile: out, encoding: .utf8) == "kept")
  }
}
