/// The CRC-32 of zlib and MCAP: reflected polynomial 0xEDB88320.
package struct CRC32 {
  private var state: UInt32 = 0xFFFF_FFFF

  package init() {}

  package var value: UInt32 { ~state }

  package static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc = CRC32()
    crc.update(bytes)
    return crc.value
  }

  /// Sixteen bytes at a time, as Intel's "slicing-by-8" takes eight.
  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    let span = bytes.span
    let table = Self.table.span
    // Said here, so that no look-up below is checked again; the table is ours, and no input's.
    precondition(table.count == Self.rows * 256)
    var crc = state
    var index = 0
    while index + 16 <= span.count {
      let low = Self.word(span, index) ^ UInt64(crc)
      let high = Self.word(span, index + 8)
      crc =
        table[3_840 + Int(low & 255)] ^ table[3_584 + Int(low >> 8 & 255)]
        ^ table[3_328 + Int(low >> 16 & 255)] ^ table[3_072 + Int(low >> 24 & 255)]
      crc ^=
        table[2_816 + Int(low >> 32 & 255)] ^ table[2_560 + Int(low >> 40 & 255)]
        ^ table[2_304 + Int(low >> 48 & 255)] ^ table[2_048 + Int(low >> 56)]
      crc ^=
        table[1_792 + Int(high & 255)] ^ table[1_536 + Int(high >> 8 & 255)]
        ^ table[1_280 + Int(high >> 16 & 255)] ^ table[1_024 + Int(high >> 24 & 255)]
      crc ^=
        table[768 + Int(high >> 32 & 255)] ^ table[512 + Int(high >> 40 & 255)]
        ^ table[256 + Int(high >> 48 & 255)] ^ table[Int(high >> 56)]
      index += 16
    }
    while index < span.count {
      crc = crc >> 8 ^ table[Int((crc ^ UInt32(span[index])) & 255)]
      index += 1
    }
    state = crc
  }

  @inline(__always)
  private static func word(_ span: Span<UInt8>, _ index: Int) -> UInt64 {
    // Safety: the caller has seen that eight bytes are there.
    UInt64(
      littleEndian: unsafe span.bytes.unsafeLoadUnaligned(
        fromByteOffset: index, as: UInt64.self))
  }

  private static var rows: Int { 16 }

  /// Row r holds the CRC of a byte followed by r zero bytes.
  private static let table: [UInt32] = {
    var table = [UInt32](repeating: 0, count: rows * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
      table[byte] = crc
    }
    for index in 256..<table.count {
      let previous = table[index - 256]
      table[index] = previous >> 8 ^ table[Int(previous & 255)]
    }
    return table
  }()
}
