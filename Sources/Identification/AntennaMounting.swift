import ReproducibleMath

/// One fix of a receiver that tells heading and course.
package struct AntennaSample: Sendable {
  /// When the fix was valid, s.
  package var time: Double
  /// Of the antenna over ground: m/s, and rad counter-clockwise from east.
  package var speed: Double
  package var course: Double
  /// Of the dual antenna, rad counter-clockwise from east, the profile's heading offset taken off.
  package var heading: Double
  /// At the same time: rad/s, and m/s of the rear axle along the truck (NaN where unknown).
  package var yawRate: Double
  package var wheelSpeed: Double

  package init(
    time: Double, speed: Double, course: Double, heading: Double, yawRate: Double,
    wheelSpeed: Double
  ) {
    self.time = time
    self.speed = speed
    self.course = course
    self.heading = heading
    self.yawRate = yawRate
    self.wheelSpeed = wheelSpeed
  }
}

/// Where the antenna sits, from how it moves against the truck in bends.
///
/// Rigid body: across the truck the antenna moves with forward * yaw rate less the rear axle's slip
/// (slip * speed^2 * yaw rate) plus heading error * speed; along it with rear-axle speed less
/// left * yaw rate.
package struct AntennaMounting: Sendable {
  /// From the rear-axle centre, m.
  package var forward: Estimate
  package var left: Estimate
  /// To be added to the profile's heading offset, rad.
  package var headingOffset: Estimate
  /// Rear-axle slip angle over lateral acceleration, rad per m/s2.
  package var rearAxleSlip: Estimate

  package static func identify(_ samples: [AntennaSample]) -> AntennaMounting {
    let usable = samples.filter {
      $0.speed > 1 && $0.course.isFinite && $0.heading.isFinite && $0.yawRate.isFinite
    }
    // The second time without the heading error and the wheels' scale that the first one found.
    var turn = 0.0
    var scale = 1.0
    var (sideways, lengthways) = fits(usable, turn: turn, scale: scale)
    if let heading = sideways?.parameters[2], heading.magnitude < 0.2 { turn = heading }
    if let share = lengthways?.parameters[1], share > 0.8, share < 1.25 { scale = share }
    (sideways, lengthways) = fits(usable, turn: turn, scale: scale)
    return AntennaMounting(
      forward: sideways?.estimate(0).needing(halfWidth: 0.25, advice) ?? .unknown(advice),
      left: turnsBothWays(usable)
        ? lengthways?.estimate(0).needing(halfWidth: 0.25, advice) ?? .unknown(advice)
        : .unknown(advice),
      headingOffset: sideways?.estimate(2).shifted(by: turn).needing(halfWidth: 0.01, advice)
        ?? .unknown(advice),
      rearAxleSlip: sideways?.estimate(1).needing(halfWidth: 0.006, slipAdvice)
        ?? .unknown(slipAdvice))
  }

  /// Whether at least 30 degrees were turned to each side.
  ///
  /// In bends to one side what the wheels slip looks like an antenna beside the middle.
  private static func turnsBothWays(_ samples: [AntennaSample]) -> Bool {
    var (left, right) = (0.0, 0.0)
    for (sample, next) in zip(samples, samples.dropFirst()) {
      let angle = sample.yawRate * min(max(next.time - sample.time, 0), 0.5)
      guard sample.yawRate.magnitude > 0.03 else { continue }
      if angle > 0 { left += angle } else { right -= angle }
    }
    return min(left, right) > 0.52
  }

  private static func fits(
    _ samples: [AntennaSample], turn: Double, scale: Double
  ) -> (sideways: Fit?, lengthways: Fit?) {
    var across = Regression(columns: 3)
    var along = Regression(columns: 2)
    for sample in samples {
      let angle = sample.course - sample.heading - turn
      let lateral = sample.speed * sine(angle)
      let speed = sample.speed * cosine(angle)
      // The slip is the rear axle's, whose speed is not the antenna's.
      let axle = sample.wheelSpeed.isFinite ? scale * sample.wheelSpeed : speed
      across.add(
        [sample.yawRate, -axle * axle * sample.yawRate, speed], lateral, at: sample.time)
      guard sample.wheelSpeed.isFinite else { continue }
      along.add([-sample.yawRate, sample.wheelSpeed], speed, at: sample.time)
    }
    return (across.fit(), along.fit())
  }

  private static var advice: String {
    "bends to both sides at a yaw rate of 0.1 rad/s or more, with dual-antenna heading"
  }
  private static var slipAdvice: String { advice + ", both at a crawl and as fast as allowed" }
}

/// Rows of a linear regression, in order of time.
struct Regression {
  private var columns: [[Double]]
  private var values: [Double] = []
  private var blocks: [Int] = []
  private var last = -Double.infinity
  /// Rows further apart have nothing to do with each other, s.
  private let gap: Double

  init(columns count: Int, gap: Double = 0.5) {
    columns = [[Double]](repeating: [], count: count)
    self.gap = gap
  }

  mutating func add(_ row: [Double], _ value: Double, at time: Double) {
    if time - last > gap { blocks.append(values.count) }
    last = time
    for (i, entry) in row.enumerated() { columns[i].append(entry) }
    values.append(value)
  }

  func fit() -> Fit? { LeastSquares.linear(columns: columns, values: values, blocks: blocks) }
}
