import ReproducibleMath
import Signals
import Units

/// A slow pull-off: where fixes part from odometry further than sound odometry drifts, the excess is
/// summed, along and across the truck and each way by itself (CUSUM, R-GNSS-4).
///
/// It does not use the filter's innovations, which a filter that follows the receiver keeps small,
/// but fixes against the motion of wheels and gyro over `pullOffMemory`.
struct PullOffTest: Visitable, Sendable {
  private var lastAt = Instant.never
  private var lastSigma = 0.0
  private var x = 0.0
  private var y = 0.0
  private var fixEast = 0.0
  private var fixNorth = 0.0
  /// Fix less odometry, less the slow mean of that, m.
  private var east = 0.0
  private var north = 0.0
  /// m: forward, back, left, right.
  private(set) var sums = InlineArray<4, Double>(repeating: 0)

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("lastAt", &lastAt)
    visitor.visit("lastSigma", &lastSigma)
    visitor.visit("x", &x)
    visitor.visit("y", &y)
    visitor.visit("fixEast", &fixEast)
    visitor.visit("fixNorth", &fixNorth)
    visitor.visit("east", &east)
    visitor.visit("north", &north)
    for i in 0..<4 { visitor.visit("sums", &sums[i]) }
  }

  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.frame.isFinite, sample.heading.isFinite else {
      lastAt = .never
      return .untested
    }
    let seconds = (sample.at - lastAt).seconds
    let memory = max(limits.pullOffMemory.seconds, 1)
    // After a gap, and where the receiver came to another kind of fix, the two begin side by side;
    // what is summed stays, so that gaps do not hide a pull-off.
    let isOther = sample.sigma > 2 * lastSigma || lastSigma > 2 * sample.sigma
    let follows = lastAt != .never && seconds < 0.5 * memory && !isOther
    if follows, seconds > 0 {
      move(sample, seconds / memory)
      sum(sample, seconds, memory, limits)
    } else if !follows {
      (east, north) = (0, 0)
    }
    lastAt = sample.at
    lastSigma = sample.sigma
    (x, y) = (sample.x, sample.y)
    (fixEast, fixNorth) = (sample.east, sample.north)
    var most = 0.0
    for i in 0..<4 { most = max(most, sums[i]) }
    return follows ? TestVerdict(most >= limits.pullOffSum.value) : .untested
  }

  /// What a jump moved is not to be found a second time.
  mutating func restart() { lastAt = .never }

  private mutating func move(_ sample: IntegritySample, _ share: Double) {
    let c = cosine(sample.frame)
    let s = sine(sample.frame)
    let dx = sample.x - x
    let dy = sample.y - y
    east += sample.east - fixEast - (c * dx - s * dy)
    north += sample.north - fixNorth - (s * dx + c * dy)
    east -= min(share, 1) * east
    north -= min(share, 1) * north
  }

  private mutating func sum(
    _ sample: IntegritySample, _ seconds: Double, _ memory: Double,
    _ limits: borrowing @_addressable IntegrityLimits
  ) {
    let c = cosine(sample.heading)
    let s = sine(sample.heading)
    let along = c * east + s * north
    let across = c * north - s * east
    // What the heading errs by carries odometry to the side.
    let aside = sample.headingSigma * sample.forward.magnitude
    let allowed =
      (limits.pullOffDrift.value + aside) * memory + limits.pullOffSigmas * sample.sigma
    let limit = limits.pullOffSum.value
    for i in 0..<4 {
      let parted = i < 2 ? along : across
      let excess = (i & 1 == 0 ? parted : -parted) - allowed
      // Ten times a second, whatever the receiver's rate; three fixes at least for a trip, and not
      // more than twice the limit, so that what is over is forgotten within seconds.
      let step = min(10 * seconds * excess, limit / 3 + 1e-3)
      sums[i] = min(max(sums[i] + step, 0), 2 * limit)
    }
  }
}
