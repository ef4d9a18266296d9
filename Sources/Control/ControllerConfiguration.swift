import ActuatorGate
import BorderZone
import Estimation
import NetworkManagement
import PathFollowing
import SafeStop
import Signals
import Units
import WireCodec

/// All that the step is told about its truck, its site and its tuning.
package struct ControllerConfiguration: Sendable, Visitable {
  /// With the longest and heaviest trailer that may be pulled.
  package var vehicle = VehicleParameters()
  /// What each trip's trailer is held against (S-7).
  package var trailer = TrailerRange()
  package var frames = FrameTable()
  package var zones = ZoneTable()
  package var estimator = EstimatorConfiguration()
  package var follower = FollowerConfiguration()
  package var limits = GateLimits()
  package var safeStop = SafeStopConfiguration()
  package var network = NetworkConfiguration()
  /// Origin of the site frame, WGS-84.
  package var originLatitude = Degrees(0)
  package var originLongitude = Degrees(0)
  package var originHeight = Metres(0)
  package var routeIdentifier: UInt64 = 0
  package var routeLength = Metres.zero
  /// The truck must stand within this of its route before arming: a map in another datum, such as
  /// GCJ-02, is 250 m off here (domain.md 6.4).
  package var startTolerance = Metres(5)
  /// What the profile lacks for driving without a person (S-1, S-2), counted by its compiler.
  package var profileObstacles: UInt32 = 0
  /// Speed cap of the degraded level.
  package var degradedSpeed = MetresPerSecond(kilometresPerHour: 10)
  /// Speed cap of a position that is suspect, or by dead reckoning (R-GNSS-4, R-DR-1).
  package var suspectSpeed = MetresPerSecond(kilometresPerHour: 10)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("vehicle", &vehicle)
    visitor.visit("trailer", &trailer)
    visitor.visit("frames", &frames)
    visitor.visit("zones", &zones)
    visitor.visit("estimator", &estimator)
    visitor.visit("follower", &follower)
    visitor.visit("limits", &limits)
    visitor.visit("safeStop", &safeStop)
    visitor.visit("network", &network)
    visitor.visit("originLatitude", &originLatitude)
    visitor.visit("originLongitude", &originLongitude)
    visitor.visit("originHeight", &originHeight)
    visitor.visit("routeIdentifier", &routeIdentifier)
    visitor.visit("routeLength", &routeLength)
    visitor.visit("startTolerance", &startTolerance)
    visitor.visit("profileObstacles", &profileObstacles)
    visitor.visit("degradedSpeed", &degradedSpeed)
    visitor.visit("suspectSpeed", &suspectSpeed)
  }

  /// What guardian and supervisor are told: the same truck, limits and thresholds, but no route.
  package var guardian: GuardianConfiguration {
    var guardian = GuardianConfiguration()
    guardian.frames = frames
    guardian.limits = limits
    guardian.safeStop = safeStop
    guardian.vehicle = vehicle
    guardian.network = network
    return guardian
  }
}
