import Signals
import SiteMap
import Units

/// The ground that one combination covers when its rear axle follows a path exactly.
package struct SweptPath: Sendable {
  /// One stretch on which a part of the truck is outside the corridor.
  package struct Excess: Sendable {
    package let part: Combination.Part
    package let isLeft: Bool
    /// Which point of the outline is farthest out, by how much, at which path coordinate of its
    /// own.
    package var point: String
    package var distance: Double
    package var station: Double
    package var place: PlanePoint
    /// Path coordinates of such points from the first to the last.
    package var from: Double
    package var to: Double
  }

  /// Beside the path at one path coordinate of the rear axle: the least room on each side, of the
  /// tractor alone and of all; negative outside.
  package struct Room: Sendable {
    package var tractorLeft = Double.infinity
    package var tractorRight = Double.infinity
    package var left = Double.infinity
    package var right = Double.infinity
  }

  package let combination: Combination
  package private(set) var excesses: [Excess] = []
  /// By the points of the table; outside the drive there is all the room.
  package private(set) var rooms: [Room]
  /// By the points of the table: the outermost parts, left positive.
  package private(set) var envelopeLeft: [Double]
  package private(set) var envelopeRight: [Double]
  /// How far the trailer's axle runs beside the path, left positive, and where.
  package private(set) var offTracking: (distance: Double, station: Double) = (0, 0)

  private var open: [Excess] = []

  /// Less than a map can tell.
  private static var resolution: Double { 0.01 }

  /// - Parameters:
  ///   - start: path coordinate of the rear axle at the start; before it the combination only comes
  ///     into line.
  ///   - end: path coordinate of the rear axle at the end.
  package init(
    _ combination: Combination, along table: PathTable, corridor: Corridor, from start: Double,
    to end: Double
  ) {
    self.combination = combination
    let count = table.points.count
    rooms = Array(repeating: Room(), count: count)
    envelopeLeft = Array(repeating: 0, count: count)
    envelopeRight = Array(repeating: 0, count: count)
    guard let first = table.points.first else { return }
    var trailer = TrailerMotion(combination, heading: first.heading)
    for i in 0..<count where table.station(i) <= end {
      let point = table.points[i]
      if i > 0 {
        let before = table.points[i - 1]
        trailer.advance(
          PathTable.spacing, from: before.heading, before.curvature, to: point.curvature)
      }
      guard table.station(i) >= start else { continue }
      measure(combination.tractor, .tractor, at: i, point.place, point.tangent, table, corridor)
      guard !combination.trailer.isEmpty else { continue }
      let pin = point.place + point.tangent * combination.kingPin
      let tangent = PlanePoint(angle: trailer.heading)
      measure(combination.trailer, .trailer, at: i, pin, tangent, table, corridor)
      let axle = pin + tangent * -combination.kingPinToAxle
      let foot = table.project(
        axle, near: table.station(i) + combination.kingPin - combination.kingPinToAxle)
      if foot.lateral.magnitude > offTracking.distance.magnitude {
        offTracking = (foot.lateral, foot.station)
      }
    }
    excesses += open
    open = []
    excesses.sort { $0.from < $1.from }
  }

  private mutating func measure(
    _ outline: [Combination.OutlinePoint], _ part: Combination.Part, at index: Int,
    _ reference: PlanePoint, _ tangent: PlanePoint, _ table: PathTable, _ corridor: Corridor
  ) {
    let normal = PlanePoint(-tangent.north, tangent.east)
    for point in outline {
      let place = reference + tangent * point.ahead + normal * point.left
      let foot = table.project(place, near: table.station(index) + point.ahead)
      let at = table.index(foot.station)
      envelopeLeft[at] = max(envelopeLeft[at], foot.lateral)
      envelopeRight[at] = min(envelopeRight[at], foot.lateral)
      let left = corridor.left[at] - foot.lateral
      let right = corridor.right[at] + foot.lateral
      rooms[index].left = min(rooms[index].left, left)
      rooms[index].right = min(rooms[index].right, right)
      if part == .tractor {
        rooms[index].tractorLeft = min(rooms[index].tractorLeft, left)
        rooms[index].tractorRight = min(rooms[index].tractorRight, right)
      }
      for (room, isLeft) in [(left, true), (right, false)] where room < -Self.resolution {
        note(
          Excess(
            part: part, isLeft: isLeft, point: point.name, distance: -room, station: foot.station,
            place: place, from: foot.station, to: foot.station))
      }
    }
  }

  /// Joins what is outside on the same side within a few metres of the same part.
  private mutating func note(_ excess: Excess) {
    for i in open.indices
    where open[i].part == excess.part && open[i].isLeft == excess.isLeft
      && excess.station > open[i].from - 5 && excess.station < open[i].to + 5
    {
      open[i].from = min(open[i].from, excess.from)
      open[i].to = max(open[i].to, excess.to)
      guard excess.distance > open[i].distance else { return }
      open[i].point = excess.point
      open[i].distance = excess.distance
      open[i].station = excess.station
      open[i].place = excess.place
      return
    }
    // What ended far behind grows no more.
    excesses += open.filter { $0.to < excess.station - 60 }
    open.removeAll { $0.to < excess.station - 60 }
    open.append(excess)
  }
}
