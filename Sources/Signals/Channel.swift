import Units

/// What the vehicle tells us: the canonical signals, in SI units and our signs.
///
/// A profile maps each to a message, a source address and a scale; the rest of the stack never sees
/// a bus format. Angles and curvatures are positive to the left, decelerations are positive.
@usableFromInline package enum SignalChannel: UInt8, Sendable {
  // Speeds, m/s, unsigned unless said.
  case wheelSpeedFrontLeft, wheelSpeedFrontRight, wheelSpeedRearLeft, wheelSpeedRearRight
  case vehicleSpeed, frontAxleSpeed, outputShaftSpeed
  // Body motion: rad/s, m/s2.
  case yawRate, lateralAcceleration, longitudinalAcceleration
  // Steering: rad at the steering wheel, rad at the road wheel, 1/m.
  case steeringWheelAngle, roadWheelAngle, steeringCurvature
  // 1 = ready / 1 = locked out / raw exit reason.
  case steeringReadiness, steeringLockout, steeringExitReason
  // Engine: rad/s, fraction of reference torque, source address, fraction.
  case engineSpeed, engineTorque, engineControllingSource, acceleratorPedal
  // Brakes: fraction, source address, 0 = any external demand is taken, 1 = urgent ones, 2 = none,
  // 0 = none is executed, m/s2, raw mode, 1 = pressed.
  case brakePedal, brakeControllingSource, externalBrakeState, externalBrakeMode
  case externalBrakeLimit, haltBrakeMode, brakeSwitch, absActive, retarderTorque
  // Driveline: gear number (-1 reverse, 0 neutral), 1 = engaged.
  case currentGear, selectedGear, drivelineEngaged
  // Body: 1 = applied or on.
  case tractorParkingBrake, trailerParkingBrake, parkingBrakeSwitch, hazardLamps, brakeLamps, horn
  // Pa, kg, rad.
  case serviceAirPressure, combinationMass, tractorMass, articulationAngle
  // 1 = pressed (or unknown) / 1 = tripped / 1 = field clear.
  case emergencyStopLine, independentBrakeTripped, protectiveFieldClear
  // The other wire of an antivalent pair: 1 = e-stop released / 1 = field violated; m.
  case emergencyStopLineInverse, protectiveFieldInverse, protectiveFieldRange
  // 1 = enabled / 1 = pressed (or unknown) / AEBS1's raw state / m (ACC1).
  case attendantEnable, remoteStop, emergencyBrakingState, forwardVehicleDistance
  // 1 = backwards / 1 = faulty.
  case travelDirection, trailerABSFaulty
  // N m of the driver's hands / 1 = key on for driverless operation (S-23).
  case steeringWheelTorque, autonomyKey
  // Of the vehicle ahead (ACC1): m/s / 1 = the radar sees one.
  case forwardVehicleSpeed, forwardVehicleDetected
  package static var count: Int { 58 }
}

/// What we tell the vehicle: the fields that transmit frames are filled from.
@usableFromInline package enum CommandChannel: UInt8, Sendable {
  // 1 = a demand is in force; a profile says which code of its bus that is.
  case engineControlMode, brakeControlMode, retarderControlMode
  // Fraction of reference torque, -1...1; m/s2, positive brakes; fraction 0...1.
  case engineTorque, brakeDeceleration, retarderTorque
  // 1/m; rad; 1 = intended to steer.
  case steeringCurvature, roadWheelAngle, steeringIntent
  // 0 neutral, 1 drive. Reverse is never commanded.
  case gear
  // 1 = apply or on.
  case tractorParkingBrake, trailerParkingBrake, hazardLamps, brakeLamps, horn
  /// Alternates 0 and 1 in every frame that carries it; the independent brake path trips when it
  /// stops changing (S-1).
  case dynamicEnable
  /// No command: a field whose limits leave one raw number.
  case constant
  package static var count: Int { 17 }
}

/// How the latest frame that should carry a signal left it.
@usableFromInline package enum SignalState: UInt8, Sendable {
  case neverReceived, valid, notAvailable, errorIndicated, badChecksum, frozenCounter, outOfRange
}

/// The last valid value of a signal and what became of it since.
@usableFromInline package struct SignalSample: Sendable, Visitable {
  /// The last valid value, in the unit of the channel.
  package var value = 0.0
  /// When the last valid value was received.
  package var validAt = Instant.never
  /// When the frame that carries it was last received, valid or not.
  package var receivedAt = Instant.never
  package var state = SignalState.neverReceived

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("value", &value)
    visitor.visit("validAt", &validAt)
    visitor.visit("receivedAt", &receivedAt)
    visitor.visit("state", &state)
  }

  /// The value when it was valid no longer than `freshness` ago and nothing later contradicts it.
  package func fresh(at now: Instant, within freshness: Interval) -> Double? {
    state == .valid && now - validAt <= freshness ? value : nil
  }
}

/// Every canonical signal as last decoded.
@usableFromInline package struct SignalStore: Sendable, Visitable {
  private var samples = InlineArray<64, SignalSample>(repeating: SignalSample())

  package init() {}

  @usableFromInline package subscript(_ channel: SignalChannel) -> SignalSample {
    @_addressableSelf get { samples[Int(channel.rawValue)] }
    set { samples[Int(channel.rawValue)] = newValue }
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("samples", &samples, count: SignalChannel.count)
  }
}
