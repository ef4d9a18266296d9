import Foundation
import PathFollowing
import ReproducibleMath
import RoutePlanning
import Signals
import SiteMap
import TestSupport
import Testing
import Units
import Vehicle

/// The ground that tractor and trailer cover, against closed forms and against scipy and shapely.
@Suite struct SweptPaths {
  private static let bends: [(length: Double, from: Double, to: Double)] = [
    (40, 0, 0), (12, 0, 0.05), (14, 0.05, 0.05), (12, 0.05, 0), (6, 0, 0), (10, 0, -0.06),
    (18, -0.06, -0.06), (10, -0.06, 0), (40, 0, 0),
  ]
  private let pieces = route(Self.bends)

  private func combination() throws -> Combination {
    let profile = try #require(loadProfile())
    return Combination.all(of: profile)[0]
  }

  /// In a steady circle the trailer's axle runs on radius sqrt(R2 + c2 - L2): with R = 15 m the
  /// off-tracking of the 8.1 m semitrailer is over 2 m.
  @Test(arguments: [15.0, 20, -25]) func offTrackingInACircleIsTheClosedForm(radius: Double) throws
  {
    let combination = try combination()
    let pieces = route([(10, 0, 0), (2, 0, 1 / radius), (300, 1 / radius, 1 / radius)])
    let table = PathTable(pieces, before: 20, after: 8)
    let corridor = Corridor([band(pieces, left: 9, right: 9)], along: table)
    let swept = SweptPath(combination, along: table, corridor: corridor, from: 250, to: 300)
    let pin = radius * radius + combination.kingPin * combination.kingPin
    let axle = (pin - combination.kingPinToAxle * combination.kingPinToAxle).squareRoot()
    let expected = (radius.magnitude - axle) * (radius > 0 ? 1 : -1)
    #expect((swept.offTracking.distance - expected).magnitude < 0.002)
    if radius == 15 { #expect(swept.offTracking.distance > 2) }
  }

  private struct Answer: Decodable {
    var articulation: [Double]
    var worst: [String: [Double]]?
  }

  private func byScipy(_ extra: [String: Any]) throws -> Answer {
    var task = extra
    task["pieces"] = Self.bends.map { [$0.length, $0.from, $0.to] }
    let text = String(decoding: try JSONSerialization.data(withJSONObject: task), as: UTF8.self)
    let script = repository + "/Tests/RoutePlanningTests/swept_by_scipy.py"
    return try JSONDecoder().decode(Answer.self, from: Data(runPython([script, text]).utf8))
  }

  @Test(.enabled(if: referencePython != nil, "needs Python with scipy (TULPAR_PYTHON or .venv)"))
  func transientsAreThoseOfScipy() throws {
    let combination = try combination()
    let stations = Array(stride(from: 0.0, through: 160, by: 2))
    let answer = try byScipy([
      "stations": stations, "pin": combination.kingPin, "axle": combination.kingPinToAxle,
    ])
    let table = PathTable(pieces, before: 0, after: 0)
    var trailer = TrailerMotion(combination, heading: 0)
    for i in 1..<table.points.count {
      let (a, b) = (table.points[i - 1], table.points[i])
      trailer.advance(PathTable.spacing, from: a.heading, a.curvature, to: b.curvature)
      guard i % 4 == 0, i / 4 < stations.count else { continue }
      #expect((b.heading - trailer.heading - answer.articulation[i / 4]).magnitude < 1e-5)
    }
  }

  /// Which part leaves the corridor, by how much and where, as polygons say it.
  @Test(
    .enabled(if: referencePython != nil, "needs Python with shapely (TULPAR_PYTHON or .venv)"),
    arguments: [3.2, 2.4, 1.9])
  func whatIsOutsideIsWhatShapelySays(halfWidth: Double) throws {
    let combination = try combination()
    let answer = try byScipy([
      "stations": [0.0], "pin": combination.kingPin, "axle": combination.kingPinToAxle,
      "corridor": halfWidth, "begin": 20.0, "end": 150.0,
      "tractor": [5.0, 1.0, 1.275], "trailer": [1.6, 12.0, 1.275],
    ])
    let table = PathTable(pieces, before: 20, after: 8)
    let ring = band(pieces, left: halfWidth, right: halfWidth)
    let corridor = Corridor([ring], along: table)
    let swept = SweptPath(combination, along: table, corridor: corridor, from: 20, to: 150)
    for part in [Combination.Part.tractor, .trailer] {
      let worst = swept.excesses.filter { $0.part == part }.max { $0.distance < $1.distance }
      let expected = try #require(answer.worst?[part.rawValue])
      #expect(((worst?.distance ?? 0) - expected[0]).magnitude < 0.02, "\(part)")
      if let worst, expected[0] > 0.1 {
        #expect((worst.station - expected[1]).magnitude < 1.5, "\(part)")
      }
    }
    if halfWidth < 3 { #expect(!swept.excesses.isEmpty) }
  }

  /// The trailer cuts the inner side of a bend: there it leaves a corridor that is wide enough
  /// outside.
  @Test func theTrailerLeavesOnTheInnerSide() throws {
    let left = route([(40, 0, 0), (10, 0, 1 / 15.0), (20, 1 / 15.0, 1 / 15.0), (40, 0, 0)])
    let table = PathTable(left, before: 20, after: 8)
    let corridor = Corridor([band(left, left: 2.4, right: 6)], along: table)
    let swept = try SweptPath(combination(), along: table, corridor: corridor, from: 20, to: 100)
    #expect(!swept.excesses.isEmpty)
    #expect(swept.excesses.allSatisfy { $0.isLeft && $0.part == .trailer })
  }

  /// Zones that touch are one ground, however their edges were rounded.
  @Test func aSeamBetweenRingsIsNoEdge() throws {
    let straight = route([(100, 0, 0)])
    let table = PathTable(straight, before: 20, after: 8)
    func box(_ from: Double, _ to: Double) -> Ring {
      Ring([
        PlanePoint(from, -5), PlanePoint(to, -5), PlanePoint(to, 5), PlanePoint(from, 5),
      ])
    }
    let seamed = Corridor([box(-30, 50), box(50.0004, 130)], along: table)
    #expect(seamed.left.allSatisfy { ($0 - 5).magnitude < 1e-6 })
    #expect(seamed.right.allSatisfy { ($0 - 5).magnitude < 1e-6 })
    let gap = Corridor([box(-30, 50), box(51.2, 130)], along: table)
    #expect(gap.left.contains(0))
  }

  /// A kerb that juts out between two corners of the truck is found by its side.
  @Test func aNarrowPlaceBesideTheSideIsFound() throws {
    let straight = route([(100, 0, 0)])
    let table = PathTable(straight, before: 20, after: 8)
    let ring = Ring([
      PlanePoint(-30, -5), PlanePoint(130, -5), PlanePoint(130, 5), PlanePoint(60.6, 5),
      PlanePoint(60, 1), PlanePoint(59.4, 5), PlanePoint(-30, 5),
    ])
    let corridor = Corridor([ring], along: table)
    let swept = try SweptPath(combination(), along: table, corridor: corridor, from: 30, to: 90)
    #expect(swept.excesses.contains { $0.isLeft && ($0.station - 60).magnitude < 0.5 })
    #expect(swept.excesses.allSatisfy { $0.distance < 0.3 })
  }
}
