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
  var endCurvature: Double { curvature.value + sharpness * length.value }
}
