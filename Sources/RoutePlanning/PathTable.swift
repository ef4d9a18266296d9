import PathFollowing
import Signals
import SiteMap
import Units

/// A route as points at even path coordinates, going on straight beyond both ends.
package struct PathTable: Sendable {
  package struct Point: Sendable {
    package var place: PlanePoint
    package var tangent: PlanePoint
    package var heading: Double
    package var curvature: Double

    package var normal: PlanePoint { PlanePoint(-tangent.north, tangent.east) }
  }

  package static var spacing: Double { 0.5 }
  package private(set) var points: [Point] = []
  /// Path coordinate of the first point.
  package let origin: Double

  package init(_ route: [RoutePiece], before: Double, after: Double) {
    origin = -(before / Self.spacing).rounded(.up) * Self.spacing
    let length = route.last.map { $0.end.value } ?? 0
    let count = Int(((length + after - origin) / Self.spacing).rounded(.up))
    points.reserveCapacity(count + 1)
    var index = 0
    for i in 0...max(count, 0) where !route.isEmpty {
      let station = origin + Double(i) * Self.spacing
      while index + 1 < route.count, route[index].end.value <= station { index += 1 }
      let piece = route[index]
      let point = piece.point(at: station - piece.start.value)
      let isOutside = station < 0 || station > length
      points.append(
        Point(
          place: PlanePoint(point.east, point.north),
          tangent: PlanePoint(point.cosine, point.sine), heading: point.heading,
          curvature: isOutside ? 0 : point.curvature))
    }
  }

  package func station(_ index: Int) -> Double { origin + Double(index) * Self.spacing }

  package func index(_ station: Double) -> Int {
    let share = (station - origin) / Self.spacing
    guard share.isFinite, share > 0 else { return 0 }
    return min(Int(share.rounded()), points.count - 1)
  }

  /// The foot of a point on the path, and how far left of it the point is.
  package func project(
    _ place: PlanePoint, near guess: Double
  ) -> (station: Double, lateral: Double) {
    var index = index(guess)
    var result = (station: guess, lateral: 0.0)
    // From a guess within a truck's length each round comes nearer by most of the rest.
    for _ in 0..<6 {
      let point = points[index]
      let offset = place - point.place
      let along = offset.dot(point.tangent)
      let across = offset.dot(point.normal)
      // Beyond the centre of curvature the foot is not unique.
      let scale = max(1 - point.curvature * across, 0.2)
      let step = along / scale
      result = (
        station(index) + step, across - point.curvature * along * along / (2 * scale)
      )
      let next = self.index(result.station)
      if next == index { break }
      index = next
    }
    return result
  }
}
