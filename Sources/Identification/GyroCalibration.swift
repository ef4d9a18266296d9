import ReproducibleMath

/// One reading of the gyro.
package struct GyroSample: Sendable {
  /// s, rising.
  package var time: Double
  /// rad/s, left positive; NaN where nothing new was measured.
  package var yawRate: Double
  /// Whether the truck is known to stand.
  package var isStanding: Bool
  /// Of a dual antenna at this time, rad counter-clockwise; NaN where nothing new was measured.
  package var heading: Double

  package init(time: Double, yawRate: Double, isStanding: Bool, heading: Double = .nan) {
    self.time = time
    self.yawRate = yawRate
    self.isStanding = isStanding
    self.heading = heading
  }
}

/// Bias of a gyro from standstill, and its scale from what it sums up to between two headings.
///
/// A gyro that is mounted with a tilt reads the cosine of the tilt: its scale says so.
package struct GyroCalibration: Sendable {
  /// Read at rest, rad/s.
  package var bias: Estimate
  /// Read over true.
  package var scale: Estimate

  /// Headings far enough apart that their noise is small beside the turn, s.
  private static var span: Double { 6 }

  package static func identify(_ samples: [GyroSample]) -> GyroCalibration {
    var rest = Regression(columns: 1)
    var turns = Regression(columns: 2, gap: 2 * span)
    // The turn since the last heading that began a span.
    var begin: (time: Double, heading: Double)?
    var turned = 0.0
    var last: GyroSample?
    for sample in samples {
      if let before = last, sample.time - before.time > 0.15 || sample.time < before.time {
        begin = nil
        last = nil
      }
      if sample.yawRate.isFinite {
        if sample.isStanding { rest.add([1], sample.yawRate, at: sample.time) }
        if let before = last {
          turned += (sample.yawRate + before.yawRate) / 2 * (sample.time - before.time)
        }
        last = sample
      }
      guard sample.heading.isFinite, let now = last else { continue }
      // From the last reading to the heading.
      let sum = turned + now.yawRate * (sample.time - now.time)
      if let start = begin {
        guard sample.time - start.time >= span else { continue }
        turns.add(
          [wrapped(sample.heading - start.heading), sample.time - start.time], sum,
          at: sample.time)
      }
      begin = (sample.time, sample.heading)
      turned = -now.yawRate * (sample.time - now.time)
    }
    let still = rest.fit()
    let turning = turns.fit()
    let drift = turning?.estimate(1).needing(halfWidth: 0.001, restAdvice) ?? .unknown(restAdvice)
    let bias = still?.estimate(0).needing(halfWidth: 0.001, restAdvice) ?? .unknown(restAdvice)
    return GyroCalibration(
      bias: bias.halfWidth <= drift.halfWidth ? bias : drift,
      scale: turning?.estimate(0).needing(halfWidth: 0.02, turnAdvice) ?? .unknown(turnAdvice))
  }

  private static var restAdvice: String { "ten seconds at standstill with the engine running" }
  private static var turnAdvice: String {
    "a full circle to each side, with dual-antenna heading"
  }
}
