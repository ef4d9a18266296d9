/// A physical quantity whose unit is its type; `value` is in that unit.
public protocol Quantity: Comparable, Hashable, Sendable {
  var value: Double { get set }
  init(_ value: Double)
}

extension Quantity {
  @inlinable public static var zero: Self { Self(0) }
  @inlinable public var magnitude: Self { Self(value.magnitude) }
  @inlinable public var isFinite: Bool { value.isFinite }

  @inlinable public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  @inlinable public static func + (a: Self, b: Self) -> Self { Self(a.value + b.value) }
  @inlinable public static func - (a: Self, b: Self) -> Self { Self(a.value - b.value) }
  @inlinable public static prefix func - (a: Self) -> Self { Self(-a.value) }
  @inlinable public static func * (a: Self, b: Double) -> Self { Self(a.value * b) }
  @inlinable public static func * (a: Double, b: Self) -> Self { Self(a * b.value) }
  @inlinable public static func / (a: Self, b: Double) -> Self { Self(a.value / b) }
  @inlinable public static func / (a: Self, b: Self) -> Double { a.value / b.value }
  @inlinable public static func += (a: inout Self, b: Self) { a = a + b }
  @inlinable public static func -= (a: inout Self, b: Self) { a = a - b }

  /// The nearest value inside `lowest...highest`; `lowest` when the value is not a number.
  ///
  /// A NaN compares false with everything, so the order of the comparisons decides: it must never
  /// pass a limit.
  @inlinable public func clamped(_ lowest: Self, _ highest: Self) -> Self {
    value > lowest.value ? (value < highest.value ? self : highest) : lowest
  }
}
