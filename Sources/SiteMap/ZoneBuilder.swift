import BorderZone
import Signals
import Units
import Vehicle

extension MissionSchema {
  static let zoneKinds: [(name: String, kind: ZoneKind)] = [
    ("yard", .yard), ("approach", .approach), ("queue", .queue), ("gate", .gate),
    ("inspection", .inspection), ("exit_hold", .exitHold), ("neutral", .neutral),
    ("entry_hold", .entryHold), ("corridor", .corridor), ("destination", .destination),
    ("secondary", .secondary), ("return_loop", .returnLoop),
  ]

  static let personsRules: [(name: String, rule: PersonsRule)] = [
    ("excluded", .excluded), ("protective_field", .protectiveField),
    ("attendant_enable", .attendantEnable),
  ]
}

extension MissionBuilder {
  /// The route as short chords with their path coordinates.
  private struct Track {
    var stations: [Double] = []
    var places: [PlanePoint] = []

    init(_ route: [RoutePiece]) {
      guard let first = route.first else { return }
      var knots = route.map {
        RouteFit.Knot(station: $0.start.value, curvature: $0.curvature.value)
      }
      if let last = route.last {
        knots.append(
          .init(station: (last.start + last.length).value, curvature: last.endCurvature))
      }
      let start = RouteFit.Pose(
        place: PlanePoint(first.east.value, first.north.value), heading: first.heading.value)
      var walk = CurveWalk(start: start, knots: knots)
      let length = knots.last?.station ?? 0
      var station = 0.0
      while true {
        walk.advance(to: min(station, length))
        stations.append(min(station, length))
        places.append(walk.place)
        guard station < length else { return }
        station += 0.5
      }
    }

    /// Path coordinates at which a segment cuts the route.
    func crossings(_ a: PlanePoint, _ b: PlanePoint) -> [Double] {
      var found: [Double] = []
      for i in 1..<max(places.count, 1) {
        guard let share = crossing(places[i - 1], places[i], a, b) else { continue }
        let station = stations[i - 1] + share * (stations[i] - stations[i - 1])
        // A cut through a vertex of the track is seen by both chords.
        if let last = found.last, station - last < 1e-6 { continue }
        found.append(station)
      }
      return found
    }
  }

  func buildZones(_ features: [MapFeature]) {
    let track = Track(mission.route)
    var names: Set<String> = []
    for feature in features {
      let name = feature.properties["name"]?.text ?? ""
      if !names.insert(name).inserted { report(feature, "a second feature with this name") }
      switch (feature.geometry, feature.properties["kind"]?.text) {
      case (.polygon(let points), "zone"): addZone(feature, points, track, name)
      case (.line(let points), "hold_line"): addLine(feature, points, track, name)
      case (.polygon(let points), "corridor"):
        if let ring = ring(feature, points) { mission.corridors.append(ring) }
      // Each kind came with its geometry.
      case (.polygon, _), (.line, _): continue
      }
    }
    guard !findings.hasErrors, let any = features.first else { return }
    joinNeighbours()
    checkCoverage(any)
    checkLines(features)
  }

  /// A polygon that is closed, simple and counter-clockwise.
  private func ring(_ feature: MapFeature, _ points: [MapPoint]) -> Ring? {
    guard let first = points.first, let last = points.last,
      (first.place - last.place).length < 1e-6
    else {
      report(feature, "the ring is not closed: repeat the first position at its end")
      return nil
    }
    guard points.count <= 1_000 else {
      report(feature, "\(points.count) positions; allowed are 1000")
      return nil
    }
    let ring = Ring(points.dropLast().map(\.place))
    if let (i, j) = ring.selfIntersection() {
      report(feature, "its edges \(i) and \(j) cross; allowed: a simple polygon")
      return nil
    }
    guard ring.signedArea > 0 else {
      report(feature, "runs clockwise; allowed: counter-clockwise (RFC 7946)")
      return nil
    }
    return ring
  }

  private func addZone(
    _ feature: MapFeature, _ points: [MapPoint], _ track: Track, _ name: String
  ) {
    guard let ring = ring(feature, points) else { return }
    guard let (start, end) = stretch(of: ring, track, feature) else { return }
    guard mission.zones.zoneCount < ZoneTable.zoneCapacity else {
      return report(feature, "more than \(ZoneTable.zoneCapacity) zones")
    }
    var zone = Zone()
    zone.start = Metres(start)
    zone.end = Metres(end)
    if let cap = feature.properties["speed_cap"]?.number { zone.speedCap = MetresPerSecond(cap) }
    let kind = feature.properties["zone"]?.text
    zone.kind = MissionSchema.zoneKinds.first { $0.name == kind }?.kind ?? .corridor
    let persons = feature.properties["persons"]?.text
    zone.persons = MissionSchema.personsRules.first { $0.name == persons }?.rule ?? .excluded
    zone.noStop = feature.properties["no_stop"]?.flag ?? false
    let count = mission.zones.zoneCount
    if count > 0, zone.start <= mission.zones.zones[count - 1].start {
      report(
        feature, "begins before \(mission.zoneNames[count - 1]); allowed: in the route's order")
    }
    mission.zones.append(zone)
    mission.zoneNames.append(name)
    mission.zoneRings.append(ring)
    mission.zonePlaces.append(MapPlace(file: feature.properties.file, line: feature.line))
    mission.markerSpacings.append(feature.properties["marker_spacing"]?.number.map { Metres($0) })
  }

  /// The one stretch of the route inside a ring.
  private func stretch(
    of ring: Ring, _ track: Track, _ feature: MapFeature
  ) -> (Double, Double)? {
    var stretches: [(Double, Double)] = []
    var start: Double?
    for i in track.places.indices {
      let inside = ring.contains(track.places[i])
      if inside, start == nil { start = i == 0 ? 0 : boundary(ring, track, i - 1) }
      if !inside, let begun = start {
        stretches.append((begun, boundary(ring, track, i - 1)))
        start = nil
      }
    }
    if let start, let last = track.stations.last { stretches.append((start, last)) }
    guard stretches.count == 1 else {
      report(
        feature,
        stretches.isEmpty
          ? "the route does not pass through it"
          : "the route passes through it \(stretches.count) times; allowed: once")
      return nil
    }
    guard stretches[0].1 - stretches[0].0 >= 1 else {
      report(feature, "holds less than 1 m of the route")
      return nil
    }
    return stretches[0]
  }

  /// Where between two neighbouring track points the ring's edge is, by bisection.
  private func boundary(_ ring: Ring, _ track: Track, _ index: Int) -> Double {
    let startsInside = ring.contains(track.places[index])
    var low = 0.0
    var high = 1.0
    for _ in 0..<20 {
      let middle = (low + high) / 2
      let place = track.places[index] + (track.places[index + 1] - track.places[index]) * middle
      if ring.contains(place) == startsInside { low = middle } else { high = middle }
    }
    return track.stations[index] + low * (track.stations[index + 1] - track.stations[index])
  }

  private func addLine(
    _ feature: MapFeature, _ points: [MapPoint], _ track: Track, _ name: String
  ) {
    var crossings: [Double] = []
    for i in 1..<points.count {
      crossings += track.crossings(points[i - 1].place, points[i].place)
    }
    guard crossings.count == 1, let station = crossings.first else {
      return report(
        feature,
        crossings.isEmpty
          ? "does not cross the route" : "crosses the route \(crossings.count) times; allowed: once"
      )
    }
    guard mission.zones.lineCount < ZoneTable.lineCapacity else {
      return report(feature, "more than \(ZoneTable.lineCapacity) hold lines")
    }
    let beyond = feature.properties["limit_beyond"]
    let distance = beyond?.number ?? 0
    if distance < mission.limits.authorityMargin.value {
      beyond?.refuse(
        read: formatted(distance, .length),
        allowed: "at least the authority margin, "
          + "\(formatted(mission.limits.authorityMargin.value, .length)) (S-10)")
    }
    var line = HoldLine()
    line.stopTarget = Metres(station)
    line.supervisedLimit = Metres(station + distance)
    let count = mission.zones.lineCount
    if count > 0, line.stopTarget <= mission.zones.lines[count - 1].supervisedLimit {
      report(
        feature,
        "lies before the supervised limit of \(mission.lineNames[count - 1]); allowed: in the "
          + "route's order, each beyond the limit of the one before")
    }
    mission.zones.append(line)
    mission.lineNames.append(name)
    mission.linePlaces.append(MapPlace(file: feature.properties.file, line: feature.line))
  }

  /// Polygons drawn edge to edge differ by rounding; half a metre of gap or overlap is closed.
  private func joinNeighbours() {
    for i in 1..<max(mission.zones.zoneCount, 1) {
      let gap = mission.zones.zones[i].start - mission.zones.zones[i - 1].end
      if gap.magnitude < Metres(0.5) {
        mission.zones.zones[i].start = mission.zones.zones[i - 1].end
      }
    }
  }

  /// Every metre that may be driven lies in a zone, because a zone says how persons are protected.
  private func checkCoverage(_ any: MapFeature) {
    let count = mission.zones.lineCount
    guard count > 0 else {
      report(any, "no hold line; the route needs one to end at")
      return
    }
    let end = mission.zones.lines[count - 1].supervisedLimit
    if end > mission.routeLength {
      report(
        any,
        "the supervised limit of \(mission.lineNames[count - 1]) is at "
          + "\(shortest(rounded(end.value))) m, beyond the end of the route at "
          + "\(shortest(rounded(mission.routeLength.value))) m")
    }
    var covered = Metres.zero
    for i in 0..<mission.zones.zoneCount {
      let zone = mission.zones.zones[i]
      if zone.start > covered + Metres(0.01), covered < end { reportGap(any, covered, zone.start) }
      covered = max(covered, zone.end)
    }
    if covered < min(end, mission.routeLength) - Metres(0.01) { reportGap(any, covered, end) }
  }

  private func reportGap(_ any: MapFeature, _ from: Metres, _ to: Metres) {
    findings.add(
      Finding(
        file: any.properties.file, line: 0, key: "zones",
        message: "the route from \(shortest(rounded(from.value))) m to "
          + "\(shortest(rounded(to.value))) m lies in no zone; each zone says how persons are "
          + "protected (S-3)"))
  }

  private func checkLines(_ features: [MapFeature]) {
    for i in 0..<mission.zones.lineCount {
      let line = mission.zones.lines[i]
      let index = mission.zones.zone(at: line.stopTarget)
      guard index >= 0,
        let feature = features.first(where: { $0.properties["name"]?.text == mission.lineNames[i] })
      else { continue }
      let zone = mission.zones.zones[index]
      if zone.noStop || zone.kind == .neutral {
        report(feature, "lies in \(mission.zoneNames[index]), where nothing may stop")
      }
    }
  }
}
