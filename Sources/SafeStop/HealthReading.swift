import Signals
import Units
import WireCodec

/// What each check of the health table read when it was found, and the limit that was crossed.
///
/// Beside `detects`, not within it: a test holds the two against each other for every row.
extension HealthMonitor {
  /// Asked only in the cycle in which the condition is found.
  func reading(
    of check: HealthCheck, _ observation: @_addressable HealthObservation,
    _ feedback: @_addressable Feedback,
    _ decoder: borrowing @_addressable FrameDecoder, _ table: borrowing @_addressable FrameTable,
    _ configuration: @_addressable SafeStopConfiguration, _ vehicle: @_addressable VehicleParameters
  ) -> Reading {
    switch check {
    case .speedsDisagree, .signalFrozen, .speedImplausible, .rollBack, .offPathWarning, .offPath,
      .overSpeed, .trailerArticulation, .airPressureLow, .airPressureFalling, .gnssLost, .busDown,
      .steeringLawsDisagree:
      return motionReading(check, observation, feedback, table, configuration)
    case .brakeNotObeyed, .brakeWeak, .steeringNotObeyed, .steeringRunaway, .steeringLockedOut,
      .engineNotObeyed, .engineTakenOver, .parkingBrakeNotObeyed, .parkingBrakeInMotion,
      .sourceAddressUsed, .sourceAddressTaken:
      return obedienceReading(check, observation, feedback, configuration)
    case .independentBrakeTripped, .emergencyStopPressed, .driverBrake, .driverAccelerator,
      .driverSteering, .driverParkingBrake, .driverGear, .driverKey, .remoteStop,
      .emergencyBraking:
      return personReading(check, feedback, configuration, vehicle)
    case .protectiveFieldStale:
      let channel: SignalChannel =
        feedback[.protectiveFieldClear].isNaN
        ? .protectiveFieldClear
        : feedback[.protectiveFieldRange].isNaN ? .protectiveFieldRange : .protectiveFieldInverse
      return silence(of: channel, observation.now, decoder, table)
    case .attendantUnknown:
      return silence(of: .attendantEnable, observation.now, decoder, table)
    case .radarSilent:
      guard feedback.radarTellsNothing else {
        return Reading(
          observation.radarContradiction.value, .above, Self.radarContradiction,
          .metresPerSecond, .forwardVehicleDistance)
      }
      let channel: SignalChannel =
        feedback[.forwardVehicleDetected].isNaN
        ? .forwardVehicleDetected
        : feedback[.forwardVehicleDistance].isNaN ? .forwardVehicleDistance : .forwardVehicleSpeed
      return silence(of: channel, observation.now, decoder, table)
    case .protectiveFieldViolated:
      let clear = feedback[.protectiveFieldClear]
      return !clear.isNaN && clear != 1
        ? Reading(clear, .differs, 1, .state, .protectiveFieldClear)
        : Reading(
          feedback[.protectiveFieldInverse], .differs, 0, .state, .protectiveFieldInverse)
    case .attendantReleased:
      return Reading(feedback[.attendantEnable], .differs, 1, .state, .attendantEnable)
    }
  }

  private func motionReading(
    _ check: HealthCheck, _ observation: @_addressable HealthObservation,
    _ feedback: @_addressable Feedback, _ table: borrowing @_addressable FrameTable,
    _ configuration: @_addressable SafeStopConfiguration
  ) -> Reading {
    let path = observation.path
    let deviation = path.lateralDeviation.magnitude.value
    switch check {
    case .speedsDisagree:
      let wheel = feedback.wheelSpeed
      let others = highest(
        (wheel - feedback[.vehicleSpeed]).magnitude, (wheel - feedback[.frontAxleSpeed]).magnitude)
      let limit = configuration.speedDisagreement.value + 0.1 * highest(wheel, 0)
      let worst = highest(others, (feedback[.vehicleSpeed] - feedback[.frontAxleSpeed]).magnitude)
      return Reading(worst, .above, limit, .metresPerSecond)
    case .signalFrozen:
      return Reading(frozen.repeatedSeconds, .above, RepeatedSpeed.longest, .seconds)
    case .speedImplausible:
      return Reading(
        observation.implausibleSpeed.value, .above, configuration.cutOutSpeed.value,
        .metresPerSecond)
    case .rollBack:
      return observation.isRollingBack
        ? Reading(observation.rollBackSpeed.value, .above, 0, .metresPerSecond)
        : Reading(
          observation.movedAtStandstill.value, .above, configuration.rollBackDistance.value,
          .metres)
    case .offPathWarning:
      return Reading(deviation, .above, configuration.lateralWarning.value, .metres)
    case .offPath:
      return deviation > configuration.lateralLimit.value
        ? Reading(deviation, .above, configuration.lateralLimit.value, .metres)
        : Reading(
          path.headingError.magnitude.value, .above, configuration.headingLimit.value, .radians)
    case .overSpeed:
      let limit = observation.speedCap.value + configuration.speedExcess.value
      return Reading(feedback.highestSpeed, .above, limit, .metresPerSecond)
    case .trailerArticulation:
      let error = feedback[.articulationAngle] - observation.articulation.value
      return Reading(
        error.magnitude, .above, configuration.articulationLimit.value, .radians,
        .articulationAngle)
    case .airPressureLow:
      return Reading(
        feedback[.serviceAirPressure], .below, configuration.airPressureLow.value, .pascals,
        .serviceAirPressure)
    case .airPressureFalling:
      return Reading(
        air.pressure(after: Self.airForesight), .below, configuration.airPressureLow.value,
        .pascals, .serviceAirPressure)
    case .gnssLost: return observation.positionLoss
    case .steeringLawsDisagree: return observation.steeringDoubt
    case .busDown: return downBus(observation, table)
    // Read elsewhere.
    case .brakeNotObeyed, .brakeWeak, .steeringNotObeyed, .steeringRunaway, .steeringLockedOut,
      .engineNotObeyed, .engineTakenOver, .parkingBrakeNotObeyed, .parkingBrakeInMotion,
      .sourceAddressUsed, .sourceAddressTaken, .independentBrakeTripped, .emergencyStopPressed,
      .driverBrake, .driverAccelerator, .driverSteering, .driverParkingBrake, .driverGear,
      .driverKey, .remoteStop, .emergencyBraking, .protectiveFieldStale, .attendantUnknown,
      .protectiveFieldViolated, .attendantReleased, .radarSilent:
      return Reading()
    }
  }

  private func obedienceReading(
    _ check: HealthCheck, _ observation: @_addressable HealthObservation,
    _ feedback: @_addressable Feedback, _ configuration: @_addressable SafeStopConfiguration
  ) -> Reading {
    let command = observation.command
    switch check {
    case .brakeNotObeyed:
      let refuses = feedback[.externalBrakeState] == 2 || feedback[.externalBrakeMode] == 0
      let accepted = refuses ? 0 : feedback[.externalBrakeLimit].magnitude
      return Reading(
        accepted, .below, 0.5 * command.brakeDeceleration.value, .metresPerSecondSquared,
        refuses ? .externalBrakeState : .externalBrakeLimit)
    case .brakeWeak: return response.brakeReading(configuration.brakeShortfall)
    case .steeringNotObeyed:
      return Reading(
        response.curvatureError.magnitude, .above, configuration.steeringMismatch.value, .perMetre)
    case .steeringRunaway:
      return Reading(
        response.displacement.magnitude, .above, configuration.runawayDisplacement.value, .metres)
    case .steeringLockedOut:
      return feedback.isSet(.steeringLockout)
        ? Reading(feedback[.steeringLockout], .differs, 0, .state, .steeringLockout)
        : Reading(feedback[.steeringReadiness], .differs, 1, .state, .steeringReadiness)
    case .engineNotObeyed:
      return Reading(feedback[.engineTorque], .above, 0.4, .fraction, .engineTorque)
    case .engineTakenOver:
      return Reading(
        feedback[.engineControllingSource], .differs, Double(configuration.ownAddress), .address,
        .engineControllingSource)
    case .parkingBrakeNotObeyed:
      let tractor = feedback[.tractorParkingBrake]
      let isTractor = !tractor.isNaN && (tractor > 0.5) != command.tractorParkingBrake
      return isTractor
        ? Reading(
          tractor, .differs, command.tractorParkingBrake ? 1 : 0, .state, .tractorParkingBrake)
        : Reading(
          feedback[.trailerParkingBrake], .differs, command.trailerParkingBrake ? 1 : 0, .state,
          .trailerParkingBrake)
    case .parkingBrakeInMotion:
      return Reading(
        feedback.highestSpeed, .above, configuration.parkingSpeed.value, .metresPerSecond)
    case .sourceAddressUsed, .sourceAddressTaken: return foreignFrames(observation)
    // Read elsewhere.
    case .speedsDisagree, .signalFrozen, .speedImplausible, .rollBack, .offPathWarning, .offPath,
      .overSpeed, .trailerArticulation, .airPressureLow, .airPressureFalling, .gnssLost, .busDown,
      .steeringLawsDisagree,
      .independentBrakeTripped, .emergencyStopPressed, .driverBrake, .driverAccelerator,
      .driverSteering, .driverParkingBrake, .driverGear, .driverKey, .remoteStop,
      .emergencyBraking, .protectiveFieldStale, .attendantUnknown, .protectiveFieldViolated,
      .attendantReleased, .radarSilent:
      return Reading()
    }
  }

  private func personReading(
    _ check: HealthCheck, _ feedback: @_addressable Feedback,
    _ configuration: @_addressable SafeStopConfiguration, _ vehicle: @_addressable VehicleParameters
  ) -> Reading {
    switch check {
    case .independentBrakeTripped:
      return Reading(
        feedback[.independentBrakeTripped], .differs, 0, .state, .independentBrakeTripped)
    case .emergencyStopPressed:
      let line = feedback[.emergencyStopLine]
      return !line.isNaN && line != 0
        ? Reading(line, .differs, 0, .state, .emergencyStopLine)
        : Reading(
          feedback[.emergencyStopLineInverse], .differs, 1, .state, .emergencyStopLineInverse)
    case .driverBrake:
      return feedback[.brakeSwitch] == 1
        ? Reading(1, .differs, 0, .state, .brakeSwitch)
        : Reading(
          feedback[.brakePedal], .above, configuration.pedalPressed.value, .fraction, .brakePedal)
    case .driverAccelerator:
      return Reading(
        feedback[.acceleratorPedal], .above, configuration.pedalPressed.value, .fraction,
        .acceleratorPedal)
    case .driverSteering: return driver.steeringReading(feedback, vehicle, configuration)
    case .driverParkingBrake:
      return Reading(feedback[.parkingBrakeSwitch], .differs, 0, .state, .parkingBrakeSwitch)
    case .driverGear: return Reading(feedback[.selectedGear], .below, 1, .state, .selectedGear)
    case .driverKey:
      let key = feedback[.autonomyKey]
      return Reading(key, key.isNaN ? .unknown : .differs, 1, .state, .autonomyKey)
    case .remoteStop: return Reading(feedback[.remoteStop], .differs, 0, .state, .remoteStop)
    case .emergencyBraking:
      return Reading(feedback[.emergencyBrakingState], .above, 5, .state, .emergencyBrakingState)
    // Read elsewhere.
    case .speedsDisagree, .signalFrozen, .speedImplausible, .rollBack, .offPathWarning, .offPath,
      .overSpeed, .trailerArticulation, .airPressureLow, .airPressureFalling, .gnssLost, .busDown,
      .steeringLawsDisagree,
      .brakeNotObeyed, .brakeWeak, .steeringNotObeyed, .steeringRunaway, .steeringLockedOut,
      .engineNotObeyed, .engineTakenOver, .parkingBrakeNotObeyed, .parkingBrakeInMotion,
      .sourceAddressUsed, .sourceAddressTaken, .protectiveFieldStale, .attendantUnknown,
      .protectiveFieldViolated, .attendantReleased, .radarSilent:
      return Reading()
    }
  }
}

// MARK: - Where it was read

extension HealthMonitor {
  /// The age of the message that carries a signal, or that it tells no value.
  private func silence(
    of channel: SignalChannel, _ now: Instant, _ decoder: borrowing @_addressable FrameDecoder,
    _ table: borrowing @_addressable FrameTable
  ) -> Reading {
    let rows = table.receive.span
    let fields = table.fields.span
    for i in 0..<min(table.receiveCount, FrameTable.receiveCapacity) {
      let end = min(rows[i].firstField + rows[i].fieldCount, FrameTable.fieldCapacity)
      for j in min(rows[i].firstField, end)..<end where fields[j].channel == channel {
        let validAt = decoder.rows[i].validAt
        guard validAt != .never, now - validAt > rows[i].freshness else { break }
        return Reading(
          (now - validAt).seconds, .above, rows[i].freshness.seconds, .seconds, channel)
      }
    }
    return Reading(.nan, .unknown, 1, .state, channel)
  }

  private func downBus(
    _ observation: @_addressable HealthObservation, _ table: borrowing @_addressable FrameTable
  ) -> Reading {
    var reading = Reading(0, .differs, 1, .state)
    let rows = table.receive.span
    for i in 0..<min(table.receiveCount, FrameTable.receiveCapacity) {
      let bus = observation.buses[Int(rows[i].bus & 3)]
      guard !bus.isUp || bus.controller == .busOff else { continue }
      reading.bus = rows[i].bus & 3
      return reading
    }
    return reading
  }

  private func foreignFrames(_ observation: @_addressable HealthObservation) -> Reading {
    var reading = Reading(0, .above, 0, .frames)
    for i in 0..<Inputs.busCapacity {
      let count = Double(observation.buses[i].echo.foreign)
      guard count > reading.value else { continue }
      reading.value = count
      reading.bus = UInt8(truncatingIfNeeded: i)
    }
    return reading
  }

  /// The loss of a received message: how old what it told is, and how old it may be.
  func lossReading(
    _ index: Int, _ row: ReceiveRow, _ state: FrameDecoder.RowState, at now: Instant
  ) -> Reading {
    var reading = Reading(
      (now - state.validAt).seconds, .above, row.freshness.seconds, .seconds)
    reading.bus = row.bus
    // It arrives, and does not tell what is needed.
    if now - state.validAt <= row.freshness {
      reading.value = knownAt(index) == .never ? .nan : (now - knownAt(index)).seconds
      if reading.value.isNaN { reading.relation = .unknown }
    } else if state.validAt == .never {
      (reading.value, reading.relation) = (.nan, .unknown)
    }
    return reading
  }
}
