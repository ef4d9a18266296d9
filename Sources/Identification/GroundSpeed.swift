import Units

/// What the wheels say of the truck's motion.
package struct WheelSpeedSample: Sendable {
  /// When it was measured, s, rising.
  package var time: Double
  /// Of the rear axle's centre along the truck as the wheels of one axle tell it, m/s.
  ///
  /// Best of an axle that is not driven: driven wheels slip by about 1 % while they accelerate.
  package var speed: Double
  /// rad/s, left positive; 0 where unknown.
  package var yawRate: Double

  package init(time: Double, speed: Double, yawRate: Double) {
    self.time = time
    self.speed = speed
    self.yawRate = yawRate
  }
}

/// A receiver's speed over ground.
package struct SpeedFix: Sendable {
  /// When it arrived, s of the same clock as the wheels.
  package var receivedAt: Double
  /// Of the antenna, m/s.
  package var speed: Double

  package init(receivedAt: Double, speed: Double) {
    self.receivedAt = receivedAt
    self.speed = speed
  }
}

/// Wheels against GNSS speed: how much the wheels read, and how late a fix arrives.
///
/// Linear in scale and latency: v_gnss(t) = v / scale - latency error * acceleration, with two more
/// terms for the slip of braked and driven wheels, which is a share of the speed in proportion to
/// the acceleration (the linear part of a tyre's curve). Latency shows only where speed changes;
/// slip and latency are told apart by changes at different speeds.
package struct GroundSpeed: Sendable {
  /// What the wheels read over the true speed, free rolling.
  package var scale: Estimate
  /// From validity to arrival of a fix, s.
  package var latency: Estimate

  /// - Parameters:
  ///   - wheels: every 50 ms or closer.
  ///   - fixes: five a second or more.
  ///   - expected: the latency to begin with.
  package static func identify(
    wheels: [WheelSpeedSample], fixes: [SpeedFix], antennaForward: Metres = .zero,
    antennaLeft: Metres = .zero, expected: Interval = .milliseconds(100)
  ) -> GroundSpeed {
    var latency = expected.seconds
    var found = GroundSpeed(scale: .unknown(scaleAdvice), latency: .unknown(latencyAdvice))
    // The motion is smooth over the error that is left after each round.
    for _ in 0..<4 {
      let rows = Rows(
        wheels, fixes, latency: latency, forward: antennaForward.value, left: antennaLeft.value)
      guard
        let fit = LeastSquares.linear(
          columns: rows.columns, values: rows.values, blocks: rows.blocks)
      else { return found }
      let share = fit.parameters[0]
      guard share > 0.5, share < 2 else { return found }
      // d(1/x) = -dx/x^2
      found.scale = Estimate(
        1 / share, standardError: fit.standardErrors[0] / (share * share), quantile: fit.quantile
      ).needing(halfWidth: 0.01, scaleAdvice)
      let error = fit.estimate(1, scale: -1 / share)
      latency = min(max(latency + error.value, 0), 1)
      found.latency = error.shifted(by: latency - error.value)
        .needing(halfWidth: 0.05, latencyAdvice)
      if error.value.magnitude < 1e-4 { break }
    }
    return found
  }

  private static var scaleAdvice: String { "one minute faster than 2 m/s with GNSS speed" }
  private static var latencyAdvice: String {
    "five or more changes of speed by 3 m/s at 0.5 m/s2 or more, with GNSS speed"
  }
}

private struct Rows {
  /// Speed, acceleration, speed times braking, speed times accelerating.
  var columns = [[Double]](repeating: [], count: 4)
  var values: [Double] = []
  var blocks: [Int] = []

  /// Of the straight line that is laid through the wheel speeds, to each side, s.
  private static var window: Double { 0.15 }
  private static var slowest: Double { 1.5 }

  init(
    _ wheels: [WheelSpeedSample], _ fixes: [SpeedFix], latency: Double, forward: Double,
    left: Double
  ) {
    var first = 0
    var before = -Double.infinity
    for fix in fixes where fix.speed.isFinite {
      let time = fix.receivedAt - latency
      while first < wheels.count, wheels[first].time < time - Self.window { first += 1 }
      guard let line = Self.line(wheels, from: first, at: time), line.speed > Self.slowest else {
        continue
      }
      let across = forward * line.yawRate
      let along = max(fix.speed * fix.speed - across * across, 0).squareRoot()
      columns[0].append(line.speed)
      columns[1].append(line.slope)
      columns[2].append(line.speed * max(-line.slope, 0))
      columns[3].append(line.speed * max(line.slope, 0))
      if time - before > 0.5 { blocks.append(values.count) }
      before = time
      values.append(along + left * line.yawRate)
    }
    // A drive without braking, or without accelerating, has no such slip to tell.
    columns = columns.enumerated().filter { index, column in
      index < 2 || dot(column, column) > 0
    }.map(\.element)
  }

  private static func line(
    _ wheels: [WheelSpeedSample], from first: Int, at time: Double
  ) -> (speed: Double, slope: Double, yawRate: Double)? {
    var count = 0.0
    var sums = (t: 0.0, v: 0.0, tt: 0.0, tv: 0.0, yaw: 0.0)
    var i = first
    while i < wheels.count, wheels[i].time <= time + window {
      let t = wheels[i].time - time
      let v = wheels[i].speed
      count += 1
      sums.t += t
      sums.v += v
      sums.tt += t * t
      sums.tv += t * v
      sums.yaw += wheels[i].yawRate
      i += 1
    }
    let determinant = count * sums.tt - sums.t * sums.t
    // Measurements on both sides, else the line is no more than a guess.
    guard count >= 5, determinant > 0, sums.t.magnitude < 0.5 * window * count else { return nil }
    let slope = (count * sums.tv - sums.t * sums.v) / determinant
    return ((sums.v - slope * sums.t) / count, slope, sums.yaw / count)
  }
}
