import Signals
import Units

/// Spreads a correction over the time until the next is due: what steers by the pose is not to
/// follow a receiver's rhythm.
package struct PoseEasing: Sendable, Visitable {
  // Of the belief beyond the pose that is told: m, m, rad.
  package private(set) var east = 0.0
  package private(set) var north = 0.0
  package private(set) var heading = 0.0
  private var left = 0.0
  private var last = Instant.never

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("east", &east)
    visitor.visit("north", &north)
    visitor.visit("heading", &heading)
    visitor.visit("left", &left)
    visitor.visit("last", &last)
  }

  mutating func advance(_ seconds: Double) {
    let share = left > seconds ? 1 - seconds / left : 0
    east *= share
    north *= share
    heading *= share
    left = max(left - seconds, 0)
  }

  /// A correction of the belief; one that no noise explains is told at once.
  mutating func take(east: Double, north: Double, heading: Double, at now: Instant) {
    let period = last == .never ? 0 : (now - last).seconds
    last = now
    self.east += east
    self.north += north
    self.heading += heading
    let isOrdinary =
      self.east.magnitude < 1 && self.north.magnitude < 1 && self.heading.magnitude < 0.1
    guard isOrdinary, period < 1.5 else {
      self = PoseEasing()
      last = now
      return
    }
    left = period
  }
}
