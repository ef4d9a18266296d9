import ReproducibleMath
import SafeStop
import Signals
import Units
import WireCodec

/// Works out what the arming table judges and needs memory for: which bus is which, whether the
/// guardian's heart beats, what the profile binds.
struct ArmingWatch: Sendable, Visitable {
  private let hasActuators: Bool
  private let hasBrakePath: Bool
  private let busUse: InlineArray<4, Bool>
  private var recognition = BusRecognition()
  private var heartbeat: UInt64 = 0
  private var beatAt = Instant.never

  init(_ configuration: borrowing @_addressable ControllerConfiguration) {
    let binding = Binding(configuration.frames)
    hasActuators = binding.isComplete(hasTrailer: configuration.vehicle.hasTrailer)
    hasBrakePath = binding.sends(.dynamicEnable)
    var busUse = InlineArray<4, Bool>(repeating: false)
    for i in 0..<configuration.frames.receiveCount {
      busUse[Int(configuration.frames.receive[i].bus & 3)] = true
    }
    self.busUse = busUse
  }

  /// What was learnt; the rest is the configuration's.
  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("recognition", &recognition)
    visitor.visit("heartbeat", &heartbeat)
    visitor.visit("beatAt", &beatAt)
  }

  /// Follows what changes; buses are told apart only while nothing is driven, for it takes time.
  private mutating func step(
    _ inputs: borrowing @_addressable Inputs, table: borrowing @_addressable FrameTable,
    isDriven: Bool
  ) {
    if inputs.guardian.heartbeat != heartbeat {
      heartbeat = inputs.guardian.heartbeat
      beatAt = inputs.now
    }
    guard !isDriven else { return }
    recognition.step(inputs.frames, buses: inputs.buses, table: table, at: inputs.now)
  }

  /// Which arming checks fail, by the one table (S-23).
  mutating func judge(
    _ inputs: borrowing @_addressable Inputs, _ cycle: inout Cycle, mode: Mode, isStandstill: Bool,
    configuration: borrowing @_addressable ControllerConfiguration
  ) {
    step(inputs, table: configuration.frames, isDriven: mode == .autonomous || mode == .stopping)
    var facts = facts(inputs, cycle.feedback, configuration)
    facts.inputsAreReady = cycle.health.inputsAreReady
    facts.inputsReason = cycle.health.notReady
    facts.isStandstill = isStandstill
    if cycle.demand.level >= .comfortStop { facts.stopReason = cycle.demand.reason }
    facts.trailer = cycle.trailer
    facts.brakesAreSound = !cycle.brakesEndTrip
    facts.headingIsObserved = cycle.state.headingObserved
    facts.addressIsOurs = inputs.guardian.address.allows(mode)
    facts.positionIsTrusted = cycle.state.trust == .trusted
    let tolerance = configuration.startTolerance
    facts.isOnRoute =
      cycle.path.isOnRoute && cycle.path.lateralDeviation.magnitude <= tolerance
    (cycle.arming.refused, cycle.readiness) = facts.judge()
    cycle.arming.busPlaces = places(at: inputs.now)
  }

  @_addressableSelf private func places(at now: Instant) -> (BusPlace, BusPlace, BusPlace, BusPlace)
  {
    (
      place(ofBus: 0, at: now), place(ofBus: 1, at: now), place(ofBus: 2, at: now),
      place(ofBus: 3, at: now)
    )
  }

  @_addressableSelf private func place(ofBus index: Int, at now: Instant) -> BusPlace {
    busUse[index] ? recognition.place(ofBus: index, at: now) : .unknown
  }

  /// The facts that come from here and from the controllers' feedback.
  @_addressableSelf private func facts(
    _ inputs: borrowing @_addressable Inputs, _ feedback: @_addressable Feedback,
    _ configuration: borrowing @_addressable ControllerConfiguration
  ) -> ArmingFacts {
    var facts = ArmingFacts()
    let heartbeatLimit = configuration.safeStop.times.guardianHeartbeat
    let lowestPressure = configuration.safeStop.airPressureLow.value
    let now = inputs.now
    facts.records = inputs.records
    facts.profileObstacles = configuration.profileObstacles
    facts.hasActuators = hasActuators
    facts.hasBrakePath = hasBrakePath
    facts.busesAreRecognised = true
    for i in 0..<Inputs.busCapacity where busUse[i] {
      if place(ofBus: i, at: now) != .own { facts.busesAreRecognised = false }
    }
    facts.guardianIsAlive =
      heartbeat != 0 && now - beatAt <= heartbeatLimit
    switch inputs.guardian.state {
    case .stopping, .held: facts.guardianStops = true
    case .starting, .idle, .relaying: facts.guardianStops = false
    }
    facts.parkingBrakesAreConfirmed = feedback.parkingBrakesAreConfirmed
    facts.hasAirPressure =
      !feedback.has(.serviceAirPressure)
      || feedback[.serviceAirPressure] >= lowestPressure
    facts.steeringIsSound = Self.steeringIsSound(
      feedback, configuration.vehicle, configuration.safeStop)
    facts.keyIsOn = !feedback.has(.autonomyKey) || feedback[.autonomyKey] == 1
    facts.driverIsAway = Self.driverIsAway(feedback, configuration.safeStop)
    return facts
  }

  /// Ready, not locked out, and where two sensors tell the angle, they tell the same.
  private static func steeringIsSound(
    _ feedback: @_addressable Feedback, _ vehicle: @_addressable VehicleParameters,
    _ settings: @_addressable SafeStopConfiguration
  ) -> Bool {
    if feedback.has(.steeringReadiness), feedback[.steeringReadiness] != 1 { return false }
    if feedback.has(.steeringLockout), feedback[.steeringLockout] != 0 { return false }
    let column =
      tangent(feedback[.steeringWheelAngle] / vehicle.steeringRatio) / vehicle.wheelbase.value
    let wheel = tangent(feedback[.roadWheelAngle]) / vehicle.wheelbase.value
    let reported = feedback[.steeringCurvature]
    let limit = settings.steeringMismatch.value
    // A sensor that the profile does not have compares false.
    return
      !((column - wheel).magnitude > limit || (column - reported).magnitude > limit
      || (wheel - reported).magnitude > limit)
  }

  /// A control that the profile has and that is not known counts as touched.
  private static func driverIsAway(
    _ feedback: @_addressable Feedback, _ settings: @_addressable SafeStopConfiguration
  ) -> Bool {
    guard feedback.isReleased(.acceleratorPedal, below: settings.pedalPressed.value),
      feedback.isReleased(.brakePedal, below: settings.pedalPressed.value),
      feedback.isReleased(.brakeSwitch, below: 0.5)
    else { return false }
    return feedback.isReleased(.steeringWheelTorque, below: settings.driverSteeringTorque)
  }
}

extension Feedback {
  @_addressableSelf
  fileprivate func isReleased(_ channel: SignalChannel, below limit: Double) -> Bool {
    guard has(channel) else { return true }
    return self[channel].magnitude <= limit
  }
}

/// Which signals and commands a frame table carries.
private struct Binding {
  private var received: InlineArray<128, Bool> = InlineArray(repeating: false)
  private var sent: InlineArray<128, Bool> = InlineArray(repeating: false)

  init(_ table: borrowing @_addressable FrameTable) {
    for i in 0..<min(table.fieldCount, FrameTable.fieldCapacity) {
      received[Int(table.fields[i].channel.rawValue & 127)] = true
    }
    for i in 0..<min(table.transmitFieldCount, FrameTable.transmitFieldCapacity) {
      sent[Int(table.transmitFields[i].channel.rawValue & 127)] = true
    }
  }

  @_addressableSelf func sends(_ channel: CommandChannel) -> Bool {
    sent[Int(channel.rawValue & 127)]
  }
  @_addressableSelf private func receives(_ channel: SignalChannel) -> Bool {
    received[Int(channel.rawValue & 127)]
  }

  /// S-2; the feedback is what the step itself judges obedience by.
  @_addressableSelf func isComplete(hasTrailer: Bool) -> Bool {
    let commands =
      sends(.brakeDeceleration) && sends(.tractorParkingBrake) && sends(.gear)
      && sends(.hazardLamps) && sends(.brakeLamps) && sends(.horn) && sends(.engineTorque)
      && (sends(.steeringCurvature) || sends(.roadWheelAngle))
    let feedback =
      receives(.tractorParkingBrake) && receives(.yawRate)
      && (receives(.steeringWheelAngle) || receives(.roadWheelAngle)
        || receives(.steeringCurvature))
      && (receives(.wheelSpeedFrontLeft) || receives(.wheelSpeedRearLeft))
    let trailer = !hasTrailer || (sends(.trailerParkingBrake) && receives(.trailerParkingBrake))
    return commands && feedback && trailer
  }
}
