import Foundation
import Signals
import Testing
import TestSupport
import Units
import Vehicle
import WireCodec

/// The compiled table against cantools: what a channel should read, and what a command should send.
@Suite(
  .enabled(if: referencePython != nil, "needs Python with cantools (TULPAR_PYTHON or .venv)"))
struct WireAgainstCantools {
  private static let script = repository + "/Tests/VehicleTests/wire_by_cantools.py"
  private static let database = firstProfile + "/j1939-tractor-semitrailer.dbc"

  private struct Line: Decodable {
    var message: String
    var data: String?
    var values: [String: Double]
    var checksum: Bool?
  }

  private func lines(_ arguments: [String]) throws -> [Line] {
    let decoder = JSONDecoder()
    return try runPython([Self.script] + arguments).split(separator: "\n").map {
      try decoder.decode(Line.self, from: Data($0.utf8))
    }
  }

  /// Identifiers of the wire, written a second time.
  private static let identifiers: [String: UInt32] = [
    "HRW": 0x08FE_6E0B, "CCVS1": 0x18FE_F100, "EBC1": 0x18F0_010B, "EBC2": 0x18FE_BF0B,
    "EBC5": 0x18FD_C40B, "EEC1": 0x0CF0_0400, "EEC2": 0x0CF0_0300, "ETC1": 0x0CF0_0203,
    "ETC2": 0x18F0_0503, "VDC2": 0x18F0_090B, "CVW": 0x18FE_700B,
    "GuidanceMachineInfo": 0x0CAC_2713, "TulparBodyStatus": 0x18FF_1121,
    "TulparProtection": 0x18FF_2230, "AEBS1": 0x0CF0_2F2A, "ACC1": 0x10FE_6F2A,
  ]

  /// Channel, message, signal, and what its physical value is multiplied by.
  private static let expectations: [(SignalChannel, String, String, Double)] = [
    (.wheelSpeedFrontLeft, "HRW", "FrontLeftWheelSpeed", 1 / 3.6),
    (.wheelSpeedFrontRight, "HRW", "FrontRightWheelSpeed", 1 / 3.6),
    (.wheelSpeedRearLeft, "HRW", "RearLeftWheelSpeed", 1 / 3.6),
    (.wheelSpeedRearRight, "HRW", "RearRightWheelSpeed", 1 / 3.6),
    (.vehicleSpeed, "CCVS1", "WheelBasedVehicleSpeed", 1 / 3.6),
    (.parkingBrakeSwitch, "CCVS1", "ParkingBrakeSwitch", 1),
    (.brakeSwitch, "CCVS1", "BrakeSwitch", 1),
    (.brakePedal, "EBC1", "BrakePedalPosition", 0.01),
    (.absActive, "EBC1", "ABSActive", 1),
    (.trailerABSFaulty, "EBC1", "TrailerABSWarning", 1),
    (.brakeControllingSource, "EBC1", "BrakeControllingSourceAddress", 1),
    (.frontAxleSpeed, "EBC2", "FrontAxleSpeed", 1 / 3.6),
    (.haltBrakeMode, "EBC5", "HaltBrakeMode", 1),
    (.externalBrakeState, "EBC5", "XBRSystemState", 1),
    (.externalBrakeMode, "EBC5", "XBRActiveControlMode", 1),
    (.externalBrakeLimit, "EBC5", "XBRAccelerationLimit", -1),
    (.engineSpeed, "EEC1", "EngineSpeed", .pi / 30),
    (.engineTorque, "EEC1", "ActualEngineTorque", 0.01),
    (.engineControllingSource, "EEC1", "EngineControllingSourceAddress", 1),
    (.acceleratorPedal, "EEC2", "AcceleratorPedalPosition1", 0.01),
    (.drivelineEngaged, "ETC1", "DrivelineEngaged", 1),
    (.outputShaftSpeed, "ETC1", "OutputShaftSpeed", 0.0174532925),
    (.selectedGear, "ETC2", "SelectedGear", 1),
    (.currentGear, "ETC2", "CurrentGear", 1),
    (.steeringWheelAngle, "VDC2", "SteeringWheelAngle", 1),
    (.yawRate, "VDC2", "YawRate", 1),
    (.lateralAcceleration, "VDC2", "LateralAcceleration", 1),
    (.longitudinalAcceleration, "VDC2", "LongitudinalAcceleration", 1),
    (.tractorMass, "CVW", "GrossPoweredVehicleWeight", 1),
    (.combinationMass, "CVW", "GrossCombinationVehicleWeight", 1),
    (.steeringCurvature, "GuidanceMachineInfo", "EstimatedCurvature", -0.001),
    (.steeringLockout, "GuidanceMachineInfo", "MechanicalSystemLockout", 1),
    (.steeringReadiness, "GuidanceMachineInfo", "SteeringSystemReadiness", 1),
    (.steeringExitReason, "GuidanceMachineInfo", "ExitReasonCode", 1),
    (.tractorParkingBrake, "TulparBodyStatus", "TractorParkingBrake", 1),
    (.trailerParkingBrake, "TulparBodyStatus", "TrailerParkingBrake", 1),
    (.hazardLamps, "TulparBodyStatus", "HazardLamps", 1),
    (.brakeLamps, "TulparBodyStatus", "BrakeLamps", 1),
    (.horn, "TulparBodyStatus", "Horn", 1),
    (.independentBrakeTripped, "TulparBodyStatus", "IndependentBrakeTripped", 1),
    (.emergencyStopLine, "TulparBodyStatus", "EmergencyStopLine", 1),
    (.emergencyStopLineInverse, "TulparBodyStatus", "EmergencyStopLineInverse", 1),
    (.serviceAirPressure, "TulparBodyStatus", "ServiceAirPressure", 1_000),
    (.steeringWheelTorque, "TulparBodyStatus", "SteeringWheelTorque", 1),
    (.autonomyKey, "TulparBodyStatus", "AutonomyKey", 1),
    (.protectiveFieldClear, "TulparProtection", "ProtectiveFieldClear", 1),
    (.protectiveFieldInverse, "TulparProtection", "ProtectiveFieldViolated", 1),
    (.protectiveFieldRange, "TulparProtection", "ProtectiveFieldRange", 1),
    (.attendantEnable, "TulparProtection", "AttendantEnable", 1),
    (.remoteStop, "TulparProtection", "RemoteStop", 1),
    (.emergencyBrakingState, "AEBS1", "ForwardCollisionAEBSState", 1),
    (.forwardVehicleSpeed, "ACC1", "SpeedOfForwardVehicle", 1 / 3.6),
    (.forwardVehicleDistance, "ACC1", "DistanceToForwardVehicle", 1),
    (.forwardVehicleDetected, "ACC1", "ACCTargetDetected", 1),
  ]

  @Test func everyBoundChannelIsExpected() throws {
    let frames = try #require(readProfile().profile).frames
    #expect(frames.fieldCount == Self.expectations.count)
  }

  @Test func decodesWhatCantoolsEncodes() throws {
    let frames = try #require(readProfile().profile).frames
    var decoder = FrameDecoder()
    var store = SignalStore()
    var compared = 0
    for line in try lines(["encode", Self.database, "1", "40"]) {
      var frame = ReceivedFrame()
      frame.identifier = try #require(Self.identifiers[line.message])
      frame.isExtended = true
      frame.length = 8
      let digits = Array(try #require(line.data))
      for i in 0..<8 {
        frame.words[0] |=
          (UInt64(String(digits[(2 * i)...(2 * i + 1)]), radix: 16) ?? 0) << UInt64(8 * i)
      }
      #expect(decoder.decode(frame, table: frames, into: &store) >= 0)
      for (channel, message, signal, factor) in Self.expectations where message == line.message {
        let expected = try #require(line.values[signal]) * factor
        let sample = store[channel]
        #expect(sample.state == .valid, "\(channel) \(line)")
        #expect(
          (sample.value - expected).magnitude <= 1e-9 * max(1, expected.magnitude), "\(channel)")
        compared += 1
      }
    }
    #expect(compared == 40 * Self.expectations.count)
  }

  @Test func encodesWhatCantoolsDecodes() throws {
    let frames = try #require(readProfile().profile).frames
    var encoder = FrameEncoder()
    var random = SeededGenerator(seed: 3)
    var commands: [Command] = []
    var text = ""
    for _ in 0..<40 {
      let command = randomCommand(&random)
      commands.append(command)
      let values = CommandValues(
        command, geometry: SteeringGeometry(wheelbase: Metres(3.6), limit: Radians(0.55)))
      for row in 0..<frames.transmitCount {
        let frame = encoder.encode(row, table: frames, values: values, enable: true)
        let data = (0..<8).map { digits(frame.words[0] >> UInt64(8 * $0) & 0xFF, 2) }.joined()
        let name = try #require(Self.sent[frame.identifier])
        text += "\(name) \(digits(UInt64(frame.identifier), 8)) \(data)\n"
      }
    }
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).txt")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let decoded = try lines(["decode", Self.database, file.path])
    #expect(decoded.count == 40 * frames.transmitCount)
    for (index, command) in commands.enumerated() {
      let start = index * frames.transmitCount
      compare(command, Array(decoded[start..<(start + frames.transmitCount)]), index)
    }
  }

  private static let sent: [UInt32: String] = [
    0x0C00_0027: "TSC1", 0x0C00_1027: "TSC1", 0x0C04_0B27: "XBR", 0x0CAD_1327: "GuidanceCommand",
    0x0CFF_1027: "TulparBodyCommand",
  ]

  private func digits(_ number: UInt64, _ count: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: count - text.count) + text
  }

  private func randomCommand(_ random: inout SeededGenerator) -> Command {
    var command = Command()
    command.curvature = Curvature(.random(in: -0.17...0.17, using: &random))
    command.steeringEngaged = .random(using: &random)
    command.driveTorque = Fraction(.random(in: 0...1, using: &random))
    command.brakeDeceleration = MetresPerSecondSquared(.random(in: 0...8, using: &random))
    command.retarderTorque = Fraction(.random(in: 0...1, using: &random))
    command.gear = .random(using: &random) ? .drive : .neutral
    command.tractorParkingBrake = .random(using: &random)
    command.trailerParkingBrake = .random(using: &random)
    command.hazardLamps = .random(using: &random)
    command.brakeLamps = .random(using: &random)
    command.horn = .random(using: &random)
    return command
  }

  private func compare(_ command: Command, _ lines: [Line], _ index: Int) {
    let engine = lines[0].values
    let retarder = lines[1].values
    let brake = lines[2].values
    let steering = lines[3].values
    let body = lines[4].values
    #expect(lines.allSatisfy { $0.checksum == true })
    func near(_ value: Double?, _ expected: Double, _ step: Double) {
      #expect(((value ?? .nan) - expected).magnitude <= step / 2 + 1e-9)
    }
    near(engine["RequestedTorque"], command.driveTorque.value * 100, 1)
    near(retarder["RequestedTorque"], -command.retarderTorque.value * 100, 1)
    near(brake["ExternalAccelerationDemand"], -command.brakeDeceleration.value, 1.0 / 2_048)
    // ISO 11783-7 counts to the right.
    near(steering["CurvatureCommand"], -command.curvature.value * 1_000, 0.25)
    #expect(steering["CurvatureCommandStatus"] == (command.steeringEngaged ? 1 : 0))
    #expect(engine["OverrideControlMode"] == 2)
    #expect(engine["OverrideControlModePriority"] == 0)
    #expect(engine["MessageCounter"] == Double(index % 8))
    #expect(brake["MessageCounter"] == Double(index % 16))
    #expect(brake["XBRControlMode"] == 2)
    #expect(brake["XBRPriority"] == 0)
    #expect(brake["XBREBIMode"] == 3)
    #expect(body["GearCommand"] == (command.gear == .drive ? 1 : 0))
    #expect(body["TractorParkingBrakeCommand"] == (command.tractorParkingBrake ? 1 : 0))
    #expect(body["TrailerParkingBrakeCommand"] == (command.trailerParkingBrake ? 1 : 0))
    #expect(body["HazardLampsCommand"] == (command.hazardLamps ? 1 : 0))
    #expect(body["BrakeLampsCommand"] == (command.brakeLamps ? 1 : 0))
    #expect(body["HornCommand"] == (command.horn ? 1 : 0))
    // S-1: the enable must change in every frame.
    #expect(body["DynamicEnable"] == Double((index + 1) % 2))
    #expect(body["DynamicEnableReserved"] == 0)
  }
}
