import QuadraticProgram
import ReproducibleMath
import Signals
import Units

/// How the truck is beside what the path needs of it: deviation of the point s u^2 ahead, heading,
/// yaw rate and tan(road-wheel angle).
package struct SteeringErrors: Sendable, Visitable {
  package var deviation = 0.0
  package var heading = 0.0
  package var yawRate = 0.0
  package var wheel = 0.0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("deviation", &deviation)
    visitor.visit("heading", &heading)
    visitor.visit("yawRate", &yawRate)
    visitor.visit("wheel", &wheel)
  }

  /// Less than any sensor tells.
  var isAtRest: Bool {
    deviation.magnitude < 1e-3 && heading.magnitude < 1e-4 && yawRate.magnitude < 1e-3
      && wheel.magnitude < 1e-4
  }
}

/// The way back to the path that steering, gate and comfort allow, solved every fifth cycle.
///
/// It goes on from where it was itself, not from where the truck is: the feedback holds the truck to
/// the plan. It is the path itself where nothing stands against that, and begins anew at the truck
/// when the two are too far apart to be one.
package struct SteeringPlan: Sendable, Visitable {
  /// Whether it is other than the path.
  package private(set) var isActive = false
  private var points = InlineArray<31, SteeringErrors>(repeating: SteeringErrors())
  /// s since the first point.
  private var age = 0.0
  private var cycles = 0
  private var active = ActiveSet()
  /// Solutions that were not taken.
  package private(set) var failures: UInt64 = 0

  static var steps: Int { 30 }
  static var interval: Double { 0.1 }
  /// Farther from its plan the truck does not follow it: m, and rad of heading.
  private static var reach: (deviation: Double, heading: Double) { (0.6, 0.15) }

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isActive", &isActive)
    visitor.visit("points", &points, count: Self.steps + 1)
    visitor.visit("age", &age)
    visitor.visit("cycles", &cycles)
    visitor.visit("atLower", &active.atLower)
    visitor.visit("atUpper", &active.atUpper)
    visitor.visit("atLeastChange", &active.atLeastChange)
    visitor.visit("atMostChange", &active.atMostChange)
    visitor.visit("failures", &failures)
  }

  /// The path is the plan.
  mutating func clear() {
    isActive = false
    age = 0
    active = ActiveSet()
  }

  /// Where the plan is now, and how fast its wheel turns, 1/s.
  @_addressableSelf func now() -> (errors: SteeringErrors, wheelRate: Double) {
    guard isActive else { return (SteeringErrors(), 0) }
    let place = min(max(age / Self.interval, 0), Double(Self.steps) - 1e-9)
    let index = Int(place)
    let share = place - Double(index)
    let (before, after) = (points[index], points[index + 1])
    func between(_ a: Double, _ b: Double) -> Double { a + (b - a) * share }
    var errors = SteeringErrors()
    errors.deviation = between(before.deviation, after.deviation)
    errors.heading = between(before.heading, after.heading)
    errors.yawRate = between(before.yawRate, after.yawRate)
    errors.wheel = between(before.wheel, after.wheel)
    return (errors, (after.wheel - before.wheel) / Self.interval)
  }

  /// Whether this is the fifth cycle.
  mutating func isDue(after seconds: Double) -> Bool {
    age += seconds
    cycles = (cycles + 1) % 5
    return cycles == 0
  }

  /// Plans anew; `errors` are the truck's where a command of this cycle acts.
  mutating func solve(_ errors: SteeringErrors, _ horizon: borrowing @_addressable SteeringHorizon)
  {
    let present = now().errors
    let isNear =
      (errors.deviation - present.deviation).magnitude < Self.reach.deviation
      && (errors.heading - present.heading).magnitude < Self.reach.heading
    let start = isNear ? present : errors
    guard !start.isAtRest || horizon.isBinding else { return clear() }
    if !isNear { active = ActiveSet() }
    let program = horizon.program(from: start)
    var set = active
    let solution = ChainSolver.solve(program, from: &set)
    switch solution.outcome {
    case .optimal, .relaxed:
      active = set
      age = 0
      isActive = true
      points[0] = start
      for k in 1...Self.steps {
        points[k] = horizon.next(points[k - 1], wheel: solution.values[k - 1])
      }
    case .limited, .indefinite, .refused:
      failures &+= 1
      active = ActiveSet()
      // The last one stands for as long as it is one.
      if !isNear || age > Double(Self.steps) * Self.interval { clear() }
    }
  }
}
