import ReproducibleMath
import Signals
import Units

/// One report beside what odometry has of the same instant; what is not known is NaN.
struct IntegritySample {
  var at = Instant.never
  var receivedAt = Instant.never
  /// Nanoseconds since 1970; 0 when the receiver does not tell.
  var utc: Int64 = 0
  /// The fix in the site frame, m, with its sigma.
  var east = 0.0
  var north = 0.0
  var height = Double.nan
  var sigma = 0.0
  /// Height of the map's origin.
  var mapHeight = Double.nan
  /// The antenna in the odometry frame, m.
  var x = 0.0
  var y = 0.0
  /// Turns the odometry frame into the site frame, rad.
  var frame = Double.nan
  /// The truck's heading, and the antenna's motion along and to the left of it, m/s.
  var heading = Double.nan
  var headingSigma = 0.0
  var forward = 0.0
  var lateral = 0.0
  var isStandstill = false
  /// What the receiver says of motion: m/s, and counter-clockwise from east.
  var groundSpeed = Double.nan
  var course = Double.nan
  /// The baseline's heading less the estimated one.
  var headingError = Double.nan
  /// The fix to the left of where it was expected, m.
  var across = Double.nan
  /// The estimate to the left of the route, m.
  var routeDeviation = Double.nan
  var satellites = SatelliteSummary()

  var antennaSpeed: Double { (forward * forward + lateral * lateral).squareRoot() }

  /// Whether satellites were told of lately; a report carries the last that is known.
  ///
  /// Of a fix that none is said to be used for, nothing is known.
  var hasSatellites: Bool {
    satellites.used > 0 && satellites.receivedAt != .never
      && receivedAt - satellites.receivedAt <= .milliseconds(3_000)
      && satellites.receivedAt <= receivedAt + .milliseconds(1_000)
  }
}

extension Estimator {
  /// Shows a report to the receiver's tests, before the filter takes it.
  mutating func testReceiver(
    _ report: GNSSReport, _ fix: Fix, validAt: Instant, mapHeight: Metres,
    _ parameters: borrowing @_addressable VehicleParameters,
    _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    let past = fix.past
    var sample = IntegritySample()
    sample.at = validAt
    sample.receivedAt = report.receivedAt
    sample.utc = report.validAtUTC
    (sample.east, sample.north) = (fix.east, fix.north)
    // What is learnt of a receiver may follow its lies: what it reports does not.
    let reported = max(report.sigma.value, configuration.positionFloor.value)
    sample.sigma = report.sigma.isFinite ? reported : fix.sigmas.whole
    sample.height = report.height.value
    sample.mapHeight = mapHeight.value
    let forward = parameters.antennaForward.value
    let left = parameters.antennaLeft.value
    let c = cosine(past.heading)
    let s = sine(past.heading)
    sample.x = past.x + forward * c - left * s
    sample.y = past.y + forward * s + left * c
    sample.forward = past.speed - left * past.yawRate
    sample.lateral =
      forward * past.yawRate - rearAxleSlip(parameters) * past.speed * past.speed * past.yawRate
    sample.isStandstill = standstill.isStandstill
    if report.speed.isFinite, report.speed.value >= 0 { sample.groundSpeed = report.speed.value }
    if report.track.isFinite { sample.course = pi / 2 - report.track.radians }
    sample.routeDeviation = routeDeviation
    sample.satellites = report.satellites
    if headingKnown {
      sample.frame = belief.mean[Belief.heading] - odometry.heading
      sample.heading = sample.frame + past.heading
      sample.headingSigma = belief.variance(Belief.heading).squareRoot()
      if report.heading.isFinite {
        let measured = pi / 2 - report.heading.radians - parameters.antennaHeadingOffset.value
        sample.headingError = wrapped(measured - sample.heading)
      }
      if hasPosition { sample.across = across(sample) }
    }
    integrity.take(sample, configuration.integrity)
  }

  /// How far to the left of where odometry has the antenna a fix is.
  @_addressableSelf private func across(_ sample: IntegritySample) -> Double {
    let c = cosine(sample.frame)
    let s = sine(sample.frame)
    let dx = sample.x - odometry.x
    let dy = sample.y - odometry.y
    let east = sample.east - belief.mean[Belief.east] - (c * dx - s * dy)
    let north = sample.north - belief.mean[Belief.north] - (s * dx + c * dy)
    return cosine(sample.heading) * north - sine(sample.heading) * east
  }

  /// What the tests say, every cycle, and what that makes of the trust.
  mutating func judgeReceiver(
    _ now: Instant, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    integrity.advance(now, isTrusted: monitor.trust == .trusted, configuration.integrity)
    monitor.follow(integrity.level, configuration: configuration)
  }

  /// Where the truck is beside its route, which only its follower knows; NaN when off it.
  package mutating func noteRoute(deviation: Metres, isOnRoute: Bool) {
    routeDeviation = isOnRoute ? deviation.value : .nan
  }
}
