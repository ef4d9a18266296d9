import Control
import DriveConfiguration
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// A truck on the course whose profile answers a driver's act as given.
private func loop(
  _ response: DriverResponse, trailer: TrailerFacts = TrailerFacts(), seed: UInt64 = 21
) throws -> ClosedLoop {
  var configuration = try course()
  configuration.controller.safeStop.driverResponse = response
  return ClosedLoop(
    configuration: configuration, trailer: trailer,
    start: TruckStart(east: 25, north: 0, heading: 0), seed: seed,
    releaseAfter: .milliseconds(2_000))
}

extension ClosedLoop {
  fileprivate func perform(_ line: String) {
    if let act = try? FaultCommand(line) {
      apply(act)
    } else {
      Issue.record("\(line) is not understood")
    }
  }
}

private struct Act: Sendable, CustomTestStringConvertible {
  let line: String
  let undo: String
  let reason: Reason
  var testDescription: String { line }

  static let all = [
    Act(line: "driver brake 0.4", undo: "driver brake 0", reason: .driverInput),
    Act(line: "driver accelerator 0.3", undo: "driver accelerator 0", reason: .driverInput),
    Act(line: "driver steer -6", undo: "driver steer 0", reason: .driverSteered),
    Act(line: "driver parking on", undo: "driver parking off", reason: .driverParked),
    Act(line: "driver gear neutral", undo: "driver gear drive", reason: .driverShifted),
    Act(line: "key off", undo: "key on", reason: .keyRemoved),
  ]
}

/// S-23: a driver's act ends autonomous motion, and nothing but a person's word begins it again.
@Suite struct DriverActsAtSpeed {
  @Test(arguments: Act.all)
  private func stopTheTruckUntilSomebodyAcknowledges(_ act: Act) throws {
    let loop = try loop(.stop)
    try #require(loop.driveIntoTheBend())
    let start = loop.truth.frontStation.value
    loop.perform(act.line)
    #expect(loop.run(seconds: 1) { $0.outputs.mode == .stopping }, "\(loop.outputs.mode)")
    #expect(loop.outputs.demand.reason == act.reason)
    #expect(loop.run(seconds: 40) { $0.isParked && $0.outputs.mode == .held })
    #expect(loop.truth.frontStation.value - start < 30)
    // Never an automatic return, also not when the driver lets go.
    loop.perform(act.undo)
    let rest = loop.truth.frontStation.value
    loop.run(seconds: 10)
    #expect(loop.outputs.mode == .held)
    #expect((loop.truth.frontStation.value - rest).magnitude < 0.1)
    loop.send(.acknowledge)
    #expect(loop.run(seconds: 60) { $0.truth.frontStation.value > rest + 5 })
  }

  /// Where the profile gives the truck to its driver, nothing more is sent, while he acts and
  /// after it, until somebody arms it again.
  @Test(arguments: Act.all)
  private func giveTheTruckToTheDriver(_ act: Act) throws {
    let loop = try loop(.manual)
    try #require(loop.driveIntoTheBend())
    loop.perform(act.line)
    #expect(loop.run(seconds: 1) { $0.outputs.mode == .manual }, "\(loop.outputs.mode)")
    #expect(loop.truth.speed.value > 3, "the hand-over is to come while the truck drives")
    loop.run(seconds: 0.1)
    #expect(loop.guardianOutput.report.state == .idle)
    let sent = loop.framesSent
    loop.armsByScript = false
    loop.run(seconds: 20) { $0.outputs.mode != .manual }
    loop.perform(act.undo)
    loop.run(seconds: 10) { $0.outputs.mode != .manual }
    #expect(loop.outputs.mode == .manual)
    #expect(loop.framesSent == sent)
  }

  /// S-23: no driver is given a truck in the middle of an emergency stop.
  @Test func anEmergencyStopIsFinished() throws {
    let loop = try loop(.manual)
    try #require(loop.driveIntoTheBend())
    loop.perform("fault estop on")
    loop.perform("driver brake 0.4")
    #expect(loop.run(seconds: 20) { $0.isParked && $0.outputs.mode == .held })
    #expect(loop.guardianOutput.report.state == .held)
  }

  /// S-23: armed only from standstill, whatever the host asks.
  @Test func armingWhileMovingIsRefusedByTheStep() throws {
    let loop = try loop(.manual)
    try #require(loop.driveIntoTheBend())
    loop.perform("driver steer 6")
    try #require(loop.run(seconds: 1) { $0.outputs.mode == .manual })
    loop.perform("driver steer 0")
    loop.run(seconds: 0.3)
    try #require(loop.truth.speed.value > 1)
    loop.send(.arm)
    loop.run(seconds: 0.05)
    #expect(loop.outputs.mode == .manual)
    #expect(loop.outputs.arming.refused & 1 << UInt64(ArmingCheck.standstill.rawValue) != 0)
  }
}

/// S-23: counted on the bus.
@Suite struct Silence {
  @Test func nothingIsTransmittedInManual() throws {
    let loop = try loop(.stop)
    loop.records = TruckRecords()
    loop.run(seconds: 30) {
      $0.send(.arm)
      return $0.outputs.mode != .manual
    }
    #expect(loop.outputs.mode == .manual)
    #expect(loop.framesSent == 0 && loop.guardianOutput.report.framesSent == 0)
    // And why: it is no bench, so the papers of this truck and of its trailer are asked for.
    let missing: [ArmingCheck] = [
      .vehicle, .components, .commissioning, .shadow, .trailer, .trailerAntiLock,
      .trailerBrakeTest, .recording,
    ]
    #expect(
      loop.outputs.arming.refused == missing.reduce(UInt64(0)) { $0 | 1 << UInt64($1.rawValue) })
  }

  @Test func nothingIsTransmittedInShadow() throws {
    let loop = try loop(.stop)
    loop.records.listensOnly = true
    var compared = false
    loop.run(seconds: 30) {
      $0.send(.arm)
      // The step works as if it drove: there is something to compare.
      if $0.outputs.command.driveTorque.value > 0.05 { compared = true }
      return $0.now > Instant(nanoseconds: 100_000_000) && $0.outputs.mode != .shadow
    }
    #expect(loop.outputs.mode == .shadow && compared)
    #expect(loop.framesSent == 0 && loop.guardianOutput.report.framesSent == 0)
    #expect(loop.truth.speed.value == 0)
  }

  /// With its records, its identity and a trailer whose brakes were tested an hour ago, a truck that
  /// is no bench is armed.
  @Test func theTruckOfItsRecordsIsArmed() throws {
    let noon: Int64 = 1_795_348_800_000_000_000
    var trailer = papers()
    trailer.brakeTestAt = noon - 3_600_000_000_000
    let loop = try loop(.stop, trailer: trailer)
    loop.startUTC = noon
    var records = TruckRecords()
    records.vehicle = .matches
    records.components = .matches
    records.commissioning = .valid
    records.shadow = .valid
    records.recording = .kept
    loop.records = records
    #expect(loop.run(seconds: 30) { $0.outputs.mode == .autonomous })
    #expect(loop.framesSent > 0)
  }

  /// S-22: no guardian, no arming; the pedals must be free (S-23).
  @Test(arguments: [
    ("driver brake 0.2", ArmingCheck.driverAway), ("driver steer 8", .driverAway),
    ("key off", .key), ("fault air-leak 900000", .airPressure), ("fault lockout on", .steering),
  ])
  func aTruckThatIsNotReadyIsRefusedByName(_ line: String, _ check: ArmingCheck) throws {
    let loop = try loop(.stop)
    loop.perform(line)
    loop.run(seconds: 20)
    #expect(loop.outputs.mode == .manual)
    #expect(loop.outputs.arming.refused & 1 << UInt64(check.rawValue) != 0)
    #expect(loop.framesSent == 0)
  }
}
