import Signals
import Units

/// Plays a stop plan from a private copy by the player's own odometer and clock; without a fit
/// plan it holds the measured curvature (S-14).
package struct StopPlanPlayer: Sendable, Visitable {
  private var plan = StopPlan()
  private var hasPlan = false
  /// The player's own odometer where and when the plan begins.
  private var origin = Metres.zero
  private var playsPlan = false
  private var startedAt = Instant.never
  /// NaN until a measurement arrives: the gate then keeps what it has.
  private var heldCurvature = Curvature(.nan)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("plan", &plan)
    visitor.visit("hasPlan", &hasPlan)
    visitor.visit("origin", &origin)
    visitor.visit("playsPlan", &playsPlan)
    visitor.visit("startedAt", &startedAt)
    visitor.visit("heldCurvature", &heldCurvature)
  }

  package var isPlayingPlan: Bool { @_addressableSelf get { playsPlan } }
  /// Where the plan in hand ends, on the player's odometer; NaN without one.
  package var end: Metres {
    @_addressableSelf get { hasPlan ? origin + plan.length : Metres(.nan) }
  }

  /// Keeps a copy of a plan that is intact, fit and newer than the one in hand, anchored to the
  /// player's own distance.
  package mutating func offer(
    _ offered: @_addressable StopPlan, odometer: Metres, speed: MetresPerSecond, at now: Instant,
    configuration: @_addressable SafeStopConfiguration
  ) {
    let age = now - offered.birth
    let isNew = !hasPlan || offered.sequence > plan.sequence
    let isYoung = age >= .milliseconds(-20) && age <= configuration.times.planAge
    guard isNew, isYoung, offered.isFit, offered.isIntact else { return }
    plan = offered
    hasPlan = true
    origin = odometer - Metres(speed.value > 0 ? speed.value * max(age.seconds, 0) : 0)
  }

  /// Forgets what an earlier daemon offered: its numbers mean nothing to the next one.
  package mutating func forget() {
    hasPlan = false
    playsPlan = false
    plan = StopPlan()
  }

  /// Decides, at the moment of failure, what is played; answers whether it is a plan.
  @discardableResult
  package mutating func start(
    measured: Curvature, at now: Instant, configuration: @_addressable SafeStopConfiguration
  ) -> Bool {
    startedAt = now
    heldCurvature = measured
    playsPlan = hasPlan && now - plan.birth <= configuration.times.planAge
    return playsPlan
  }

  /// Steering is lost: hold what is measured and never steer more.
  package mutating func abandonSteering(measured: Curvature) {
    guard playsPlan else { return }
    playsPlan = false
    heldCurvature = measured
  }

  /// The first measurement after a start without one is what is held.
  package mutating func note(measured: Curvature) {
    if !playsPlan, !heldCurvature.isFinite { heldCurvature = measured }
  }

  /// The curvature to command, read ahead by the time that the steering needs.
  @_addressableSelf package func curvature(
    odometer: Metres, speed: MetresPerSecond, vehicle: @_addressable VehicleParameters
  ) -> Curvature {
    guard playsPlan else { return heldCurvature }
    let ahead = (vehicle.steeringDelay.seconds + vehicle.steeringLag.seconds) * 0.8
    let travelled = odometer.value - origin.value + (speed.value > 0 ? speed.value * ahead : 0)
    let position = travelled / plan.spacing.value
    let last = StopPlan.capacity - 1
    guard position > 0 else { return Curvature(plan.curvatures[0]) }
    guard position < Double(last) else { return Curvature(plan.curvatures[last]) }
    let index = min(Int(position), last - 1)
    let share = position - Double(index)
    let (a, b) = (plan.curvatures[index], plan.curvatures[index + 1])
    return Curvature(a + (b - a) * share)
  }

  /// The deceleration to command; zero without a plan, where the ladder alone brakes.
  @_addressableSelf package func deceleration(at now: Instant) -> MetresPerSecondSquared {
    guard playsPlan else { return .zero }
    let time = max((now - startedAt).seconds, 0)
    let ramped = plan.initialDeceleration.value + plan.jerk.value * time
    return MetresPerSecondSquared(min(ramped, plan.deceleration.value))
  }
}
