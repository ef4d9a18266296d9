import BorderZone
import Control
import DriveConfiguration
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// A course whose first 200 m count on `rule`.
private func loop(_ rule: PersonsRule, seed: UInt64 = 41) throws -> ClosedLoop {
  var configuration = try course()
  var zone = Zone()
  zone.end = Metres(200)
  zone.speedCap = MetresPerSecond(kilometresPerHour: 25)
  zone.persons = rule
  configuration.controller.zones.append(zone)
  return ClosedLoop(
    configuration: configuration, start: TruckStart(east: 25, north: 0, heading: 0), seed: seed,
    releaseAfter: .milliseconds(2_000))
}

extension ClosedLoop {
  fileprivate func reach(_ speed: Double) { run(seconds: 90) { $0.truth.speed.value > speed } }

  /// Milliseconds until the demand is at `level`, at most two seconds.
  fileprivate func delay(to level: StopLevel) -> Double {
    let start = truth.time
    run(seconds: 2) { $0.outputs.demand.level >= level }
    return (truth.time - start) * 1_000
  }
}

/// S-3: persons are protected by the field or the attendant, or excluded; by nothing else.
@Suite struct ProtectedDrives {
  @Test(arguments: [6.0, 12.0, 20.0])
  func theWorstStopFitsTheRangeLessOneMetre(_ range: Double) throws {
    let loop = try loop(.protectiveField)
    try loop.fault("fault field-range \(range)")
    loop.run(seconds: 60) { $0.truth.frontStation.value > 90 }
    #expect(loop.truth.speed.value > 1)
    // A person steps to the field's edge.
    let start = loop.truth.frontStation.value
    try loop.fault("fault field-violated on")
    #expect(loop.delay(to: .emergencyStop) <= 40)
    #expect(loop.outputs.demand.reason == .protectiveFieldViolated)
    #expect(loop.run(seconds: 20) { $0.isParked })
    #expect(loop.truth.frontStation.value - start <= range - 1)
  }

  @Test(arguments: ["off", "frozen", "corrupt"])
  func aStaleFieldStopsWithinATenthOfASecond(_ fault: String) throws {
    let loop = try loop(.protectiveField)
    loop.reach(3)
    try loop.fault("fault field \(fault)")
    let seen = loop.delay(to: .comfortStop)
    #expect(seen >= 40 && seen <= 130, "after \(seen) ms")
    #expect(loop.outputs.demand == StopDemand(.comfortStop, .protectiveFieldStale))
    #expect(loop.run(seconds: 30) { $0.isParked })
  }

  /// Where persons are excluded, the field says nothing that counts.
  @Test func theFieldCountsOnlyWhereItIsCountedOn() throws {
    let loop = try loop(.excluded)
    loop.reach(3)
    try loop.fault("fault field off")
    loop.run(seconds: 1)
    #expect(loop.outputs.demand.level == .nominal)
  }

  /// C11: three seconds clear before a move-off.
  @Test func noMoveOffIntoAViolatedField() throws {
    let loop = try loop(.protectiveField)
    try loop.fault("fault field-violated on")
    loop.run(seconds: 30)
    #expect(loop.truth.speed.value == 0)
    try loop.fault("fault field-violated off")
    let start = loop.truth.time
    #expect(loop.run(seconds: 30) { $0.truth.speed.value > 0.05 })
    #expect(loop.truth.time - start >= 3)
  }

  @Test func anAttendantWhoLetsGoStopsTheTruckAtOnce() throws {
    let loop = try loop(.attendantEnable)
    loop.reach(3)
    try loop.fault("fault attendant off")
    #expect(loop.delay(to: .emergencyStop) <= 40)
    #expect(loop.outputs.demand.reason == .attendantAway)
    #expect(loop.run(seconds: 30) { $0.isParked })
  }

  @Test func theRemoteStopIsAComfortStop() throws {
    let loop = try loop(.excluded)
    loop.reach(3)
    try loop.fault("fault remote-stop on")
    #expect(loop.delay(to: .comfortStop) <= 60)
    #expect(loop.outputs.demand == StopDemand(.comfortStop, .remoteStopPressed))
    #expect(loop.run(seconds: 30) { $0.isParked })
  }

  /// An AEBS demand is never weakened: ours is at least an emergency's, until standstill.
  @Test(arguments: [6, 7])
  func anAEBSDemandIsNeverWeakened(_ state: Int) throws {
    let loop = try loop(.excluded)
    loop.reach(4)
    try loop.fault("fault aebs \(state)")
    #expect(loop.delay(to: .emergencyStop) <= 90)
    loop.run(seconds: 0.4)
    try loop.fault("fault aebs 3")
    while loop.truth.speed.value > 0.5 {
      #expect(loop.guardianOutput.command.brakeDeceleration.value >= 4.9)
      #expect(loop.guardianOutput.command.driveTorque == .zero)
      loop.step()
    }
    #expect(loop.run(seconds: 30) { $0.isParked })
  }

  /// AEBS not ready is as if there were none, and one that is ready replaces no field.
  @Test func aReadyAEBSIsNoProtectionOfPersons() throws {
    let absent = try loop(.excluded)
    absent.reach(3)
    try absent.fault("fault aebs 0")
    absent.run(seconds: 1)
    #expect(absent.outputs.demand.level == .nominal)
    let ready = try loop(.protectiveField)
    ready.reach(3)
    try ready.fault("fault aebs 3")
    try ready.fault("fault field off")
    #expect(ready.delay(to: .comfortStop) <= 130)
  }
}

/// S-20: a pair of wires, of which each presses.
@Suite struct EmergencyStopDrives {
  @Test(arguments: ["estop on", "estop-wire cut", "estop-wire unknown", "bodystatus off"])
  func pressedOrUnknownIsPressed(_ fault: String) throws {
    let loop = try courseLoop(seed: 51)
    loop.driveIntoTheBend()
    let start = loop.truth.frontStation.value
    try loop.fault("fault " + fault)
    // The body controller sends every 50 ms and is stale after 250 ms.
    let limit = fault == "bodystatus off" ? 330.0 : 80
    #expect(loop.delay(to: .emergencyStop) <= limit)
    var worst = 0.0
    let rests = loop.run(seconds: 30) {
      worst = max(worst, $0.truth.lateral.value.magnitude)
      return $0.isParked
    }
    // Steered and braked to standstill.
    #expect(rests && worst < 0.3, "\(worst) m off the path")
    #expect(loop.truth.frontStation.value - start < 14)
  }
}
