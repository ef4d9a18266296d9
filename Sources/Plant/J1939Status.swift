import ReproducibleMath

// The payloads of the J1939 truck.
extension Truck {
  mutating func j1939Payload(of message: StatusMessage) -> Payload {
    switch message {
    case .wheelSpeed: wheelSpeeds()
    case .vehicleSpeed: vehicleSpeed()
    case .brakes1: brakes1()
    case .brakes2: brakes2()
    case .brakes5: brakes5()
    case .engine1: engine1()
    case .engine2: engine2()
    case .transmission1: transmission1()
    case .transmission2: transmission2()
    case .dynamics: vehicleDynamics()
    case .weight: weight()
    case .steering: machineInformation()
    case .body: bodyStatus()
    case .protection: protectionStatus()
    case .emergencyBraking: emergencyBraking()
    case .forwardVehicle: forwardVehicle()
    case .vehicleIdentity, .brakeIdentity: .notAvailable
    }
  }

  private mutating func wheelSpeeds() -> Payload {
    var payload = Payload.notAvailable
    let wheels = sensors.wheelSpeeds(settings.sensors)
    for i in 0..<4 {
      let speed = isFaulty(.wheelSpeed, .zero) ? 0 : wheels[i]
      payload.set(16 * i, 16, speed * 3.6, scale: 1.0 / 256, offset: 0)
    }
    return payload
  }

  private mutating func vehicleSpeed() -> Payload {
    var payload = Payload.notAvailable
    let speed =
      seen(sensors.sample(delay: 30).driveline) * settings.sensors.vehicleSpeedScale
    let shown = isFaulty(.vehicleSpeed, .zero) ? 0 : speed
    let isParked = controls.body.tractorParkingBrake || cab.parkingLeverIsPulled
    payload.set(2, 2, isParked ? 1 : 0)
    payload.set(8, 16, shown * 3.6, scale: 1.0 / 256, offset: 0)
    payload.set(24, 2, 0)
    payload.set(28, 2, cab.brakePedal > 0 ? 1 : 0)
    return payload
  }

  /// Unsigned, and zero below where every sensor of turning parts is blind.
  private func seen(_ speed: Double) -> Double {
    speed.magnitude > settings.sensors.speedCutOut ? speed.magnitude : 0
  }

  private func brakes1() -> Payload {
    var payload = Payload.notAvailable
    payload.set(0, 2, 0)
    payload.set(2, 2, 0)
    payload.set(4, 2, dynamics.isAntiLockActing ? 1 : 0)
    payload.set(6, 2, 0)
    payload.set(8, 8, cab.brakePedal * 100, scale: 0.4, offset: 0)
    payload.set(40, 2, dynamics.hasWorkingAntiLock ? 1 : 0)
    payload.set(42, 2, settings.brakeEffectiveness < 0.5 ? 1 : 0)
    payload.set(44, 2, 0)
    payload.set(48, 8, controls.isLive(.brakes) ? UInt64(J1939Wire.commander) : 0x0B)
    payload.set(62, 2, dynamics.brakes.trailerAntiLockWorks ? 0 : 1)
    return payload
  }

  private mutating func brakes2() -> Payload {
    var payload = Payload.notAvailable
    let pace = sensors.frontAxleSpeed(settings.sensors)
    let speed = pace > settings.sensors.speedCutOut ? pace : 0
    let shown = isFaulty(.brakes2, .zero) ? 0 : speed
    payload.set(0, 16, shown * 3.6, scale: 1.0 / 256, offset: 0)
    for i in 0..<6 { payload.set(16 + 8 * i, 8, 0, scale: 1.0 / 16, offset: -7.8125) }
    return payload
  }

  private func brakes5() -> Payload {
    var payload = Payload.notAvailable
    // The halt brake is active while the service brake holds the truck.
    payload.set(2, 3, dynamics.speed == 0 && dynamics.brakeDeceleration > 0.05 ? 1 : 0)
    payload.set(5, 3, 0)
    payload.set(8, 2, dynamics.brakeDeceleration > 0.05 ? 1 : 0)
    // Any external demand is accepted; 3 = "maximum mode" is being executed, 0 = none.
    payload.set(10, 2, controls.refusesBrakeDemand ? 2 : 0)
    payload.set(12, 4, controls.brakeDemand > 0 ? 3 : 0)
    let limit = dynamics.vehicle.brakeLimit * dynamics.airShare
    if !isFaulty(.brakes5, .partial) {
      payload.set(16, 8, -limit, scale: 0.1, offset: -12.5)
    }
    return payload
  }

  private func engine1() -> Payload {
    var payload = Payload.notAvailable
    let obeys = controls.isLive(.engine) && !isSilenced(.engine)
    // 0 low idle governor, 11 remote accelerator.
    payload.set(0, 4, obeys ? 11 : 0)
    payload.set(8, 8, controls.driveTorque * 100, scale: 1, offset: -125)
    payload.set(16, 8, driveShare * 100, scale: 1, offset: -125)
    payload.set(24, 16, engineSpeed, scale: 0.125, offset: 0)
    let source = obeys ? J1939Wire.commander : 0x00
    payload.set(40, 8, UInt64(shownEngineSource ?? source))
    payload.set(56, 8, controls.driveTorque * 100, scale: 1, offset: -125)
    return payload
  }

  private func engine2() -> Payload {
    var payload = Payload.notAvailable
    payload.set(0, 2, 1)
    payload.set(2, 2, 0)
    payload.set(8, 8, cab.accelerator * 100, scale: 0.4, offset: 0)
    payload.set(16, 8, driveShare * 100, scale: 1, offset: 0)
    return payload
  }

  private mutating func transmission1() -> Payload {
    var payload = Payload.notAvailable
    payload.set(0, 2, isInDrive ? 1 : 0)
    payload.set(2, 2, isInDrive ? 1 : 0)
    payload.set(4, 2, 0)
    let pace = isFaulty(.transmission1, .zero) ? 0 : seen(sensors.sample(delay: 10).driveline)
    let wheelRate = pace / settings.wheelRadius
    let shaft = wheelRate * settings.finalDriveRatio * 30 / pi
    payload.set(8, 16, shaft, scale: 0.125, offset: 0)
    payload.set(40, 16, engineSpeed, scale: 0.125, offset: 0)
    return payload
  }

  private func transmission2() -> Payload {
    var payload = Payload.notAvailable
    let gear = Double(currentGear)
    let isDrive = controls.body.driveSelected && !cab.gearLeverIsInNeutral
    payload.set(0, 8, isDrive ? max(gear, 1) : 0, scale: 1, offset: -125)
    payload.set(24, 8, gear, scale: 1, offset: -125)
    return payload
  }

  private mutating func vehicleDynamics() -> Payload {
    var payload = Payload.notAvailable
    let motion = sensors.sample(delay: 10)
    let errors = settings.sensors
    let wheel = motion.roadWheelAngle * steeringRatio + errors.steeringWheelOffset
    payload.set(
      0, 16, wheel + sensors.noise(errors.steeringWheelNoise), scale: 1.0 / 1024, offset: -31.374)
    let yawRate = motion.yawRate + errors.yawRateBias + sensors.noise(errors.yawRateNoise)
    if !isFaulty(.dynamics, .partial) {
      payload.set(24, 16, yawRate, scale: 1.0 / 8192, offset: -3.92)
    }
    payload.set(
      40, 16,
      motion.lateralAcceleration + errors.lateralAccelerationBias
        + sensors.noise(errors.accelerationNoise), scale: 1.0 / 2048, offset: -15.687)
    // An accelerometer along the truck also feels the slope.
    payload.set(
      56, 8,
      motion.acceleration + 9.81 * dynamics.grade + errors.longitudinalAccelerationBias
        + sensors.noise(errors.accelerationNoise), scale: 0.1, offset: -12.5)
    return payload
  }

  private func weight() -> Payload {
    var payload = Payload.notAvailable
    payload.set(0, 16, settings.tractorMass * settings.sensors.massScale, scale: 10, offset: 0)
    payload.set(16, 16, dynamics.vehicle.mass * settings.sensors.massScale, scale: 10, offset: 0)
    return payload
  }

  private mutating func machineInformation() -> Payload {
    var payload = Payload.notAvailable
    let steering = controls.steering
    let angle = sensors.sample(delay: 10).roadWheelAngle
    let curvature = tangent(angle) / dynamics.vehicle.wheelbase
    // Positive to the driver's right, as in the command.
    payload.set(0, 16, -curvature * 1000, scale: 0.25, offset: -8032)
    payload.set(16, 2, steering.isLockedOut ? 1 : 0)
    payload.set(18, 2, steering.isReady ? 1 : 0)
    payload.set(20, 2, steering.isEngaged ? 1 : 0)
    payload.set(22, 2, steering.isReady ? 0 : 1)
    payload.set(29, 3, 0)
    payload.set(32, 6, steering.exitReason.rawValue)
    payload.set(38, 2, 1)
    return payload
  }

  private func bodyStatus() -> Payload {
    var payload = Payload.notAvailable
    payload.set(0, 2, isTractorBraked ? 1 : 0)
    payload.set(2, 2, isTrailerBraked ? 1 : 0)
    payload.set(4, 2, controls.body.hazardLamps ? 1 : 0)
    payload.set(6, 2, areBrakeLampsLit ? 1 : 0)
    payload.set(8, 2, controls.body.horn ? 1 : 0)
    payload.set(10, 2, isInDrive ? 1 : 0)
    payload.set(12, 2, controls.body.independent.isTripped ? 1 : 0)
    let wires = protection.emergencyStopWires(isPressed: isEmergencyStopPressed)
    payload.set(14, 2, wires.line)
    payload.set(16, 8, airPressure / 1000, scale: 8, offset: 0)
    payload.set(24, 2, wires.inverse)
    payload.set(26, 2, cab.keyIsOn ? 1 : 0)
    payload.set(32, 8, cab.steeringTorque, scale: 0.1, offset: -12.5)
    return payload
  }

  private func protectionStatus() -> Payload {
    var payload = Payload.notAvailable
    let isViolated = protection.fieldIsViolated || protectiveField.isViolated
    payload.set(0, 2, isViolated ? 0 : 1)
    payload.set(2, 2, isViolated ? 1 : 0)
    payload.set(4, 2, protection.attendantEnables ? 1 : 0)
    payload.set(6, 2, protection.remoteStopIsPressed ? 1 : 0)
    payload.set(8, 8, protection.fieldRange, scale: 0.2, offset: 0)
    return payload
  }

  /// ACC1: whole km/h and m, as the message has them; not available without a target.
  private func forwardVehicle() -> Payload {
    var payload = Payload.notAvailable
    let target = vehicleAhead
    payload.set(48, 2, target == nil ? 0 : 1)
    guard let target else { return payload }
    if !isFaulty(.forwardVehicle, .partial) {
      payload.set(0, 8, max(target.speed, 0) * 3.6, scale: 1, offset: 0)
    }
    payload.set(8, 8, target.distance, scale: 1, offset: 0)
    return payload
  }

  /// AEBS1: system state, no warning, no object.
  private func emergencyBraking() -> Payload {
    var payload = Payload.notAvailable
    payload.set(0, 4, UInt64(protection.emergencyBrakingState))
    payload.set(4, 4, 0)
    return payload
  }
}
