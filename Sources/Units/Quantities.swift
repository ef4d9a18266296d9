/// A length or a path coordinate, m.
@frozen public struct Metres: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A speed, m/s.
@frozen public struct MetresPerSecond: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// An acceleration, m/s2.
@frozen public struct MetresPerSecondSquared: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A jerk, m/s3.
@frozen public struct MetresPerSecondCubed: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// An angle, rad; counter-clockwise and to the left positive.
@frozen public struct Radians: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// An angular rate, rad/s.
@frozen public struct RadiansPerSecond: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A path curvature, 1/m; positive to the left.
@frozen public struct Curvature: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A change of curvature in time, 1/(m s).
@frozen public struct CurvatureRate: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A mass, kg.
@frozen public struct Kilograms: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A force, N.
@frozen public struct Newtons: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A power, W.
@frozen public struct Watts: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A pressure, Pa.
@frozen public struct Pascals: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// An angle of latitude or longitude, degrees.
@frozen public struct Degrees: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A share of something, 1 = all of it.
@frozen public struct Fraction: Quantity {
  public var value: Double
  @inlinable public init(_ value: Double) { self.value = value }
}

extension MetresPerSecond {
  @inlinable public init(kilometresPerHour: Double) { self.init(kilometresPerHour / 3.6) }
  @inlinable public var kilometresPerHour: Double { value * 3.6 }
  @inlinable public static func * (speed: Self, time: Interval) -> Metres {
    Metres(speed.value * time.seconds)
  }
}

extension MetresPerSecondSquared {
  @inlinable public static func * (acceleration: Self, time: Interval) -> MetresPerSecond {
    MetresPerSecond(acceleration.value * time.seconds)
  }
}

extension MetresPerSecondCubed {
  @inlinable public static func * (jerk: Self, time: Interval) -> MetresPerSecondSquared {
    MetresPerSecondSquared(jerk.value * time.seconds)
  }
}

extension RadiansPerSecond {
  @inlinable public static func * (rate: Self, time: Interval) -> Radians {
    Radians(rate.value * time.seconds)
  }
}

extension CurvatureRate {
  @inlinable public static func * (rate: Self, time: Interval) -> Curvature {
    Curvature(rate.value * time.seconds)
  }
}
