import CAN
import DBC
import Foundation
import J1939
import TestSupport
import Testing

/// The facts of can-gnss.md section 9 about the recorded truck.
@Suite(.enabled(if: sharedData("data/truck-sentry") != nil, "no shared recordings"))
struct RecordedTruckTests {
  private static let database = """
    VERSION ""
    BU_: Vector__XXX
    BO_ 2348875518 TSC1: 8 Vector__XXX
     SG_ Mode : 0|2@1+ (1,0) [0|3] "" Vector__XXX
     SG_ Speed : 8|16@1+ (0.125,0) [0|8031.875] "rpm" Vector__XXX
     SG_ Torque : 24|8@1+ (1,-125) [-125|125] "%" Vector__XXX
    BO_ 2364540158 EEC1: 8 Vector__XXX
     SG_ EngineSpeed : 24|16@1+ (0.125,0) [0|8031.875] "rpm" Vector__XXX
    BO_ 2566844926 CCVS1: 8 Vector__XXX
     SG_ WheelBasedVehicleSpeed : 8|16@1+ (0.00390625,0) [0|250.996] "km/h" Vector__XXX
     SG_ BrakeSwitch : 28|2@1+ (1,0) [0|3] "" Vector__XXX
    BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
    BA_DEF_DEF_ "VFrameFormat" "J1939PG";
    """

  private func replay(
    _ name: String, _ body: (CANLogRecord, inout J1939SignalStore, DBCMatch) -> Void
  ) throws {
    let path = (sharedData("data/truck-sentry") ?? "") + "/\(name).log"
    var reader = try CANLogReader(
      bytes: [UInt8](try Data(contentsOf: URL(filePath: path))), name: name)
    let database = try DBCDatabase(bytes: [UInt8](Self.database.utf8), file: "truck.dbc")
    var store = J1939SignalStore(database: database)
    while let record = try reader.next() {
      let match = store.receive(record.frame, at: record.nanoseconds)
      body(record, &store, match)
    }
  }

  @Test("normal.log: speeds of the engine, none of the cab controller, engine speed")
  func normal() throws {
    var speeds: [(time: Int64, speed: Double)] = []
    var engine: [Double] = []
    var firstBytes: [UInt8] = []
    var cabStates: [DBCSignalState] = []
    var brakeStates: Set<DBCSignalState> = []
    try replay("normal") { record, store, _ in
      switch record.frame.identifier {
      case 0x18FE_F100:
        let speed = store.value("CCVS1", "WheelBasedVehicleSpeed", source: 0)
        speeds.append((record.nanoseconds, speed?.physical ?? .nan))
        if firstBytes.isEmpty { firstBytes = record.frame.bytes }
        brakeStates.insert(store.value("CCVS1", "BrakeSwitch", source: 0)?.state ?? .absent)
      case 0x18FE_F131:
        cabStates.append(
          store.value("CCVS1", "WheelBasedVehicleSpeed", source: 0x31)?.state ?? .absent)
      case 0x0CF0_0400:
        engine.append(store.value("EEC1", "EngineSpeed", source: 0)?.physical ?? .nan)
      default: break
      }
    }
    #expect(speeds.count == 300 && cabStates.count == 300)
    #expect(cabStates.allSatisfy { $0 == .notAvailable })
    #expect(brakeStates == [.notAvailable])
    #expect(firstBytes == [0xFF, 0x34, 0x17, 0xFC, 0xFF, 0x68, 0x00, 0xCF])
    #expect(speeds.first?.time == 11_063_000 && speeds.first?.speed == 23.203125)
    #expect(speeds.last?.time == 29_915_046_000 && speeds.last?.speed == 54.390625)
    #expect(speeds.map(\.speed).max() == 54.90625)
    #expect(engine.count == 1_499)
    #expect(engine.min() == 1_147.25 && engine.max() == 1_786.125)
  }

  @Test("normal.log: 44 whole broadcasts, the first DM1 with its codes, no broken one")
  func broadcasts() throws {
    var transport = J1939Transport()
    var first: J1939Transfer?
    var payload: [UInt8] = []
    try replay("normal") { record, _, _ in
      guard
        case .completed(let transfer)? = transport.receive(record.frame, at: record.nanoseconds),
        transfer.parameterGroup == J1939Group.activeTroubleCodes, first == nil
      else { return }
      first = transfer
      payload = transport.payload(of: transfer)
    }
    #expect(transport.completed == 44 && transport.failed == 0 && transport.open == 0)
    #expect(first?.startedAt == 196_107_000 && first?.source == 0)
    // 43FFBF00090854000908ED141F01
    #expect(
      payload == [
        0x43, 0xFF, 0xBF, 0x00, 0x09, 0x08, 0x54, 0x00, 0x09, 0x08, 0xED, 0x14, 0x1F, 0x01,
      ])
    let message = DiagnosticMessage(payload)
    #expect(message?.troubles.map(\.suspectParameterNumber) == [191, 84, 5357])
    #expect(message?.troubles.map(\.failureMode) == [9, 9, 31])
    #expect(message?.troubles.map(\.occurrences) == [8, 8, 1])
  }

  @Test("normal.log: the transmission's TSC1")
  func torqueSpeedControl() throws {
    var times: [Int64] = []
    var identifiers: Set<UInt32> = []
    var lastBytes: Set<UInt8> = []
    var first: [Double] = []
    var firstBytes: [UInt8] = []
    try replay("normal") { record, store, match in
      guard case .message(let index) = match, store.database.messages[index].name == "TSC1" else {
        return
      }
      times.append(record.nanoseconds)
      identifiers.insert(record.frame.identifier)
      lastBytes.insert(record.frame[7])
      guard first.isEmpty, let row = store.row("TSC1", source: 3, destination: 0) else { return }
      first = row.values.map(\.physical)
      firstBytes = record.frame.bytes
      #expect(row.values[0].raw == 3)
    }
    #expect(times.count == 258 && times.first == 4_778_280_000)
    #expect(firstBytes == [0xEB, 0xFF, 0xFA, 0xDF, 0xFF, 0xF1, 0xFF, 0xFF])
    #expect(identifiers == [0x0C00_0003] && lastBytes == [0xFF])
    // Mode 3 is an ordinary value of this field to the sender and "not available" by J1939's rule.
    #expect(first.dropFirst() == [8_031.875, 98])
  }

  @Test("address_claim.log: a forged claim silences the engine, the others go on")
  func addressClaim() throws {
    var claims: [(time: Int64, source: UInt8, name: J1939Name?)] = []
    var afterwards = 0
    var transmission: [Int64] = []
    var lastSpeed: Int64 = 0
    try replay("address_claim") { record, _, _ in
      let identifier = J1939Identifier(record.frame.identifier)
      if identifier.parameterGroup == J1939Group.addressClaimed {
        claims.append((record.nanoseconds, identifier.source, J1939Name(record.frame.bytes)))
      }
      if identifier.source == 0, record.nanoseconds > 15_600_000_000 { afterwards += 1 }
      if identifier.source == 3 { transmission.append(record.nanoseconds) }
      if identifier.identifier == 0x0CF0_0400 { lastSpeed = record.nanoseconds }
    }
    #expect(claims.first?.source == 0 && claims.first?.name == J1939Name(0))
    let engine = claims.first { $0.source == J1939Identifier.nullAddress }?.name
    #expect(engine?.identity == 964_852 && engine?.manufacturer == 10)
    #expect(engine?.function == 0 && engine?.industryGroup == 0)
    #expect(engine?.isArbitraryAddressCapable == false)
    // Section 1.2: the claim at 15.498 s, the engine's answer at 15.513 s, its last speed before both.
    #expect(claims.prefix(2).map { ($0.time + 500_000) / 1_000_000 } == [15_498, 15_513])
    #expect((lastSpeed + 500_000) / 1_000_000 == 15_489)
    #expect(afterwards == 0 && transmission.count == 5_723)
    #expect((29_980...29_990).contains((transmission.last ?? 0) / 1_000_000))
  }

  @Test("dos_full.log: the engine is starved for 7.843 s; the flood is no TSC1")
  func starvation() throws {
    var last: Int64?
    var longest: (gap: Int64, from: Int64) = (0, 0)
    var short = 0
    try replay("dos_full") { record, _, match in
      if record.frame.identifier == 0, case .short = match { short += 1 }
      guard record.frame.identifier == 0x0CF0_0400 else { return }
      if let last, record.nanoseconds - last > longest.gap {
        longest = (record.nanoseconds - last, last)
      }
      last = record.nanoseconds
    }
    #expect(longest.gap / 1_000_000 == 7_843 && longest.from / 1_000_000 == 16_532)
    #expect(short == 19_352)
  }
}
