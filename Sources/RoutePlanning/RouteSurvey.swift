import BorderZone
import ReproducibleMath
import Signals
import SiteMap
import Units
import Vehicle

/// What a truck needs of a mission's route: ground, steering, caps, position.
///
/// The route is driven kinematically with the whole combination; what does not fit is a finding.
package struct RouteSurvey {
  package let mission: Mission
  package let profile: VehicleProfile
  package let table: PathTable
  package let corridor: Corridor
  /// One for each trailer that stands for those that the profile allows.
  package let swept: [SweptPath]
  /// What a person wants to read, without judgement.
  package private(set) var notes: [String] = []
  let findings: Findings
  /// Dead reckoning's, m, by the speed in m/s: each takes the estimator two minutes' drive.
  var reaches: [Double: Double] = [:]

  package init(_ mission: Mission, _ profile: VehicleProfile, findings: Findings) {
    self.mission = mission
    self.profile = profile
    self.findings = findings
    let combinations = Combination.all(of: profile)
    let reach = combinations.map { max($0.front, $0.rear) }.max() ?? 0
    let table = PathTable(mission.route, before: reach + 2, after: reach + 2)
    let corridor = Corridor(
      mission.corridors.isEmpty ? mission.zoneRings : mission.corridors, along: table)
    let front = profile.parameters.rearAxleToFrontBumper
    // No drive goes beyond the last line.
    let count = mission.zones.lineCount
    let end =
      count > 0 ? mission.zones.lines[count - 1].stopTarget - front : mission.routeLength
    swept = combinations.map {
      SweptPath(
        $0, along: table, corridor: corridor, from: mission.start.value, to: end.value)
    }
    self.table = table
    self.corridor = corridor
    guard !table.points.isEmpty else {
      refuse(nil, "route", "empty; allowed: a LineString")
      return
    }
    checkGround()
    checkSteering()
    checkRunaway()
    checkDeadReckoning()
    checkStations()
  }

  mutating func note(_ text: String) { notes.append(text) }

  func refuse(_ place: MapPlace?, _ key: String, _ message: String) {
    findings.add(
      Finding(file: place?.file ?? "zones", line: place?.line ?? 0, key: key, message: message))
  }

  /// The zone that a path coordinate lies in; -1 outside all.
  func zone(at station: Double) -> Int {
    min(mission.zones.zone(at: Metres(station)), mission.zoneNames.count - 1)
  }

  /// What the truck may drive at with its rear axle at a path coordinate.
  func plannedSpeed(_ piece: RoutePiece, rearAxle: Double) -> Double {
    let combination = swept.first?.combination
    let cap = mission.zones.cap(
      rear: Metres(rearAxle - (combination?.rear ?? 0)),
      front: Metres(rearAxle + (combination?.front ?? 0)))
    return min(Double(piece.speedLimit), cap.value, mission.limits.cruiseSpeed.value)
  }

  /// The position of the route's file that is nearest before a path coordinate.
  func routePlace(at station: Double) -> MapPlace? {
    var low = 0
    var high = mission.routePlaces.count
    while low < high {
      let middle = (low + high) / 2
      if mission.routePlaces[middle].station > station { high = middle } else { low = middle + 1 }
    }
    return low > 0 ? mission.routePlaces[low - 1].place : mission.routePlaces.first?.place
  }

  // MARK: Ground

  private mutating func checkGround() {
    for path in swept {
      for excess in path.excesses {
        let zone = zone(at: excess.station)
        let name = zone >= 0 ? mission.zoneNames[zone] : "route"
        let place = zone >= 0 ? mission.zonePlaces[zone] : routePlace(at: excess.station)
        refuse(
          place, name,
          "the \(excess.part)'s \(excess.point) leaves the corridor by "
            + "\(metres(excess.distance)) to the \(excess.isLeft ? "left" : "right") at "
            + "\(metres(excess.station)) of the path (outside from \(metres(excess.from)) to "
            + "\(metres(excess.to)))\(path.combination.label); allowed: inside")
      }
      guard !path.combination.trailer.isEmpty else { continue }
      note(
        "swept path: the trailer's axle runs up to \(metres(path.offTracking.distance.magnitude)) "
          + "\(path.offTracking.distance > 0 ? "left" : "right") of the path, at "
          + "\(metres(path.offTracking.station))\(path.combination.label)")
    }
    guard let least = leastRoom(0..<table.points.count) else { return }
    note(
      "swept path: least room \(metres(least.room)) to the \(least.isLeft ? "left" : "right"), "
        + "rear axle at \(metres(least.station))")
  }

  /// Of all combinations, over points of the table.
  func leastRoom(
    _ range: Range<Int>
  ) -> (room: Double, station: Double, isLeft: Bool)? {
    var least: (room: Double, station: Double, isLeft: Bool)?
    for path in swept {
      for i in range {
        let room = min(path.rooms[i].left, path.rooms[i].right)
        guard room < least?.room ?? .infinity else { continue }
        least = (room, table.station(i), path.rooms[i].left < path.rooms[i].right)
      }
    }
    return least
  }

  // MARK: Steering

  /// Angle and rate of the wheel that each piece asks for at the speed planned there; where a
  /// slower drive would do, the speed limit that is missing.
  private func checkSteering() {
    let vehicle = profile.parameters
    let wheelbase = vehicle.wheelbase.value
    let reach = sine(vehicle.roadWheelAngleLimit.value) / cosine(vehicle.roadWheelAngleLimit.value)
    for piece in mission.route {
      let curvatures = [piece.curvature.value.magnitude, piece.endCurvature.magnitude]
      let sharpest = curvatures.max() ?? 0
      let start = piece.start.value
      let stretch = "from \(metres(start)) to \(metres(piece.start.value + piece.length.value))"
      if sharpest * wheelbase > reach {
        refuse(
          routePlace(at: start), "route",
          "radius \(metres(1 / sharpest)) \(stretch) needs a wheel angle of "
            + "\(formatted(rounded(arctangent(y: sharpest * wheelbase, x: 1)), .angle)); allowed: "
            + "\(formatted(vehicle.roadWheelAngleLimit.value, .angle)), a radius of "
            + "\(metres(wheelbase / reach)) and more")
      }
      let speed = plannedSpeed(piece, rearAxle: start)
      // The angle's change with the curvature is largest where the path is straightest.
      let lowest = curvatures.min() ?? 0
      let change =
        piece.sharpness.magnitude * wheelbase / (1 + lowest * lowest * wheelbase * wheelbase)
      let needed = change * speed
      let available = vehicle.steeringRate.value
      guard needed > available else { continue }
      let slower = MetresPerSecond(available / change)
      refuse(
        routePlace(at: start), "route.speed_limit",
        "missing \(stretch): at \(speedText(MetresPerSecond(speed))) the curvature changes so fast "
          + "that the wheel must turn by \(formatted(rounded(needed), .angularRate)); allowed: "
          + "\(formatted(available, .angularRate)), a speed limit of \(speedText(slower)) or less")
    }
  }
}

func metres(_ length: Double) -> String { "\(shortest((length * 100).rounded() / 100)) m" }
func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
/// Never more than it is.
func speedText(_ speed: MetresPerSecond) -> String {
  "\(shortest((speed.kilometresPerHour * 10 + 1e-6).rounded(.down) / 10)) km/h"
}
