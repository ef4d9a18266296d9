import ReproducibleMath
import Signals
import Units
import Vehicle

extension MissionBuilder {
  /// Joins the route's line strings in file order and fits a curve through them.
  func buildRoute(_ features: [MapFeature]) {
    var points: [MapPoint] = []
    var limits: [(upTo: Int, speed: Double)] = []
    for feature in features {
      guard case .line(let line) = feature.geometry else { continue }
      let speed = feature.properties["speed_limit"]?.number ?? .infinity
      if let last = points.last, let first = line.first {
        let gap = (first.place - last.place).length
        guard gap <= 0.05 else {
          report(feature, "begins \(shortest(rounded(gap))) m from the end of the line before it")
          return
        }
        points += line.dropFirst()
      } else {
        points += line
      }
      limits.append((points.count - 1, speed))
    }
    guard let feature = features.first, points.count >= 2 else {
      findings.add(
        Finding(file: "route", line: 0, key: "", message: "the route has no LineString"))
      return
    }
    guard checkSpacing(points, feature), checkLength(points, feature) else { return }
    let dense = densified(points)
    let fit = RouteFit(dense.map(\.place))
    guard fit.isWithinTolerance else {
      let at = dense[fit.worst.point].place
      report(
        feature,
        "no smooth curve passes within \(formatted(RouteFit.tolerance, .length)) of every point: "
          + "\(formatted(rounded(fit.worst.deviation), .length)) at "
          + "\(shortest(rounded(at.east))) m east, \(shortest(rounded(at.north))) m north")
      return
    }
    var station = 0.0
    for (index, point) in points.enumerated() {
      if index > 0 { station += (point.place - points[index - 1].place).length }
      mission.routePlaces.append(
        (station, MapPlace(file: feature.properties.file, line: point.line)))
    }
    makePieces(fit, stations: limitStations(points, limits), heights: heights(dense))
  }

  func report(_ feature: MapFeature, _ message: String) {
    feature.properties.report(message)
  }

  /// Neighbouring points must differ, and a chord may leave its bend by no more than the tolerance.
  private func checkSpacing(_ points: [MapPoint], _ feature: MapFeature) -> Bool {
    var turn = 0.0
    for i in 1..<points.count {
      let chord = points[i].place - points[i - 1].place
      guard chord.length >= 0.01 else {
        refuse(feature, points[i].line, "two positions at the same place")
        return false
      }
      guard i + 1 < points.count else { break }
      let next = points[i + 1].place - points[i].place
      turn = arctangent(y: chord.cross(next), x: chord.dot(next)).magnitude
      guard turn < 0.35 else {
        refuse(
          feature, points[i].line,
          "a kink of \(shortest((turn * 180 / pi).rounded())) degrees; allowed: a smooth line")
        return false
      }
      let longest = max(chord.length, next.length)
      let sagitta = turn / (chord.length + next.length) * longest * longest / 4
      guard sagitta <= RouteFit.tolerance else {
        refuse(
          feature, points[i].line,
          "positions \(shortest(rounded(longest))) m apart in a bend; allowed: so near that the "
            + "bend leaves their chord by at most \(formatted(RouteFit.tolerance, .length))")
        return false
      }
    }
    return true
  }

  private func checkLength(_ points: [MapPoint], _ feature: MapFeature) -> Bool {
    var length = 0.0
    for i in 1..<points.count { length += (points[i].place - points[i - 1].place).length }
    guard (20...1_000_000).contains(length) else {
      report(feature, "\(shortest(length.rounded())) m long; allowed: 20 m to 1000 km")
      return false
    }
    return true
  }

  private func refuse(_ feature: MapFeature, _ line: Int, _ message: String) {
    findings.add(
      Finding(file: feature.properties.file, line: line, key: feature.label, message: message))
  }

  /// Points at most 2 m apart, so that every stretch of the curve is held by some.
  private func densified(_ points: [MapPoint]) -> [MapPoint] {
    var dense = [points[0]]
    for i in 1..<points.count {
      let a = points[i - 1]
      let b = points[i]
      let count = max(1, Int(((b.place - a.place).length / 2).rounded(.up)))
      for k in 1...count {
        let share = Double(k) / Double(count)
        var point = b
        point.place = a.place + (b.place - a.place) * share
        if let low = a.height, let high = b.height { point.height = low + (high - low) * share }
        dense.append(point)
      }
    }
    return dense
  }

  private func limitStations(
    _ points: [MapPoint], _ limits: [(upTo: Int, speed: Double)]
  ) -> [(station: Double, speed: Double)] {
    var station = 0.0
    var index = 0
    var result: [(Double, Double)] = []
    for limit in limits {
      while index < limit.upTo {
        station += (points[index + 1].place - points[index].place).length
        index += 1
      }
      result.append((station, limit.speed))
    }
    return result
  }

  /// Height over the path coordinate, when every position has one.
  private func heights(_ dense: [MapPoint]) -> [(station: Double, height: Double)] {
    var station = 0.0
    var result: [(Double, Double)] = []
    for i in dense.indices {
      guard let height = dense[i].height else { return [] }
      if i > 0 { station += (dense[i].place - dense[i - 1].place).length }
      result.append((station, height))
    }
    return result
  }

  private func makePieces(
    _ fit: RouteFit, stations: [(station: Double, speed: Double)],
    heights: [(station: Double, height: Double)]
  ) {
    var knots = fit.knots
    // A speed limit begins at a piece of its own.
    for limit in stations.dropLast() {
      guard let index = knots.firstIndex(where: { $0.station > limit.station + 0.5 }), index > 0,
        limit.station - knots[index - 1].station > 0.5
      else { continue }
      let a = knots[index - 1]
      let b = knots[index]
      let share = (limit.station - a.station) / (b.station - a.station)
      knots.insert(
        .init(
          station: limit.station, curvature: a.curvature + share * (b.curvature - a.curvature)),
        at: index)
    }
    var walk = CurveWalk(start: fit.start, knots: fit.knots)
    var limit = 0
    var height = 0
    for i in 0..<(knots.count - 1) {
      let a = knots[i]
      let b = knots[i + 1]
      var piece = walk.piece(from: a, to: b)
      while limit + 1 < stations.count, stations[limit].station <= a.station + 0.5 { limit += 1 }
      piece.speedLimit = Float(speedLimit(a.curvature, b.curvature, stations[limit].speed))
      piece.grade = Float(grade(from: a.station, to: b.station, heights, &height))
      mission.route.append(piece)
    }
  }

  private func speedLimit(_ a: Double, _ b: Double, _ posted: Double) -> Double {
    let sharpest = max(a.magnitude, b.magnitude)
    let cruise = min(mission.limits.cruiseSpeed.value, posted)
    guard sharpest > 1e-9 else { return cruise }
    return min(cruise, (mission.limits.lateralAcceleration.value / sharpest).squareRoot())
  }

  /// Mean over the piece, as the sine of the slope.
  private func grade(
    from low: Double, to high: Double, _ heights: [(station: Double, height: Double)],
    _ index: inout Int
  ) -> Double {
    guard heights.count > 1 else { return 0 }
    func height(at station: Double) -> Double {
      while index + 2 < heights.count, heights[index + 1].station < station { index += 1 }
      let a = heights[index]
      let b = heights[index + 1]
      let share = (station - a.station) / max(b.station - a.station, 1e-9)
      return a.height + (b.height - a.height) * share
    }
    let start = height(at: low)
    let rise = height(at: high) - start
    let run = high - low
    return rise / (rise * rise + run * run).squareRoot()
  }
}
