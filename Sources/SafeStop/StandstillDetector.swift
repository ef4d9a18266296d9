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
  /// Fewer than two sources.
  private var isAlone = true
  private var lastSources = 0
  private var frozen = FrozenSpeeds()
  private var rollBack = RollBackDetector()
  /// The quickest source that is not frozen, the bound where that contradicts it; NaN when there is
  /// none.
  package private(set) var speed = MetresPerSecond(.nan)

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
    visitor.visit("isAlone", &isAlone)
    visitor.visit("lastSources", &lastSources)
    visitor.visit("frozen", &frozen)
    visitor.visit("rollBack", &rollBack)
    visitor.visit("speed", &speed)
  }

  package var isRollingBack: Bool { @_addressableSelf get { rollBack.isRollingBack } }

  /// Backwards, by the witness that found it.
  package var rollBackSpeed: MetresPerSecond { @_addressableSelf get { rollBack.speed } }

  /// What the sources contradict; zero where they are believed.
  package var implausibleSpeed: MetresPerSecond {
    @_addressableSelf get { isSuspect ? boundedSpeed : .zero }
  }

  /// - Parameter brakeDemand: what was last sent to the brakes; a bound falls only under it.
  package mutating func step(
    _ feedback: @_addressable Feedback, motion: SignedMotion = SignedMotion(),
    brakeDemand: MetresPerSecondSquared, at now: Instant,
    configuration: @_addressable SafeStopConfiguration
  ) {
    let elapsed = steppedAt == .never ? 0 : min(max((now - steppedAt).seconds, 0), 0.5)
    steppedAt = now
    let brakes = brakeDemand.value >= 0.5 || feedback.parkingBrakesAreConfirmed
    brakedFor = brakes ? brakedFor + .seconds(elapsed) : .zero
    frozen.step(feedback, elapsed)
    let wheel = frozen.wheelIsFrozen ? .nan : feedback.wheelSpeed
    let other = frozen.otherIsFrozen ? .nan : feedback.otherSpeed
    speed = isSuspect ? boundedSpeed : MetresPerSecond(wheel.isNaN ? other : wheel)
    if speed > .zero { odometer += speed * .seconds(elapsed) }
    let measured = highest(wheel, other)
    // What repeats itself while the other sources move is no source.
    let sources = feedback.speedSourceCount - (frozen.isFrozen ? 1 : 0)
    bound(feedback, measured, sources, elapsed, configuration)
    judge(feedback, measured, elapsed, configuration)
    rollBack.step(feedback, motion, isStandstill: isStandstill, elapsed)
    guard rollBack.isRollingBack else { return }
    boundedSpeed = max(boundedSpeed, rollBack.speed)
    isSuspect = isSuspect || boundedSpeed.value > highest(measured, 0)
    isStandstill = false
    stillFor = .zero
  }

  private mutating func bound(
    _ feedback: @_addressable Feedback, _ measured: Double, _ sources: Int, _ elapsed: Double,
    _ configuration: @_addressable SafeStopConfiguration
  ) {
    let measured = min(measured, 100)
    guard hasSpeed || !measured.isNaN else { return }
    let wasAlone = isAlone || sources < lastSources
    lastSources = sources
    isAlone = measured.isNaN || sources < 2
    // The first reading is believed, the first that a second source confirms, and the first after a
    // frozen source was left out.
    let isConfirmed = wasAlone && !isAlone && !isSuspect
    guard hasSpeed, !isConfirmed else {
      hasSpeed = true
      boundedSpeed = MetresPerSecond(max(measured, 0))
      return
    }
    let credited = brakedFor > .milliseconds(500) ? configuration.creditedDeceleration.value : 0
    let slowest = boundedSpeed.value - max(credited, 0) * elapsed
    let quickest = boundedSpeed.value - credibleFall(feedback, configuration) * elapsed
    // A speed message of 100 ms falls in steps, larger the harder the truck brakes; sensors that
    // cut out at a crawl fall in one step without any braking.
    let felt = -feedback[.longitudinalAcceleration]
    let step = felt.isNaN ? 0.5 : min(0.2 + 0.1 * max(felt, 0), 0.5)
    if measured >= boundedSpeed.value {
      isSuspect = false
    } else if !isAlone, quickest - measured > step {
      isSuspect = true
    }
    let bound = isSuspect || isAlone ? slowest : quickest
    boundedSpeed = MetresPerSecond(max(highest(measured, 0), bound))
  }

  /// No faster than friction allows, nor than the accelerometer felt; 1.5 m/s2 covers a grade of
  /// 8 %, its bias and its lag.
  @_addressableSelf private func credibleFall(
    _ feedback: @_addressable Feedback, _ configuration: @_addressable SafeStopConfiguration
  ) -> Double {
    let friction = max(configuration.frictionLimit.value, 0)
    let felt = -feedback[.longitudinalAcceleration]
    return felt.isNaN ? friction : min(friction, max(felt, 0) + 1.5)
  }

  private mutating func judge(
    _ feedback: @_addressable Feedback, _ measured: Double, _ elapsed: Double,
    _ configuration: @_addressable SafeStopConfiguration
  ) {
    let limit = configuration.standstillSpeed.value
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
