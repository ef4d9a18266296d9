import Foundation
import Plant
import ReproducibleMath
import Signals
import Testing
import Units

/// GNSS positions, their sentences, and places on the route.
@Suite struct Positions {
  private func fixes(_ settings: TruckSettings, _ parameters: VehicleParameters) -> [GNSSFix] {
    var truck = Truck(
      parameters: parameters, settings: settings, seed: 4,
      start: TruckStart(east: 300, north: -200, heading: 0.4, speed: 10))
    var all: [GNSSFix] = []
    for _ in 0..<6_000 {
      truck.step(milliseconds: 10)
      all += truck.fixes
    }
    return all
  }

  private var still: VehicleParameters {
    var parameters = VehicleParameters()
    parameters.rollingResistance = 0
    parameters.dragArea = 0
    parameters.antennaForward = Metres(2)
    parameters.antennaLeft = Metres(0.5)
    return parameters
  }

  /// The antenna's position at the epoch, delivered 100 ms later.
  @Test func leverArmAndLatency() throws {
    let all = fixes(.ideal, still)
    #expect(all.count == 599)
    for (index, fix) in all.enumerated() {
      #expect(fix.validAt == Int64(index + 1) * 100 && fix.deliveredAt == fix.validAt + 100)
      let driven = 10 * Double(fix.validAt) / 1000
      let east = 300 + (driven + 2) * cosine(0.4) - 0.5 * sine(0.4)
      let north = -200 + (driven + 2) * sine(0.4) + 0.5 * cosine(0.4)
      #expect((fix.east - east).magnitude < 1e-6 && (fix.north - north).magnitude < 1e-6)
      #expect(fix.heading == 0.4 && fix.quality == 4)
    }
  }

  /// White 10 mm and drift 20 mm with 30 s: total 22 mm, neighbouring epochs differ by 14 mm.
  @Test func noiseClass() {
    let all = fixes(TruckSettings(), still)
    let ideal = fixes(.ideal, still)
    var square = 0.0
    var step = 0.0
    var previous = 0.0
    for (a, b) in zip(all, ideal) {
      let error = a.east - b.east
      square += error * error
      step += (error - previous) * (error - previous)
      previous = error
    }
    let count = Double(all.count)
    #expect((square / count).squareRoot() < 0.05)
    #expect(((step / count).squareRoot() - 0.0142).magnitude < 0.002)
  }

  /// The plant's own conversion agrees with the stack's site frame.
  @Test(arguments: [(0.0, 0.0), (2_000, -1_500), (-30_000, 40_000)])
  func tangentPlane(east: Double, north: Double) {
    let plane = TangentPlane(latitude: 46.6833, longitude: 82.79, height: 450)
    let frame = SiteFrame(
      latitude: Degrees(46.6833), longitude: Degrees(82.79), height: Metres(450))
    let position = plane.geodetic(east: east, north: north, up: 0)
    let back = frame.site(
      latitude: Degrees(position.latitude), longitude: Degrees(position.longitude),
      height: Metres(position.height))
    #expect((back.east.value - east).magnitude < 1e-6)
    #expect((back.north.value - north).magnitude < 1e-6)
    #expect(back.up.value.magnitude < 1e-6)
  }

  /// Sentences by the rules of NMEA 0183: checksum, fields, less than gpsd's 91 characters.
  @Test func sentences() {
    var fix = GNSSFix()
    // 2026-02-28 23:59:59.900 UTC
    fix.validAtUTC = 1_772_323_199_900_000_000
    fix.latitude = -46.999_999_999_95
    fix.longitude = 182.75
    fix.height = 450
    fix.speed = 10
    fix.course = -pi / 2
    fix.heading = pi
    var text: [UInt8] = []
    appendNMEA(of: fix, geoidSeparation: -40, to: &text)
    let lines = String(decoding: text, as: UTF8.self).components(separatedBy: "\r\n")
    #expect(lines.count == 5 && lines[4] == "")
    for line in lines.dropLast() {
      let body = line.dropFirst().prefix { $0 != "*" }
      let sum = body.utf8.reduce(UInt8(0), ^)
      #expect(line == "$" + body + "*" + String(format: "%02X", sum))
      #expect(line.utf8.count + 2 <= 91)
    }
    let position = lines[0].split(separator: ",", omittingEmptySubsequences: false)
    #expect(position[0] == "$GPGGA" && position[1] == "235959.900")
    #expect(position[2] == "4700.00000000" && position[3] == "S")
    #expect(position[4] == "18245.00000000" && position[5] == "E" && position[6] == "4")
    #expect(position[9] == "490.00" && position[11] == "-40.0")
    let motion = lines[1].split(separator: ",", omittingEmptySubsequences: false)
    #expect(motion[0] == "$GPRMC" && motion[7] == "19.438" && motion[8] == "180.00")
    #expect(motion[9] == "280226" && motion[12].hasPrefix("R"))
    #expect(lines[2].hasPrefix("$GPGSA,A,3,"))
    #expect(lines[3].hasPrefix("$GPHDT,270.000,T"))
  }

  /// Minutes carry the position to better than a millimetre.
  @Test func resolution() throws {
    var fix = GNSSFix()
    fix.validAtUTC = 1_772_323_199_900_000_000
    fix.latitude = 46.683_312_345_678
    fix.longitude = 82.812_345_678_912
    var text: [UInt8] = []
    appendNMEA(of: fix, geoidSeparation: 0, to: &text)
    let fields = String(decoding: text, as: UTF8.self).split(
      separator: ",", omittingEmptySubsequences: false)
    let latitude = try #require(Double(fields[2].dropFirst(2))) / 60 + 46
    let longitude = try #require(Double(fields[4].dropFirst(3))) / 60 + 82
    #expect((latitude - fix.latitude).magnitude * 111_320 < 0.0001)
    #expect((longitude - fix.longitude).magnitude * 111_320 < 0.0001)
  }

  /// A line, a clothoid and an arc; the truth is on it, and 1.5 m to its left.
  @Test func placesOnTheRoute() {
    var route = [RoutePiece(), RoutePiece(), RoutePiece()]
    route[0].length = Metres(50)
    route[1].start = Metres(50)
    route[1].length = Metres(20)
    route[1].sharpness = 0.005
    route[2].start = Metres(70)
    route[2].length = Metres(40)
    route[2].curvature = Curvature(0.1)
    // Ends by fine integration, as a map compiler would.
    var east = 0.0
    var north = 0.0
    var heading = 0.0
    var points: [(station: Double, east: Double, north: Double, heading: Double)] = []
    let step = 0.001
    for i in 0..<110_000 {
      let station = Double(i) * step
      let middle = station + step / 2
      if i == 50_000 { place(&route[1], east, north, heading) }
      if i == 70_000 { place(&route[2], east, north, heading) }
      if i % 1777 == 0 { points.append((station, east, north, heading)) }
      let curvature = middle < 50 ? 0 : middle < 70 ? (middle - 50) * 0.005 : 0.1
      let half = heading + curvature * step / 2
      east += step * cosine(half)
      north += step * sine(half)
      heading += curvature * step
    }
    for point in points {
      for offset in [0.0, 1.5] {
        let start = TruckStart(
          east: point.east - offset * sine(point.heading),
          north: point.north + offset * cosine(point.heading), heading: point.heading)
        let truck = Truck(
          parameters: VehicleParameters(), seed: 1, start: start, route: route)
        let record = truck.record
        #expect((record.rearAxleStation - point.station).magnitude < 0.0005)
        #expect((record.lateral - offset).magnitude < 0.0005)
      }
      let onIt = TruckStart(on: route, station: point.station)
      #expect((onIt.east - point.east).magnitude + (onIt.north - point.north).magnitude < 1e-4)
      #expect((onIt.heading - point.heading).magnitude < 1e-6)
    }
  }

  private func place(
    _ piece: inout RoutePiece, _ east: Double, _ north: Double, _ heading: Double
  ) {
    piece.east = Metres(east)
    piece.north = Metres(north)
    piece.heading = Radians(heading)
  }

  @Test func gradeIsFelt() {
    var route = [RoutePiece()]
    route[0].length = Metres(1_000)
    route[0].grade = 0.05
    var parameters = still
    parameters.mass = Kilograms(40_000)
    var truck = Truck(
      parameters: parameters, seed: 1,
      start: TruckStart(east: 10, north: 0, heading: 0, speed: 10), route: route)
    truck.step(milliseconds: 4_000)
    // The wheels' turning is 720 kg more to slow down.
    let expected = 10 - 4 * 9.81 * 0.05 * 40_000 / 40_720
    #expect((truck.record.speed - expected).magnitude < 1e-4)
  }
}
