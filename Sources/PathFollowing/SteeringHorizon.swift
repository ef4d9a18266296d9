import QuadraticProgram
import ReproducibleMath
import Signals
import Units

/// What the wheel may do, besides the steering's own stop and rate.
package struct SteeringBounds: Sendable {
  package var curvature = Curvature(.infinity)
  package var curvatureRate = CurvatureRate(.infinity)
  package var lateralAcceleration = MetresPerSecondSquared(.infinity)
  package var lateralJerk = MetresPerSecondCubed(.infinity)

  package init() {}
}

/// The three seconds ahead of a plan: what the path needs of the wheel, what the wheel may do, and
/// how the truck answers.
struct SteeringHorizon {
  private static var steps: Int { SteeringPlan.steps }
  private static var interval: Double { SteeringPlan.interval }
  /// s; a change of lateral acceleration within it costs as much as the acceleration.
  private static var smoothing: Double { 0.3 }

  /// tan(road-wheel angle) that the path needs.
  private var references = InlineArray<31, Double>(repeating: 0)
  private let mostWheel: Double
  private let mostChange: Double
  private let speed: Double
  /// Yaw rate of a wheel, 1/s.
  private let gain: Double
  private let yawDecay: Double
  /// Of the return, rad/s.
  private let bandwidth: Double
  private let damping: Double

  init(
    _ ahead: LateralPrediction, disturbance: Double, bandwidth: Double, damping: Double,
    bounds: SteeringBounds,
    _ route: borrowing Span<RoutePiece>, _ model: LateralModel,
    _ parameters: borrowing @_addressable VehicleParameters
  ) {
    speed = max(ahead.speed, 0.5)
    gain = speed / model.length
    let half = Self.interval / (2 * model.yawLag)
    yawDecay = (1 - half) / (1 + half)
    self.bandwidth = bandwidth
    // With less a quadratic cost would reward speed across the path.
    // Below a half of the root of 2 the cost would not be convex; above, the way back only gets longer.
    self.damping = max(min(damping, 0.8), 0.71)
    let square = speed * speed
    // 0.95: the gate judges commands, which lead the wheel.
    let curvature = 0.95 * min(bounds.curvature.value, bounds.lateralAcceleration.value / square)
    let rate = 0.95 * min(bounds.curvatureRate.value, bounds.lateralJerk.value / square)
    mostWheel = min(
      tangent(min(max(parameters.roadWheelAngleLimit.value, 0.01), 1)),
      max(curvature * model.wheelbase, 1e-3))
    mostChange =
      Self.interval * min(0.95 * model.steeringRate, max(rate * model.wheelbase, 1e-3))
    refer(ahead, disturbance, route, model)
  }

  /// Whether the path asks for more than the wheel may do.
  var isBinding: Bool {
    @_addressableSelf get {
      for k in 0...Self.steps {
        if references[k].magnitude > mostWheel { return true }
        if k > 0, (references[k] - references[k - 1]).magnitude > mostChange { return true }
      }
      return false
    }
  }

  /// The path's curvature as the reference of the law smooths it, with the lead of slip and yaw lag.
  private mutating func refer(
    _ ahead: LateralPrediction, _ disturbance: Double, _ route: borrowing Span<RoutePiece>,
    _ model: LateralModel
  ) {
    let step = speed * Self.interval
    var index = ahead.index
    var curvatures = InlineArray<44, Double>(repeating: 0)
    var before = 0.0
    for i in 0...44 {
      let station = ahead.station + (Double(i) - 6.5) * step
      let heading = LateralController.heading(at: station, &index, route)
      if i > 0 { curvatures[i - 1] = (heading - before) / step }
      before = heading
    }
    // Variances, in squares of the interval: a half for each round, and two for a round of twice it.
    for round in 0..<4 {
      let reach = round < 3 ? 1 : 2
      var behind = InlineArray<2, Double>(repeating: curvatures[0])
      for i in 0..<44 {
        let old = curvatures[i]
        let past = reach == 1 ? behind[1] : behind[0]
        let next = curvatures[min(i + reach, 43)]
        curvatures[i] = 0.25 * (past + 2 * old + next)
        behind = [behind[1], old]
      }
    }
    let lead = (model.slip * speed + model.yawLag) / (2 * Self.interval)
    for k in 0...Self.steps {
      let slope = curvatures[k + 7] - curvatures[k + 5]
      references[k] = (curvatures[k + 6] + lead * slope - disturbance) * model.length
    }
  }

  /// The next point with the wheel going evenly to a value.
  @_addressableSelf func next(_ point: SteeringErrors, wheel: Double) -> SteeringErrors {
    var result = SteeringErrors()
    result.wheel = wheel
    result.yawRate =
      yawDecay * point.yawRate + (1 - yawDecay) * gain * 0.5 * (point.wheel + wheel)
    result.heading = point.heading + 0.5 * Self.interval * (point.yawRate + result.yawRate)
    result.deviation =
      point.deviation + 0.5 * Self.interval * speed * (point.heading + result.heading)
    return result
  }

  /// Least squares of deviation, its rate and lateral acceleration.
  ///
  /// Alone they are the return of a double integrator with bandwidth and damping, whose infinite rest
  /// is the cost of the last point.
  @_addressableSelf func program(from start: SteeringErrors) -> ChainProgram {
    let count = Self.steps
    var program = ChainProgram(count: count)
    // Deviation and its rate: of no correction, and of one that lasts a step.
    var free = InlineArray<30, Double>(repeating: 0)
    var freeRate = InlineArray<30, Double>(repeating: 0)
    var answer = InlineArray<30, Double>(repeating: 0)
    var rates = InlineArray<30, Double>(repeating: 0)
    var point = start
    var pulse = SteeringErrors()
    for k in 0..<count {
      point = next(point, wheel: 0)
      free[k] = point.deviation
      freeRate[k] = speed * point.heading
      pulse = next(pulse, wheel: k == 0 ? 1 : 0)
      answer[k] = pulse.deviation
      rates[k] = speed * pulse.heading
    }
    let square = bandwidth * bandwidth
    let twice = 2 * damping * bandwidth
    let weights = ReturnCost(
      deviation: square * square, rate: twice * twice - 2 * square,
      endDeviation: square * twice / Self.interval, endBoth: square / Self.interval,
      endRate: twice / Self.interval)
    let effort = speed * gain * speed * gain
    let ratio = Self.smoothing / Self.interval
    let change = effort * ratio * ratio
    for i in 0..<count {
      let a = count - 1 - i
      var sum = 0.0
      for k in i..<count {
        sum +=
          weights.deviation * free[k] * answer[k - i] + weights.rate * freeRate[k] * rates[k - i]
      }
      let (end, endRate) = (free[count - 1], freeRate[count - 1])
      program.gradient[i] =
        sum + (weights.endDeviation * end + weights.endBoth * endRate) * answer[a]
        + (weights.endBoth * end + weights.endRate * endRate) * rates[a]
      program.lower[i] = -mostWheel - references[i + 1]
      program.upper[i] = mostWheel - references[i + 1]
      let asked = references[i + 1] - references[i]
      (program.leastChange[i], program.mostChange[i]) = (-mostChange - asked, mostChange - asked)
    }
    fill(&program, answer, rates, weights, effort, change)
    program.gradient[0] -= change * start.wheel
    program.previous = start.wheel
    return program
  }

  @_addressableSelf private func fill(
    _ program: inout ChainProgram, _ answer: InlineArray<30, Double>,
    _ rates: InlineArray<30, Double>,
    _ weights: ReturnCost, _ effort: Double, _ change: Double
  ) {
    let count = Self.steps
    for difference in 0..<count {
      // Sums over the points that both corrections still move, from the last ones on.
      var sum = 0.0
      for i in stride(from: count - 1, through: difference, by: -1) {
        let (a, b) = (count - 1 - i, count - 1 - i + difference)
        sum += weights.deviation * answer[a] * answer[b] + weights.rate * rates[a] * rates[b]
        var value = sum + weights.endDeviation * answer[a] * answer[b]
        value += weights.endRate * rates[a] * rates[b]
        value += weights.endBoth * (answer[a] * rates[b] + rates[a] * answer[b])
        if difference == 0 { value += effort + (i + 1 < count ? 2 : 1) * change }
        if difference == 1 { value -= change }
        program[i, i - difference] = value
      }
    }
  }
}

/// What a point beside the path costs, and the last one for all that come after it.
private struct ReturnCost {
  let deviation: Double
  let rate: Double
  let endDeviation: Double
  let endBoth: Double
  let endRate: Double
}
