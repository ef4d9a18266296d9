import ReproducibleMath

/// The truth that sensors look at, once a millisecond.
struct MotionSample: Sendable {
  var speed = 0.0
  var acceleration = 0.0
  var lateralAcceleration = 0.0
  var yawRate = 0.0
  var roadWheelAngle = 0.0
  /// Treads of front, drive and trailer wheels, left before right, m/s.
  var rims = InlineArray<6, Double>(repeating: 0)

  /// What the gearbox output turns with: the drive wheels, by a sensor of its own, m/s.
  var driveline = 0.0

  var frontAxle: Double { (rims[0] + rims[1]) / 2 }
}

/// What is wrong with the tone-ring sensors of an axle.
package enum WheelSensorFault: Sendable {
  case none, zero, frozen
}

/// The truck's own sensors: latency from a short memory of the truth, noise from the seed.
struct Sensors: Sendable {
  private var history = InlineArray<64, MotionSample>(repeating: MotionSample())
  private var index = 0
  private var random: RandomSource
  /// Front, drive, trailer.
  var axleFaults = InlineArray<3, WheelSensorFault>(repeating: .none)

  init(seed: UInt64, dynamics: TruckDynamics) {
    random = RandomSource(seed: seed)
    for _ in 0..<64 { remember(dynamics) }
  }

  mutating func remember(_ dynamics: TruckDynamics) {
    index = (index + 1) & 63
    history[index].speed = dynamics.speed
    history[index].acceleration = dynamics.acceleration
    // An accelerometer also feels what gravity has across the truck.
    history[index].lateralAcceleration =
      dynamics.lateralAcceleration - TruckDynamics.gravity * dynamics.bank
    history[index].yawRate = dynamics.yawRate
    history[index].roadWheelAngle = dynamics.roadWheelAngle
    history[index].driveline = dynamics.driveRim
    for wheel in 0..<6 {
      switch axleFaults[wheel / 2] {
      case .none: history[index].rims[wheel] = dynamics.wheels[wheel].rim
      case .zero: history[index].rims[wheel] = 0
      case .frozen: history[index].rims[wheel] = history[(index - 1) & 63].rims[wheel]
      }
    }
  }

  /// As it was `delay` ms ago, at most 63.
  func sample(delay: Int) -> MotionSample { history[(index - min(max(delay, 0), 63)) & 63] }

  mutating func noise(_ deviation: Double) -> Double {
    deviation == 0 ? 0 : deviation * random.normal()
  }

  /// Front left, front right, rear left, rear right, m/s; unsigned, as wheel sensors are, and zero
  /// where a tone ring turns too slowly or not at all.
  mutating func wheelSpeeds(_ settings: SensorSettings) -> InlineArray<4, Double> {
    let motion = sample(delay: 10)
    var speeds = InlineArray<4, Double>(repeating: 0)
    let blindBelow = max(settings.wheelSpeedCutOut, settings.speedCutOut)
    for i in 0..<4 where motion.rims[i].magnitude > blindBelow {
      let read = motion.rims[i].magnitude * settings.wheelSpeedScale
      speeds[i] = max(read + noise(settings.wheelSpeedNoise), 0)
    }
    return speeds
  }

  func frontAxleSpeed(_ settings: SensorSettings) -> Double {
    let pace = sample(delay: 20).frontAxle.magnitude
    return pace > settings.wheelSpeedCutOut ? pace * settings.frontAxleSpeedScale : 0
  }
}
