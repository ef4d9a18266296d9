import Signals
import SiteMap
import Units

/// A path that bends wider than the way, so that the ground which tractor and trailer cover lies
/// evenly on both sides of it.
package struct SweptCentring {
  package private(set) var pieces: [RoutePiece]
  /// Half of the width of a corridor along the way that holds the whole combination: on the way
  /// itself, and on `pieces`.
  package let halfWidthBefore: Metres
  package private(set) var halfWidthAfter: Metres
  /// The most that the path was moved.
  package private(set) var largestOffset = Metres.zero

  /// Moves the path by the middle of what is covered; four times, because the middle moves with it.
  init(of way: [RoutePiece], _ combination: Combination, bounds: SmoothLine.Bounds) {
    let reference = PathTable(way, before: 30, after: 30)
    let length = way.last.map { ($0.start + $0.length).value } ?? 0
    pieces = way
    var covered = Ground(reference, combination, beside: reference, length)
    halfWidthBefore = Metres(covered.halfWidth)
    halfWidthAfter = halfWidthBefore
    var shift = [Double](repeating: 0, count: reference.points.count)
    // Every metre, but never beyond the ends.
    let driven = reference.points.indices.filter {
      (0...length).contains(reference.station($0)) && $0 % 2 == 0
    }
    for _ in 0..<4 {
      for i in shift.indices { shift[i] -= (covered.left[i] + covered.right[i]) / 2 }
      let wanted = driven.map {
        reference.points[$0].place + reference.points[$0].normal * shift[$0]
      }
      guard wanted.count >= 4 else { return }
      let line = SmoothLine(wanted, sigma: 0.05, bounds: bounds)
      let moved = RouteFit.pieces(through: line.points)
      guard !moved.isEmpty else { return }
      let table = PathTable(moved, before: 30, after: 30)
      covered = Ground(table, combination, beside: reference, length)
      guard covered.halfWidth < halfWidthAfter.value else { return }
      halfWidthAfter = Metres(covered.halfWidth)
      pieces = moved
      largestOffset = Metres(driven.map { shift[$0].magnitude }.max() ?? 0)
    }
  }

  /// What a combination covers along one path, measured beside another.
  private struct Ground {
    var left: [Double]
    var right: [Double]

    var halfWidth: Double { max(left.max() ?? 0, -(right.min() ?? 0)) }

    init(
      _ table: PathTable, _ combination: Combination, beside reference: PathTable, _ length: Double
    ) {
      left = Array(repeating: 0, count: reference.points.count)
      right = left
      guard let first = table.points.first else { return }
      var trailer = TrailerMotion(combination, heading: first.heading)
      for i in 1..<table.points.count {
        let (a, b) = (table.points[i - 1], table.points[i])
        trailer.advance(PathTable.spacing, from: a.heading, a.curvature, to: b.curvature)
        guard (0...length).contains(table.station(i)) else { continue }
        mark(combination.tractor, b.place, b.tangent, table.station(i), reference)
        let pin = b.place + b.tangent * combination.kingPin
        mark(
          combination.trailer, pin, PlanePoint(angle: trailer.heading), table.station(i), reference)
      }
    }

    private mutating func mark(
      _ outline: [Combination.OutlinePoint], _ at: PlanePoint, _ tangent: PlanePoint,
      _ station: Double, _ reference: PathTable
    ) {
      let normal = PlanePoint(-tangent.north, tangent.east)
      for point in outline {
        let place = at + tangent * point.ahead + normal * point.left
        let foot = reference.project(place, near: station + point.ahead)
        let index = reference.index(foot.station)
        left[index] = max(left[index], foot.lateral)
        right[index] = min(right[index], foot.lateral)
      }
    }
  }
}
