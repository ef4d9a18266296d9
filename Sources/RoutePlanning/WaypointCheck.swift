import ReproducibleMath
import SiteMap
import Vehicle

/// What no curve can mend: a gap, a place named twice, a way that turns back or crosses itself.
struct WaypointCheck {
  let waypoints: [Waypoint]
  let longestGap: Double
  let refuse: (_ line: Int, _ key: String, _ message: String) -> Void

  /// The first fault of each kind is told.
  func isFit() -> Bool {
    guard areDistinct() else { return false }
    let runsOn = runsOneWay()
    return runsOn && hasNoCrossing()
  }

  private func name(_ index: Int) -> String { "waypoint \(index + 1)" }

  private func areDistinct() -> Bool {
    for i in 1..<waypoints.count {
      let gap = (waypoints[i].place - waypoints[i - 1].place).length
      if gap < 0.01 {
        refuse(
          waypoints[i].line, name(i),
          "at the same place as the one before; allowed: 0.01 m apart and more")
        return false
      }
      if gap > longestGap {
        refuse(
          waypoints[i].line, name(i),
          "a gap of \(metres(gap)) from the one before; allowed: \(metres(longestGap))")
        return false
      }
    }
    return true
  }

  /// Over two metres the survey's noise turns nothing around.
  private func runsOneWay() -> Bool {
    var before = 0
    var after = 0
    for i in 1..<max(waypoints.count - 1, 1) {
      let place = waypoints[i].place
      while before + 1 < i, (place - waypoints[before + 1].place).length >= 2 { before += 1 }
      after = max(after, i + 1)
      while after + 1 < waypoints.count, (waypoints[after].place - place).length < 2 { after += 1 }
      let come = place - waypoints[before].place
      let go = waypoints[after].place - place
      let turn = arctangent(y: come.cross(go).magnitude, x: come.dot(go)) * 180 / pi
      guard come.length >= 2, go.length >= 2, turn > 100 else { continue }
      let degrees = 180 - (turn * 10).rounded() / 10
      refuse(
        waypoints[i].line, name(i),
        "the way turns back on itself, to \(shortest(degrees)) degrees of where it comes from; "
          + "allowed: 80 and more")
      return false
    }
    return true
  }

  private func hasNoCrossing() -> Bool {
    let size = max(longestGap, 20)
    var cells: [Int64: [Int]] = [:]
    func cell(_ place: PlanePoint) -> (Int64, Int64) {
      (Int64((place.east / size).rounded(.down)), Int64((place.north / size).rounded(.down)))
    }
    for i in 1..<waypoints.count {
      let a = waypoints[i - 1].place
      let b = waypoints[i].place
      let (east, north) = cell((a + b) * 0.5)
      // No stretch is longer than a cell: what crosses has its middle in a neighbouring one.
      for k in -1...1 {
        for l in -1...1 {
          for j in cells[(east + Int64(k)) << 32 ^ (north + Int64(l)), default: []] where j < i - 1
          {
            guard crossing(a, b, waypoints[j - 1].place, waypoints[j].place) != nil else {
              continue
            }
            refuse(
              waypoints[i].line, name(i),
              "the way from \(name(i - 1)) crosses itself between \(name(j - 1)) and \(name(j)) "
                + "(line \(waypoints[j].line)); allowed: no loop")
            return false
          }
        }
      }
      cells[east << 32 ^ north, default: []].append(i)
    }
    return true
  }
}

/// How well the waypoints were surveyed, from themselves.
enum SurveyNoise {
  /// One sigma across the way: how far each waypoint lies beside the parabola through one before
  /// and two after it, in the median, so that bends and blunders do not count.
  static func sigma(_ waypoints: [PlanePoint]) -> Double {
    var residuals: [Double] = []
    for i in 1..<max(waypoints.count - 2, 1) where waypoints.count > 4 {
      let p = (0..<4).map { waypoints[i - 1 + $0] }
      var t = [0.0]
      for k in 1..<4 { t.append(t[k - 1] + (p[k] - p[k - 1]).length) }
      let at = t[1]
      var predicted = PlanePoint(0, 0)
      var gain = 1.0
      for k in [0, 2, 3] {
        var weight = 1.0
        for other in [0, 2, 3] where other != k { weight *= (at - t[other]) / (t[k] - t[other]) }
        predicted = predicted + p[k] * weight
        gain += weight * weight
      }
      let chord = p[2] - p[0]
      let across = chord.cross(p[1] - predicted) / max(chord.length, 1e-9)
      residuals.append(across.magnitude / gain.squareRoot())
    }
    guard !residuals.isEmpty else { return 0.02 }
    residuals.sort()
    // The median of a normal distribution's magnitude is 0.6745 sigma.
    return min(max(residuals[residuals.count / 2] / 0.6745, 0.02), 1)
  }
}
