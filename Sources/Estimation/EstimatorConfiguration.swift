import Signals
import Units

/// What the estimator believes about its sensors; defaults of a loaded tractor-semitrailer.
package struct EstimatorConfiguration: Sendable, Visitable {
  // Freshness of the inputs: after that they count as absent.
  package var speedFreshness = Interval.milliseconds(100)
  package var yawRateFreshness = Interval.milliseconds(100)
  package var steeringFreshness = Interval.milliseconds(150)
  // One sigma of a reading.
  package var wheelSpeedNoise = MetresPerSecond(0.04)
  package var yawRateNoise = RadiansPerSecond(0.004)
  package var headingNoise = Radians(0.006)
  package var gnssSpeedNoise = MetresPerSecond(0.06)
  /// Least position sigma that is believed of a receiver, noise and slow error together.
  package var positionFloor = Metres(0.03)
  /// Slow error of a receiver that gives no sigma, as a multiple of its noise, and how long it lasts.
  package var slowErrorShare = 2.5
  package var slowErrorTime = Interval.seconds(60)
  /// Taken when a report carries no sigma.
  package var positionDefault = Metres(1.5)
  // Process noise, per square root of a second.
  package var positionWalk = 0.02
  package var headingWalk = 0.0006
  package var accelerationWalk = 0.8
  package var gyroBiasWalk = 0.00002
  package var wheelScaleWalk = 0.00005
  package var steeringOffsetWalk = 0.00005
  /// Share of the lateral velocity of the slip model that is doubted.
  package var slipDoubt = 0.1
  /// Of the rear axle's slip beyond the vehicle's parameters: rad per m/s2, and per square root of a
  /// second.
  package var rearAxleSlipSigma = 0.004
  package var rearAxleSlipWalk = 0.00005
  package var rearAxleSlipLimit = 0.012
  /// Of the understeer gradient beyond the vehicle's parameters, likewise.
  package var understeerSigma = 0.0015
  package var understeerWalk = 0.00002
  package var understeerLimit = 0.006
  // Sigma at start.
  package var gyroBiasSigma = RadiansPerSecond(0.005)
  package var wheelScaleSigma = 0.01
  package var steeringOffsetSigma = Radians(0.02)
  /// Bounds of what is learnt: beyond them a sensor is broken, not miscalibrated.
  package var gyroBiasLimit = RadiansPerSecond(0.03)
  package var wheelScaleLimit = 0.05
  package var steeringOffsetLimit = Radians(0.06)
  // Gates on the normalised innovation squared: 99 % of chi-square with one and two degrees.
  package var scalarGate = 6.63
  package var positionGate = 9.21
  /// Beyond this a fix is refused whatever the covariance says (R-GNSS-4).
  package var positionStep = Metres(8)
  /// Reports older than this at their arrival are not used.
  package var gnssAgeLimit = Interval.milliseconds(1_000)
  // Trust (R-GNSS-4, R-DR-1).
  package var gnssPeriod = Interval.milliseconds(100)
  package var retrustAfterOutage = Interval.milliseconds(1_000)
  package var retrustAfterRejection = Interval.milliseconds(10_000)
  package var deadReckoningTime = Interval.milliseconds(10_000)
  package var deadReckoningDistance = Metres(30)
  package var deadReckoningSigma = Metres(0.5)
  package var trustedSigma = Metres(0.5)
  /// The receiver's tests (R-GNSS-4).
  package var integrity = IntegrityLimits()
  // Heading (S-9).
  package var headingSigmaObserved = Radians(0.035)
  package var creepDistance = Metres(8)
  package var creepTurn = Radians(0.05)
  /// Course over ground is used above this speed.
  package var courseSpeed = MetresPerSecond(2)
  // Standstill (S-6).
  package var standstillSpeed = MetresPerSecond(0.05)
  package var standstillYawRate = RadiansPerSecond(0.02)
  package var standstillTime = Interval.milliseconds(300)
  package var standstillNeedsTwoSources = true
  /// No tyre stops a truck faster; wheels that say so are locked or cut out.
  package var decelerationLimit = MetresPerSecondSquared(9)
  package var speedLimit = MetresPerSecond(40)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("speedFreshness", &speedFreshness)
    visitor.visit("yawRateFreshness", &yawRateFreshness)
    visitor.visit("steeringFreshness", &steeringFreshness)
    visitor.visit("wheelSpeedNoise", &wheelSpeedNoise)
    visitor.visit("yawRateNoise", &yawRateNoise)
    visitor.visit("headingNoise", &headingNoise)
    visitor.visit("gnssSpeedNoise", &gnssSpeedNoise)
    visitor.visit("positionFloor", &positionFloor)
    visitor.visit("slowErrorShare", &slowErrorShare)
    visitor.visit("slowErrorTime", &slowErrorTime)
    visitor.visit("positionDefault", &positionDefault)
    visitor.visit("positionWalk", &positionWalk)
    visitor.visit("headingWalk", &headingWalk)
    visitor.visit("accelerationWalk", &accelerationWalk)
    visitor.visit("gyroBiasWalk", &gyroBiasWalk)
    visitor.visit("wheelScaleWalk", &wheelScaleWalk)
    visitor.visit("steeringOffsetWalk", &steeringOffsetWalk)
    visitor.visit("slipDoubt", &slipDoubt)
    visitor.visit("rearAxleSlipSigma", &rearAxleSlipSigma)
    visitor.visit("rearAxleSlipWalk", &rearAxleSlipWalk)
    visitor.visit("rearAxleSlipLimit", &rearAxleSlipLimit)
    visitor.visit("understeerSigma", &understeerSigma)
    visitor.visit("understeerWalk", &understeerWalk)
    visitor.visit("understeerLimit", &understeerLimit)
    visitor.visit("gyroBiasSigma", &gyroBiasSigma)
    visitor.visit("wheelScaleSigma", &wheelScaleSigma)
    visitor.visit("steeringOffsetSigma", &steeringOffsetSigma)
    visitor.visit("gyroBiasLimit", &gyroBiasLimit)
    visitor.visit("wheelScaleLimit", &wheelScaleLimit)
    visitor.visit("steeringOffsetLimit", &steeringOffsetLimit)
    visitor.visit("scalarGate", &scalarGate)
    visitor.visit("positionGate", &positionGate)
    visitor.visit("positionStep", &positionStep)
    visitor.visit("gnssAgeLimit", &gnssAgeLimit)
    visitTrust(&visitor)
  }

  private mutating func visitTrust<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("gnssPeriod", &gnssPeriod)
    visitor.visit("retrustAfterOutage", &retrustAfterOutage)
    visitor.visit("retrustAfterRejection", &retrustAfterRejection)
    visitor.visit("deadReckoningTime", &deadReckoningTime)
    visitor.visit("deadReckoningDistance", &deadReckoningDistance)
    visitor.visit("deadReckoningSigma", &deadReckoningSigma)
    visitor.visit("trustedSigma", &trustedSigma)
    visitor.visit("integrity", &integrity)
    visitor.visit("headingSigmaObserved", &headingSigmaObserved)
    visitor.visit("creepDistance", &creepDistance)
    visitor.visit("creepTurn", &creepTurn)
    visitor.visit("courseSpeed", &courseSpeed)
    visitor.visit("standstillSpeed", &standstillSpeed)
    visitor.visit("standstillYawRate", &standstillYawRate)
    visitor.visit("standstillTime", &standstillTime)
    visitor.visit("standstillNeedsTwoSources", &standstillNeedsTwoSources)
    visitor.visit("decelerationLimit", &decelerationLimit)
    visitor.visit("speedLimit", &speedLimit)
  }
}
