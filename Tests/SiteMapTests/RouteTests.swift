import Foundation
import PathFollowing
import ReproducibleMath
import Signals
import SiteMap
import Testing
import TestSupport
import Units

/// Routes: clothoid pieces through the points that were drawn.
@Suite struct Routes {
  /// A curve of straights and clothoid-bounded arcs, integrated finely: the truth to fit.
  private struct Truth {
    var places: [(station: Double, east: Double, north: Double, curvature: Double)] = []

    init(_ stretches: [(length: Double, from: Double, to: Double)], step: Double = 0.01) {
      var (station, east, north, heading) = (0.0, 0.0, 0.0, 0.3)
      places.append((0, 0, 0, stretches.first?.from ?? 0))
      for stretch in stretches {
        for i in 0..<Int(stretch.length / step) {
          let share = (Double(i) + 0.5) * step / stretch.length
          let curvature = stretch.from + (stretch.to - stretch.from) * share
          east += step * cos(heading + curvature * step / 2)
          north += step * sin(heading + curvature * step / 2)
          heading += curvature * step
          station += step
          places.append((station, east, north, curvature))
        }
      }
    }

    func points(every spacing: Double) -> [(Double, Double)] {
      stride(from: 0, to: places.count, by: Int(spacing / 0.01)).map {
        (places[$0].east, places[$0].north)
      }
    }
  }

  private static let bends: [(length: Double, from: Double, to: Double)] = [
    (60, 0, 0), (15, 0, 0.04), (20, 0.04, 0.04), (15, 0.04, 0), (80, 0, 0), (20, 0, -0.025),
    (30, -0.025, -0.025), (20, -0.025, 0), (10, 0, 0), (15, 0, 0.033), (15, 0.033, 0), (100, 0, 0),
  ]

  private func route(_ points: [(Double, Double)]) throws -> [RoutePiece] {
    let wide = 2_000.0
    let ring = [(-wide, -wide), (wide, -wide), (wide, wide), (-wide, wide)]
    let far = points[points.count - 30]
    let line =
      #"{"type":"Feature","properties":{"kind":"hold_line","name":"END","limit_beyond":"3 m"},"#
      + #""geometry":{"type":"LineString","coordinates":["#
      + cross(far, points[points.count - 29]) + "]}}"
    let (mission, messages) = makeMission(route: points, zones: [zone("ALL", ring), line])
    return try #require(mission, "\(messages)").route
  }

  private func cross(_ a: (Double, Double), _ b: (Double, Double)) -> String {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1)
    let scale = 5 / (dx * dx + dy * dy).squareRoot()
    return [(a.0 - dy * scale, a.1 + dx * scale), (a.0 + dy * scale, a.1 - dx * scale)].map {
      let place = siteFrame().geodetic(east: Metres($0.0), north: Metres($0.1), up: Metres(0))
      return "[\(place.longitude.value),\(place.latitude.value)]"
    }.joined(separator: ",")
  }

  @Test(arguments: [0.5, 1.0, 1.2]) func staysWithinTwoCentimetresOfTheTruth(spacing: Double) throws
  {
    let truth = Truth(Self.bends)
    let pieces = try route(truth.points(every: spacing))
    var worst = 0.0
    var index = 0
    for piece in pieces {
      for k in 0..<20 {
        let point = piece.point(at: piece.length.value * Double(k) / 20)
        // The truth's nearest place is never far from the last one.
        var best = Double.infinity
        for i in max(0, index - 50)..<min(truth.places.count, index + 600) {
          let d = hypot(truth.places[i].east - point.east, truth.places[i].north - point.north)
          if d < best { (best, index) = (d, i) }
        }
        worst = max(worst, best)
      }
    }
    #expect(worst < 0.02 + 0.005)
  }

  @Test func isContinuousInPlaceHeadingAndCurvature() throws {
    let pieces = try route(Truth(Self.bends).points(every: 1))
    for (a, b) in zip(pieces, pieces.dropFirst()) {
      let end = a.point(at: a.length.value)
      #expect(hypot(end.east - b.east.value, end.north - b.north.value) < 1e-6)
      #expect((end.heading - b.heading.value).magnitude < 1e-9)
      #expect((end.curvature - b.curvature.value).magnitude < 1e-9)
      #expect((a.start + a.length - b.start).magnitude < Metres(1e-9))
    }
  }

  @Test func needsFewPieces() throws {
    let pieces = try route(Truth(Self.bends).points(every: 1))
    // 400 m: points every metre become pieces of many metres.
    #expect(pieces.count < 80)
    #expect(MemoryLayout<RoutePiece>.size <= 64)
  }

  @Test func bendsLimitTheSpeed() throws {
    let pieces = try route(Truth(Self.bends).points(every: 1))
    for piece in pieces {
      let sharpest = max(
        piece.curvature.value.magnitude,
        (piece.curvature.value + piece.sharpness * piece.length.value).magnitude)
      let speed = Double(piece.speedLimit)
      #expect(speed * speed * sharpest <= 1.0 + 1e-3)
      #expect(speed <= 25 / 3.6 + 1e-6)
    }
    #expect(pieces.contains { $0.speedLimit < 5.1 })
  }

  @Test func surveyNoiseIsSmoothed() throws {
    var random = SeededGenerator(seed: 5)
    var points: [(Double, Double)] = []
    for point in Truth(Self.bends).points(every: 1) {
      let east = point.0 + Double.random(in: -0.004...0.004, using: &random)
      let north = point.1 + Double.random(in: -0.004...0.004, using: &random)
      points.append((east, north))
    }
    let pieces = try route(points)
    let sharpest = pieces.map(\.curvature.value.magnitude).max() ?? 0
    #expect(sharpest < 0.045)
  }

  @Test func aKinkIsRefused() {
    let east: [(Double, Double)] = (0...40).map { (Double($0), 0) }
    let north: [(Double, Double)] = (1...40).map { (40, Double($0)) }
    let points = east + north
    let (mission, messages) = makeMission(route: points, zones: [])
    #expect(mission == nil)
    #expect(messages.contains { $0.contains("a kink of 90 degrees; allowed: a smooth line") })
  }

  @Test func pointsTooFarApartInABendAreRefused() {
    let points: [(Double, Double)] = (0...20).map { index in
      let angle = Double(index) * 0.2
      return (30 * sin(angle), 30 - 30 * cos(angle))
    }
    let (mission, messages) = makeMission(route: points, zones: [])
    #expect(mission == nil)
    #expect(messages.contains { $0.contains("m apart in a bend") })
  }

  @Test func gradeFollowsHeight() throws {
    // 3 % over the whole rig course, given as a third coordinate.
    let folder = repository + "/missions/rig-course"
    var station = 0.0
    var text = ""
    for row in String(decoding: bytes(of: folder + "/route.geojson"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    {
      guard let end = row.range(of: "]", options: .backwards), row.contains("[82.") else {
        text += row + "\n"
        continue
      }
      text += row[..<end.lowerBound] + ", \(450 + 0.03 * station)" + row[end.lowerBound...] + "\n"
      station += 1
    }
    let (mission, messages) = readMission(
      changing: "route.geojson",
      String(decoding: bytes(of: folder + "/route.geojson"), as: UTF8.self), to: text)
    let pieces = try #require(mission, "\(messages)").route
    #expect(pieces.allSatisfy { ($0.grade - 0.03).magnitude < 0.001 })
  }
}
