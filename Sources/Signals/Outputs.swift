import Units

/// Whether the position is to be believed (R-GNSS-4).
///
/// Later is better.
@usableFromInline package enum PositionTrust: UInt8, Sendable, Comparable {
  case unknown, lost, deadReckoning, suspect, trusted

  @usableFromInline package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The estimate of the truck's motion; the pose is that of the tractor's rear-axle centre in the
/// site frame (x east, y north, heading counter-clockwise from east).
@usableFromInline package struct VehicleState: Sendable, Visitable {
  package var at = Instant.never
  package var east = Metres.zero
  package var north = Metres.zero
  package var heading = Radians.zero
  package var speed = MetresPerSecond.zero
  package var acceleration = MetresPerSecondSquared.zero
  package var yawRate = RadiansPerSecond.zero
  /// tan(road-wheel angle) / wheelbase as measured.
  package var curvature = Curvature.zero
  /// Tractor heading minus trailer heading.
  package var articulation = Radians.zero
  /// Of the rear axle beyond the vehicle's parameters, as learnt, rad per m/s2.
  package var rearAxleSlipLearnt = 0.0
  /// Of the understeer gradient, likewise.
  package var understeerLearnt = 0.0
  /// Distance driven since start.
  package var odometer = Metres.zero
  package var isStandstill = false
  package var headingObserved = false
  package var trust = PositionTrust.unknown
  package var sigmaEast = Metres(.infinity)
  package var sigmaNorth = Metres(.infinity)
  package var sigmaHeading = Radians(.infinity)
  package var gnssAge = Interval.zero
  /// Which tests of the receiver trip, and which cannot be made (R-GNSS-4).
  package var integrity = GNSSIntegrity()

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("at", &at)
    visitor.visit("east", &east)
    visitor.visit("north", &north)
    visitor.visit("heading", &heading)
    visitor.visit("speed", &speed)
    visitor.visit("acceleration", &acceleration)
    visitor.visit("yawRate", &yawRate)
    visitor.visit("curvature", &curvature)
    visitor.visit("articulation", &articulation)
    visitor.visit("rearAxleSlipLearnt", &rearAxleSlipLearnt)
    visitor.visit("understeerLearnt", &understeerLearnt)
    visitor.visit("odometer", &odometer)
    visitor.visit("isStandstill", &isStandstill)
    visitor.visit("headingObserved", &headingObserved)
    visitor.visit("trust", &trust)
    visitor.visit("sigmaEast", &sigmaEast)
    visitor.visit("sigmaNorth", &sigmaNorth)
    visitor.visit("sigmaHeading", &sigmaHeading)
    visitor.visit("gnssAge", &gnssAge)
    visitor.visit("integrity", &integrity)
  }
}

/// Where the truck is on its route.
@usableFromInline package struct PathState: Sendable, Visitable {
  /// Whether a projection onto the route exists.
  package var isOnRoute = false
  /// Path coordinate of the rear axle.
  package var station = Metres.zero
  /// Path coordinate of the front bumper.
  package var frontStation = Metres.zero
  /// Path coordinate of the trailer's rear end.
  package var rearStation = Metres.zero
  /// Of the rear axle from the path, positive to the left.
  package var lateralDeviation = Metres.zero
  package var headingError = Radians.zero
  /// One sigma of the front station, lever arm and overhang included (S-9).
  package var sigmaAlong = Metres(.infinity)

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isOnRoute", &isOnRoute)
    visitor.visit("station", &station)
    visitor.visit("frontStation", &frontStation)
    visitor.visit("rearStation", &rearStation)
    visitor.visit("lateralDeviation", &lateralDeviation)
    visitor.visit("headingError", &headingError)
    visitor.visit("sigmaAlong", &sigmaAlong)
  }
}

/// What the gate changed, and how often.
@usableFromInline package struct GateReport: Sendable, Visitable {
  /// One bit per limit of this cycle; the bits are `ActuatorGate`'s.
  package var clamped: UInt32 = 0
  package var clampedCycles: UInt64 = 0

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("clamped", &clamped)
    visitor.visit("clampedCycles", &clampedCycles)
  }
}

/// All that `Controller.step` decided in a cycle.
@usableFromInline package struct Outputs: Sendable, Visitable {
  package var cycle: UInt64 = 0
  package var command = Command()
  package var plan = StopPlan()
  package var mode = Mode.manual
  package var demand = StopDemand()
  package var faults = Faults()
  package var state = VehicleState()
  package var path = PathState()
  package var authority = MovementAuthority()
  /// Index of the zone that holds the front bumper, -1 outside all.
  package var zone: Int64 = -1
  /// Index of the hold line that the stop target stands for, -1 for none.
  package var holdLine: Int64 = -1
  package var speedCap = MetresPerSecond.zero
  package var targetSpeed = MetresPerSecond.zero
  package var gate = GateReport()
  /// Of the two laws of steering, as a share of what is allowed.
  package var steeringDisagreement = 0.0
  /// How persons are protected where the truck is (S-3).
  package var needsProtectiveField = false
  package var needsAttendant = false
  /// The road as the step takes it, and whether retarder and engine may brake (S-7).
  package var surface = RoadSurface.unknown
  package var retarderAllowed = false
  /// Whether every condition for arming holds, else why not.
  package var readyToArm = false
  package var notReady = Reason.waitingForInputs
  package var arming = ArmingReport()
  /// What brought about the present demand, or the last one.
  package var causes = CauseList()
  package var motion = MotionAccount()
  package var clock = ClockReport()
  package var brakes = BrakeAccount()

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("cycle", &cycle)
    visitor.visit("command", &command)
    visitor.visit("plan", &plan)
    visitor.visit("mode", &mode)
    visitor.visit("demand", &demand)
    visitor.visit("faults", &faults)
    visitor.visit("state", &state)
    visitor.visit("path", &path)
    visitor.visit("authority", &authority)
    visitor.visit("zone", &zone)
    visitor.visit("holdLine", &holdLine)
    visitor.visit("speedCap", &speedCap)
    visitor.visit("targetSpeed", &targetSpeed)
    visitor.visit("gate", &gate)
    visitor.visit("steeringDisagreement", &steeringDisagreement)
    visitor.visit("needsProtectiveField", &needsProtectiveField)
    visitor.visit("needsAttendant", &needsAttendant)
    visitor.visit("surface", &surface)
    visitor.visit("retarderAllowed", &retarderAllowed)
    visitor.visit("readyToArm", &readyToArm)
    visitor.visit("notReady", &notReady)
    visitor.visit("arming", &arming)
    visitor.visit("causes", &causes)
    visitor.visit("motion", &motion)
    visitor.visit("clock", &clock)
    visitor.visit("brakes", &brakes)
  }
}
