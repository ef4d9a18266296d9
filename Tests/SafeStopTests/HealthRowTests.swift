import SafeStop
import Signals
import Testing
import Units

/// What is sound, and what breaks one row of the health table; called again every 10 ms.
private struct Trial {
  var signals: [SignalChannel: Double] = [:]
  var prepare: (inout HealthObservation) -> Void = { _ in }
  let breaks: (inout RuleBench, Int) -> Void
}

/// A row without a trial does not compile.
private func trial(of check: HealthCheck) -> Trial {
  switch check {
  case .speedsDisagree, .signalFrozen, .speedImplausible, .rollBack, .offPathWarning, .offPath,
    .overSpeed, .busDown, .airPressureLow, .airPressureFalling, .gnssLost, .trailerArticulation,
    .steeringLawsDisagree, .radarSilent:
    return motionTrial(of: check)
  case .brakeNotObeyed, .brakeWeak, .steeringNotObeyed, .steeringRunaway, .steeringLockedOut,
    .engineNotObeyed, .engineTakenOver, .parkingBrakeNotObeyed, .parkingBrakeInMotion,
    .sourceAddressUsed, .sourceAddressTaken:
    return obedienceTrial(of: check)
  case .independentBrakeTripped, .emergencyStopPressed, .driverBrake, .driverAccelerator,
    .protectiveFieldStale, .protectiveFieldViolated, .attendantUnknown, .attendantReleased,
    .remoteStop, .emergencyBraking, .driverSteering, .driverParkingBrake, .driverGear, .driverKey:
    return personTrial(of: check)
  }
}

/// One signal of a sound truck that becomes another.
private func signal(
  _ channel: SignalChannel, _ sound: Double, becomes broken: Double,
  prepare: @escaping (inout HealthObservation) -> Void = { _ in }
) -> Trial {
  Trial(signals: [channel: sound], prepare: prepare) { bench, _ in bench.signals[channel] = broken }
}

private func observation(_ change: @escaping (inout HealthObservation) -> Void) -> Trial {
  Trial { bench, _ in change(&bench.observation) }
}

private func motionTrial(of check: HealthCheck) -> Trial {
  switch check {
  case .speedsDisagree: return signal(.vehicleSpeed, 5, becomes: 8)
  case .signalFrozen:
    return Trial { bench, _ in bench.signals.merge([.vehicleSpeed: 4, .frontAxleSpeed: 4]) { $1 } }
  case .speedImplausible: return observation { $0.implausibleSpeed = MetresPerSecond(3) }
  case .rollBack: return observation { $0.movedAtStandstill = Metres(0.16) }
  case .offPathWarning:
    return observation { ($0.path.isOnRoute, $0.path.lateralDeviation) = (true, Metres(-0.6)) }
  case .offPath:
    return observation { ($0.path.isOnRoute, $0.path.headingError) = (true, Radians(-0.2)) }
  case .overSpeed: return observation { $0.speedCap = MetresPerSecond(3.9) }
  case .busDown: return observation { $0.buses[0].controller = .busOff }
  case .airPressureLow: return signal(.serviceAirPressure, 800_000, becomes: 490_000)
  case .airPressureFalling:
    return Trial(signals: [.serviceAirPressure: 900_000]) { bench, cycle in
      bench.signals[.serviceAirPressure] = 900_000 - 600 * Double(min(cycle, 600))
    }
  case .gnssLost:
    return observation {
      ($0.positionIsUsable, $0.positionLoss) = (false, Reading(1.2, .above, 1, .metres))
    }
  case .steeringLawsDisagree:
    return observation { $0.steeringDoubt = Reading(0.2, .above, 0.15, .radians) }
  case .trailerArticulation:
    return signal(.articulationAngle, 0.1, becomes: 0.3) { $0.articulation = Radians(0.1) }
  case .radarSilent:
    return Trial(
      signals: [.forwardVehicleDetected: 1, .forwardVehicleDistance: 30, .forwardVehicleSpeed: 2]
    ) { bench, _ in bench.signals[.forwardVehicleSpeed] = .nan }
  default: return Trial { _, _ in Issue.record("\(check) is no row of motion") }
  }
}

private func obedienceTrial(of check: HealthCheck) -> Trial {
  switch check {
  case .brakeNotObeyed:
    return signal(.externalBrakeState, 0, becomes: 2) {
      $0.command.brakeDeceleration = MetresPerSecondSquared(0.6)
    }
  case .brakeWeak:
    return observation { $0.command.brakeDeceleration = MetresPerSecondSquared(2) }
  case .steeringNotObeyed: return signal(.steeringWheelAngle, 0, becomes: 1.6)
  case .steeringRunaway: return signal(.steeringWheelAngle, 0, becomes: 4)
  case .steeringLockedOut: return signal(.steeringLockout, 0, becomes: 1)
  case .engineNotObeyed: return signal(.engineTorque, 0, becomes: 0.5)
  case .engineTakenOver:
    return signal(.engineControllingSource, 0x27, becomes: 3) {
      $0.command.driveTorque = Fraction(0.5)
    }
  case .parkingBrakeNotObeyed:
    return Trial(signals: [.tractorParkingBrake: 0]) { bench, _ in
      bench.observation.command.tractorParkingBrake = true
    }
  case .parkingBrakeInMotion: return signal(.tractorParkingBrake, 0, becomes: 1)
  case .sourceAddressUsed: return observation { $0.buses[1].echo.foreign += 1 }
  case .sourceAddressTaken:
    return Trial(prepare: { $0.isEngaged = false }) { bench, _ in
      bench.observation.buses[1].echo.foreign += 1
    }
  default: return Trial { _, _ in Issue.record("\(check) is no row of obedience") }
  }
}

private func personTrial(of check: HealthCheck) -> Trial {
  let sound: [SignalChannel: Double] = [
    .protectiveFieldClear: 1, .protectiveFieldInverse: 0, .protectiveFieldRange: 12,
  ]
  func field(_ channel: SignalChannel, becomes broken: Double) -> Trial {
    Trial(signals: sound, prepare: { $0.needsProtectiveField = true }) { bench, _ in
      bench.signals[channel] = broken
    }
  }
  switch check {
  case .independentBrakeTripped: return signal(.independentBrakeTripped, 0, becomes: 1)
  case .emergencyStopPressed: return signal(.emergencyStopLineInverse, 1, becomes: 0)
  case .driverBrake: return signal(.brakePedal, 0, becomes: 0.1)
  case .driverAccelerator: return signal(.acceleratorPedal, 0, becomes: 0.1)
  case .driverSteering: return signal(.steeringWheelTorque, 0, becomes: -4)
  case .driverParkingBrake: return signal(.parkingBrakeSwitch, 0, becomes: 1)
  case .driverGear: return signal(.selectedGear, 1, becomes: 0) { $0.command.gear = .drive }
  case .driverKey: return signal(.autonomyKey, 1, becomes: .nan)
  case .remoteStop: return signal(.remoteStop, 0, becomes: 1)
  case .emergencyBraking: return signal(.emergencyBrakingState, 1, becomes: 6)
  case .protectiveFieldStale: return field(.protectiveFieldRange, becomes: .nan)
  case .protectiveFieldViolated: return field(.protectiveFieldInverse, becomes: 1)
  case .attendantUnknown:
    return signal(.attendantEnable, 1, becomes: .nan) { $0.needsAttendant = true }
  case .attendantReleased:
    return signal(.attendantEnable, 1, becomes: 0) { $0.needsAttendant = true }
  default: return Trial { _, _ in Issue.record("\(check) is no row of persons") }
  }
}

/// Every row of the health table from the inputs that break it to those that heal it.
@Suite struct HealthRows {
  @Test("a row beyond the last one is none")
  func count() {
    #expect(HealthCheck(rawValue: UInt8(HealthCheck.count)) == nil)
  }

  @Test(
    "domain.md 2.4: each row is found with what was read, and is over when that is",
    arguments: 0..<UInt8(HealthCheck.count))
  func row(_ raw: UInt8) throws {
    let check = try #require(HealthCheck(rawValue: raw))
    let row = SafeStopConfiguration().health[check]
    let trial = trial(of: check)
    var bench = RuleBench(trial.signals)
    trial.prepare(&bench.observation)
    let (sound, observation) = (bench.signals, bench.observation)
    func cause() -> Cause? {
      let causes = bench.health.causes
      return (0..<causes.count).map { causes[$0] }.first { $0.source == .check && $0.index == raw }
    }
    #expect(bench.run { $0.demand.level > .nominal } == nil, "\(bench.verdict.demand)")
    #expect(bench.health.causes.count == 0)

    // Parking brakes have R-MRM-6's time.
    for cycle in 0..<600 where cause() == nil {
      trial.breaks(&bench, cycle)
      bench.cycle()
    }
    let found = try #require(cause(), "\(check) is not found")
    #expect(found.level == row.level && found.reason == row.reason && found.goneAt == .never)
    #expect(found.foundAt - found.since >= row.debounce)
    #expect(found.reading.isCrossed && found.reading.unit != .none, "\(found.reading)")
    #expect(bench.verdict.faults.contains(row.reason))

    bench.signals = sound
    let foreign = bench.observation.buses[1].echo
    bench.observation = observation
    // Frames that came are not taken back.
    bench.observation.buses[1].echo = foreign
    for _ in 0..<600 where bench.verdict.presentLevel > .nominal { bench.cycle() }
    #expect(bench.verdict.presentLevel == .nominal, "\(check) is not over")
    #expect((cause()?.goneAt ?? .never) > found.foundAt, "\(check) is not over")
    bench.health.acknowledge()
    #expect(bench.run { $0.demand == StopDemand() } != nil, "\(bench.verdict.demand)")
  }
}
