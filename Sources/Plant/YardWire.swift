import ReproducibleMath

/// The messages of a yard tractor with a maker's own drive-by-wire gateway: 11-bit identifiers, eight
/// bytes, numbers in Motorola order one behind the other.
///
/// Byte 1 is a CRC-8 over the identifier and the other bytes, the high half of byte 2 a counter from
/// 0 to 14. Torque, brake and steering are released without commands; gear, parking brakes, lamps
/// and horn stay as they are.
enum YardWire {
  /// What stands behind checksum and counter begins here.
  private static var start: Int { 12 }

  static func layout(_ message: CommandMessage) -> CommandLayout {
    var layout = CommandLayout()
    layout.isExtended = false
    layout.mask = 0x7FF
    switch message {
    case .engine: layout.identifier = 0x110
    case .brake: layout.identifier = 0x111
    case .steering:
      layout.identifier = 0x112
      layout.timeout = 150
    case .gear:
      layout.identifier = 0x113
      layout.timeout = 250
    case .body: layout.identifier = 0x114
    case .retarder, .motion: return .absent
    }
    layout.proof = .yard(identifier: UInt16(layout.identifier))
    return layout
  }

  /// Two bits: 1 off, 2 on; anything else is nothing to act on.
  private static func isOn(_ code: Int) -> Bool? { code == 1 ? false : code == 2 ? true : nil }

  static func request(_ message: CommandMessage, _ payload: Payload) -> CommandRequest? {
    var reader = BigEndianReader(payload, fromBit: start)
    switch message {
    case .engine, .brake:
      guard let isOn = isOn(reader.take(bits: 2)), reader.take(bits: 2) == 0 else { return nil }
      let raw = reader.take(bits: 12)
      if message == .brake {
        guard raw <= 2_000 else { return nil }
        return CommandRequest(brakeDeceleration: isOn ? Double(raw) / 200 : 0)
      }
      guard raw <= 2_000 else { return nil }
      return CommandRequest(driveTorque: isOn ? Double(raw) / 2_000 : 0)
    case .steering:
      guard let isOn = isOn(reader.take(bits: 2)), reader.take(bits: 2) == 0 else { return nil }
      let hundredths = reader.takeSigned(bits: 16)
      guard abs(hundredths) <= 4_000 else { return nil }
      // The gateway counts angles to the right.
      let angle = -Double(hundredths) / 100 * pi / 180
      return CommandRequest(
        steering: SteeringRequest(target: .roadWheelAngle(angle), intends: isOn))
    case .gear:
      let code = reader.take(bits: 4)
      guard code == 3 || code == 4 else { return nil }
      return CommandRequest(driveSelected: code == 4)
    case .body: return chassis(&reader)
    case .retarder, .motion: return nil
    }
  }

  private static func chassis(_ reader: inout BigEndianReader) -> CommandRequest? {
    var request = CommandRequest()
    guard let tractor = isOn(reader.take(bits: 2)), let trailer = isOn(reader.take(bits: 2)),
      let hazard = isOn(reader.take(bits: 2)), let brake = isOn(reader.take(bits: 2)),
      let horn = isOn(reader.take(bits: 2))
    else { return nil }
    request.tractorParkingBrake = tractor
    request.trailerParkingBrake = trailer
    request.hazardLamps = hazard
    request.brakeLamps = brake
    request.horn = horn
    _ = reader.take(bits: 1)
    request.enable = reader.take(bits: 1) == 1
    return request
  }

  static func format(_ message: StatusMessage) -> StatusFormat? {
    switch message {
    case .wheelSpeed: status(0x201, 10, .brakes)
    case .dynamics: status(0x202, 20, .brakes)
    case .steering: status(0x203, 10, .steering)
    case .brakes5: status(0x204, 20, .brakes)
    case .engine1: status(0x205, 20, .engine)
    case .transmission1: status(0x206, 50, .transmission)
    case .vehicleSpeed: status(0x207, 20, .transmission)
    case .body: status(0x208, 20, .body)
    case .weight: status(0x209, 500, .body)
    case .vehicleIdentity: status(0x20A, 100, .body)
    case .brakeIdentity: status(0x20B, 100, .brakes)
    case .brakes1, .brakes2, .engine2, .transmission2, .protection, .emergencyBraking,
      .forwardVehicle:
      nil
    }
  }

  private static func status(
    _ identifier: UInt32, _ period: Int64, _ node: ControlNode
  ) -> StatusFormat {
    StatusFormat(
      identifier: identifier, isExtended: false, period: period, node: node,
      proof: .yard(identifier: UInt16(identifier)))
  }

  static func writer() -> BigEndianWriter {
    BigEndianWriter(payload: Payload(length: 8), fromBit: start)
  }
}

// The payloads of the yard tractor.
extension Truck {
  mutating func yardPayload(of message: StatusMessage) -> Payload {
    var writer = YardWire.writer()
    switch message {
    case .wheelSpeed:
      let wheels = sensors.wheelSpeeds(settings.sensors)
      for i in 0..<4 {
        writer.put(isFaulty(.wheelSpeed, .zero) ? 0 : wheels[i] * 3.6, step: 0.02, bits: 13)
      }
    case .dynamics: putMotion(&writer)
    case .steering: putSteering(&writer)
    case .brakes5: putBrakes(&writer)
    case .engine1: putEngine(&writer)
    case .transmission1: putTransmission(&writer)
    case .vehicleSpeed: putSpeeds(&writer)
    case .body: putChassis(&writer)
    case .weight:
      writer.put(0, bits: 4)
      let scale = settings.sensors.massScale
      writer.put(dynamics.vehicle.mass * scale, step: 10, bits: 16)
      writer.put(settings.tractorMass * scale, step: 10, bits: 16)
    case .vehicleIdentity: putText(settings.vehicleNumber, message, &writer)
    case .brakeIdentity: putText(settings.brakePart, message, &writer)
    case .brakes1, .brakes2, .engine2, .transmission2,
      .protection, .emergencyBraking, .forwardVehicle:
      break
    }
    return writer.payload
  }

  /// Six characters a frame behind the number of the part, zeros behind the end; the counter goes on
  /// from part to part.
  private func putText(
    _ text: String, _ message: StatusMessage, _ writer: inout BigEndianWriter
  ) {
    let bytes = Array(text.utf8)
    let part = Int(counters[Int(message.rawValue)]) % (bytes.count / 6 + 1)
    writer.put(part, bits: 4)
    for index in 6 * part..<6 * part + 6 {
      writer.put(bytes.indices.contains(index) ? Int(bytes[index]) : 0, bits: 8)
    }
  }

  private mutating func putMotion(_ writer: inout BigEndianWriter) {
    let motion = sensors.sample(delay: 10)
    let errors = settings.sensors
    let yaw = motion.yawRate + errors.yawRateBias + sensors.noise(errors.yawRateNoise)
    let lateral =
      motion.lateralAcceleration + errors.lateralAccelerationBias
      + sensors.noise(errors.accelerationNoise)
    // An accelerometer along the truck also feels the slope.
    let along =
      motion.acceleration + 9.81 * dynamics.grade + errors.longitudinalAccelerationBias
      + sensors.noise(errors.accelerationNoise)
    writer.put(0, bits: 4)
    writer.put(yaw * 180 / pi, step: 0.01, bits: 16, signed: true)
    writer.put(lateral, step: 0.001, bits: 16, signed: true)
    writer.put(along, step: 0.001, bits: 16, signed: true)
  }

  /// 1 ready, 2 steers, 3 a driver's hands, 4 fault; the reason why it let go.
  private mutating func putSteering(_ writer: inout BigEndianWriter) {
    let steering = controls.steering
    let errors = settings.sensors
    let offset =
      (errors.steeringWheelOffset + sensors.noise(errors.steeringWheelNoise)) / steeringRatio
    let angle = sensors.sample(delay: 10).roadWheelAngle + offset
    let state = steering.isLockedOut ? 3 : !steering.isReady ? 4 : steering.isEngaged ? 2 : 1
    writer.put(state, bits: 4)
    writer.put(-angle * 180 / pi, step: 0.01, bits: 16, signed: true)
    writer.put(Int(steering.exitReason.rawValue), bits: 4)
  }

  /// 1 ready, 2 executes a demand, 3 takes none.
  private func putBrakes(_ writer: inout BigEndianWriter) {
    writer.put(controls.refusesBrakeDemand ? 3 : controls.brakeDemand > 0 ? 2 : 1, bits: 4)
    writer.put(controls.brakeDemand, step: 0.005, bits: 12)
    writer.put(dynamics.vehicle.brakeLimit * dynamics.airShare, step: 0.005, bits: 12)
    writer.put(cab.brakePedal * 100, step: 0.5, bits: 8)
    writer.put(cab.brakePedal > 0 ? 2 : 1, bits: 2)
    writer.put(dynamics.isAntiLockActing ? 2 : 1, bits: 2)
    writer.put(dynamics.speed == 0 && dynamics.brakeDeceleration > 0.05 ? 2 : 1, bits: 2)
  }

  /// Who is in control: 1 the pedal, 2 the autonomy computer.
  private func putEngine(_ writer: inout BigEndianWriter) {
    writer.put(controls.isLive(.engine) && !isSilenced(.engine) ? 2 : 1, bits: 4)
    writer.put(max(driveShare, 0) * 100, step: 0.05, bits: 12)
    writer.put(engineSpeed, step: 0.25, bits: 14)
    writer.put(cab.accelerator * 100, step: 0.5, bits: 8)
  }

  private mutating func putTransmission(_ writer: inout BigEndianWriter) {
    writer.put(controls.body.driveSelected ? max(currentGear, 1) : 0, bits: 5)
    writer.put(currentGear, bits: 5)
    writer.put(isInDrive ? 2 : 1, bits: 2)
    let wheelRate = sensors.sample(delay: 10).driveline.magnitude / settings.wheelRadius
    writer.put(wheelRate * settings.finalDriveRatio * 30 / pi, step: 0.1, bits: 16)
  }

  private mutating func putSpeeds(_ writer: inout BigEndianWriter) {
    let speed = sensors.sample(delay: 20).driveline
    let errors = settings.sensors
    let vehicle = isFaulty(.vehicleSpeed, .zero) ? 0 : speed * errors.vehicleSpeedScale
    let front = isFaulty(.brakes2, .zero) ? 0 : sensors.frontAxleSpeed(errors)
    writer.put(speed > 0 ? 1 : speed < 0 ? 2 : 0, bits: 2)
    writer.put(0, bits: 2)
    writer.put(vehicle.magnitude * 3.6, step: 0.01, bits: 16)
    writer.put(front * 3.6, step: 0.01, bits: 16)
  }

  private func putChassis(_ writer: inout BigEndianWriter) {
    let flags = [
      isTractorBraked, isTrailerBraked, controls.body.hazardLamps, areBrakeLampsLit,
      controls.body.horn, controls.body.independent.isTripped, isEmergencyStopPressed,
    ]
    for flag in flags { writer.put(flag ? 2 : 1, bits: 2) }
    writer.put(0, bits: 2)
    writer.put(airPressure / 100_000, step: 0.1, bits: 8)
  }
}
