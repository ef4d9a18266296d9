import Signals

/// What the supervisor thread publishes by itself, past the control thread: a control thread that
/// hangs or lies can then keep neither heartbeat nor demand from the guardian.
package struct SupervisorReport: Sendable, Visitable {
  package var heartbeat: UInt64 = 0
  /// Start of the daemon whose supervisor this is, as in the daemon's slot.
  package var instance: UInt64 = 0
  package var demand = StopDemand()

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("heartbeat", &heartbeat)
    visitor.visit("instance", &instance)
    visitor.visit("demand", &demand)
  }
}
