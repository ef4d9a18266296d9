import ActuatorGate
import BorderZone
import CAN
import Control
import DriveConfiguration
import Plant
import SafeStop
import Signals
import Units
import WireCodec

/// The whole stack against the simulated truck in virtual time: the same step, guardian and
/// supervisor as on the truck, with the plant's own controllers behind the frames.
package final class ClosedLoop {
  package let configuration: DriveConfiguration
  /// What the truck really is; the stack is told `configuration.controller.vehicle`.
  package private(set) var truck: Truck
  package private(set) var outputs = Outputs()
  package private(set) var guardianOutput = GuardianOutput()
  package private(set) var monitor: DriveMonitor
  /// Of every output field of every cycle, in order: two equal drives hash alike.
  package private(set) var outputHash = FieldHash()
  /// Frames that the guardian sent, since start.
  package private(set) var framesSent = 0
  private var controller: Controller
  /// Cycles after which the state is saved for a recording; 0 saves none.
  package var keyframePeriod: UInt64 = 0
  /// The state before the cycle in hand; nil where none was due.
  package var keyframe: Keyframe? { keyframeCycle == outputs.cycle ? saved : nil }
  private var saved = Keyframe()
  private var keyframeCycle: UInt64?
  package var decodedHash: UInt64 { controller.decodedHash }
  /// Whether the daemon ran in the cycle in hand.
  package var hasDecided: Bool { outputs.cycle == inputs.cycle }
  private var guardian = GuardianCore()
  private let guardianConfiguration: GuardianConfiguration
  private var supervisor = SupervisorCore()
  private var slot = DaemonSlot()
  /// As the daemon saw them in the last cycle.
  package private(set) var inputs = Inputs()
  /// What the host would know of the truck; a bench unless told otherwise.
  package var records: TruckRecords {
    get { inputs.records }
    set { inputs.records = newValue }
  }
  /// The wall clock at the start of the drive, UTC nanoseconds since 1970; nil while none is trusted.
  package var startUTC: Int64? {
    didSet {
      inputs.utcOffset = Interval(nanoseconds: startUTC ?? 0)
      inputs.utcSigmaSeconds = startUTC == nil ? .nan : 0.001
      // The truck's receiver tells the same time.
      if let startUTC { truck.utcOffset = startUTC }
    }
  }
  private var facts: [Fact] = []
  private var authority: ScriptedAuthority
  private var framesSeen: UInt64 = 0
  private var daemonIsAlive = true
  private var daemonIsFrozen = false
  private var injected: [CANFrame] = []

  /// What earlier drives found of the brakes; read in the first cycle.
  package var rememberedBrakeShare: Fraction {
    get { inputs.records.brakeShare }
    set { inputs.records.brakeShare = newValue }
  }

  /// What the scripted operator says of the road, once the truck stands.
  package var surface = RoadSurface.unknown
  /// Of the truck that is simulated, the combination straight.
  private let length: Metres
  /// Whether the scripted operator arms the truck as soon as it is ready.
  package var armsByScript = true

  package static var period: Interval { .milliseconds(10) }

  package init(
    configuration: DriveConfiguration, settings: TruckSettings = TruckSettings(),
    truth: VehicleParameters? = nil, trailer: TrailerFacts = TrailerFacts(), start: TruckStart,
    seed: UInt64, releaseAfter dwell: Interval
  ) {
    self.configuration = configuration
    var settings = settings
    settings.originLatitude = configuration.controller.originLatitude.value
    settings.originLongitude = configuration.controller.originLongitude.value
    settings.originHeight = configuration.controller.originHeight.value
    settings.wire = TruckWire(of: configuration.controller.frames)
    // Unless a test says otherwise the truck pulls what its papers say.
    let parameters =
      truth
      ?? configuration.controller.vehicle.pulling(
        trailer, within: configuration.controller.trailer)
    truck = Truck(
      parameters: parameters, settings: settings, seed: seed, start: start,
      route: configuration.route)
    if trailer.antiLock == .faulty { truck.apply(.antiLock(isTractor: false, works: false)) }
    length = parameters.totalLength
    inputs.trailer = trailer
    controller = Controller(configuration: configuration.controller)
    guardianConfiguration = configuration.controller.guardian
    slot.configurationHash = guardianConfiguration.fieldHash
    slot.instance = 1
    inputs.records.isBench = true
    monitor = DriveMonitor(zones: configuration.controller.zones)
    authority = ScriptedAuthority(
      lineCount: configuration.controller.zones.lineCount, dwell: dwell)
  }

  /// Since the start.
  package var now: Instant { Instant(nanoseconds: truck.now * 1_000_000) }

  package func send(_ kind: FactKind, line: Int = 0) {
    var fact = Fact()
    fact.kind = kind
    fact.argument = UInt32(max(line, 0))
    facts.append(fact)
  }

  /// Tells the daemon of another trailer's papers; the truck pulls what it pulls.
  package func tell(_ trailer: TrailerFacts) { inputs.trailer = trailer }

  package func apply(_ fault: FaultCommand) { truck.apply(fault) }

  /// Puts a frame of somebody else on the bus, in the next cycle.
  package func inject(_ frame: CANFrame) { injected.append(frame) }

  /// The daemon's process is gone.
  package func killDaemon() { daemonIsAlive = false }

  /// The daemon stands still at an instruction, and may go on later.
  package func setDaemonFrozen(_ isFrozen: Bool) { daemonIsFrozen = isFrozen }

  /// Whether the mission is done: parked at the last hold line.
  package var isComplete: Bool {
    let last = configuration.controller.zones.lineCount - 1
    return outputs.holdLine == Int64(last) && outputs.mode == .autonomous
      && outputs.state.isStandstill && truck.record.tractorParkingBrake
      && (monitor.stops.last?.line ?? -1) == last
  }

  /// One cycle of 10 ms.
  package func step() {
    truck.step(milliseconds: 10)
    inputs.beginCycle(at: now)
    receive()
    if daemonIsAlive, !daemonIsFrozen { runDaemon() }
    runGuardian()
    monitor.observe(truth, outputs)
  }
}

extension ClosedLoop {
  private func receive() {
    for frame in injected { truck.receive(frame) }
    for frame in truck.sent + injected {
      framesSeen &+= 1
      let isOurs = configuration.controller.frames.isOurs(
        identifier: frame.identifier, isExtended: frame.isExtended, bus: 0)
      // What our guardian sends does not come back here, as its echo does not from the kernel.
      if isOurs { inputs.buses[0].echo.foreign &+= 1 }
      var received = ReceivedFrame()
      received.identifier = frame.identifier
      received.isExtended = frame.isExtended
      received.length = frame.length
      received.receivedAt = now
      received.words = frame.words
      inputs.frames.append(received)
    }
    injected.removeAll(keepingCapacity: true)
    inputs.buses[0].framesSeen = framesSeen
    for fix in truck.fixes { inputs.append(report(fix)) }
  }

  /// What the client makes of a fix that went through gpsd.
  private func report(_ fix: GNSSFix) -> GNSSReport {
    var report = GNSSReport()
    report.receivedAt = now
    report.validAtUTC = fix.validAtUTC
    report.mode = fix.quality == 0 ? 1 : 3
    report.status = fix.quality == 4 ? 3 : fix.quality == 5 ? 4 : fix.quality == 2 ? 2 : 0
    guard fix.quality > 0 else { return report }
    report.latitude = Degrees(fix.latitude)
    report.longitude = Degrees(fix.longitude)
    report.height = Metres(fix.height)
    report.speed = MetresPerSecond(fix.speed)
    report.track = compass(fix.course)
    report.heading = compass(fix.heading)
    report.sigma = configuration.gnss.sigma(status: report.status)
    return report
  }

  /// Clockwise from north, 0..<360 degrees, of an angle counter-clockwise from east.
  private func compass(_ angle: Double) -> Degrees {
    let degrees = (90 - angle * 180 / .pi).truncatingRemainder(dividingBy: 360)
    return Degrees(degrees < 0 ? degrees + 360 : degrees)
  }

  private func runDaemon() {
    let scripted = authority.facts(outputs, at: now).filter { armsByScript || $0.kind != .arm }
    var acknowledges: UInt64 = 0
    if outputs.surface != surface, surface != .dry || outputs.state.isStandstill {
      var fact = Fact()
      fact.kind = .surface
      fact.argument = UInt32(surface.rawValue)
      facts.append(fact)
    }
    for fact in scripted + facts {
      inputs.append(fact)
      if fact.kind == .acknowledge { acknowledges &+= 1 }
    }
    facts.removeAll()
    inputs.guardian = guardianOutput.report
    inputs.supervisorDemand = slot.supervisorDemand
    if keyframePeriod > 0, keyframeCycle == nil || inputs.cycle % keyframePeriod == 0 {
      controller.save(to: &saved)
      keyframeCycle = inputs.cycle
    }
    let route = configuration.route
    outputs = controller.step(inputs, route: route.span)
    outputs.visit(&outputHash)
    slot.mode = outputs.mode
    slot.count(acknowledges: acknowledges)
    superviseTwice()
    publish()
  }

  /// The supervisor runs at 200 Hz on the frames of its own socket.
  private func superviseTwice() {
    var observation = SupervisorObservation()
    observation.mode = outputs.mode
    observation.command = outputs.command
    observation.path = outputs.path
    observation.authority = outputs.authority
    observation.speedCap = outputs.speedCap
    observation.controlHeartbeat = outputs.cycle
    observation.needsProtectiveField = outputs.needsProtectiveField
    observation.needsAttendant = outputs.needsAttendant
    observation.comfortDeceleration = outputs.brakes.comfort
    observation.emergencyDeceleration = outputs.brakes.emergency
    observation.acknowledgeCount = slot.acknowledgeCount
    observation.guardianHeartbeat = guardianOutput.report.heartbeat
    observation.buses = inputs.buses
    observation.now = now
    let first = supervisor.step(
      observation, frames: inputs.frames, configuration: guardianConfiguration)
    observation.now = now + .milliseconds(5)
    let second = supervisor.step(
      observation, frames: FrameBatch(), configuration: guardianConfiguration)
    slot.supervisorHeartbeat = second.heartbeat
    slot.supervisorDemand = first.demand
    slot.supervisorDemand.raise(to: second.demand)
  }

  private func publish() {
    slot.sequence &+= 1
    slot.publishedAt = now
    slot.transmitAllowed = outputs.mode != .manual && outputs.mode != .shadow
    slot.command = outputs.command
    slot.plan = outputs.plan
    slot.distanceToLimit =
      outputs.path.isOnRoute
      ? outputs.authority.supervisedLimit - outputs.path.frontStation : Metres(.nan)
    slot.authorityRevision = outputs.authority.revision
    slot.controlHeartbeat = outputs.cycle
    slot.controlDemand = outputs.demand
    slot.faults = outputs.faults
  }

  private func runGuardian() {
    var circumstances = GuardianCircumstances()
    circumstances.now = now
    circumstances.daemonIsAlive = daemonIsAlive
    circumstances.configurationHash = slot.configurationHash
    circumstances.buses = inputs.buses
    guardianOutput = guardian.step(
      circumstances, frames: inputs.frames, slot: slot.sequence > 0 ? slot : nil,
      configuration: guardianConfiguration)
    for i in 0..<guardianOutput.frameCount + guardianOutput.networkFrameCount {
      let sent =
        i < guardianOutput.frameCount
        ? guardianOutput.frames[i] : guardianOutput.networkFrames[i - guardianOutput.frameCount]
      var frame = CANFrame(identifier: sent.identifier, isExtended: sent.isExtended)
      for byte in 0..<Int(sent.length) {
        frame.append(UInt8(truncatingIfNeeded: sent.words[byte >> 3] >> UInt64(8 * (byte & 7))))
      }
      frame.isFD = sent.isFD
      frame.bitRateSwitch = sent.bitRateSwitch
      truck.receive(frame)
      framesSent += 1
    }
  }

  /// The truth of this cycle.
  package var truth: TruthSample {
    let record = truck.record
    var truth = TruthSample()
    truth.time = record.time
    truth.east = Metres(record.east)
    truth.north = Metres(record.north)
    truth.heading = Radians(record.heading)
    truth.trailerHeading = Radians(record.trailerHeading)
    truth.frontStation = Metres(record.frontStation)
    truth.rearStation = Metres(record.frontStation) - length
    truth.speed = MetresPerSecond(record.speed)
    truth.lateral = Metres(record.lateral)
    truth.trailerLateral = Metres(record.trailerLateral)
    truth.acceleration = MetresPerSecondSquared(record.acceleration)
    truth.parksByCommand =
      guardianOutput.command.tractorParkingBrake || guardianOutput.command.trailerParkingBrake
    truth.anyParkingBrakeSet = record.tractorParkingBrake || record.trailerParkingBrake
    truth.parkingBrakesSet = record.tractorParkingBrake && record.trailerParkingBrake
    let rejects = record.rejects
    truth.refusedFrames =
      rejects.counter + rejects.checksum + rejects.length + rejects.source + rejects.content
    return truth
  }
}

extension TruckWire {
  /// The wire that a profile's commands are for.
  package init(of table: borrowing @_addressable FrameTable) {
    let rows = table.transmit.span
    self.init(
      commandedBy: (0..<table.transmitCount).map {
        CANFrame(identifier: rows[$0].identifier, isExtended: rows[$0].isExtended)
      })
  }
}
