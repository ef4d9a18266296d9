import CAN
import Records
import Signals
import Testing

private let steps = CommissioningRecord.Step.allCases.map {
  "\"step.\($0.rawValue)\": \"passed 0.012 rad +- 0.002 rad; at 2026-11-21T05:40:00Z; by A. Akhmetova\""
}

private func text(_ changes: [String: String?] = [:], steps: [String] = steps) -> [UInt8] {
  var members: [String: String?] = [
    "format": "2", "computer": "42", "profile": "j1939-tractor-semitrailer",
    "profile_hash": "8f3c01",
    "vin": "WTULPAR0000000001", "person": "A. Akhmetova", "date": "2026-11-21",
    "component.brakes": "can0 0x0B name 0x8000A40B12345678 software EBS 7.2",
    "component.engine": "can0 0x00 name 0x1",
  ]
  members.merge(changes) { $1 }
  let pairs = members.compactMap { key, value in value.map { "\"\(key)\": \"\($0)\"" } }
  return Array("{\((pairs.sorted() + steps).joined(separator: ",\n"))}".utf8)
}

/// S-25: the record that arming needs, complete and of this truck.
@Suite struct Commissioning {
  @Test func aCompleteRecordOfThisProfileCounts() throws {
    let record = try CommissioningRecord(text())
    #expect(record.state(profileHash: 0x8F3C01, computer: 0x42) == .valid)
    #expect(record.components.count == 2)
    #expect(record.components[0].name == 0x8000_A40B_1234_5678)
    #expect(record.components[0].software == "EBS 7.2")
    #expect(record.vehicleNumber == "WTULPAR0000000001")
  }

  @Test func anotherProfileVoidsIt() throws {
    #expect(try CommissioningRecord(text()).state(profileHash: 0x8F3C02, computer: 0x42) == .other)
  }

  @Test(arguments: CommissioningRecord.Step.allCases)
  func eachStepIsNeeded(_ step: CommissioningRecord.Step) throws {
    let left = steps.filter { !$0.contains("step.\(step.rawValue)\"") }
    #expect(left.count == steps.count - 1)
    let record = try CommissioningRecord(text(steps: left))
    #expect(record.missingSteps == [step])
    #expect(record.state(profileHash: 0x8F3C01, computer: 0x42) == .incomplete)
    let failed = left + ["\"step.\(step.rawValue)\": \"failed brake too weak\""]
    #expect(try CommissioningRecord(text(steps: failed)).missingSteps == [step])
  }

  @Test func aRecordWithoutComponentsIsIncomplete() throws {
    let record = try CommissioningRecord(
      text(["component.brakes": nil, "component.engine": nil]))
    #expect(record.state(profileHash: 0x8F3C01, computer: 0x42) == .incomplete)
  }

  /// A measured result has a unit and an uncertainty.
  @Test func measuredResultsAreRead() throws {
    let measured = steps.map {
      $0.hasPrefix("\"step.steering_zero")
        ? "\"step.steering_zero\": \"passed 0.013 rad +- 0.002 rad; at 2026-11-21T05:40:00Z; by A\""
        : $0
    }
    #expect(try CommissioningRecord(text(steps: measured)).missingSteps.isEmpty)
  }

  @Test(arguments: [
    ("format", "1", "format: read '1', allowed is 2; commission anew"),
    ("format", nil, "format: read nothing"),
    ("person", "", "person: read ''"), ("profile_hash", "xyz", "profile_hash: read 'xyz'"),
    ("profile_hash", "11112222333344445", "1 to 16 hex digits"),
    ("vin", "WTULPAR000000000", "17 capital letters"),
    ("vin", "WTULPAR000000000O", "17 capital letters"),
    ("component.brakes", "can0", "BUS 0xADDRESS"),
    ("component.brakes", "can0 0x100", "BUS 0xADDRESS"),
    ("component.brakes", "can0 0x0B name 12", "BUS 0xADDRESS"),
    ("component.brakes", "can0 0x0B naem 0x12", "BUS 0xADDRESS"),
    ("step.steering_zero", "maybe", "passed VALUE UNIT"),
    ("step.steering_zero", "passed", "passed VALUE UNIT"),
    ("step.steering_zero", "passed 0.012 rad +- 0.002 rad; by A", "at TIME"),
    ("step.steering_zero", "passed 0.012 rad +- 0.002 rad; at 2026-11-21T05:40:00Z", "by PERSON"),
    ("step.steering_zero", "passed 0.012", "passed VALUE UNIT"),
    ("step.steering_zero", "passed 0.012 rad +- -1 rad", "passed VALUE UNIT"),
    ("step.steering_zero", "passed nan rad +- 1 rad", "passed VALUE UNIT"),
    ("step.steering_zeor", "passed", "step.steering_zeor: unknown key"),
    ("colour", "red", "colour: unknown key"),
  ])
  func whatIsNotUnderstoodIsRefusedByKeyAndValue(
    _ key: String, _ value: String?, _ message: String
  ) {
    let others = steps.filter { !$0.hasPrefix("\"\(key)\"") }
    do throws(CommissioningRecord.Problem) {
      _ = try CommissioningRecord(text([key: value], steps: others))
      Issue.record("\(key) \(value ?? "nothing") was taken")
    } catch {
      #expect(error.description.contains(message), "\(error)")
    }
  }

  @Test func anyBytesAreRefusedOrRead() {
    var random = SystemRandomNumberGenerator()
    let sound = text()
    for _ in 0..<2_000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      _ = try? CommissioningRecord(bytes)
    }
  }
}

/// S-25: who is on the bus, told by the bus alone.
@Suite struct Identity {
  private func frames(_ group: UInt32, _ source: UInt32, _ payload: [UInt8]) -> [CANFrame] {
    // J1939-21: the announcement, then packets of seven bytes, the last one filled up.
    let packets = (payload.count + 6) / 7
    var frames = [
      CANFrame(
        identifier: 0x1CEC_FF00 | source, isExtended: true,
        bytes: [
          0x20, UInt8(payload.count & 0xFF), UInt8(payload.count >> 8), UInt8(packets), 0xFF,
          UInt8(group & 0xFF), UInt8(group >> 8 & 0xFF), UInt8(group >> 16),
        ])
    ]
    for packet in 0..<packets {
      let part = payload.dropFirst(7 * packet).prefix(7)
      let filled = Array(part) + [UInt8](repeating: 0xFF, count: 7 - part.count)
      frames.append(
        CANFrame(
          identifier: 0x1CEB_FF00 | source, isExtended: true, bytes: [UInt8(packet + 1)] + filled))
    }
    return frames
  }

  private func claim(_ source: UInt32, _ name: UInt64) -> CANFrame {
    CANFrame(
      identifier: 0x18EE_FF00 | source, isExtended: true,
      bytes: (0..<8).map { UInt8(truncatingIfNeeded: name >> UInt64(8 * $0)) })
  }

  private func watch(_ frames: [CANFrame], bus: Int = 0) -> IdentityWatch {
    var watch = IdentityWatch(buses: ["can0", "can1"])
    for (index, frame) in frames.enumerated() {
      watch.receive(frame, bus: bus, at: Int64(index) * 50_000_000)
    }
    return watch
  }

  private func number(_ text: String) -> [CANFrame] { frames(65_260, 0x00, Array(text.utf8)) }

  private var sound: [CANFrame] {
    [claim(0x0B, 0x8000_A40B_1234_5678), claim(0x00, 1)]
      + frames(65_242, 0x0B, [1] + Array("EBS 7.2*".utf8)) + number("WTULPAR0000000001*")
  }

  @Test func theCommissionedTruckIsRecognised() throws {
    let record = try CommissioningRecord(text())
    let watch = watch(sound)
    #expect(watch.vehicle(against: record) == .matches)
    #expect(watch.components(against: record) == .matches)
  }

  @Test func whatNobodyToldIsUnknown() throws {
    let record = try CommissioningRecord(text())
    #expect(watch([]).vehicle(against: record) == .unknown)
    #expect(watch([]).components(against: record) == .unknown)
    #expect(watch([claim(0x0B, 0x8000_A40B_1234_5678)]).components(against: record) == .unknown)
    // On another bus it is another controller.
    #expect(watch(sound, bus: 1).components(against: record) == .unknown)
  }

  @Test func anotherTruckDiffers() throws {
    let record = try CommissioningRecord(text())
    #expect(watch(number("WTULPAR0000000002*")).vehicle(against: record) == .differs)
    // Two numbers on one bus are nobody's.
    let both = number("WTULPAR0000000001*") + number("WTULPAR0000000002*")
    #expect(watch(both).vehicle(against: record) == .differs)
  }

  private static let receiver = "u-blox at /dev/serial/by-id/7, ZED-F9P, HPG 1.32"

  /// The receiver is told by gpsd, not by a bus.
  @Test func theCommissionedReceiverIsRecognised() throws {
    let record = try CommissioningRecord(
      text(["component.gnss": "gpsd 0x0 software \(Self.receiver)"]))
    var watch = watch(sound)
    #expect(watch.components(against: record) == .unknown)
    watch.receive(receiver: Self.receiver)
    #expect(watch.components(against: record) == .matches)
    #expect(watch.replacements(against: record).isEmpty)
    let told = watch.components.filter { $0.label == "gnss" }
    #expect(told.map(\.text) == ["gpsd 0x0 software \(Self.receiver)"])
    // Where nobody noted one, any may be there.
    #expect(try watch.components(against: CommissioningRecord(text())) == .matches)
  }

  /// S-25: what is to be done again is named.
  @Test func anotherReceiverDiffers() throws {
    let arm = steps.map {
      $0.hasPrefix("\"step.lever_arm") ? $0.dropLast() + "; with brakes gnss\"" : $0
    }
    let record = try CommissioningRecord(
      text(["component.gnss": "gpsd 0x0 software \(Self.receiver)"], steps: arm))
    var watch = watch(sound)
    watch.receive(receiver: "u-blox at /dev/serial/by-id/8,  ZED-F9P, HPG 1.32")
    #expect(watch.components(against: record) == .differs)
    #expect(
      watch.replacements(against: record) == [
        "gnss is not the one that was commissioned (gpsd 0x0 software \(Self.receiver), now gpsd 0x0 "
          + "software u-blox at /dev/serial/by-id/8, ZED-F9P, HPG 1.32); to be done again: lever_arm"
      ])
  }

  @Test func aReplacedPartDiffers() throws {
    let record = try CommissioningRecord(text())
    #expect(
      watch(sound + [claim(0x0B, 0x8000_A40B_1234_5679)]).components(against: record) == .differs)
    let update = frames(65_242, 0x0B, [1] + Array("EBS 7.3*".utf8))
    #expect(watch(sound + update).components(against: record) == .differs)
  }
}
