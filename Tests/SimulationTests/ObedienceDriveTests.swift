import CAN
import Control
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// S-4: what the truck does not do, somebody else must, and within 200 ms.
@Suite struct ObedienceDrives {
  /// Milliseconds from now until the condition holds, at most five seconds.
  private func delay(_ loop: ClosedLoop, _ isSeen: (ClosedLoop) -> Bool) -> Double {
    let start = loop.truth.time
    _ = loop.run(seconds: 5, until: isSeen)
    return (loop.truth.time - start) * 1_000
  }

  /// An EBS that ignores XBR: the independent path brakes, whatever the stop began for.
  @Test(arguments: ["stop", "estop", "daemon killed"])
  func anEBSThatIgnoresItsDemandIsNotRelied(_ cause: String) throws {
    let loop = try courseLoop(seed: 31)
    loop.driveIntoTheBend()
    try loop.fault("fault brake-refused on")
    switch cause {
    case "estop": try loop.fault("fault estop on")
    case "stop": loop.send(.stop)
    default: loop.killDaemon()
    }
    let start = loop.truth.frontStation.value
    // The demand comes 50 ms later with a dead daemon, EBC5 tells every 100 ms, the path trips 250 ms
    // after its enable stood still.
    let tripped = delay(loop) { $0.truck.record.independentTripped }
    #expect(tripped <= 700, "tripped after \(tripped) ms")
    #expect(loop.run(seconds: 30) { $0.isParked })
    #expect(loop.truth.frontStation.value - start < 20)
    #expect(loop.guardianOutput.faults.contains(.brakeNotObeyed))
  }

  /// A frame with our source address that is not our own echo is an emergency stop.
  @Test func aForeignFrameInOurNameIsAnEmergency() throws {
    let loop = try courseLoop(seed: 32)
    loop.driveIntoTheBend()
    loop.inject(
      CANFrame(identifier: 0x18FF_9927, isExtended: true, bytes: [1, 2, 3, 4, 5, 6, 7, 8]))
    let seen = delay(loop) { $0.guardianOutput.demand.level == .emergencyStop }
    #expect(seen <= 20, "after \(seen) ms")
    #expect(loop.guardianOutput.demand.reason == .sourceAddressConflict)
    #expect(loop.run(seconds: 30) { $0.isParked })
    // Another sender's frame is none of ours.
    let other = try courseLoop(seed: 32)
    other.driveIntoTheBend()
    other.inject(CANFrame(identifier: 0x18FF_9928, isExtended: true, bytes: [1]))
    other.run(seconds: 1)
    #expect(other.outputs.demand.level == .nominal)
  }

  /// In MANUAL it keeps the truck from being armed, and no longer than it is heard.
  @Test func aForeignFrameKeepsTheTruckFromArming() throws {
    let loop = try courseLoop(seed: 33)
    loop.run(seconds: 1)
    loop.inject(CANFrame(identifier: 0x18FF_9927, isExtended: true, bytes: [1]))
    loop.run(seconds: 0.1)
    #expect(!loop.outputs.readyToArm)
    #expect(loop.run(seconds: 60) { $0.truth.speed.value > 1 })
  }

  /// Units that lost a part of their sensors go on sending; what is needed of them is lost.
  @Test(arguments: ["vdc2", "ebc5"])
  func aPartlyUnknownMessageIsLost(_ message: String) throws {
    let loop = try courseLoop(seed: 34)
    loop.driveIntoTheBend()
    try loop.fault("fault \(message) partial")
    let seen = delay(loop) { $0.outputs.demand.level >= .comfortStop }
    #expect(seen <= 700, "after \(seen) ms")
    let reason: Reason = message == "vdc2" ? .yawRateStale : .brakeStale
    #expect(loop.outputs.faults.contains(reason))
    #expect(loop.run(seconds: 60) { $0.isParked })
  }

  /// Torque is asked for while another source controls the engine.
  @Test func anEngineThatListensToSomebodyElseIsFoundIn200ms() throws {
    let loop = try courseLoop(seed: 35)
    loop.run(seconds: 120) {
      $0.truth.speed.value > 2 && $0.outputs.command.driveTorque.value > 0.1
    }
    try loop.fault("fault engine-source 3")
    let seen = delay(loop) { $0.outputs.faults.contains(.engineNotObeyed) }
    #expect(seen <= 260, "after \(seen) ms")
    #expect(loop.run(seconds: 60) { $0.isParked })
  }
}
