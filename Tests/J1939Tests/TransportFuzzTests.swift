import CAN
import J1939
import TestSupport
import Testing

@Suite struct TransportFuzzTests {
  /// A station that hears 50 frames, most of which a sender could have sent.
  private static func conversation(_ random: inout RandomWords) -> FuzzVerdict {
    var transport = J1939Transport(address: 2, capacity: 3, blockLimit: 4)
    var next = [UInt8](repeating: 1, count: 16)
    for step in 0..<50 {
      let word = random.next()
      let source = UInt32(word >> 8 & 3)
      let destination: UInt32 = word >> 10 & 1 == 0 ? 0xFF : UInt32(word >> 11 & 3)
      let place = Int(source << 2 | destination & 3)
      let isData = word & 3 != 0
      var bytes = (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
      if isData {
        if word >> 60 != 0 { bytes[0] = next[place] }
        next[place] = next[place] % 5 + 1
      } else if word >> 61 != 0 {
        let length = 9 + UInt8(word >> 20 & 15)
        bytes = [destination == 0xFF ? 0x20 : 0x10, length, 0, (length + 6) / 7, 2, 0xCA, 0xFE, 0]
        next[place] = 1
      } else {
        bytes[0] = [0x10, 0x11, 0x13, 0x20, 0xFF, 0x12, 0x00, 0x11][Int(word >> 16 & 7)]
      }
      let kind: UInt32 = isData ? 0x1CEB_0000 : 0x1CEC_0000
      let frame = CANFrame(
        identifier: kind | destination << 8 | source, isExtended: true, bytes: bytes)
      let now = Int64(step) * Int64(word >> 40 & 0x7FF_FFFF)
      if case .completed(let transfer)? = transport.receive(frame, at: now) {
        let payload = transport.payload(of: transfer)
        guard payload.count == transfer.length, (9...1_785).contains(transfer.length) else {
          return .broken("a message of \(payload.count) bytes")
        }
      }
      if word >> 50 & 7 == 0 {
        try? transport.send(bytes + bytes, parameterGroup: 65226, to: UInt8(source), at: now)
      }
      transport.tick(at: now) { _ in }
      var answers = 0
      while transport.nextFrame() != nil { answers += 1 }
      // A frame and the end of each of the three, a packet of each of the eight.
      guard answers <= 12, transport.open <= 3 else {
        return .broken("\(answers) answers, \(transport.open) open")
      }
    }
    return transport.completed > 0 ? .accepted : .refused
  }

  @Test("a million frames of the transport protocol are survived, in bounds")
  func frames() {
    #expect(Fuzz("J1939 transport", cases: 20_000).run(Self.conversation) == [])
  }

  @Test("a million DM1 payloads are survived, and what they say is said again the same way")
  func troubles() {
    let failures = Fuzz("DM1", cases: 1_000_000).run { random in
      let word = random.next()
      var payload: [UInt8] = []
      for _ in 0..<Int(word & 31) { payload.append(UInt8(truncatingIfNeeded: random.next())) }
      let encoding = NumberEncoding(rawValue: UInt8(word >> 8 & 3) + 1) ?? .version4
      guard let message = DiagnosticMessage(payload, oldEncoding: encoding) else {
        return payload.count < 6 ? .refused : .broken("refused")
      }
      let isBounded =
        message.troubles.count <= (payload.count - 2) / 4
        && message.troubles.allSatisfy { $0.suspectParameterNumber < 1 << 19 }
      guard isBounded else { return .broken("out of bounds") }
      let again = DiagnosticMessage(
        message.payload(oldEncoding: encoding), oldEncoding: encoding)
      return again == message ? .accepted : .broken("said differently")
    }
    #expect(failures == [])
  }
}
