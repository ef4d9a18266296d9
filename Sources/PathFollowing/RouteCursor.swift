import ReproducibleMath
import Signals
import Units

/// Finds the truck on its route: a warm-started projection, and the pieces around it.
package struct RouteCursor: Sendable, Visitable {
  package private(set) var isLocked = false
  /// Path coordinate of the rear axle.
  package private(set) var station = 0.0
  private var index = 0
  private var frontIndex = 0
  private var rearIndex = 0
  // A search over the whole route goes on in the next cycle where this one's budget ended.
  private var searchIndex = 0
  private var bestIndex: Int = -1
  private var bestDistance = Double.infinity

  /// Points tried in one cycle of a search over the whole route.
  private static var searchBudget: Int { 256 }

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isLocked", &isLocked)
    visitor.visit("station", &station)
    visitor.visit("index", &index)
    visitor.visit("frontIndex", &frontIndex)
    visitor.visit("rearIndex", &rearIndex)
    visitor.visit("searchIndex", &searchIndex)
    visitor.visit("bestIndex", &bestIndex)
    visitor.visit("bestDistance", &bestDistance)
  }

  /// Projects the pose; a route that is shorter than before, or empty, unlocks the cursor.
  package mutating func locate(
    _ state: borrowing VehicleState, route: borrowing Span<RoutePiece>,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable FollowerConfiguration
  ) -> PathState {
    var path = PathState()
    // Only a heading that was observed finds the route; a grown sigma does not lose it again.
    let isUsable = isLocked ? state.trust != .unknown : state.headingObserved
    // No site is larger than 10,000 km; beyond that the arithmetic would overflow.
    guard route.count > 0, isUsable, state.east.value.magnitude < 1e7,
      state.north.value.magnitude < 1e7, state.heading.value.magnitude < 1e7,
      state.articulation.value.magnitude < 10
    else {
      isLocked = false
      return path
    }
    if !isLocked { search(state, route, configuration) }
    guard isLocked else { return path }

    index = Self.find(station, from: index, route)
    let point = project(
      east: state.east.value, north: state.north.value, station: &station, index: &index, route,
      window: configuration.searchWindow.value)
    path.station = Metres(station)
    path.lateralDeviation = Metres(
      (state.north.value - point.north) * point.cosine
        - (state.east.value - point.east) * point.sine)
    path.headingError = Radians(wrapped(state.heading.value - point.heading))
    ends(state, route, parameters, &path, configuration)
    path.sigmaAlong = Self.sigmaAlong(state, point, parameters, configuration)
    let along =
      (state.east.value - point.east) * point.cosine
      + (state.north.value - point.north) * point.sine
    let deviation = configuration.deviationLimit.value
    let turn = configuration.headingErrorLimit.value
    path.isOnRoute =
      path.lateralDeviation.value.magnitude <= deviation && along.magnitude <= 1
      && path.headingError.value.magnitude <= turn
    if !path.isOnRoute { unlock() }
    return path
  }

  private mutating func unlock() {
    isLocked = false
    searchIndex = 0
    bestIndex = -1
    bestDistance = .infinity
  }

  /// Front bumper and trailer rear, each projected on its own.
  private mutating func ends(
    _ state: borrowing VehicleState, _ route: borrowing Span<RoutePiece>,
    _ parameters: borrowing @_addressable VehicleParameters, _ path: inout PathState,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) {
    let (c, s) = cosineAndSine(state.heading.value)
    let ahead = parameters.rearAxleToFrontBumper.value
    var front = station + ahead
    frontIndex = Self.find(front, from: frontIndex, route)
    _ = project(
      east: state.east.value + ahead * c, north: state.north.value + ahead * s, station: &front,
      index: &frontIndex, route, window: configuration.searchWindow.value)
    path.frontStation = Metres(front)

    var rearEast = state.east.value - parameters.rearAxleToTractorRear.value * c
    var rearNorth = state.north.value - parameters.rearAxleToTractorRear.value * s
    var rear = station - parameters.rearAxleToTractorRear.value
    if parameters.hasTrailer {
      let trailer = state.heading.value - state.articulation.value
      let length = (parameters.kingPinToTrailerAxle + parameters.trailerAxleToRear).value
      let pin = parameters.fifthWheelOffset.value
      let (trailerCosine, trailerSine) = cosineAndSine(trailer)
      rearEast = state.east.value + pin * c - length * trailerCosine
      rearNorth = state.north.value + pin * s - length * trailerSine
      rear = station + pin - length
    }
    rearIndex = Self.find(rear, from: rearIndex, route)
    _ = project(
      east: rearEast, north: rearNorth, station: &rear, index: &rearIndex, route,
      window: configuration.searchWindow.value)
    path.rearStation = Metres(rear)
  }

  private static func sigmaAlong(
    _ state: borrowing VehicleState, _ point: PathPoint,
    _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Metres {
    let east = state.sigmaEast.value * point.cosine
    let north = state.sigmaNorth.value * point.sine
    let survey = configuration.surveySigma.value
    // The bumper moves across the path with the heading; along it only by the second order.
    let overhang = parameters.rearAxleToFrontBumper.value * state.sigmaHeading.value
    return Metres(
      (east * east + north * north + survey * survey + 0.01 * overhang * overhang).squareRoot())
  }

  // MARK: - Pieces

  /// The piece that holds a path coordinate, walking from a guess, else by bisection.
  static func find(
    _ station: Double, from guess: Int, _ route: borrowing Span<RoutePiece>
  ) -> Int {
    let last = route.count - 1
    guard last > 0 else { return 0 }
    var index = min(max(guess, 0), last)
    for _ in 0..<8 {
      if index < last, station >= route[index].end.value {
        index += 1
      } else if index > 0, station < route[index].start.value {
        index -= 1
      } else {
        return index
      }
    }
    var low = 0
    var high = last
    while low < high {
      let middle = (low + high + 1) / 2
      if route[middle].start.value <= station { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Newton's iteration on the distance along the path; each round corrects by the curvature, so
  /// that two rounds from the last cycle's result reach micrometres.
  private func project(
    east: Double, north: Double, station: inout Double, index: inout Int,
    _ route: borrowing Span<RoutePiece>, window: Double
  ) -> PathPoint {
    let start = station
    var point = PathPoint()
    for _ in 0..<4 {
      point = route[index].point(at: station - route[index].start.value)
      let de = east - point.east
      let dn = north - point.north
      let along = de * point.cosine + dn * point.sine
      let across = dn * point.cosine - de * point.sine
      // Beyond the centre of curvature the projection is not unique; do not divide by it.
      let scale = max(1 - point.curvature * across, 0.2)
      let step = min(max(along / scale, -5), 5)
      station = min(max(station + step, start - window), start + window)
      index = Self.find(station, from: index, route)
      if step.magnitude < 1e-3 { break }
    }
    return route[index].point(at: station - route[index].start.value)
  }

  /// Looks for the nearest piece that runs the truck's way, some pieces a cycle.
  private mutating func search(
    _ state: borrowing VehicleState, _ route: borrowing Span<RoutePiece>,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) {
    if searchIndex >= route.count || searchIndex < 0 { unlock() }
    var budget = Self.searchBudget
    while searchIndex < route.count, budget > 0 {
      let piece = route[searchIndex]
      // Long pieces are tried along their length.
      let length = min(max(piece.length.value, 0), 1e6)
      let tries = min(max(Int((length / 10).rounded(.up)), 1), 512)
      for k in 0...tries {
        let distance = length * Double(k) / Double(tries)
        consider(piece.point(at: distance), at: piece.start.value + distance, state, configuration)
      }
      budget -= tries + 1
      searchIndex += 1
    }
    guard searchIndex == route.count else { return }
    // A candidate is at most half a try from the foot point.
    let reach = configuration.deviationLimit.value + 6
    isLocked = bestIndex >= 0 && bestDistance <= reach * reach
    index = max(bestIndex, 0)
    searchIndex = 0
    bestIndex = -1
    bestDistance = .infinity
  }

  private mutating func consider(
    _ point: PathPoint, at candidate: Double, _ state: borrowing VehicleState,
    _ configuration: borrowing @_addressable FollowerConfiguration
  ) {
    let de = state.east.value - point.east
    let dn = state.north.value - point.north
    let distance = de * de + dn * dn
    guard distance < bestDistance else { return }
    let turn = wrapped(state.heading.value - point.heading).magnitude
    guard turn <= configuration.headingErrorLimit.value else { return }
    bestDistance = distance
    bestIndex = searchIndex
    station = candidate
  }
}
