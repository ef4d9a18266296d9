import SafeStop
import Signals
import Testing
import Units
import WireCodec

/// A truck of any signals, none of which ever goes stale, in front of the health rules alone.
struct RuleBench {
  var signals: [SignalChannel: Double]
  var observation = HealthObservation()
  var health = HealthMonitor()
  private var table = FrameTable()
  private var now = Instant(nanoseconds: 0)
  private(set) var verdict = HealthVerdict()

  /// Sound, at 5 m/s, straight on, held by nothing.
  init(_ extra: [SignalChannel: Double]) {
    signals = [
      .wheelSpeedFrontLeft: 5, .vehicleSpeed: 5, .frontAxleSpeed: 5, .steeringWheelAngle: 0,
    ]
    signals.merge(extra) { _, new in new }
    var row = ReceiveRow()
    row.identifier = 1
    row.period = .milliseconds(10)
    row.freshness = .milliseconds(100)
    for channel in signals.keys {
      table.fields[row.fieldCount].channel = channel
      row.fieldCount += 1
    }
    table.receive[0] = row
    table.receiveCount = 1
    table.fieldCount = row.fieldCount
    observation.isEngaged = true
    observation.command.steeringEngaged = true
  }

  /// Seconds until `isSeen`, at most two.
  mutating func run(until isSeen: (HealthVerdict) -> Bool = { _ in false }) -> Double? {
    for i in 0..<200 {
      cycle()
      if isSeen(verdict) { return Double(i) / 100 }
    }
    return nil
  }

  /// Ten milliseconds.
  mutating func cycle() {
    now = now + .milliseconds(10)
    observation.now = now
    var store = SignalStore()
    for (channel, value) in signals where !value.isNaN {
      var sample = SignalSample()
      (sample.value, sample.validAt, sample.state) = (value, now, .valid)
      store[channel] = sample
    }
    verdict = health.step(
      observation, feedback: Feedback(store, table: table, at: now), decoder: FrameDecoder(),
      table: table, configuration: SafeStopConfiguration(), vehicle: VehicleParameters())
  }
}

/// A rule: what is sound, what breaks it, and what must be told within which time.
private struct Rule: Sendable, CustomTestStringConvertible {
  let name: String
  let sound: [SignalChannel: Double]
  let broken: [SignalChannel: Double]
  let level: StopLevel
  let reason: Reason
  let seconds: Double
  let prepare: @Sendable (inout HealthObservation) -> Void
  var testDescription: String { name }

  init(
    _ name: String, _ sound: [SignalChannel: Double], _ broken: [SignalChannel: Double],
    _ level: StopLevel, _ reason: Reason, within seconds: Double = 0.21,
    prepare: @escaping @Sendable (inout HealthObservation) -> Void = { _ in }
  ) {
    self.name = name
    self.sound = sound
    self.broken = broken
    self.level = level
    self.reason = reason
    self.seconds = seconds
    self.prepare = prepare
  }

  static let brakes: [SignalChannel: Double] = [
    .externalBrakeState: 0, .externalBrakeMode: 3, .externalBrakeLimit: 5,
  ]
  static let parking: [SignalChannel: Double] = [
    .tractorParkingBrake: 0, .trailerParkingBrake: 0, .parkingBrakeSwitch: 0,
  ]
  static let field: [SignalChannel: Double] = [
    .protectiveFieldClear: 1, .protectiveFieldInverse: 0, .protectiveFieldRange: 12,
  ]
  static let lines: [SignalChannel: Double] = [
    .emergencyStopLine: 0, .emergencyStopLineInverse: 1,
  ]
  static let braking: @Sendable (inout HealthObservation) -> Void = {
    // Refused from 0.5 m/s2 on; from 0.7 the truck itself would have to slow.
    $0.command.brakeDeceleration = MetresPerSecondSquared(0.6)
  }
  static let pulling: @Sendable (inout HealthObservation) -> Void = {
    $0.command.driveTorque = Fraction(0.5)
  }
  static let protected: @Sendable (inout HealthObservation) -> Void = {
    $0.needsProtectiveField = true
  }

  static let obedience = [
    Rule(
      "S-4: an EBS that accepts no demand", brakes, [.externalBrakeState: 2], .emergencyStop,
      .brakeNotObeyed, prepare: braking),
    Rule(
      "S-4: an EBS that executes none", brakes, [.externalBrakeMode: 0], .emergencyStop,
      .brakeNotObeyed, prepare: braking),
    Rule(
      "S-4: an EBS whose limit is too small", brakes, [.externalBrakeLimit: 0.2], .emergencyStop,
      .brakeNotObeyed, prepare: braking),
    Rule(
      "S-4: steering that is not ready", [.steeringReadiness: 1], [.steeringReadiness: 0],
      .emergencyStop, .steeringLockedOut),
    Rule(
      "S-4: steering that is locked out", [.steeringLockout: 0], [.steeringLockout: 1],
      .emergencyStop, .steeringLockedOut),
    Rule(
      "S-4: an engine that another source controls", [.engineControllingSource: 0x27],
      [.engineControllingSource: 3], .comfortStop, .engineNotObeyed, prepare: pulling),
    Rule(
      "S-4: an engine that pulls unasked", [.engineTorque: 0], [.engineTorque: 0.5], .comfortStop,
      .engineNotObeyed, within: 0.73),
    Rule(
      "S-4: a parking brake of the tractor in motion", parking, [.tractorParkingBrake: 1],
      .emergencyStop, .parkingBrakeNotObeyed),
    Rule(
      "S-4: a parking brake of the trailer in motion", parking, [.trailerParkingBrake: 1],
      .emergencyStop, .parkingBrakeNotObeyed),
    Rule(
      "S-4: steering that stays elsewhere", [:], [.steeringWheelAngle: 1.6], .comfortStop,
      .steeringNotObeyed, within: 0.6),
    Rule(
      "S-1: an independent path that has tripped", [.independentBrakeTripped: 0],
      [.independentBrakeTripped: 1], .emergencyStop, .independentBrakeTripped, within: 0.01),
  ]

  static let persons = [
    Rule(
      "S-3: a field that is stale", field, [.protectiveFieldClear: .nan], .comfortStop,
      .protectiveFieldStale, within: 0.05, prepare: protected),
    Rule(
      "S-3: a field whose other wire is stale", field, [.protectiveFieldInverse: .nan],
      .comfortStop, .protectiveFieldStale, within: 0.05, prepare: protected),
    Rule(
      "S-3: a field whose range is unknown", field, [.protectiveFieldRange: .nan], .comfortStop,
      .protectiveFieldStale, within: 0.05, prepare: protected),
    Rule(
      "S-3: a field that is violated", field, [.protectiveFieldClear: 0], .emergencyStop,
      .protectiveFieldViolated, within: 0.01, prepare: protected),
    Rule(
      "S-3: a field that contradicts itself", field, [.protectiveFieldInverse: 1], .emergencyStop,
      .protectiveFieldViolated, within: 0.01, prepare: protected),
    Rule(
      "S-3: an attendant who is unknown", [.attendantEnable: 1], [.attendantEnable: .nan],
      .comfortStop, .attendantAway, within: 0.05, prepare: { $0.needsAttendant = true }),
    Rule(
      "S-3: an attendant who lets go", [.attendantEnable: 1], [.attendantEnable: 0],
      .emergencyStop, .attendantAway, within: 0.01, prepare: { $0.needsAttendant = true }),
    Rule(
      "S-3: the remote stop", [.remoteStop: 0], [.remoteStop: 1], .comfortStop,
      .remoteStopPressed, within: 0.01),
    Rule(
      "S-3: the remote stop, unknown", [.remoteStop: 0], [.remoteStop: 3], .comfortStop,
      .remoteStopPressed, within: 0.01),
    Rule(
      "S-3: AEBS brakes", [.emergencyBrakingState: 1], [.emergencyBrakingState: 6],
      .emergencyStop, .emergencyBrakingDemanded, within: 0.01),
    Rule(
      "S-3: AEBS brakes hard", [.emergencyBrakingState: 1], [.emergencyBrakingState: 7],
      .emergencyStop, .emergencyBrakingDemanded, within: 0.01),
    Rule(
      "S-20: a stop line that is pressed", lines, [.emergencyStopLine: 1], .emergencyStop,
      .emergencyStopPressed, within: 0.01),
    Rule(
      "S-20: a stop line in error", lines, [.emergencyStopLine: 2], .emergencyStop,
      .emergencyStopPressed, within: 0.01),
    Rule(
      "S-20: an inverse wire that is cut", lines, [.emergencyStopLineInverse: 0], .emergencyStop,
      .emergencyStopPressed, within: 0.01),
  ]
}

@Suite struct HealthRules {
  @Test(arguments: Rule.obedience + Rule.persons)
  private func isFoundInTimeAndNotBefore(_ rule: Rule) {
    var bench = RuleBench(rule.sound)
    rule.prepare(&bench.observation)
    #expect(bench.run { $0.demand.level > .nominal } == nil, "\(bench.verdict)")
    bench.signals.merge(rule.broken) { _, new in new }
    let found = bench.run { $0.demand == StopDemand(rule.level, rule.reason) }
    #expect(
      (found ?? 9) <= rule.seconds && (found ?? 0) >= rule.seconds - 0.1,
      "\(found ?? .nan) s: \(bench.verdict.demand)")
  }

  /// What was found says what was read, on the wrong side of its limit, and when it began.
  @Test(arguments: Rule.obedience + Rule.persons)
  private func isFoundWithItsReading(_ rule: Rule) {
    var bench = RuleBench(rule.sound)
    rule.prepare(&bench.observation)
    _ = bench.run()
    #expect(bench.health.causes.count == 0)
    bench.signals.merge(rule.broken) { _, new in new }
    let found = bench.run { $0.demand == StopDemand(rule.level, rule.reason) }
    let causes = bench.health.causes
    #expect(causes.count == 1 && causes.missed == 0)
    let cause = causes[0]
    #expect(cause.source == .check && cause.reason == rule.reason && cause.level == rule.level)
    #expect(cause.reading.isCrossed, "\(cause.reading)")
    #expect(cause.reading.unit != .none)
    #expect((cause.foundAt - cause.since).seconds <= (found ?? 0) + 0.011)
    #expect(cause.goneAt == .never)
    bench.signals = RuleBench(rule.sound).signals
    _ = bench.run()
    #expect(bench.health.causes[0].goneAt > cause.foundAt)
  }

  /// A message that demands nothing when it is lost has caused nothing.
  @Test(arguments: [StopLevel.nominal, .degraded])
  func aLossThatDemandsNothingIsNoCause(_ level: StopLevel) {
    var table = FrameTable()
    table.receive[0].identifier = 1
    table.receive[0].mask = 0x7FF
    table.receive[0].freshness = .milliseconds(100)
    table.receive[0].lossLevel = level
    table.receive[0].lossReason = level == .nominal ? .none : .gnssLost
    table.receiveCount = 1
    var frame = ReceivedFrame()
    frame.identifier = 1
    frame.length = 8
    frame.receivedAt = Instant(nanoseconds: 10_000_000)
    var decoder = FrameDecoder()
    var store = SignalStore()
    #expect(decoder.decode(frame, table: table, into: &store) == 0)
    var health = HealthMonitor()
    var observation = HealthObservation()
    for cycle in 1...50 {
      observation.now = Instant(nanoseconds: Int64(cycle) * 10_000_000)
      _ = health.step(
        observation, feedback: Feedback(store, table: table, at: observation.now),
        decoder: decoder, table: table, configuration: SafeStopConfiguration(),
        vehicle: VehicleParameters())
    }
    #expect(health.causes.count == (level == .nominal ? 0 : 1))
  }

  /// S-4: in a truck that a driver drives nothing of ours can be disobeyed.
  @Test(arguments: Rule.obedience)
  private func isNotJudgedWithoutCommands(_ rule: Rule) {
    var bench = RuleBench(rule.sound)
    rule.prepare(&bench.observation)
    bench.observation.isEngaged = false
    bench.signals.merge(rule.broken) { _, new in new }
    #expect(bench.run { $0.demand.level > .nominal } == nil, "\(bench.verdict.demand)")
  }

  @Test("S-4: a parking brake that does not answer, of tractor or trailer, after R-MRM-6's time")
  func parkingBrakeThatDoesNotAnswer() {
    for stuck in [SignalChannel.tractorParkingBrake, .trailerParkingBrake] {
      var bench = RuleBench([.tractorParkingBrake: 1, .trailerParkingBrake: 1])
      bench.signals.merge([.wheelSpeedFrontLeft: 0, .vehicleSpeed: 0, .frontAxleSpeed: 0]) {
        _, new in new
      }
      bench.observation.command.tractorParkingBrake = true
      bench.observation.command.trailerParkingBrake = true
      bench.signals[stuck] = 0
      #expect(bench.run { $0.demand.level > .nominal } == nil)
      _ = bench.run()
      _ = bench.run { $0.demand.level > .nominal }
      #expect(bench.verdict.demand == StopDemand(.emergencyStop, .parkingBrakeNotObeyed))
    }
  }

  @Test("S-2: parked is a truck whose tractor and trailer both say so")
  func bothParkingBrakes() {
    for (tractor, trailer) in [(1.0, 1.0), (1, 0), (0, 1), (0, 0)] {
      var table = FrameTable()
      (table.receiveCount, table.fieldCount) = (1, 2)
      table.receive[0].fieldCount = 2
      table.receive[0].freshness = .milliseconds(100)
      table.fields[0].channel = .tractorParkingBrake
      table.fields[1].channel = .trailerParkingBrake
      let now = Instant(nanoseconds: 1)
      var store = SignalStore()
      var sample = SignalSample()
      (sample.state, sample.validAt, sample.value) = (.valid, now, tractor)
      store[.tractorParkingBrake] = sample
      sample.value = trailer
      store[.trailerParkingBrake] = sample
      let feedback = Feedback(store, table: table, at: now)
      #expect(feedback.parkingBrakesAreConfirmed == (tractor == 1 && trailer == 1))
    }
  }

  @Test("S-4: a foreign frame in our name: an emergency while we drive, no arming while we do not")
  func foreignFrames() {
    var bench = RuleBench([:])
    _ = bench.run()
    bench.observation.buses[0].echo.foreign = 1
    let found = bench.run { $0.demand == StopDemand(.emergencyStop, .sourceAddressConflict) }
    #expect(found == 0)
    var parked = RuleBench([:])
    parked.observation.isEngaged = false
    _ = parked.run()
    parked.observation.buses[0].echo.foreign = 1
    _ = parked.run { $0.demand.level > .nominal }
    #expect(parked.verdict.demand == StopDemand(.comfortStop, .sourceAddressConflict))
    _ = parked.run()
    #expect(parked.verdict.demand.level == .nominal)
  }

  @Test("S-6: speeds that nothing makes plausible, and motion where the truck should stand")
  func implausibleMotion() {
    var bench = RuleBench([:])
    bench.observation.implausibleSpeed = MetresPerSecond(3)
    #expect((bench.run { $0.demand.reason == .speedImplausible } ?? 9) <= 0.31)
    var rolled = RuleBench([:])
    rolled.observation.movedAtStandstill = Metres(0.16)
    #expect(rolled.run { $0.demand == StopDemand(.emergencyStop, .rollBack) } == 0)
    var back = RuleBench([:])
    back.observation.isRollingBack = true
    #expect(back.run { $0.demand == StopDemand(.emergencyStop, .rollBack) } == 0)
  }
}
