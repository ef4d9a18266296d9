import Foundation
import ReproducibleMath
import TestSupport
import Testing
import Units

/// Site frame at the published position of the crossing (domain.md 6.4).
@Suite struct Geodesy {
  let frame = SiteFrame(latitude: Degrees(46.683), longitude: Degrees(82.80), height: Metres(500))

  @Test func thereAndBackWithinATenthOfAMillimetre() {
    for (east, north, up) in [(0.0, 0.0, 0.0), (1_500, -900, 3), (-20_000, 20_000, 100)] {
      let there = frame.geodetic(east: Metres(east), north: Metres(north), up: Metres(up))
      let back = frame.site(
        latitude: there.latitude, longitude: there.longitude, height: there.height)
      #expect((back.east.value - east).magnitude < 1e-4)
      #expect((back.north.value - north).magnitude < 1e-4)
      #expect((back.up.value - up).magnitude < 1e-4)
    }
  }

  /// Radii of curvature at 46.683 N: one arc second of latitude is 30.88 m, of longitude 21.27 m.
  @Test func anArcSecondHasItsKnownLength() {
    let north = frame.site(
      latitude: Degrees(46.683 + 1 / 3600.0), longitude: Degrees(82.80), height: Metres(500))
    let east = frame.site(
      latitude: Degrees(46.683), longitude: Degrees(82.80 + 1 / 3600.0), height: Metres(500))
    #expect((north.north.value - 30.880).magnitude < 0.01)
    #expect((east.east.value - 21.268).magnitude < 0.02)
  }
}

/// can-gnss.md 9, on the real line at the crossing, which is a map's and good to 1 km.
@Suite(.enabled(if: sharedData("data/natural-earth-borders") != nil, "no shared border lines"))
struct BorderLine {
  private struct Vertex: Hashable {
    var longitude, latitude: Double
  }

  private struct Country: Decodable {
    struct Geometry: Decodable { var coordinates: [[[[Double]]]] }
    var geometry: Geometry
  }

  private func rings(_ name: String) throws -> [[Vertex]] {
    let path = (sharedData("data/natural-earth-borders") ?? "") + "/\(name).geojson"
    let data = try Data(contentsOf: URL(filePath: path))
    return try JSONDecoder().decode(Country.self, from: data).geometry.coordinates.flatMap { $0 }
      .map { ring in ring.map { Vertex(longitude: $0[0], latitude: $0[1]) } }
  }

  /// The line crosses the gate's latitude 1.5 km east of the port's published, rounded position.
  @Test func crossesTheGatesLatitude() throws {
    let site = SiteFrame(latitude: Degrees(46.6833), longitude: Degrees(82.8), height: Metres(0))
    var crossings: [Double] = []
    for ring in try rings("KAZ") {
      for (a, b) in zip(ring, ring.dropFirst()) where a.longitude > 82.3 && a.longitude < 83.3 {
        guard (a.latitude < 46.6833) != (b.latitude < 46.6833) else { continue }
        let share = (46.6833 - a.latitude) / (b.latitude - a.latitude)
        let longitude = a.longitude + share * (b.longitude - a.longitude)
        let place = site.site(
          latitude: Degrees(46.6833), longitude: Degrees(longitude), height: Metres(0))
        let back = site.geodetic(east: place.east, north: place.north, up: place.up)
        #expect((back.longitude.value - longitude).magnitude < 1e-9)
        // 0.02014 degrees of longitude, of 21.268 m each arc second.
        #expect((place.east.value - 0.02014 * 3_600 * 21.268).magnitude < 2)
        crossings.append(longitude)
      }
    }
    #expect(crossings.count == 1)
    #expect(((crossings.first ?? 0) - 82.82014).magnitude < 0.000_005)
  }

  /// Both countries draw one line: no gap and no overlap lies between them.
  @Test func bothRingsShareTheirVertices() throws {
    func near(_ name: String) throws -> Set<Vertex> {
      Set(
        try rings(name).joined().filter {
          (82.3...83.3).contains($0.longitude) && (46.2...47.2).contains($0.latitude)
        })
    }
    let ours = try near("KAZ")
    // Section 9 says 22; the files have one more between those longitudes and latitudes.
    #expect(ours.count == 23)
    #expect(ours == (try near("CHN")))
  }
}
