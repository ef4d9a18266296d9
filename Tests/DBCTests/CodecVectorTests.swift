import DBC
import Testing

/// Bits worked out by hand, so that the codec is held to them where no reference decoder is at hand.
@Suite struct CodecVectorTests {
  private func values(_ signals: String, _ payload: [UInt8]) throws -> [Double] {
    let database = try parse("BO_ 1 M: \(payload.count) A\n" + signals)
    return decodeAll(database, 0, payload).map { $0.state == .absent ? -999 : $0.physical }
  }

  @Test("byte order, sign, scale and words")
  func bits() throws {
    let payload: [UInt8] = [
      0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0, 0x01, 0xFF, 0, 0, 0, 0, 0, 0,
    ]
    let decoded = try values(
      """
       SG_ LittleWord : 0|16@1+ (1,0) [0|0] "" A
       SG_ BigWord : 23|16@0+ (1,0) [0|0] "" A
       SG_ LittleSigned : 32|4@1- (2,1) [0|0] "" A
       SG_ BigSigned : 39|4@0- (0.5,-1) [0|0] "" A
       SG_ LittleAcross : 60|8@1+ (1,0) [0|0] "" A
      """, payload)
    #expect(decoded == [0x3412, 0x5678, -11, -4.5, 0x1F])
    let across = try values(" SG_ Big : 63|12@0- (1,0) [0|0] \"\" A\n", payload)
    #expect(across == [-256])
    let wide = try values(
      " SG_ Little : 4|64@1+ (1,0) [0|0] \"\" A\n",
      [0xF0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])
    #expect(wide == [0x1p64])
    let big = try values(
      " SG_ Big : 3|64@0- (1,0) [0|0] \"\" A\n",
      [0x0F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xE0])
    #expect(big == [-2])
  }

  @Test("floats of both byte orders")
  func floats() throws {
    let decoded = try values(
      """
       SG_ Single : 0|32@1- (2,1) [0|0] "" A
       SG_ Double : 39|64@0- (1,0) [0|0] "" A
      SIG_VALTYPE_ 1 Single : 1;
      SIG_VALTYPE_ 1 Double : 2;
      """, [0, 0, 0xC0, 0x3F, 0xC0, 0x09, 0x21, 0xFB, 0x54, 0x44, 0x2D, 0x18])
    #expect(decoded == [4, -3.141592653589793])
  }

  @Test("ranges and nested multiplexers select signals")
  func multiplexing() throws {
    let database = try parse(
      """
      BO_ 1 M: 4 A
       SG_ Outer M : 0|4@1+ (1,0) [0|0] "" A
       SG_ Inner m2M : 4|4@1+ (1,0) [0|0] "" A
       SG_ Ranged m5 : 8|8@1+ (1,0) [0|0] "" A
       SG_ Deep m1 : 16|8@1+ (1,0) [0|0] "" A
      SG_MUL_VAL_ 1 Inner Outer 2-2;
      SG_MUL_VAL_ 1 Ranged Outer 5-6, 9-9;
      SG_MUL_VAL_ 1 Deep Inner 1-1, 3-4;
      """)
    func present(_ first: UInt8) -> String {
      let states = decodeAll(database, 0, [first, 7, 8, 9]).map(\.state)
      return String(zip("OIRD", states).filter { $0.1 != .absent }.map(\.0))
    }
    #expect(present(0x02) == "OI" && present(0x12) == "OID" && present(0x32) == "OID")
    #expect(present(0x42) == "OID" && present(0x22) == "OI" && present(0x11) == "O")
    #expect(present(0x05) == "OR" && present(0x06) == "OR" && present(0x07) == "O")
    #expect(present(0x09) == "OR" && present(0x04) == "O" && present(0x1A) == "O")
    let message = database.messages[0]
    let payload = try message.encode([
      "Outer": .integer(2), "Inner": .integer(3), "Deep": .integer(200),
    ])
    #expect(payload == [0x32, 0, 200, 0])
  }

  @Test("rounding is half to even")
  func rounding() throws {
    let database = try parse("BO_ 1 M: 1 A\n SG_ S : 0|8@1+ (0.5,0) [0|0] \"\" A\n")
    let raws = try [0.25, 0.75, 1.25, 1.26, 1.24].map {
      try database.messages[0].encode(["S": .real($0)])[0]
    }
    #expect(raws == [0, 2, 2, 3, 2])
  }
}
