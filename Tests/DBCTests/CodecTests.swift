import CAN
import DBC
import Foundation
import TestSupport
import Testing

/// A J1939 file with placeholder addresses, as such files are written.
private let truck = """
  BO_ 2348875518 TSC1: 8 A
   SG_ Speed : 8|16@1+ (0.125,0) [0|8031.875] "rpm" B
  BO_ 2566844926 CCVS1: 8 A
   SG_ Switch : 0|2@1+ (1,0) [0|3] "" B
   SG_ Speed : 8|16@1+ (0.00390625,0) [0|250.996] "km/h" B
   SG_ Set : 40|8@1+ (1,0) [0|250] "km/h" B
   SG_ Address : 48|8@1+ (1,0) [0|255] "" B
   SG_ Nibble : 56|4@1+ (1,0) [0|15] "" B
  BO_ 2550136831 Wide: 8 A
   SG_ Distance : 0|32@1+ (5,0) [0|21055406000] "m" B
  BO_ 2147483904 Plain: 2 A
   SG_ Value : 0|8@1+ (1,0) [0|0] "" B
  BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
  BA_DEF_DEF_ "VFrameFormat" "J1939PG";
  BA_ "VFrameFormat" BO_ 2147483904 1;
  """

@Suite struct CodecTests {
  private func frame(_ identifier: UInt32, _ bytes: [UInt8], extended: Bool = true) -> CANFrame {
    CANFrame(identifier: identifier, isExtended: extended, bytes: bytes)
  }

  private let eight = [UInt8](repeating: 0, count: 8)

  @Test("J1939 messages match with priority and addresses masked, others exactly")
  func matching() throws {
    let database = try parse(truck)
    func name(_ identifier: UInt32) -> String? {
      guard case .message(let index) = database.match(frame(identifier, eight)) else { return nil }
      return database.messages[index].name
    }
    #expect(name(0x18FE_F100) == "CCVS1" && name(0x0CFE_F131) == "CCVS1")
    #expect(name(0x18FE_F200) == nil && name(0x19FE_F100) == nil)
    #expect(name(0x0C00_0003) == "TSC1" && name(0x0C00_1027) == "TSC1")
    #expect(name(0x0000_0100) == "Plain" && name(0x0400_0100) == "TSC1")
    #expect(name(0x0C01_0003) == nil)
    #expect(database.match(frame(0x100, eight, extended: false)) == .unknownIdentifier)
  }

  @Test("an exact identifier goes before the parameter group")
  func exactFirst() throws {
    let database = try parse(
      truck + "\nBO_ 2348814375 ToRetarder: 8 A\n SG_ T : 0|8@1+ (1,0) [0|0] \"\" B\n")
    #expect(database.match(frame(0x0C00_1027, eight)) == .message(4))
    #expect(database.match(frame(0x0C00_1003, eight)) == .message(0))
  }

  @Test("each frame that is not decoded has its reason")
  func reasons() throws {
    let database = try parse(truck)
    func reason(_ frame: CANFrame) -> String {
      database.reason(database.match(frame), frame) ?? "decoded"
    }
    #expect(reason(frame(0x18FE_F100, eight)) == "decoded")
    #expect(reason(frame(0x18FE_F100, [1, 2])).contains("2 bytes, message CCVS1 has 8"))
    #expect(reason(frame(0x18FE_F200, eight)).contains("parameter group 65266"))
    #expect(reason(frame(0x100, eight, extended: false)).contains("29 bits, the frame with 11"))
    #expect(reason(frame(0x1800_0101, eight)) == "decoded")
    var remote = frame(0x18FE_F100, [])
    remote.isRemote = true
    #expect(reason(remote).contains("remote"))
    var error = frame(4, eight)
    error.isError = true
    #expect(reason(error).contains("error frame"))
    let unmarked = try parse("BO_ 2566844926 CCVS1: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" B")
    let speed = frame(0x18FE_F100, eight)
    #expect(
      unmarked.reason(unmarked.match(speed), speed)?.contains("not marked as J1939") == true)
    let told = try DBCDatabase(
      bytes: [UInt8]("BO_ 2566844926 CCVS1: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" B".utf8),
      file: "x", extendedIsJ1939: true)
    #expect(told.match(speed) == .message(0))
  }

  @Test(
    "J1939 codes are no values",
    arguments: [
      (0x02, 0x0000, 0x00, DBCSignalState.error, DBCSignalState.value, DBCSignalState.value),
      (0x03, 0xFFFF, 0xFF, .notAvailable, .notAvailable, .notAvailable),
      (0x01, 0xFE00, 0xFE, .value, .error, .error),
      (0x01, 0xFEFF, 0xFD, .value, .error, .reserved),
      (0x01, 0xFF00, 0xFB, .value, .notAvailable, .reserved),
      (0x01, 0xFAFF, 0xFA, .value, .value, .value),
      (0x01, 0xFB00, 0xFA, .value, .reserved, .value),
    ])
  func codes(
    two: Int, sixteen: Int, eightBits: Int, a: DBCSignalState, b: DBCSignalState, c: DBCSignalState
  ) throws {
    let database = try parse(truck)
    let values = decodeAll(
      database, 1,
      [
        UInt8(two), UInt8(sixteen & 0xFF), UInt8(sixteen >> 8), 0, 0, UInt8(eightBits), 0xFC, 0x0F,
      ])
    #expect(values.map(\.state) == [a, b, c, .value, .value])
    for value in values { #expect(value.physical.isNaN == (value.state != .value)) }
    #expect(values[0].raw == Int64(two) && values[1].raw == Int64(sixteen))
    let wide = decodeAll(database, 2, [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0])
    #expect(wide[0].state == .notAvailable)
    let plain = decodeAll(database, 3, [0xFF, 0])
    #expect(plain[0].state == .value && plain[0].physical == 255)
  }

  @Test("a misfit signal that was loaded leniently is absent, not zero")
  func lenientMisfit() throws {
    let database = try parse(
      "BO_ 1 M: 1 A\n SG_ S : 8|1@1+ (1,0) [0|0] \"\" A\n SG_ T : 0|8@1+ (1,0) [0|0] \"\" A",
      lenient: true)
    let values = decodeAll(database, 0, [7])
    #expect(values.map(\.state) == [.absent, .value] && values[1].physical == 7)
  }

  @Test(
    "nested multiplexers show what their values select",
    .enabled(if: sharedData("data/cantools-dbc") != nil, "no shared DBC files"))
  func nestedMultiplexing() throws {
    let path = try #require(sharedData("data/cantools-dbc/multiplex_2.dbc"))
    let database = try load(path)
    let index = try #require(database.messages.firstIndex { $0.name == "Extended" })
    let names = database.messages[index].signals.map(\.name)
    func present(_ payload: [UInt8]) -> Set<String> {
      let states = decodeAll(database, index, payload).map(\.state)
      return Set(zip(names, states).filter { $0.1 != .absent }.map(\.0))
    }
    #expect(present([0, 0, 0, 0, 2, 0, 0, 0]) == ["S0", "S1", "S2", "S3", "S6", "S8"])
    #expect(present([0x20, 0, 0, 0, 1, 0, 0, 0]) == ["S0", "S1", "S4", "S6", "S7"])
    #expect(present([0x21, 0, 0, 0, 0, 0, 0, 0]) == ["S0", "S5", "S6"])
    #expect(present([0x0F, 0, 0, 0, 0, 0, 0, 0]) == ["S0", "S6"])
  }

  @Test("encoding refuses what does not fit, is missing, or is left out")
  func encodeErrors() throws {
    let database = try parse(
      """
      BO_ 1 M: 3 A
       SG_ X M : 0|8@1+ (1,0) [0|3] "" A
       SG_ A m0 : 8|8@1- (0.5,0) [0|0] "" A
       SG_ B m1 : 8|8@1+ (1,0) [0|100] "" A
      VAL_ 1 B 255 "none" ;
      """)
    let message = database.messages[0]
    func reason(_ values: [String: DBCQuantity]) -> String {
      do throws(DBCEncodeError) {
        return "\(try message.encode(values, paddingOnes: true))"
      } catch { return error.description }
    }
    #expect(reason(["X": .integer(0), "A": .real(-64)]) == "[0, 128, 255]")
    #expect(reason(["X": .integer(0), "A": .real(-64.5)]).contains("-128 to 127 fit in 8 bits"))
    #expect(reason(["X": .integer(0)]).contains("signal A: no value"))
    #expect(reason(["X": .integer(4)]).contains("above the maximum 3"))
    #expect(reason(["X": .integer(1), "B": .real(101)]).contains("above the maximum 100"))
    #expect(reason(["X": .integer(1), "B": .integer(255)]) == "[1, 255, 255]")
    #expect(reason(["X": .integer(1), "B": .real(.nan)]).contains("not a finite number"))
    #expect(reason(["X": .integer(1), "B": .real(1), "A": .real(1)]).contains("leaves it out"))
    #expect(reason(["X": .integer(1), "B": .real(1), "Q": .real(1)]).contains("no such signal"))
  }

  /// Issue item: decoding allocates nothing per frame once loaded.
  @Test(
    "decoding makes no heap call, and the count can fail",
    .enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"))
  func heapFree() throws {
    var databases = [
      try parse(truck),
      try parse(
        """
        BO_ 1 Mixed: 16 A
         SG_ X M : 0|4@1+ (1,0) [0|0] "" A
         SG_ A m0 : 7|16@0- (0.5,1) [0|0] "" A
         SG_ B m15 : 28|40@1- (3,0) [0|0] "" A
         SG_ C : 64|32@1- (1,0) [0|0] "" A
         SG_ D : 96|16@1- (1,0) [0|0] "" A
        SIG_VALTYPE_ 1 C : 1;
        SIG_VALTYPE_ 1 D : 1;
        """, lenient: true),
    ]
    if let folder = sharedData("data/cantools-dbc") {
      databases += [try load(folder + "/multiplex_2.dbc"), try load(folder + "/motohawk.dbc")]
    }
    let speed = frame(0x18FE_F100, [0xFF, 0x34, 0x17, 0xFC, 0xFF, 0x68, 0, 0xCF])
    for database in databases {
      var values = [DBCValue](repeating: .absent, count: database.codec.largestSignalCount)
      var decoded = 0
      let calls = heapCalls {
        var span = values.mutableSpan
        for _ in 0..<100 {
          _ = database.match(speed)
          for index in 0..<database.messages.count {
            decoded += database.codec.decode(index, speed.words.span, into: &span)
          }
        }
      }
      #expect(calls == 0 && decoded > 0)
    }
    var sink: [UInt8] = []
    #expect(heapCalls { sink = speed.bytes } > 0 && sink.count == 8)
  }
}
