import CAN
import J1939
import Testing

@Suite struct J1939IdentifierTests {
  @Test("a broadcast group keeps its low byte, a specific one has a destination")
  func split() {
    let speed = J1939Identifier(0x18FE_F100)
    #expect(speed.priority == 6 && speed.parameterGroup == 65265 && speed.source == 0)
    #expect(speed.destination == 255 && !speed.isDestinationSpecific)
    let torque = J1939Identifier(0x0C00_1027)
    #expect(torque.priority == 3 && torque.parameterGroup == 0 && torque.source == 0x27)
    #expect(torque.destination == 0x10 && torque.isDestinationSpecific)
    let guidance = J1939Identifier(0x0CAD_1327)
    #expect(guidance.parameterGroup == 44288 && guidance.destination == 0x13)
  }

  @Test("splitting and joining any identifier gives it back")
  func roundTrip() {
    var state: UInt32 = 7
    for _ in 0..<10_000 {
      state = state &* 1_664_525 &+ 1_013_904_223
      let identifier = state & 0x1FFF_FFFF
      #expect(J1939Identifier(identifier).identifier == identifier)
    }
  }
}

@Suite struct J1939NameTests {
  @Test("the NAME of the recorded engine has its fields; the forged zero beats it")
  func fields() throws {
    let name = try #require(J1939Name([0xF4, 0xB8, 0x4E, 0x01, 0, 0, 0, 0]))
    #expect(name.identity == 964_852 && name.manufacturer == 10 && name.function == 0)
    #expect(name.industryGroup == 0 && !name.isArbitraryAddressCapable)
    #expect(J1939Name(0) < name)
    #expect(J1939Name([1, 2, 3]) == nil)
    #expect(J1939Name(1 << 63).isArbitraryAddressCapable)
    #expect(name.payload == [0xF4, 0xB8, 0x4E, 0x01, 0, 0, 0, 0])
    let own = J1939Name(
      identity: 0x1F_FFFF, manufacturer: 0x7FF, ecuInstance: 5, functionInstance: 17,
      function: 200, vehicleSystem: 100, vehicleSystemInstance: 9, industryGroup: 1)
    #expect(own.identity == 0x1F_FFFF && own.manufacturer == 0x7FF && own.ecuInstance == 5)
    #expect(own.functionInstance == 17 && own.function == 200 && own.vehicleSystem == 100)
    #expect(own.vehicleSystemInstance == 9 && own.industryGroup == 1)
    #expect(!own.isArbitraryAddressCapable)
  }
}

@Suite struct DiagnosticMessageTests {
  @Test("a recorded DM1 has its three trouble codes")
  func recorded() throws {
    let bytes: [UInt8] = [
      0x43, 0xFF, 0xBF, 0x00, 0x09, 0x08, 0x54, 0x00, 0x09, 0x08, 0xED, 0x14, 0x1F, 0x01,
    ]
    let message = try #require(DiagnosticMessage(bytes))
    #expect(
      message.troubles == [
        DiagnosticTrouble(suspectParameterNumber: 191, failureMode: 9, occurrences: 8),
        DiagnosticTrouble(suspectParameterNumber: 84, failureMode: 9, occurrences: 8),
        DiagnosticTrouble(suspectParameterNumber: 5357, failureMode: 31, occurrences: 1),
      ])
    #expect(message.protect == .notAvailable && message.malfunctionIndicator == .on)
    #expect(message.redStop == .off)
  }

  @Test("no fault is no trouble code, in and out")
  func noFault() {
    let bytes: [UInt8] = [0, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF]
    #expect(DiagnosticMessage(bytes)?.troubles.isEmpty == true)
    #expect(DiagnosticMessage([0, 0xFF]) == nil)
    #expect(DiagnosticMessage(troubles: []).payload() == bytes)
  }

  @Test("what was decoded from the recorded truck is encoded to the same bytes")
  func encoded() throws {
    let bytes: [UInt8] = [
      0x43, 0xFF, 0xBF, 0x00, 0x09, 0x08, 0x54, 0x00, 0x09, 0x08, 0xED, 0x14, 0x1F, 0x01,
    ]
    #expect(try #require(DiagnosticMessage(bytes)).payload() == bytes)
  }

  /// SPN 1208, FMI 3, ten times: the example of J1939-73's annex on conversion methods.
  @Test(
    "a number is laid out as its conversion method says",
    arguments: [
      (NumberEncoding.version1, [0x00, 0x97, 0x03, 0x8A]),
      (.version2, [0x97, 0x00, 0x03, 0x8A]),
      (.version3, [0xB8, 0x04, 0x03, 0x8A]),
      (.version4, [0xB8, 0x04, 0x03, 0x0A]),
    ])
  func conversion(encoding: NumberEncoding, code: [UInt8]) throws {
    let trouble = DiagnosticTrouble(
      suspectParameterNumber: 1208, failureMode: 3, occurrences: 10,
      hasOldEncoding: encoding != .version4)
    let message = DiagnosticMessage(amberWarning: .on, troubles: [trouble])
    let bytes: [UInt8] = [0x04, 0xFF] + code + [0xFF, 0xFF]
    #expect(message.payload(oldEncoding: encoding) == bytes)
    #expect(DiagnosticMessage(bytes, oldEncoding: encoding) == message)
  }
}
