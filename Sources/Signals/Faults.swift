/// The safe-stop ladder; later is more severe.
@usableFromInline package enum StopLevel: UInt8, Sendable, Comparable {
  case nominal, degraded, comfortStop, emergencyStop

  @usableFromInline package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// Why the truck is capped, stopping or not moving.
///
/// The raw value is the reason code of logs.
@usableFromInline package enum Reason: UInt8, Sendable {
  case none
  // Inputs.
  case wheelSpeedStale, vehicleSpeedStale, yawRateStale, engineStale, brakeStale, steeringStale
  case drivelineStale, bodyStale, gnssLost, gnssRefused, headingUnknown, busDown, busStarved
  case busErrors, signalFrozen, checksumBad, speedsDisagree, sourceAddressConflict
  // Actuators.
  case brakeNotObeyed, steeringNotObeyed, engineNotObeyed, parkingBrakeNotObeyed
  case steeringLockedOut, steeringRunaway, rollBack, independentBrakeTripped
  // Motion.
  case offPath, overSpeed, authorityExceeded, routeEnd, trailerOff
  // The stack itself.
  case controlHung, controlLate, cycleSlips, supervisorHung, guardianLost, daemonLost
  case commandStale, commandInvalid, planUnfit, trapped, restarted, configurationInvalid
  // People.
  case operatorStop, emergencyStopPressed, driverInput, shutdown, protectiveFieldViolated
  case notArmed, notAcknowledged, noAuthority, waitingForInputs, gateClamped
  // Motion and actuators, continued.
  case speedImplausible, airPressureLow, brakesWorn, trailerArticulation
  // People, continued.
  case protectiveFieldStale, attendantAway, remoteStopPressed, emergencyBrakingDemanded
  // Network.
  case sourceAddressLost
  // Acts of a driver.
  case driverSteered, driverParked, driverShifted, keyRemoved
  // Arming.
  case identityUnconfirmed, busExchanged, uncommissioned
  case trailerUnverified, brakeTestDue
  // The record of the drive.
  case recordingShort, recordingFailed
  // The stack itself, continued.
  case steeringLawsDisagree
  // The vehicle ahead.
  case radarSilent

  package static var count: Int { 76 }
}

/// A set of reasons.
@usableFromInline package struct Faults: Sendable, Equatable, Visitable {
  package private(set) var bits: UInt64 = 0
  /// Of the reasons from number 64 on.
  package private(set) var highBits: UInt64 = 0

  package static var capacity: Int { 128 }

  package init() {}

  package func contains(_ reason: Reason) -> Bool {
    (reason.rawValue < 64 ? bits : highBits) & bit(of: reason) != 0
  }

  package mutating func insert(_ reason: Reason) {
    if reason.rawValue < 64 { bits |= bit(of: reason) } else { highBits |= bit(of: reason) }
  }

  package mutating func remove(_ reason: Reason) {
    if reason.rawValue < 64 { bits &= ~bit(of: reason) } else { highBits &= ~bit(of: reason) }
  }

  package mutating func formUnion(_ other: Faults) {
    bits |= other.bits
    highBits |= other.highBits
  }

  package var isEmpty: Bool { bits | highBits == 0 }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("bits", &bits)
    visitor.visit("highBits", &highBits)
  }

  private func bit(of reason: Reason) -> UInt64 { 1 << UInt64(reason.rawValue & 63) }
}

/// A demand to slow or stop, with its cause.
@usableFromInline package struct StopDemand: Sendable, Equatable, Visitable {
  package var level = StopLevel.nominal
  package var reason = Reason.none

  package init() {}
  package init(_ level: StopLevel, _ reason: Reason) {
    self.level = level
    self.reason = reason
  }

  /// The more severe of two demands; the earlier one when they are equal.
  package mutating func raise(to other: StopDemand) {
    if other.level > level { self = other }
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("level", &level)
    visitor.visit("reason", &reason)
  }
}

/// What the stack is doing with the truck (S-23).
@usableFromInline package enum Mode: UInt8, Sendable {
  case manual, shadow, armed, autonomous, stopping, held

  /// Whether the stack has the truck; else nothing may be sent.
  package var isDriven: Bool {
    switch self {
    case .manual, .shadow: false
    case .armed, .autonomous, .stopping, .held: true
    }
  }
}
