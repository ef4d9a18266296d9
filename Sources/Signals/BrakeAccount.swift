import Units

/// What the brakes were found to give, and what is counted on for that (S-8, S-11).
@usableFromInline package struct BrakeAccount: Sendable, Visitable {
  /// Achieved over demanded deceleration, filtered over brakings; 1 until one was measured.
  package var share = Fraction(1)
  /// Of the last braking that counted; NaN before the first.
  package var lastShare = Fraction(.nan)
  /// Brakings that counted, since the start.
  package var brakings: UInt32 = 0
  /// What the service brake is counted on for now: profile, road and share.
  package var assumed = MetresPerSecondSquared(.nan)
  /// The supervised curves of a comfort and of an emergency stop.
  package var comfort = MetresPerSecondSquared(.nan)
  package var emergency = MetresPerSecondSquared(.nan)
  /// The brakes give too little for another hold line to be passed.
  package var endsTrip = false

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("share", &share)
    visitor.visit("lastShare", &lastShare)
    visitor.visit("brakings", &brakings)
    visitor.visit("assumed", &assumed)
    visitor.visit("comfort", &comfort)
    visitor.visit("emergency", &emergency)
    visitor.visit("endsTrip", &endsTrip)
  }
}
