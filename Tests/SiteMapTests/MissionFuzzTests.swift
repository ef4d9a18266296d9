import SiteMap
import TestSupport
import Testing
import Vehicle

/// Missions of one short straight: the whole of one is read ten thousand times.
@Suite struct MissionFuzzTests {
  private static let route =
    #"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"kind":"route"},"#
    + #""geometry":{"type":"LineString","coordinates":["#
    + (0...40).map { "[\(82.79 + Double($0) * 2.5e-5),46.6833,450.0]" }.joined(separator: ",\n")
    + "]}}]}"
  private static let zones =
    #"{"type":"FeatureCollection","name":"z","features":["#
    + zone("A", box(-9, 90)) + ",\n" + holdLine("L", east: 40, beyond: "6 m") + "]}"
  private static let mission = String(
    decoding: bytes(of: repository + "/missions/rig-course/mission.yaml"), as: UTF8.self)

  private static let tokens = [
    "{", "}", "[", "]", ":", ",", "\"", "null", "true", "1e300", "-1", "nan", "\n", "[82.79,46.68]",
    "\"type\":", "\"kind\":", "\"crs\":", "\"coordinates\":", "\"features\":", "Polygon",
    "LineString", "hold_line", "zone", " km/h", " m", " deg", "- ", ": ", "[[[[[[[[", "[180,90]",
    "limit_beyond", "speed_cap", "persons", "0 m",
  ]
  private static let texts = [mission, route, zones].map {
    FuzzCorpus([$0], tokens: tokens, longest: 12_000)
  }

  @Test("missions and maps: refused with file and line, or read", arguments: 0..<3)
  func missions(_ victim: Int) {
    let names: [StaticString] = ["missions", "routes", "zones"]
    let fuzz = Fuzz(names[victim], cases: 10_000, heapBase: 128 << 20, heapShare: 1 << 13)
    let originals = [Self.mission, Self.route, Self.zones].map { Array($0.utf8) }
    let failures = fuzz.run(Self.texts[victim]) { bytes, _ in
      let findings = Findings()
      let mission = Mission.read(
        victim == 0 ? bytes : originals[0], folder: "m", findings: findings
      ) { name in
        switch name {
        case "route.geojson": victim == 1 ? bytes : originals[1]
        case "zones.geojson": victim == 2 ? bytes : originals[2]
        default: nil
        }
      }
      guard (mission == nil) == findings.hasErrors else {
        return .broken("a mission is \(mission == nil ? "nil" : "given") with \(findings.all)")
      }
      for error in findings.errors where error.message.isEmpty || error.line < 0 {
        return .broken("unexplained: \(error)")
      }
      return mission == nil ? .refused : .accepted
    }
    #expect(failures == [])
  }
}
