import ActuatorGate
import NetworkManagement
import Signals
import Units
import WireCodec

/// All that guardian and supervisor know of the truck: written once at arming, then frozen.
package struct GuardianConfiguration: Sendable, Visitable {
  package var frames = FrameTable()
  package var limits = GateLimits()
  package var safeStop = SafeStopConfiguration()
  package var vehicle = VehicleParameters()
  package var network = NetworkConfiguration()

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("frames", &frames)
    visitor.visit("limits", &limits)
    visitor.visit("safeStop", &safeStop)
    visitor.visit("vehicle", &vehicle)
    visitor.visit("network", &network)
  }

  /// The same for equal configurations; `DaemonSlot.configurationHash` must equal it.
  package var fieldHash: UInt64 {
    var copy = self
    var hash = FieldHash()
    copy.visit(&hash)
    return hash.hash
  }
}
