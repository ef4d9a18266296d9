import CAN
import Control
import DriveConfiguration
import Foundation
import Plant
import Signals
import Simulation
import SiteMap
import Testing
import Units
import WireCodec

/// The shipped profile and the simulated truck, each with its own code, mean the same messages.
@Suite struct ProfileAndPlant {
  private static func folder(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: name).path
  }

  private struct Link {
    let table: FrameTable
    let geometry: SteeringGeometry
    var truck: Truck
    var encoder = FrameEncoder()
    var decoder = FrameDecoder()
    var store = SignalStore()

    init(_ profile: String = "j1939-tractor-semitrailer") throws {
      let drive = try compileDrive(
        profile: ProfileAndPlant.folder("hw-profiles/" + profile),
        mission: ProfileAndPlant.folder("missions/demo-crossing"), timingScale: 1)
      table = drive.controller.frames
      geometry = SteeringGeometry(drive.controller.vehicle)
      var settings = TruckSettings.ideal
      settings.wire = TruckWire(of: drive.controller.frames)
      truck = Truck(
        parameters: drive.controller.vehicle, settings: settings, seed: 1,
        start: TruckStart(east: 0, north: 0, heading: 0))
    }

    mutating func run(_ command: Command, milliseconds: Int) {
      let values = CommandValues(command, geometry: geometry)
      for _ in 0..<(milliseconds / 10) {
        for row in 0..<table.transmitCount {
          let period = table.transmit[row].period.nanoseconds / 1_000_000
          guard truck.now % max(period, 10) == 0 else { continue }
          let out = encoder.encode(row, table: table, values: values, enable: true)
          var frame = CANFrame(identifier: out.identifier, isExtended: out.isExtended)
          frame.isFD = out.isFD
          for byte in 0..<Int(out.length) {
            frame.append(UInt8(truncatingIfNeeded: out.words[byte / 8] >> UInt64(8 * (byte % 8))))
          }
          truck.receive(frame)
        }
        truck.step(milliseconds: 10)
        for frame in truck.sent {
          var received = ReceivedFrame()
          received.identifier = frame.identifier
          received.isExtended = frame.isExtended
          received.length = frame.length
          received.words = frame.words
          received.receivedAt = Instant(nanoseconds: truck.now * 1_000_000)
          _ = decoder.decode(received, table: table, into: &store)
        }
      }
    }

    func value(_ channel: SignalChannel) -> Double {
      store[channel].state == .valid ? store[channel].value : .nan
    }
  }

  /// S-2: every command arrives with its meaning and its sign, and comes back as feedback.
  @Test func everyCommandArrives() throws {
    var link = try Link()
    var command = Command()
    command.tractorParkingBrake = true
    command.trailerParkingBrake = true
    link.run(command, milliseconds: 1_500)
    #expect(link.value(.tractorParkingBrake) == 1 && link.value(.trailerParkingBrake) == 1)
    #expect(link.value(.emergencyStopLine) == 0 && link.value(.independentBrakeTripped) == 0)
    #expect((link.value(.serviceAirPressure) - link.truck.record.airPressure).magnitude <= 4_001)
    #expect(link.value(.combinationMass) == 36_000)

    command = Command()
    command.gear = .drive
    command.driveTorque = Fraction(0.5)
    command.steeringEngaged = true
    command.curvature = Curvature(0.02)
    command.hazardLamps = true
    command.brakeLamps = true
    command.horn = true
    link.run(command, milliseconds: 6_000)
    let driving = link.truck.record
    #expect(driving.rejects == RejectCounts())
    #expect(driving.speed > 2 && driving.heading > 0.1)
    #expect((driving.roadWheelAngle - 0.0719).magnitude < 0.001)
    #expect((link.value(.steeringCurvature) - 0.02).magnitude < 0.000_3)
    #expect((link.value(.steeringWheelAngle) - 20 * driving.roadWheelAngle).magnitude < 0.01)
    #expect(link.value(.steeringReadiness) == 1 && link.value(.steeringLockout) == 0)
    #expect((link.value(.yawRate) - link.truck.dynamics.yawRate).magnitude < 0.005)
    #expect((link.value(.wheelSpeedRearLeft) - driving.speed).magnitude < 0.25)
    #expect((link.value(.vehicleSpeed) - driving.speed).magnitude < 0.2)
    #expect((link.value(.frontAxleSpeed) - driving.speed).magnitude < 0.2)
    // Half the torque makes the drive wheels slip by 2 %.
    #expect((link.value(.outputShaftSpeed) - driving.speed).magnitude < 0.1)
    #expect(link.value(.drivelineEngaged) == 1 && link.value(.currentGear) >= 1)
    #expect((link.value(.engineTorque) - 0.5).magnitude < 0.01)
    #expect(link.value(.engineControllingSource) == 0x27)
    #expect(link.value(.hazardLamps) == 1 && link.value(.brakeLamps) == 1)
    #expect(link.value(.horn) == 1 && link.value(.tractorParkingBrake) == 0)

    command.driveTorque = .zero
    command.brakeDeceleration = MetresPerSecondSquared(2)
    command.retarderTorque = Fraction(0.5)
    link.run(command, milliseconds: 1_000)
    let braking = link.truck.record
    #expect((braking.brakeDemand - 2).magnitude < 0.001)
    #expect(link.truck.dynamics.retarderDeceleration > 0.1)
    #expect(link.value(.longitudinalAcceleration) < -1.8)
    #expect(link.value(.externalBrakeMode) == 3 && link.value(.externalBrakeState) == 0)
    #expect((link.value(.externalBrakeLimit) - 5).magnitude < 0.11)
    #expect(braking.rejects == RejectCounts())
  }

  /// The same for platforms with protocols of their own.
  @Test(arguments: ["yard-tractor-dbw", "border-agv"])
  func everyCommandArrivesOnAnotherWire(profile: String) throws {
    var link = try Link(profile)
    let isCarrier = profile == "border-agv"
    var command = Command()
    command.tractorParkingBrake = true
    command.trailerParkingBrake = true
    link.run(command, milliseconds: 1_500)
    #expect(link.value(.tractorParkingBrake) == 1)
    #expect(link.value(.trailerParkingBrake) == 1 || isCarrier)
    #expect(link.value(.emergencyStopLine) == 0 && link.value(.independentBrakeTripped) == 0)
    #expect((link.value(.serviceAirPressure) - link.truck.record.airPressure).magnitude <= 5_001)
    #expect(link.value(.combinationMass) == (isCarrier ? 65_000 : 36_000))
    #expect(link.value(.drivelineEngaged) == 0 && link.value(.currentGear) == 0)

    command = Command()
    command.gear = .drive
    command.driveTorque = Fraction(0.5)
    command.steeringEngaged = true
    command.curvature = Curvature(0.02)
    command.hazardLamps = true
    command.brakeLamps = true
    command.horn = true
    link.run(command, milliseconds: 6_000)
    let driving = link.truck.record
    #expect(driving.rejects == RejectCounts())
    #expect(driving.speed > 2 && driving.heading > 0.05)
    // To the left, and the angle of this wheelbase.
    let angle = atan(link.geometry.wheelbase.value * 0.02)
    #expect((driving.roadWheelAngle - angle).magnitude < 0.001)
    #expect((link.value(.roadWheelAngle) - angle).magnitude < 0.001)
    #expect(link.value(.steeringReadiness) == 1 && link.value(.steeringLockout) == 0)
    #expect((link.value(.yawRate) - link.truck.dynamics.yawRate).magnitude < 0.005)
    #expect((link.value(.lateralAcceleration) - link.value(.yawRate) * driving.speed) < 0.05)
    #expect((link.value(.wheelSpeedRearLeft) - driving.speed).magnitude < 0.25)
    // The driveline's speed, with the slip of half the torque.
    #expect((link.value(.vehicleSpeed) - driving.speed).magnitude < 0.15)
    #expect((link.value(.frontAxleSpeed) - driving.speed).magnitude < 0.05)
    #expect(link.value(.drivelineEngaged) == 1 && link.value(.currentGear) >= 1)
    #expect((link.value(.engineTorque) - 0.5).magnitude < 0.01)
    #expect(link.value(.engineControllingSource) == 2)
    #expect(link.value(.hazardLamps) == 1 && link.value(.brakeLamps) == 1)
    #expect(link.value(.horn) == 1 && link.value(.tractorParkingBrake) == 0)
    #expect(link.value(.externalBrakeMode) == 0)

    command.driveTorque = .zero
    command.brakeDeceleration = MetresPerSecondSquared(2)
    command.retarderTorque = Fraction(0.5)
    link.run(command, milliseconds: 1_000)
    let braking = link.truck.record
    #expect((braking.brakeDemand - 2).magnitude < 0.003)
    #expect((link.truck.dynamics.retarderDeceleration > 0.1) == isCarrier)
    #expect(link.value(.longitudinalAcceleration) < -1.7)
    #expect(link.value(.externalBrakeMode) == 2 && link.value(.externalBrakeState) == 0)
    #expect((link.value(.externalBrakeLimit) - 5).magnitude < 0.01)
    #expect(braking.rejects == RejectCounts())

    link.truck.apply(try FaultCommand("fault lockout on"))
    link.truck.apply(try FaultCommand("fault brake-refused on"))
    link.truck.apply(try FaultCommand("fault estop on"))
    link.run(command, milliseconds: 200)
    #expect(link.value(.steeringLockout) == 1 && link.value(.steeringReadiness) == 0)
    #expect(link.value(.externalBrakeState) == 2 && link.value(.externalBrakeMode) == 0)
    #expect(link.value(.emergencyStopLine) == 1)
  }
}
