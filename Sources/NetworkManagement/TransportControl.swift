import Units

/// Times of the transport protocol (J1939-21).
package enum TransportTime {
  /// Tr: an answer is due within this; ours go out in the cycle of the question.
  package static var response: Interval { .milliseconds(200) }
  /// Th: a receiver that holds a sender says so again within this.
  package static var hold: Interval { .milliseconds(500) }
  /// T1: a receiver waits this long for the next packet.
  package static var nextPacket: Interval { .milliseconds(750) }
  /// T2: and this long for the first packet that it asked for.
  package static var firstPacket: Interval { .milliseconds(1_250) }
  /// T3: a sender waits this long for an answer.
  package static var answer: Interval { .milliseconds(1_250) }
  /// T4: and this long for the end of a hold.
  package static var afterHold: Interval { .milliseconds(1_050) }
  /// Between the packets of a broadcast, 50 to 200 ms.
  package static var shortestSpacing: Interval { .milliseconds(50) }
  package static var longestSpacing: Interval { .milliseconds(200) }
}

/// Sizes of the transport protocol.
package enum TransportSize {
  package static var packet: Int { 7 }
  /// What fits in one frame needs no transport.
  package static var smallest: Int { 9 }
  /// 255 packets.
  package static var largest: Int { 1_785 }

  package static func packets(_ length: Int) -> Int { (length + packet - 1) / packet }

  /// Whether an announcement agrees with itself.
  package static func isConsistent(length: UInt16, packets count: UInt8) -> Bool {
    (smallest...largest).contains(Int(length)) && packets(Int(length)) == Int(count)
  }
}

/// Why a connection is ended (J1939-21, connection abort).
package enum TransportAbort: UInt8, Sendable {
  /// As many connections as this side keeps are open.
  case busy = 1
  case resources = 2
  case timeout = 3
  /// A clear-to-send came while packets were being sent.
  case clearedWhileSending = 4
  case retransmitLimit = 5
  case unexpectedPacket = 6
  case badSequence = 7
  case duplicateSequence = 8
  case tooLong = 9
  case other = 250
}

/// Why a transfer ended without its message.
package enum TransportFailure: Sendable, Equatable {
  /// The announcement contradicts itself.
  case badAnnouncement
  /// A packet came out of order.
  case wrongSequence(expected: UInt8, found: UInt8)
  /// The sender announced another message before this one was whole.
  case superseded
  /// The other side ended it.
  case aborted(reason: UInt8)
  case timedOut
  /// A packet without an announcement.
  case unannounced
  /// As many transfers as are kept were already open.
  case tooMany
  /// Packets were asked for more than twice again.
  case retransmitLimit
  /// An answer that does not belong here.
  case unexpectedAnswer
}

/// What a connection management frame (TP.CM, 60416) says.
package enum TransportControl: Sendable, Equatable {
  case requestToSend(length: UInt16, packets: UInt8, perClear: UInt8, group: UInt32)
  /// A count of zero holds the sender.
  case clearToSend(count: UInt8, next: UInt8, group: UInt32)
  case endOfMessage(length: UInt16, packets: UInt8, group: UInt32)
  case broadcast(length: UInt16, packets: UInt8, group: UInt32)
  case abort(reason: UInt8, group: UInt32)

  private static var requestCode: UInt8 { 0x10 }
  private static var clearCode: UInt8 { 0x11 }
  private static var endCode: UInt8 { 0x13 }
  private static var broadcastCode: UInt8 { 0x20 }
  private static var abortCode: UInt8 { 0xFF }

  /// From the eight bytes of a frame, byte 0 in the least significant one; nil for codes that the
  /// standard reserves.
  package init?(word: UInt64) {
    func byte(_ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (8 * index)) }
    let length = UInt16(truncatingIfNeeded: word >> 8)
    let group = UInt32(truncatingIfNeeded: word >> 40)
    switch byte(0) {
    case Self.requestCode:
      self = .requestToSend(length: length, packets: byte(3), perClear: byte(4), group: group)
    case Self.clearCode: self = .clearToSend(count: byte(1), next: byte(2), group: group)
    case Self.endCode: self = .endOfMessage(length: length, packets: byte(3), group: group)
    case Self.broadcastCode: self = .broadcast(length: length, packets: byte(3), group: group)
    case Self.abortCode: self = .abort(reason: byte(1), group: group)
    default: return nil
    }
  }

  /// The eight bytes of the frame; what the standard reserves is ones.
  package var word: UInt64 {
    switch self {
    case .requestToSend(let length, let packets, let perClear, let group):
      Self.join(Self.requestCode, UInt64(length), UInt64(packets), UInt64(perClear), group)
    case .clearToSend(let count, let next, let group):
      Self.join(Self.clearCode, UInt64(count) | UInt64(next) << 8, 0xFF, 0xFF, group)
    case .endOfMessage(let length, let packets, let group):
      Self.join(Self.endCode, UInt64(length), UInt64(packets), 0xFF, group)
    case .broadcast(let length, let packets, let group):
      Self.join(Self.broadcastCode, UInt64(length), UInt64(packets), 0xFF, group)
    case .abort(let reason, let group):
      Self.join(Self.abortCode, UInt64(reason) | 0xFF00, 0xFF, 0xFF, group)
    }
  }

  private static func join(
    _ code: UInt8, _ second: UInt64, _ fourth: UInt64, _ fifth: UInt64, _ group: UInt32
  ) -> UInt64 {
    UInt64(code) | second << 8 | fourth << 24 | fifth << 32 | UInt64(group & 0xFF_FFFF) << 40
  }
}
