import Foundation
import ReproducibleMath
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
