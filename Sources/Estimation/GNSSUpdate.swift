import ReproducibleMath
import Signals
import Units

// Corrections by GNSS, each at its time of validity.
extension Estimator {
  /// One report; what is absent or absurd in it is left out.
  mutating func take(
    _ report: GNSSReport, _ now: Instant, _ parameters: borrowing @_addressable VehicleParameters,
    _ frame: borrowing SiteFrame, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    guard report.mode >= 2, report.latitude.value.magnitude <= 90,
      report.longitude.value.magnitude <= 180
    else { return }
    let validAt = report.receivedAt - parameters.gnssLatency
    guard now - validAt <= configuration.gnssAgeLimit, let past = ring.pose(at: validAt) else {
      return
    }
    let height = report.height.value.magnitude < 20_000 ? report.height : frame.height
    let site = frame.site(latitude: report.latitude, longitude: report.longitude, height: height)
    guard site.east.value.magnitude < 1e6, site.north.value.magnitude < 1e6 else { return }
    let change = fixNoise.follow(report)
    let sigmas = fixNoise.sigmas(report, configuration)
    settleFixError(change, sigmas, validAt, configuration)
    let fix = Fix(east: site.east.value, north: site.north.value, sigmas: sigmas, past: past)

    testReceiver(
      report, fix, validAt: validAt, mapHeight: frame.height, parameters, configuration)

    let hasHeading = report.heading.isFinite
    if hasHeading, !integrity.report.tripped.contains(.dualAntenna) || !headingKnown {
      takeHeading(report, fix, parameters, configuration)
    }
    guard headingKnown else {
      placeWithoutHeading(fix, parameters)
      align(fix, configuration)
      if headingKnown { place(fix, parameters, now) }
      return
    }
    guard hasPosition else {
      place(fix, parameters, now)
      return
    }
    takePosition(fix, now, parameters, configuration)
    guard integrity.level < .rejected else { return }
    takeVelocity(report, past, hasHeading, parameters, configuration)
  }

  /// The slow error of the fixes: how far it is forgotten, and whether it is another one.
  private mutating func settleFixError(
    _ change: FixNoise.Change, _ sigmas: FixNoise.Sigmas, _ validAt: Instant,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    let share = fixNoise.age(to: validAt, configuration)
    belief.ageFixError(share: share, sigma: sigmas.slowError)
    switch change {
    case .none: break
    case .other: belief.forgetFixError(sigmas.slowError)
    case .told:
      let variance = sigmas.slowError * sigmas.slowError
      for i in Belief.fixErrorEast...Belief.fixErrorNorth {
        belief.correct(i, innovation: -belief.mean[i], variance: variance)
      }
    }
  }

  /// Where the antenna was at a past pose, and how that moves with the heading.
  @_addressableSelf private func antenna(
    _ past: OdometryPose, _ parameters: borrowing @_addressable VehicleParameters
  ) -> (east: Double, north: Double, armEast: Double, armNorth: Double) {
    let heading = belief.mean[Belief.heading]
    let frame = heading - odometry.heading
    let c = cosine(frame)
    let s = sine(frame)
    let dx = odometry.x - past.x
    let dy = odometry.y - past.y
    let pastHeading = frame + past.heading
    let hc = cosine(pastHeading)
    let hs = sine(pastHeading)
    let forward = parameters.antennaForward.value
    let left = parameters.antennaLeft.value
    let armEast = forward * hc - left * hs - (c * dx - s * dy)
    let armNorth = forward * hs + left * hc - (s * dx + c * dy)
    return (
      belief.mean[Belief.east] + armEast, belief.mean[Belief.north] + armNorth, armEast, armNorth
    )
  }

  /// Sets the position so that the antenna is at the fix.
  private mutating func place(
    _ fix: Fix, _ parameters: borrowing @_addressable VehicleParameters, _ now: Instant
  ) {
    let expected = antenna(fix.past, parameters)
    belief.place(
      east: belief.mean[Belief.east] + fix.east - expected.east,
      north: belief.mean[Belief.north] + fix.north - expected.north,
      noise: fix.sigmas.noise, slowError: fix.sigmas.slowError)
    hasPosition = true
    monitor.initialise(at: now, odometer: odometer)
  }

  private mutating func placeWithoutHeading(
    _ fix: Fix, _ parameters: borrowing @_addressable VehicleParameters
  ) {
    let arm = parameters.antennaForward.value.magnitude + parameters.antennaLeft.value.magnitude
    belief.place(
      east: fix.east, north: fix.north, noise: fix.sigmas.noise, slowError: fix.sigmas.slowError,
      added: arm)
    hasPosition = true
  }

  private mutating func align(
    _ fix: Fix, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    guard
      let direction = alignment.take(
        fix, headingSigma: configuration.headingSigmaObserved.value,
        distance: configuration.creepDistance.value, turn: configuration.creepTurn.value)
    else { return }
    let heading = direction.frame + odometry.heading
    belief.reset(
      Belief.heading, to: wrapped(heading), variance: direction.sigma * direction.sigma)
    headingKnown = true
  }

  private mutating func takeHeading(
    _ report: GNSSReport, _ fix: Fix, _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    let baseline = pi / 2 - report.heading.radians
    let measured =
      baseline - parameters.antennaHeadingOffset.value + (odometry.heading - fix.past.heading)
    // Of a receiver that does not say how good it is, the baseline's ends scatter as its fixes do.
    let scattered = report.sigma.isFinite ? 0 : 0.06 * fix.sigmas.noise
    let sigma = configuration.headingNoise.value + scattered
    guard measured.isFinite else { return }
    guard headingKnown else {
      belief.reset(Belief.heading, to: wrapped(measured), variance: sigma * sigma)
      headingKnown = true
      hasPosition = false
      return
    }
    let error = wrapped(measured - belief.mean[Belief.heading])
    let nis = belief.correct(
      Belief.heading, innovation: error, variance: sigma * sigma, gate: configuration.scalarGate)
    innovations.heading.take(error, square: nis, gate: configuration.scalarGate)
    if reacquisition.heading(error, accepted: nis <= configuration.scalarGate) {
      belief.reset(
        Belief.heading, to: belief.mean[Belief.heading] + error, variance: 4 * sigma * sigma)
    }
  }

  private mutating func takePosition(
    _ fix: Fix, _ now: Instant, _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    let expected = antenna(fix.past, parameters)
    let errorEast = fix.east - expected.east - belief.mean[Belief.fixErrorEast]
    let errorNorth = fix.north - expected.north - belief.mean[Belief.fixErrorNorth]
    var eastRow = Belief.Row(repeating: 0)
    eastRow[Belief.east] = 1
    eastRow[Belief.heading] = -expected.armNorth
    eastRow[Belief.fixErrorEast] = 1
    var northRow = Belief.Row(repeating: 0)
    northRow[Belief.north] = 1
    northRow[Belief.heading] = expected.armEast
    northRow[Belief.fixErrorNorth] = 1
    let variance = fix.sigmas.noise * fix.sigmas.noise

    let ph = belief.product(eastRow)
    let see = Belief.dot(eastRow, ph) + variance
    let sen = Belief.dot(northRow, ph)
    let snn = Belief.dot(northRow, belief.product(northRow)) + variance
    let determinant = see * snn - sen * sen
    guard determinant > 0 else { return }
    let nis =
      (errorEast * errorEast * snn - 2 * errorEast * errorNorth * sen
        + errorNorth * errorNorth * see) / determinant
    let distance = (errorEast * errorEast + errorNorth * errorNorth).squareRoot()
    fixNoise.learn(fix.sigmas, predicted: 0.5 * (see + snn) - variance, normalised: nis)
    let isStep = distance > configuration.positionStep.value
    // The gate asks by the whole sigma, since a late delivery moves a fix by more than its noise;
    // what is beyond the noise's own bound weighs as little as is needed to be on it.
    let slow = fix.sigmas.slowError * fix.sigmas.slowError
    let isAccepted =
      nis * determinant + slow * distance * distance
      <= configuration.positionGate * (determinant + slow * (see + snn + slow))
      && !isStep && integrity.level < .rejected
    let weighed = variance * max(nis / configuration.positionGate, 1)
    innovations.position.take(errorEast, errorNorth, square: nis, isAccepted: isAccepted)
    monitor.fix(
      accepted: isAccepted, isStep: isStep, at: now, odometer: odometer,
      configuration: configuration)
    integrity.gate(monitor.refusesMany, at: now)
    if isAccepted {
      reacquisition.clear()
      belief.correct(row: eastRow, innovation: errorEast, variance: weighed, gate: .infinity)
      // The second component is judged against what the first left.
      let rest =
        fix.north - antenna(fix.past, parameters).north - belief.mean[Belief.fixErrorNorth]
      belief.correct(row: northRow, innovation: rest, variance: weighed, gate: .infinity)
    } else if reacquisition.position(
      errorEast, errorNorth, sigma: fix.sigmas.whole, at: now,
      after: configuration.retrustAfterRejection),
      integrity.isClean(for: configuration.retrustAfterRejection, at: now)
    {
      belief.place(
        east: fix.east - expected.armEast, north: fix.north - expected.armNorth,
        noise: fix.sigmas.noise, slowError: 2 * fix.sigmas.slowError)
    }
  }

  /// Doppler speed calibrates the wheels, course over ground the heading where nothing better does.
  private mutating func takeVelocity(
    _ report: GNSSReport, _ past: OdometryPose, _ hasHeading: Bool,
    _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    guard report.speed.isFinite, report.speed.value >= 0, report.speed <= configuration.speedLimit
    else { return }
    let noise = configuration.gnssSpeedNoise.value
    let lateral =
      -rearAxleSlip(parameters) * past.speed * past.speed * past.yawRate
      + parameters.antennaForward.value * past.yawRate
    let forward = past.speed - parameters.antennaLeft.value * past.yawRate
    if past.speed > 0.5 {
      let expected = (forward * forward + lateral * lateral).squareRoot()
      belief.correct(
        Belief.speed, innovation: report.speed.value - expected, variance: noise * noise,
        gate: configuration.scalarGate)
    }
    guard !hasHeading, report.track.isFinite, past.speed > configuration.courseSpeed.value else {
      return
    }
    let course = pi / 2 - report.track.radians
    let pastHeading = belief.mean[Belief.heading] + past.heading - odometry.heading
    let error = wrapped(course - pastHeading - arctangent(y: lateral, x: forward))
    let sigma = noise / past.speed + 0.01
    let nis = belief.correct(
      Belief.heading, innovation: error, variance: sigma * sigma, gate: configuration.scalarGate)
    if reacquisition.heading(error, accepted: nis <= configuration.scalarGate) {
      belief.reset(
        Belief.heading, to: belief.mean[Belief.heading] + error, variance: 4 * sigma * sigma)
    }
  }
}

/// A position with the odometry of its time of validity.
struct Fix {
  let east: Double
  let north: Double
  let sigmas: FixNoise.Sigmas
  let past: OdometryPose
}

/// Heading from a straight creep: the chord of the fixes against the chord of odometry (S-9).
package struct HeadingAlignment: Sendable, Visitable {
  private var hasAnchor = false
  private var east = 0.0
  private var north = 0.0
  private var sigma = 0.0
  private var anchor = OdometryPose()

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("hasAnchor", &hasAnchor)
    visitor.visit("east", &east)
    visitor.visit("north", &north)
    visitor.visit("sigma", &sigma)
    visitor.visit("anchor", &anchor)
  }

  /// The rotation from the odometry frame to the site frame, once it is known well enough.
  mutating func take(
    _ fix: Fix, headingSigma: Double, distance: Double, turn: Double
  ) -> (frame: Double, sigma: Double)? {
    let dx = fix.past.x - anchor.x
    let dy = fix.past.y - anchor.y
    let driven = (dx * dx + dy * dy).squareRoot()
    let de = fix.east - east
    let dn = fix.north - north
    let moved = (de * de + dn * dn).squareRoot()
    let both = (sigma * sigma + fix.sigmas.whole * fix.sigmas.whole).squareRoot()
    guard hasAnchor, (fix.past.heading - anchor.heading).magnitude <= turn,
      (moved - driven).magnitude <= 0.1 * driven + 3 * both
    else {
      hasAnchor = true
      east = fix.east
      north = fix.north
      sigma = fix.sigmas.whole
      anchor = fix.past
      return nil
    }
    guard driven >= distance, both / driven <= 0.7 * headingSigma else { return nil }
    let frame = arctangent(y: dn, x: de) - arctangent(y: dy, x: dx)
    // Half a degree for the crab angle of a truck that is not perfectly aligned.
    return (frame, both / driven + 0.009)
  }
}

/// Tells a receiver that came back from one that lies: refused fixes that agree with one another
/// along odometry for long enough are believed again.
package struct Reacquisition: Sendable, Visitable {
  private var since = Instant.never
  private var east = 0.0
  private var north = 0.0
  private var headingRefusals: Int = 0
  private var headingError = 0.0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("since", &since)
    visitor.visit("east", &east)
    visitor.visit("north", &north)
    visitor.visitCount("headingRefusals", &headingRefusals, limit: 50)
    visitor.visit("headingError", &headingError)
  }

  mutating func clear() { since = .never }

  mutating func position(
    _ errorEast: Double, _ errorNorth: Double, sigma: Double, at now: Instant, after time: Interval
  ) -> Bool {
    let de = errorEast - east
    let dn = errorNorth - north
    let spread = 4 * sigma + 0.5
    guard since != .never, de * de + dn * dn <= spread * spread else {
      since = now
      east = errorEast
      north = errorNorth
      return false
    }
    east += 0.1 * de
    north += 0.1 * dn
    guard now - since >= time else { return false }
    since = .never
    return true
  }

  /// Fifty refusals in a row, five seconds at 10 Hz, that agree within 0.05 rad.
  mutating func heading(_ error: Double, accepted: Bool) -> Bool {
    guard !accepted, (error - headingError).magnitude < 0.05 || headingRefusals == 0 else {
      headingRefusals = 0
      return false
    }
    headingError = error
    headingRefusals = min(headingRefusals + 1, 50)
    guard headingRefusals >= 50 else { return false }
    headingRefusals = 0
    return true
  }
}
