import Signals
import Units

/// What to do with the wheel speed of a cycle.
enum WheelSpeedVerdict {
  case none
  /// A jump is one that lasted, so the estimate has to follow.
  case use(Double, isJump: Bool)
  /// The wheels fell faster than a truck can: they are locked or their sensors cut out.
  case coast(Double)
}

/// Tells a truck that brakes from wheels that lock and sensors that cut out (S-6).
package struct WheelSpeedTracker: Sendable, Visitable {
  private var lastAt = Instant.never
  private var hasReading = false
  package private(set) var isCoasting = false
  private var coastingSpeed = 0.0
  private var coastingDeceleration = 0.0
  private var jumpTime = 0.0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("lastAt", &lastAt)
    visitor.visit("hasReading", &hasReading)
    visitor.visit("isCoasting", &isCoasting)
    visitor.visit("coastingSpeed", &coastingSpeed)
    visitor.visit("coastingDeceleration", &coastingDeceleration)
    visitor.visit("jumpTime", &jumpTime)
  }

  mutating func judge(
    _ readings: SensorReadings, now: Instant, seconds: Double, predicted: Double,
    acceleration: Double, configuration: borrowing @_addressable EstimatorConfiguration
  ) -> WheelSpeedVerdict {
    guard let reading = readings.speed else {
      isCoasting = false
      return .none
    }
    guard hasReading else {
      hasReading = true
      lastAt = readings.speedAt
      return .use(reading, isJump: true)
    }
    if isCoasting { coastingSpeed = max(0, coastingSpeed - coastingDeceleration * seconds) }
    // A message every 20 ms is one measurement, not two.
    guard readings.speedAt > lastAt else { return isCoasting ? .coast(coastingSpeed) : .none }
    let gap = min((readings.speedAt - lastAt).seconds, 0.5)
    lastAt = readings.speedAt
    let before = isCoasting ? coastingSpeed : predicted.magnitude
    let tolerance = 0.3 + configuration.decelerationLimit.value * gap
    if reading < before - tolerance {
      if !isCoasting {
        isCoasting = true
        coastingSpeed = before
        // At least what rolling costs, so that a stopped truck does not coast for ever.
        coastingDeceleration = min(max(-acceleration, 0.3), configuration.decelerationLimit.value)
      }
      return .coast(coastingSpeed)
    }
    isCoasting = false
    guard reading > before + tolerance else {
      jumpTime = 0
      return .use(reading, isJump: false)
    }
    // A rise that no truck can do is taken when it lasts: the sensor came back.
    jumpTime += gap
    guard jumpTime > 0.2 else { return .none }
    jumpTime = 0
    return .use(reading, isJump: true)
  }
}

/// Standstill from two speeds that agree with yaw rate and acceleration (S-6).
package struct StandstillDetector: Sendable, Visitable {
  package private(set) var isStandstill = false
  private var since = Instant.never

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isStandstill", &isStandstill)
    visitor.visit("since", &since)
  }

  mutating func update(
    _ readings: SensorReadings, now: Instant, estimated: Double, gyroBias: Double,
    isCoasting: Bool, configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    let limit = configuration.standstillSpeed.value
    let needsSecond = configuration.standstillNeedsTwoSources
    let turning = configuration.standstillYawRate.value
    guard let speed = readings.speed, speed <= limit, !isCoasting,
      // The estimate lags a stop by its smoothing; three times the threshold allows for that.
      estimated.magnitude <= 3 * limit,
      readings.secondSpeed.map({ $0 <= 2 * limit }) ?? !needsSecond,
      readings.yawRate.map({
        ($0 - gyroBias).magnitude <= turning
      }) ?? true,
      readings.longitudinalAcceleration.map({ $0.magnitude <= 2 }) ?? true
    else {
      since = .never
      isStandstill = false
      return
    }
    if since == .never { since = now }
    isStandstill = now - since >= configuration.standstillTime
  }
}
