import Signals
import Units

/// How well one drive kept its path, and with how much steering: truth of the simulated truck.
package struct DriveMeasures: Sendable, Equatable, Codable {
  /// Of the rear axle from its path, m.
  package var errorRMS = 0.0
  package var errorMax = 0.0
  /// Of the road wheels, rad/s.
  package var steeringRateRMS = 0.0
  /// m/s3.
  package var lateralJerkRMS = 0.0
  /// Why this drive must not be; nil where it may.
  package var fault: String?

  package init() {}
}

/// What is taken of each cycle of a drive.
package struct DriveSample: Sendable {
  /// m/s, m, rad and m/s2.
  package var speed = 0.0
  package var lateral = 0.0
  package var roadWheelAngle = 0.0
  package var lateralAcceleration = 0.0

  package init() {}
}

/// Adds up the measures of one drive cycle by cycle.
package struct DriveMeter: Sendable {
  /// s.
  private static var cycle: Double { 0.01 }
  /// Below this speed a turning wheel moves nobody and no error grows, m/s.
  private static var leastSpeed: Double { 0.3 }
  /// Cycles whose mean acceleration counts as one: what shakes a load is slower than tyres rattle.
  private static var window: Int { 10 }
  /// A wheel that turns back by more than this counts as a reversal, rad: half a degree, so that the
  /// sensors' noise counts for nothing.
  private static var reversal: Double { 0.0087 }
  /// More reversals than this within ten seconds are an oscillation.
  ///
  /// A change of lanes has three, and two of them cannot be driven in less; a wheel that swings faster
  /// than once in 2.5 s has more.
  private static var reversalLimit: Int { 8 }
  private static var reversalCycles: Int { 1_000 }

  private var count = 0
  private var errorSquares = 0.0
  private var errorMax = 0.0
  private var rateSquares = 0.0
  private var previousAngle: Double?
  private var sum = 0.0
  private var inWindow = 0
  private var previousMean: Double?
  private var jerkSquares = 0.0
  private var jerkCount = 0
  private var extreme = 0.0
  private var direction = 0.0
  private var cycles = 0
  private var reversals: [Int] = []
  package private(set) var oscillates = false

  package init() {}

  package mutating func add(_ sample: DriveSample) {
    guard sample.speed > Self.leastSpeed else {
      previousAngle = nil
      previousMean = nil
      (sum, inWindow) = (0, 0)
      return
    }
    count += 1
    errorSquares += sample.lateral * sample.lateral
    errorMax = max(errorMax, sample.lateral.magnitude)
    if let previousAngle {
      let rate = (sample.roadWheelAngle - previousAngle) / Self.cycle
      rateSquares += rate * rate
    }
    previousAngle = sample.roadWheelAngle
    addJerk(sample.lateralAcceleration)
    countReversals(sample.roadWheelAngle)
  }

  private mutating func addJerk(_ acceleration: Double) {
    sum += acceleration
    inWindow += 1
    guard inWindow == Self.window else { return }
    let mean = sum / Double(Self.window)
    if let previousMean {
      let jerk = (mean - previousMean) / (Double(Self.window) * Self.cycle)
      jerkSquares += jerk * jerk
      jerkCount += 1
    }
    previousMean = mean
    (sum, inWindow) = (0, 0)
  }

  private mutating func countReversals(_ angle: Double) {
    cycles += 1
    let move = angle - extreme
    if direction == 0 || move * direction > 0 {
      if direction == 0 { direction = move < 0 ? -1 : 1 }
      extreme = angle
    } else if move.magnitude > Self.reversal {
      direction = -direction
      extreme = angle
      reversals.append(cycles)
      reversals.removeAll { $0 <= cycles - Self.reversalCycles }
      if reversals.count > Self.reversalLimit { oscillates = true }
    }
  }

  package var measures: DriveMeasures {
    var measures = DriveMeasures()
    guard count > 0 else {
      measures.fault = "the truck did not move"
      return measures
    }
    measures.errorRMS = (errorSquares / Double(count)).squareRoot()
    measures.errorMax = errorMax
    measures.steeringRateRMS = (rateSquares / Double(count)).squareRoot()
    measures.lateralJerkRMS = (jerkSquares / Double(max(jerkCount, 1))).squareRoot()
    if oscillates {
      measures.fault =
        "the steering oscillates: more than \(Self.reversalLimit) reversals in "
        + "\(Self.reversalCycles / 100) s"
    }
    return measures
  }
}
