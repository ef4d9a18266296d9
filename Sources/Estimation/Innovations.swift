import Signals
import Units

/// How far the latest measurements were from what was expected of them: what a reader of a drive
/// judges the estimator by.
///
/// Nothing is decided from it.
package struct Innovations: Sendable, Visitable {
  package var position = PositionInnovation()
  package var heading = Innovation()
  package var wheelSpeed = Innovation()
  package var yawRate = Innovation()

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("position", &position)
    visitor.visit("heading", &heading)
    visitor.visit("wheelSpeed", &wheelSpeed)
    visitor.visit("yawRate", &yawRate)
  }
}

/// Of one number, by its own standard deviation.
package struct Innovation: Sendable, Visitable {
  /// Measurements judged since start: it changes when there is a new one.
  package private(set) var count: UInt64 = 0
  package private(set) var normalised = 0.0
  package private(set) var isAccepted = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("count", &count)
    visitor.visit("normalised", &normalised)
    visitor.visit("isAccepted", &isAccepted)
  }

  /// - Parameter square: the innovation squared by its variance.
  mutating func take(_ innovation: Double, square: Double, gate: Double) {
    count &+= 1
    normalised = innovation < 0 ? -square.squareRoot() : square.squareRoot()
    isAccepted = square <= gate
  }
}

/// Of a fix, at its time of validity.
package struct PositionInnovation: Sendable, Visitable {
  package private(set) var count: UInt64 = 0
  package private(set) var east = Metres.zero
  package private(set) var north = Metres.zero
  /// By the covariance of both: chi-squared with two degrees of freedom.
  package private(set) var square = 0.0
  package private(set) var isAccepted = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("count", &count)
    visitor.visit("east", &east)
    visitor.visit("north", &north)
    visitor.visit("square", &square)
    visitor.visit("isAccepted", &isAccepted)
  }

  mutating func take(_ east: Double, _ north: Double, square: Double, isAccepted: Bool) {
    count &+= 1
    self.east = Metres(east)
    self.north = Metres(north)
    self.square = square
    self.isAccepted = isAccepted
  }
}
