import Signals
import Units

/// What the daemon publishes to the guardian each cycle through the shared page.
package struct DaemonSlot: Sendable, Visitable {
  /// Grows with each publication.
  package var sequence: UInt64 = 0
  /// Differs from one start of the daemon to the next: its start on the monotonic clock.
  package var instance: UInt64 = 0
  package var publishedAt = Instant.never
  package var configurationHash: UInt64 = 0
  package var mode = Mode.manual
  /// Whether frames may be sent at all: mode armed or later (S-23).
  package var transmitAllowed = false
  package var command = Command()
  package var plan = StopPlan()
  /// From the front bumper to the supervised limit when published; NaN without authority.
  package var distanceToLimit = Metres(.nan)
  /// Of the movement authority: changes when a line is released or revoked.
  package var authorityRevision: UInt32 = 0
  package var controlHeartbeat: UInt64 = 0
  package var supervisorHeartbeat: UInt64 = 0
  /// Of `Controller.step`, already in its command; carried for the guardian's report.
  package var controlDemand = StopDemand()
  /// Of `Controller.step`, for the trouble codes.
  package var faults = Faults()
  /// Of the supervisor; overrides the command.
  package var supervisorDemand = StopDemand()
  /// Acknowledges accepted since the daemon's start.
  package var acknowledgeCount: UInt64 = 0
  /// The daemon wants to end: stop, hold, park, then go (S-19).
  package var shutdown = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("sequence", &sequence)
    visitor.visit("instance", &instance)
    visitor.visit("publishedAt", &publishedAt)
    visitor.visit("configurationHash", &configurationHash)
    visitor.visit("mode", &mode)
    visitor.visit("transmitAllowed", &transmitAllowed)
    visitor.visit("command", &command)
    visitor.visit("plan", &plan)
    visitor.visit("distanceToLimit", &distanceToLimit)
    visitor.visit("authorityRevision", &authorityRevision)
    visitor.visit("controlHeartbeat", &controlHeartbeat)
    visitor.visit("supervisorHeartbeat", &supervisorHeartbeat)
    visitor.visit("controlDemand", &controlDemand)
    visitor.visit("faults", &faults)
    visitor.visit("supervisorDemand", &supervisorDemand)
    visitor.visit("acknowledgeCount", &acknowledgeCount)
    visitor.visit("shutdown", &shutdown)
  }
}

extension DaemonSlot {
  /// The daemon's command, as far as its mode allows.
  ///
  /// - Parameter mayLeaveRest: whether a truck that stands parked may be let go.
  @_addressableSelf func relayed(
    _ settings: @_addressable SafeStopConfiguration, mayLeaveRest: Bool
  ) -> Command {
    var relayed = command
    switch mayLeaveRest || mode != .autonomous ? mode : .armed {
    case .autonomous:
      break
    case .stopping:
      relayed.driveTorque = .zero
    case .manual, .shadow, .armed, .held:
      relayed.driveTorque = .zero
      relayed.gear = .neutral
      relayed.tractorParkingBrake = true
      relayed.trailerParkingBrake = true
      if !(relayed.brakeDeceleration >= settings.holdDeceleration) {
        relayed.brakeDeceleration = settings.holdDeceleration
      }
    }
    return relayed
  }
}
