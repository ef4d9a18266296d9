import Control
import PathFollowing
import Signals
import Units

/// Profile and mission, resolved into one value: what `tulpar compile` writes and every host reads.
///
/// The file is a sequence of 64-bit little-endian words: magic, version, number of words that
/// follow, their hash, then every field in the order of `visit`.
package struct DriveConfiguration: Sendable {
  package var profileName = ""
  package var missionName = ""
  package var controller = ControllerConfiguration()
  package var route: [RoutePiece] = []
  /// Path coordinate of the rear axle where the mission begins.
  package var startStation = Metres.zero
  package var zoneNames: [String] = []
  package var holdLineNames: [String] = []
  package var buses: [BusSettings] = []
  /// Who tells on which bus who is who, beside J1939's own ways.
  package var identity: [IdentitySource] = []
  package var compute = ComputeSettings()
  /// Position error by fix status.
  package var gnss = GNSSAccuracy()
  /// Every timing threshold was multiplied by this; 1 on a truck.
  package var timingScale: Int = 1
  /// Reasons why this combination must not drive without a person; empty for a complete profile.
  package var armingObstacles: [String] = []

  package init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("profileName", &profileName)
    visitor.visit("missionName", &missionName)
    visitor.visit("controller", &controller)
    visitor.visit("route", &route, limit: Self.routeCapacity) { RoutePiece() }
    visitor.visit("startStation", &startStation)
    visitor.visit("zoneNames", &zoneNames)
    visitor.visit("holdLineNames", &holdLineNames)
    visitor.visit("buses", &buses, limit: Inputs.busCapacity) { BusSettings() }
    visitor.visit("identity", &identity, limit: IdentitySource.capacity) { IdentitySource() }
    visitor.visit("compute", &compute)
    visitor.visit("gnss", &gnss)
    visitor.visit("timingScale", &timingScale)
    visitor.visit("armingObstacles", &armingObstacles)
  }

  /// Of the truck alone, whatever it drives: what a commissioning and the hours in shadow are of.
  package var profileHash: UInt64 {
    var hash = FieldHash()
    var copy = self
    // What `DriveCompiler` takes from the mission's limits.
    let ofNoMission = FollowerConfiguration()
    copy.controller.follower.cruiseSpeed = ofNoMission.cruiseSpeed
    copy.controller.follower.lateralAccelerationLimit = ofNoMission.lateralAccelerationLimit
    copy.controller.follower.acceleration = ofNoMission.acceleration
    copy.controller.follower.deceleration = ofNoMission.deceleration
    copy.controller.follower.jerk = ofNoMission.jerk
    hash.visit("profileName", &copy.profileName)
    hash.visit("vehicle", &copy.controller.vehicle)
    hash.visit("trailer", &copy.controller.trailer)
    hash.visit("frames", &copy.controller.frames)
    hash.visit("safeStop", &copy.controller.safeStop)
    hash.visit("estimator", &copy.controller.estimator)
    hash.visit("follower", &copy.controller.follower)
    hash.visit("gnss", &copy.gnss)
    hash.visit("identity", &copy.identity, limit: IdentitySource.capacity) { IdentitySource() }
    return hash.hash
  }

  /// 1,000 km of 0.5 m pieces.
  static var routeCapacity: Int { 2_000_000 }
}

/// One CAN bus of the truck.
package struct BusSettings: Sendable, Visitable {
  /// Network interface, as in "can0".
  package var interface = ""
  /// Of the arbitration phase, bit/s.
  package var bitRate: Int = 250_000
  package var isFD = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("interface", &interface)
    visitor.visit("bitRate", &bitRate)
    visitor.visit("isFD", &isFD)
  }
}

/// What the real-time threads ask of the truck computer.
package struct ComputeSettings: Sendable, Visitable {
  package var controlPriority: Int = 80
  package var supervisorPriority: Int = 90
  package var receivePriority: Int = 70
  package var guardianPriority: Int = 95
  /// Processor to pin to, -1 for any.
  package var controlProcessor: Int = -1
  package var guardianProcessor: Int = -1
  /// For /dev/cpu_dma_latency, microseconds; -1 leaves it alone.
  package var wakeUpLatency: Int = -1

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("controlPriority", &controlPriority)
    visitor.visit("supervisorPriority", &supervisorPriority)
    visitor.visit("receivePriority", &receivePriority)
    visitor.visit("guardianPriority", &guardianPriority)
    visitor.visit("controlProcessor", &controlProcessor)
    visitor.visit("guardianProcessor", &guardianProcessor)
    visitor.visit("wakeUpLatency", &wakeUpLatency)
  }
}
