import Foundation
import ReproducibleMath
import SiteMap
import Units
import Vehicle

/// The root of the package.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path
let firstProfile = repository + "/hw-profiles/j1939-tractor-semitrailer"

func bytes(of path: String) -> [UInt8] {
  [UInt8](FileManager.default.contents(atPath: path) ?? Data())
}

/// The rig course with one file changed, and what reading it says.
func readMission(
  changing file: String = "", _ old: String = "", to new: String = "", all: Bool = false
) -> (mission: Mission?, messages: [String]) {
  let folder = repository + "/missions/rig-course"
  var replaced = false
  func content(_ name: String) -> [UInt8] {
    let original = bytes(of: folder + "/" + name)
    guard name == file else { return original }
    var text = String(decoding: original, as: UTF8.self)
    guard let range = text.range(of: old) else { return original }
    replaced = true
    if all {
      text = text.replacingOccurrences(of: old, with: new)
    } else {
      text.replaceSubrange(range, with: new)
    }
    return Array(text.utf8)
  }
  let findings = Findings()
  let mission = Mission.read(content("mission.yaml"), folder: "m", findings: findings) {
    content($0)
  }
  guard replaced || file.isEmpty else { return (nil, ["the test replaces nothing"]) }
  return (mission, findings.all.map(\.description))
}

/// A mission whose maps are made from site coordinates.
func makeMission(
  route: [(Double, Double)], zones: [String], limits: String = ""
) -> (mission: Mission?, messages: [String]) {
  let yaml = """
    format: 1
    name: made
    synthetic: true
    crs: EPSG:4326
    epoch: 2026
    origin: {latitude: 46.6833 deg, longitude: 82.79 deg, height: 450 m}
    route: route.geojson
    zones: zones.geojson
    start: 1 m
    limits:
      cruise_speed: 25 km/h
      comfort_deceleration: 1 m/s2
      acceleration: 0.5 m/s2
      jerk: 0.8 m/s3
      lateral_acceleration: 1 m/s2
      authority_margin: 2 m
    """
  let line =
    #"{"type":"Feature","properties":{"kind":"route"},"geometry":{"type":"LineString","#
    + #""coordinates":["# + route.map(position).joined(separator: ",\n") + "]}}"
  let maps = ["route.geojson": collection([line]), "zones.geojson": collection(zones)]
  let findings = Findings()
  let mission = Mission.read(Array(yaml.utf8), folder: "m", findings: findings) {
    Array((maps[$0] ?? "").utf8)
  }
  return (mission, findings.all.map(\.description))
}

private func collection(_ features: [String]) -> String {
  #"{"type":"FeatureCollection","features":["# + features.joined(separator: ",\n") + "]}"
}

func siteFrame() -> SiteFrame {
  SiteFrame(latitude: Degrees(46.6833), longitude: Degrees(82.79), height: Metres(450))
}

private func position(_ point: (Double, Double)) -> String {
  let place = siteFrame().geodetic(east: Metres(point.0), north: Metres(point.1), up: Metres(0))
  return "[\(place.longitude.value),\(place.latitude.value)]"
}

func zone(_ name: String, _ ring: [(Double, Double)], extra: String = "") -> String {
  #"{"type":"Feature","properties":{"kind":"zone","name":"\#(name)","zone":"corridor","#
    + #""speed_cap":"25 km/h","persons":"excluded"\#(extra)},"#
    + #""geometry":{"type":"Polygon","coordinates":[["#
    + (ring + ring.prefix(1)).map(position).joined(separator: ",\n") + "]]}}"
}

func holdLine(_ name: String, east: Double, beyond: String) -> String {
  #"{"type":"Feature","properties":{"kind":"hold_line","name":"\#(name)","#
    + #""limit_beyond":"\#(beyond)"},"geometry":{"type":"LineString","coordinates":["#
    + [(east, -6.0), (east, 6.0)].map(position).joined(separator: ",") + "]}}"
}

/// A rectangle around the x axis, counter-clockwise.
func box(_ from: Double, _ to: Double) -> [(Double, Double)] {
  [(from, -9), (to, -9), (to, 9), (from, 9)]
}

/// The same stream on every machine (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
