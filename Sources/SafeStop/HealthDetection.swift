import Signals
import Units
import WireCodec

/// What each check of the health table looks for.
extension HealthMonitor {
  /// Seconds in which a leak would set the spring brakes (S-8).
  static var airForesight: Double { 20 }
  /// m/s: twice what rounded speeds and a radar that lags behind a hard stop make.
  static var radarContradiction: Double { 1.5 }

  mutating func detects(
    _ check: HealthCheck, _ observation: @_addressable HealthObservation,
    _ feedback: @_addressable Feedback,
    _ busIsDown: Bool, _ configuration: @_addressable SafeStopConfiguration,
    _ vehicle: @_addressable VehicleParameters
  ) -> Bool {
    let isEngaged = observation.isEngaged
    let speed = feedback.highestSpeed
    // Feedback stands left of each `&&`: the right side is a closure, and copies what it captures.
    switch check {
    case .speedsDisagree:
      return speedsDisagree(feedback, configuration)
    case .signalFrozen:
      return frozen.isFrozen
    case .speedImplausible:
      // Below it, wheel sensors that cut out at a crawl look the same.
      return isEngaged && observation.implausibleSpeed > configuration.cutOutSpeed
    case .rollBack:
      return isEngaged
        && (observation.isRollingBack
          || observation.movedAtStandstill > configuration.rollBackDistance)
    case .independentBrakeTripped:
      // In MANUAL nothing is sent, so the enable stands still and the path is tripped: arming starts
      // the enable, and AUTONOMOUS waits until the path has cleared.
      return feedback.isSet(.independentBrakeTripped) && isEngaged
    case .offPathWarning:
      return observation.path.isOnRoute
        && observation.path.lateralDeviation.magnitude > configuration.lateralWarning
    case .offPath:
      return observation.path.isOnRoute && isEngaged
        && (observation.path.lateralDeviation.magnitude > configuration.lateralLimit
          || observation.path.headingError.magnitude > configuration.headingLimit)
    case .overSpeed:
      return isEngaged && speed > observation.speedCap.value + configuration.speedExcess.value
    case .trailerArticulation:
      let error = feedback[.articulationAngle] - observation.articulation.value
      return isEngaged && speed > 1 && error.magnitude > configuration.articulationLimit.value
    case .steeringLawsDisagree:
      return isEngaged && observation.steeringDoubt.isCrossed
    case .radarSilent:
      return feedback.radarTellsNothing
        || observation.radarContradiction.value > Self.radarContradiction
    case .busDown:
      return busIsDown
    case .airPressureLow:
      return feedback[.serviceAirPressure] < configuration.airPressureLow.value
    case .airPressureFalling:
      return isEngaged && air.reaches(configuration.airPressureLow, within: Self.airForesight)
    case .gnssLost:
      return isEngaged && !observation.positionIsUsable
    case .driverSteering:
      return driver.steers(feedback, vehicle, configuration) && isEngaged
    case .driverParkingBrake:
      return driver.pullsParkingBrake(feedback) && isEngaged
    case .driverGear:
      return driver.movesGearLever(feedback) && isEngaged
    case .driverKey:
      return driver.removedKey(feedback) && isEngaged
    case .brakeNotObeyed, .brakeWeak, .steeringNotObeyed, .steeringRunaway, .steeringLockedOut,
      .engineTakenOver, .engineNotObeyed, .parkingBrakeNotObeyed, .parkingBrakeInMotion,
      .sourceAddressUsed, .sourceAddressTaken:
      return disobeys(check, observation, feedback, configuration)
    case .emergencyStopPressed, .driverBrake, .driverAccelerator, .remoteStop, .emergencyBraking,
      .protectiveFieldStale, .protectiveFieldViolated, .attendantUnknown, .attendantReleased:
      return isAsked(check, observation, feedback, configuration)
    }
  }

  /// S-4: whether the truck does something else than it is told, or listens to somebody else.
  private mutating func disobeys(
    _ check: HealthCheck, _ observation: @_addressable HealthObservation,
    _ feedback: @_addressable Feedback,
    _ configuration: @_addressable SafeStopConfiguration
  ) -> Bool {
    let command = observation.command
    let speed = feedback.highestSpeed
    // In MANUAL somebody else with our address only keeps us from arming.
    if check == .sourceAddressTaken {
      return !observation.isEngaged && impostors.wereSeen(at: observation.now)
    }
    guard observation.isEngaged else { return false }
    switch check {
    case .brakeNotObeyed:
      return speed > 0.5 && refusesToBrake(command, feedback)
    case .brakeWeak:
      return speed > 1 && response.isBrakeWeak(configuration.brakeShortfall)
    case .steeringNotObeyed:
      return command.steeringEngaged
        && response.curvatureError.magnitude > configuration.steeringMismatch.value
    case .steeringRunaway:
      return command.steeringEngaged
        && response.displacement.magnitude > configuration.runawayDisplacement.value
    case .steeringLockedOut:
      return command.steeringEngaged
        && (feedback.isSet(.steeringLockout) || feedback[.steeringReadiness] == 0)
    case .engineTakenOver:
      let source = feedback[.engineControllingSource]
      return command.driveTorque.value > 0.05 && !source.isNaN
        && source != Double(configuration.ownAddress)
    case .engineNotObeyed:
      return command.driveTorque.value <= 0.05 && feedback[.engineTorque] > 0.4 && speed > 0.5
    case .parkingBrakeNotObeyed:
      return parkingBrakesDisobey(command, feedback)
    case .parkingBrakeInMotion:
      let sets = command.tractorParkingBrake || command.trailerParkingBrake
      let areSet = feedback.isSet(.tractorParkingBrake) || feedback.isSet(.trailerParkingBrake)
      // A pulled lever is a driver's act, with a row of its own.
      return !sets && areSet && !feedback.isSet(.parkingBrakeSwitch)
        && speed > configuration.parkingSpeed.value
    case .sourceAddressUsed:
      return impostors.wereSeen(at: observation.now)
    // Not of obedience.
    case .speedsDisagree, .signalFrozen, .rollBack, .independentBrakeTripped, .offPathWarning,
      .offPath, .overSpeed, .busDown, .airPressureLow, .gnssLost, .speedImplausible,
      .trailerArticulation, .airPressureFalling, .driverSteering, .driverParkingBrake,
      .driverGear, .driverKey, .steeringLawsDisagree, .radarSilent,
      .emergencyStopPressed, .driverBrake, .driverAccelerator, .remoteStop, .emergencyBraking,
      .protectiveFieldStale, .protectiveFieldViolated, .attendantUnknown, .attendantReleased,
      .sourceAddressTaken:
      return false
    }
  }

  /// S-3, S-20: whether a person, or what protects one, asks for a stop.
  private mutating func isAsked(
    _ check: HealthCheck, _ observation: @_addressable HealthObservation,
    _ feedback: @_addressable Feedback,
    _ configuration: @_addressable SafeStopConfiguration
  ) -> Bool {
    let isEngaged = observation.isEngaged
    switch check {
    case .emergencyStopPressed:
      return feedback.isEmergencyStopPressed
    case .driverBrake:
      return isEngaged
        && (feedback[.brakeSwitch] == 1 || feedback[.brakePedal] > configuration.pedalPressed.value)
    case .driverAccelerator:
      return feedback[.acceleratorPedal] > configuration.pedalPressed.value && isEngaged
    case .remoteStop:
      return feedback.isSet(.remoteStop) && isEngaged
    case .emergencyBraking:
      return feedback.emergencyBrakingIsDemanded && isEngaged
    case .protectiveFieldStale:
      return isEngaged && observation.needsProtectiveField && !feedback.protectiveFieldIsKnown
    case .protectiveFieldViolated:
      return isEngaged && observation.needsProtectiveField && feedback.protectiveFieldIsViolated
    case .attendantUnknown:
      return isEngaged && observation.needsAttendant && feedback[.attendantEnable].isNaN
    case .attendantReleased:
      let enable = feedback[.attendantEnable]
      return isEngaged && observation.needsAttendant && !enable.isNaN && enable != 1
    // Nobody's wish.
    case .speedsDisagree, .signalFrozen, .rollBack, .independentBrakeTripped, .offPathWarning,
      .offPath, .overSpeed, .busDown, .airPressureLow, .gnssLost, .speedImplausible,
      .trailerArticulation, .airPressureFalling, .driverSteering, .driverParkingBrake,
      .driverGear, .driverKey, .steeringLawsDisagree, .radarSilent,
      .brakeNotObeyed, .brakeWeak, .steeringNotObeyed, .steeringRunaway, .steeringLockedOut,
      .engineTakenOver, .engineNotObeyed, .parkingBrakeNotObeyed, .parkingBrakeInMotion,
      .sourceAddressUsed, .sourceAddressTaken:
      return false
    }
  }

  /// EBC1's own figures differ by 0.9 km/h between two computers of a sound truck (can-gnss.md 1.2).
  @_addressableSelf private func speedsDisagree(
    _ feedback: @_addressable Feedback, _ configuration: @_addressable SafeStopConfiguration
  ) -> Bool {
    let wheel = feedback.wheelSpeed
    let limit = configuration.speedDisagreement.value + 0.1 * highest(wheel, 0)
    return (wheel - feedback[.vehicleSpeed]).magnitude > limit
      || (wheel - feedback[.frontAxleSpeed]).magnitude > limit
      || (feedback[.vehicleSpeed] - feedback[.frontAxleSpeed]).magnitude > limit
  }

  /// EBC5: system state 2 accepts no demand, mode 0 executes none, and the limit may be too small.
  @_addressableSelf private func refusesToBrake(
    _ command: Command, _ feedback: @_addressable Feedback
  ) -> Bool {
    guard command.brakeDeceleration.value > 0.5 else { return false }
    let limit = feedback[.externalBrakeLimit].magnitude
    return feedback[.externalBrakeState] == 2 || feedback[.externalBrakeMode] == 0
      || limit < 0.5 * command.brakeDeceleration.value
  }

  @_addressableSelf private func parkingBrakesDisobey(
    _ command: Command, _ feedback: @_addressable Feedback
  ) -> Bool {
    let tractor = feedback[.tractorParkingBrake]
    let trailer = feedback[.trailerParkingBrake]
    return (!tractor.isNaN && (tractor > 0.5) != command.tractorParkingBrake)
      || (!trailer.isNaN && (trailer > 0.5) != command.trailerParkingBrake)
  }

  mutating func busIsDown(
    _ observation: @_addressable HealthObservation, _ rows: borrowing Span<ReceiveRow>, count: Int
  ) -> Bool {
    for i in 0..<count {
      let bus = observation.buses[Int(rows[i].bus & 3)]
      if !bus.isUp || bus.controller == .busOff { return true }
    }
    return false
  }
}

extension SignalChannel {
  var isEmergencyStopLine: Bool { self == .emergencyStopLine || self == .emergencyStopLineInverse }

  /// Whether a message that is needed is lost when this field of it stays unknown: what the rules of
  /// obedience, steering and standstill look at.
  var mustBeKnown: Bool {
    switch self {
    case .yawRate, .longitudinalAcceleration, .externalBrakeState, .externalBrakeMode,
      .externalBrakeLimit, .steeringReadiness, .steeringLockout, .tractorParkingBrake,
      .trailerParkingBrake, .independentBrakeTripped, .protectiveFieldClear,
      .protectiveFieldInverse, .protectiveFieldRange:
      true
    case .wheelSpeedFrontLeft, .wheelSpeedFrontRight, .wheelSpeedRearLeft, .wheelSpeedRearRight,
      .vehicleSpeed, .frontAxleSpeed, .outputShaftSpeed, .lateralAcceleration, .steeringWheelAngle,
      .roadWheelAngle, .steeringCurvature, .steeringExitReason, .engineSpeed, .engineTorque,
      .engineControllingSource, .acceleratorPedal, .brakePedal, .brakeControllingSource,
      .haltBrakeMode, .brakeSwitch, .absActive, .retarderTorque, .currentGear, .selectedGear,
      .drivelineEngaged, .parkingBrakeSwitch, .hazardLamps, .brakeLamps, .horn,
      .serviceAirPressure, .combinationMass, .tractorMass, .articulationAngle,
      .emergencyStopLine, .emergencyStopLineInverse, .attendantEnable, .remoteStop,
      .emergencyBrakingState, .forwardVehicleDistance, .travelDirection, .trailerABSFaulty,
      .steeringWheelTorque, .autonomyKey, .forwardVehicleSpeed, .forwardVehicleDetected:
      false
    }
  }
}

extension Feedback {
  /// S-20: pressed on either wire of the pair, or a pair that contradicts itself.
  ///
  /// A wire that is unknown is a message lost, and as severe.
  var isEmergencyStopPressed: Bool {
    @_addressableSelf get {
      let line = self[.emergencyStopLine]
      let inverse = self[.emergencyStopLineInverse]
      return (!line.isNaN && line != 0) || (!inverse.isNaN && inverse != 1)
    }
  }

  /// AEBS1: 6 warns and brakes, 7 brakes in an emergency.
  ///
  /// "Not ready" is as if there were none.
  var emergencyBrakingIsDemanded: Bool {
    @_addressableSelf get {
      let state = self[.emergencyBrakingState]
      return state == 6 || state == 7
    }
  }

  /// Of a radar that the profile has: no fresh report, or one that is not available, in error, or
  /// tells of a target without its place and speed.
  package var radarTellsNothing: Bool {
    @_addressableSelf get {
      guard has(.forwardVehicleDistance) else { return false }
      let detected = self[.forwardVehicleDetected]
      guard detected != 0 else { return false }
      return detected.isNaN || self[.forwardVehicleDistance].isNaN
        || self[.forwardVehicleSpeed].isNaN
    }
  }

  package var protectiveFieldIsKnown: Bool {
    @_addressableSelf get {
      guard !self[.protectiveFieldClear].isNaN, !self[.protectiveFieldRange].isNaN else {
        return false
      }
      guard has(.protectiveFieldInverse) else { return true }
      return !self[.protectiveFieldInverse].isNaN
    }
  }

  package var protectiveFieldIsViolated: Bool {
    @_addressableSelf get {
      let clear = self[.protectiveFieldClear]
      let inverse = self[.protectiveFieldInverse]
      return (!clear.isNaN && clear != 1) || (!inverse.isNaN && inverse != 0)
    }
  }
}
