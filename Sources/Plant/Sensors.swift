import ReproducibleMath

/// The truth that sensors look at, once a millisecond.
struct MotionSample: Sendable {
  var speed = 0.0
  var acceleration = 0.0
  var lateralAcceleration = 0.0
  var yawRate = 0.0
  var roadWheelAngle = 0.0
}

/// The truck's own sensors: latency from a short memory of the truth, noise from the seed.
struct Sensors: Sendable {
  private var history = InlineArray<64, MotionSample>(repeating: MotionSample())
  private var index = 0
  private var random: RandomSource

  init(seed: UInt64, dynamics: TruckDynamics) {
    random = RandomSource(seed: seed)
    for _ in 0..<64 { remember(dynamics) }
  }

  mutating func remember(_ dynamics: TruckDynamics) {
    index = (index + 1) & 63
    history[index].speed = dynamics.speed
    history[index].acceleration = dynamics.acceleration
    history[index].lateralAcceleration = dynamics.lateralAcceleration
    history[index].yawRate = dynamics.yawRate
    history[index].roadWheelAngle = dynamics.roadWheelAngle
  }

  /// As it was `delay` ms ago, at most 63.
  func sample(delay: Int) -> MotionSample { history[(index - min(max(delay, 0), 63)) & 63] }

  mutating func noise(_ deviation: Double) -> Double {
    deviation == 0 ? 0 : deviation * random.normal()
  }

  /// Front left, front right, rear left, rear right, m/s; unsigned, as wheel sensors are.
  mutating func wheelSpeeds(
    vehicle: VehicleModel, trackWidth: Double, settings: SensorSettings
  ) -> InlineArray<4, Double> {
    let motion = sample(delay: 10)
    var speeds = InlineArray<4, Double>(repeating: 0)
    let blindBelow = max(settings.wheelSpeedCutOut, settings.speedCutOut)
    guard motion.speed.magnitude > blindBelow, motion.speed != 0 else {
      return speeds
    }
    for i in 0..<4 {
      let left = i & 1 == 0 ? trackWidth / 2 : -trackWidth / 2
      let along = motion.speed - motion.yawRate * left
      let across = i < 2 ? motion.yawRate * vehicle.wheelbase : 0
      let pace = (along * along + across * across).squareRoot()
      let read = pace * settings.wheelSpeedScale + noise(settings.wheelSpeedNoise)
      speeds[i] = max(read, 0)
    }
    return speeds
  }
}
