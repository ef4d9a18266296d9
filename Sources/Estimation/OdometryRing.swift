import Signals
import Units

/// A pose in the odometry frame, which is never corrected: motion between two of them is what wheel
/// speed and gyro say, whatever GNSS did to the estimate meanwhile.
package struct OdometryPose: Sendable, Visitable {
  package var at = Instant.never
  package var x = 0.0
  package var y = 0.0
  package var heading = 0.0
  package var speed = 0.0
  package var yawRate = 0.0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("at", &at)
    visitor.visit("x", &x)
    visitor.visit("y", &y)
    visitor.visit("heading", &heading)
    visitor.visit("speed", &speed)
    visitor.visit("yawRate", &yawRate)
  }
}

/// The recent past of odometry, so that a fix can be compared with where the truck was when the fix
/// was valid.
package struct OdometryRing: Sendable, Visitable {
  static var capacity: Int { 128 }
  private var poses = InlineArray<128, OdometryPose>(repeating: OdometryPose())
  private var count = 0
  private var head = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visitCount("count", &count, limit: Self.capacity)
    visitor.visitCount("head", &head, limit: Self.capacity - 1)
    visitor.visit("poses", &poses, count: Self.capacity)
  }

  mutating func append(_ pose: OdometryPose) {
    head = head + 1 < Self.capacity ? head + 1 : 0
    poses[head] = pose
    if count < Self.capacity { count += 1 }
  }

  /// The pose at an instant, between two cycles by interpolation; nil when it is forgotten or more
  /// than a cycle ahead.
  @_addressableSelf func pose(at instant: Instant) -> OdometryPose? {
    guard count > 0 else { return nil }
    var newer = poses[head]
    guard instant - newer.at < .milliseconds(20) else { return nil }
    if instant >= newer.at { return newer }
    var index = head
    for _ in 1..<max(count, 1) {
      index = index > 0 ? index - 1 : Self.capacity - 1
      let older = poses[index]
      if older.at <= instant {
        let span = (newer.at - older.at).seconds
        guard span > 0 else { return older }
        return Self.between(older, newer, (instant - older.at).seconds / span, instant)
      }
      newer = older
    }
    return nil
  }

  private static func between(
    _ a: OdometryPose, _ b: OdometryPose, _ share: Double, _ instant: Instant
  ) -> OdometryPose {
    var result = a
    result.at = instant
    result.x += share * (b.x - a.x)
    result.y += share * (b.y - a.y)
    result.heading += share * (b.heading - a.heading)
    result.speed += share * (b.speed - a.speed)
    result.yawRate += share * (b.yawRate - a.yawRate)
    return result
  }
}
