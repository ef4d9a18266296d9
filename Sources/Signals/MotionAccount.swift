import Units

/// Why a truck that nothing stops does not drive; the order is that in which it is asked.
@usableFromInline package enum MoveObstacle: UInt8, Sendable {
  case none
  /// Nobody armed it: MANUAL, SHADOW.
  case notArmed
  /// STOPPING or HELD.
  case stopInForce
  case offRoute
  case brakePathTripped
  /// The protective field, or the attendant's enable, does not allow a move-off (S-3).
  case personsUnprotected
  /// A trailer row of the arming table fails (S-22, C12).
  case trailerUnverified
  /// The stop target is too near: a hold line, or the end of the route.
  case noAuthority
  /// A row of the arming table fails.
  case notReady
  case parkingBrakesUnconfirmed
  /// Lamps and horn before motion (S-22, C11).
  case warning
  /// Parking brakes and driveline have not answered yet.
  case releasing
  /// The next hold line is released, and the position too doubtful to pass it (R-GNSS-4).
  case positionSuspect
  /// The next hold line is released, and the brakes too weak to pass it (S-8).
  case brakesWeak
  /// The vehicle ahead in the queue has not gone on far enough.
  case vehicleAhead
}

/// What keeps the speed from being higher.
@usableFromInline package enum SpeedLimiter: UInt8, Sendable {
  /// The truck stands.
  case none
  /// A stop is in force.
  case stop
  /// The braking curve to the stop target.
  case stopTarget
  /// A bend or a posted speed of the route, here or ahead.
  case route
  /// The braking curve to the cap of a zone ahead.
  case zoneAhead
  /// The cap of a zone that the truck touches.
  case zone
  /// The highest speed of the truck, of its profile.
  case truck
  /// The highest speed of the mission's plan.
  case cruise
  /// A degraded state of the ladder.
  case degraded
  /// The range of the protective field (S-3).
  case protectiveField
  case vehicleAhead
  /// Nothing: it accelerates as it may.
  case acceleration
  /// A position that is suspect, or by dead reckoning (R-GNSS-4).
  case position
  /// Brakes that give less than they should, or a road that takes less (S-8, S-11).
  case brakes
}

/// What is known of a vehicle ahead by radar (ACC1).
@usableFromInline package enum VehicleAheadPhase: UInt8, Sendable {
  /// The profile has no radar: nobody is ever followed.
  case absent
  /// The radar says that nobody is there.
  case clear
  /// Seen too seldom to be no ghost: no faster than now, and no braking yet.
  case doubtful
  case followed
  /// No longer seen: where it would be now is kept for a while.
  case remembered
  /// Longer than that, or the radar is silent: slower, until nobody was seen for long enough.
  case lost
}

/// Whom the truck follows.
@usableFromInline package struct VehicleAheadReport: Sendable, Visitable {
  package var phase = VehicleAheadPhase.absent
  /// From the front bumper to its rear, and its speed; NaN where nobody is believed.
  package var gap = Metres(.nan)
  package var speed = MetresPerSecond(.nan)

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("phase", &phase)
    visitor.visit("gap", &gap)
    visitor.visit("speed", &speed)
  }
}

/// Why the truck moves as it does.
@usableFromInline package struct MotionAccount: Sendable, Visitable {
  package var obstacle = MoveObstacle.notArmed
  package var limiter = SpeedLimiter.none
  /// Of a zone ahead, the path coordinate at which its cap begins; NaN else.
  package var capStation = Metres(.nan)
  /// The cap there; NaN else.
  package var capAhead = MetresPerSecond(.nan)
  package var ahead = VehicleAheadReport()

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("obstacle", &obstacle)
    visitor.visit("limiter", &limiter)
    visitor.visit("capStation", &capStation)
    visitor.visit("capAhead", &capAhead)
    visitor.visit("ahead", &ahead)
  }
}
