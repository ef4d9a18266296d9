import Units

/// What a profile says about one truck platform: geometry, mass, dynamics.
///
/// Reference point of the tractor is its rear-axle centre; lengths are positive.
@usableFromInline package struct VehicleParameters: Sendable, Visitable {
  // Geometry.
  package var wheelbase = Metres(3.6)
  package var rearAxleToFrontBumper = Metres(5.0)
  package var rearAxleToTractorRear = Metres(1.0)
  /// King-pin ahead of the rear axle.
  package var fifthWheelOffset = Metres(0.6)
  package var kingPinToTrailerAxle = Metres(8.1)
  package var trailerAxleToRear = Metres(3.5)
  package var width = Metres(2.55)
  /// GNSS antenna from the rear-axle centre: forward, left.
  package var antennaForward = Metres.zero
  package var antennaLeft = Metres.zero
  /// Baseline direction of a dual antenna minus the truck's heading, counter-clockwise.
  package var antennaHeadingOffset = Radians.zero
  package var gnssLatency = Interval.milliseconds(100)
  package var hasTrailer = true
  // Lateral dynamics; the symbols are those of the reference plant.
  package var understeerGradient = 0.004
  package var rearAxleSlip = 0.012
  package var trailerAxleSlip = 0.012
  package var yawLagAtRest = Interval.milliseconds(50)
  package var yawLagPerSpeed = 0.010
  package var steeringRatio = 20.0
  package var steeringDelay = Interval.milliseconds(50)
  package var steeringLag = Interval.milliseconds(300)
  package var steeringRate = RadiansPerSecond(0.35)
  package var roadWheelAngleLimit = Radians(0.55)
  // Longitudinal dynamics.
  package var mass = Kilograms(20_000)
  package var massLimit = Kilograms(44_000)
  package var driveForce = Newtons(60_000)
  package var drivePower = Watts(300_000)
  package var driveDelay = Interval.milliseconds(100)
  package var driveLag = Interval.milliseconds(400)
  package var retarderForce = Newtons(20_000)
  package var brakeDelay = Interval.milliseconds(150)
  package var brakeLag = Interval.milliseconds(350)
  /// What the service brake reaches on dry road, laden.
  package var brakeDeceleration = MetresPerSecondSquared(5.0)
  /// What may be counted on for the declared friction class (R-MOT-13).
  package var assumedDeceleration = MetresPerSecondSquared(3.0)
  package var rollingResistance = 0.006
  /// Drag coefficient times frontal area, m2.
  package var dragArea = 6.0

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("wheelbase", &wheelbase)
    visitor.visit("rearAxleToFrontBumper", &rearAxleToFrontBumper)
    visitor.visit("rearAxleToTractorRear", &rearAxleToTractorRear)
    visitor.visit("fifthWheelOffset", &fifthWheelOffset)
    visitor.visit("kingPinToTrailerAxle", &kingPinToTrailerAxle)
    visitor.visit("trailerAxleToRear", &trailerAxleToRear)
    visitor.visit("width", &width)
    visitor.visit("antennaForward", &antennaForward)
    visitor.visit("antennaLeft", &antennaLeft)
    visitor.visit("antennaHeadingOffset", &antennaHeadingOffset)
    visitor.visit("gnssLatency", &gnssLatency)
    visitor.visit("hasTrailer", &hasTrailer)
    visitor.visit("understeerGradient", &understeerGradient)
    visitor.visit("rearAxleSlip", &rearAxleSlip)
    visitor.visit("trailerAxleSlip", &trailerAxleSlip)
    visitor.visit("yawLagAtRest", &yawLagAtRest)
    visitor.visit("yawLagPerSpeed", &yawLagPerSpeed)
    visitor.visit("steeringRatio", &steeringRatio)
    visitor.visit("steeringDelay", &steeringDelay)
    visitor.visit("steeringLag", &steeringLag)
    visitor.visit("steeringRate", &steeringRate)
    visitor.visit("roadWheelAngleLimit", &roadWheelAngleLimit)
    visitor.visit("mass", &mass)
    visitor.visit("massLimit", &massLimit)
    visitor.visit("driveForce", &driveForce)
    visitor.visit("drivePower", &drivePower)
    visitor.visit("driveDelay", &driveDelay)
    visitor.visit("driveLag", &driveLag)
    visitor.visit("retarderForce", &retarderForce)
    visitor.visit("brakeDelay", &brakeDelay)
    visitor.visit("brakeLag", &brakeLag)
    visitor.visit("brakeDeceleration", &brakeDeceleration)
    visitor.visit("assumedDeceleration", &assumedDeceleration)
    visitor.visit("rollingResistance", &rollingResistance)
    visitor.visit("dragArea", &dragArea)
  }

  /// From the front bumper to the trailer's rear when straight.
  package var totalLength: Metres {
    hasTrailer
      ? rearAxleToFrontBumper - fifthWheelOffset + kingPinToTrailerAxle + trailerAxleToRear
      : rearAxleToFrontBumper + rearAxleToTractorRear
  }
}
