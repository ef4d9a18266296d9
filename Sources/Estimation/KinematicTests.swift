import ReproducibleMath
import Signals
import Units

// The receiver's tests against odometry (R-GNSS-4): each is a state machine that takes one report
// and answers whether it trips, is sound, or has nothing to go by.

/// What one test says of one report.
enum TestVerdict {
  case untested, sound, tripped

  init(_ isTripped: Bool) { self = isTripped ? .tripped : .sound }
}

/// How long something has held without a break.
struct HoldTimer: Visitable, Sendable {
  private var since = Instant.never

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) { visitor.visit("since", &since) }

  /// Whether it has held for the time.
  mutating func holds(_ condition: Bool, at now: Instant, for time: Interval) -> Bool {
    guard condition else {
      since = .never
      return false
    }
    if since == .never { since = now }
    return now - since >= time
  }
}

/// Fixes that odometry cannot reach from the ones before them, and steps of the height.
struct JumpTest: Visitable, Sendable {
  private static var capacity: Int { 16 }
  private var places = InlineArray<16, Place>(repeating: Place())
  private var count = 0
  private var newest = 0
  /// Reports in a row that do not follow from the reference, of position and of height.
  private var jumps = 0
  private var steps = 0

  /// A fix beside where odometry had the antenna.
  struct Place: Visitable, Sendable {
    var at = Instant.never
    var east = 0.0
    var north = 0.0
    var height = 0.0
    var x = 0.0
    var y = 0.0

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
      visitor.visit("at", &at)
      visitor.visit("east", &east)
      visitor.visit("north", &north)
      visitor.visit("height", &height)
      visitor.visit("x", &x)
      visitor.visit("y", &y)
    }
  }

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visitCount("count", &count, limit: Self.capacity)
    visitor.visitCount("newest", &newest, limit: Self.capacity - 1)
    visitor.visitCount("jumps", &jumps, limit: 2)
    visitor.visitCount("steps", &steps, limit: 2)
    visitor.visit("places", &places, count: Self.capacity)
  }

  /// Against the oldest fix of the last second.
  ///
  /// One that differs is kept aside until the next: an outlier is the gate's business, and costs
  /// no trust.
  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> (jump: TestVerdict, step: TestVerdict) {
    guard sample.frame.isFinite else { return (.untested, .untested) }
    let place = Place(
      at: sample.at, east: sample.east, north: sample.north, height: sample.height, x: sample.x,
      y: sample.y)
    forget(before: sample.at - limits.jumpWindow, isKept: jumps > 0 || steps > 0)
    guard let reference = oldest else {
      restart(place)
      return (.untested, .untested)
    }
    let c = cosine(sample.frame)
    let s = sine(sample.frame)
    let dx = place.x - reference.x
    let dy = place.y - reference.y
    let east = place.east - reference.east - (c * dx - s * dy)
    let north = place.north - reference.north - (s * dx + c * dy)
    let reach = limits.jump.value + limits.jumpSigmas * sample.sigma
    let jumped = !(east * east + north * north <= reach * reach)
    let stepped = (place.height - reference.height).magnitude > limits.heightRate.value
    jumps = jumped ? jumps + 1 : 0
    steps = stepped ? steps + 1 : 0
    let verdicts = (
      TestVerdict(jumps >= 2), place.height.isFinite ? TestVerdict(steps >= 2) : .untested
    )
    if jumps >= 2 || steps >= 2 {
      restart(place)
    } else if jumps == 0, steps == 0 {
      append(place)
    }
    return verdicts
  }

  private var oldest: Place? {
    guard count > 0 else { return nil }
    let index = newest - count + 1
    return places[index < 0 ? index + Self.capacity : index]
  }

  /// While a report is judged the reference is kept a while longer, for receivers of 1 Hz.
  private mutating func forget(before end: Instant, isKept: Bool) {
    let end = isKept ? end - .milliseconds(1_500) : end - .milliseconds(100)
    for _ in 0..<Self.capacity {
      guard let oldest, oldest.at < end else { return }
      count -= 1
    }
  }

  private mutating func append(_ place: Place) {
    newest = newest + 1 < Self.capacity ? newest + 1 : 0
    places[newest] = place
    count = min(count + 1, Self.capacity)
  }

  private mutating func restart(_ place: Place) {
    count = 0
    jumps = 0
    steps = 0
    append(place)
  }
}

/// Speed and course over ground against wheels and gyro.
struct VelocityTests: Visitable, Sendable {
  private var speed = HoldTimer()
  private var course = HoldTimer()

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("speed", &speed)
    visitor.visit("course", &course)
  }

  mutating func takeSpeed(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.groundSpeed.isFinite else { return .untested }
    let expected = sample.antennaSpeed
    let allowed = limits.speed.value + limits.speedShare * expected
    let differs = (sample.groundSpeed - expected).magnitude > allowed
    return TestVerdict(speed.holds(differs, at: sample.at, for: limits.speedTime))
  }

  mutating func takeCourse(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.course.isFinite, sample.heading.isFinite,
      sample.antennaSpeed > limits.courseSpeed.value
    else {
      _ = course.holds(false, at: sample.at, for: limits.courseTime)
      return .untested
    }
    // Backwards the antenna moves towards the truck's rear: the arc tangent has it.
    let direction = sample.heading + arctangent(y: sample.lateral, x: sample.forward)
    let differs = wrapped(sample.course - direction).magnitude > limits.course.value
    return TestVerdict(course.holds(differs, at: sample.at, for: limits.courseTime))
  }
}

/// Fixes that wander while the wheels stand.
struct StationaryTest: Visitable, Sendable {
  private var standsSince = Instant.never
  private var anchorEast = 0.0
  private var anchorNorth = 0.0
  private var east = 0.0
  private var north = 0.0
  /// Fixes in the anchor.
  private var anchored = 0
  private var speed = HoldTimer()
  private static var anchorFixes: Int { 10 }

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("standsSince", &standsSince)
    visitor.visit("anchorEast", &anchorEast)
    visitor.visit("anchorNorth", &anchorNorth)
    visitor.visit("east", &east)
    visitor.visit("north", &north)
    visitor.visitCount("anchored", &anchored, limit: Self.anchorFixes)
    visitor.visit("speed", &speed)
  }

  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.isStandstill else {
      standsSince = .never
      anchored = 0
      return .untested
    }
    if standsSince == .never { standsSince = sample.at }
    guard sample.at - standsSince >= limits.stationaryTime else { return .untested }
    let runs = speed.holds(
      sample.groundSpeed > limits.stationarySpeed.value, at: sample.at,
      for: limits.stationarySpeedTime)
    return TestVerdict(drifts(sample, limits) || runs)
  }

  /// The mean of the first ten fixes against that of about the last ten.
  private mutating func drifts(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> Bool {
    if anchored < Self.anchorFixes {
      if anchored == 0 { (anchorEast, anchorNorth) = (sample.east, sample.north) }
      anchored += 1
      let share = 1 / Double(anchored)
      anchorEast += share * (sample.east - anchorEast)
      anchorNorth += share * (sample.north - anchorNorth)
      (east, north) = (anchorEast, anchorNorth)
      return false
    }
    // One wild fix counts for no more than a metre in the mean.
    east += 0.1 * min(max(sample.east - east, -10), 10)
    north += 0.1 * min(max(sample.north - north, -10), 10)
    let de = east - anchorEast
    let dn = north - anchorNorth
    let limit = max(limits.stationaryDrift.value, 3 * sample.sigma)
    return de * de + dn * dn > limit * limit
  }
}

/// A baseline that turns where the gyro does not.
struct BaselineTest: Visitable, Sendable {
  private var timer = HoldTimer()

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) { visitor.visit("timer", &timer) }

  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.headingError.isFinite else { return .untested }
    let differs = sample.headingError.magnitude > limits.heading.value
    return TestVerdict(timer.holds(differs, at: sample.at, for: limits.headingTime))
  }
}

/// A fix beside the road while odometry stays on it.
struct CorridorTest: Visitable, Sendable {
  private var timer = HoldTimer()

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) { visitor.visit("timer", &timer) }

  mutating func take(
    _ sample: IntegritySample, _ limits: borrowing @_addressable IntegrityLimits
  ) -> TestVerdict {
    guard sample.routeDeviation.isFinite, sample.across.isFinite else { return .untested }
    let isOff = (sample.routeDeviation + sample.across).magnitude > limits.corridor.value
    let isOn = sample.routeDeviation.magnitude <= limits.corridorOwn.value
    return TestVerdict(timer.holds(isOff && isOn, at: sample.at, for: limits.corridorTime))
  }
}
