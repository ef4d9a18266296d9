import CAN
import ReproducibleMath
import Signals
import Units

/// The simulated truck: dynamics, controllers and sensors in 1 ms steps.
///
/// Everything it does follows from its parameters, its seed, the frames it received and the fault
/// commands; it knows no clock. Hand it frames with `receive`, advance it with `step`, and take what
/// it sent from `sent` and `fixes`.
package struct Truck: Sendable {
  package internal(set) var dynamics: TruckDynamics
  package internal(set) var settings: TruckSettings
  /// Milliseconds since the start.
  package private(set) var now: Int64 = 0
  /// Frames sent in the last step, in order.
  package private(set) var sent: [CANFrame] = []
  /// Fixes that the GNSS receiver delivered in the last step.
  package private(set) var fixes: [GNSSFix] = []
  /// UTC minus the truck's own time, ns; a host that runs in real time keeps it up to date.
  package var utcOffset: Int64

  var controls: ElectronicControlUnits
  var sensors: Sensors
  var receiver: GNSSReceiver
  var messageFaults = InlineArray<18, MessageFault>(repeating: .none)
  /// Other traffic; without any the bus is taken as fast enough for everybody.
  var bus = BusLoad()
  var isEmergencyStopPressed = false
  var air = AirSupply()
  var road = Road()
  var site = Site()
  package internal(set) var protectiveField = ProtectiveField()
  var eventLog = EventLog()
  var protection = ProtectionState()
  var shownEngineSource: UInt8?
  var cab = Cab()
  var driver: RouteDriver?
  /// Where the driver's hands hold the road wheels, rad.
  var handAngle: Double?
  /// Road-wheel angle that a runaway drives to, whatever is commanded.
  var runawayAngle: Double?
  var isSteeringStuck = false
  var stuckParkingBrakes: (tractor: Bool, trailer: Bool)?
  var pendingCommands: [ScheduledCommand] = []
  let steeringRatio: Double
  private let original: TruckSettings

  let parameters: VehicleParameters
  let track: RouteTrack
  private let plane: TangentPlane
  private var payloads = InlineArray<18, Payload>(repeating: .notAvailable)
  private var nextDue = InlineArray<18, Int64>(repeating: 0)
  private var earliestDue: Int64 = 0
  private let wire: TruckWire
  /// By the number of the message; nil where this truck does not send it.
  private let formats: [StatusFormat?]
  private(set) var counters = InlineArray<18, UInt64>(repeating: 0)
  private var nextEpoch: Int64
  private(set) var rearPlace = RouteTrack.Place()
  private var trailerPlace = RouteTrack.Place()
  private(set) var frontPlace = RouteTrack.Place()
  private var watch = MotionWatch()

  package init(
    parameters: VehicleParameters, settings: TruckSettings = TruckSettings(), seed: UInt64,
    start: TruckStart, route: [RoutePiece] = []
  ) {
    self.parameters = parameters
    self.settings = settings
    original = settings
    dynamics = TruckDynamics(parameters: parameters, settings: settings, start: start)
    steeringRatio = parameters.steeringRatio
    var seeds = RandomSource(seed: seed)
    sensors = Sensors(seed: seeds.next(), dynamics: dynamics)
    receiver = GNSSReceiver(seed: seeds.next(), settings: settings)
    plane = TangentPlane(
      latitude: settings.originLatitude, longitude: settings.originLongitude,
      height: settings.originHeight)
    track = RouteTrack(route)
    utcOffset = settings.utcAtStart
    nextEpoch = max(settings.gnssPeriodMilliseconds, 1)
    wire = settings.wire
    formats = StatusMessage.allCases.map { settings.wire.format($0) }
    controls = ElectronicControlUnits(
      wire: settings.wire, wheelbase: parameters.wheelbase.value)
    controls.body = BodyController(moving: start.speed != 0)
    bus.bitsPerMillisecond = settings.wire == .j1939 ? 250 : 500
    sent.reserveCapacity(64)
    fixes.reserveCapacity(8)
    for message in StatusMessage.allCases {
      nextDue[Int(message.rawValue)] =
        formats[Int(message.rawValue)].map { message.phase(of: $0) + 1 } ?? .max
    }
    rearPlace = track.nearest(east: start.east, north: start.north)
    frontPlace = rearPlace
    trailerPlace = rearPlace
    locate()
  }

  /// A frame of the bus arrives at every controller.
  package mutating func receive(_ frame: CANFrame) {
    if bus.isActive { bus.offer(frame, isOurs: false) } else { controls.receive(frame, at: now) }
  }

  /// Advances by whole milliseconds; `sent` and `fixes` are of this call alone.
  package mutating func step(milliseconds: Int = 10) {
    sent.removeAll(keepingCapacity: true)
    fixes.removeAll(keepingCapacity: true)
    for _ in 0..<max(milliseconds, 0) { advance() }
  }

  private mutating func advance() {
    now += 1
    runScheduledCommands()
    controls.advance(to: now, speed: dynamics.speed)
    dynamics.airShare = air.tractorShare
    dynamics.trailerAirShare = air.trailerShare
    dynamics.step(demand)
    air.breathe(dynamics, step: TruckDynamics.stepSeconds)
    watch.look(dynamics, at: now, into: &eventLog)
    sensors.remember(dynamics)
    if now % 10 == 0 {
      locate()
      meetOthers()
      driveByHand()
    }
    sendStatus()
    carryTraffic()
    measurePosition()
  }

  private var demand: ActuatorDemand {
    let body = controls.body
    var demand = ActuatorDemand()
    if isSteeringStuck {
      demand.roadWheelAngle = dynamics.roadWheelAngle
    } else if let runawayAngle {
      demand.roadWheelAngle = runawayAngle
    } else if controls.steering.isEngaged {
      demand.roadWheelAngle = controls.steering.roadWheelAngle
    } else {
      demand.roadWheelAngle = driver?.roadWheelAngle ?? handAngle
    }
    demand.driveTorque = max(controls.driveTorque, cab.accelerator)
    demand.retarderTorque = controls.retarderTorque
    demand.brakeDeceleration = max(
      controls.brakeDemand, cab.brakePedal * dynamics.vehicle.brakeLimit)
    if body.independent.isTripped {
      demand.brakeDeceleration = max(demand.brakeDeceleration, IndependentBrakePath.deceleration)
    }
    demand.tractorParkingBrake = isTractorBraked
    demand.trailerParkingBrake = isTrailerBraked
    demand.inDrive = isInDrive
    return demand
  }

  private mutating func locate() {
    rearPlace = track.place(east: dynamics.east, north: dynamics.north, near: rearPlace.hint)
    let trailer = dynamics.trailerAxle
    trailerPlace = track.place(
      east: trailer.east, north: trailer.north, near: trailerPlace.hint)
    let front = dynamics.point(ahead: parameters.rearAxleToFrontBumper.value, left: 0)
    frontPlace = track.place(east: front.east, north: front.north, near: frontPlace.hint)
    let frontAxle =
      frontPlace.station - parameters.rearAxleToFrontBumper.value + parameters.wheelbase.value
    dynamics.stand(
      on: road, front: frontAxle, drive: rearPlace.station, trailer: trailerPlace.station,
      mapGrade: rearPlace.grade)
  }

  private mutating func meetOthers() {
    guard !site.bodies.isEmpty || protectiveField.isFitted else { return }
    site.advance(
      seconds: 0.01, truck: dynamics.footprints(parameters), at: now, into: &eventLog)
    guard now % ProtectiveField.period == 0 else { return }
    let bumper = parameters.rearAxleToFrontBumper.value
    let watched = Footprint(
      east: dynamics.east, north: dynamics.north, heading: dynamics.heading, rear: bumper,
      front: bumper + protectiveField.range, halfWidth: protectiveField.width / 2)
    protectiveField.look(site, from: watched, at: now)
  }

  /// Where a path coordinate and a distance to the left of the path lie.
  func position(station: Double, left: Double) -> (east: Double, north: Double, heading: Double) {
    track.position(station: station, left: left)
  }
}

// What faults change.
extension Truck {
  mutating func setSteeringBias(_ angle: Double) { dynamics.steeringBias = angle }
  mutating func setFriction(_ coefficient: Double) { dynamics.friction = coefficient }
  mutating func setBrake(_ share: Double) { dynamics.brakeEffectiveness = share }

  /// As new, apart from what the truck has become meanwhile.
  mutating func clearFaults() {
    for index in messageFaults.indices { messageFaults[index] = .none }
    controls.silenced = NodeSet()
    controls.steering.isLockedOut = false
    bus.clear()
    isEmergencyStopPressed = false
    cab = Cab()
    driver = nil
    handAngle = nil
    protection = ProtectionState()
    shownEngineSource = nil
    air.leak = 0
    air.trailerLeak = 0
    road = Road()
    protectiveField.isStale = false
    protectiveField.isForced = false
    sensors.axleFaults = InlineArray(repeating: .none)
    dynamics.mendBrakes()
    runawayAngle = nil
    isSteeringStuck = false
    stuckParkingBrakes = nil
    controls.refusesBrakeDemand = false
    controls.runawayTorque = nil
    settings.sensors.wheelSpeedCutOut = original.sensors.wheelSpeedCutOut
    settings.sensors.speedCutOut = original.sensors.speedCutOut
    settings.sensors.yawRateBias = original.sensors.yawRateBias
    dynamics.steeringBias = original.steeringBias
    dynamics.friction = original.friction
    dynamics.brakeEffectiveness = original.brakeEffectiveness
    receiver.isOn = true
    receiver.quality = 4
    receiver.isFrozen = false
    receiver.jumpEast = 0
    receiver.jumpNorth = 0
  }
}

// What the controllers show and the messages tell.
extension Truck {
  var airPressure: Double { air.pressure }
  var isTractorBraked: Bool {
    stuckParkingBrakes?.tractor
      ?? (controls.body.tractorParkingBrake || controls.body.independent.setsSprings
        || air.setsTractorSprings || cab.parkingLeverIsPulled)
  }
  var isTrailerBraked: Bool {
    stuckParkingBrakes?.trailer
      ?? (controls.body.trailerParkingBrake || controls.body.independent.setsSprings
        || air.setsTrailerSprings || cab.parkingLeverIsPulled)
  }
  var isInDrive: Bool {
    controls.body.driveSelected && !cab.gearLeverIsInNeutral && !isSilenced(.transmission)
  }
  var areBrakeLampsLit: Bool {
    controls.body.brakeLamps || (controls.body.independent.isTripped && dynamics.speed != 0)
  }
  var driveShare: Double {
    dynamics.driveAcceleration * dynamics.vehicle.mass / max(dynamics.vehicle.driveForce, 1)
  }
  /// One gear for each 3 m/s, at most twelve.
  var currentGear: Int {
    guard isInDrive else { return 0 }
    return min(Int(min(dynamics.speed.magnitude, 100) / 3) + 1, 12)
  }
  /// rpm: between idle at the bottom of a gear and 1,500 at its top.
  var engineSpeed: Double {
    guard isInDrive, dynamics.speed != 0 else { return 600 + 200 * driveShare }
    let top = 3 * Double(currentGear)
    return 700 + 800 * min(dynamics.speed.magnitude / top, 1.2)
  }

  func isFaulty(_ message: StatusMessage, _ fault: MessageFault) -> Bool {
    messageFaults[Int(message.rawValue)] == fault
  }

  func isSilenced(_ node: ControlNode) -> Bool { controls.silenced.contains(node) }
}

// The bus.
extension Truck {
  private mutating func sendStatus() {
    guard now >= earliestDue else { return }
    earliestDue = .max
    for message in StatusMessage.allCases {
      let index = Int(message.rawValue)
      guard let format = formats[index] else { continue }
      let isDue = now >= nextDue[index]
      if isDue { nextDue[index] += format.period }
      earliestDue = min(earliestDue, nextDue[index])
      guard isDue, !isSilenced(format.node) else { continue }
      send(message, format)
    }
  }

  private mutating func send(_ message: StatusMessage, _ format: StatusFormat) {
    let index = Int(message.rawValue)
    let fault = messageFaults[index]
    guard fault != .off else { return }
    if fault != .frozen {
      payloads[index] = payload(of: message)
      counters[index] = (counters[index] + 1) % max(format.proof.counterModulus, 1)
      format.proof.seal(
        &payloads[index], counter: counters[index], identifier: format.identifier)
    }
    var payload = payloads[index]
    if fault == .corrupt { payload.word ^= 1 << UInt64(now / 10 % 56) }
    var frame = payload.frame(format.identifier)
    frame.isExtended = format.isExtended
    frame.isFD = format.isFD
    frame.bitRateSwitch = format.isFD
    if bus.isActive { bus.offer(frame, isOurs: true) } else { sent.append(frame) }
  }

  private mutating func payload(of message: StatusMessage) -> Payload {
    switch wire {
    case .j1939: j1939Payload(of: message)
    case .yardTractor: yardPayload(of: message)
    case .borderCarrier: carrierPayload(of: message)
    }
  }

  /// What wins arbitration in this millisecond.
  private mutating func carryTraffic() {
    guard bus.isActive else { return }
    var heard: [CANFrame] = []
    bus.carry(sent: &sent) { heard.append($0) }
    for frame in heard { controls.receive(frame, at: now) }
  }

  private mutating func measurePosition() {
    if now >= nextEpoch {
      nextEpoch += max(settings.gnssPeriodMilliseconds, 1)
      let antenna = dynamics.point(
        ahead: parameters.antennaForward.value, left: parameters.antennaLeft.value)
      var fix = GNSSFix()
      fix.validAt = now
      fix.validAtUTC = utcOffset + now * 1_000_000
      fix.east = antenna.east
      fix.north = antenna.north
      // Doppler is the antenna's own.
      let along = dynamics.speed - parameters.antennaLeft.value * dynamics.yawRate
      let across = dynamics.lateralSpeed + parameters.antennaForward.value * dynamics.yawRate
      fix.speed = (along * along + across * across).squareRoot()
      fix.course =
        dynamics.speed == 0 ? dynamics.heading : dynamics.heading + arctangent(y: across, x: along)
      fix.heading = dynamics.heading + parameters.antennaHeadingOffset.value
      receiver.measure(
        fix, latency: parameters.gnssLatency.nanoseconds / 1_000_000, settings: settings,
        plane: plane)
    }
    receiver.deliver(at: now, into: &fixes)
  }
}

extension Truck {
  /// The truth of now.
  package var record: TruckRecord { @_addressableSelf get { described() } }

  @_addressableSelf private func described() -> TruckRecord {
    var record = TruckRecord()
    record.time = Double(now) / 1000
    record.monotonic = record.time
    record.east = dynamics.east
    record.north = dynamics.north
    record.heading = dynamics.heading
    record.speed = dynamics.speed
    record.acceleration = dynamics.acceleration
    record.roadWheelAngle = dynamics.roadWheelAngle
    record.trailerHeading = dynamics.trailerHeading
    record.frontStation = frontPlace.station
    record.rearAxleStation = rearPlace.station
    record.lateral = rearPlace.lateral
    record.trailerLateral = trailerPlace.lateral
    record.brakeDemand = controls.brakeDemand
    record.brakeDeceleration = dynamics.brakeDeceleration
    record.torque = driveShare
    record.tractorParkingBrake = isTractorBraked
    record.trailerParkingBrake = isTrailerBraked
    record.hazardLamps = controls.body.hazardLamps
    record.brakeLamps = areBrakeLampsLit
    record.horn = controls.body.horn
    record.inDrive = isInDrive
    record.independentTripped = controls.body.independent.isTripped
    record.emergencyStop = isEmergencyStopPressed
    record.motion = dynamics.motionRecord
    record.trailerAirPressure = air.trailerPressure
    record.personContacts = eventLog.count(.personContact)
    record.vehicleContacts = eventLog.count(.vehicleContact)
    record.fieldViolated = protectiveField.isViolated
    record.eventCount = eventLog.total
    record.lastEvent = eventLog.events.last
    record.airPressure = airPressure
    record.ages = controls.ages(at: now)
    record.rejects = controls.rejects
    return record
  }

  /// What happened, in order.
  package var events: [TruckEvent] { eventLog.events }
  package func count(_ kind: TruckEventKind) -> Int64 { eventLog.count(kind) }

  /// Longest time between two accepted frames of each commander, ms.
  package var longestGaps: CommandAges { controls.longestGaps }
}
