import Signals
import Units

/// How far two quantities were apart over a drive.
package struct ShadowDifference: Sendable, Visitable {
  package static var binCount: Int { 64 }

  /// Of a bin of the histogram, in the quantity's own unit.
  package private(set) var binWidth = 1.0
  package private(set) var count: UInt64 = 0
  package private(set) var sumOfSquares = 0.0
  package private(set) var sum = 0.0
  package private(set) var worst = 0.0
  /// The last bin takes all that is larger.
  private var bins = InlineArray<64, UInt64>(repeating: 0)

  package init(binWidth: Double) { self.binWidth = binWidth }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("binWidth", &binWidth)
    visitor.visit("count", &count)
    visitor.visit("sumOfSquares", &sumOfSquares)
    visitor.visit("sum", &sum)
    visitor.visit("worst", &worst)
    for i in 0..<Self.binCount { visitor.visit("bins", &bins[i]) }
  }

  package mutating func add(_ difference: Double) {
    guard difference.isFinite else { return }
    let magnitude = difference.magnitude
    count &+= 1
    sum += difference
    sumOfSquares += difference * difference
    worst = max(worst, magnitude)
    let bin = binWidth > 0 ? min(magnitude / binWidth, Double(Self.binCount - 1)) : 0
    bins[Int(bin)] &+= 1
  }

  fileprivate mutating func add(
    _ difference: Double, at place: ShadowPlace, worst worstPlace: inout ShadowPlace
  ) {
    if difference.magnitude > worst { worstPlace = place }
    add(difference)
  }

  package var mean: Double { count > 0 ? sum / Double(count) : .nan }
  package var rootMeanSquare: Double {
    count > 0 ? (sumOfSquares / Double(count)).squareRoot() : .nan
  }

  /// The magnitude that this share of the differences does not exceed, to the width of a bin and
  /// never too small.
  package func percentile(_ share: Double) -> Double {
    guard count > 0 else { return .nan }
    let wanted = share * Double(count)
    var seen: UInt64 = 0
    for i in 0..<Self.binCount - 1 {
      seen &+= bins[i]
      if Double(seen) >= wanted { return min(Double(i + 1) * binWidth, worst) }
    }
    return worst
  }
}

/// A stop that the stack would have made and the driver did not.
package struct ShadowStop: Sendable, Visitable {
  /// Of the comparison, when the demand rose.
  package var seconds = 0.0
  package var reason = Reason.none
  package var level = StopLevel.nominal
  package var speed = MetresPerSecond.zero
  package var frontStation = Metres.zero

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("seconds", &seconds)
    visitor.visit("reason", &reason)
    visitor.visit("level", &level)
    visitor.visit("speed", &speed)
    visitor.visit("frontStation", &frontStation)
  }
}

/// Where two quantities were furthest apart.
package struct ShadowPlace: Sendable, Visitable {
  /// Of all time in shadow.
  package var seconds = 0.0
  package var frontStation = Metres.zero

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("seconds", &seconds)
    visitor.visit("frontStation", &frontStation)
  }
}

/// What the driver of a truck in shadow does, beside what the step decides.
package struct ShadowSample: Sendable {
  package var now = Instant.never
  /// Share of the pedal's travel, NaN where the profile has none.
  package var acceleratorPedal = Double.nan
  package var brakePedal = Double.nan

  package init() {}
}

/// Compares what the step would have done with what the driver did (S-24).
///
/// Only motion on the route with a usable position counts: elsewhere there is nothing to compare,
/// and hours that prove nothing are not hours.
package struct ShadowComparison: Sendable, Visitable {
  package static var stopCapacity: Int { 32 }
  /// A driver who stops within this time agrees.
  private static var agreement: Interval { .seconds(10) }
  private static var motion: MetresPerSecond { MetresPerSecond(0.5) }

  /// Of motion on the route, what counts.
  package private(set) var seconds = 0.0
  package private(set) var metres = 0.0
  /// Of all time in shadow.
  package private(set) var allSeconds = 0.0
  /// Ours minus the driver's: 1/m.
  package private(set) var curvature = ShadowDifference(binWidth: 0.000_5)
  /// Demanded minus measured deceleration, m/s2.
  package private(set) var deceleration = ShadowDifference(binWidth: 0.05)
  /// Target minus measured, m/s.
  package private(set) var speed = ShadowDifference(binWidth: 0.1)
  /// Share of torque minus share of pedal.
  package private(set) var accelerator = ShadowDifference(binWidth: 0.02)
  package private(set) var gateSeconds = 0.0
  package private(set) var gateInterventions: UInt64 = 0
  package private(set) var agreedStops: UInt64 = 0
  package private(set) var lonelyStops: UInt64 = 0
  /// Stops of the driver where the stack would have driven on.
  package private(set) var driverStops: UInt64 = 0
  private var stops = InlineArray<32, ShadowStop>(repeating: ShadowStop())
  package private(set) var stopCount = 0

  // Since version 2 of the record.
  package private(set) var worstCurvature = ShadowPlace()
  package private(set) var worstDeceleration = ShadowPlace()
  package private(set) var worstSpeed = ShadowPlace()
  package private(set) var worstAccelerator = ShadowPlace()
  /// Of all time, with nothing against arming but the driver and the papers.
  package private(set) var readySeconds = 0.0
  /// Of all time, with this check of the arming table unmet.
  private var unmet = InlineArray<32, Double>(repeating: 0)

  private var steppedAt = Instant.never
  private var wasClamped = false
  private var wasDemanded = false
  private var wasMoving = false
  private var pending = ShadowStop()
  private var pendingSince = Instant.never

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitFirst(&visitor)
    visitor.visit("worstCurvature", &worstCurvature)
    visitor.visit("worstDeceleration", &worstDeceleration)
    visitor.visit("worstSpeed", &worstSpeed)
    visitor.visit("worstAccelerator", &worstAccelerator)
    visitor.visit("readySeconds", &readySeconds)
    for i in 0..<32 { visitor.visit("unmet", &unmet[i]) }
  }

  /// What records of version 1 hold.
  package mutating func visitFirst<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("seconds", &seconds)
    visitor.visit("metres", &metres)
    visitor.visit("allSeconds", &allSeconds)
    visitor.visit("curvature", &curvature)
    visitor.visit("deceleration", &deceleration)
    visitor.visit("speed", &speed)
    visitor.visit("accelerator", &accelerator)
    visitor.visit("gateSeconds", &gateSeconds)
    visitor.visit("gateInterventions", &gateInterventions)
    visitor.visit("agreedStops", &agreedStops)
    visitor.visit("lonelyStops", &lonelyStops)
    visitor.visit("driverStops", &driverStops)
    visitor.visitCount("stopCount", &stopCount, limit: Self.stopCapacity)
    visitor.visit("stops", &stops, count: Self.stopCapacity)
  }

  /// Of the first lonely stops.
  package func stop(_ index: Int) -> ShadowStop { stops[index] }

  package var hours: Double { seconds / 3_600 }

  package func unmetSeconds(_ check: ArmingCheck) -> Double { unmet[Int(check.rawValue)] }

  /// What a truck with a driver in it can show; the rest of the arming table asks for a parked truck
  /// or for papers.
  private static var truckChecks: UInt64 {
    bit(.inputsFresh) | bit(.busContents) | bit(.heading) | bit(.position) | bit(.route)
      | bit(.airPressure) | bit(.steering)
  }

  private static func bit(_ check: ArmingCheck) -> UInt64 { 1 << UInt64(check.rawValue) }

  private mutating func noteReadiness(_ refused: UInt64, for elapsed: Double) {
    if refused & Self.truckChecks == 0 { readySeconds += elapsed }
    for i in 0..<ArmingCheck.count where refused & 1 << UInt64(i) != 0 { unmet[i] += elapsed }
  }

  /// One cycle.
  package mutating func step(_ outputs: @_addressable Outputs, _ sample: ShadowSample) {
    let elapsed =
      steppedAt == .never ? 0 : min(max((sample.now - steppedAt).seconds, 0), 0.1)
    steppedAt = sample.now
    allSeconds += elapsed
    noteReadiness(outputs.arming.refused, for: elapsed)
    let isMoving = outputs.state.speed.magnitude > Self.motion
    followStops(outputs, sample.now, isMoving)
    defer { wasMoving = isMoving }
    let isComparable =
      outputs.mode == .shadow && outputs.path.isOnRoute && outputs.state.trust >= .suspect
    guard isComparable else { return }
    noteDriverStop(outputs, isMoving)
    guard isMoving, elapsed > 0 else { return }
    seconds += elapsed
    metres += outputs.state.speed.value.magnitude * elapsed
    compare(outputs, sample)
    let isClamped = outputs.gate.clamped != 0
    if isClamped { gateSeconds += elapsed }
    if isClamped, !wasClamped { gateInterventions &+= 1 }
    wasClamped = isClamped
  }

  private mutating func compare(_ outputs: @_addressable Outputs, _ sample: ShadowSample) {
    let state = outputs.state
    var place = ShadowPlace()
    place.seconds = allSeconds
    place.frontStation = outputs.path.frontStation
    let measured = max(-state.acceleration.value, 0)
    curvature.add(
      outputs.command.curvature.value - state.curvature.value, at: place, worst: &worstCurvature)
    deceleration.add(
      outputs.command.brakeDeceleration.value - measured, at: place, worst: &worstDeceleration)
    speed.add(outputs.targetSpeed.value - state.speed.value, at: place, worst: &worstSpeed)
    accelerator.add(
      outputs.command.driveTorque.value - sample.acceleratorPedal, at: place,
      worst: &worstAccelerator)
  }

  /// A demand that rises in motion, until the driver stops too or does not.
  private mutating func followStops(
    _ outputs: @_addressable Outputs, _ now: Instant, _ isMoving: Bool
  ) {
    let isDemanded = outputs.mode == .shadow && outputs.demand.level >= .comfortStop
    if isDemanded, !wasDemanded, isMoving, pendingSince == .never {
      pending.seconds = allSeconds
      pending.reason = outputs.demand.reason
      pending.level = outputs.demand.level
      pending.speed = outputs.state.speed
      pending.frontStation = outputs.path.frontStation
      pendingSince = now
    }
    wasDemanded = isDemanded
    guard pendingSince != .never else { return }
    if !isMoving {
      agreedStops &+= 1
      pendingSince = .never
    } else if now - pendingSince > Self.agreement {
      lonelyStops &+= 1
      if stopCount < Self.stopCapacity {
        stops[stopCount] = pending
        stopCount += 1
      }
      pendingSince = .never
    }
  }

  private mutating func noteDriverStop(_ outputs: @_addressable Outputs, _ isMoving: Bool) {
    guard wasMoving, !isMoving, outputs.targetSpeed > MetresPerSecond(1) else { return }
    guard outputs.demand.level < .comfortStop else { return }
    driverStops &+= 1
  }
}
