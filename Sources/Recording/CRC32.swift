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

  /// Eight bytes at a time, after Intel's "slicing-by-8".
  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    let span = bytes.span
    let table = Self.table.span
    var crc = state
    var index = 0
    while index + 8 <= span.count {
      let low = crc ^ Self.word(span, index)
      let high = Self.word(span, index + 4)
      crc =
        table[1_792 + Int(low & 255)] ^ table[1_536 + Int(low >> 8 & 255)]
        ^ table[1_280 + Int(low >> 16 & 255)] ^ table[1_024 + Int(low >> 24)]
        ^ table[768 + Int(high & 255)] ^ table[512 + Int(high >> 8 & 255)]
        ^ table[256 + Int(high >> 16 & 255)] ^ table[Int(high >> 24)]
      index += 8
    }
    while index < span.count {
      crc = crc >> 8 ^ table[Int((crc ^ UInt32(span[index])) & 255)]
      index += 1
    }
    state = crc
  }

  @inline(__always)
  private static func word(_ span: Span<UInt8>, _ index: Int) -> UInt32 {
    UInt32(span[index]) | UInt32(span[index + 1]) << 8 | UInt32(span[index + 2]) << 16
      | UInt32(span[index + 3]) << 24
  }

  /// Row r holds the CRC of a byte followed by r zero bytes.
  private static let table: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 8 * 256)
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
