import ReproducibleMath
import Signals
import Units

/// The truck's motion from wheel speed, yaw rate, steering and delayed GNSS.
///
/// An extended Kalman filter over position, heading, speed, acceleration, gyro bias, wheel-speed
/// scale, steering offset, slip of the
/// rear axle, understeer and what the fixes err by for minutes. A fix is compared with the pose at its time of validity, found by
/// going back along odometry, so nothing is ever computed twice.
package struct Estimator: Sendable, Visitable {
  package internal(set) var belief = Belief()
  package internal(set) var monitor = TrustMonitor()
  package internal(set) var innovations = Innovations()
  package internal(set) var integrity = IntegrityMonitor()
  /// To the left of the route, m; NaN where that is not known.
  var routeDeviation = Double.nan
  var ring = OdometryRing()
  var odometry = OdometryPose()
  var alignment = HeadingAlignment()
  var reacquisition = Reacquisition()
  var wheels = WheelSpeedTracker()
  var trailer = TrailerTracker()
  var standstill = StandstillDetector()
  /// Whether covariance and position have been set at all.
  var hasPosition = false
  var headingKnown = false
  var isStarted = false
  var odometer = 0.0
  /// Smoothed by the steering model, without bias.
  var yawRate = 0.0
  /// What the steering model has the truck turn by, with its lag.
  var modelYawRate = 0.0
  /// Of the pose, as taken in the cycle before.
  var lastRate = 0.0
  /// tan(road-wheel angle) as last measured.
  var steering = 0.0
  var steeringAge = 0
  var fixNoise = FixNoise()
  var easing = PoseEasing()

  package init() {}

  /// Road-wheel angle that has to be added to the measured one to explain the yaw rate.
  package var steeringOffset: Radians {
    @_addressableSelf get { Radians(belief.mean[Belief.steeringOffset]) }
  }
  package var gyroBias: RadiansPerSecond {
    @_addressableSelf get { RadiansPerSecond(belief.mean[Belief.gyroBias]) }
  }
  package var wheelScale: Double { @_addressableSelf get { 1 + belief.mean[Belief.wheelScale] } }

  /// Of the rear axle, rad per m/s2, with what was learnt of it.
  @_addressableSelf func rearAxleSlip(
    _ parameters: borrowing @_addressable VehicleParameters
  ) -> Double {
    max(parameters.rearAxleSlip + belief.mean[Belief.rearAxleSlip], 0)
  }

  /// Takes the pose as known, for hosts that were told it.
  package mutating func initialise(
    at now: Instant, east: Metres, north: Metres, heading: Radians, speed: MetresPerSecond,
    positionSigma: Metres, headingSigma: Radians,
    configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    guard east.isFinite, north.isFinite, heading.isFinite, speed.isFinite else { return }
    begin(at: now, configuration)
    belief.reset(
      Belief.east, to: east.value, variance: positionSigma.value * positionSigma.value)
    belief.reset(
      Belief.north, to: north.value, variance: positionSigma.value * positionSigma.value)
    belief.reset(
      Belief.heading, to: heading.value, variance: headingSigma.value * headingSigma.value)
    belief.reset(Belief.speed, to: speed.value, variance: 0.01)
    hasPosition = true
    headingKnown = true
    monitor.initialise(at: now, odometer: odometer)
  }

  /// One cycle; `signals` and the first `gnssCount` reports are what is known at `now`.
  package mutating func step(
    now: Instant, signals: borrowing @_addressable SignalStore,
    gnss: borrowing @_addressable InlineArray<4, GNSSReport>,
    gnssCount: Int, parameters: borrowing @_addressable VehicleParameters,
    frame: borrowing SiteFrame,
    configuration: borrowing @_addressable EstimatorConfiguration
  ) -> VehicleState {
    if !isStarted { begin(at: now, configuration) }
    let readings = SensorReadings(
      now: now, signals: signals, parameters: parameters, configuration: configuration)
    let seconds = min(max((now - odometry.at).seconds, 0), 0.1)
    predict(seconds, readings, parameters, configuration)
    correctSpeed(now, seconds, readings, configuration)
    correctYawRate(readings, parameters, configuration)
    odometry.at = now
    ring.append(odometry)
    let east = belief.mean[Belief.east]
    let north = belief.mean[Belief.north]
    let heading = belief.mean[Belief.heading]
    for i in 0..<min(max(gnssCount, 0), 4) {
      take(gnss[i], now, parameters, frame, configuration)
    }
    bound(now, configuration)
    easing.advance(seconds)
    if gnssCount > 0 {
      easing.take(
        east: belief.mean[Belief.east] - east, north: belief.mean[Belief.north] - north,
        heading: belief.mean[Belief.heading] - heading, at: now)
    }
    judgeReceiver(now, configuration)
    monitor.advance(
      now: now, odometer: odometer, sigma: positionSigma, headingObserved: headingObserved,
      configuration: configuration)
    return state(now, parameters, readings, configuration)
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("belief", &belief)
    visitor.visit("monitor", &monitor)
    visitor.visit("ring", &ring)
    visitor.visit("odometry", &odometry)
    visitor.visit("alignment", &alignment)
    visitor.visit("reacquisition", &reacquisition)
    visitor.visit("wheels", &wheels)
    visitor.visit("trailer", &trailer)
    visitor.visit("standstill", &standstill)
    visitor.visit("hasPosition", &hasPosition)
    visitor.visit("headingKnown", &headingKnown)
    visitor.visit("isStarted", &isStarted)
    visitor.visit("odometer", &odometer)
    visitor.visit("yawRate", &yawRate)
    visitor.visit("steering", &steering)
    visitor.visitCount("steeringAge", &steeringAge, limit: 1_000_000)
    visitor.visit("modelYawRate", &modelYawRate)
    visitor.visit("lastRate", &lastRate)
    visitor.visit("fixNoise", &fixNoise)
    visitor.visit("easing", &easing)
    visitor.visit("innovations", &innovations)
    visitor.visit("integrity", &integrity)
    visitor.visit("routeDeviation", &routeDeviation)
  }

  private mutating func begin(
    at now: Instant, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    belief = Belief()
    resetMotion(configuration)
    belief.reset(Belief.east, to: 0, variance: 1e6)
    belief.reset(Belief.north, to: 0, variance: 1e6)
    belief.reset(Belief.heading, to: 0, variance: pi * pi)
    ring = OdometryRing()
    odometry = OdometryPose()
    odometry.at = now
    alignment = HeadingAlignment()
    reacquisition = Reacquisition()
    fixNoise = FixNoise()
    easing = PoseEasing()
    lastRate = 0
    modelYawRate = 0
    monitor = TrustMonitor()
    // A first start has it; to write it anew would copy it.
    if isStarted { integrity = IntegrityMonitor() }
    hasPosition = false
    headingKnown = false
    isStarted = true
  }

  private mutating func resetMotion(_ configuration: borrowing @_addressable EstimatorConfiguration)
  {
    let bias = configuration.gyroBiasSigma.value
    let offset = configuration.steeringOffsetSigma.value
    belief.reset(Belief.speed, to: 0, variance: 25)
    belief.reset(Belief.acceleration, to: 0, variance: 1)
    belief.reset(Belief.gyroBias, to: 0, variance: bias * bias)
    belief.reset(
      Belief.wheelScale, to: 0,
      variance: configuration.wheelScaleSigma * configuration.wheelScaleSigma)
    belief.reset(Belief.steeringOffset, to: 0, variance: offset * offset)
    let slip = configuration.rearAxleSlipSigma
    belief.reset(Belief.rearAxleSlip, to: 0, variance: slip * slip)
    let understeer = configuration.understeerSigma
    belief.reset(Belief.understeer, to: 0, variance: understeer * understeer)
  }

  /// What is learnt stays inside what a working sensor can show, and a belief that stopped being a
  /// number starts afresh: a pose is then unknown, not wrong.
  private mutating func bound(
    _ now: Instant, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    guard belief.isFinite, odometry.x.isFinite, odometry.y.isFinite, odometry.heading.isFinite
    else {
      begin(at: now, configuration)
      return
    }
    clamp(Belief.gyroBias, configuration.gyroBiasLimit.value)
    clamp(Belief.wheelScale, configuration.wheelScaleLimit)
    clamp(Belief.steeringOffset, configuration.steeringOffsetLimit.value)
    clamp(Belief.rearAxleSlip, configuration.rearAxleSlipLimit)
    clamp(Belief.understeer, configuration.understeerLimit)
    clamp(Belief.speed, configuration.speedLimit.value)
    clamp(Belief.acceleration, configuration.decelerationLimit.value)
  }

  private mutating func clamp(_ i: Int, _ limit: Double) {
    belief.mean[i] = min(max(belief.mean[i], -limit), limit)
  }

  /// One sigma of the position in its worst direction.
  package var positionSigma: Double {
    @_addressableSelf get {
      let e = belief.variance(Belief.east)
      let n = belief.variance(Belief.north)
      let mixed = belief.covariance[Belief.east * Belief.size + Belief.north]
      let half = (e - n) / 2
      return ((e + n) / 2 + (half * half + mixed * mixed).squareRoot()).squareRoot()
    }
  }

  var headingObserved: Bool {
    @_addressableSelf get { headingKnown && belief.variance(Belief.heading) < 0.01 }
  }

  @_addressableSelf private func state(
    _ now: Instant, _ parameters: borrowing @_addressable VehicleParameters,
    _ readings: SensorReadings,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) -> VehicleState {
    var state = VehicleState()
    state.at = now
    state.east = Metres(belief.mean[Belief.east] - easing.east)
    state.north = Metres(belief.mean[Belief.north] - easing.north)
    state.heading = Radians(belief.mean[Belief.heading] - easing.heading)
    state.rearAxleSlipLearnt = belief.mean[Belief.rearAxleSlip]
    state.understeerLearnt = belief.mean[Belief.understeer]
    state.speed = MetresPerSecond(standstill.isStandstill ? 0 : belief.mean[Belief.speed])
    state.acceleration = MetresPerSecondSquared(
      standstill.isStandstill ? 0 : belief.mean[Belief.acceleration])
    state.yawRate = RadiansPerSecond(standstill.isStandstill ? 0 : yawRate)
    state.curvature = Curvature(steering / max(parameters.wheelbase.value, 0.5))
    state.articulation = Radians(trailer.articulation)
    state.odometer = Metres(odometer)
    state.isStandstill = standstill.isStandstill
    let limit = configuration.headingSigmaObserved.value
    state.headingObserved = headingObserved && belief.variance(Belief.heading) <= limit * limit
    state.trust = hasPosition ? monitor.trust : .unknown
    state.integrity = integrity.report
    state.sigmaEast = Metres(belief.variance(Belief.east).squareRoot())
    state.sigmaNorth = Metres(belief.variance(Belief.north).squareRoot())
    state.sigmaHeading = Radians(belief.variance(Belief.heading).squareRoot())
    state.gnssAge =
      monitor.lastAccepted == .never ? .seconds(1e6) : now - monitor.lastAccepted
    return state
  }
}
