import SiteMap

/// The drivable ground beside a path: how far it reaches to both sides.
package struct Corridor: Sendable {
  /// Farther nobody looks: no part of a truck leaves its path by as much.
  package static var reach: Double { 30 }
  /// Rings drawn edge to edge differ by rounding.
  private static var seam: Double { 0.01 }
  private static var cell: Double { 16 }

  private struct Cell: Hashable {
    var column, row: Int

    init(_ place: PlanePoint) {
      // Within 50 km of the origin by the reader's check.
      column = Int((place.east / Corridor.cell).rounded(.down))
      row = Int((place.north / Corridor.cell).rounded(.down))
    }
  }

  private struct Edge {
    var ring: Int
    var from, to: PlanePoint
  }

  /// By the points of a path table.
  package private(set) var left: [Double] = []
  package private(set) var right: [Double] = []

  /// - Parameter rings: their union is what may be driven on.
  package init(_ rings: [Ring], along table: PathTable) {
    let grid = Self.grid(rings)
    left.reserveCapacity(table.points.count)
    right.reserveCapacity(table.points.count)
    for point in table.points {
      // Two looks 4 cm apart: one may run along the seam of two rings.
      var widths = (left: 0.0, right: 0.0)
      for shift in [-0.02, 0.02] {
        let place = point.place + point.tangent * shift
        let inside = rings.indices.filter { rings[$0].contains(place) }
        guard !inside.isEmpty else { continue }
        // Normals of a bend meet at its centre.
        let centre = 0.95 / max(point.curvature.magnitude, 1e-9)
        let bounds =
          point.curvature > 0
          ? (min(Self.reach, centre), Self.reach) : (Self.reach, min(Self.reach, centre))
        widths.left = max(
          widths.left, Self.width(place, point.normal, bounds.0, inside, grid))
        widths.right = max(
          widths.right, Self.width(place, point.normal * -1, bounds.1, inside, grid))
      }
      left.append(widths.left)
      right.append(widths.right)
    }
  }

  /// Every edge is in all cells around the points that it passes, 8 m apart: a ray that is asked for
  /// in the cells of its own such points meets it.
  private static func grid(_ rings: [Ring]) -> [Cell: [Edge]] {
    var grid: [Cell: [Edge]] = [:]
    for (index, ring) in rings.enumerated() {
      for i in ring.points.indices {
        let edge = Edge(
          ring: index, from: ring.points[i], to: ring.points[(i + 1) % ring.points.count])
        var cells: Set<Cell> = []
        let count = max(Int(((edge.to - edge.from).length / 8).rounded(.up)), 1)
        for k in 0...count {
          let place = edge.from + (edge.to - edge.from) * (Double(k) / Double(count))
          for east in -1...1 {
            for north in -1...1 {
              cells.insert(Cell(place + PlanePoint(Double(east), Double(north)) * cell))
            }
          }
        }
        for cell in cells { grid[cell, default: []].append(edge) }
      }
    }
    return grid
  }

  /// From a place inside the given rings to where the union of all ends.
  private static func width(
    _ place: PlanePoint, _ direction: PlanePoint, _ reach: Double, _ inside: [Int],
    _ grid: [Cell: [Edge]]
  ) -> Double {
    let end = place + direction * reach
    var cells: Set<Cell> = []
    let count = Int((reach / 8).rounded(.up))
    for k in 0...count {
      cells.insert(Cell(place + direction * (reach * Double(k) / Double(max(count, 1)))))
    }
    var cuts: [Int: Set<Double>] = [:]
    for cell in cells {
      for edge in grid[cell] ?? [] {
        guard let share = crossing(place, end, edge.from, edge.to) else { continue }
        cuts[edge.ring, default: []].insert(share * reach)
      }
    }
    // Stretches of the ray inside each ring; a cut through a vertex counts once.
    var stretches: [(from: Double, to: Double)] = []
    for ring in Set(inside).union(cuts.keys) {
      var isInside = inside.contains(ring)
      var from = 0.0
      var last = -1.0
      for cut in (cuts[ring] ?? []).sorted() where cut - last > 1e-9 {
        if isInside { stretches.append((from, cut)) }
        (isInside, from, last) = (!isInside, cut, cut)
      }
      if isInside { stretches.append((from, reach)) }
    }
    var width = 0.0
    for stretch in stretches.sorted(by: { $0.from < $1.from }) {
      if stretch.from > width + seam { break }
      width = max(width, stretch.to)
    }
    return width
  }
}
