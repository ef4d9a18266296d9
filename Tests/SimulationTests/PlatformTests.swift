import CAN
import Control
import DriveConfiguration
import Plant
import SafeStop
import Signals
import Simulation
import SiteMap
import Testing
import Units
import WireCodec

/// What holds for the J1939 tractor holds for platforms that know nothing of J1939: the same core,
/// another profile, another wire.
@Suite struct Platforms {
  static let names = ["yard-tractor-dbw", "border-agv"]

  private func loop(_ platform: String, seed: UInt64) throws -> ClosedLoop {
    ClosedLoop(
      configuration: try course(platform), start: TruckStart(east: 25, north: 0, heading: 0),
      seed: seed, releaseAfter: .milliseconds(2_000))
  }

  @discardableResult
  private func run(
    _ loop: ClosedLoop, seconds: Double, until isDone: (ClosedLoop) -> Bool = { _ in false }
  ) -> Bool {
    for _ in 0..<Int(seconds * 100) {
      if isDone(loop) { return true }
      loop.step()
    }
    return isDone(loop)
  }

  private func isParked(_ loop: ClosedLoop) -> Bool {
    loop.truth.speed.value == 0 && loop.truth.parkingBrakesSet
  }

  /// By what it commands, whatever the profile is called.
  @Test func theTruckIsFoundByItsCommands() throws {
    #expect(TruckWire(of: try course().controller.frames) == .j1939)
    #expect(TruckWire(of: try course("yard-tractor-dbw").controller.frames) == .yardTractor)
    #expect(TruckWire(of: try course("border-agv").controller.frames) == .borderCarrier)
    #expect(TruckWire(of: FrameTable()) == .j1939)
  }

  /// Every frame that we send is obeyed by controllers that were written from the description.
  @Test(arguments: names)
  func aCourseIsDrivenToItsLines(platform: String) throws {
    let loop = try loop(platform, seed: 2)
    #expect(run(loop, seconds: 300) { $0.isComplete })
    #expect(loop.monitor.violations.isEmpty, "\(loop.monitor.violations)")
    #expect(loop.monitor.stops.count == 2)
    for stop in loop.monitor.stops { #expect(stop.short.value >= 0 && stop.short.value < 0.5) }
    #expect(loop.monitor.worstLateral.value < 0.3)
    #expect(loop.truth.refusedFrames == 0)
  }

  /// The demo's crossing belongs to each: routes, zones and lines are within its limits.
  @Test(arguments: names, ["demo-crossing", "rig-course"])
  func theMissionsFit(platform: String, mission: String) throws {
    let drive = try compileDrive(
      profile: projectFolder + "/hw-profiles/" + platform,
      mission: projectFolder + "/missions/" + mission)
    #expect(drive.armingObstacles.isEmpty)
    #expect(drive.profileName == platform)
  }

  @Test(
    arguments: names,
    [
      "kill daemon", "fault hrw off", "fault body off", "fault engine off", "fault steering off",
      "fault lockout on", "fault estop on", "fault steering-runaway 0.3",
    ])
  func causesEndInAHeldStandstill(platform: String, cause: String) throws {
    let loop = try loop(platform, seed: 11)
    run(loop, seconds: 120) { $0.truth.frontStation.value > 110 && $0.truth.speed.value > 5 }
    let start = loop.truth.frontStation.value
    #expect(loop.truth.speed.value > 5)
    if cause == "kill daemon" {
      loop.killDaemon()
    } else {
      loop.apply(try FaultCommand(cause))
    }
    #expect(run(loop, seconds: 60) { isParked($0) }, "still moving or not parked")
    let rest = loop.truth.frontStation.value
    #expect(rest - start < 30, "\(rest - start) m to rest")
    // I-8: nothing moves afterwards without an acknowledge.
    run(loop, seconds: 5)
    #expect((loop.truth.frontStation.value - rest).magnitude < 0.1)
  }

  /// S-1: with nobody sending, the controllers let go and the independent path brakes.
  @Test(arguments: names)
  func silenceIsStoppedByTheIndependentPath(platform: String) throws {
    let loop = try loop(platform, seed: 4)
    run(loop, seconds: 60) { $0.truth.speed.value > 4 }
    var truck = loop.truck
    #expect(!truck.record.independentTripped && truck.record.speed > 4)
    truck.step(milliseconds: 300)
    #expect(truck.record.independentTripped)
    #expect(truck.record.brakeDemand == 0 && truck.record.rejects.timeouts > 0)
    truck.step(milliseconds: 8_000)
    #expect(truck.record.speed == 0 && truck.record.tractorParkingBrake)
  }

  /// A wire that is wrong by a bit, a counter or a length is refused, on each platform.
  @Test(arguments: names)
  func damagedCommandsAreRefused(platform: String) throws {
    let loop = try loop(platform, seed: 4)
    run(loop, seconds: 20)
    var truck = loop.truck
    let before = truck.record.rejects
    let sent = loop.guardianOutput.frames[0]
    var frame = CANFrame(identifier: sent.identifier, isExtended: sent.isExtended)
    frame.isFD = sent.isFD
    frame.setPayload(sent.words, length: sent.length)
    truck.receive(frame)
    // The guardian's own frame was taken already: its counter is an old one.
    #expect(truck.record.rejects.counter == before.counter + 1)
    frame[Int(frame.length) - 1] ^= 1
    truck.receive(frame)
    #expect(truck.record.rejects.checksum == before.checksum + 1)
    frame.setLength(frame.length - 1)
    truck.receive(frame)
    #expect(truck.record.rejects.length == before.length + 1)
  }
}
