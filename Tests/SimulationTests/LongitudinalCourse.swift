import BorderZone
import Control
import DriveConfiguration
import PathFollowing
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// A straight with a line to move off from, a radiation portal and a line to stop at.
struct LongitudinalCourse: Sendable, CustomTestStringConvertible {
  /// Of the combination, t.
  let mass: Double
  /// Sine of the slope, uphill positive.
  let grade: Double
  /// Whether the map tells the slope.
  let isMapped: Bool
  /// Path coordinate of the first line; the truck starts with its front at 30 m.
  var firstLine = 60.0
  var testDescription: String {
    "\(Int(mass)) t, \((grade * 100).rounded()) %\(isMapped ? "" : ", untold")"
  }

  static let portal = 110.0...150
  static let lastLine = 200.0

  func configuration() throws -> DriveConfiguration {
    var configuration = try course()
    configuration.route = stride(from: 0.0, to: 260, by: 20).map { start in
      var piece = RoutePiece()
      piece.start = Metres(start)
      piece.length = Metres(20)
      piece.east = Metres(start)
      piece.speedLimit = 25 / 3.6
      piece.grade = isMapped ? Float(grade) : 0
      return piece
    }
    var zones = ZoneTable()
    var zone = Zone()
    zone.start = Metres(Self.portal.lowerBound)
    zone.end = Metres(Self.portal.upperBound)
    zone.speedCap = MetresPerSecond(kilometresPerHour: 8)
    zones.append(zone)
    for target in [firstLine, Self.lastLine] {
      var line = HoldLine()
      line.stopTarget = Metres(target)
      line.supervisedLimit = Metres(target + 3)
      zones.append(line)
    }
    configuration.controller.zones = zones
    configuration.controller.routeLength = Metres(260)
    configuration.controller.vehicle.mass = Kilograms(mass * 1_000)
    // The tractor alone is 8 t.
    if mass < 10 { configuration.controller.vehicle.hasTrailer = false }
    return configuration
  }

  func loop(
    seed: UInt64 = 1, settings: TruckSettings = TruckSettings(), dwell: Interval = .seconds(2)
  ) throws -> ClosedLoop {
    let loop = ClosedLoop(
      configuration: try configuration(), settings: settings,
      start: TruckStart(east: 25, north: 0, heading: 0), seed: seed,
      releaseAfter: dwell)
    if !isMapped { try loop.fault("road grade \(grade)") }
    return loop
  }
}

/// What a drive over the course was like, on the plant's truth.
struct LongitudinalRecord {
  /// How far short of each line it came to rest, m.
  private(set) var stops: [Double] = []
  /// The way back from the foremost place, m.
  private(set) var rollBack = 0.0
  /// While any part of the truck was in the portal, km/h.
  private(set) var portalSpeeds = (least: Double.infinity, most: 0.0)
  /// Changes between drive and brake there, per minute.
  var alternations: Double { portalSeconds > 0 ? Double(changes) / portalSeconds * 60 : 0 }
  /// Of the truth's acceleration through 0.3 s, while the truck drives, m/s3.
  private(set) var worstJerk = 0.0
  private(set) var isComplete = false
  private(set) var violations: [Violation] = []
  private(set) var seconds = 0.0
  private var portalSeconds = 0.0
  private var changes = 0
  private var wasDriven: Bool?
  private var foremost = -Double.infinity
  private var smoothed = 0.0

  init(_ loop: ClosedLoop, within limit: Double = 150) {
    isComplete = loop.run(seconds: limit) {
      observe($0)
      return $0.isComplete
    }
    stops = loop.monitor.stops.map(\.short.value)
    violations = loop.monitor.violations
    seconds = loop.truth.time
  }

  private mutating func observe(_ loop: ClosedLoop) {
    let truth = loop.truth
    let command = loop.guardianOutput.command
    foremost = max(foremost, truth.frontStation.value)
    rollBack = max(rollBack, foremost - truth.frontStation.value)
    let before = smoothed
    smoothed += (truth.acceleration.value - smoothed) * 0.01 / 0.3
    if truth.speed.value > 0.3 { worstJerk = max(worstJerk, (smoothed - before).magnitude / 0.01) }
    let portal = LongitudinalCourse.portal
    guard truth.frontStation.value > portal.lowerBound, truth.rearStation.value < portal.upperBound
    else { return }
    portalSpeeds.least = min(portalSpeeds.least, truth.speed.kilometresPerHour)
    portalSpeeds.most = max(portalSpeeds.most, truth.speed.kilometresPerHour)
    portalSeconds += 0.01
    let brakes = command.brakeDeceleration.value > 0 || command.retarderTorque.value > 0
    guard brakes || command.driveTorque.value > 0 else { return }
    if wasDriven == brakes { changes += 1 }
    wasDriven = !brakes
  }
}
