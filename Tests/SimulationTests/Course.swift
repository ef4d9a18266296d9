import BorderZone
import Control
import DriveConfiguration
import Foundation
import PathFollowing
import ReproducibleMath
import Signals
import Units
import Vehicle

/// The project's own folder, from which tests read profiles and missions.
let projectFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

/// 420 m with two bends, a capped zone and two hold lines.
func course(
  _ profileName: String = "j1939-tractor-semitrailer", grade: Double = 0
) throws -> DriveConfiguration {
  let findings = Findings()
  guard
    let profile = VehicleProfile.load(
      folder: projectFolder + "/hw-profiles/" + profileName, findings: findings)
  else { throw CourseError(text: "\(findings)") }
  var configuration = DriveConfiguration()
  configuration.profileName = profile.name
  configuration.missionName = "course"
  configuration.gnss = profile.gnss
  configuration.controller.vehicle = profile.parameters
  configuration.controller.trailer = profile.trailer
  configuration.controller.frames = profile.frames
  configuration.controller.limits = profile.tuning.limits
  configuration.controller.safeStop = profile.tuning.safeStop
  configuration.controller.estimator = profile.tuning.estimation
  configuration.controller.follower = profile.tuning.pathFollowing
  configuration.controller.originLatitude = Degrees(46.683)
  configuration.controller.originLongitude = Degrees(82.80)
  configuration.controller.originHeight = Metres(450)
  configuration.route = route()
  for i in configuration.route.indices { configuration.route[i].grade = Float(grade) }
  configuration.controller.routeLength = Metres(420)
  var zone = Zone()
  zone.start = Metres(150)
  zone.end = Metres(200)
  zone.speedCap = MetresPerSecond(kilometresPerHour: 10)
  configuration.controller.zones.append(zone)
  for target in [260.0, 400] {
    var line = HoldLine()
    line.stopTarget = Metres(target)
    line.supervisedLimit = Metres(target + 3)
    configuration.controller.zones.append(line)
  }
  configuration.holdLineNames = ["GATE", "END"]
  return configuration
}

struct CourseError: Error { let text: String }

/// Straight, left bend R = 40 m with clothoids, straight, right bend, straight.
private func route() -> [RoutePiece] {
  var pieces: [RoutePiece] = []
  var next = RoutePiece()
  func add(_ length: Double, from k0: Double, to k1: Double) {
    next.length = Metres(length)
    next.curvature = Curvature(k0)
    next.sharpness = (k1 - k0) / length
    next.speedLimit = 25 / 3.6
    pieces.append(next)
    let end = next.point(at: length)
    next.start += Metres(length)
    next.east = Metres(end.east)
    next.north = Metres(end.north)
    next.heading = Radians(end.heading)
  }
  let k = 1.0 / 40
  add(100, from: 0, to: 0)
  for sign in [1.0, -1] {
    add(20, from: 0, to: sign * k)
    add(30, from: sign * k, to: sign * k)
    add(20, from: sign * k, to: 0)
    add(60, from: 0, to: 0)
  }
  add(60, from: 0, to: 0)
  return pieces
}
