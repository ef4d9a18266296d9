import BorderZone
import DriveConfiguration
import Foundation
import Signals
import SiteMap
import Testing
import Units
import Vehicle

@Suite struct Missions {
  @Test(arguments: ["demo-crossing", "rig-course"]) func readWithoutFindings(name: String) {
    let findings = Findings()
    let mission = Mission.load(folder: repository + "/missions/" + name, findings: findings)
    #expect(mission?.isSynthetic == true)
    #expect(findings.all.isEmpty, "\(findings.all)")
  }

  @Test func theDemoHasItsZonesAndLinesInOrder() throws {
    let mission = try #require(
      Mission.load(folder: repository + "/missions/demo-crossing", findings: Findings()))
    #expect(
      mission.zoneNames == [
        "YARD", "APPROACH", "A_GATE", "A_EXIT_HOLD", "NEUTRAL_A", "NEUTRAL_B", "B_GATE",
        "B_ENTRY_HOLD", "CORRIDOR_B",
      ])
    #expect(mission.lineNames == ["A-GATE", "A-EXIT", "B-GATE", "B-ENTRY", "DESTINATION"])
    #expect((2_200...2_800).contains(mission.routeLength.value))
    #expect(mission.sharpestCurvature < 1 / 24.0)
    for i in 1..<mission.zones.zoneCount {
      #expect(mission.zones.zones[i].start == mission.zones.zones[i - 1].end)
    }
    // domain.md 4.1: the exit line lies 30 m before its limit.
    let exit = mission.zones.lines[1]
    #expect((exit.supervisedLimit - exit.stopTarget - Metres(30)).magnitude < Metres(1e-6))
  }

  @Test func linesLieWhereTheyWereDrawn() throws {
    let mission = try #require(readMission().mission)
    #expect((mission.zones.lines[0].stopTarget - Metres(520)).magnitude < Metres(0.02))
    #expect((mission.zones.lines[1].stopTarget - Metres(830)).magnitude < Metres(0.03))
    #expect((mission.zones.zones[1].start - Metres(300)).magnitude < Metres(0.02))
    #expect(mission.zones.zones[1].speedCap == MetresPerSecond(10 / 3.6))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let file: String
    let old: String
    let new: String
    let message: String
    var testDescription: String { new }
  }

  @Test(arguments: [
    Case(
      file: "mission.yaml", old: "crs: EPSG:4326\n", new: "",
      message: "crs: missing key; a value is due: EPSG:4326 | EPSG:4979"),
    Case(
      file: "mission.yaml", old: "crs: EPSG:4326", new: "crs: GCJ-02",
      message: #"crs: read "GCJ-02"; allowed: EPSG:4326 | EPSG:4979"#),
    Case(
      file: "mission.yaml", old: "cruise_speed: 25 km/h", new: "cruise_speed: 40 km/h",
      message: #"limits.cruise_speed: read "40 km/h"; allowed: speed from 0.3 m/s to 8.89 m/s"#),
    Case(
      file: "mission.yaml", old: "cruise_speed: 25 km/h", new: "cruise_speed: 25",
      message: #"limits.cruise_speed: read "25" without a unit (m/s, km/h)"#),
    Case(
      file: "mission.yaml", old: "zones: zones.geojson", new: "zones: ../zones.geojson",
      message: "allowed: the name of a .geojson file in this folder"),
    Case(
      file: "mission.yaml", old: "start: 20 m", new: "start: 600 m",
      message: "start: read 600 m; allowed: before the first hold line at 520 m"),
    Case(
      file: "route.geojson", old: #""type": "FeatureCollection","#,
      new:
        #""type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:3857"}},"#,
      message: #"route.geojson:2: error: crs: read "EPSG:3857"; allowed: WGS-84"#),
    Case(
      file: "route.geojson", old: "[82.7", new: "[46.7",
      message: "km from the origin; allowed: 50 km. Longitude comes first in GeoJSON"),
    Case(
      file: "route.geojson", old: "[82.7", new: "[182.7",
      message: "allowed: longitude -180 to 180, then latitude -90 to 90"),
    Case(
      file: "route.geojson", old: "[82.7", new: "[\"82.7\", 46.6833], [82.7",
      message: "read \"82.7\"; allowed: a number"),
    Case(
      file: "route.geojson", old: "[82.7", new: "[NaN, 46.6833], [82.7",
      message: "not JSON: a value is due, read \"NaN\""),
    Case(
      file: "route.geojson", old: "[82.7", new: "(82.7",
      message: "not JSON: a value is due, read \"(\""),
    Case(
      file: "route.geojson", old: "\"features\"", new: "\"feature\"",
      message: "unknown key \"feature\"; did you mean features?"),
    Case(
      file: "zones.geojson", old: #""persons": "excluded""#, new: #""person": "excluded""#,
      message: #"START.person: unknown key "person"; did you mean persons?"#),
    Case(
      file: "zones.geojson", old: #", "persons": "excluded""#, new: "",
      message: "START.persons: missing key; a value is due: excluded | protective_field"),
    Case(
      file: "zones.geojson", old: #""speed_cap": "10 km/h""#, new: #""speed_cap": "100 km/h""#,
      message: #"SLOW.speed_cap: read "100 km/h"; allowed: speed from 0.3 m/s to 8.89 m/s"#),
    Case(
      file: "zones.geojson", old: #""limit_beyond": "5 m""#, new: #""limit_beyond": "3 m""#,
      message: "MIDWAY.limit_beyond: read 3 m; allowed: at least the authority margin, 4 m (S-10)"),
    Case(
      file: "zones.geojson", old: #""limit_beyond": "5 m""#, new: #""limit_beyond": "400 m""#,
      message: "END: lies before the supervised limit of MIDWAY"),
    Case(
      file: "zones.geojson", old: #""name": "SLOW""#, new: #""name": "START""#,
      message: "a second feature with this name"),
    Case(
      file: "zones.geojson", old: #""zone": "corridor""#, new: #""zone": "neutral""#,
      message: "MIDWAY: lies in RUN, where nothing may stop"),
    Case(
      file: "zones.geojson", old: #""kind": "hold_line""#, new: #""kind": "line""#,
      message: #"MIDWAY.kind: read "line"; allowed: corridor | hold_line | zone"#),
  ])
  func badOnesAreRefusedWithPlaceAndReason(_ bad: Case) {
    let (mission, messages) = readMission(changing: bad.file, bad.old, to: bad.new)
    #expect(mission == nil)
    #expect(
      messages.contains { $0.contains(bad.message) },
      "none of: \(messages.joined(separator: "\n"))")
  }

  private static let straight = stride(from: 0.0, through: 100, by: 1).map { ($0, 0.0) }

  @Test func clockwiseAndSelfCrossingPolygonsAreRefused() {
    let line = holdLine("END", east: 90, beyond: "3 m")
    let clockwise = makeMission(
      route: Self.straight, zones: [zone("Z", box(-5, 105).reversed()), line])
    #expect(clockwise.messages.contains { $0.contains("runs clockwise") })
    let bow = [(-5.0, -9.0), (105, -9), (-5, 9), (105, 9)]
    let crossed = makeMission(route: Self.straight, zones: [zone("Z", bow), line])
    #expect(crossed.messages.contains { $0.contains("cross; allowed: a simple polygon") })
  }

  @Test func gapsBetweenZonesAreRefused() {
    let (mission, messages) = makeMission(
      route: Self.straight,
      zones: [
        zone("A", box(-5, 40)), zone("B", box(50, 105)), holdLine("END", east: 90, beyond: "3 m"),
      ])
    #expect(mission == nil)
    #expect(messages.contains { $0.contains("the route from 40 m to 50 m lies in no zone") })
  }

  @Test func zonesOutOfOrderOrOffTheRouteAreRefused() {
    let line = holdLine("END", east: 90, beyond: "3 m")
    let swapped = makeMission(
      route: Self.straight, zones: [zone("B", box(50, 105)), zone("A", box(-5, 50)), line])
    #expect(swapped.messages.contains { $0.contains("begins before B") })
    let away = makeMission(
      route: Self.straight,
      zones: [zone("A", box(-5, 105)), zone("B", box(200, 300)), line])
    #expect(away.messages.contains { $0.contains("the route does not pass through it") })
  }
}
