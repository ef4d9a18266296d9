import Signals

extension BitField {
  /// Whether the field lies inside a payload of `length` bytes.
  package func fits(length bytes: UInt8) -> Bool {
    guard length >= 1, length <= 64 else { return false }
    guard isBigEndian else { return Int(start) + Int(length) <= Int(bytes) * 8 }
    return mostSignificantPosition + Int(length) <= Int(bytes) * 8
  }

  /// Whether the field begins and ends with a byte.
  package var fillsBytes: Bool {
    length % 8 == 0 && (isBigEndian ? start % 8 == 7 : start % 8 == 0)
  }

  /// Position counted from the most significant bit of byte 0, of the field's first bit.
  private var mostSignificantPosition: Int { Int(start / 8) * 8 + (7 - Int(start % 8)) }

  /// The raw unsigned number; bits beyond the payload read as zero.
  package func extract(_ words: borrowing InlineArray<8, UInt64>) -> UInt64 {
    isBigEndian ? extractBigEndian(words) : extractLittleEndian(words)
  }

  /// The raw number with its sign.
  package func extractSigned(_ words: borrowing InlineArray<8, UInt64>) -> Int64 {
    let raw = extract(words)
    let unused = 64 - UInt64(min(max(length, 1), 64))
    return Int64(bitPattern: raw << unused) >> Int64(unused)
  }

  private func extractLittleEndian(_ words: borrowing InlineArray<8, UInt64>) -> UInt64 {
    let index = Int(start >> 6)
    guard index < 8 else { return 0 }
    let shift = UInt64(start & 63)
    var raw = words[index] >> shift
    if shift != 0, index + 1 < 8 { raw |= words[index + 1] << (64 - shift) }
    return raw & mask
  }

  private func extractBigEndian(_ words: borrowing InlineArray<8, UInt64>) -> UInt64 {
    let position = mostSignificantPosition
    let index = position >> 6
    guard index < 8 else { return 0 }
    let shift = UInt64(position & 63)
    var raw = words[index].byteSwapped << shift
    if shift != 0, index + 1 < 8 { raw |= words[index + 1].byteSwapped >> (64 - shift) }
    return raw >> UInt64(64 - min(max(length, 1), 64))
  }

  /// Writes the low `length` bits of `raw`.
  package func insert(_ raw: UInt64, into words: inout InlineArray<8, UInt64>) {
    if isBigEndian {
      let position = mostSignificantPosition
      for i in 0..<Int(min(length, 64)) {
        let bit = position + i
        set(bit / 8 * 8 + (7 - bit % 8), raw >> UInt64(Int(length) - 1 - i) & 1, &words)
      }
    } else {
      for i in 0..<Int(min(length, 64)) { set(Int(start) + i, raw >> UInt64(i) & 1, &words) }
    }
  }

  private func set(_ bit: Int, _ value: UInt64, _ words: inout InlineArray<8, UInt64>) {
    guard bit < 512 else { return }
    let one: UInt64 = 1 << UInt64(bit & 63)
    words[bit >> 6] = value == 0 ? words[bit >> 6] & ~one : words[bit >> 6] | one
  }

  private var mask: UInt64 { length >= 64 ? .max : (1 << UInt64(length)) - 1 }
}
