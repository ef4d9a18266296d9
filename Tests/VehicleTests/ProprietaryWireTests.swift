import Foundation
import Signals
import TestSupport
import Testing
import Units
import Vehicle
import WireCodec

/// The two proprietary platforms against cantools: the same numbers from its encoder and decoder as
/// from the tables that the profiles compile to.
@Suite(
  .enabled(if: referencePython != nil, "needs Python with cantools (TULPAR_PYTHON or .venv)"))
struct ProprietaryWires {
  private static let script = repository + "/Tests/VehicleTests/proprietary_by_cantools.py"

  struct Platform: Sendable, CustomTestStringConvertible {
    let name: String
    /// The node that is not ours.
    let node: String
    let isExtended: Bool
    /// Channel, message, signal, and what the physical value is multiplied by.
    let values: [(SignalChannel, String, String, Double)]
    /// Channel, message, signal, and what its raw codes stand for.
    let codes: [(SignalChannel, String, String, [Int: Double])]
    var testDescription: String { name }
    var folder: String { repository + "/hw-profiles/" + name }
    var database: String { folder + "/" + name + ".dbc" }
  }

  private struct Line: Decodable {
    var message: String
    var id: UInt32
    var data: String
    var values: [String: Double]
    var raw: [String: Double]
    var sealed: Bool?
  }

  private func lines(_ arguments: [String]) throws -> [Line] {
    let decoder = JSONDecoder()
    return try runPython([Self.script] + arguments).split(separator: "\n").map {
      try decoder.decode(Line.self, from: Data($0.utf8))
    }
  }

  private static func payload(_ digits: String) -> (InlineArray<8, UInt64>, UInt8) {
    var words = InlineArray<8, UInt64>(repeating: 0)
    let digits = Array(digits)
    for i in 0..<(digits.count / 2) {
      let byte = UInt64(String(digits[(2 * i)...(2 * i + 1)]), radix: 16) ?? 0
      words[i / 8] |= byte << UInt64(8 * (i % 8))
    }
    return (words, UInt8(digits.count / 2))
  }

  @Test(arguments: Platform.all)
  func decodesWhatCantoolsEncodes(platform: Platform) throws {
    let frames = try #require(readProfile(of: platform.folder).profile).frames
    #expect(frames.fieldCount == platform.values.count + platform.codes.count)
    var decoder = FrameDecoder()
    var store = SignalStore()
    var compared = 0
    for line in try lines(["encode", platform.database, platform.node, "5", "45"]) {
      var frame = ReceivedFrame()
      frame.identifier = line.id
      frame.isExtended = platform.isExtended
      (frame.words, frame.length) = Self.payload(line.data)
      let row = decoder.decode(frame, table: frames, into: &store)
      #expect(row >= 0 && decoder.rows[max(row, 0)].badChecksums == 0, "\(line.message)")
      for (channel, message, signal, factor) in platform.values where message == line.message {
        let expected = try #require(line.values[signal]) * factor
        #expect(store[channel].state == .valid, "\(channel) \(line)")
        #expect(
          (store[channel].value - expected).magnitude <= 1e-9 * max(1, expected.magnitude),
          "\(channel)")
        compared += 1
      }
      for (channel, message, signal, codes) in platform.codes where message == line.message {
        let raw = Int(try #require(line.raw[signal]))
        if let meaning = codes[raw] {
          #expect(store[channel].state == .valid && store[channel].value == meaning, "\(channel)")
        } else {
          #expect(store[channel].state == .notAvailable, "\(channel) \(raw)")
        }
        compared += 1
      }
    }
    #expect(compared == 45 * frames.fieldCount)
  }

  @Test(arguments: Platform.all)
  func encodesWhatCantoolsDecodes(platform: Platform) throws {
    let profile = try #require(readProfile(of: platform.folder).profile)
    let frames = profile.frames
    var encoder = FrameEncoder()
    var random = SeededGenerator(seed: 9)
    var commands: [Command] = []
    var text = ""
    for _ in 0..<60 {
      let command = randomCommand(&random)
      commands.append(command)
      let values = CommandValues(command, geometry: SteeringGeometry(profile.parameters))
      for row in 0..<frames.transmitCount {
        let frame = encoder.encode(row, table: frames, values: values, enable: true)
        let bytes = (0..<Int(frame.length)).map {
          frame.words[$0 / 8] >> UInt64(8 * ($0 % 8)) & 0xFF
        }
        text += String(frame.identifier, radix: 16) + " "
        text += bytes.map { String(format: "%02x", $0) }.joined() + "\n"
      }
    }
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).txt")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let decoded = try lines(["decode", platform.database, file.path])
    #expect(decoded.count == 60 * frames.transmitCount)
    #expect(decoded.allSatisfy { $0.sealed == true })
    for (index, command) in commands.enumerated() {
      let sent = decoded[(index * frames.transmitCount)..<((index + 1) * frames.transmitCount)]
      var values: [String: Double] = [:]
      for line in sent {
        let modulus = platform.name == "border-agv" ? 255 : 15
        #expect(line.raw["AliveCounter"] == Double(index % modulus))
        values.merge(line.values) { _, new in new }
      }
      if platform.name == "border-agv" {
        compareCarrier(command, values, index)
      } else {
        compareYard(command, values, index)
      }
    }
  }

  private func randomCommand(_ random: inout SeededGenerator) -> Command {
    var command = Command()
    command.curvature = Curvature(.random(in: -0.3...0.3, using: &random))
    command.steeringEngaged = .random(using: &random)
    command.driveTorque = Fraction(.random(in: 0.001...1, using: &random))
    command.brakeDeceleration = MetresPerSecondSquared(.random(in: 0.001...12, using: &random))
    command.retarderTorque = Fraction(.random(in: 0.001...1, using: &random))
    if .random(using: &random) { command.driveTorque = .zero }
    if .random(using: &random) { command.brakeDeceleration = .zero }
    command.gear = .random(using: &random) ? .drive : .neutral
    command.tractorParkingBrake = .random(using: &random)
    command.trailerParkingBrake = .random(using: &random)
    command.hazardLamps = .random(using: &random)
    command.brakeLamps = .random(using: &random)
    command.horn = .random(using: &random)
    return command
  }

  private func near(_ value: Double?, _ expected: Double, _ step: Double) {
    #expect(((value ?? .nan) - expected).magnitude <= step / 2 + 1e-9)
  }

  private func compareYard(_ command: Command, _ values: [String: Double], _ index: Int) {
    func code(_ isOn: Bool) -> Double { isOn ? 2 : 1 }
    near(values["DriveTorqueRequest"], command.driveTorque.value * 100, 0.05)
    #expect(values["AccelerationEnable"] == code(command.driveTorque > .zero))
    near(values["DecelerationRequest"], min(command.brakeDeceleration.value, 10), 0.005)
    #expect(values["BrakeEnable"] == code(command.brakeDeceleration > .zero))
    // libm's arctangent, the wheelbase and the stop of the profile; to the right.
    let angle = min(max(atan(2.95 * command.curvature.value), -0.65), 0.65)
    near(values["RoadWheelAngleRequest"], -angle * 180 / .pi, 0.01)
    #expect(values["SteeringEnable"] == code(command.steeringEngaged))
    #expect(values["GearRequest"] == (command.gear == .drive ? 4 : 3))
    #expect(values["ParkingBrakeRequest"] == code(command.tractorParkingBrake))
    #expect(values["TrailerBrakeRequest"] == code(command.trailerParkingBrake))
    #expect(values["HazardLampRequest"] == code(command.hazardLamps))
    #expect(values["BrakeLampRequest"] == code(command.brakeLamps))
    #expect(values["HornRequest"] == code(command.horn))
    #expect(values["DynamicEnable"] == Double((index + 1) % 2))
  }

  private func compareCarrier(_ command: Command, _ values: [String: Double], _ index: Int) {
    func code(_ isOn: Bool) -> Double { isOn ? 1 : 0 }
    near(values["DriveTorque"], command.driveTorque.value * 100, 0.01)
    #expect(values["DriveMode"] == (command.driveTorque > .zero ? 3 : 0))
    near(values["BrakeDeceleration"], command.brakeDeceleration.value, 0.001)
    #expect(values["BrakeMode"] == (command.brakeDeceleration > .zero ? 2 : 1))
    near(values["RegenerationTorque"], command.retarderTorque.value * 100, 0.01)
    #expect(values["RegenerationMode"] == 1)
    let angle = min(max(atan(8.4 * command.curvature.value), -0.5), 0.5)
    near(values["FrontAxleAngle"], angle, 0.000_001)
    // All-wheel steering is off: the first axle alone, the rear ones straight.
    #expect(values["RearAxleAngle"] == 0 && values["SteeringMode"] == 1)
    #expect(values["SteeringEnable"] == code(command.steeringEngaged))
    #expect(values["GearRequest"] == (command.gear == .drive ? 2 : 1))
    #expect(values["ParkingBrakeRequest"] == code(command.tractorParkingBrake))
    #expect(values["HazardLampRequest"] == code(command.hazardLamps))
    #expect(values["BrakeLampRequest"] == code(command.brakeLamps))
    #expect(values["HornRequest"] == code(command.horn))
    #expect(values["DynamicEnable"] == Double((index + 1) % 2))
  }
}
