import ActuatorGate
import PathFollowing
import ReproducibleMath
import Signals
import SiteMap
import Units
import Vehicle

/// How a route is to be planned.
package struct PlanSettings: Sendable {
  /// Of the survey, one sigma; nil: estimated from the waypoints.
  package var accuracy: Metres?
  /// Farther from a waypoint the route is refused.
  package var tolerance = Metres(0.5)
  package var longestGap = Metres(50)
  /// At which the curvature's change must be steered.
  package var speed = MetresPerSecond(kilometresPerHour: 25)
  /// Whether bends are driven farther outside, so that the middle of the ground that tractor and
  /// trailer cover follows the waypoints.
  package var centresSweptPath = false

  package init() {}
}

/// A route through surveyed waypoints that the vehicle can drive: clothoids, arcs and straights.
package struct RoutePlan {
  package struct Deviation: Sendable {
    package var largest = Metres.zero
    /// Counted from 1.
    package var waypoint = 0
    package var rms = Metres.zero
  }

  package private(set) var pieces: [RoutePiece] = []
  /// Of the route from the waypoints, before bends are moved outward.
  package private(set) var deviation = Deviation()
  package private(set) var accuracy = Metres.zero
  /// The largest of the route and what the vehicle is planned with.
  package private(set) var sharpest: (curvature: Curvature, bound: Curvature)
  package private(set) var fastestChange: (sharpness: Double, bound: Double)
  /// Where the swept path was to be centred.
  package private(set) var centring: SweptCentring?
  package let waypoints: [Waypoint]
  private let bounds: SmoothLine.Bounds

  /// Nil after a refusal, which is then among the findings of `file`.
  package init?(_ file: WaypointFile, profile: VehicleProfile, settings: PlanSettings) {
    waypoints = file.waypoints
    let check = WaypointCheck(
      waypoints: waypoints, longestGap: settings.longestGap.value,
      refuse: { file.refuse($0, $1, $2) })
    bounds = Self.bounds(profile, settings.speed)
    sharpest = (.zero, Curvature(bounds.curvature))
    fastestChange = (0, bounds.sharpness)
    guard check.isFit() else { return nil }
    let places = waypoints.map(\.place)
    accuracy = settings.accuracy ?? Metres(SurveyNoise.sigma(places))
    let line = SmoothLine(places, sigma: accuracy.value, bounds: bounds)
    pieces = RouteFit.pieces(through: line.points)
    guard !pieces.isEmpty else {
      file.refuse(0, "", "no line passes through these waypoints")
      return nil
    }
    let table = PathTable(pieces, before: 30, after: 30)
    measure(table, line.feet.map(\.station))
    guard isNear(settings, file, table), isDrivable(settings, file) else { return nil }
    if settings.centresSweptPath, let combination = Combination.all(of: profile).first {
      let centred = SweptCentring(of: pieces, combination, bounds: bounds)
      pieces = centred.pieces
      centring = centred
      guard isDrivable(settings, file) else { return nil }
    }
    for piece in pieces {
      let curvature = max(piece.curvature.value.magnitude, piece.endCurvature.magnitude)
      sharpest.curvature = max(sharpest.curvature, Curvature(curvature))
      fastestChange.sharpness = max(fastestChange.sharpness, piece.sharpness.magnitude)
    }
  }

  /// What may be asked of the steering, less a part for following it.
  private static func bounds(
    _ profile: VehicleProfile, _ speed: MetresPerSecond
  ) -> SmoothLine.Bounds {
    let vehicle = profile.parameters
    let angle = vehicle.roadWheelAngleLimit.value
    let wheelbase = vehicle.wheelbase.value
    // The gate's rows allow less the faster the truck is; a bend is driven at most at 1 m/s2.
    var curvature = 0.85 * sine(angle) / cosine(angle) / wheelbase
    for _ in 0..<200 {
      let here = min(speed.value, (1 / curvature).squareRoot())
      let row = profile.tuning.limits.row(at: MetresPerSecond(here))
      if curvature <= 0.95 * row.curvature.value { break }
      curvature *= 0.98
    }
    let row = profile.tuning.limits.row(at: speed)
    let rate = min(row.curvatureRate.value, vehicle.steeringRate.value / wheelbase)
    return SmoothLine.Bounds(
      curvature: curvature, sharpness: 0.8 * rate / max(speed.value, 0.3))
  }

  private mutating func measure(_ table: PathTable, _ guesses: [Double]) {
    var sum = 0.0
    for (i, waypoint) in waypoints.enumerated() {
      let offset = table.project(waypoint.place, near: guesses[i]).lateral
      sum += offset * offset
      guard offset.magnitude > deviation.largest.value else { continue }
      deviation.largest = Metres(offset.magnitude)
      deviation.waypoint = i + 1
    }
    deviation.rms = Metres((sum / Double(waypoints.count)).squareRoot())
  }

  private func isNear(_ settings: PlanSettings, _ file: WaypointFile, _ table: PathTable) -> Bool {
    guard deviation.largest > settings.tolerance else { return true }
    let waypoint = waypoints[deviation.waypoint - 1]
    let foot = table.points.indices.min {
      (table.points[$0].place - waypoint.place).length
        < (table.points[$1].place - waypoint.place).length
    }
    let around = max((foot ?? 0) - 20, 0)...min((foot ?? 0) + 20, table.points.count - 1)
    // Where the line is far from both bounds it is a blunder of the survey, not the bend.
    let isSharp = around.dropLast().contains {
      let here = table.points[$0].curvature
      let change = (table.points[$0 + 1].curvature - here).magnitude / PathTable.spacing
      return here.magnitude > 0.5 * bounds.curvature || change > 0.5 * bounds.sharpness
    }
    file.refuse(
      waypoint.line, "waypoint \(deviation.waypoint)",
      (isSharp
        ? "too sharp for the vehicle at \(speedText(settings.speed)): the route "
        : "the route ") + "passes it at \(metres(deviation.largest.value)); allowed: "
        + metres(settings.tolerance.value))
    return false
  }

  /// Beyond the design's bounds is what was left for following the route.
  private func isDrivable(_ settings: PlanSettings, _ file: WaypointFile) -> Bool {
    for piece in pieces {
      let curvature = max(piece.curvature.value.magnitude, piece.endCurvature.magnitude)
      let isSharp = curvature > 1.08 * bounds.curvature
      guard isSharp || piece.sharpness.magnitude > 1.2 * bounds.sharpness else { continue }
      let index = nearest(to: PlanePoint(piece.east.value, piece.north.value))
      file.refuse(
        waypoints[index].line, "waypoint \(index + 1)",
        isSharp
          ? "too sharp for the vehicle: radius \(metres(1 / curvature)); allowed: "
            + "\(metres(1 / bounds.curvature)) and more"
          : "the curvature changes by \(shortest(rounded(piece.sharpness.magnitude * 1e3))) per km "
            + "in a metre; allowed: \(shortest(rounded(bounds.sharpness * 1e3))) at "
            + "\(speedText(settings.speed)), more with a lower --speed")
      return false
    }
    return true
  }

  private func nearest(to place: PlanePoint) -> Int {
    waypoints.indices.min {
      (waypoints[$0].place - place).length < (waypoints[$1].place - place).length
    } ?? 0
  }
}
