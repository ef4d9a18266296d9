import Estimation
import ReproducibleMath
import Signals
import Units
import Vehicle

/// How far a truck may go without its position being measured.
///
/// The first of three bounds (R-DR-1): distance, time, and the position's sigma. That sigma is the
/// estimator's own: it is driven straight ahead with fixes until it has settled, then without.
package struct DeadReckoningReach: Sendable {
  package let distance: Metres

  package init(speed: MetresPerSecond, profile: VehicleProfile) {
    let estimation = profile.tuning.estimation
    let bound = min(
      estimation.deadReckoningDistance.value,
      estimation.deadReckoningTime.seconds * speed.value)
    guard speed.value > 0, bound > 0 else {
      distance = .zero
      return
    }
    var drive = StraightDrive(speed: speed.value, profile)
    for _ in 0..<StraightDrive.settling { drive.step(hasFix: true) }
    let from = drive.position
    // A cycle's way at most is what the bound is missed by.
    while drive.position - from < bound {
      drive.step(hasFix: false)
      guard drive.sigma <= estimation.deadReckoningSigma.value else { break }
    }
    distance = Metres(min(max(drive.position - from, 0), bound))
  }
}

/// The estimator on a straight at constant speed, with a receiver as good as its profile says.
private struct StraightDrive {
  /// Cycles: gyro bias and steering offset are known after two minutes.
  static var settling: Int { 12_000 }
  private static var seconds: Double { 0.01 }

  private(set) var position = 0.0
  private var estimator = Estimator()
  private var signals = SignalStore()
  private var cycle: Int64 = 0
  /// Of the fixes' errors, which are one sigma to a side.
  private var sides: UInt64 = 1
  private let speed: Double
  private let profile: VehicleProfile
  private let frame = SiteFrame(latitude: Degrees(46.68), longitude: Degrees(82.8), height: .zero)

  init(speed: Double, _ profile: VehicleProfile) {
    self.speed = speed
    self.profile = profile
    estimator.initialise(
      at: now, east: .zero, north: .zero, heading: .zero, speed: MetresPerSecond(speed),
      positionSigma: profile.gnss.rtkFixed, headingSigma: Radians(0.003),
      configuration: profile.tuning.estimation)
  }

  /// One sigma of the position in its worst direction.
  var sigma: Double { estimator.positionSigma }

  private var now: Instant { Instant(nanoseconds: 5_000_000_000 + cycle * 10_000_000) }

  mutating func step(hasFix: Bool) {
    cycle += 1
    position += speed * Self.seconds
    set(.wheelSpeedRearLeft, speed)
    set(.wheelSpeedRearRight, speed)
    set(.yawRate, 0)
    set(.roadWheelAngle, 0)
    let period = max(profile.tuning.estimation.gnssPeriod.seconds / Self.seconds, 1)
    let isDue = hasFix && cycle % Int64(period.rounded()) == 0
    var reports = InlineArray<4, GNSSReport>(repeating: GNSSReport())
    if isDue { reports[0] = fix() }
    _ = estimator.step(
      now: now, signals: signals, gnss: reports, gnssCount: isDue ? 1 : 0,
      parameters: profile.parameters, frame: frame, configuration: profile.tuning.estimation)
  }

  private mutating func set(_ channel: SignalChannel, _ value: Double) {
    var sample = SignalSample()
    sample.value = value
    sample.validAt = now
    sample.receivedAt = now
    sample.state = .valid
    signals[channel] = sample
  }

  private mutating func fix() -> GNSSReport {
    let sigma = profile.gnss.rtkFixed
    let parameters = profile.parameters
    let east = position - speed * parameters.gnssLatency.seconds + parameters.antennaForward.value
    let place = frame.geodetic(
      east: Metres(east + side(sigma.value)),
      north: Metres(parameters.antennaLeft.value + side(sigma.value)), up: .zero)
    var report = GNSSReport()
    report.receivedAt = now
    report.mode = 3
    report.status = 3
    report.latitude = place.latitude
    report.longitude = place.longitude
    report.height = place.height
    report.sigma = sigma
    report.speed = MetresPerSecond(speed)
    report.track = Degrees(90)
    return report
  }

  private mutating func side(_ sigma: Double) -> Double {
    sides = sides &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return sides >> 63 == 0 ? sigma : -sigma
  }
}
