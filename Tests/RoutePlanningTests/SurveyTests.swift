import BorderZone
import Estimation
import Foundation
import RoutePlanning
import Signals
import SiteMap
import Testing
import Units
import Vehicle

/// What `tulpar check MISSION --profile P` finds on a route (S-13, S-18).
@Suite struct RouteSurveys {
  @Test(arguments: ["demo-crossing", "rig-course"]) func whatIsShippedFits(mission: String) throws {
    let (survey, findings) = try #require(surveyed(readMission(mission), loadProfile()))
    #expect(findings.isEmpty)
    #expect(survey.notes.contains { $0.contains("the trailer's axle runs up to") })
  }

  /// A corridor narrower than the trailer needs in the demo's sharpest bend.
  @Test func aNarrowCorridorIsRefusedWithItsPlace() throws {
    var mission = try #require(readMission("demo-crossing"))
    mission.corridors = [band(mission.route, left: 2.2, right: 2.2)]
    let (survey, findings) = try #require(surveyed(mission, loadProfile()))
    let excesses = survey.swept[0].excesses.filter { $0.part == .trailer }
    #expect(excesses.contains { $0.distance > 0.3 && $0.isLeft })
    #expect(excesses.contains { $0.distance > 0.02 && !$0.isLeft })
    #expect(
      findings.contains {
        $0.contains("zones.geojson:") && $0.contains("CORRIDOR_B: the trailer's left")
          && $0.contains("leaves the corridor by") && $0.contains("allowed: inside")
      })
    #expect(SweptPicture(survey).svg().contains("class=\"outside\""))
  }

  /// The zones are the corridor where none is drawn; those of the demo are narrower.
  @Test func aCorridorOfTheMapIsRead() throws {
    var mission = try #require(readMission("rig-course"))
    #expect(mission.corridors.count == 1)
    let (drawn, _) = try #require(surveyed(mission, loadProfile()))
    #expect((drawn.corridor.left[drawn.table.index(50)] - 16).magnitude < 0.01)
    mission.corridors = []
    let (zones, findings) = try #require(surveyed(mission, loadProfile()))
    #expect((zones.corridor.left[zones.table.index(50)] - 9).magnitude < 0.01)
    #expect(findings.contains { $0.contains("START.speed_cap") && $0.contains("S-18") })
  }

  /// S-13: without markers the strip is longer than dead reckoning reaches.
  @Test func aStripWithoutMarkersIsRefused() throws {
    let mission = readMission(
      "demo-crossing", changing: "zones.geojson", #", "marker_spacing": "25 m""#, to: "")
    let (_, findings) = try #require(surveyed(mission, loadProfile()))
    #expect(findings.count == 2)
    #expect(
      findings.allSatisfy {
        $0.contains("NEUTRAL_") && $0.contains("marker_spacing") && $0.contains("read none")
          && $0.contains("S-13")
      })
    let wide = readMission(
      "demo-crossing", changing: "zones.geojson", "\"25 m\"", to: "\"31 m\"")
    let (_, tooWide) = try #require(surveyed(wide, loadProfile()))
    #expect(tooWide.count == 2)
  }

  /// R-DR-1: 30 m, 10 s or 0.5 m, whichever comes first.
  @Test func reachIsTheFirstOfThreeBounds() throws {
    var profile = try #require(loadProfile())
    func reach(_ speed: Double) -> Double {
      DeadReckoningReach(speed: MetresPerSecond(speed), profile: profile).distance.value
    }
    #expect(reach(5) == 30)
    #expect((reach(2) - 20).magnitude < 1e-9)
    // 0.5 m is where a walk of 0.3 m per square root of a second is after 2.8 s, and what the fixes
    // leave of the position's error comes first.
    profile.tuning.estimation.positionWalk = 0.3
    #expect(reach(5) > 8 && reach(5) < 14, "\(reach(5)) m")
    let slower = reach(4)
    #expect(slower < reach(5) && slower > 6, "\(slower) m")
    profile.tuning.estimation.deadReckoningSigma = Metres(0.05)
    #expect(reach(5) < 0.1)
    #expect(reach(0) == 0)
  }

  /// S-18: where the room is too small the finding says which cap would do, and that cap does.
  @Test func aRunawayThatDoesNotFitNamesTheCapThatDoes() throws {
    var mission = try #require(readMission("rig-course"))
    mission.corridors = [band(mission.route, left: 4.2, right: 4.2)]
    let profile = try #require(loadProfile())
    let (_, findings) = try #require(surveyed(mission, profile))
    let text = try #require(findings.first { $0.contains("START.speed_cap") })
    #expect(text.contains("S-18"))
    let words = text.split(separator: " ")
    let position = try #require(words.lastIndex(of: "of"))
    let cap = try #require(Double(words[position + 1]))
    let count = mission.zones.zoneCount
    for i in 0..<count { mission.zones.zones[i].speedCap = MetresPerSecond(kilometresPerHour: cap) }
    let (_, after) = try #require(surveyed(mission, profile))
    #expect(!after.contains { $0.contains("START.speed_cap") })
  }

  /// Needed steering rate: wheelbase times sharpness times speed, at the middle of an S-bend.
  @Test func aMissingSpeedLimitIsNamed() throws {
    var mission = try #require(readMission("rig-course"))
    mission.route = route([(100, 0, 0), (4, 0, 0.06), (30, 0.06, 0.06), (300, 0, 0)])
    for i in mission.route.indices { mission.route[i].speedLimit = 6.9 }
    let (_, findings) = try #require(surveyed(mission, loadProfile()))
    let text = try #require(findings.first { $0.contains("route.speed_limit: missing") })
    // 0.06 / 4 x 3.6 = 0.054 rad/m: 0.35 rad/s at 6.48 m/s.
    #expect(text.contains("a speed limit of 23.3 km/h or less"))
    mission.route[1].speedLimit = 6.4
    let (_, slower) = try #require(surveyed(mission, loadProfile()))
    #expect(!slower.contains { $0.contains("route.speed_limit: missing") })
  }

  @Test func aBendThatTheWheelCannotReachIsRefused() throws {
    var mission = try #require(readMission("rig-course"))
    mission.route = route([(100, 0, 0), (20, 0, 0.2), (30, 0.2, 0.2), (300, 0, 0)])
    let (_, findings) = try #require(surveyed(mission, loadProfile()))
    #expect(findings.contains { $0.contains("radius 5 m") && $0.contains("allowed: 0.55 rad") })
  }

  /// S-13: a third of the room less what control and lever arm take.
  @Test func aTightStationIsRefusedByItsSigma() throws {
    var mission = try #require(readMission("rig-course"))
    mission.corridors = [band(mission.route, left: 3, right: 3)]
    let (_, findings) = try #require(surveyed(mission, loadProfile()))
    // (3 - 1.275 - 0.5 - 0.05) / 3 = 0.39 m beside a straight.
    #expect(findings.contains { $0.contains("END") && $0.contains("a position sigma of 0.39 m") })
  }

  /// Bad input is a refusal or nothing, never a trap.
  @Test func anEmptyRouteIsNoTrap() throws {
    var mission = try #require(readMission("rig-course"))
    mission.route = []
    for mission in [mission, Mission()] {
      let (survey, findings) = try #require(surveyed(mission, loadProfile()))
      #expect(findings.contains { $0.contains("route: empty") })
      _ = SweptPicture(survey).svg()
    }
  }
}
