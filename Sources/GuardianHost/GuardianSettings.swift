import SafeStop
import SharedPage
import Signals

/// What the daemon freezes in the page for the guardian: the core's configuration and where the
/// buses are.
package struct GuardianSettings: Sendable, Visitable {
  package static var busCapacity: Int { 4 }

  package var core = GuardianConfiguration()
  package var buses = InlineArray<4, FixedText>(repeating: FixedText())
  package var busCount = 0
  /// SCHED_FIFO priority of the guardian, 0 for the default class.
  package var priority = 0
  /// One bit for each processor that the guardian may run on, 0 for any.
  package var processors: UInt64 = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("core", &core)
    visitor.visitCount("busCount", &busCount, limit: Self.busCapacity)
    visitor.visit("buses", &buses, count: busCount)
    visitor.visitCount("priority", &priority, limit: 99)
    visitor.visit("processors", &processors)
  }

  /// The same for the same buses.
  var busesHash: UInt64 {
    var hash = FieldHash()
    for i in 0..<busCount {
      var name = buses[i]
      name.visit(&hash)
    }
    return hash.hash
  }

  /// The same for equal settings.
  package var hash: UInt64 {
    var copy = self
    var hash = FieldHash()
    copy.visit(&hash)
    return hash.hash
  }
}
