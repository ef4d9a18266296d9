import CAN
import DriveConfiguration
import Foundation
import Plant
import Records
import Signals
import TestSupport
import Testing
import Units
import Vehicle

private let repository = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path
private let number = "WTULPAR0000000042"

/// S-25 on trucks that J1939 does not speak of: who is who, from messages of the maker's own.
@Suite struct IdentityOfAnyWire {
  @Test func twoTextsOfOneMessageAreBothRead() {
    var brakes = IdentitySource()
    brakes.address = 1
    brakes.identifier = 0x300
    brakes.textBytes = [6, 7]
    var truck = IdentitySource()
    truck.identifier = 0x300
    truck.textBytes = [0, 1, 2, 3, 4, 5]
    var watch = IdentityWatch(buses: ["can0"], sources: [brakes, truck])
    let frame = CANFrame(identifier: 0x300, isExtended: false, bytes: Array("TRUCK1AB".utf8))
    watch.receive(frame, bus: 0, at: 0)
    #expect(watch.vehicleNumber == "TRUCK1")
  }

  private func profile(_ name: String) throws -> VehicleProfile {
    let findings = Findings()
    let folder = repository + "/hw-profiles/" + name
    return try #require(
      VehicleProfile.load(folder: folder, findings: findings), "\(findings.errors)")
  }

  private func record(vehicle: String = number, part: String = "EBS 7.2") throws
    -> CommissioningRecord
  {
    let steps = CommissioningRecord.Step.allCases.map {
      "\"step.\($0.rawValue)\": \"passed 0.012 rad +- 0.002 rad; at 2026-11-21T05:40:00Z; by A. Akhmetova\""
    }
    let members = [
      "\"format\": \"2\"", "\"computer\": \"c0ffee\"", "\"profile\": \"p\"",
      "\"profile_hash\": \"1\"", "\"person\": \"x\"",
      "\"date\": \"2026-11-22\"", "\"vin\": \"\(vehicle)\"",
      "\"component.brakes\": \"can0 0x01 software \(part)\"",
    ]
    return try CommissioningRecord(Array("{\((members + steps).joined(separator: ","))}".utf8))
  }

  /// What the simulated truck tells on that wire, whose layout is written a second time there.
  private func frames(
    _ wire: TruckWire, vehicle: String = number, part: String = "EBS 7.2", seconds: Int = 2
  ) -> [CANFrame] {
    var settings = TruckSettings()
    settings.wire = wire
    settings.vehicleNumber = vehicle
    settings.brakePart = part
    var truck = Truck(
      parameters: VehicleParameters(), settings: settings, seed: 1, start: TruckStart())
    truck.step(milliseconds: 1_000 * seconds)
    return truck.sent
  }

  private func watch(_ name: String, _ frames: [CANFrame]) throws -> IdentityWatch {
    var watch = IdentityWatch(buses: ["can0"], sources: try profile(name).identity)
    for frame in frames { watch.receive(frame, bus: 0, at: 0) }
    return watch
  }

  private static let wires: [(String, TruckWire)] = [
    ("yard-tractor-dbw", .yardTractor), ("border-agv", .borderCarrier),
  ]

  @Test(arguments: wires)
  func theCommissionedTruckIsRecognised(_ name: String, _ wire: TruckWire) throws {
    let watch = try watch(name, frames(wire))
    #expect(watch.vehicleNumber == number)
    #expect(watch.vehicle(against: try record()) == .matches)
    #expect(watch.components(against: try record()) == .matches)
  }

  @Test(arguments: wires)
  func anotherTruckOrPartDiffers(_ name: String, _ wire: TruckWire) throws {
    let watch = try watch(name, frames(wire, vehicle: "WTULPAR0000000043", part: "EBS 7.3"))
    #expect(watch.vehicle(against: try record()) == .differs)
    #expect(watch.components(against: try record()) == .differs)
  }

  /// Two trucks' gateways on one bus are nobody.
  @Test(arguments: wires)
  func twoNumbersDiffer(_ name: String, _ wire: TruckWire) throws {
    let both = frames(wire) + frames(wire, vehicle: "WTULPAR0000000043")
    #expect(try watch(name, both).vehicle(against: try record()) == .differs)
  }

  /// A text is known when each part of it was seen, in whatever order.
  @Test func aPartThatIsMissingLeavesItUnknown() throws {
    let parts = frames(.yardTractor).filter { $0.identifier == 0x20A }
    func part(_ frame: CANFrame) -> UInt8 { frame.bytes[1] & 15 }
    for missing in 0..<UInt8(3) {
      let rest = parts.filter { part($0) != missing }
      #expect(try watch("yard-tractor-dbw", rest).vehicleNumber == nil)
    }
    let backwards = parts.sorted { part($0) > part($1) }
    #expect(try watch("yard-tractor-dbw", backwards).vehicleNumber == number)
  }

  /// A text as long as its parts ends with a part that holds nothing.
  @Test func aTextThatFillsItsPartsIsReadWhole() throws {
    let watch = try watch("yard-tractor-dbw", frames(.yardTractor, part: "ABCDEF123456"))
    #expect(watch.components(against: try record(part: "ABCDEF123456")) == .matches)
  }

  @Test func frozenZeroOrForeignFramesTellNothing() throws {
    let empty = CANFrame(
      identifier: 0x20A, isExtended: false, bytes: [UInt8](repeating: 0, count: 8))
    let short = CANFrame(identifier: 0x20A, isExtended: false, bytes: [0, 0, 65])
    #expect(try watch("yard-tractor-dbw", [short]).vehicleNumber == nil)
    #expect(try watch("yard-tractor-dbw", [empty]).vehicle(against: try record()) != .matches)
    var elsewhere = IdentityWatch(
      buses: ["can0", "can1"], sources: try profile("yard-tractor-dbw").identity)
    for frame in frames(.yardTractor) { elsewhere.receive(frame, bus: 1, at: 0) }
    #expect(elsewhere.vehicleNumber == nil)
  }
}
