import BorderZone
import PathFollowing
import Signals
import Units

/// The speed cap of a doubtful position (R-GNSS-4).
///
/// It comes down from the present speed at less than the comfortable deceleration: a cap that fell at
/// once would be an excess of speed, and a stop, for nothing that the truck did.
struct PositionCap: Visitable {
  private(set) var cap = MetresPerSecond(.infinity)

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) { visitor.visit("cap", &cap) }

  mutating func step(
    _ cycle: borrowing @_addressable Cycle,
    _ configuration: borrowing @_addressable ControllerConfiguration
  ) {
    guard cycle.state.trust < .trusted else {
      cap = MetresPerSecond(.infinity)
      return
    }
    let least = configuration.suspectSpeed.value
    let fall = Self.share * configuration.follower.deceleration.value * cycle.elapsed.seconds
    let from = min(cap.value, max(cycle.state.speed.value, least))
    cap = MetresPerSecond(max(from - max(fall, 0), least))
  }

  /// Of the planner's deceleration, so that it can follow.
  private static var share: Double { 0.75 }
}

extension Controller {
  /// What decides whether the next hold line may be passed: nobody commits to it on a doubtful
  /// position, but a truck that cannot stop before it any more goes on.
  @_addressableSelf func commitment(_ cycle: borrowing @_addressable Cycle) -> Commitment {
    var commitment = Commitment()
    commitment.isAllowed = cycle.state.trust == .trusted
    guard !cycle.state.isStandstill else { return commitment }
    // What remains of the comfortable deceleration on a grade and with jerk.
    let share = 0.7
    let speed = max(cycle.state.speed.value, 0)
    let deceleration = max(share * configuration.follower.deceleration.value, 0.1)
    commitment.stoppingDistance = Metres(speed + speed * speed / (2 * deceleration))
    return commitment
  }
}
