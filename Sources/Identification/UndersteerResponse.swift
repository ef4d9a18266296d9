import ReproducibleMath
import Units

/// One moment of a bend.
package struct YawSample: Sendable {
  /// s, rising.
  package var time: Double
  /// Of the rear axle along the truck, m/s.
  package var speed: Double
  /// Of the road wheel as measured, rad, left positive.
  package var angle: Double
  /// As measured, rad/s; NaN where nothing new was measured.
  package var yawRate: Double

  package init(time: Double, speed: Double, angle: Double, yawRate: Double) {
    self.time = time
    self.speed = speed
    self.angle = angle
    self.yawRate = yawRate
  }
}

/// How the truck turns for a steering angle: yaw rate = v tan(angle + offset) / (L + K v^2), after
/// a first-order lag, plus the gyro's bias.
///
/// The model is that of `VehicleParameters`; the angle counts as exact beside the gyro.
package struct UndersteerResponse: Sendable {
  /// K, rad per m/s2.
  package var gradient: Estimate
  /// What has to be added to the measured angle, rad.
  package var steeringOffset: Estimate
  /// rad/s.
  package var gyroBias: Estimate
  /// s, a mean over the speeds driven.
  package var yawLag: Estimate

  /// - Parameter samples: every 50 ms or closer; gaps part them.
  package static func identify(
    _ samples: [YawSample], wheelbase: Metres
  ) -> UndersteerResponse {
    let parameters: [LeastSquares.Parameter] = [
      .init(start: 0.003, step: 1e-5, range: -0.05...0.2),
      .init(start: 0, step: 1e-5, range: -0.2...0.2),
      .init(start: 0, step: 1e-5),
      .init(start: 0.1, step: 0.001, range: 0.005...2),
    ]
    let runs = split(samples)
    let fit = LeastSquares.fit(parameters) { p in
      var all = Residuals()
      for run in runs { compare(run, p, wheelbase.value, into: &all) }
      return all
    }
    guard let fit else {
      return UndersteerResponse(
        gradient: .unknown(speedAdvice), steeringOffset: .unknown(straightAdvice),
        gyroBias: .unknown(straightAdvice), yawLag: .unknown(speedAdvice))
    }
    return UndersteerResponse(
      gradient: fit.estimate(0).needing(halfWidth: 0.002, speedAdvice),
      steeringOffset: fit.estimate(1).needing(halfWidth: 0.002, straightAdvice),
      gyroBias: fit.estimate(2).needing(halfWidth: 0.002, straightAdvice),
      yawLag: fit.estimate(3).needing(halfWidth: 0.1, speedAdvice))
  }

  private static var speedAdvice: String {
    "bends to both sides at a crawl and at 1 m/s2 of lateral acceleration or more"
  }
  private static var straightAdvice: String {
    "straight driving at two speeds, for a minute each"
  }

  private static var slowest: Double { 1 }
  private static var settling: Double { 1 }

  private static func split(_ samples: [YawSample]) -> [[YawSample]] {
    var runs: [[YawSample]] = [[]]
    for sample in samples {
      let gap = sample.time - (runs[runs.count - 1].last?.time ?? sample.time)
      if gap > 0.15 || gap < 0 || !(sample.speed > slowest) || !sample.angle.isFinite {
        runs.append([])
      }
      guard sample.speed > slowest, sample.angle.isFinite else { continue }
      runs[runs.count - 1].append(sample)
    }
    return runs.filter { $0.count > 100 }
  }

  private static func compare(
    _ run: [YawSample], _ p: [Double], _ wheelbase: Double, into all: inout Residuals
  ) {
    guard let first = run.first else { return }
    var answer = turn(first, p, wheelbase)
    var before = answer
    all.blocks.append(all.values.count)
    for (i, sample) in run.enumerated() {
      let target = turn(sample, p, wheelbase)
      if i > 0 {
        // Exact for a target that is linear between two samples.
        let z = (sample.time - run[i - 1].time) / p[3]
        let left = decay(z)
        let slope = z > 1e-9 ? (target - before) / z : 0
        answer = (answer - before + slope) * left + target - slope
        before = target
      }
      guard sample.yawRate.isFinite, sample.time - first.time > settling else { continue }
      all.values.append(sample.yawRate - p[2] - answer)
    }
  }

  private static func turn(_ sample: YawSample, _ p: [Double], _ wheelbase: Double) -> Double {
    let length = max(wheelbase + p[0] * sample.speed * sample.speed, 0.1)
    return sample.speed * tangent(sample.angle + p[1]) / length
  }
}
