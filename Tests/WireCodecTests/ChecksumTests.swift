import Signals
import Testing
import WireCodec

/// can-gnss.md 9: TSC1 and XBR vectors.
@Suite struct Checksums {
  private func words(_ bytes: [UInt8]) -> InlineArray<8, UInt64> {
    var result = InlineArray<8, UInt64>(repeating: 0)
    for (i, byte) in bytes.enumerated() { result[0] |= UInt64(byte) << UInt64(8 * i) }
    return result
  }

  @Test(arguments: [(UInt64(0), UInt64(0x3)), (1, 0x4), (7, 0x2)])
  func tsc1(counter: UInt64, expected: UInt64) {
    let payload = words([0xFE, 0x70, 0xFF, 0xA0, 0xFF, 0xF0, 0xFF])
    #expect(
      FrameCheck(.tsc1, field: BitField(start: 60, length: 4)).value(
        identifier: 0x0C00_0011, words: payload, length: 8, counter: counter) == expected)
  }

  @Test(arguments: [(UInt64(0), UInt64(0xE)), (1, 0xF), (15, 0xE)])
  func xbr(counter: UInt64, expected: UInt64) {
    let payload = words([0x7F, 0x6D, 0xE0, 0x00, 0xFF, 0xFF, 0xFF])
    #expect(
      FrameCheck(.xbr, field: BitField(start: 60, length: 4)).value(
        identifier: 0x0C04_0B2A, words: payload, length: 8, counter: counter) == expected)
  }

  /// The whole of byte 8, as it lies on the bus: checksum above counter.
  @Test(arguments: [
    (ChecksumKind.tsc1, UInt64(0), UInt64(0x30)), (.tsc1, 1, 0x41), (.tsc1, 7, 0x27),
    (.xbr, 0, 0xE0), (.xbr, 1, 0xF1), (.xbr, 15, 0xEF),
  ])
  func lastByte(kind: ChecksumKind, counter: UInt64, expected: UInt64) {
    let isBrake = kind == .xbr
    var payload =
      isBrake
      ? words([0x7F, 0x6D, 0xE0, 0x00, 0xFF, 0xFF, 0xFF])
      : words([0xFE, 0x70, 0xFF, 0xA0, 0xFF, 0xF0, 0xFF])
    payload[0] |= counter << 56
    let check = FrameCheck(kind, field: BitField(start: 60, length: 4))
    check.seal(
      &payload, identifier: isBrake ? 0x0C04_0B2A : 0x0C00_0011, length: 8, counter: counter)
    #expect(payload[0] >> 56 == expected)
  }

  /// Identifier 0 with eight zero bytes passes both formulas: a checksum alone proves nothing.
  @Test(arguments: [ChecksumKind.tsc1, .xbr])
  func theZeroFramePassesBothFormulas(kind: ChecksumKind) {
    let check = FrameCheck(kind, field: BitField(start: 60, length: 4))
    #expect(check.value(identifier: 0, words: words([]), length: 8, counter: 0) == 0)
  }

  /// The published check values of the catalogue of CRCs, over "123456789": the data identifier is
  /// its first two characters, the checksum's own bytes lie behind the others.
  @Test(arguments: [
    (ChecksumKind.crc8J1850, UInt64(0x4B)), (.crc8H2F, 0xDF), (.crc16CCITT, 0x29B1),
  ])
  func cyclic(kind: ChecksumKind, expected: UInt64) {
    let payload = words(Array("3456789".utf8))
    let width = UInt8(kind.width)
    let check = FrameCheck(
      kind, field: BitField(start: 56, length: width), dataIdentifier: 0x3231)
    let sum = check.value(
      identifier: 0x123, words: payload, length: 7 + width / 8, counter: 0)
    #expect(sum == expected)
  }

  /// Over 64 bytes, with a big-endian checksum in front: every bit but its own counts.
  @Test(arguments: [ChecksumKind.crc8J1850, .crc8H2F, .crc16CCITT])
  func everyBitOfAnFDPayloadCounts(kind: ChecksumKind) {
    var field = BitField(start: 7, length: UInt8(kind.width))
    field.isBigEndian = true
    let check = FrameCheck(kind, field: field, dataIdentifier: 0xBEEF)
    var payload = InlineArray<8, UInt64>(repeating: 0x0123_4567_89AB_CDEF)
    check.seal(&payload, identifier: 0x700, length: 64, counter: 0)
    let sealed = field.extract(payload)
    for bit in 0..<512 {
      var changed = payload
      changed[bit / 64] ^= 1 << UInt64(bit % 64)
      let sum = check.value(identifier: 0x700, words: changed, length: 64, counter: 0)
      #expect((sum == sealed) == (bit < kind.width), "bit \(bit)")
    }
    var other = check
    other.dataIdentifier = 0xBEEE
    #expect(other.value(identifier: 0x700, words: payload, length: 64, counter: 0) != sealed)
  }
}
