import SiteMap

/// The line that most likely was surveyed: near the waypoints, with little change of curvature, and
/// within what the vehicle can steer.
///
/// Points at even distances are found by penalised least squares: the squared distances to the
/// waypoints in units of the survey's error, and the squared third differences (the change of
/// curvature per metre) in units of what a road has. Where a bound is broken the penalty grows,
/// where the line leaves many waypoints to the same side it shrinks.
struct SmoothLine {
  static var spacing: Double { 1 }
  /// Change of curvature of roads that trucks drive, 1/m2.
  private static var typicalSharpness: Double { 0.002 }

  struct Bounds {
    var curvature: Double
    var sharpness: Double
  }

  private(set) var points: [PlanePoint] = []
  /// Of each waypoint: path coordinate of its foot, and how far left of the line it is.
  private(set) var feet: [(station: Double, lateral: Double)] = []
  private let waypoints: [PlanePoint]
  private let sigma: Double
  private let bounds: Bounds
  private var weights: [Double] = []

  /// The waypoints must be distinct, at least two, and run one way.
  init(_ waypoints: [PlanePoint], sigma: Double, bounds: Bounds) {
    self.waypoints = waypoints
    self.sigma = sigma
    self.bounds = bounds
    var station = 0.0
    feet = [(0, 0)]
    for i in 1..<waypoints.count {
      station += (waypoints[i] - waypoints[i - 1]).length
      feet.append((station, 0))
    }
    for round in 0..<24 {
      guard solve() else { return }
      measure()
      if !adjust(mayLoosen: round < 12), round > 3 { break }
    }
  }

  private mutating func solve() -> Bool {
    let length = max(feet.map(\.station).max() ?? 0, 4 * Self.spacing)
    let count = Int((length / Self.spacing).rounded(.up)) + 1
    if weights.count != count {
      let standard = 1 / (Self.typicalSharpness * Self.typicalSharpness)
      // The line's length changes by little from round to round: what was learnt is kept.
      weights = (0..<count).map { $0 < weights.count ? weights[$0] : weights.last ?? standard }
    }
    var system = BandedSystem(count: count)
    for (foot, waypoint) in zip(feet, waypoints) {
      let share = min(max(foot.station / Self.spacing, 0), Double(count - 1))
      let first = min(max(Int(share) - 1, 0), count - 4)
      let t = share - Double(first)
      // Lagrange's cubic through four neighbours.
      let factors = (
        -(t - 1) * (t - 2) * (t - 3) / 6, t * (t - 2) * (t - 3) / 2,
        -t * (t - 1) * (t - 3) / 2, t * (t - 1) * (t - 2) / 6
      )
      system.add(
        first, factors, weight: 1 / (sigma * sigma), (waypoint.east, waypoint.north))
    }
    let cube = Self.spacing * Self.spacing * Self.spacing
    for i in 0...(count - 4) {
      let weight = max(weights[i + 1], weights[i + 2]) * Self.spacing / (cube * cube)
      system.add(i, (-1, 3, -3, 1), weight: weight, (0, 0))
    }
    guard let solution = system.solution() else { return false }
    points = solution.map { PlanePoint($0.0, $0.1) }
    return true
  }

  /// Evens out the points' distances and finds each waypoint's foot.
  private mutating func measure() {
    var stations = [0.0]
    for i in 1..<points.count {
      stations.append(stations[i - 1] + (points[i] - points[i - 1]).length)
    }
    var index = 0
    for i in waypoints.indices {
      // Forward only, within what neighbouring waypoints may disagree by.
      var best = (distance: Double.infinity, station: 0.0, lateral: 0.0)
      var k = max(index - 3, 0)
      while k + 1 < points.count {
        let chord = points[k + 1] - points[k]
        let offset = waypoints[i] - points[k]
        let share = chord.dot(offset) / max(chord.dot(chord), 1e-12)
        let inside = min(max(share, k == 0 ? share : 0), k + 2 == points.count ? share : 1)
        let distance = (offset - chord * inside).length
        if distance < best.distance {
          best = (
            distance, stations[k] + inside * (stations[k + 1] - stations[k]),
            chord.cross(offset) / max(chord.length, 1e-9)
          )
          index = k
        } else if stations[k] > best.station + 10 + 2 * best.distance {
          break
        }
        k += 1
      }
      feet[i] = (best.station, best.lateral)
    }
    // The line begins at the first waypoint's foot.
    let origin = feet[0].station
    for i in feet.indices { feet[i].station -= origin }
  }

  /// Curvature at a point, from the circle through it and its neighbours.
  func curvature(_ i: Int) -> Double {
    guard i > 0, i + 1 < points.count else { return 0 }
    let before = points[i] - points[i - 1]
    let after = points[i + 1] - points[i]
    let across = (points[i + 1] - points[i - 1]).length
    return 2 * before.cross(after) / max(before.length * after.length * across, 1e-12)
  }

  /// True while some penalty was changed.
  private mutating func adjust(mayLoosen: Bool) -> Bool {
    var changed = false
    var tight = [Bool](repeating: false, count: points.count)
    for i in 1..<max(points.count - 2, 1) {
      let here = curvature(i)
      let next = curvature(i + 1)
      let sharpness = (next - here).magnitude / Self.spacing
      let excess = max(here.magnitude / bounds.curvature, sharpness / bounds.sharpness)
      guard excess > 0.97 else { continue }
      for k in max(i - 3, 0)...min(i + 3, weights.count - 1) {
        tight[min(k, tight.count - 1)] = true
      }
      guard excess > 1 else { continue }
      for k in max(i - 2, 0)...min(i + 3, weights.count - 1) {
        weights[k] *= min(excess * excess, 4)
      }
      changed = true
    }
    guard mayLoosen else { return changed }
    return loosen(tight) || changed
  }

  /// Where the waypoints' mean distance within a dozen metres is more than their error explains.
  private mutating func loosen(_ tight: [Bool]) -> Bool {
    var changed = false
    var low = 0
    var high = 0
    var sum = 0.0
    for i in feet.indices {
      while high < feet.count, feet[high].station <= feet[i].station + 6 {
        sum += feet[high].lateral
        high += 1
      }
      while feet[low].station < feet[i].station - 6 {
        sum -= feet[low].lateral
        low += 1
      }
      let count = Double(high - low)
      guard count > 0, (sum / count).magnitude > 2.5 * sigma / count.squareRoot() else { continue }
      let middle = Int(feet[i].station / Self.spacing)
      for k in max(middle - 8, 0)...max(min(middle + 8, weights.count - 1), max(middle - 8, 0))
      where k < weights.count && !(k < tight.count && tight[k]) {
        weights[k] = max(weights[k] * 0.5, 1)
        changed = true
      }
    }
    return changed
  }
}
