/// One moment of driving and braking by command.
package struct LongitudinalSample: Sendable {
  /// s, rising.
  package var time: Double
  /// Measured along the truck, m/s; NaN where nothing new was measured.
  package var speed: Double
  /// Commanded deceleration of the service brake, m/s2, >= 0.
  package var brake: Double
  /// Commanded force at the driven wheels, N: share of the reference torque times its force, no
  /// more than power over speed.
  package var drive: Double
  /// Commanded force of the retarder, N.
  package var retarder: Double

  package init(
    time: Double, speed: Double, brake: Double, drive: Double = 0, retarder: Double = 0
  ) {
    self.time = time
    self.speed = speed
    self.brake = brake
    self.drive = drive
    self.retarder = retarder
  }
}

/// How brake and engine follow their commands, and what mass they move.
///
/// dv/dt = drive / mass - gain * brake - retarder / mass - rest, where brake and drive are the
/// commands after dead time and lag, and the rest (grade, rolling, air) is one number for each piece
/// of some seconds. Fitted to the measured speed, piece by piece, so that neither the grade nor an
/// accelerometer is needed.
package struct LongitudinalResponse: Sendable {
  /// Dead time and build-up (first-order lag) of the service brake, s.
  package var brakeDelay: Estimate
  package var brakeLag: Estimate
  /// Achieved over commanded deceleration.
  package var brakeGain: Estimate
  /// s.
  package var driveDelay: Estimate
  package var driveLag: Estimate
  /// What the reference force accelerates, kg; wheels and engine that turn included.
  package var mass: Estimate

  /// Truck tyres give 10 to 20 times their load for a slip of 1 along (slip stiffness over load).
  package static var truckTyreSlip: Double { 1 / (15 * 9.81) }
  package static var truckTyreSlipSigma: Double { 0.0025 }

  /// - Parameter brakeSlip: what braked wheels read too little, as a share for each m/s2 that the brake achieves;
  ///   0 where the speed is not that of braked wheels.
  package static func identify(
    _ samples: [LongitudinalSample], brakeSlip: Double = 0
  ) -> LongitudinalResponse {
    let runs = LongitudinalRun.runs(samples)
    let parameters = Parameters(
      hasBrake: runs.contains(where: \.brakes), hasDrive: runs.contains(where: \.drives))
    var found = LongitudinalResponse(
      brakeDelay: .unknown(brakeAdvice), brakeLag: .unknown(brakeAdvice),
      brakeGain: .unknown(brakeAdvice), driveDelay: .unknown(driveAdvice),
      driveLag: .unknown(driveAdvice), mass: .unknown(driveAdvice))
    guard parameters.hasBrake || parameters.hasDrive else { return found }
    let best = parameters.starts.compactMap { start in
      LeastSquares.fit(start) { p in
        var all = Residuals()
        for run in runs { run.compare(parameters.model(p), brakeSlip: brakeSlip, into: &all) }
        return all
      }
    }.min { $0.scatter < $1.scatter }
    guard let fit = best else { return found }
    if parameters.hasBrake {
      found.brakeDelay = fit.estimate(0).needing(halfWidth: 0.1, brakeAdvice)
      found.brakeLag = fit.estimate(1).needing(halfWidth: 0.15, brakeAdvice)
      found.brakeGain = fit.estimate(2).needing(halfWidth: 0.1, brakeAdvice)
    }
    if parameters.hasDrive {
      let i = parameters.hasBrake ? 3 : 0
      found.driveDelay = fit.estimate(i).needing(halfWidth: 0.1, driveAdvice)
      found.driveLag = fit.estimate(i + 1).needing(halfWidth: 0.2, driveAdvice)
      let inverse = fit.parameters[i + 2]
      if inverse > 0 {
        found.mass = Estimate(
          1 / inverse, standardError: fit.standardErrors[i + 2] / (inverse * inverse),
          quantile: fit.quantile
        ).needing(halfWidth: 0.15 / inverse, driveAdvice)
      }
    }
    return found
  }

  private static var brakeAdvice: String {
    "five or more applications of the service brake of 1 m/s2 or more that begin at once, "
      + "on even road"
  }
  private static var driveAdvice: String {
    "five or more accelerations at 30 % of the torque or more that begin and end at once, "
      + "on even road"
  }
}

private struct Parameters {
  let hasBrake: Bool
  let hasDrive: Bool

  var starts: [[LeastSquares.Parameter]] {
    [0.05, 0.2].map { delay in
      var all: [LeastSquares.Parameter] = []
      if hasBrake {
        all += [
          .init(start: delay, step: 0.002, range: 0...1.5),
          .init(start: 0.3, step: 0.002, range: 0.005...3), .init(start: 1, step: 0.002),
        ]
      }
      if hasDrive {
        all += [
          .init(start: delay, step: 0.002, range: 0...1.5),
          .init(start: 0.4, step: 0.002, range: 0.005...3),
          .init(start: 5e-5, step: 1e-7, range: 1e-7...1e-2),
        ]
      }
      return all
    }
  }

  func model(_ p: [Double]) -> LongitudinalModel {
    let i = hasBrake ? 3 : 0
    return LongitudinalModel(
      brake: hasBrake ? Actuator(delay: p[0], lag: p[1]) : nil, brakeGain: hasBrake ? p[2] : 0,
      drive: hasDrive ? Actuator(delay: p[i], lag: p[i + 1]) : nil,
      inverseMass: hasDrive ? p[i + 2] : 0)
  }
}
