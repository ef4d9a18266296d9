import Signals
import Units

/// What the route allows ahead: a sliding minimum over the braking curves to its slower pieces.
///
/// With one planned deceleration a the speed at s is bounded by v^2 <= w - 2 a s, where
/// w = v_i^2 + 2 a s_i belongs to piece i alone; the smallest w ahead binds. Pieces that can never
/// bind are dropped, so that each piece costs constant time once.
package struct SpeedProfile: Sendable, Visitable {
  private static var capacity: Int { 128 }
  private static var budget: Int { 96 }
  /// Bounds nearer than this to one another, m, become one at the nearer place.
  private static var thinning: Double { 2 }

  private var stations = InlineArray<128, Double>(repeating: 0)
  private var energies = InlineArray<128, Double>(repeating: 0)
  private var first = 0
  private var count = 0
  /// The first piece that has not been looked at.
  private var frontier = -1
  /// Of the piece before it, m/s.
  private var previousLimit = Double.infinity
  private var deceleration = 0.0
  /// The steepest descent seen, as the sine of its angle; never positive.
  package private(set) var worstGrade = 0.0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("stations", &stations, count: Self.capacity)
    visitor.visit("energies", &energies, count: Self.capacity)
    visitor.visitCount("first", &first, limit: Self.capacity - 1)
    visitor.visitCount("count", &count, limit: Self.capacity)
    visitor.visit("frontier", &frontier)
    visitor.visit("previousLimit", &previousLimit)
    visitor.visit("deceleration", &deceleration)
    visitor.visit("worstGrade", &worstGrade)
  }

  /// Looks as far ahead as braking from `speed` reaches; `index` is the piece of `station`.
  mutating func advance(
    station: Double, index: Int, speed: Double, deceleration: Double,
    route: borrowing Span<RoutePiece>, configuration: borrowing @_addressable FollowerConfiguration
  ) {
    if frontier <= index || frontier > route.count || deceleration != self.deceleration
      || frontier > index + 100_000
    {
      first = 0
      count = 0
      frontier = index
      previousLimit = .infinity
      self.deceleration = deceleration
    }
    while count > 0, stations[first] <= station {
      first = (first + 1) & (Self.capacity - 1)
      count -= 1
    }
    let horizon = station + speed * speed / (2 * max(deceleration, 0.05)) + 4 * speed + 40
    var left = Self.budget
    while frontier < route.count, left > 0 {
      let piece = route[frontier]
      guard piece.start.value < horizon else { break }
      let limit = Self.limit(piece, configuration)
      // Only a limit below that of the piece before it can ever bind; without room the piece stays
      // unknown, and what is unknown is a wall.
      if limit < previousLimit { guard push(piece.start.value, limit * limit) else { break } }
      previousLimit = limit
      worstGrade = min(worstGrade, Double(piece.grade).isFinite ? Double(piece.grade) : 0)
      frontier += 1
      left -= 1
    }
  }

  /// The square of the speed at a path coordinate of the rear axle from which all that is known
  /// ahead can be kept; what is not known yet counts as a wall.
  @_addressableSelf func squaredSpeed(at station: Double, _ route: borrowing Span<RoutePiece>)
    -> Double
  {
    guard route.count > 0, frontier > 0 else { return 0 }
    let seen = route[min(frontier, route.count) - 1].end.value
    var energy = 2 * deceleration * seen
    if count > 0 { energy = min(energy, energies[first]) }
    return max(energy - 2 * deceleration * station, 0)
  }

  /// The speed that one piece allows: its limit and the lateral acceleration in its sharpest place.
  static func limit(
    _ piece: RoutePiece, _ configuration: borrowing @_addressable FollowerConfiguration
  ) -> Double {
    let sharpest = max(
      piece.curvature.value.magnitude, piece.curvature(at: piece.length.value).magnitude)
    let lateral = configuration.lateralAccelerationLimit.value
    let posted = Double(piece.speedLimit)
    let limit = posted >= 0 ? posted : 0
    guard sharpest > 1e-9 else { return limit }
    return min(limit, (lateral / sharpest).squareRoot())
  }

  private mutating func push(_ station: Double, _ squaredSpeed: Double) -> Bool {
    var place = station
    if count > 0 {
      let back = stations[(first + count - 1) & (Self.capacity - 1)]
      if station - back < Self.thinning { place = back }
    }
    let energy = squaredSpeed + 2 * deceleration * place
    while count > 0, energies[(first + count - 1) & (Self.capacity - 1)] >= energy { count -= 1 }
    guard count < Self.capacity else { return false }
    if count > 0, stations[(first + count - 1) & (Self.capacity - 1)] >= place { return true }
    let slot = (first + count) & (Self.capacity - 1)
    stations[slot] = place
    energies[slot] = energy
    count += 1
    return true
  }
}
