import ReproducibleMath
import Signals
import Units

/// Finds a curve whose curvature is continuous and linear between knots through a dense line of
/// points: clothoids, arcs and straights in one.
///
/// The knots' curvatures are found by Gauss-Newton over a window that moves along the line; what it
/// leaves behind is frozen, so the cost grows with the length only and no error piles up.
package struct RouteFit {
  /// Largest distance of a point from the curve.
  static var tolerance: Double { 0.02 }
  private static var spacing: Double { 4 }
  private static var longestPiece: Double { 40 }

  struct Knot {
    var station: Double
    var curvature: Double
  }

  struct Pose {
    var place: PlanePoint
    var heading: Double
  }

  private(set) var start: Pose
  private(set) var knots: [Knot] = []
  private(set) var worst: (deviation: Double, point: Int) = (0, 0)
  private let points: [PlanePoint]
  private var stations: [Double]

  /// The points must be at least two, distinct, and free of kinks.
  init(_ points: [PlanePoint]) {
    self.points = points
    var stations = [0.0]
    for i in 1..<points.count {
      stations.append(stations[i - 1] + (points[i] - points[i - 1]).length)
    }
    self.stations = stations
    let first = points[1] - points[0]
    start = Pose(place: points[0], heading: arctangent(y: first.north, x: first.east))
    fit()
  }

  /// The curve as pieces without speeds and grades.
  package static func pieces(through points: [PlanePoint]) -> [RoutePiece] {
    guard points.count >= 2 else { return [] }
    let fit = RouteFit(points)
    var walk = CurveWalk(start: fit.start, knots: fit.knots)
    var pieces: [RoutePiece] = []
    for (a, b) in zip(fit.knots, fit.knots.dropFirst()) {
      pieces.append(walk.piece(from: a, to: b))
    }
    return pieces
  }

  var isWithinTolerance: Bool { worst.deviation <= Self.tolerance }
  var length: Double { knots.last?.station ?? 0 }

  private mutating func fit() {
    let fine = evenKnots(Self.spacing)
    solve(fine, smoothing: 0.05)
    let spare = (start, knots, stations, worst)
    var reduced = simplified(knots, tolerance: 4e-4)
    for _ in 0..<6 where reduced.count < spare.1.count {
      (start, knots, stations) = (spare.0, spare.1, spare.2)
      solve(reduced, smoothing: 1e-3)
      if worst.deviation <= max(0.6 * Self.tolerance, 1.2 * spare.3.deviation) { return }
      reduced = refined(reduced, from: spare.1)
    }
    (start, knots, stations, worst) = spare
    if !isWithinTolerance { solve(evenKnots(Self.spacing / 2), smoothing: 0.01) }
  }

  private func evenKnots(_ spacing: Double) -> [Knot] {
    let length = stations[stations.count - 1]
    let count = max(1, Int((length / spacing).rounded()))
    var knots: [Knot] = []
    var index = 0
    for i in 0...count {
      let station = length * Double(i) / Double(count)
      while index + 2 < stations.count, stations[index + 1] < station { index += 1 }
      knots.append(Knot(station: station, curvature: roughCurvature(around: index)))
    }
    return knots
  }

  /// Turning angle over the mean of the two chords at a point.
  private func roughCurvature(around index: Int) -> Double {
    guard points.count > 2 else { return 0 }
    let i = min(max(index, 1), points.count - 2)
    let before = points[i] - points[i - 1]
    let after = points[i + 1] - points[i]
    let turn = arctangent(y: before.cross(after), x: before.dot(after))
    return 2 * turn / (before.length + after.length)
  }

  /// Leaves out knots whose curvature the straight line between others gives (Douglas-Peucker).
  private func simplified(_ knots: [Knot], tolerance: Double) -> [Knot] {
    var kept: Set<Int> = [0, knots.count - 1]
    var open = [(0, knots.count - 1)]
    while let (low, high) = open.popLast() {
      guard high - low > 1 else { continue }
      let a = knots[low]
      let b = knots[high]
      var worst = (gap: 0.0, index: (low + high) / 2)
      for i in (low + 1)..<high {
        let share = (knots[i].station - a.station) / (b.station - a.station)
        let gap = (knots[i].curvature - a.curvature - share * (b.curvature - a.curvature)).magnitude
        if gap > worst.gap { worst = (gap, i) }
      }
      let isLong = b.station - a.station > Self.longestPiece
      guard worst.gap > tolerance || isLong else { continue }
      let split = worst.gap > tolerance ? worst.index : (low + high) / 2
      kept.insert(split)
      open.append((low, split))
      open.append((split, high))
    }
    return kept.sorted().map { knots[$0] }
  }

  /// Gives back the knots around the points that the curve misses most.
  private func refined(_ reduced: [Knot], from fine: [Knot]) -> [Knot] {
    let deviations = deviations()
    var stationsWanted = Set(reduced.map(\.station))
    for i in points.indices where deviations[i] > 0.4 * Self.tolerance {
      for knot in fine where (knot.station - stations[i]).magnitude < 3 * Self.spacing {
        stationsWanted.insert(knot.station)
      }
    }
    return fine.filter { stationsWanted.contains($0.station) }
  }

  // MARK: Moving window

  private mutating func solve(_ initial: [Knot], smoothing: Double) {
    knots = initial
    var first = 0
    var pose = start
    let width = 16
    while first < knots.count - 1 {
      let last = min(first + width, knots.count - 1)
      var window = FitWindow(
        start: pose, knots: Array(knots[first...last]), freesStart: first == 0,
        smoothing: smoothing)
      let range = pointRange(from: knots[first].station, to: knots[last].station, first == 0)
      window.solve(points: points, stations: &stations, range: range)
      knots.replaceSubrange(first...last, with: window.knots)
      if first == 0 { start = window.start }
      let frozen = last == knots.count - 1 ? last : first + width / 3
      pose = FitWindow.advance(window.start, Array(window.knots[0...(frozen - first)]))
      first = frozen
    }
    measure()
  }

  private func pointRange(from low: Double, to high: Double, _ isFirst: Bool) -> Range<Int> {
    let begin = isFirst ? 0 : firstPoint(beyond: low)
    return begin..<max(begin, firstPoint(beyond: high + 1e-6))
  }

  /// By bisection; stations rise but for the last shifts of the fit.
  private func firstPoint(beyond station: Double) -> Int {
    var low = 0
    var high = stations.count
    while low < high {
      let middle = (low + high) / 2
      if stations[middle] > station { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func measure() {
    let found = deviations()
    worst = (0, 0)
    for i in found.indices where found[i] > worst.deviation { worst = (found[i], i) }
  }

  /// Distance of each point from the curve, across it.
  private func deviations() -> [Double] {
    var walk = CurveWalk(start: start, knots: knots)
    return points.indices.map { i in
      walk.advance(to: min(max(stations[i], 0), length))
      let offset = points[i] - walk.place
      let normal = PlanePoint(-sine(walk.heading), cosine(walk.heading))
      return offset.dot(normal).magnitude
    }
  }
}

/// Walks along knots in steps short enough for exact quadrature.
struct CurveWalk {
  private(set) var place: PlanePoint
  private(set) var heading: Double
  private(set) var station: Double
  private let knots: [RouteFit.Knot]
  private var index = 0
  /// Gauss-Legendre with three points.
  static let nodes = [
    (-0.774_596_669_241_483_4, 5.0 / 9), (0, 8.0 / 9), (0.774_596_669_241_483_4, 5.0 / 9),
  ]

  init(start: RouteFit.Pose, knots: [RouteFit.Knot]) {
    place = start.place
    heading = start.heading
    station = knots.first?.station ?? 0
    self.knots = knots
  }

  mutating func advance(to target: Double) {
    while station < target {
      while index + 2 < knots.count, knots[index + 1].station <= station { index += 1 }
      guard index + 1 < knots.count else { return }
      let end = index + 2 == knots.count ? target : min(target, knots[index + 1].station)
      step(min(end - station, 2))
    }
  }

  /// Advances to its start; speed and grade are not the curve's.
  mutating func piece(from a: RouteFit.Knot, to b: RouteFit.Knot) -> RoutePiece {
    advance(to: a.station)
    var piece = RoutePiece()
    piece.start = Metres(a.station)
    piece.length = Metres(b.station - a.station)
    piece.east = Metres(place.east)
    piece.north = Metres(place.north)
    piece.heading = Radians(heading)
    piece.curvature = Curvature(a.curvature)
    piece.sharpness = (b.curvature - a.curvature) / (b.station - a.station)
    return piece
  }

  func curvature(at station: Double) -> Double {
    let a = knots[index]
    let b = knots[min(index + 1, knots.count - 1)]
    guard b.station > a.station else { return a.curvature }
    return a.curvature
      + (b.curvature - a.curvature) * (station - a.station) / (b.station - a.station)
  }

  private mutating func step(_ distance: Double) {
    guard distance > 0 else { return }
    let begin = curvature(at: station)
    let change = (curvature(at: station + distance) - begin) / distance
    var sum = PlanePoint(0, 0)
    for (node, weight) in Self.nodes {
      let s = distance * (node + 1) / 2
      let angle = heading + s * (begin + change * s / 2)
      sum = sum + PlanePoint(cosine(angle), sine(angle)) * (weight * distance / 2)
    }
    place = place + sum
    heading += distance * (begin + change * distance / 2)
    station += distance
  }
}
