import Estimation
import Foundation
import PathFollowing
import ReproducibleMath
import Signals
import Units

/// The stack behind the co-simulation: estimator and path follower fed with raw values.
struct CosimSession {
  private var vehicle: VehicleParameters
  private var estimator = Estimator()
  private var follower = PathFollower()
  private var signals = SignalStore()
  private var sensing = EstimatorConfiguration()
  private var following = FollowerConfiguration()
  private let route: [RoutePiece]
  private let frame = SiteFrame(
    latitude: Degrees(46.68), longitude: Degrees(82.8), height: Metres(450))
  private let accelerationRange: ClosedRange<Double>
  private var expected = 0
  private var lastTime = -Double.infinity

  init(_ start: CosimMessage.Start, vehicle profile: VehicleParameters) throws {
    guard start.version == 1 else {
      throw CommandFailure.badInput("cosim: version 1 is spoken, found \(start.version)")
    }
    guard (0.001...0.1).contains(start.dt) else {
      throw CommandFailure.badInput("cosim: dt must be from 0.001 to 0.1 s, found \(start.dt)")
    }
    vehicle = try Self.merge(start.vehicle, into: profile)
    route = try Self.route(start)
    let lowest = try Self.value("acc_min", start.vehicle.acc_min, -3, -10 ... -0.5)
    let highest = try Self.value("acc_max", start.vehicle.acc_max, 1, 0.1...5)
    accelerationRange = lowest...highest
    guard start.start.count == 4, start.start.allSatisfy({ $0.magnitude < 1e6 }) else {
      throw CommandFailure.badInput("cosim: start must be [x, y, yaw, v]")
    }
    // Co-simulation has its own limits (cosim.md).
    following.cruiseSpeed = MetresPerSecond(25)
    following.lateralAccelerationLimit = MetresPerSecondSquared(3)
    sensing.standstillNeedsTwoSources = false
    estimator.initialise(
      at: Instant(nanoseconds: 1_000_000_000), east: Metres(start.start[0]),
      north: Metres(start.start[1]), heading: Radians(start.start[2]),
      speed: MetresPerSecond(start.start[3]), positionSigma: Metres(0.02),
      headingSigma: Radians(0.002), configuration: sensing)
  }

  mutating func step(_ tick: CosimMessage.Tick, line: Int) throws -> CosimMessage.Reply {
    guard tick.k == expected, tick.t > lastTime, tick.t < 1e6 else {
      throw CommandFailure.badInput(
        "cosim: line \(line): tick \(expected) later than \(lastTime) s is due, "
          + "found tick \(tick.k) at \(tick.t) s")
    }
    expected += 1
    lastTime = tick.t
    let now = Instant(nanoseconds: 1_000_000_000) + .seconds(tick.t)
    set(.wheelSpeedRearLeft, tick.speed, now)
    set(.wheelSpeedRearRight, tick.speed, now)
    set(.yawRate, tick.yaw_rate, now)
    set(.roadWheelAngle, tick.steer, now)
    var reports = InlineArray<4, GNSSReport>(repeating: GNSSReport())
    if let fix = tick.gnss { reports[0] = report(fix) }
    var limits = MotionLimits()
    let end = route[route.count - 1].end
    let stop = tick.next_stop.map { Metres($0) + vehicle.rearAxleToFrontBumper }
    limits.authority.stopTarget = stop ?? end
    limits.authority.supervisedLimit = limits.authority.stopTarget + Metres(5)

    let clock = ContinuousClock()
    let before = clock.now
    let state = estimator.step(
      now: now, signals: signals, gnss: reports, gnssCount: tick.gnss == nil ? 0 : 1,
      parameters: vehicle, frame: frame, configuration: sensing)
    let pieces = route
    let span = pieces.span
    let path = follower.locate(
      state: state, route: span, parameters: vehicle, configuration: following)
    let output = follower.step(
      request: .drive, state: state, path: path, route: span, limits: limits,
      parameters: vehicle, configuration: following)
    let elapsed = clock.now - before

    let angle = arctangent(output.command.curvature.value * vehicle.wheelbase.value)
    return CosimMessage.Reply(
      steer: angle, accel: acceleration(output.command, state.speed.value),
      ns: UInt64(max(elapsed.components.attoseconds / 1_000_000_000, 0)),
      est: CosimMessage.Estimate(
        x: state.east.value, y: state.north.value, yaw: state.heading.value,
        trust: "\(state.trust)".uppercased()))
  }

  /// What a platform with this drivetrain makes of the command.
  private func acceleration(_ command: Command, _ speed: Double) -> Double {
    let drive = command.driveTorque.value * Powertrain.availableForce(speed, vehicle)
    let retarder = command.retarderTorque.value * vehicle.retarderForce.value
    let net = (drive - retarder) / vehicle.mass.value - command.brakeDeceleration.value
    return min(max(net, accelerationRange.lowerBound), accelerationRange.upperBound)
  }

  private mutating func set(_ channel: SignalChannel, _ value: Double, _ now: Instant) {
    var sample = SignalSample()
    sample.value = value
    sample.validAt = now
    sample.receivedAt = now
    sample.state = .valid
    signals[channel] = sample
  }

  private func report(_ fix: CosimMessage.Fix) -> GNSSReport {
    var report = GNSSReport()
    report.receivedAt =
      Instant(nanoseconds: 1_000_000_000) + .seconds(fix.t) + vehicle.gnssLatency
    report.mode = 3
    report.status = 3
    let position = frame.geodetic(east: Metres(fix.x), north: Metres(fix.y), up: .zero)
    report.latitude = position.latitude
    report.longitude = position.longitude
    report.height = position.height
    if let heading = fix.heading { report.heading = Degrees(90 - heading * 180 / pi) }
    if let speed = fix.speed { report.speed = MetresPerSecond(speed) }
    report.sigma = Metres(0.03)
    return report
  }

  private static func value(
    _ name: String, _ value: Double?, _ standard: Double, _ range: ClosedRange<Double>
  ) throws -> Double {
    guard let value else { return standard }
    guard range.contains(value) else {
      throw CommandFailure.badInput(
        "cosim: vehicle.\(name) must be from \(range.lowerBound) to \(range.upperBound), "
          + "found \(value)")
    }
    return value
  }

  private static func merge(
    _ given: CosimMessage.Vehicle, into profile: VehicleParameters
  ) throws -> VehicleParameters {
    var v = profile
    v.wheelbase.value = try value("L1", given.L1, v.wheelbase.value, 1...12)
    v.fifthWheelOffset.value = try value("h1", given.h1, v.fifthWheelOffset.value, -5...5)
    v.kingPinToTrailerAxle.value = try value("L2", given.L2, v.kingPinToTrailerAxle.value, 1...20)
    v.understeerGradient = try value("K_us", given.K_us, v.understeerGradient, 0...0.1)
    v.rearAxleSlip = try value("S1", given.S1, v.rearAxleSlip, 0...0.1)
    v.trailerAxleSlip = try value("S2", given.S2, v.trailerAxleSlip, 0...0.1)
    v.yawLagAtRest = .seconds(try value("tau_y0", given.tau_y0, v.yawLagAtRest.seconds, 0...1))
    v.yawLagPerSpeed = try value("tau_y1", given.tau_y1, v.yawLagPerSpeed, 0...0.1)
    v.steeringDelay = .seconds(
      try value("steer_delay", given.steer_delay, v.steeringDelay.seconds, 0...0.5))
    v.steeringLag = .seconds(
      try value("steer_tau", given.steer_tau, v.steeringLag.seconds, 0...2))
    v.steeringRate.value = try value(
      "steer_rate", given.steer_rate, v.steeringRate.value, 0.01...10)
    v.roadWheelAngleLimit.value = try value(
      "steer_max", given.steer_max, v.roadWheelAngleLimit.value, 0.05...1.2)
    v.driveDelay = .seconds(try value("acc_delay", given.acc_delay, v.driveDelay.seconds, 0...0.5))
    v.driveLag = .seconds(try value("acc_tau", given.acc_tau, v.driveLag.seconds, 0...3))
    // The plant of the protocol has one actuator for both, and no resistance that is told.
    v.brakeDelay = v.driveDelay
    v.brakeLag = v.driveLag
    v.rollingResistance = 0
    v.dragArea = 0
    v.drivePower = Watts(1e9)
    return v
  }

  private static func route(_ start: CosimMessage.Start) throws -> [RoutePiece] {
    let names = ["s", "x", "y", "yaw", "kappa", "v_ref"]
    guard start.columns == names else {
      throw CommandFailure.badInput("cosim: columns must be \(names), found \(start.columns)")
    }
    guard start.path.count >= 2, start.path.count <= 1_000_000 else {
      throw CommandFailure.badInput(
        "cosim: path must have 2 to 1000000 rows, found \(start.path.count)")
    }
    var route: [RoutePiece] = []
    route.reserveCapacity(start.path.count)
    for (i, row) in start.path.enumerated() {
      guard row.count == 6, row.allSatisfy({ $0.magnitude < 1e6 }), row[5] >= 0 else {
        throw CommandFailure.badInput("cosim: path[\(i)] must be six numbers, found \(row)")
      }
      var piece = RoutePiece()
      piece.start = Metres(row[0])
      piece.east = Metres(row[1])
      piece.north = Metres(row[2])
      piece.heading = Radians(row[3])
      piece.curvature = Curvature(row[4])
      piece.speedLimit = Float(row[5])
      if i + 1 < start.path.count {
        let next = start.path[i + 1]
        guard next.count == 6, next[0] > row[0] else {
          throw CommandFailure.badInput("cosim: path[\(i + 1)]: s must grow")
        }
        piece.length = Metres(next[0] - row[0])
        piece.sharpness = (next[4] - row[4]) / piece.length.value
        piece.speedLimit = Float(min(row[5], next[5]))
      } else {
        // The path goes on straight, so that its end is no stop by itself.
        piece.curvature = .zero
        piece.length = Metres(1_000)
      }
      route.append(piece)
    }
    return route
  }
}
