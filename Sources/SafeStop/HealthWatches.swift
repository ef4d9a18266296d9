import Signals
import Units

/// Frames of somebody else with our source address (S-4).
struct ImpostorWatch: Sendable, Visitable {
  private var counts = InlineArray<4, UInt64>(repeating: 0)
  private var seenAt = Instant.never

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for i in 0..<4 { visitor.visit("count", &counts[i]) }
    visitor.visit("seenAt", &seenAt)
  }

  mutating func step(_ buses: @_addressable InlineArray<4, BusHealth>, at now: Instant) {
    for i in 0..<4 {
      // A count that falls is that of a guardian started anew.
      if buses[i].echo.foreign > counts[i] { seenAt = now }
      counts[i] = buses[i].echo.foreign
    }
  }

  /// A second of silence is needed to be alone again.
  func wereSeen(at now: Instant) -> Bool {
    seenAt != .never && now - seenAt <= .milliseconds(1_000)
  }
}

/// Service air and how fast it is lost (S-8).
struct AirWatch: Sendable, Visitable {
  private var pressure = Double.nan
  /// Pa/s, over about two seconds.
  private var rate = 0.0

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("pressure", &pressure)
    visitor.visit("rate", &rate)
  }

  mutating func step(_ measured: Double, _ elapsed: Double) {
    guard measured.isFinite, pressure.isFinite, elapsed > 0 else {
      pressure = measured
      rate = 0
      return
    }
    let share = min(elapsed / 2, 1)
    let next = pressure + (measured - pressure) * share
    rate += ((next - pressure) / elapsed - rate) * share
    pressure = next
  }

  /// Whether it falls so that `limit` is reached within some seconds; an application of the brakes
  /// takes 40 kPa once and is no leak.
  func reaches(_ limit: Pascals, within seconds: Double) -> Bool {
    rate < -5_000 && self.pressure(after: seconds) < limit.value
  }

  func pressure(after seconds: Double) -> Double { pressure + rate * seconds }
}
