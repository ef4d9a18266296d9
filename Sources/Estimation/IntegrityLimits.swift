import Signals
import Units

/// The limits of the receiver's tests (R-GNSS-4; the table of domain.md 6.2).
package struct IntegrityLimits: Sendable, Visitable {
  // Jump: by this and three sigma off odometry, within a second.
  package var jump = Metres(1.5)
  package var jumpSigmas = 3.0
  package var jumpWindow = Interval.milliseconds(1_000)
  // Speed: by this and a share off the wheels.
  package var speed = MetresPerSecond(0.5)
  package var speedShare = 0.05
  package var speedTime = Interval.milliseconds(2_000)
  // Course off the heading by 10 degrees, above a speed.
  package var course = Radians(0.1745)
  package var courseSpeed = MetresPerSecond(1.5)
  package var courseTime = Interval.milliseconds(2_000)
  // Stationary: the wheels stand this long, and the fix moves by more.
  package var stationaryTime = Interval.milliseconds(3_000)
  package var stationaryDrift = Metres(2)
  package var stationarySpeed = MetresPerSecond(0.3)
  /// Doppler scatters for single reports.
  package var stationarySpeedTime = Interval.milliseconds(1_000)
  // Height off the map's, and its rate.
  package var height = Metres(15)
  package var heightRate = MetresPerSecond(5)
  /// The map tells the height of its origin; roads climb by less than this from there.
  package var heightSlope = 0.12
  // Clock.
  package var clockStep = Interval.milliseconds(50)
  /// Over a minute, off the rate that this host has shown, as a share.
  package var clockDrift = 5e-6
  /// No host's oscillator is further off, as a share.
  package var clockRate = 100e-6
  // Signal, dB.
  package var signalRange = 3.0
  package var signalRise = 6.0
  package var signalDrop = 10.0
  package var signalUsed: UInt8 = 5
  package var signalTime = Interval.milliseconds(3_000)
  // Constellation.
  package var constellationMemory = Interval.milliseconds(10_000)
  package var constellationTime = Interval.milliseconds(3_000)
  package var dilution = 5.0
  // Dual antenna: 5 degrees.
  package var heading = Radians(0.0873)
  /// A single wrong heading is left to the filter's gate.
  package var headingTime = Interval.milliseconds(500)
  // Corridor: the fix is further from the route than this while odometry is within that.
  package var corridor = Metres(15)
  package var corridorOwn = Metres(2)
  package var corridorTime = Interval.milliseconds(1_000)
  // Pull-off: of what fixes part from odometry within `pullOffMemory`, as much as sound odometry
  // drifts is allowed, and so many of the fix's sigmas; the rest is summed ten times a second.
  package var pullOffSum = Metres(3)
  package var pullOffMemory = Interval.milliseconds(10_000)
  package var pullOffDrift = MetresPerSecond(0.04)
  package var pullOffSigmas = 1.0
  /// How long a test counts as tripped after its last trip.
  package var tripTime = Interval.milliseconds(1_000)
  /// Without a datum for this long a test counts as untested.
  package var dataTime = Interval.milliseconds(3_000)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("jump", &jump)
    visitor.visit("jumpSigmas", &jumpSigmas)
    visitor.visit("jumpWindow", &jumpWindow)
    visitor.visit("speed", &speed)
    visitor.visit("speedShare", &speedShare)
    visitor.visit("speedTime", &speedTime)
    visitor.visit("course", &course)
    visitor.visit("courseSpeed", &courseSpeed)
    visitor.visit("courseTime", &courseTime)
    visitor.visit("stationaryTime", &stationaryTime)
    visitor.visit("stationaryDrift", &stationaryDrift)
    visitor.visit("stationarySpeed", &stationarySpeed)
    visitor.visit("stationarySpeedTime", &stationarySpeedTime)
    visitor.visit("height", &height)
    visitor.visit("heightRate", &heightRate)
    visitor.visit("heightSlope", &heightSlope)
    visitor.visit("heading", &heading)
    visitor.visit("headingTime", &headingTime)
    visitor.visit("corridor", &corridor)
    visitor.visit("corridorOwn", &corridorOwn)
    visitor.visit("corridorTime", &corridorTime)
    visitor.visit("tripTime", &tripTime)
    visitor.visit("dataTime", &dataTime)
    visitSignal(&visitor)
  }

  private mutating func visitSignal<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("clockStep", &clockStep)
    visitor.visit("clockDrift", &clockDrift)
    visitor.visit("clockRate", &clockRate)
    visitor.visit("signalRange", &signalRange)
    visitor.visit("signalRise", &signalRise)
    visitor.visit("signalDrop", &signalDrop)
    visitor.visit("signalUsed", &signalUsed)
    visitor.visit("signalTime", &signalTime)
    visitor.visit("constellationMemory", &constellationMemory)
    visitor.visit("constellationTime", &constellationTime)
    visitor.visit("dilution", &dilution)
    visitor.visit("pullOffSum", &pullOffSum)
    visitor.visit("pullOffMemory", &pullOffMemory)
    visitor.visit("pullOffDrift", &pullOffDrift)
    visitor.visit("pullOffSigmas", &pullOffSigmas)
  }
}
