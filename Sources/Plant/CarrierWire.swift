import ReproducibleMath

/// The messages of the low-floor carrier: FD frames with 29-bit identifiers that are no J1939 groups,
/// whole bytes in Intel order.
///
/// Bytes 1 and 2 are a CRC-16 over the message's number and everything behind it, byte 3 a counter
/// from 0 to 254. One message moves the truck; without it torque, braking and steering are released.
enum CarrierWire {
  static func layout(_ message: CommandMessage) -> CommandLayout {
    var layout = CommandLayout()
    layout.isFD = true
    switch message {
    case .motion:
      layout.identifier = 0x1A00_10A0
      layout.length = 32
      layout.proof = .carrier(identifier: 0x5A01)
    case .body:
      layout.identifier = 0x1A00_10A1
      layout.length = 16
      layout.proof = .carrier(identifier: 0x5A02)
    case .engine, .retarder, .brake, .steering, .gear: return .absent
    }
    return layout
  }

  static func request(_ message: CommandMessage, _ payload: Payload) -> CommandRequest? {
    switch message {
    case .motion: motion(payload)
    case .body: body(payload)
    case .engine, .retarder, .brake, .steering, .gear: nil
    }
  }

  private static func motion(_ payload: Payload) -> CommandRequest? {
    let driveMode = payload.byte(3) & 15
    let brakeMode = payload.byte(3) >> 4
    let torque = payload.signedNumber(at: 4, bytes: 2)
    let brake = payload.number(at: 6, bytes: 2)
    let front = payload.signedNumber(at: 8, bytes: 4)
    let rear = payload.signedNumber(at: 12, bytes: 4)
    let isSteering = payload.byte(16) >> 4
    let gear = payload.byte(17) & 15
    let regeneration = payload.number(at: 18, bytes: 2)
    let regenerates = payload.byte(20) & 15
    // All-wheel steering stays off: mode 1 is the front axle alone, with the rear one straight.
    guard driveMode == 0 || driveMode == 3, brakeMode == 1 || brakeMode == 2,
      (0...10_000).contains(torque), brake <= 12_000, abs(front) <= 700_000, rear == 0,
      payload.byte(16) & 15 == 1, isSteering <= 1, gear == 1 || gear == 2,
      regeneration <= 10_000, regenerates <= 1
    else { return nil }
    var request = CommandRequest()
    request.driveTorque = driveMode == 3 ? Double(torque) / 10_000 : 0
    request.retarderTorque = regenerates == 1 ? Double(regeneration) / 10_000 : 0
    request.brakeDeceleration = brakeMode == 2 ? Double(brake) / 1_000 : 0
    request.steering = SteeringRequest(
      target: .roadWheelAngle(Double(front) / 1_000_000), intends: isSteering == 1)
    request.driveSelected = gear == 2
    return request
  }

  /// Two bits: 0 off, 1 on; the rest is nothing to act on.
  private static func body(_ payload: Payload) -> CommandRequest? {
    let lamps = payload.byte(3)
    for place in [UInt8(0), 2, 4, 6] where lamps >> place & 2 != 0 { return nil }
    guard payload.byte(4) <= 1 else { return nil }
    var request = CommandRequest()
    request.tractorParkingBrake = lamps & 1 == 1
    // A rigid truck: one parking brake stands for all its axles.
    request.trailerParkingBrake = lamps & 1 == 1
    request.hazardLamps = lamps >> 2 & 1 == 1
    request.brakeLamps = lamps >> 4 & 1 == 1
    request.horn = lamps >> 6 & 1 == 1
    request.enable = payload.byte(4) == 1
    return request
  }

  static func format(_ message: StatusMessage) -> StatusFormat? {
    switch message {
    case .wheelSpeed: status(0x1A00_20C0, 10, .brakes, 0x5B01)
    case .steering: status(0x1A00_20C1, 10, .steering, 0x5B02)
    case .engine1: status(0x1A00_20C2, 20, .engine, 0x5B03)
    case .brakes2: status(0x1A00_20C3, 20, .brakes, 0x5B04)
    case .body: status(0x1A00_20C4, 20, .body, 0x5B05)
    case .weight: status(0x1A00_20C5, 500, .body, 0x5B06)
    case .vehicleIdentity: status(0x1A00_20C6, 500, .body, 0x5B07)
    case .brakeIdentity: status(0x1A00_20C7, 500, .brakes, 0x5B08)
    case .vehicleSpeed, .brakes1, .brakes5, .engine2, .transmission1, .transmission2, .dynamics,
      .protection, .emergencyBraking, .forwardVehicle:
      nil
    }
  }

  private static func status(
    _ identifier: UInt32, _ period: Int64, _ node: ControlNode, _ number: UInt16
  ) -> StatusFormat {
    StatusFormat(
      identifier: identifier, period: period, node: node, isFD: true,
      proof: .carrier(identifier: number))
  }
}

// The payloads of the carrier.
extension Truck {
  mutating func carrierPayload(of message: StatusMessage) -> Payload {
    switch message {
    case .wheelSpeed: return chassisStatus()
    case .steering: return steeringStatus()
    case .engine1: return driveStatus()
    case .brakes2:
      var payload = Payload(length: 12)
      let speed = sensors.frontAxleSpeed(settings.sensors)
      payload.put(isFaulty(.brakes2, .zero) ? 0 : speed, step: 0.001, at: 4, bytes: 2)
      return payload
    case .body: return carrierBodyStatus()
    case .weight:
      var payload = Payload(length: 12)
      payload.put(dynamics.vehicle.mass * settings.sensors.massScale, step: 1, at: 4, bytes: 4)
      return payload
    case .vehicleIdentity: return identity(settings.vehicleNumber)
    case .brakeIdentity: return identity(settings.brakePart)
    case .vehicleSpeed, .brakes1, .brakes5, .engine2, .transmission1, .transmission2, .dynamics,
      .protection, .emergencyBraking, .forwardVehicle:
      return Payload(length: 8)
    }
  }

  /// Up to twenty characters from byte 5 on, zeros behind them.
  private func identity(_ text: String) -> Payload {
    var payload = Payload(length: 24)
    for (index, byte) in text.utf8.prefix(20).enumerated() { payload.setByte(4 + index, byte) }
    return payload
  }

  private mutating func chassisStatus() -> Payload {
    var payload = Payload(length: 64)
    let wheels = sensors.wheelSpeeds(settings.sensors)
    for i in 0..<4 {
      let speed = isFaulty(.wheelSpeed, .zero) ? 0 : wheels[i]
      payload.put(speed, step: 0.001, at: 4 + 2 * i, bytes: 2)
    }
    let motion = sensors.sample(delay: 10)
    let errors = settings.sensors
    let yaw = motion.yawRate + errors.yawRateBias + sensors.noise(errors.yawRateNoise)
    payload.put(yaw, step: 0.000_001, at: 12, bytes: 4, signed: true)
    let lateral =
      motion.lateralAcceleration + errors.lateralAccelerationBias
      + sensors.noise(errors.accelerationNoise)
    payload.put(lateral, step: 0.001, at: 16, bytes: 2, signed: true)
    let along =
      motion.acceleration + 9.81 * dynamics.grade + errors.longitudinalAccelerationBias
      + sensors.noise(errors.accelerationNoise)
    payload.put(along, step: 0.001, at: 18, bytes: 2, signed: true)
    // Four axles carry the mass alike.
    for axle in 0..<4 {
      payload.put(dynamics.vehicle.mass / 4, step: 10, at: 20 + 2 * axle, bytes: 2)
    }
    let state = controls.refusesBrakeDemand ? 3 : controls.brakeDemand > 0 ? 2 : 1
    let isHeld = dynamics.speed == 0 && dynamics.brakeDeceleration > 0.05
    payload.put(controls.brakeDemand, step: 0.001, at: 40, bytes: 2)
    payload.put(dynamics.vehicle.brakeLimit * dynamics.airShare, step: 0.001, at: 42, bytes: 2)
    payload.setByte(44, UInt8(state) | (isHeld ? 0x10 : 0))
    payload.setByte(45, dynamics.isAntiLockActing ? 1 : 0)
    payload.put(airPressure / 1_000, step: 1, at: 46, bytes: 2)
    return payload
  }

  /// State 1 ready, 2 steers, 3 locked out, 4 fault; both axles.
  private mutating func steeringStatus() -> Payload {
    var payload = Payload(length: 16)
    let steering = controls.steering
    let errors = settings.sensors
    let offset =
      (errors.steeringWheelOffset + sensors.noise(errors.steeringWheelNoise)) / steeringRatio
    let state = steering.isLockedOut ? 3 : !steering.isReady ? 4 : steering.isEngaged ? 2 : 1
    payload.setByte(3, UInt8(state) | UInt8(steering.exitReason.rawValue) << 4)
    payload.put(
      sensors.sample(delay: 10).roadWheelAngle + offset, step: 0.000_001, at: 4, bytes: 4,
      signed: true)
    return payload
  }

  private mutating func driveStatus() -> Payload {
    var payload = Payload(length: 32)
    let obeys = controls.isLive(.engine) && !isSilenced(.engine)
    payload.setByte(3, obeys ? 2 : 0)
    payload.put(driveShare * 100, step: 0.01, at: 4, bytes: 2, signed: true)
    payload.put(engineSpeed, step: 1, at: 6, bytes: 2, signed: true)
    // 1 neutral, 2 drive.
    let selected: UInt8 = controls.body.driveSelected ? 2 : 1
    payload.setByte(8, selected | (isInDrive ? 0x20 : 0x10))
    payload.setByte(9, isInDrive ? 1 : 0)
    let speed = sensors.sample(delay: 20).driveline.magnitude * settings.sensors.vehicleSpeedScale
    payload.put(isFaulty(.vehicleSpeed, .zero) ? 0 : speed, step: 0.001, at: 10, bytes: 2)
    payload.put(controls.retarderTorque * 100, step: 0.01, at: 12, bytes: 2)
    return payload
  }

  private func carrierBodyStatus() -> Payload {
    var payload = Payload(length: 24)
    func flag(_ isSet: Bool, _ place: UInt8) -> UInt8 { isSet ? 1 << place : 0 }
    payload.setByte(
      3,
      flag(isTractorBraked, 0) | flag(controls.body.hazardLamps, 2) | flag(areBrakeLampsLit, 4)
        | flag(controls.body.horn, 6))
    payload.setByte(
      4, flag(controls.body.independent.isTripped, 0) | flag(isEmergencyStopPressed, 2))
    return payload
  }
}
