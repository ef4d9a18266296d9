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

  @Test("no fault is no trouble code")
  func noFault() {
    #expect(DiagnosticMessage([0, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF])?.troubles.isEmpty == true)
    #expect(DiagnosticMessage([0, 0xFF]) == nil)
  }
}

@Suite struct TransportReassemblyTests {
  private func frame(_ identifier: UInt32, _ bytes: [UInt8]) -> CANFrame {
    CANFrame(identifier: identifier, isExtended: true, bytes: bytes)
  }

  private func announcement(_ source: UInt32, length: UInt8, packets: UInt8) -> CANFrame {
    frame(0x1CEC_FF00 | source, [0x20, length, 0, packets, 0xFF, 0xCA, 0xFE, 0])
  }

  private func packet(_ source: UInt32, _ sequence: UInt8) -> CANFrame {
    frame(0x1CEB_FF00 | source, [sequence] + (1...7).map { sequence * 10 + $0 })
  }

  @Test("a broadcast becomes one message of its length")
  func broadcast() {
    var transport = TransportReassembly()
    #expect(transport.receive(announcement(0, length: 10, packets: 2), at: 5) == nil)
    #expect(transport.receive(packet(0, 1), at: 6) == nil)
    guard case .completed(let transfer)? = transport.receive(packet(0, 2), at: 7) else {
      Issue.record("not completed")
      return
    }
    #expect(transfer.parameterGroup == 65226 && transfer.startedAt == 5)
    #expect(transfer.payload == [11, 12, 13, 14, 15, 16, 17, 21, 22, 23])
    #expect(transport.completed == 1 && transport.open == 0)
  }

  @Test("senders do not disturb each other")
  func interleaved() {
    var transport = TransportReassembly()
    for source: UInt32 in [0, 3] {
      _ = transport.receive(announcement(source, length: 9, packets: 2), at: 0)
    }
    for sequence: UInt8 in [1, 2] {
      for source: UInt32 in [0, 3] { _ = transport.receive(packet(source, sequence), at: 1) }
    }
    #expect(transport.completed == 2 && transport.failed == 0)
  }

  @Test("gaps, wrong order, contradictions and late packets end a transfer with a reason")
  func failures() {
    var transport = TransportReassembly()
    #expect(
      transport.receive(announcement(1, length: 10, packets: 3), at: 0)
        == .failed(.badAnnouncement, source: 1))
    #expect(transport.receive(packet(1, 1), at: 0) == .failed(.unannounced, source: 1))
    _ = transport.receive(announcement(1, length: 20, packets: 3), at: 0)
    #expect(
      transport.receive(packet(1, 2), at: 1)
        == .failed(.wrongSequence(expected: 1, found: 2), source: 1))
    _ = transport.receive(announcement(1, length: 20, packets: 3), at: 0)
    #expect(transport.receive(packet(1, 1), at: 751_000_000) == .failed(.timedOut, source: 1))
    _ = transport.receive(announcement(1, length: 20, packets: 3), at: 0)
    #expect(
      transport.receive(announcement(1, length: 20, packets: 3), at: 1)
        == .failed(.superseded, source: 1))
    #expect(transport.expire(at: 2_000_000_000) == [.failed(.timedOut, source: 1)])
    #expect(transport.open == 0)
  }

  @Test("a bus full of announcements keeps a bounded number")
  func bounded() {
    var transport = TransportReassembly(capacity: 4)
    for source: UInt32 in 0..<200 {
      _ = transport.receive(announcement(source, length: 20, packets: 3), at: 0)
    }
    #expect(transport.open == 4 && transport.failed == 196)
    // What waited too long makes room.
    #expect(transport.receive(announcement(250, length: 20, packets: 3), at: 1_000_000_000) == nil)
    #expect(transport.open == 1)
  }

  @Test("any frames are survived")
  func anything() {
    var transport = TransportReassembly(capacity: 8)
    var state: UInt64 = 3
    for step in 0..<200_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let kind: UInt32 = state & 1 == 0 ? 0x1CEC_0000 : 0x1CEB_0000
      let addresses = UInt32(truncatingIfNeeded: state >> 40) & 0x0303
      let specific: UInt32 = state & 2 == 0 ? 0xFF00 : 0
      let bytes = (0..<8).map { UInt8(truncatingIfNeeded: state >> UInt64(8 * $0 % 56)) & 0x3F }
      let head: UInt8 = state & 4 == 0 ? 0x20 : bytes[0]
      _ = transport.receive(
        frame(kind | specific | addresses, [head] + bytes.dropFirst()), at: Int64(step) * 1000)
    }
    #expect(transport.open <= 8)
  }
}
