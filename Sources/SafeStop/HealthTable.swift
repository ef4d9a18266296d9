import Signals
import Units

/// The conditions that are watched beside the freshness of each received message, whose level and
/// reason are in the frame table.
package enum HealthCheck: UInt8, Sendable {
  /// Two speed sources differ.
  case speedsDisagree
  /// A speed source repeats one value while another moves (S-5).
  case signalFrozen
  /// The brake ECU does not report that it follows us (S-4).
  case brakeNotObeyed
  /// It says so, but the truck does not slow down.
  case brakeWeak
  case steeringNotObeyed
  /// By predicted displacement, not by time (S-18).
  case steeringRunaway
  case steeringLockedOut
  /// Torque demanded, another source in control of the engine; or torque without demand.
  case engineNotObeyed
  case parkingBrakeNotObeyed
  case rollBack
  case independentBrakeTripped
  case emergencyStopPressed
  case driverBrake
  case driverAccelerator
  case offPathWarning
  case offPath
  case overSpeed
  case busDown
  case airPressureLow
  case gnssLost
  package static var count: Int { 20 }
}

/// What ends a condition.
package enum ClearCondition: UInt8, Sendable {
  /// The cause is gone.
  case whenGone
  /// An acknowledge at standstill.
  case atAcknowledge
}

/// One row of the health table.
package struct HealthRow: Sendable, Visitable {
  package var level = StopLevel.nominal
  package var debounce = Interval.zero
  package var clear = ClearCondition.whenGone
  package var reason = Reason.none

  package init() {}
  package init(
    _ level: StopLevel, after debounce: Interval, _ clear: ClearCondition, _ reason: Reason
  ) {
    self.level = level
    self.debounce = debounce
    self.clear = clear
    self.reason = reason
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("level", &level)
    visitor.visit("debounce", &debounce)
    visitor.visit("clear", &clear)
    visitor.visit("reason", &reason)
  }
}

/// The health table: what each condition demands, after how long, until when, and why.
package struct HealthTable: Sendable, Visitable {
  private var rows = InlineArray<48, HealthRow>(repeating: HealthRow())

  package subscript(_ check: HealthCheck) -> HealthRow {
    get { rows[Int(check.rawValue)] }
    set { rows[Int(check.rawValue)] = newValue }
  }

  package init() {
    func after(_ milliseconds: Int64) -> Interval { .milliseconds(milliseconds) }
    self[.speedsDisagree] = HealthRow(
      .comfortStop, after: after(500), .atAcknowledge, .speedsDisagree)
    self[.signalFrozen] = HealthRow(.comfortStop, after: after(500), .atAcknowledge, .signalFrozen)
    self[.brakeNotObeyed] = HealthRow(
      .emergencyStop, after: after(200), .atAcknowledge, .brakeNotObeyed)
    self[.brakeWeak] = HealthRow(.emergencyStop, after: after(700), .atAcknowledge, .brakeNotObeyed)
    self[.steeringNotObeyed] = HealthRow(
      .comfortStop, after: after(700), .atAcknowledge, .steeringNotObeyed)
    self[.steeringRunaway] = HealthRow(
      .emergencyStop, after: after(0), .atAcknowledge, .steeringRunaway)
    self[.steeringLockedOut] = HealthRow(
      .emergencyStop, after: after(200), .atAcknowledge, .steeringLockedOut)
    self[.engineNotObeyed] = HealthRow(
      .comfortStop, after: after(700), .atAcknowledge, .engineNotObeyed)
    self[.parkingBrakeNotObeyed] = HealthRow(
      .emergencyStop, after: after(5000), .atAcknowledge, .parkingBrakeNotObeyed)
    self[.rollBack] = HealthRow(.emergencyStop, after: after(0), .atAcknowledge, .rollBack)
    self[.independentBrakeTripped] = HealthRow(
      .emergencyStop, after: after(0), .whenGone, .independentBrakeTripped)
    self[.emergencyStopPressed] = HealthRow(
      .emergencyStop, after: after(0), .whenGone, .emergencyStopPressed)
    self[.driverBrake] = HealthRow(.comfortStop, after: after(50), .whenGone, .driverInput)
    self[.driverAccelerator] = HealthRow(.comfortStop, after: after(50), .whenGone, .driverInput)
    self[.offPathWarning] = HealthRow(.degraded, after: after(300), .whenGone, .offPath)
    self[.offPath] = HealthRow(.comfortStop, after: after(100), .atAcknowledge, .offPath)
    self[.overSpeed] = HealthRow(.comfortStop, after: after(500), .atAcknowledge, .overSpeed)
    self[.busDown] = HealthRow(.comfortStop, after: after(100), .whenGone, .busDown)
    self[.airPressureLow] = HealthRow(.comfortStop, after: after(1000), .whenGone, .brakeNotObeyed)
    self[.gnssLost] = HealthRow(.comfortStop, after: after(200), .whenGone, .gnssLost)
  }

  package mutating func scaleTimes(by factor: Double) {
    for i in 0..<HealthCheck.count { rows[i].debounce = rows[i].debounce.scaled(by: factor) }
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("rows", &rows, count: HealthCheck.count)
  }
}
