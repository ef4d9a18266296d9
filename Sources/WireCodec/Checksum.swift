import Signals

/// How a frame protects itself.
package enum ChecksumKind: UInt8, Sendable {
  case none
  /// can-gnss.md 7.1: over bytes 1...7, counter and identifier; the field is 4 bits.
  case tsc1
  case xbr
  /// CRC-8/SAE-J1850: polynomial 0x1D, start and final XOR 0xFF; "123456789" gives 0x4B.
  case crc8J1850
  /// CRC-8/AUTOSAR: polynomial 0x2F, start and final XOR 0xFF; "123456789" gives 0xDF.
  case crc8H2F
  /// CRC-16/IBM-3740 ("CCITT-FALSE"): polynomial 0x1021, start 0xFFFF; "123456789" gives 0x29B1.
  case crc16CCITT

  /// Bits of the checksum's field; 0 for none.
  package var width: Int {
    switch self {
    case .none: 0
    case .tsc1, .xbr: 4
    case .crc8J1850, .crc8H2F: 8
    case .crc16CCITT: 16
    }
  }

  /// Whether it is computed over a data identifier and whole bytes, as AUTOSAR's end-to-end
  /// profiles do, so that its field must begin and end with a byte.
  package var isCyclic: Bool { width >= 8 }
}

/// How one message proves itself: which checksum, where it sits, and the number that both ends know
/// beside the payload.
package struct FrameCheck: Sendable, Visitable {
  package var kind = ChecksumKind.none
  package var field = BitField()
  /// Goes into a cyclic checksum before the payload, low byte first.
  package var dataIdentifier: UInt16 = 0

  package init() {}
  package init(_ kind: ChecksumKind, field: BitField, dataIdentifier: UInt16 = 0) {
    self.kind = kind
    self.field = field
    self.dataIdentifier = dataIdentifier
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("kind", &kind)
    visitor.visit("field", &field)
    visitor.visit("dataIdentifier", &dataIdentifier)
  }

  /// What the field must hold; `words` holds the payload with its counter already written and the
  /// checksum's own bits still arbitrary.
  package func value(
    identifier: UInt32, words: borrowing InlineArray<8, UInt64>, length: UInt8, counter: UInt64
  ) -> UInt64 {
    switch kind {
    case .none: 0
    case .tsc1: foldedToThree(j1939Sum(identifier, words, counter))
    case .xbr: foldedToFour(j1939Sum(identifier, words, counter))
    case .crc8J1850: cyclic(polynomial: 0x1D, words, length) ^ 0xFF
    case .crc8H2F: cyclic(polynomial: 0x2F, words, length) ^ 0xFF
    case .crc16CCITT: cyclic(polynomial: 0x1021, words, length)
    }
  }

  /// Writes the checksum of `words` into them.
  package func seal(
    _ words: inout InlineArray<8, UInt64>, identifier: UInt32, length: UInt8, counter: UInt64
  ) {
    guard kind != .none else { return }
    field.insert(
      value(identifier: identifier, words: words, length: length, counter: counter), into: &words)
  }

  /// Bit by bit, starting from ones, over the data identifier and every payload byte that is not the
  /// checksum's own.
  private func cyclic(
    polynomial: UInt32, _ words: borrowing InlineArray<8, UInt64>, _ length: UInt8
  ) -> UInt64 {
    var register = UInt32.max >> UInt32(32 - kind.width)
    register = advanced(register, UInt64(dataIdentifier), polynomial)
    register = advanced(register, UInt64(dataIdentifier >> 8), polynomial)
    let first = Int(field.start / 8)
    let end = first + kind.width / 8
    for i in 0..<Int(min(length, 64)) where i < first || i >= end {
      register = advanced(register, words[i >> 3] >> UInt64(8 * (i & 7)), polynomial)
    }
    return UInt64(register)
  }

  /// The remainder after the low byte of `byte`.
  private func advanced(_ register: UInt32, _ byte: UInt64, _ polynomial: UInt32) -> UInt32 {
    let width = UInt32(kind.width)
    let top: UInt32 = 1 << (width - 1)
    var rest = register ^ UInt32(truncatingIfNeeded: byte & 0xFF) << (width - 8)
    for _ in 0..<8 { rest = rest & top != 0 ? (rest << 1) ^ polynomial : rest << 1 }
    return rest & ((top << 1) &- 1)
  }
}

/// Bytes 1 to 7, the counter and the identifier's four bytes.
private func j1939Sum(
  _ identifier: UInt32, _ words: borrowing InlineArray<8, UInt64>, _ counter: UInt64
) -> UInt64 {
  var sum = counter & 0x0F
  for i in 0..<7 { sum &+= words[0] >> UInt64(8 * i) & 0xFF }
  for i in 0..<4 { sum &+= UInt64(identifier >> UInt32(8 * i) & 0xFF) }
  return sum
}

private func foldedToThree(_ sum: UInt64) -> UInt64 { ((sum >> 6 & 3) &+ (sum >> 3) &+ sum) & 7 }
private func foldedToFour(_ sum: UInt64) -> UInt64 { ((sum >> 4) &+ sum) & 0x0F }
