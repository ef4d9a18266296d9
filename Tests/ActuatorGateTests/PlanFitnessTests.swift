import ActuatorGate
import Signals
import Testing
import Units

/// S-14: a plan is trusted only if it is fit; each clause broken alone refuses it.
@Suite struct PlanFitnessTests {
  /// 5 m/s, straight, 1.5 m/s2 at once: 8.3 m.
  static func plan() -> StopPlan {
    var plan = StopPlan()
    plan.speedAtBirth = MetresPerSecond(5)
    plan.initialDeceleration = MetresPerSecondSquared(1.5)
    plan.deceleration = MetresPerSecondSquared(1.5)
    plan.jerk = MetresPerSecondCubed(3)
    plan.spacing = Metres(0.5)
    plan.length = Metres(9)
    return plan
  }

  static func accepts(
    _ plan: StopPlan, speed: Double = 5, curvature: Double = 0, distance: Double = 20
  ) -> Bool {
    var measured = GateMeasurement()
    measured.speed = MetresPerSecond(speed)
    measured.curvature = Curvature(curvature)
    return ActuatorGate.accepts(
      plan, measured: measured, limits: GateLimits(), distanceToLimit: Metres(distance))
  }

  @Test("S-14: a sound plan is fit")
  func sound() { #expect(Self.accepts(Self.plan())) }

  @Test(
    "S-14: it begins at the measured curvature and speed",
    arguments: [
      (5.0, 0.019, true), (5, 0.021, false), (5, -0.021, false), (5.6, 0, false), (4.4, 0, false),
      (.nan, 0, false), (5, .nan, false),
    ] as [(Double, Double, Bool)])
  func begins(_ speed: Double, _ curvature: Double, _ isFit: Bool) {
    #expect(Self.accepts(Self.plan(), speed: speed, curvature: curvature) == isFit)
  }

  @Test(
    "S-14: it ends within the supervised limit",
    arguments: [
      (9.0, true), (8.9, false), (0, false), (-1, false), (.nan, false),
    ] as [(Double, Bool)])
  func ends(_ distance: Double, _ isFit: Bool) {
    #expect(Self.accepts(Self.plan(), distance: distance) == isFit)
  }

  @Test("S-14: a length that its own deceleration does not keep is no length")
  func honestLength() {
    var plan = Self.plan()
    plan.length = Metres(7)
    #expect(!Self.accepts(plan))
  }

  @Test("S-14: curvature, lateral acceleration and rate stay inside the rows")
  func drivable() {
    var plan = Self.plan()
    for i in 0..<48 { plan.curvatures[i] = min(0.01 * Double(i), 0.06) }
    #expect(Self.accepts(plan))
    for i in 0..<48 { plan.curvatures[i] = min(0.02 * Double(i), 0.3) }
    #expect(!Self.accepts(plan), "sharper than the steering stop")
    for i in 0..<48 { plan.curvatures[i] = i < 2 ? 0 : 0.06 }
    #expect(!Self.accepts(plan), "a step")
    for i in 0..<48 { plan.curvatures[i] = i == 40 ? .nan : 0 }
    #expect(!Self.accepts(plan), "no number, even behind the stop")
  }

  @Test("S-14: each number of the plan is checked", arguments: 0..<7)
  func numbers(_ index: Int) {
    for value in [Double.nan, -1, 0] {
      var plan = Self.plan()
      switch index {
      case 0: plan.deceleration = MetresPerSecondSquared(value)
      case 1: plan.initialDeceleration = MetresPerSecondSquared(value == 0 ? -0.1 : value)
      case 2: plan.jerk = MetresPerSecondCubed(value)
      case 3: plan.spacing = Metres(value)
      case 4: plan.length = Metres(value)
      case 5: plan.spacing = Metres(value == 0 ? 1000 : value)
      default: plan.speedAtBirth = MetresPerSecond(value)
      }
      #expect(!Self.accepts(plan))
    }
  }

  @Test("S-14: a plan that does not come to rest within its points is none")
  func tooShort() {
    var plan = Self.plan()
    plan.spacing = Metres(0.1)
    #expect(!Self.accepts(plan))
  }
}
