import BorderZone
import PathFollowing
import SafeStop
import Signals
import Units

/// A speed cap that comes with a state, not with a place: of a doubtful position (R-GNSS-4), of a
/// degraded truck.
///
/// It comes down from the present speed as the planner can follow, with bounded jerk and at less than
/// the comfortable deceleration: a cap that fell at once would be an excess of speed, and a stop, for
/// nothing that the truck did.
struct EasedCap: Visitable {
  private(set) var cap = MetresPerSecond(.infinity)
  private var fall = MetresPerSecondSquared.zero

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("cap", &cap)
    visitor.visit("fall", &fall)
  }

  mutating func step(
    isActive: Bool, to least: MetresPerSecond, _ cycle: borrowing @_addressable Cycle,
    _ follower: borrowing @_addressable FollowerConfiguration
  ) {
    guard isActive else {
      cap = MetresPerSecond(.infinity)
      fall = .zero
      return
    }
    let seconds = max(cycle.elapsed.seconds, 0)
    if !cap.isFinite { cap = Self.start(cycle.state, follower) }
    fall = min(
      fall + MetresPerSecondSquared(Self.share * follower.jerk.value * seconds),
      MetresPerSecondSquared(Self.share * follower.deceleration.value))
    cap = max(cap - MetresPerSecond(fall.value * seconds), least)
  }

  /// The speed that a truck still gains while its acceleration is taken back.
  private static func start(
    _ state: borrowing VehicleState, _ follower: borrowing @_addressable FollowerConfiguration
  ) -> MetresPerSecond {
    let acceleration = min(max(state.acceleration.value, 0), follower.acceleration.value)
    let gained = acceleration * acceleration / (2 * max(follower.jerk.value, 0.1))
    return MetresPerSecond(max(state.speed.value, 0) + gained)
  }

  /// Of the planner's jerk and deceleration, so that it can follow.
  private static var share: Double { 0.6 }
}

extension Controller {
  mutating func lowerToEasedCaps(_ cycle: inout Cycle) {
    positionCap.step(
      isActive: cycle.state.trust < .trusted, to: configuration.suspectSpeed, cycle,
      configuration.follower)
    cycle.lower(to: positionCap.cap, .position)
    degradedCap.step(
      isActive: ladder.phase == .degraded, to: configuration.degradedSpeed, cycle,
      configuration.follower)
    cycle.lower(to: degradedCap.cap, .degraded)
  }

  /// What decides whether the next hold line may be passed: nobody commits to it on a doubtful
  /// position or with weak brakes (S-8), but a truck that cannot stop before it any more goes on.
  @_addressableSelf func commitment(_ cycle: borrowing @_addressable Cycle) -> Commitment {
    var commitment = Commitment()
    commitment.isAllowed = cycle.state.trust == .trusted && !brakes.account.endsTrip
    guard !cycle.state.isStandstill else { return commitment }
    // What remains of the comfortable deceleration on a grade and with jerk.
    let share = 0.7
    let speed = max(cycle.state.speed.value, 0)
    let deceleration = max(share * cycle.curves.planned.value, 0.1)
    commitment.stoppingDistance = Metres(speed + speed * speed / (2 * deceleration))
    return commitment
  }
}
