import ActuatorGate
import BorderZone
import Control
import Estimation
import PathFollowing
import SafeStop
import Signals
import Units
import WireCodec

/// What co-simulation makes of the init message: the controller's configuration, its bus included.
struct CosimVehicle {
  static func merge(
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
    v.steeringLag = .seconds(try value("steer_tau", given.steer_tau, v.steeringLag.seconds, 0...2))
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
    // Fixes are of the rear axle, and their time of validity is given.
    v.antennaForward = .zero
    v.antennaLeft = .zero
    v.antennaHeadingOffset = .zero
    return v
  }

  static func value(
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

  /// Co-simulation has its own limits table: 25 m/s, 3 m/s2 of lateral acceleration.
  static func limits(_ vehicle: VehicleParameters, braking: Double) -> GateLimits {
    var limits = GateLimits()
    let largest = 0.98 * tan(vehicle.roadWheelAngleLimit.value) / vehicle.wheelbase.value
    for i in 0..<GateLimits.rowCount {
      limits.rows[i] = GateRow(
        speed: 4 * Double(i), curvature: largest, curvatureRate: 0.5, lateralAcceleration: 3,
        lateralJerk: 30, driveTorque: 1, driveTorqueRate: 3, brakeDeceleration: braking,
        brakeRelease: 10, retarderTorque: 0)
    }
    limits.speedCap = MetresPerSecond(25)
    limits.handOver.duration = .zero
    return limits
  }

  private static func tan(_ angle: Double) -> Double {
    // Series enough for a table: tan x = x + x3/3 + 2 x5/15.
    let square = angle * angle
    return angle * (1 + square * (1.0 / 3 + square * 2 / 15))
  }

  static func configuration(
    _ vehicle: VehicleParameters, braking: Double, stops: [Metres], end: Metres
  ) -> ControllerConfiguration {
    var configuration = ControllerConfiguration()
    configuration.vehicle = vehicle
    configuration.frames = CosimBus.table
    configuration.limits = limits(vehicle, braking: braking)
    configuration.originLatitude = Degrees(46.68)
    configuration.originLongitude = Degrees(82.8)
    configuration.originHeight = Metres(450)
    configuration.routeIdentifier = 1
    configuration.routeLength = end
    configuration.follower.cruiseSpeed = MetresPerSecond(25)
    configuration.follower.lateralAccelerationLimit = MetresPerSecondSquared(3)
    // One receiver at 1 Hz must not look like an outage, nor its metres like a lost position.
    configuration.estimator.gnssPeriod = .milliseconds(1_000)
    configuration.estimator.deadReckoningSigma = Metres(5)
    configuration.estimator.trustedSigma = Metres(2)
    // Nor its corrections like a truck that left a corridor, which the protocol does not have.
    configuration.safeStop.lateralWarning = Metres(2)
    configuration.safeStop.lateralLimit = Metres(4)
    for stop in stops {
      var line = HoldLine()
      line.stopTarget = stop + vehicle.rearAxleToFrontBumper
      line.supervisedLimit = line.stopTarget + Metres(3)
      configuration.zones.append(line)
    }
    var last = HoldLine()
    last.stopTarget = end - Metres(10)
    last.supervisedLimit = end
    configuration.zones.append(last)
    return configuration
  }
}

/// The bus between co-simulation and the step: few signals, finely scaled, so that nothing is lost
/// on the way that the protocol does not lose.
enum CosimBus {
  /// Channel, bytes from, bits, scale, offset; by frame.
  private static let layout: [[(SignalChannel, UInt16, UInt8, Double, Double)]] = [
    [(.wheelSpeedRearLeft, 0, 32, 1e-8, 0), (.wheelSpeedRearRight, 32, 32, 1e-8, 0)],
    [(.yawRate, 0, 32, 1e-9, -2), (.roadWheelAngle, 32, 32, 1e-9, -2)],
    [
      (.vehicleSpeed, 0, 32, 1e-8, 0), (.tractorParkingBrake, 32, 8, 1, 0),
      (.trailerParkingBrake, 40, 8, 1, 0), (.drivelineEngaged, 48, 8, 1, 0),
    ],
  ]

  static let table: FrameTable = {
    var table = FrameTable()
    for (i, fields) in layout.enumerated() {
      var row = ReceiveRow()
      row.identifier = UInt32(0x100 + i)
      row.mask = 0x7FF
      row.minimumLength = 8
      row.firstField = table.fieldCount
      row.fieldCount = fields.count
      row.period = .milliseconds(10)
      row.freshness = .milliseconds(100)
      for (channel, start, length, scale, offset) in fields {
        var field = SignalField()
        field.channel = channel
        field.bits = BitField(start: start, length: length)
        field.scale = scale
        field.offset = offset
        table.fields[table.fieldCount] = field
        table.fieldCount += 1
      }
      table.receive[i] = row
      table.receiveCount += 1
    }
    return table
  }()

  /// The frames of one tick; `values` gives each channel.
  static func append(
    to inputs: inout Inputs, values: (SignalChannel) -> Double
  ) {
    for (i, fields) in layout.enumerated() {
      var frame = ReceivedFrame()
      frame.identifier = UInt32(0x100 + i)
      frame.length = 8
      frame.receivedAt = inputs.now
      var word: UInt64 = 0
      for (channel, start, length, scale, offset) in fields {
        let most = Double((UInt64(1) << UInt64(length)) - 1)
        let raw = min(max(((values(channel) - offset) / scale).rounded(), 0), most)
        word |= UInt64(raw) << UInt64(start)
      }
      frame.words[0] = word
      inputs.frames.append(frame)
    }
  }
}
