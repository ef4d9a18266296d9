import Control
import Foundation
import PathFollowing
import Recording
import ReproducibleMath
import Signals
import Units

/// What an init message asks for, checked.
package struct CosimSetup {
  let vehicle: VehicleParameters
  let route: [RoutePiece]
  let stops: [Double]
  let start: [Double]
  let accelerations: ClosedRange<Double>

  package init(_ message: CosimMessage.Start, vehicle profile: VehicleParameters) throws {
    guard message.version == 1 else {
      throw CommandFailure.badInput("cosim: version 1 is spoken, found \(message.version)")
    }
    guard message.dt == 0.01 else {
      throw CommandFailure.badInput("cosim: dt must be 0.01 s, found \(message.dt)")
    }
    vehicle = try CosimVehicle.merge(message.vehicle, into: profile)
    route = try CosimRoute.pieces(message)
    stops = try CosimRoute.stops(message)
    let lowest = try CosimVehicle.value("acc_min", message.vehicle.acc_min, -3, -10 ... -0.5)
    let highest = try CosimVehicle.value("acc_max", message.vehicle.acc_max, 1, 0.1...5)
    accelerations = lowest...highest
    start = message.start
    guard start.count == 4, start.allSatisfy({ $0.magnitude < 1e6 }), (0...40).contains(start[3])
    else {
      throw CommandFailure.badInput("cosim: start must be [x, y, yaw, v], found \(start)")
    }
  }
}

/// The whole step behind the co-simulation: sensors become frames and reports, the command that
/// left the gate becomes road-wheel angle and acceleration.
package struct CosimSession: ~Copyable {
  private var controller: Controller
  private var inputs = Inputs()
  private let vehicle: VehicleParameters
  private let route: [RoutePiece]
  private let stops: [Double]
  private let frame: SiteFrame
  private let accelerations: ClosedRange<Double>
  private var expected = 0
  private var lastTime = -Double.infinity
  private var released = 0
  private var sequence: UInt64 = 0
  private var command = Command()
  private var demand = StopDemand()
  private var recording: CosimRecording?

  /// Time of the protocol's zero on the step's clock.
  private static var epoch: Instant { Instant(nanoseconds: 10_000_000_000) }

  package init(_ setup: CosimSetup) {
    vehicle = setup.vehicle
    route = setup.route
    stops = setup.stops
    accelerations = setup.accelerations
    let configuration = CosimVehicle.configuration(
      vehicle, braking: -accelerations.lowerBound, stops: stops.map { Metres($0) },
      end: route[route.count - 1].end)
    frame = SiteFrame(
      latitude: configuration.originLatitude, longitude: configuration.originLongitude,
      height: configuration.originHeight)
    // An outer simulator has no papers to show at a move-off.
    inputs.records.isBench = true
    controller = Controller(configuration: configuration)
    controller.beginInMotion(
      at: Self.epoch, east: Metres(setup.start[0]), north: Metres(setup.start[1]),
      heading: Radians(setup.start[2]), speed: MetresPerSecond(setup.start[3]),
      route: setup.route.span)
  }

  /// Writes every cycle from now on into a file; before the first one.
  package mutating func record(to path: String) throws(CommandFailure) {
    do throws(RecordingError) {
      recording = try CosimRecording(path, controller.configuration, route: route)
    } catch {
      throw .badInput("cosim: \(error)")
    }
  }

  package mutating func finishRecording() throws(CommandFailure) {
    try recording?.finish()
    recording = nil
  }

  package mutating func step(
    _ tick: CosimMessage.Tick, line: Int
  ) throws -> CosimMessage.Reply {
    try check(tick, line)
    expected += 1
    lastTime = tick.t
    inputs.beginCycle(at: Self.epoch + .seconds(tick.t))
    CosimBus.append(to: &inputs) { [command] channel in
      switch channel {
      case .yawRate: tick.yaw_rate
      case .roadWheelAngle: tick.steer
      case .tractorParkingBrake: command.tractorParkingBrake ? 1 : 0
      case .trailerParkingBrake: command.trailerParkingBrake ? 1 : 0
      case .drivelineEngaged: 1
      default: tick.speed
      }
    }
    if let fix = tick.gnss { inputs.append(report(fix)) }
    release(upTo: tick.next_stop)

    let pieces = route
    let clock = ContinuousClock()
    recording?.begin(&controller, cycle: inputs.cycle)
    let before = clock.now
    let outputs = controller.step(inputs, route: pieces.span)
    let elapsed = clock.now - before
    recording?.take(inputs, outputs, decodedHash: controller.decodedHash)
    command = outputs.command
    if outputs.demand != demand {
      demand = outputs.demand
      let text = "tulpar: cosim: \(tick.t) s: \(demand.level) because \(demand.reason)\n"
      FileHandle.standardError.write(Data(text.utf8))
    }
    return CosimMessage.Reply(
      steer: arctangent(command.curvature.value * vehicle.wheelbase.value),
      accel: acceleration(outputs.state.speed.value),
      ns: UInt64(max(elapsed.components.attoseconds / 1_000_000_000, 0)),
      est: CosimMessage.Estimate(
        x: outputs.state.east.value, y: outputs.state.north.value,
        yaw: outputs.state.heading.value, trust: "\(outputs.state.trust)".uppercased()))
  }

  private func check(_ tick: CosimMessage.Tick, _ line: Int) throws {
    func refuse(_ reason: String) -> CommandFailure { .badInput("cosim: line \(line): \(reason)") }
    guard tick.k == expected else {
      throw refuse("tick \(expected) is due, found tick \(tick.k)")
    }
    guard tick.t > lastTime, tick.t.magnitude < 1e6 else {
      throw refuse("t must grow, found \(tick.t) after \(lastTime)")
    }
    guard (0...42).contains(tick.speed) else {
      throw refuse("speed must be from 0 to 42 m/s, found \(tick.speed)")
    }
    guard tick.yaw_rate.magnitude < 2, tick.steer.magnitude < 1.5 else {
      throw refuse("yaw_rate or steer is beyond any truck: \(tick.yaw_rate), \(tick.steer)")
    }
    if let stop = tick.next_stop, index(of: stop) == nil {
      throw refuse("next_stop must be one of the stops of init, found \(stop)")
    }
    if let fix = tick.gnss {
      guard fix.t <= tick.t + 1e-6, [fix.x, fix.y].allSatisfy({ $0.magnitude < 1e6 }) else {
        throw refuse("gnss must be of the past and within 1000 km")
      }
    }
  }

  private func index(of stop: Double) -> Int? {
    stops.firstIndex { ($0 - stop).magnitude < 1e-3 }
  }

  /// Every line before the next closed gate is open.
  private mutating func release(upTo next: Double?) {
    let open = next.flatMap { index(of: $0) } ?? stops.count
    while released < open {
      var fact = Fact()
      fact.kind = .release
      fact.argument = UInt32(released)
      sequence += 1
      fact.sequence = sequence
      inputs.append(fact)
      released += 1
    }
  }

  /// What a platform with this drivetrain makes of the command.
  private func acceleration(_ speed: Double) -> Double {
    let drive = command.driveTorque.value * Powertrain.availableForce(speed, vehicle)
    let net = drive / vehicle.mass.value - command.brakeDeceleration.value
    return min(max(net, accelerations.lowerBound), accelerations.upperBound)
  }

  private func report(_ fix: CosimMessage.Fix) -> GNSSReport {
    var report = GNSSReport()
    // The step takes the latency off again: what counts is the time of validity.
    report.receivedAt = Self.epoch + .seconds(fix.t) + vehicle.gnssLatency
    report.mode = 3
    report.status = 2
    let position = frame.geodetic(east: Metres(fix.x), north: Metres(fix.y), up: .zero)
    report.latitude = position.latitude
    report.longitude = position.longitude
    report.height = position.height
    if let heading = fix.heading, heading.magnitude < 1e6 {
      report.heading = Degrees(90 - heading * 180 / pi)
    }
    if let speed = fix.speed { report.speed = MetresPerSecond(speed) }
    return report
  }
}

/// The route of an init message.
enum CosimRoute {
  private static let columns = ["s", "x", "y", "yaw", "kappa", "v_ref"]

  static func stops(_ start: CosimMessage.Start) throws -> [Double] {
    let stops = start.stops ?? []
    guard stops.count < 16, stops.allSatisfy({ $0.magnitude < 1e6 }),
      zip(stops, stops.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw CommandFailure.badInput("cosim: stops must be at most 15 growing arc lengths")
    }
    return stops
  }

  static func pieces(_ start: CosimMessage.Start) throws -> [RoutePiece] {
    guard start.columns == columns else {
      throw CommandFailure.badInput("cosim: columns must be \(columns), found \(start.columns)")
    }
    let rows = start.path
    guard rows.count >= 2, rows.count <= 1_000_000 else {
      throw CommandFailure.badInput("cosim: path must have 2 to 1000000 rows, found \(rows.count)")
    }
    for (i, row) in rows.enumerated() {
      guard row.count == 6, row.allSatisfy({ $0.magnitude < 1e6 }), row[5] >= 0 else {
        throw CommandFailure.badInput("cosim: path[\(i)] must be six numbers, found \(row)")
      }
      guard i == 0 || row[0] > rows[i - 1][0] else {
        throw CommandFailure.badInput("cosim: path[\(i)]: s must grow, found \(row[0])")
      }
    }
    return rows.indices.map { piece(rows[$0], next: $0 + 1 < rows.count ? rows[$0 + 1] : nil) }
  }

  private static func piece(_ row: [Double], next: [Double]?) -> RoutePiece {
    var piece = RoutePiece()
    piece.start = Metres(row[0])
    piece.east = Metres(row[1])
    piece.north = Metres(row[2])
    piece.heading = Radians(row[3])
    piece.speedLimit = Float(row[5])
    guard let next else {
      // The path goes on straight, so that its end is no stop by itself.
      piece.length = Metres(1_000)
      return piece
    }
    piece.curvature = Curvature(row[4])
    piece.length = Metres(next[0] - row[0])
    piece.sharpness = (next[4] - row[4]) / piece.length.value
    piece.speedLimit = Float(min(row[5], next[5]))
    return piece
  }
}
