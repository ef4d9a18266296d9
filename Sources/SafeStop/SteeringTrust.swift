import Signals

/// What kind of cause a reason is, for who may go on steering; a new reason must be put somewhere.
private enum CauseKind {
  case driver, doubtfulSteering, other

  init(_ reason: Reason) {
    switch reason {
    case .driverInput, .driverSteered, .driverParked, .driverShifted, .keyRemoved:
      self = .driver
    case .controlHung, .controlLate, .cycleSlips, .commandStale, .commandInvalid, .daemonLost,
      .trapped, .offPath, .authorityExceeded, .steeringRunaway, .steeringNotObeyed,
      .steeringLockedOut, .configurationInvalid, .overSpeed:
      self = .doubtfulSteering
    case .none, .wheelSpeedStale, .vehicleSpeedStale, .yawRateStale, .engineStale, .brakeStale,
      .steeringStale, .drivelineStale, .bodyStale, .gnssLost, .gnssRefused, .headingUnknown,
      .busDown, .busStarved, .busErrors, .signalFrozen, .checksumBad, .speedsDisagree,
      .sourceAddressConflict, .brakeNotObeyed, .engineNotObeyed, .parkingBrakeNotObeyed,
      .rollBack, .independentBrakeTripped, .routeEnd, .trailerOff, .supervisorHung, .guardianLost,
      .planUnfit, .restarted, .operatorStop, .emergencyStopPressed, .shutdown,
      .protectiveFieldViolated, .notArmed, .notAcknowledged, .noAuthority, .waitingForInputs,
      .gateClamped, .speedImplausible, .airPressureLow, .brakesWorn, .trailerArticulation,
      .protectiveFieldStale, .attendantAway, .remoteStopPressed, .emergencyBrakingDemanded,
      .sourceAddressLost, .identityUnconfirmed, .busExchanged, .uncommissioned,
      .trailerUnverified, .brakeTestDue, .recordingShort, .recordingFailed, .steeringLawsDisagree,
      .radarSilent:
      self = .other
    }
  }
}

extension Reason {
  /// Whether a driver's act is the cause.
  package var isDrivers: Bool { CauseKind(self) == .driver }

  /// Whether the daemon's steering may be followed during a stop for this reason: not when the
  /// control thread itself is in doubt.
  var leavesSteeringTrusted: Bool { CauseKind(self) != .doubtfulSteering }
}

extension Faults {
  var steeringIsLost: Bool {
    contains(.steeringLockedOut) || contains(.steeringNotObeyed) || contains(.steeringRunaway)
  }
}
