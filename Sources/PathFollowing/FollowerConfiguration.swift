import Signals
import Units

/// How the truck is to follow its route; defaults are those of domain.md 2.2.
package struct FollowerConfiguration: Sendable, Visitable {
  // Projection onto the route.
  package var searchWindow = Metres(30)
  /// Farther from the path, or turned more, is off the route.
  package var deviationLimit = Metres(5)
  package var headingErrorLimit = Radians(1.0)
  /// Error of the survey of the route, one sigma; enters `sigmaAlong` (S-9).
  package var surveySigma = Metres(0.05)
  // Lateral control.
  /// Bandwidth of the return to the path at speed, rad/s, and the length that limits it at a crawl.
  package var lateralBandwidth = 2.5
  package var lateralLength = Metres(3.5)
  package var lateralDamping = 0.9
  /// Share of the bandwidth that a planned way back has, zero for none: the rest is left for holding
  /// the truck to it.
  package var planShare = 0.7
  /// Deviation beyond which the approach angle grows no further.
  package var deviationSaturation = Metres(1.5)
  /// Bandwidth, rad/s, and bound of the curvature that the model cannot explain: steering offset,
  /// understeer, camber.
  package var disturbanceBandwidth = 1.0
  package var disturbanceLimit = Curvature(0.006)
  /// What the second law of steering may differ by for longer than the time.
  ///
  /// As road-wheel angle, and at speed as lateral acceleration: with these a truck is moved by less than
  /// 0.1 m before it is found.
  package var steeringDisagreement = Radians(0.15)
  package var lateralDisagreement = MetresPerSecondSquared(1.5)
  package var disagreementTime = Interval.milliseconds(300)
  /// Below this speed the wheel is held.
  package var steeringSpeed = MetresPerSecond(0.05)
  // Longitudinal control.
  package var cruiseSpeed = MetresPerSecond(kilometresPerHour: 25)
  package var lateralAccelerationLimit = MetresPerSecondSquared(1.0)
  package var acceleration = MetresPerSecondSquared(0.5)
  package var deceleration = MetresPerSecondSquared(0.8)
  package var jerk = MetresPerSecondCubed(0.8)
  /// The front bumper comes to rest at this distance before the stop target: the middle of what a
  /// stop may miss, 0 to 0.30 m, which errors of lever arm and overhang may use either way.
  package var stopShort = Metres(0.16)
  /// Time constant of the last approach, in which speed falls with distance.
  package var approachTime = Interval.milliseconds(900)
  /// Where the net deceleration would be less the cap is zero (S-11).
  package var leastDeceleration = MetresPerSecondSquared(0.3)
  /// Share of friction less grade that may be planned with (S-11).
  package var brakingShare = 0.8
  /// 1/s, of speed.
  package var speedGain = 0.9
  package var speedDisturbanceBandwidth = 0.4
  package var holdDeceleration = MetresPerSecondSquared(1.5)
  /// A front bumper that is farther than this from its stop target moves up.
  package var moveOffDistance = Metres(0.3)
  /// Behind a vehicle ahead that stands, and the time that is added while it moves.
  package var standstillGap = Metres(4)
  package var timeGap = Interval.milliseconds(2_000)
  /// Demands between drive and brake this small are left to rolling.
  package var brakeDeadband = MetresPerSecondSquared(0.05)
  /// Share of the reference torque per second.
  package var torqueRise = 1.2
  package var brakeRelease = MetresPerSecondCubed(5)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("searchWindow", &searchWindow)
    visitor.visit("deviationLimit", &deviationLimit)
    visitor.visit("headingErrorLimit", &headingErrorLimit)
    visitor.visit("surveySigma", &surveySigma)
    visitor.visit("lateralBandwidth", &lateralBandwidth)
    visitor.visit("lateralLength", &lateralLength)
    visitor.visit("lateralDamping", &lateralDamping)
    visitor.visit("planShare", &planShare)
    visitor.visit("deviationSaturation", &deviationSaturation)
    visitor.visit("disturbanceBandwidth", &disturbanceBandwidth)
    visitor.visit("disturbanceLimit", &disturbanceLimit)
    visitor.visit("steeringDisagreement", &steeringDisagreement)
    visitor.visit("lateralDisagreement", &lateralDisagreement)
    visitor.visit("disagreementTime", &disagreementTime)
    visitor.visit("steeringSpeed", &steeringSpeed)
    visitor.visit("cruiseSpeed", &cruiseSpeed)
    visitor.visit("lateralAccelerationLimit", &lateralAccelerationLimit)
    visitor.visit("acceleration", &acceleration)
    visitor.visit("deceleration", &deceleration)
    visitor.visit("jerk", &jerk)
    visitor.visit("stopShort", &stopShort)
    visitor.visit("approachTime", &approachTime)
    visitor.visit("leastDeceleration", &leastDeceleration)
    visitor.visit("brakingShare", &brakingShare)
    visitor.visit("speedGain", &speedGain)
    visitor.visit("speedDisturbanceBandwidth", &speedDisturbanceBandwidth)
    visitor.visit("holdDeceleration", &holdDeceleration)
    visitor.visit("moveOffDistance", &moveOffDistance)
    visitor.visit("standstillGap", &standstillGap)
    visitor.visit("timeGap", &timeGap)
    visitor.visit("brakeDeadband", &brakeDeadband)
    visitor.visit("torqueRise", &torqueRise)
    visitor.visit("brakeRelease", &brakeRelease)
  }
}
