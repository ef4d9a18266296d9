import Control
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// S-6 on the plant's truth: what parks, and what rolls.
@Suite struct StandstillDrives {
  /// Sensors that lie, each with what makes the truck stop meanwhile.
  private static let lies: [[String]] = [
    // Locked on ice: all that turns reads zero, the truck slides on at 0.6 m/s2.
    ["friction 0.06", "hrw zero", "ccvs1 zero", "ebc2 zero", "etc1 zero"],
    ["friction 0.10", "hrw zero", "ccvs1 zero", "ebc2 zero", "etc1 zero"],
    ["hrw frozen"],
    ["hrw frozen", "ccvs1 frozen", "ebc2 frozen", "etc1 frozen"],
    ["cutout 0.83"],
    ["cutout-all 0.83"],
    ["cutout-all 0.83", "brake 0.3"],
  ]

  /// Parking-brake commands at a true speed above 0.3 m/s, over ways in which speed sensors lie.
  @Test(arguments: lies, ["operator", "daemon killed"])
  func nothingParksInMotion(_ faults: [String], _ stop: String) throws {
    let loop = try courseLoop(seed: 21)
    loop.driveIntoTheBend()
    for fault in faults { try loop.fault("fault " + fault) }
    if stop == "operator" { loop.send(.stop) } else { loop.killDaemon() }
    #expect(loop.run(seconds: 90) { $0.isParked }, "never parked")
    loop.run(seconds: 3)
    let broken = loop.monitor.violations.filter { $0.requirement == "S-6" }
    #expect(broken.isEmpty, "\(broken)")
  }

  /// Nobody asked for a stop: wheels that read zero in motion stop the truck by themselves.
  @Test func speedsThatFallTooFastAreAFault() throws {
    let loop = try courseLoop(seed: 22)
    loop.driveIntoTheBend()
    for name in ["hrw", "ccvs1", "ebc2", "etc1"] { try loop.fault("fault \(name) zero") }
    loop.run(seconds: 1) { $0.outputs.demand.level >= .comfortStop }
    #expect(loop.outputs.demand.level >= .comfortStop)
    #expect(loop.run(seconds: 60) { $0.isParked })
    let broken = loop.monitor.violations.filter { $0.requirement == "S-6" }
    #expect(broken.isEmpty, "\(broken)")
  }

  /// A crawl that no sensor sees is no standstill, and nothing parks while it lasts.
  @Test func aCrawlThatNoSensorSeesIsNoStandstill() throws {
    let loop = try courseLoop(seed: 23)
    loop.run(seconds: 120) { $0.truth.frontStation.value > 60 && $0.truth.speed.value > 3 }
    try loop.fault("fault cutout-all 0.83")
    #expect(loop.run(seconds: 300) { $0.isComplete || $0.outputs.mode == .held })
    let broken = loop.monitor.violations.filter { $0.requirement == "S-6" }
    #expect(broken.isEmpty, "\(broken)")
  }

  /// S-6: speeds are unsigned, so that a truck that rolls back at its move-off looks like one that
  /// drives; GNSS velocity and accelerometer tell, within 0.2 m.
  @Test(arguments: [0.08, 0.04], [true, false])
  func aRollBackAtMoveOffIsFound(_ grade: Double, _ hasReceiver: Bool) throws {
    let loop = ClosedLoop(
      configuration: try course(grade: grade),
      start: TruckStart(east: 25, north: 0, heading: 0), seed: 24,
      releaseAfter: .milliseconds(2_000))
    // The engine gives nothing, so that the truck is on its own when the brakes come off.
    try loop.fault("fault engine-runaway 0")
    loop.run(seconds: 60) {
      $0.truth.speed.value < -0.001 || $0.outputs.command.driveTorque.value > 0.02
    }
    if !hasReceiver { try loop.fault("gnss off") }
    let start = loop.truth.frontStation.value
    let found = loop.run(seconds: 20) {
      $0.outputs.faults.contains(.rollBack) || $0.guardianOutput.faults.contains(.rollBack)
    }
    #expect(found, "rolled \(start - loop.truth.frontStation.value) m unseen")
    #expect(start - loop.truth.frontStation.value < 0.2)
    #expect(loop.run(seconds: 20) { $0.isParked })
    #expect(start - loop.truth.frontStation.value < 0.6)
  }
}
