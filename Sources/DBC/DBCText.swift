/// Text of a DBC file: UTF-8 if every byte of the file fits, else Windows code page 1252, which the
/// usual editors write.
enum DBCText: Sendable {
  case utf8
  case codePage1252

  init(detecting bytes: [UInt8]) {
    self = String(validating: bytes, as: UTF8.self) != nil ? .utf8 : .codePage1252
  }

  func string(_ bytes: ArraySlice<UInt8>) -> String {
    switch self {
    case .utf8: String(decoding: bytes, as: UTF8.self)
    case .codePage1252: String(String.UnicodeScalarView(bytes.map(Self.scalar)))
    }
  }

  private static func scalar(_ byte: UInt8) -> Unicode.Scalar {
    guard byte >= 0x80, byte < 0xA0 else { return Unicode.Scalar(byte) }
    return upper[Int(byte - 0x80)]
  }

  /// 0x80...0x9F; the five unassigned codes become the replacement character.
  private static let upper: [Unicode.Scalar] = [
    "\u{20AC}", "\u{FFFD}", "\u{201A}", "\u{0192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}",
    "\u{02C6}", "\u{2030}", "\u{0160}", "\u{2039}", "\u{0152}", "\u{FFFD}", "\u{017D}", "\u{FFFD}",
    "\u{FFFD}", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}",
    "\u{02DC}", "\u{2122}", "\u{0161}", "\u{203A}", "\u{0153}", "\u{FFFD}", "\u{017E}", "\u{0178}",
  ]
}
