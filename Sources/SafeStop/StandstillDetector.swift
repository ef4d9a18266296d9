import Signals
import Units

/// Whether the truck stands (S-6): two sources at zero are not enough, because locked wheels on ice
/// read zero and wheel sensors cut out at a crawl.
///
/// `boundedSpeed` is a speed that the truck surely does not exceed: it follows the sources while
/// they fall no faster than friction allows, and otherwise only as a braked truck surely slows.
package struct StandstillDetector: Sendable, Visitable {
  package private(set) var boundedSpeed = MetresPerSecond.zero
  /// Distance driven, by the quickest source.
  package private(set) var odometer = Metres.zero
  package private(set) var isStandstill = false
  /// Moved since standstill was found, unsigned.
  package private(set) var movedAtStandstill = Metres.zero
  private var stillFor = Interval.zero
  private var steppedAt = Instant.never
  /// The sources fell faster than friction allows and have not been consistent since.
  package private(set) var isSuspect = false
  private var hasSpeed = false
  private var brakedFor = Interval.zero
  /// Standing under brakes; ends when they are released.
  private var isHolding = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("boundedSpeed", &boundedSpeed)
    visitor.visit("odometer", &odometer)
    visitor.visit("isStandstill", &isStandstill)
    visitor.visit("movedAtStandstill", &movedAtStandstill)
    visitor.visit("stillFor", &stillFor)
    visitor.visit("steppedAt", &steppedAt)
    visitor.visit("isSuspect", &isSuspect)
    visitor.visit("hasSpeed", &hasSpeed)
    visitor.visit("brakedFor", &brakedFor)
    visitor.visit("isHolding", &isHolding)
  }

  /// - Parameter brakeDemand: what was last sent to the brakes; a bound falls only under it.
  package mutating func step(
    _ feedback: Feedback, brakeDemand: MetresPerSecondSquared, at now: Instant,
    configuration: SafeStopConfiguration
  ) {
    let elapsed = steppedAt == .never ? 0 : min(max((now - steppedAt).seconds, 0), 0.5)
    steppedAt = now
    let brakes = brakeDemand.value >= 0.5 || feedback.parkingBrakesAreConfirmed
    brakedFor = brakes ? brakedFor + .seconds(elapsed) : .zero
    let speed = feedback.travelSpeed
    if speed > 0 { odometer += Metres(speed * elapsed) }
    bound(feedback, elapsed, configuration)
    judge(feedback, elapsed, configuration)
  }

  private mutating func bound(
    _ feedback: Feedback, _ elapsed: Double, _ configuration: SafeStopConfiguration
  ) {
    let measured = feedback.highestSpeed
    guard hasSpeed || !measured.isNaN else { return }
    guard hasSpeed else {
      hasSpeed = true
      boundedSpeed = MetresPerSecond(min(max(measured, 0), 100))
      return
    }
    // A speed message of 100 ms falls in steps of a tenth of the friction limit, and a wheel
    // sensor below its lowest pulse rate drops by less than this.
    let step = configuration.frictionLimit.value * max(elapsed, 0.1)
    let credited = brakedFor > .milliseconds(500) ? configuration.creditedDeceleration.value : 0
    let slowly = max(boundedSpeed.value - max(credited, 0) * elapsed, 0)
    if measured.isNaN || feedback.speedSourceCount < 2 {
      // One source alone may be a frozen or a cut-out one.
      isSuspect = true
    } else if measured >= boundedSpeed.value {
      isSuspect = false
    } else if boundedSpeed.value - measured > step {
      isSuspect = true
    }
    if measured > slowly || !isSuspect {
      boundedSpeed = MetresPerSecond(min(max(measured, 0), 100))
    } else {
      boundedSpeed = MetresPerSecond(slowly)
    }
  }

  private mutating func judge(
    _ feedback: Feedback, _ elapsed: Double, _ configuration: SafeStopConfiguration
  ) {
    let limit = configuration.standstillSpeed.value
    let measured = feedback.highestSpeed
    let reads = measured.isNaN || measured <= limit
    let yaw = feedback[.yawRate]
    let turns = yaw.magnitude > configuration.standstillYawRate.value
    let acceleration = feedback[.longitudinalAcceleration]
    let pulls = acceleration.magnitude > configuration.standstillAcceleration.value
    let still = hasSpeed && reads && boundedSpeed.value <= limit && !turns && !pulls
    isHolding = brakedFor > .zero && (isHolding || isStandstill)
    if !isHolding { movedAtStandstill = .zero }
    if isHolding, measured > 0 { movedAtStandstill += Metres(measured * elapsed) }
    if isStandstill {
      // Sensor noise does not end a standstill; motion does.
      if measured > 4 * limit {
        isStandstill = false
        stillFor = .zero
      }
      return
    }
    stillFor = still ? stillFor + .seconds(elapsed) : .zero
    isStandstill = stillFor >= configuration.times.standstill
  }

  /// Motion from here on is meant: a move-off was commanded.
  package mutating func forgiveMotion() {
    isHolding = false
    movedAtStandstill = .zero
  }
}
