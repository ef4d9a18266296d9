import ReproducibleMath
import Signals
import Units

/// What the follower is asked to do in a cycle.
package enum MotionRequest: UInt8, Sendable {
  /// Nothing is controlled; the follower only keeps track of the route.
  case standby
  /// Stand still with the service brake.
  case hold
  /// Drive within authority and caps.
  case drive
  /// Come to standstill on the path with the given deceleration, then hold.
  case stop
}

/// A speed cap that begins at a path coordinate of the front bumper.
package struct CapAhead: Sendable {
  package var station = Metres.zero
  package var cap = MetresPerSecond(.infinity)

  package init() {}
  package init(station: Metres, cap: MetresPerSecond) {
    self.station = station
    self.cap = cap
  }
}

/// What bounds the motion besides the route.
package struct MotionLimits: Sendable {
  package var authority = MovementAuthority()
  /// The lowest cap of the zones that the truck touches, and of degraded states.
  package var speedCapHere = MetresPerSecond(.infinity)
  package var capsAhead = InlineArray<16, CapAhead>(repeating: CapAhead())
  package var capCount = 0
  /// False when not dry, when the trailer is unladen or its ABS is faulty (S-7).
  package var retarderAllowed = false
  /// Of a `stop` request.
  package var stopDeceleration = MetresPerSecondSquared(1)

  package init() {}

  package mutating func append(_ cap: CapAhead) {
    guard capCount < 16 else { return }
    capsAhead[capCount] = cap
    capCount += 1
  }
}

/// What the follower decided.
package struct FollowerOutput: Sendable {
  /// Curvature, steering intent, torque, retarder, service brake and gear; lamps and parking brakes
  /// are the caller's.
  package var command = Command()
  package var targetSpeed = MetresPerSecond.zero
  package var targetAcceleration = MetresPerSecondSquared.zero
  /// Standing at the stop target, or told to hold.
  package var isHolding = false
}

/// Follows the route: lateral control, speed planning, powertrain and brake blending.
///
/// Each cycle call `locate`, find the caps of the zones for the path state it gives, then `step`.
package struct PathFollower: Sendable, Visitable {
  package init() {}

  /// Where the truck is on the route.
  package mutating func locate(
    state: borrowing VehicleState, route: borrowing Span<RoutePiece>,
    parameters: borrowing VehicleParameters, configuration: borrowing FollowerConfiguration
  ) -> PathState { PathState() }

  /// The command of this cycle; `path` is what `locate` gave for the same state.
  package mutating func step(
    request: MotionRequest, state: borrowing VehicleState, path: borrowing PathState,
    route: borrowing Span<RoutePiece>, limits: borrowing MotionLimits,
    parameters: borrowing VehicleParameters, configuration: borrowing FollowerConfiguration
  ) -> FollowerOutput { FollowerOutput() }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {}
}
