import BorderZone
import Signals
import Units
import WireCodec

/// All that the step is told about its truck, its site and its tuning.
package struct ControllerConfiguration: Sendable, Visitable {
  package var vehicle = VehicleParameters()
  package var frames = FrameTable()
  package var zones = ZoneTable()
  /// Origin of the site frame, WGS-84.
  package var originLatitude = Degrees(0)
  package var originLongitude = Degrees(0)
  package var originHeight = Metres(0)
  package var routeIdentifier: UInt64 = 0
  package var routeLength = Metres.zero
  /// How long every needed input must have been good before arming.
  package var settlingTime = Interval.milliseconds(1_000)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("vehicle", &vehicle)
    visitor.visit("frames", &frames)
    visitor.visit("zones", &zones)
    visitor.visit("originLatitude", &originLatitude)
    visitor.visit("originLongitude", &originLongitude)
    visitor.visit("originHeight", &originHeight)
    visitor.visit("routeIdentifier", &routeIdentifier)
    visitor.visit("routeLength", &routeLength)
    visitor.visit("settlingTime", &settlingTime)
  }
}
