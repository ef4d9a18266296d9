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
      checksum(
        .tsc1, identifier: 0x0C00_0011, words: payload, length: 8, counter: counter,
        excluding: BitField(start: 60, length: 4)) == expected)
  }

  @Test(arguments: [(UInt64(0), UInt64(0xE)), (1, 0xF), (15, 0xE)])
  func xbr(counter: UInt64, expected: UInt64) {
    let payload = words([0x7F, 0x6D, 0xE0, 0x00, 0xFF, 0xFF, 0xFF])
    #expect(
      checksum(
        .xbr, identifier: 0x0C04_0B2A, words: payload, length: 8, counter: counter,
        excluding: BitField(start: 60, length: 4)) == expected)
  }
}
