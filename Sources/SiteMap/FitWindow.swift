import ReproducibleMath

/// One window of a route fit: curvatures at its knots from the points along it.
struct FitWindow {
  private(set) var start: RouteFit.Pose
  private(set) var knots: [RouteFit.Knot]
  /// Whether heading and curvature at the start are unknown as well.
  private let freesStart: Bool
  private let smoothing: Double

  init(start: RouteFit.Pose, knots: [RouteFit.Knot], freesStart: Bool, smoothing: Double) {
    self.start = start
    self.knots = knots
    self.freesStart = freesStart
    self.smoothing = smoothing
  }

  /// The pose at the last knot.
  static func advance(_ start: RouteFit.Pose, _ knots: [RouteFit.Knot]) -> RouteFit.Pose {
    var walk = CurveWalk(start: start, knots: knots)
    if let last = knots.last { walk.advance(to: last.station) }
    return RouteFit.Pose(place: walk.place, heading: walk.heading)
  }

  /// Unknowns: lateral offset and heading at the start (when free), then the curvature of every
  /// knot but a fixed first one.
  private var unknowns: Int { freesStart ? knots.count + 2 : knots.count - 1 }
  private var firstKnot: Int { freesStart ? 0 : 1 }
  private var knotColumn: Int { freesStart ? 2 : 0 }

  mutating func solve(points: [PlanePoint], stations: inout [Double], range: Range<Int>) {
    for _ in 0..<8 {
      var system = NormalEquations(count: unknowns)
      addPoints(points, &stations, range, &system)
      addSmoothing(&system)
      guard let change = system.solution() else { return }
      apply(change)
      let largest = change.dropFirst(knotColumn).map(\.magnitude).max() ?? 0
      if largest < 1e-9 { return }
    }
  }

  private mutating func apply(_ change: [Double]) {
    if freesStart {
      let normal = PlanePoint(-sine(start.heading), cosine(start.heading))
      start.place = start.place + normal * change[0]
      start.heading += change[1]
    }
    for i in firstKnot..<knots.count {
      knots[i].curvature += change[knotColumn + i - firstKnot]
    }
  }

  private func addPoints(
    _ points: [PlanePoint], _ stations: inout [Double], _ range: Range<Int>,
    _ system: inout NormalEquations
  ) {
    var walk = SensitiveWalk(start: start, knots: knots, firstKnot: firstKnot)
    let last = knots[knots.count - 1].station
    var row = [Double](repeating: 0, count: unknowns)
    for i in range {
      walk.advance(to: min(stations[i], last))
      let offset = points[i] - walk.place
      let tangent = PlanePoint(cosine(walk.heading), sine(walk.heading))
      let normal = PlanePoint(-tangent.north, tangent.east)
      if freesStart {
        let side = PlanePoint(-sine(start.heading), cosine(start.heading))
        let lever = walk.place - start.place
        row[0] = normal.dot(side)
        row[1] = normal.dot(PlanePoint(-lever.north, lever.east))
      }
      for j in 0..<walk.sensitivities.count {
        row[knotColumn + j] = normal.dot(walk.sensitivities[j])
      }
      system.add(row, normal.dot(offset))
      // The foot of the point moves with the curve; the first point stays the origin.
      if i > 0 { stations[i] += min(max(offset.dot(tangent), -0.5), 0.5) }
    }
  }

  /// Penalises bends of the curvature, so that noise does not become steering.
  private func addSmoothing(_ system: inout NormalEquations) {
    var row = [Double](repeating: 0, count: unknowns)
    for i in 1..<max(knots.count - 1, 1) where knots.count > 2 {
      let before = knots[i].station - knots[i - 1].station
      let after = knots[i + 1].station - knots[i].station
      let scale = smoothing * 0.5 * (before + after)
      var residual = 0.0
      for (index, factor) in [
        (i - 1, 1 / before), (i, -1 / before - 1 / after), (i + 1, 1 / after),
      ] {
        residual -= scale * factor * knots[index].curvature
        if index >= firstKnot { row[knotColumn + index - firstKnot] = scale * factor }
      }
      system.add(row, residual)
      for index in (i - 1)...(i + 1) where index >= firstKnot {
        row[knotColumn + index - firstKnot] = 0
      }
    }
  }
}

/// A walk that also carries how place and heading depend on each knot's curvature.
private struct SensitiveWalk {
  private(set) var place: PlanePoint
  private(set) var heading: Double
  /// Of the place, by unknown knot.
  private(set) var sensitivities: [PlanePoint]
  private var headingSensitivities: [Double]
  private let knots: [RouteFit.Knot]
  private let firstKnot: Int
  private var station: Double
  private var index = 0

  init(start: RouteFit.Pose, knots: [RouteFit.Knot], firstKnot: Int) {
    place = start.place
    heading = start.heading
    self.knots = knots
    self.firstKnot = firstKnot
    station = knots[0].station
    sensitivities = Array(repeating: PlanePoint(0, 0), count: knots.count - firstKnot)
    headingSensitivities = Array(repeating: 0, count: knots.count - firstKnot)
  }

  mutating func advance(to target: Double) {
    while station < target {
      while index + 2 < knots.count, knots[index + 1].station <= station { index += 1 }
      let end = index + 2 >= knots.count ? target : min(target, knots[index + 1].station)
      step(min(end - station, 2))
    }
  }

  private mutating func step(_ distance: Double) {
    guard distance > 0, index + 1 < knots.count else { return }
    let a = knots[index]
    let b = knots[index + 1]
    let span = b.station - a.station
    let from = station - a.station
    let slope = (b.curvature - a.curvature) / span
    let begin = a.curvature + slope * from
    var sum = PlanePoint(0, 0)
    for (node, weight) in CurveWalk.nodes {
      let s = distance * (node + 1) / 2
      let angle = heading + s * (begin + slope * s / 2)
      let tangent = PlanePoint(cosine(angle), sine(angle))
      let normal = PlanePoint(-tangent.north, tangent.east) * (weight * distance / 2)
      sum = sum + tangent * (weight * distance / 2)
      for j in sensitivities.indices {
        let gain = headingSensitivities[j] + hat(j + firstKnot, from, s, span)
        if gain != 0 { sensitivities[j] = sensitivities[j] + normal * gain }
      }
    }
    for j in sensitivities.indices {
      headingSensitivities[j] += hat(j + firstKnot, from, distance, span)
    }
    place = place + sum
    heading += distance * (begin + slope * distance / 2)
    station += distance
  }

  /// Heading change over the next `s` metres per curvature of knot `knot`.
  private func hat(_ knot: Int, _ from: Double, _ s: Double, _ span: Double) -> Double {
    let rising = (from * s + s * s / 2) / span
    if knot == index + 1 { return rising }
    return knot == index ? s - rising : 0
  }
}

/// Least squares by Cholesky's decomposition of the normal equations.
struct NormalEquations {
  private let count: Int
  private var matrix: [Double]
  private var right: [Double]

  init(count: Int) {
    self.count = count
    matrix = Array(repeating: 0, count: count * count)
    right = Array(repeating: 0, count: count)
  }

  mutating func add(_ row: [Double], _ residual: Double) {
    for i in 0..<count where row[i] != 0 {
      right[i] += row[i] * residual
      for j in 0...i { matrix[i * count + j] += row[i] * row[j] }
    }
  }

  func solution() -> [Double]? {
    var lower = matrix
    for i in 0..<count {
      for j in 0...i {
        var sum = lower[i * count + j]
        for k in 0..<j { sum -= lower[i * count + k] * lower[j * count + k] }
        if i == j {
          // A tiny ridge keeps unknowns that no point sees where they are.
          let pivot = sum + 1e-12 * (1 + matrix[i * count + i])
          guard pivot > 0, pivot.isFinite else { return nil }
          lower[i * count + i] = pivot.squareRoot()
        } else {
          lower[i * count + j] = sum / lower[j * count + j]
        }
      }
    }
    var x = right
    for i in 0..<count {
      for k in 0..<i { x[i] -= lower[i * count + k] * x[k] }
      x[i] /= lower[i * count + i]
    }
    for i in stride(from: count - 1, through: 0, by: -1) {
      for k in (i + 1)..<max(count, i + 1) { x[i] -= lower[k * count + i] * x[k] }
      x[i] /= lower[i * count + i]
    }
    return x.allSatisfy(\.isFinite) ? x : nil
  }
}
