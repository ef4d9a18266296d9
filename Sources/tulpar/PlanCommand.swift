import ArgumentParser
import Foundation
import ReproducibleMath
import RoutePlanning
import Signals
import Units
import Vehicle

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Make a drivable route from surveyed waypoints.",
    discussion: """
      Reads a GeoJSON LineString or a GPX track (WGS-84), as surveyed: uneven, noisy. Writes the \
      route.geojson of a mission: curvature without steps, within what the profile's steering can \
      follow. Waypoints that no such route passes are refused with their line: a gap, a place named \
      twice, a way that turns back or crosses itself, a bend too sharp for the vehicle.

      Exit status 0: written; 2: refused, nothing written.
      """)

  @Argument(help: "A .geojson or .gpx file.") var waypoints: String
  @Option(help: "Profile folder.") var profile: String
  @Option(help: "Where to write the route; - is standard output.") var out: String
  @Option(help: "Farthest that the route may pass from a waypoint, m.") var tolerance = 0.5
  @Option(help: "One sigma of the survey, m; estimated from the waypoints when absent.")
  var accuracy: Double?
  @Option(help: "Longest stretch without a waypoint, m.") var gap = 50.0
  @Option(help: "Speed at which changes of curvature are to be steered, km/h.") var speed = 25.0
  @Flag(help: "Drive bends farther outside, so that tractor and trailer cover both sides evenly.")
  var centreSweptPath = false

  mutating func run() throws {
    let settings = try settings()
    let findings = Findings()
    let bytes = try readInput(waypoints)
    let loaded = VehicleProfile.load(folder: profile, findings: findings)
    let file = WaypointFile(bytes, file: waypoints, findings: findings)
    guard let loaded, let file,
      let plan = RoutePlan(file, profile: loaded, settings: settings), !findings.hasErrors
    else {
      throw CommandFailure.badInput(
        findings.errors.map(\.description).joined(separator: "\n"))
    }
    let name = URL(filePath: waypoints).deletingPathExtension().lastPathComponent
    let text = Data(plan.geoJSON(frame: file.frame, name: name).utf8)
    guard out != "-" else {
      do { return try FileHandle.standardOutput.write(contentsOf: text) } catch {
        throw CommandFailure.badInput("standard output: \(error.localizedDescription)")
      }
    }
    do { try text.write(to: URL(filePath: out), options: .atomic) } catch {
      throw CommandFailure.badInput("\(out): \(error.localizedDescription)")
    }
    report(plan)
  }

  private func settings() throws -> PlanSettings {
    func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>, _ unit: String) throws
    {
      guard !range.contains(value) else { return }
      throw CommandFailure.badInput(
        "--\(name): read \(shortest(value)); allowed: \(shortest(range.lowerBound)) to "
          + "\(shortest(range.upperBound)) \(unit)")
    }
    try check("tolerance", tolerance, 0.01...5, "m")
    try check("accuracy", accuracy ?? 0.1, 0.001...2, "m")
    try check("gap", gap, 1...1_000, "m")
    try check("speed", speed, 1...80, "km/h")
    var settings = PlanSettings()
    settings.accuracy = accuracy.map { Metres($0) }
    settings.tolerance = Metres(tolerance)
    settings.longestGap = Metres(gap)
    settings.speed = MetresPerSecond(kilometresPerHour: speed)
    settings.centresSweptPath = centreSweptPath
    return settings
  }

  private func report(_ plan: RoutePlan) {
    func centimetres(_ length: Metres) -> String {
      "\(shortest((length.value * 100).rounded() / 100)) m"
    }
    let length = plan.pieces.last.map { ($0.start + $0.length).value } ?? 0
    print(
      "\(out): \(shortest(length.rounded())) m through \(plan.waypoints.count) waypoints, in "
        + "\(plan.pieces.count) pieces")
    print(
      "deviation: \(centimetres(plan.deviation.largest)) at most, at waypoint "
        + "\(plan.deviation.waypoint); \(centimetres(plan.deviation.rms)) rms; survey's error "
        + "\(centimetres(plan.accuracy)) \(accuracy == nil ? "estimated" : "told")")
    print(
      "sharpest bend: radius \(centimetres(Metres(1 / max(plan.sharpest.curvature.value, 1e-6)))), "
        + "allowed \(centimetres(Metres(1 / plan.sharpest.bound.value)))")
    if let centring = plan.centring {
      print(
        "swept path: the combination needs \(centimetres(centring.halfWidthBefore)) beside the way, "
          + "\(centimetres(centring.halfWidthAfter)) on this route, which is up to "
          + "\(centimetres(centring.largestOffset)) outside of it")
    }
  }
}
