import Control
import ControlTuning
import DriveConfiguration
import Foundation
import PathFollowing
import Plant
import Signals
import SiteMap
import Testing
import Units
import Vehicle

struct GeneratedCourseTests {
  private let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "hw-profiles").path

  private func profile(_ name: String) throws -> VehicleProfile {
    let findings = Findings()
    return try #require(
      VehicleProfile.load(folder: folder + "/" + name, findings: findings), "\(findings.errors)")
  }

  @Test(arguments: ["j1939-tractor-semitrailer", "yard-tractor-dbw", "border-agv"])
  func `every truck may drive every course`(_ name: String) throws {
    let profile = try profile(name)
    for course in GeneratedCourse.allCases {
      let mission = course.mission(for: profile)
      let configuration = try compileDrive(profile, mission)
      #expect(configuration.missionName == course.rawValue)
      // Pieces join in place, direction and curvature.
      for (a, b) in zip(mission.route, mission.route.dropFirst()) {
        #expect((a.endCurvature - b.curvature.value).magnitude < 1e-12)
        #expect(a.start + a.length == b.start)
      }
      let last = try #require(mission.route.last)
      #expect(last.curvature.value.magnitude < 1e-12)
    }
    let lanes = GeneratedCourse.laneChange.mission(for: profile)
    let end = try #require(lanes.route.last).point(at: 0)
    #expect((end.north - 3.5).magnitude < 0.1, "\(end)")
  }

  /// What is told to be the profile's is the profile's to the last digit.
  @Test func `weights reach the follower and others stay as they are`() throws {
    var follower = FollowerConfiguration()
    follower.lateralBandwidth = 2.503
    follower.stopShort = Metres(0.3)
    var choice = WeightChoice(of: follower)
    var same = follower
    choice.apply(to: &same)
    #expect(same.lateralBandwidth == 2.503)
    choice.hundredths = [120, 505, 107, 8]
    choice.apply(to: &follower)
    #expect(follower.lateralBandwidth == 1.2)
    #expect(follower.lateralLength == Metres(5.05))
    #expect(follower.lateralDamping == 1.07)
    #expect(follower.disturbanceBandwidth == 0.08)
    #expect(follower.stopShort == Metres(0.3))
    #expect(choice.text(.disturbanceBandwidth) == "0.08" && choice.text(.length) == "5.05")
  }

  @Test func `a drive is measured, and one that is lost says why`() throws {
    let profile = try profile("border-agv")
    let configuration = try compileDrive(
      profile, GeneratedCourse.laneChange.mission(for: profile))
    let course = TuningCourse(
      name: "lane-change", configuration: configuration, trailer: TrailerFacts(),
      settings: TruckSettings(), truth: configuration.controller.vehicle)
    let current = WeightChoice(of: configuration.controller.follower)
    let measures = course.drive(current, seed: 1)
    #expect(measures.fault == nil)
    #expect(measures.errorRMS > 0.001 && measures.errorRMS < 0.2, "\(measures)")
    #expect(measures.errorMax > measures.errorRMS)
    #expect(measures.steeringRateRMS > 0 && measures.lateralJerkRMS > 0)
    // A truck whose wheels take half a minute to turn leaves the path.
    var truth = configuration.controller.vehicle
    truth.steeringLag = .seconds(9)
    let lost = TuningCourse(
      name: "lane-change", configuration: configuration, trailer: TrailerFacts(),
      settings: TruckSettings(), truth: truth)
    #expect(lost.drive(current, seed: 1).fault != nil)
  }
}
