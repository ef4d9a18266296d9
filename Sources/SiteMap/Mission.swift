import BorderZone
import ReproducibleMath
import Signals
import Units
import Vehicle

/// One site and one drive over it, checked.
package struct Mission {
  package var name = ""
  package var isSynthetic = false
  package var frame = SiteFrame(latitude: Degrees(0), longitude: Degrees(0), height: Metres(0))
  package var route: [RoutePiece] = []
  package var zones = ZoneTable()
  package var zoneNames: [String] = []
  package var lineNames: [String] = []
  /// Where each zone and hold line is described, in their order.
  package var zonePlaces: [MapPlace] = []
  package var linePlaces: [MapPlace] = []
  /// The zones as drawn; `corridors` bound the drivable ground where there are any.
  package var zoneRings: [Ring] = []
  package var corridors: [Ring] = []
  /// Of each zone, between surveyed markers that give the position without GNSS; nil without.
  package var markerSpacings: [Metres?] = []
  /// The route's positions with their path coordinates, for messages.
  package var routePlaces: [(station: Double, place: MapPlace)] = []
  /// Path coordinate of the rear axle at the start.
  package var start = Metres.zero
  package var limits = MissionLimits()
  /// Everything above as text, with what decided each value.
  package var entries: [ConfigurationEntry] = []

  package init() {}

  package var routeLength: Metres {
    route.last.map { $0.start + $0.length } ?? .zero
  }

  package var sharpestCurvature: Double {
    route.map { max($0.curvature.value.magnitude, $0.endCurvature.magnitude) }.max() ?? 0
  }
}

/// A line of a map, for messages.
package struct MapPlace: Sendable {
  package let file: String
  package let line: Int

  package init(file: String, line: Int) {
    self.file = file
    self.line = line
  }
}

/// How this mission may be driven.
package struct MissionLimits: Sendable {
  package var cruiseSpeed = MetresPerSecond(kilometresPerHour: 25)
  package var comfortDeceleration = MetresPerSecondSquared(1.0)
  package var acceleration = MetresPerSecondSquared(0.5)
  package var jerk = MetresPerSecondCubed(0.8)
  package var lateralAcceleration = MetresPerSecondSquared(1.0)
  package var authorityMargin = Metres(2)
}

extension RoutePiece {
  package var endCurvature: Double { curvature.value + sharpness * length.value }
}
