import Signals
import Testing
import WireCodec

/// Bits one by one, as the DBC format counts them: the slow truth that the fast code must match.
private func bitByBit(_ field: BitField, _ bytes: [UInt8]) -> UInt64 {
  var raw: UInt64 = 0
  for i in 0..<Int(field.length) {
    let bit: Int
    if field.isBigEndian {
      let position = Int(field.start / 8) * 8 + (7 - Int(field.start % 8)) + i
      bit = position / 8 * 8 + (7 - position % 8)
      raw = raw << 1 | UInt64(bytes[bit / 8] >> UInt8(bit % 8) & 1)
    } else {
      bit = Int(field.start) + i
      raw |= UInt64(bytes[bit / 8] >> UInt8(bit % 8) & 1) << UInt64(i)
    }
  }
  return raw
}

private func words(_ bytes: [UInt8]) -> InlineArray<8, UInt64> {
  var result = InlineArray<8, UInt64>(repeating: 0)
  for (i, byte) in bytes.enumerated() { result[i / 8] |= UInt64(byte) << UInt64(8 * (i % 8)) }
  return result
}

@Suite struct BitFields {
  @Test(arguments: [false, true])
  func everyPlaceAndLengthOfAnFDFrameIsExtractedAndInserted(bigEndian: Bool) {
    let bytes = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 41) }
    let payload = words(bytes)
    var checked = 0
    for start in UInt16(0)..<512 {
      for length in UInt8(1)...64 {
        var field = BitField(start: start, length: length)
        field.isBigEndian = bigEndian
        guard field.fits(length: 64) else { continue }
        let expected = bitByBit(field, bytes)
        var copy = payload
        field.insert(~expected, into: &copy)
        let mask: UInt64 = length == 64 ? .max : (1 << UInt64(length)) - 1
        guard field.extract(payload) == expected, field.extract(copy) == ~expected & mask else {
          Issue.record("start \(start), length \(length)")
          return
        }
        checked += 1
      }
    }
    #expect(checked > 25_000)
  }

  @Test func signsExtend() {
    let field = BitField(start: 4, length: 4)
    #expect(field.extractSigned(words([0xF0])) == -1)
    #expect(field.extractSigned(words([0x70])) == 7)
    #expect(
      BitField(start: 0, length: 64).extractSigned(words(Array(repeating: 0xFF, count: 8))) == -1)
  }

  @Test func placesOutsideAnyPayloadReadAsZeroAndNeverTrap() {
    for start in [UInt16(512), 600, .max] {
      for bigEndian in [false, true] {
        var field = BitField(start: start, length: 64)
        field.isBigEndian = bigEndian
        #expect(!field.fits(length: 64))
        var payload = words(Array(repeating: 0xFF, count: 64))
        _ = field.extract(payload)
        field.insert(.max, into: &payload)
      }
    }
  }
}
