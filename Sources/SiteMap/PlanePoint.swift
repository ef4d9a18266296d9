import ReproducibleMath

/// A point of the site frame, m.
package struct PlanePoint: Sendable, Equatable {
  package var east: Double
  package var north: Double

  package init(_ east: Double, _ north: Double) {
    self.east = east
    self.north = north
  }

  package static func - (a: Self, b: Self) -> Self { Self(a.east - b.east, a.north - b.north) }
  package static func + (a: Self, b: Self) -> Self { Self(a.east + b.east, a.north + b.north) }
  package static func * (a: Self, b: Double) -> Self { Self(a.east * b, a.north * b) }
  package func dot(_ other: Self) -> Double { east * other.east + north * other.north }
  package func cross(_ other: Self) -> Double { east * other.north - north * other.east }
  package var length: Double { dot(self).squareRoot() }
}

/// A closed ring of points, the first not repeated.
package struct Ring: Sendable {
  package let points: [PlanePoint]
  private let low, high: PlanePoint

  package init(_ points: [PlanePoint]) {
    self.points = points
    low = PlanePoint(points.map(\.east).min() ?? 0, points.map(\.north).min() ?? 0)
    high = PlanePoint(points.map(\.east).max() ?? 0, points.map(\.north).max() ?? 0)
  }

  /// Positive when the points run counter-clockwise.
  package var signedArea: Double {
    var sum = 0.0
    for i in points.indices { sum += points[i].cross(points[(i + 1) % points.count]) }
    return sum / 2
  }

  /// By the parity of crossings of a ray to the east.
  package func contains(_ point: PlanePoint) -> Bool {
    guard point.east >= low.east, point.east <= high.east, point.north >= low.north,
      point.north <= high.north
    else { return false }
    var inside = false
    for i in points.indices {
      let a = points[i]
      let b = points[(i + 1) % points.count]
      guard (a.north > point.north) != (b.north > point.north) else { continue }
      let east = a.east + (point.north - a.north) / (b.north - a.north) * (b.east - a.east)
      if point.east < east { inside.toggle() }
    }
    return inside
  }

  /// Two edges that cross or touch though they are not neighbours, as indices of their first
  /// points.
  package func selfIntersection() -> (Int, Int)? {
    for i in points.indices {
      for j in points.indices where j > i {
        let isNeighbour = j == i + 1 || (i == 0 && j == points.count - 1)
        guard !isNeighbour else { continue }
        let a = points[i]
        let b = points[(i + 1) % points.count]
        let c = points[j]
        let d = points[(j + 1) % points.count]
        if crossing(a, b, c, d) != nil { return (i, j) }
      }
    }
    return nil
  }
}

/// Where the segment a-b meets the segment c-d, as a share of a-b; nil when they do not meet.
package func crossing(
  _ a: PlanePoint, _ b: PlanePoint, _ c: PlanePoint, _ d: PlanePoint
) -> Double? {
  let along = b - a
  let across = d - c
  let determinant = along.cross(across)
  guard determinant != 0 else { return nil }
  let t = (c - a).cross(across) / determinant
  let u = (c - a).cross(along) / determinant
  return t >= 0 && t <= 1 && u >= 0 && u <= 1 ? t : nil
}
