import Units

/// What the truck is told to do this cycle, after blending and before the gate.
///
/// Steering is a curvature because the reference binding (ISO 11783 guidance) speaks it and because
/// a gate that needs no tangent imports no mathematics; angle-commanded platforms are converted at
/// the wire with the profile's wheelbase.
@usableFromInline package struct Command: Sendable, Equatable, Visitable {
  /// tan(road-wheel angle) / wheelbase, positive to the left.
  package var curvature = Curvature.zero
  package var steeringEngaged = false
  /// Share of the engine's reference torque, 0...1.
  package var driveTorque = Fraction.zero
  /// Service brake demand, >= 0.
  package var brakeDeceleration = MetresPerSecondSquared.zero
  /// Share of the retarder's reference torque, 0...1.
  package var retarderTorque = Fraction.zero
  package var gear = Gear.neutral
  package var tractorParkingBrake = false
  package var trailerParkingBrake = false
  package var hazardLamps = false
  package var brakeLamps = false
  package var horn = false

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("curvature", &curvature)
    visitor.visit("steeringEngaged", &steeringEngaged)
    visitor.visit("driveTorque", &driveTorque)
    visitor.visit("brakeDeceleration", &brakeDeceleration)
    visitor.visit("retarderTorque", &retarderTorque)
    visitor.visit("gear", &gear)
    visitor.visit("tractorParkingBrake", &tractorParkingBrake)
    visitor.visit("trailerParkingBrake", &trailerParkingBrake)
    visitor.visit("hazardLamps", &hazardLamps)
    visitor.visit("brakeLamps", &brakeLamps)
    visitor.visit("horn", &horn)
  }
}

/// The gears that may be commanded; reverse is not among them.
@usableFromInline package enum Gear: UInt8, Sendable {
  case neutral, drive
}

/// How far the front bumper may go, as path coordinates of the front bumper (S-10).
@usableFromInline package struct MovementAuthority: Sendable, Equatable, Visitable {
  /// The line at which the planner stops.
  package var stopTarget = Metres.zero
  /// The danger point that gate, supervisor and guardian defend.
  package var supervisedLimit = Metres.zero
  package var revision: UInt32 = 0

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("stopTarget", &stopTarget)
    visitor.visit("supervisedLimit", &supervisedLimit)
    visitor.visit("revision", &revision)
  }
}

/// A way to standstill on the path that needs nothing but wheel speed (S-14).
///
/// Curvature is given over the distance driven since `odometerAtBirth`, at points `spacing` apart,
/// linear between them and held after the last. Deceleration ramps from `initialDeceleration` to
/// `deceleration` at `jerk` and stays until standstill.
@usableFromInline package struct StopPlan: Sendable, Visitable {
  package static var capacity: Int { 48 }

  package var sequence: UInt64 = 0
  package var birth = Instant.never
  package var odometerAtBirth = Metres.zero
  package var speedAtBirth = MetresPerSecond.zero
  package var routeIdentifier: UInt64 = 0
  package var spacing = Metres(1)
  package var curvatures = InlineArray<48, Double>(repeating: 0)
  package var initialDeceleration = MetresPerSecondSquared.zero
  package var deceleration = MetresPerSecondSquared.zero
  package var jerk = MetresPerSecondCubed.zero
  /// Distance from birth to standstill.
  package var length = Metres.zero
  /// Whether the gate accepted it from the measured curvature and its end is within the limit.
  package var isFit = false
  /// Over every other field; see `seal()`.
  package var checksum: UInt64 = 0

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitContent(&visitor)
    visitor.visit("checksum", &checksum)
  }

  private mutating func visitContent<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("sequence", &sequence)
    visitor.visit("birth", &birth)
    visitor.visit("odometerAtBirth", &odometerAtBirth)
    visitor.visit("speedAtBirth", &speedAtBirth)
    visitor.visit("routeIdentifier", &routeIdentifier)
    visitor.visit("spacing", &spacing)
    visitor.visit("curvatures", &curvatures, count: 48)
    visitor.visit("initialDeceleration", &initialDeceleration)
    visitor.visit("deceleration", &deceleration)
    visitor.visit("jerk", &jerk)
    visitor.visit("length", &length)
    visitor.visit("isFit", &isFit)
  }

  private var contentHash: UInt64 {
    @_addressableSelf get {
      var copy = self
      var hash = FieldHash()
      copy.visitContent(&hash)
      return hash.hash
    }
  }

  package mutating func seal() { checksum = contentHash }
  package var isIntact: Bool { @_addressableSelf get { checksum == contentHash } }
}
