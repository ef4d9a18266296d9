import ReproducibleMath
import Signals
import Units

// Prediction by odometry and the corrections by the truck's own sensors.
extension Estimator {
  /// Carries the belief over one cycle.
  mutating func predict(
    _ seconds: Double, _ readings: SensorReadings,
    _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    let speed = belief.mean[Belief.speed]
    let isStill = standstill.isStandstill
    if let measured = readings.steering {
      steering = measured
      steeringAge = 0
    } else {
      steeringAge = min(steeringAge + 1, 1_000_000)
    }
    let modelled = modelledYawRate(speed, parameters)
    let bias = belief.mean[Belief.gyroBias]
    // Without a gyro the steering model turns the pose.
    let measured = readings.yawRate.map { $0 - bias } ?? modelled
    let rate = isStill ? 0 : measured
    smoothYawRate(
      seconds, rate, modelled, isStill, hasGyro: readings.yawRate != nil, speed, parameters)

    let slip = rearAxleSlip(parameters) * speed * rate
    let lateral = -speed * slip * (1 + slip * slip / 3)
    // A rate is of its moment; between two the truck turned at their mean.
    let turn = 0.5 * (rate + lastRate) * seconds
    lastRate = rate
    let middle = belief.mean[Belief.heading] + 0.5 * turn
    let c = cosine(middle)
    let s = sine(middle)
    let east = speed * c - lateral * s
    let north = speed * s + lateral * c
    if headingKnown {
      belief.mean[Belief.east] += east * seconds
      belief.mean[Belief.north] += north * seconds
    }
    belief.mean[Belief.heading] += turn
    belief.mean[Belief.speed] += belief.mean[Belief.acceleration] * seconds
    if speed >= 0, !readings.isReversing, belief.mean[Belief.speed] < 0 {
      belief.mean[Belief.speed] = 0
    }
    belief.propagate(
      seconds, velocityEast: east, velocityNorth: north, cosine: c, sine: s,
      slipping: isStill ? 0 : speed * speed * rate,
      turning: readings.yawRate != nil && !isStill)
    addProcessNoise(seconds, rate, lateral, isStill, readings, configuration)
    followOdometry(seconds, speed, rate, turn, lateral)
    odometer += speed.magnitude * seconds
    trailer.advance(
      seconds, speed: speed, lateral: lateral, yawRate: isStill ? 0 : rate,
      measured: readings.articulation, parameters: parameters)
  }

  private mutating func followOdometry(
    _ seconds: Double, _ speed: Double, _ rate: Double, _ turn: Double, _ lateral: Double
  ) {
    let middle = odometry.heading + 0.5 * turn
    let c = cosine(middle)
    let s = sine(middle)
    odometry.x += (speed * c - lateral * s) * seconds
    odometry.y += (speed * s + lateral * c) * seconds
    odometry.heading += turn
    odometry.speed = speed
    odometry.yawRate = rate
  }

  /// Steady-state yaw rate of the measured steering, understeer included.
  @_addressableSelf private func modelledYawRate(
    _ speed: Double, _ parameters: borrowing @_addressable VehicleParameters
  ) -> Double {
    let offset = belief.mean[Belief.steeringOffset]
    return speed * (steering + offset * (1 + steering * steering)) / length(speed, parameters)
  }

  /// Wheelbase and understeer: yaw rate = speed * tan(angle) / length.
  @_addressableSelf private func length(
    _ speed: Double, _ parameters: borrowing @_addressable VehicleParameters
  ) -> Double {
    let gradient = max(parameters.understeerGradient + belief.mean[Belief.understeer], 0)
    return max(parameters.wheelbase.value + gradient * speed * speed, 0.5)
  }

  /// The gyro's noise is averaged against the lagged steering model, which has no delay.
  private mutating func smoothYawRate(
    _ seconds: Double, _ measured: Double, _ modelled: Double, _ isStill: Bool, hasGyro: Bool,
    _ speed: Double, _ parameters: borrowing @_addressable VehicleParameters
  ) {
    guard !isStill else {
      yawRate = 0
      modelYawRate = 0
      return
    }
    let lag = max(
      parameters.yawLagAtRest.seconds + parameters.yawLagPerSpeed * speed.magnitude, 0.02)
    modelYawRate += (modelled - modelYawRate) * min(seconds / lag, 1)
    if steeringAge < 20 { yawRate += (modelled - yawRate) * min(seconds / lag, 1) }
    if hasGyro {
      // 25 rad/s: three samples' worth of gyro, so that a wrong model fades within 40 ms.
      yawRate += (measured - yawRate) * min(25 * seconds, 1)
    } else if steeringAge >= 20 {
      yawRate = measured
    }
  }

  private mutating func addProcessNoise(
    _ seconds: Double, _ rate: Double, _ lateral: Double, _ isStill: Bool,
    _ readings: SensorReadings, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    func noise(_ walk: Double) -> Double { walk * walk * seconds }
    belief.addNoise(Belief.acceleration, noise(configuration.accelerationWalk))
    belief.addNoise(Belief.gyroBias, noise(configuration.gyroBiasWalk))
    guard !isStill else { return }
    // Slip is wrong for seconds on end, not from cycle to cycle: one second of correlation.
    let doubted = configuration.slipDoubt * lateral
    let position = noise(configuration.positionWalk) + doubted * doubted * seconds
    belief.addNoise(Belief.east, position)
    belief.addNoise(Belief.north, position)
    // A gyro's scale is good to 0.5 %; a steering model without gyro to 10 %.
    let scale = (readings.yawRate == nil ? 0.1 : 0.005) * rate
    let walk = readings.yawRate == nil ? 0.02 : configuration.headingWalk
    belief.addNoise(Belief.heading, noise(walk) + scale * scale * seconds)
    belief.addNoise(Belief.wheelScale, noise(configuration.wheelScaleWalk))
    belief.addNoise(Belief.rearAxleSlip, noise(configuration.rearAxleSlipWalk))
    belief.addNoise(Belief.understeer, noise(configuration.understeerWalk))
    belief.addNoise(Belief.steeringOffset, noise(configuration.steeringOffsetWalk))
  }

  /// Wheel speed, and what standing still tells.
  mutating func correctSpeed(
    _ now: Instant, _ seconds: Double, _ readings: SensorReadings,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    let verdict = wheels.judge(
      readings, now: now, seconds: seconds, predicted: belief.mean[Belief.speed],
      acceleration: belief.mean[Belief.acceleration], configuration: configuration)
    switch verdict {
    case .none: break
    case .use(let reading, let isJump):
      let value = readings.isReversing ? -reading : reading
      if isJump { belief.reset(Belief.speed, to: value, variance: 1) }
      correctWheelSpeed(value, configuration)
    case .coast(let speed):
      let error = speed - belief.mean[Belief.speed]
      belief.correct(Belief.speed, innovation: error, variance: 0.04)
    }
    standstill.update(
      readings, now: now, estimated: belief.mean[Belief.speed],
      gyroBias: belief.mean[Belief.gyroBias], isCoasting: wheels.isCoasting,
      configuration: configuration)
    if standstill.isStandstill {
      let error = -belief.mean[Belief.speed]
      belief.correct(Belief.speed, innovation: error, variance: 1e-4)
      let rest = -belief.mean[Belief.acceleration]
      belief.correct(Belief.acceleration, innovation: rest, variance: 1e-4)
    }
  }

  private mutating func correctWheelSpeed(
    _ value: Double, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    var row = Belief.Row(repeating: 0)
    row[Belief.speed] = 1 + belief.mean[Belief.wheelScale]
    row[Belief.wheelScale] = belief.mean[Belief.speed]
    let expected = belief.mean[Belief.speed] * row[Belief.speed]
    let sigma = configuration.wheelSpeedNoise.value
    let square = belief.correct(
      row: row, innovation: value - expected, variance: sigma * sigma, gate: .infinity)
    innovations.wheelSpeed.take(value - expected, square: square, gate: .infinity)
  }

  /// Gyro bias at standstill; steering offset and understeer from the yaw rate in wide bends.
  mutating func correctYawRate(
    _ readings: SensorReadings, _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    guard let measured = readings.yawRate else { return }
    if standstill.isStandstill {
      // Tyres and cab still settle; ten times the white noise keeps that out of the bias.
      let sigma = 10 * configuration.yawRateNoise.value
      let error = measured - belief.mean[Belief.gyroBias]
      belief.correct(Belief.gyroBias, innovation: error, variance: sigma * sigma, gate: 9)
      return
    }
    let speed = belief.mean[Belief.speed]
    guard speed > 2, steeringAge == 0, steering.magnitude < 0.1 else { return }
    let modelled = modelledYawRate(speed, parameters)
    let length = length(speed, parameters)
    var row = Belief.Row(repeating: 0)
    row[Belief.gyroBias] = 1
    row[Belief.steeringOffset] = speed / length
    row[Belief.understeer] = -modelYawRate * speed * speed / length
    // The model is doubted by a twentieth, its lag by what is still to follow; both last for
    // a second, so each of the hundred samples in it counts for a hundredth.
    let doubt = 0.05 * modelled.magnitude + (modelled - modelYawRate).magnitude + 0.005
    let error = measured - belief.mean[Belief.gyroBias] - modelYawRate
    let square = belief.correct(
      row: row, innovation: error, variance: 100 * doubt * doubt, gate: configuration.scalarGate)
    innovations.yawRate.take(error, square: square, gate: configuration.scalarGate)
  }
}
