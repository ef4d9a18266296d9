import Identification
import ReproducibleMath
import Records
import Signals
import Units

/// A stretch that was driven straight, as two antennas saw it.
private struct Stretch {
  var first = MotionEpoch()
  var last = MotionEpoch()
  private var turning = Line()
  private var steering = Line()
  private(set) var count = 0

  var length: Double { last.counts.distance - first.counts.distance }

  /// False where the epoch is not of this stretch any more.
  mutating func take(_ epoch: MotionEpoch) -> Bool {
    if count == 0 { first = epoch }
    let turned = wrapped(epoch.heading - first.heading)
    // Three degrees: a lane is followed, no bend.
    guard turned.magnitude < 0.05, epoch.counts.speed > 1.5 else { return false }
    let along = epoch.counts.distance - first.counts.distance
    turning.add(along, turned)
    steering.add(along, epoch.counts.angleDistance - first.counts.angleDistance)
    last = epoch
    count += 1
    return true
  }

  /// rad/m turned, and the angle that the sensor showed, both weighted alike over the stretch.
  var curvature: Double { turning.slope }
  var angle: Double { steering.slope }
}

/// The steering angle shown while the truck drives straight, there and back: a cambered road cancels.
struct SteeringZero: Procedure {
  private let context: CommissioningContext
  private var current = Stretch()
  private var there: [Stretch] = []
  private var back: [Stretch] = []
  private static var shortest: Double { 50 }
  /// One sigma of a dual antenna's heading, as the estimator has it by default.
  private static var headingNoise: Double { 0.006 }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    for epoch in sample.epochs {
      let heading = epoch.heading.isFinite ? epoch.heading : epoch.course
      var known = epoch
      known.heading = heading
      guard heading.isFinite, current.take(known) else {
        close()
        continue
      }
      // Long enough: a next one begins.
      if current.length > 1.2 * Self.shortest { close() }
    }
  }

  private mutating func close() {
    if current.length >= Self.shortest {
      let base = there.first?.first.heading ?? current.first.heading
      if wrapped(current.first.heading - base).magnitude < .pi / 2 {
        there.append(current)
      } else {
        back.append(current)
      }
    }
    current = Stretch()
  }

  var progress: ProcedureProgress {
    let open = min(current.length / Self.shortest, 0.99)
    return .all([
      (there.isEmpty ? open : 1, "50 m straight at 10 km/h or more"),
      (back.isEmpty ? (there.isEmpty ? 0 : open) : 1, "the same stretch back"),
    ])
  }

  func finding() -> CommissioningEntry? {
    guard !there.isEmpty, !back.isEmpty else { return nil }
    let ways = [offset(there), offset(back)]
    let mean = (ways[0].value + ways[1].value) / 2
    let sigma = (ways[0].sigma * ways[0].sigma + ways[1].sigma * ways[1].sigma).squareRoot() / 2
    // The camber's part is told apart by driving both ways, but not to the last bit.
    let camber = (ways[0].value - ways[1].value).magnitude / 20
    return .judged(
      .init(mean, uncertainty: 2 * sigma + camber, unit: "rad"),
      within: context.limits.steeringZero, of: 0,
      otherwise: "the steering shows an angle while the truck drives straight",
      note: "\(there.count + back.count) stretches")
  }

  /// Shown less what the truck turned.
  private func offset(_ stretches: [Stretch]) -> (value: Double, sigma: Double) {
    var sum = 0.0
    var length = 0.0
    var variance = 0.0
    for stretch in stretches {
      let speed = stretch.first.counts.speed
      let base =
        context.vehicle.wheelbase.value + context.vehicle.understeerGradient * speed * speed
      sum += (stretch.angle - stretch.curvature * base) * stretch.length
      length += stretch.length
      // Of the slope of a line through equally spaced points; a sensor's own noise is far smaller.
      let sigma =
        Self.headingNoise * base / stretch.length
        * (12 / Double(max(stretch.count, 2))).squareRoot()
      variance += sigma * sigma * stretch.length * stretch.length
    }
    return (sum / length, variance.squareRoot() / length)
  }
}

/// Left is left: what the truck turns against what the steering angle says it turns.
struct SteeringSign: Procedure {
  private let context: CommissioningContext
  private var turns: [(told: Double, turned: Double)] = []
  private var begin: MotionEpoch?
  private var left = 0.0
  private var right = 0.0
  private static var needed: Double { 1.2 }
  /// Two headings of a span tell a turn, s.
  private static var span: Double { 2 }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    for epoch in sample.epochs where epoch.heading.isFinite || epoch.course.isFinite {
      var known = epoch
      if !known.heading.isFinite { known.heading = known.course }
      guard let start = begin, known.time - start.time < 2 * Self.span else {
        begin = known
        continue
      }
      guard known.time - start.time >= Self.span else { continue }
      begin = known
      guard known.counts.distance - start.counts.distance > 1 else { continue }
      let turned = wrapped(known.heading - start.heading)
      turns.append((known.counts.steered - start.counts.steered, turned))
      if turned > 0.03 { left += turned }
      if turned < -0.03 { right -= turned }
    }
  }

  var progress: ProcedureProgress {
    .all([
      (left / Self.needed, "70 degrees to the left"),
      (right / Self.needed, "70 degrees to the right"),
    ])
  }

  func finding() -> CommissioningEntry? {
    guard progress.isComplete else { return nil }
    let fit = proportion(turns.map { ($0.told, $0.turned) })
    let found = CommissioningEntry.Quantity(fit.value, uncertainty: fit.halfWidth, unit: "rad/rad")
    let limit = "1 +- \(CommissioningEntry.number(context.limits.steeringGain)) rad/rad"
    if found.value < 0 {
      return .failed(
        "the steering angle has the wrong sign: the truck turns left when it says right", found,
        limit: limit)
    }
    return .judged(
      found, within: context.limits.steeringGain, of: 1,
      otherwise: "the truck does not turn as its steering angle says")
  }
}

/// y = a x by least squares, and twice the standard error of a.
func proportion(_ points: [(x: Double, y: Double)]) -> (value: Double, halfWidth: Double) {
  var xx = 0.0
  var xy = 0.0
  for point in points {
    xx += point.x * point.x
    xy += point.x * point.y
  }
  guard xx > 0, points.count > 1 else { return (0, .infinity) }
  let slope = xy / xx
  var squares = 0.0
  for point in points {
    let rest = point.y - slope * point.x
    squares += rest * rest
  }
  return (slope, 2 * (squares / Double(points.count - 1) / xx).squareRoot())
}

/// S-25: from a commanded test, of the daemon's or of a maker's tool.
struct SteeringDelay: Procedure {
  private let context: CommissioningContext
  private var samples: [SteeringSample] = []
  private var steps = 0
  private var travelled = 0.0
  private var settledAt = Double.nan
  private var previous = Instant.never
  private static var neededTravel: Double { 0.6 }
  private static var capacity: Int { 40_000 }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    guard samples.count < Self.capacity else { return }
    let reading = sample.reading
    let command = sample.command.roadWheelAngle
    if let last = samples.last?.commanded, last.isFinite, command.isFinite {
      travelled += (command - last).magnitude
    }
    let isNew = reading.steeringAt != previous && reading.roadWheelAngle.isFinite
    previous = reading.steeringAt
    // Of a long wait for the test its end is enough: runs are parted there.
    guard command.isFinite || samples.last?.commanded.isFinite ?? false else { return }
    samples.append(
      SteeringSample(
        time: Double(sample.now.nanoseconds) * 1e-9, commanded: command,
        measured: isNew ? reading.roadWheelAngle : .nan))
  }

  var progress: ProcedureProgress {
    guard samples.contains(where: { $0.commanded.isFinite }) else {
      return ProcedureProgress(
        0, "a commanded test (a recorded drive with --from, or a maker's tool on the bus)")
    }
    return ProcedureProgress(
      travelled / Self.neededTravel, "commanded changes of the angle, 35 degrees in all")
  }

  func finding() -> CommissioningEntry? {
    guard progress.isComplete else { return nil }
    let response = SteeringResponse.identify(samples)
    let limit = "the profile's \(CommissioningEntry.number(expected)) s"
    guard case .enough = response.delay.excitation, case .enough = response.lag.excitation else {
      return .failed("the commanded test tells too little", limit: limit)
    }
    // A cycle from the bus to here, and as much from the sensor to the bus.
    return .judged(
      response.delay.adding(systematic: 0.01).quantity("s"), within: context.limits.steeringDelay,
      of: expected,
      otherwise: "the steering answers later or sooner than the profile says",
      note: "lag \(response.lag.quantity("s").text)")
  }

  private var expected: Double { context.vehicle.steeringDelay.seconds }
}

extension Estimate {
  func quantity(_ unit: String) -> CommissioningEntry.Quantity {
    .init(value, uncertainty: halfWidth, unit: unit)
  }

  /// What drive would tell more; nil where this one was enough.
  var advice: String? {
    switch excitation {
    case .enough: nil
    case .notEnough(let advice): advice
    }
  }
}
