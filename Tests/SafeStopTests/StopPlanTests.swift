import ActuatorGate
import SafeStop
import Signals
import Testing
import Units

/// S-8: a plan is as long as the brakes make it, and demands what that takes.
@Suite struct PlansOfWeakBrakes {
  private func plan(_ share: Double, limit: Double = 500) -> StopPlan {
    let configuration = GuardianConfiguration()
    var request = StopPlanRequest()
    request.brakeShare = Fraction(share)
    request.state.speed = MetresPerSecond(7)
    request.path.isOnRoute = true
    request.measured.speed = MetresPerSecond(7)
    request.measured.curvature = .zero
    request.spacing = StopPlanBuilder.spacing(
      at: request.state.speed, brakeShare: request.brakeShare, vehicle: configuration.vehicle,
      configuration: configuration.safeStop)
    request.distanceToLimit = Metres(limit)
    var builder = StopPlanBuilder()
    return builder.build(
      request, vehicle: configuration.vehicle, limits: configuration.limits,
      configuration: configuration.safeStop)
  }

  @Test(arguments: [0.9, 0.7, 0.5])
  func areLonger(share: Double) {
    let (sound, weak) = (plan(1), plan(share))
    #expect(sound.isFit && weak.isFit)
    // What is demanded is the same.
    #expect(abs((weak.deceleration - sound.deceleration).value) < 1e-9)
    #expect(abs((weak.jerk - sound.jerk).value) < 1e-9)
    // Speed squared over twice the deceleration: what is not dead time grows as the share falls.
    let gained = 49 / (2 * 1.5) * (1 / share - 1)
    let difference = (weak.length - sound.length).value
    #expect(difference > 0.9 * gained && difference < 1.3 * gained, "\(difference) m")
  }

  /// Where a comfort stop would end beyond the limit, more is demanded than sound brakes need.
  @Test func demandMoreBeforeALimit() {
    let (sound, weak) = (plan(1, limit: 20), plan(0.6, limit: 20))
    #expect(weak.deceleration > sound.deceleration)
    #expect(weak.length <= Metres(20) && weak.deceleration.value <= 5)
  }

  @Test(arguments: [Double.nan, -1, 0, 7, .infinity])
  func anAbsurdShareMakesNoAbsurdPlan(share: Double) {
    let found = plan(share)
    #expect(found.length.value.isFinite && found.deceleration.value.isFinite)
    #expect(found.length >= plan(1).length)
  }
}
