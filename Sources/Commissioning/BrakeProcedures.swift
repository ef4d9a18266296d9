import Identification
import Records
import Signals
import Units

/// S-2: parked on a slope, nothing else holds, and nothing creeps.
struct ParkingHold: Procedure {
  private let context: CommissioningContext
  private var began = Instant.never
  private var now = Instant.never
  private var grades = Mean()
  private var start = Spot()
  /// The latest positions; those of the last ten seconds count.
  private var recent: [MotionEpoch] = []
  private var newest = Instant.never
  private var wheels = 0.0
  private var state = "the parking brake is to be set"
  private var hasRolled = false

  /// Where the antenna is, over ten seconds.
  private struct Spot {
    var east = Mean()
    var north = Mean()
    var sigma = 0.0
    mutating func add(_ epoch: MotionEpoch) {
      east.add(epoch.east)
      north.add(epoch.north)
      sigma = epoch.sigma
    }
  }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    now = sample.now
    guard let obstacle = obstacle(sample) else { return hold(sample) }
    state = obstacle
    // The watch begins anew: what held meanwhile was something else.
    if !hasRolled { forget() }
  }

  private mutating func forget() {
    began = .never
    grades = Mean()
    start = Spot()
    recent = []
    newest = .never
    wheels = 0
  }

  /// What keeps the parking brake from being tried; nil when it alone holds.
  private func obstacle(_ sample: CommissioningSample) -> String? {
    func value(_ channel: SignalChannel) -> Double? {
      sample.signals[channel].fresh(at: sample.now, within: .seconds(1))
    }
    if value(.tractorParkingBrake) != 1 { return "the parking brake is to be set" }
    if context.receives(.trailerParkingBrake), value(.trailerParkingBrake) != 1 {
      return "the trailer's parking brake is to be set"
    }
    if value(.brakePedal) ?? 0 > 0 || value(.brakeSwitch) == 1 {
      return "the brake pedal is to be free"
    }
    if sample.command.deceleration > 0 { return "nobody may command the service brake" }
    return nil
  }

  private mutating func hold(_ sample: CommissioningSample) {
    if began == .never { began = now }
    state = ""
    grades.add(sample.reading.longitudinalAcceleration / 9.81)
    if sample.reading.speed.isFinite { wheels += sample.reading.speed.magnitude * 0.01 }
    for epoch in sample.epochs where epoch.isFixed {
      if held < 10 {
        start.add(epoch)
      } else {
        recent.append(epoch)
      }
      newest = now
    }
    if let last = recent.last { recent.removeAll { $0.time < last.time - 10 } }
    if wheels > context.limits.parkingCreep || creep.value - creep.uncertainty > limit {
      hasRolled = true
    }
  }

  private var held: Double { began == .never ? 0 : (now - began).seconds }
  private var limit: Double { context.limits.parkingCreep }

  /// At a crawl wheel sensors may count nothing; an old position says nothing of now.
  private var hasPositions: Bool {
    start.east.count > 0 && recent.count > 5 && now - newest < .seconds(2)
  }

  private var creep: (value: Double, uncertainty: Double) {
    guard hasPositions else { return (wheels, limit) }
    var end = Spot()
    for epoch in recent { end.add(epoch) }
    let east = end.east.value - start.east.value
    let north = end.north.value - start.north.value
    let satellites = (east * east + north * north).squareRoot()
    // Two sigma of a difference of two means whose drift hangs together.
    return (max(satellites, wheels), 2 * start.sigma * 1.414)
  }

  var progress: ProcedureProgress {
    if hasRolled { return ProcedureProgress(1, "") }
    let rest = Int(max(context.limits.parkingTime - held, 0))
    return ProcedureProgress(
      held / context.limits.parkingTime, state.isEmpty ? "\(rest) s of standing" : state)
  }

  func finding() -> CommissioningEntry? {
    let found = CommissioningEntry.Quantity(
      creep.value, uncertainty: creep.uncertainty, unit: "m")
    let bound =
      "\(CommissioningEntry.number(limit)) m in \(Int(context.limits.parkingTime)) s on "
      + "\(CommissioningEntry.number(100 * context.limits.parkingGrade)) %"
    if hasRolled { return .failed("the parked truck moved", found, limit: bound) }
    guard progress.isComplete else { return nil }
    let grade = grades.value
    let note = "grade \(CommissioningEntry.number((1e4 * grade).rounded() / 1e2)) %"
    guard grade.magnitude >= context.limits.parkingGrade else {
      return .failed("the slope was too gentle to tell", found, limit: bound, note: note)
    }
    guard hasPositions else {
      return .failed(
        "no fixed position at the beginning and at the end, and wheel sensors count no crawl",
        found,
        limit: bound, note: note)
    }
    guard found.value <= limit, found.uncertainty <= limit else {
      return .failed("it is not sure that the truck stood", found, limit: bound, note: note)
    }
    return .passed(found, limit: bound, note: note)
  }
}

/// R-MOT-13: what the service brake reaches is what every braking curve counts on.
struct BrakeDeceleration: Procedure {
  private let context: CommissioningContext
  private var line = Line()
  private var began = 0.0
  private var fastest = 0.0
  private var slowest = 0.0
  private var stops: [Double] = []
  /// Where wheels and accelerometer told two things: the larger of both less the other, m/s2.
  private var disagreement = 0.0
  private var felt = Mean()
  private var standing = Mean()
  private static var fastEnough: Double { 5.5 }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    let speed = sample.reading.speed
    guard speed.isFinite else { return }
    let time = Double(sample.now.nanoseconds) * 1e-9
    // Who drives on instead of stopping begins anew.
    if speed >= fastest || speed > slowest + 0.5 {
      fastest = speed
      slowest = speed
      line = Line()
      felt = Mean()
    }
    slowest = min(slowest, speed)
    // The brake has built up by half the speed; below a brisk walk wheels cut out and the truck
    // pitches back.
    if speed < 0.5 * fastest, speed > 1 {
      if line.isEmpty { began = time }
      line.add(time - began, speed)
      felt.add(sample.reading.longitudinalAcceleration)
    }
    guard speed < 0.1 else {
      standing = Mean()
      return
    }
    standing.add(sample.reading.longitudinalAcceleration)
    guard standing.count > 100 else { return }
    // On a slope gravity helps or hinders; standing still the accelerometer feels it alone, 1.5 m/s2
    // on no road that a truck brakes on.
    if fastest > Self.fastEnough, line.slope < -0.8, standing.value.magnitude < 1.5 {
      stops.append(-line.slope - standing.value)
      let difference = (line.slope - (felt.value - standing.value)).magnitude
      // A braking truck pitches by a degree or two, 0.4 m/s2 to an accelerometer.
      if felt.count < 5 || difference > 0.4 - 0.2 * line.slope {
        disagreement = max(disagreement, difference)
      }
    }
    fastest = 0
  }

  private static var needed: Int { 2 }

  var progress: ProcedureProgress {
    ProcedureProgress(
      Double(stops.count) / Double(Self.needed),
      "\(Self.needed - min(stops.count, Self.needed)) full stops from 25 km/h, standing for 2 s "
        + "after each")
  }

  func finding() -> CommissioningEntry? {
    guard let worst = stops.min(), progress.isComplete else { return nil }
    // Build-up that was not over, and an accelerometer's bias and resolution (0.1 m/s2 on J1939).
    let spread = (stops.max() ?? worst) - worst
    let found = CommissioningEntry.Quantity(
      worst, uncertainty: max(0.25, spread / 2), unit: "m/s2")
    let least = context.limits.brakeDeceleration
    let limit = "at least \(CommissioningEntry.number(least)) m/s2"
    guard disagreement == 0 else {
      return .failed(
        "wheels and accelerometer differ by \(CommissioningEntry.number(disagreement)) m/s2: locked "
          + "wheels, or a sensor that is wrong", found, limit: limit)
    }
    guard found.value - found.uncertainty >= least else {
      return .failed("the brake is weaker than the profile counts on", found, limit: limit)
    }
    return .passed(found, limit: limit, note: "the worse of \(stops.count) stops")
  }
}

/// A running mean of what is finite.
struct Mean: Sendable {
  private(set) var count = 0
  private var sum = 0.0
  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    sum += value
    count += 1
  }
  /// 0 of nothing.
  var value: Double { count > 0 ? sum / Double(count) : 0 }
}

/// The straight line through points.
struct Line: Sendable {
  var isEmpty: Bool { sums.n == 0 }
  private var sums = (n: 0.0, x: 0.0, y: 0.0, xx: 0.0, xy: 0.0)
  mutating func add(_ x: Double, _ y: Double) {
    sums.n += 1
    sums.x += x
    sums.y += y
    sums.xx += x * x
    sums.xy += x * y
  }
  var slope: Double {
    let determinant = sums.n * sums.xx - sums.x * sums.x
    return determinant > 0 ? (sums.n * sums.xy - sums.x * sums.y) / determinant : 0
  }
}
