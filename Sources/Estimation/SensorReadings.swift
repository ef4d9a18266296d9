import ReproducibleMath
import Signals
import Units

/// The sensors of one cycle in common terms; nil for what is absent, stale or absurd.
struct SensorReadings {
  /// The best speed there is, unsigned, and when it was valid.
  var speed: Double?
  var speedAt = Instant.never
  /// A speed from another source than `speed`.
  var secondSpeed: Double?
  var yawRate: Double?
  /// tan(road-wheel angle).
  var steering: Double?
  var articulation: Double?
  var longitudinalAcceleration: Double?
  var isReversing = false

  init(
    now: Instant, signals: borrowing @_addressable SignalStore,
    parameters: borrowing @_addressable VehicleParameters,
    configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    let limit = configuration.speedLimit.value
    let fresh = configuration.speedFreshness
    // Slow messages (those of 100 ms) stay usable for three of their periods.
    let slow = Interval.milliseconds(300)
    choose(
      Self.axle(
        signals[.wheelSpeedRearLeft], signals[.wheelSpeedRearRight], now, fresh, limit))
    choose(
      Self.axle(
        signals[.wheelSpeedFrontLeft], signals[.wheelSpeedFrontRight], now, fresh, limit),
      isOther: false)
    choose(Self.single(signals[.vehicleSpeed], now, slow, limit))
    choose(Self.single(signals[.frontAxleSpeed], now, slow, limit))
    choose(Self.single(signals[.outputShaftSpeed], now, slow, limit))

    yawRate = Self.value(signals[.yawRate], now, configuration.yawRateFreshness, 2)
    longitudinalAcceleration = Self.value(
      signals[.longitudinalAcceleration], now, configuration.yawRateFreshness, 20)
    articulation = Self.value(signals[.articulationAngle], now, fresh, 1.6)
    isReversing = (Self.value(signals[.currentGear], now, slow, 100) ?? 0) < 0
    steering = Self.steering(now, signals, parameters, configuration.steeringFreshness)
  }

  private mutating func choose(_ reading: (value: Double, at: Instant)?, isOther: Bool = true) {
    guard let reading else { return }
    if speed == nil {
      speed = reading.value
      speedAt = reading.at
    } else if isOther, secondSpeed == nil {
      secondSpeed = reading.value
    }
  }

  private static func steering(
    _ now: Instant, _ signals: borrowing @_addressable SignalStore,
    _ parameters: borrowing @_addressable VehicleParameters,
    _ freshness: Interval
  ) -> Double? {
    if let angle = value(signals[.roadWheelAngle], now, freshness, 1.2) { return tangent(angle) }
    if let wheel = value(signals[.steeringWheelAngle], now, freshness, 40),
      parameters.steeringRatio > 1
    {
      let angle = wheel / parameters.steeringRatio
      return angle.magnitude < 1.2 ? tangent(angle) : nil
    }
    if let curvature = value(signals[.steeringCurvature], now, freshness, 1) {
      return curvature * parameters.wheelbase.value
    }
    return nil
  }

  private static func value(
    _ sample: SignalSample, _ now: Instant, _ freshness: Interval, _ limit: Double
  ) -> Double? {
    guard let value = sample.fresh(at: now, within: freshness), value.magnitude <= limit else {
      return nil
    }
    return value
  }

  private static func single(
    _ sample: SignalSample, _ now: Instant, _ freshness: Interval, _ limit: Double
  ) -> (value: Double, at: Instant)? {
    guard let value = value(sample, now, freshness, limit) else { return nil }
    return (value.magnitude, sample.validAt)
  }

  /// The mean of an axle's wheels, which is the speed of its centre in a bend.
  private static func axle(
    _ left: SignalSample, _ right: SignalSample, _ now: Instant, _ freshness: Interval,
    _ limit: Double
  ) -> (value: Double, at: Instant)? {
    guard let a = value(left, now, freshness, limit), let b = value(right, now, freshness, limit)
    else { return nil }
    return ((a.magnitude + b.magnitude) / 2, max(left.validAt, right.validAt))
  }
}
