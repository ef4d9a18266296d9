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
  /// Torque without demand.
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
  /// All speed sources fell faster than friction allows (S-6).
  case speedImplausible
  /// Another source controls the engine while torque is demanded.
  case engineTakenOver
  /// A parking brake came on by itself.
  case parkingBrakeInMotion
  /// Somebody else sends with our source address, while we drive and while we do not (S-4).
  case sourceAddressUsed, sourceAddressTaken
  /// S-3.
  case protectiveFieldStale, protectiveFieldViolated, attendantUnknown, attendantReleased
  case remoteStop, emergencyBraking
  /// The trailer does not follow as the path makes it (S-7).
  case trailerArticulation
  /// Spring brakes would stop the truck soon (S-8).
  case airPressureFalling
  // Acts of a driver while the stack drives (S-23).
  case driverSteering, driverParkingBrake, driverGear, driverKey
  /// The two laws of steering.
  case steeringLawsDisagree
  /// A radar that the profile has tells nothing that may be used of the vehicle ahead.
  case radarSilent
  package static var count: Int { 39 }
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
  /// What is waited for beyond the debounce.
  package var answer = AnswerTime.told

  package init() {}
  package init(
    _ level: StopLevel, after debounce: Interval, _ clear: ClearCondition, _ reason: Reason,
    answer: AnswerTime = .told
  ) {
    self.answer = answer
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
    visitor.visit("answer", &answer)
  }
}

/// The health table: what each condition demands, after how long, until when, and why.
package struct HealthTable: Sendable, Visitable {
  private var rows = InlineArray<48, HealthRow>(repeating: HealthRow())

  package subscript(_ check: HealthCheck) -> HealthRow {
    @_addressableSelf get { rows[Int(check.rawValue)] }
    set { rows[Int(check.rawValue)] = newValue }
  }

  package init() {
    func after(_ milliseconds: Int64) -> Interval { .milliseconds(milliseconds) }
    self[.speedsDisagree] = HealthRow(
      .comfortStop, after: after(500), .atAcknowledge, .speedsDisagree)
    self[.signalFrozen] = HealthRow(.comfortStop, after: after(500), .atAcknowledge, .signalFrozen)
    self[.brakeNotObeyed] = HealthRow(
      .emergencyStop, after: after(200), .atAcknowledge, .brakeNotObeyed)
    self[.brakeWeak] = HealthRow(
      .emergencyStop, after: after(200), .atAcknowledge, .brakeNotObeyed, answer: .brake)
    self[.steeringNotObeyed] = HealthRow(
      .comfortStop, after: after(200), .atAcknowledge, .steeringNotObeyed, answer: .steering)
    self[.steeringRunaway] = HealthRow(
      .emergencyStop, after: after(0), .atAcknowledge, .steeringRunaway)
    self[.steeringLockedOut] = HealthRow(
      .emergencyStop, after: after(200), .atAcknowledge, .steeringLockedOut)
    self[.engineNotObeyed] = HealthRow(
      .comfortStop, after: after(200), .atAcknowledge, .engineNotObeyed, answer: .engine)
    self[.parkingBrakeNotObeyed] = HealthRow(
      .emergencyStop, after: .zero, .atAcknowledge, .parkingBrakeNotObeyed, answer: .parkingBrake)
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
    self[.airPressureLow] = HealthRow(.comfortStop, after: after(1000), .whenGone, .airPressureLow)
    self[.driverSteering] = HealthRow(.comfortStop, after: after(100), .whenGone, .driverSteered)
    self[.driverParkingBrake] = HealthRow(
      .comfortStop, after: after(100), .whenGone, .driverParked)
    self[.driverGear] = HealthRow(.comfortStop, after: after(100), .whenGone, .driverShifted)
    self[.driverKey] = HealthRow(.comfortStop, after: after(50), .whenGone, .keyRemoved)
    self[.gnssLost] = HealthRow(.comfortStop, after: after(200), .whenGone, .gnssLost)
    self[.speedImplausible] = HealthRow(
      .comfortStop, after: after(300), .atAcknowledge, .speedImplausible)
    self[.engineTakenOver] = HealthRow(
      .comfortStop, after: after(200), .atAcknowledge, .engineNotObeyed)
    self[.parkingBrakeInMotion] = HealthRow(
      .emergencyStop, after: after(200), .atAcknowledge, .parkingBrakeNotObeyed)
    self[.sourceAddressUsed] = HealthRow(
      .emergencyStop, after: after(0), .atAcknowledge, .sourceAddressConflict)
    self[.sourceAddressTaken] = HealthRow(
      .comfortStop, after: after(0), .whenGone, .sourceAddressConflict)
    self[.trailerArticulation] = HealthRow(
      .comfortStop, after: after(300), .atAcknowledge, .trailerArticulation)
    self[.airPressureFalling] = HealthRow(
      .comfortStop, after: after(500), .atAcknowledge, .airPressureLow)
    // The follower waits for as long as its own configuration says.
    self[.steeringLawsDisagree] = HealthRow(
      .comfortStop, after: after(0), .atAcknowledge, .steeringLawsDisagree)
    // With the freshness of its message, half a second: no way is clear because nobody looks.
    self[.radarSilent] = HealthRow(.comfortStop, after: after(200), .whenGone, .radarSilent)
    protectPersons()
  }

  private mutating func protectPersons() {
    // With the 60 ms of its freshness, 100 ms without a believable frame.
    self[.protectiveFieldStale] = HealthRow(
      .comfortStop, after: .milliseconds(40), .whenGone, .protectiveFieldStale)
    self[.protectiveFieldViolated] = HealthRow(
      .emergencyStop, after: .zero, .whenGone, .protectiveFieldViolated)
    self[.attendantUnknown] = HealthRow(
      .comfortStop, after: .milliseconds(40), .whenGone, .attendantAway)
    self[.attendantReleased] = HealthRow(.emergencyStop, after: .zero, .whenGone, .attendantAway)
    self[.remoteStop] = HealthRow(.comfortStop, after: .zero, .whenGone, .remoteStopPressed)
    self[.emergencyBraking] = HealthRow(
      .emergencyStop, after: .zero, .whenGone, .emergencyBrakingDemanded)
  }

  package mutating func scaleTimes(by factor: Double) {
    for i in 0..<HealthCheck.count { rows[i].debounce = rows[i].debounce.scaled(by: factor) }
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("rows", &rows, count: HealthCheck.count)
  }
}
