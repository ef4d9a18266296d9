import Signals
import Units
import WireCodec

/// What a truck told in one cycle of 10 ms, live, from a recording or of the plant: all that a
/// procedure sees.
package struct CommissioningSample: Sendable {
  package var now = Instant.never
  package var signals = SignalStore()
  package var reading = TruckReading()
  package var arrivals: [FrameArrival] = []
  package var epochs: [MotionEpoch] = []
  package var command = HeardCommand()

  package init() {}
}

/// A frame of a row of the profile.
package struct FrameArrival: Sendable {
  package var row: Int
  package var at: Instant
  /// Length, checksum and counter are as they should be.
  package var isSound: Bool
}

/// What somebody commands the truck: the daemon, or a maker's tool on the bus.
package struct HeardCommand: Sendable, Equatable {
  /// Road wheels, rad, left positive; NaN while nobody steers by command.
  package var roadWheelAngle = Double.nan
  /// m/s2; NaN while nobody commands the brake.
  package var deceleration = Double.nan

  package init() {}

  /// Of a cycle of the daemon, while it is the one who drives.
  package init(_ outputs: Outputs, _ context: CommissioningContext) {
    guard outputs.mode == .autonomous || outputs.mode == .stopping else { return }
    roadWheelAngle =
      context.geometry.roadWheelAngle(of: outputs.command.curvature).value
    deceleration = outputs.command.brakeDeceleration.value
  }
}

/// The signals in common terms; NaN for what is absent or stale.
///
/// SI units, left positive.
package struct TruckReading: Sendable {
  /// Of the rear axle's wheels, else the best there is.
  package var speed = Double.nan
  package var yawRate = Double.nan
  package var roadWheelAngle = Double.nan
  package var longitudinalAcceleration = Double.nan
  package var lateralAcceleration = Double.nan
  package var brakePedal = Double.nan
  /// When the newest of these was received.
  package var speedAt = Instant.never
  package var steeringAt = Instant.never
  package var brakeAt = Instant.never
  package var yawAt = Instant.never

  package init() {}

  package init(
    _ signals: SignalStore, at now: Instant, _ context: CommissioningContext
  ) {
    func value(_ channel: SignalChannel) -> Double {
      signals[channel].fresh(at: now, within: .milliseconds(500)) ?? .nan
    }
    func axle(_ left: SignalChannel, _ right: SignalChannel) -> Double {
      (value(left) + value(right)) / 2
    }
    let sources: [(Double, SignalChannel)] = [
      (axle(.wheelSpeedRearLeft, .wheelSpeedRearRight), .wheelSpeedRearLeft),
      (axle(.wheelSpeedFrontLeft, .wheelSpeedFrontRight), .wheelSpeedFrontLeft),
      (value(.vehicleSpeed), .vehicleSpeed), (value(.frontAxleSpeed), .frontAxleSpeed),
    ]
    if let best = sources.first(where: { $0.0.isFinite }) {
      speed = best.0.magnitude
      speedAt = signals[best.1].validAt
    }
    let gear = value(.currentGear)
    if gear < 0 || value(.travelDirection) == 1 { speed = -speed }
    yawRate = value(.yawRate)
    longitudinalAcceleration = value(.longitudinalAcceleration)
    lateralAcceleration = value(.lateralAcceleration)
    brakePedal = value(.brakePedal)
    brakeAt = signals[.brakePedal].validAt
    yawAt = signals[.yawRate].validAt
    readSteering(signals, context, value)
  }

  /// In the order of the estimator: what is calibrated here is what it uses.
  private mutating func readSteering(
    _ signals: SignalStore, _ context: CommissioningContext, _ value: (SignalChannel) -> Double
  ) {
    let channel = context.steeringChannel
    steeringAt = signals[channel].validAt
    let raw = value(channel)
    switch channel {
    case .steeringWheelAngle: roadWheelAngle = raw / context.vehicle.steeringRatio
    case .steeringCurvature:
      roadWheelAngle = context.geometry.roadWheelAngle(of: Curvature(raw)).value
      if raw.isNaN { roadWheelAngle = .nan }
    default: roadWheelAngle = raw
    }
  }
}

/// A GNSS epoch beside what the truck's own sensors had counted up to the moment of its validity.
package struct MotionEpoch: Sendable {
  /// s of the local clock.
  package var time = 0.0
  /// The antenna in a plane that begins at the first epoch, m.
  package var east = 0.0
  package var north = 0.0
  /// Of the truck, rad counter-clockwise from east; NaN from a single antenna.
  package var heading = Double.nan
  /// m/s, and over ground, rad counter-clockwise from east.
  package var groundSpeed = Double.nan
  package var course = Double.nan
  /// One sigma, by the profile's table.
  package var sigma = Double.nan
  package var isFixed = false
  package var counts = MotionCounts()

  package init() {}
}

/// Integrals over the truck's own sensors.
package struct MotionCounts: Sendable {
  package var time = 0.0
  /// m, by the wheels.
  package var distance = 0.0
  /// rad, by the gyro.
  package var yaw = 0.0
  /// rad, by the steering: what the truck turns at this angle.
  package var steered = 0.0
  /// Road-wheel angle times distance, rad m.
  package var angleDistance = 0.0
  /// Not counted: of this moment.
  package var speed = 0.0
  package var yawRate = 0.0

  package init() {}

  static func between(_ a: Self, _ b: Self, at time: Double) -> Self {
    guard b.time > a.time else { return b }
    let share = (time - a.time) / (b.time - a.time)
    func mix(_ x: Double, _ y: Double) -> Double { x + share * (y - x) }
    var result = MotionCounts()
    result.time = time
    result.distance = mix(a.distance, b.distance)
    result.yaw = mix(a.yaw, b.yaw)
    result.steered = mix(a.steered, b.steered)
    result.angleDistance = mix(a.angleDistance, b.angleDistance)
    result.speed = mix(a.speed, b.speed)
    result.yawRate = mix(a.yawRate, b.yawRate)
    return result
  }
}
