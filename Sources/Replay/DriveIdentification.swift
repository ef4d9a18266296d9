import Identification
import Signals
import Units

/// What `tulpar tune identify` looks for.
package enum TunedQuantity: String, CaseIterable, Sendable {
  case steeringDelay = "steering dead time"
  case steeringLag = "steering lag"
  case steeringRate = "steering rate limit"
  case steeringOffset = "steering offset"
  case brakeDelay = "brake dead time"
  case brakeLag = "brake build-up"
  case brakeGain = "brake gain"
  case driveDelay = "engine dead time"
  case driveLag = "engine lag"
  case mass = "mass"
  case understeer = "understeer gradient"
  case wheelScale = "wheel-speed scale"
  case gnssLatency = "GNSS latency"
  case antennaForward = "antenna forward"
  case antennaLeft = "antenna left"
  case headingOffset = "antenna heading offset"
  case gyroBias = "gyro bias"
  case gyroScale = "gyro scale"
}

/// What one recorded drive, or several, tell of a truck's parameters.
package struct DriveFindings: Sendable {
  package struct Finding: Sendable, Equatable {
    package var estimate: Estimate
    /// An error that all drives share, one sigma: more of them do not average it away.
    package var systematic: Double

    package init(_ estimate: Estimate, systematic: Double = 0) {
      self.estimate = estimate
      self.systematic = systematic
    }
  }

  package var findings: [TunedQuantity: Finding] = [:]

  package init() {}

  package init(_ series: DriveSeries) {
    steering(series)
    longitudinal(series)
    let latency = ground(series)
    mounting(series, latency)
  }

  /// Of several drives, the shared errors added once.
  package static func pooled(_ drives: [DriveFindings]) -> [TunedQuantity: Estimate] {
    var all: [TunedQuantity: Estimate] = [:]
    for quantity in TunedQuantity.allCases {
      let found = drives.compactMap { $0.findings[quantity] }
      all[quantity] = Estimate.pooled(
        found.map(\.estimate), systematic: found.map(\.systematic).max() ?? 0)
    }
    return all
  }

  private mutating func steering(_ series: DriveSeries) {
    let found = SteeringResponse.identify(series.steering)
    let wait = series.latency(of: [.steeringCurvature, .roadWheelAngle])
    findings[.steeringDelay] = Finding(
      found.delay.shifted(by: -wait.mean), systematic: wait.sigma)
    // A held command is a staircase, and no actuator is of first order to the millisecond.
    findings[.steeringLag] = Finding(found.lag, systematic: wait.sigma)
    findings[.steeringRate] = Finding(found.rateLimit)
    // The command has the wire's resolution, and the actuator its friction.
    findings[.steeringOffset] = Finding(found.offset, systematic: 0.0002)
  }

  private mutating func longitudinal(_ series: DriveSeries) {
    let found = LongitudinalResponse.identify(
      series.longitudinal, brakeSlip: LongitudinalResponse.truckTyreSlip)
    let brake = series.latency(of: [.brakeDeceleration])
    let engine = series.latency(of: [.engineTorque])
    // What the slip is wrong by looks like time at the speed of a stop.
    let slipping = LongitudinalResponse.truckTyreSlipSigma * 5
    let sigma = (brake.sigma * brake.sigma + slipping * slipping).squareRoot()
    findings[.brakeDelay] = Finding(found.brakeDelay.shifted(by: -brake.mean), systematic: sigma)
    findings[.brakeLag] = Finding(found.brakeLag, systematic: sigma)
    findings[.brakeGain] = Finding(found.brakeGain, systematic: 0.01)
    // An engine, its driveline and slipping tyres are no lag of first order. Against the plant's truth
    // the dead time comes out up to 28 ms too long, the lag up to 17 ms too short.
    let driving = (engine.sigma * engine.sigma + 0.015 * 0.015).squareRoot()
    findings[.driveDelay] = Finding(
      found.driveDelay.shifted(by: -engine.mean), systematic: driving)
    findings[.driveLag] = Finding(found.driveLag, systematic: driving)
    // A reference force is known to some 2 %, and what turns with the wheels adds as much.
    findings[.mass] = Finding(found.mass, systematic: 0.02 * found.mass.value)
  }

  /// - Returns: the latency to go on with.
  private mutating func ground(_ series: DriveSeries) -> Double {
    let vehicle = series.vehicle
    let found = GroundSpeed.identify(
      wheels: series.wheels, fixes: series.fixes, antennaForward: vehicle.antennaForward,
      antennaLeft: vehicle.antennaLeft, expected: vehicle.gnssLatency)
    // Rolling resistance alone makes a tyre slip by some half a per mille.
    findings[.wheelScale] = Finding(found.scale, systematic: 0.0005)
    findings[.gnssLatency] = Finding(
      found.latency, systematic: series.latency(of: []).sigma)
    return found.latency.isEnough ? found.latency.value : vehicle.gnssLatency.seconds
  }

  private mutating func mounting(_ series: DriveSeries, _ latency: Double) {
    let gyro = GyroCalibration.identify(series.gyroSamples(latency: latency))
    findings[.gyroBias] = Finding(gyro.bias)
    findings[.gyroScale] = Finding(gyro.scale)
    let bias = gyro.bias.isEnough ? gyro.bias.value : 0
    let antenna = AntennaMounting.identify(
      series.antennaSamples(latency: latency, gyroBias: bias))
    findings[.antennaForward] = Finding(antenna.forward)
    findings[.antennaLeft] = Finding(antenna.left)
    findings[.headingOffset] = Finding(
      antenna.headingOffset.shifted(by: series.vehicle.antennaHeadingOffset.value),
      // Half a tenth of a degree of side slip from camber and crossfall.
      systematic: 0.001)
    let turning = UndersteerResponse.identify(series.yaw, wheelbase: series.vehicle.wheelbase)
    // Steering ratio and gyro scale are known to 1 %, which looks like so much gradient.
    let square = series.meanSquareSpeed
    findings[.understeer] = Finding(
      turning.gradient,
      systematic: square > 0 ? 0.01 * series.vehicle.wheelbase.value / square : .infinity)
  }
}
