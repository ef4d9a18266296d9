import Units

/// A stretch of route whose curvature is linear in the path coordinate (a clothoid; arcs and lines
/// are special cases): 64 bytes, so that a 1,000 km route stays small.
@usableFromInline package struct RoutePiece: Sendable, Visitable {
  /// Path coordinate at the start.
  package var start = Metres.zero
  package var length = Metres.zero
  package var east = Metres.zero
  package var north = Metres.zero
  /// Tangent direction at the start, counter-clockwise from east, unwrapped along the route.
  package var heading = Radians.zero
  package var curvature = Curvature.zero
  /// Change of curvature per metre, 1/m2.
  package var sharpness = 0.0
  /// m/s; the cap of this stretch before zones.
  package var speedLimit: Float = 0
  /// Grade as the sine of the slope angle, uphill positive.
  package var grade: Float = 0

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("start", &start)
    visitor.visit("length", &length)
    visitor.visit("east", &east)
    visitor.visit("north", &north)
    visitor.visit("heading", &heading)
    visitor.visit("curvature", &curvature)
    visitor.visit("sharpness", &sharpness)
    visitor.visit("speedLimit", &speedLimit)
    visitor.visit("grade", &grade)
  }
}
