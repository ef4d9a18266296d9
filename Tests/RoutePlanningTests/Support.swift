import Foundation
import PathFollowing
import ReproducibleMath
import RoutePlanning
import Signals
import SiteMap
import Units
import Vehicle

/// The root of the package.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path
let firstProfile = repository + "/hw-profiles/j1939-tractor-semitrailer"

func loadProfile(_ folder: String = firstProfile) -> VehicleProfile? {
  VehicleProfile.load(folder: folder, findings: Findings())
}

/// Pieces of linear curvature, one after the other, from the origin to the east.
func route(_ stretches: [(length: Double, from: Double, to: Double)]) -> [RoutePiece] {
  var pieces: [RoutePiece] = []
  var start = RoutePiece()
  for stretch in stretches {
    var piece = start
    piece.length = Metres(stretch.length)
    piece.curvature = Curvature(stretch.from)
    piece.sharpness = (stretch.to - stretch.from) / stretch.length
    piece.speedLimit = 5
    pieces.append(piece)
    let end = piece.point(at: stretch.length)
    start.start = piece.end
    start.east = Metres(end.east)
    start.north = Metres(end.north)
    start.heading = Radians(end.heading)
  }
  return pieces
}

/// A ring at a distance on both sides of a route, drawn with a vertex every half metre.
func band(_ pieces: [RoutePiece], left: Double, right: Double) -> Ring {
  let table = PathTable(pieces, before: 30, after: 30)
  let one = table.points.map { $0.place + $0.normal * -right }
  let other = table.points.reversed().map { $0.place + $0.normal * left }
  return Ring(one + other)
}

/// The demo crossing with a text of one of its files replaced.
func readMission(
  _ name: String, changing file: String = "", _ old: String = "", to new: String = ""
) -> Mission? {
  let folder = repository + "/missions/" + name
  func content(_ name: String) -> [UInt8] {
    let text = String(
      decoding: FileManager.default.contents(atPath: folder + "/" + name) ?? Data(), as: UTF8.self)
    return Array((name == file ? text.replacingOccurrences(of: old, with: new) : text).utf8)
  }
  return Mission.read(content("mission.yaml"), folder: name, findings: Findings()) { content($0) }
}

func surveyed(_ mission: Mission?, _ profile: VehicleProfile?) -> (RouteSurvey, [String])? {
  guard let mission, let profile else { return nil }
  let findings = Findings()
  let survey = RouteSurvey(mission, profile, findings: findings)
  return (survey, findings.all.map(\.description))
}
