/// A point on the monotonic clock, in nanoseconds.
@frozen public struct Instant: Comparable, Hashable, Sendable {
  public var nanoseconds: Int64
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Before every instant that a clock can give: the receipt time of what never arrived.
  @inlinable public static var never: Instant { Instant(nanoseconds: -(1 << 61)) }

  @inlinable public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  @inlinable public static func + (a: Self, b: Interval) -> Self {
    Instant(nanoseconds: a.nanoseconds &+ b.nanoseconds)
  }
  @inlinable public static func - (a: Self, b: Interval) -> Self {
    Instant(nanoseconds: a.nanoseconds &- b.nanoseconds)
  }
  @inlinable public static func - (a: Self, b: Self) -> Interval {
    Interval(nanoseconds: a.nanoseconds &- b.nanoseconds)
  }
}

/// A length of time, in nanoseconds.
@frozen public struct Interval: Comparable, Hashable, Sendable {
  public var nanoseconds: Int64
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  @inlinable public static func milliseconds(_ count: Int64) -> Interval {
    Interval(nanoseconds: count &* 1_000_000)
  }

  /// Rounded to the nanosecond; values outside +-9e9 s, and NaN, become the nearest bound or zero.
  @inlinable public static func seconds(_ count: Double) -> Interval {
    guard count == count else { return Interval(nanoseconds: 0) }
    let bounded = min(max(count, -9e9), 9e9)
    return Interval(nanoseconds: Int64((bounded * 1e9).rounded()))
  }

  @inlinable public static var zero: Interval { Interval(nanoseconds: 0) }
  @inlinable public var seconds: Double { Double(nanoseconds) * 1e-9 }

  @inlinable public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  @inlinable public static func + (a: Self, b: Self) -> Self {
    Interval(nanoseconds: a.nanoseconds &+ b.nanoseconds)
  }
  @inlinable public static func - (a: Self, b: Self) -> Self {
    Interval(nanoseconds: a.nanoseconds &- b.nanoseconds)
  }
  @inlinable public static func * (a: Self, b: Int64) -> Self {
    Interval(nanoseconds: a.nanoseconds &* b)
  }
  @inlinable public static func += (a: inout Self, b: Self) { a = a + b }
}
