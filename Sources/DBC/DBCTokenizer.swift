/// One word, number, string or sign of a DBC file.
struct DBCToken {
  enum Kind: Equatable {
    case word
    case number
    case string
    case sign(UInt8)
    case end
  }

  var kind: Kind
  /// Without the quotes of a string.
  var range: Range<Int>
  var line: Int
  var column: Int
}

/// Cuts the bytes of a DBC file into tokens; the grammar is the one that cantools accepts.
struct DBCTokenizer {
  let bytes: [UInt8]
  let file: String
  let text: DBCText
  private var position = 0
  private var line = 1
  private var lineStart = 0

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    text = DBCText(detecting: bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func next() throws(DBCError) -> DBCToken {
    skipBlanks()
    guard position < bytes.count else { return token(.end, position..<position) }
    let byte = bytes[position]
    if byte == UInt8(ascii: "\"") { return try string() }
    if Self.isDigit(byte) || (Self.isPlusMinus(byte) && isDigit(at: position + 1)) {
      return number()
    }
    if Self.isWord(byte) {
      let start = position
      while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
      return token(.word, start..<position)
    }
    position += 1
    let found = token(.sign(byte), position - 1..<position)
    guard "()[]|,@:;+-".utf8.contains(byte) else {
      throw error(
        found, "unexpected \(describe(found)); a DBC statement or its end is allowed here")
    }
    return found
  }

  func string(_ token: DBCToken) -> String {
    let raw = text.string(bytes[token.range])
    guard raw.utf8.contains(UInt8(ascii: "\\")) else { return raw }
    // `\"` is a quote; any other backslash is itself.
    var result = ""
    var held = false
    for character in raw.unicodeScalars {
      if held, character != "\"" { result.unicodeScalars.append("\\") }
      held = character == "\\"
      if !held { result.unicodeScalars.append(character) }
    }
    return held ? result + "\\" : result
  }

  func describe(_ token: DBCToken) -> String {
    switch token.kind {
    case .end: return "the end of the file"
    case .string: return "the text \"\(string(token).prefix(40))\""
    case .word, .number: return "\"\(text.string(bytes[token.range]).prefix(40))\""
    case .sign(let byte):
      guard byte >= 0x20, byte < 0x7F else { return "byte 0x" + String(byte, radix: 16) }
      return "\"\(Unicode.Scalar(byte))\""
    }
  }

  func error(_ token: DBCToken, _ reason: String, kind: DBCError.Kind = .syntax) -> DBCError {
    DBCError(kind: kind, file: file, line: token.line, column: token.column, reason: reason)
  }

  private func token(_ kind: DBCToken.Kind, _ range: Range<Int>) -> DBCToken {
    DBCToken(kind: kind, range: range, line: line, column: range.lowerBound - lineStart + 1)
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\n"):
        position += 1
        line += 1
        lineStart = position
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
      case UInt8(ascii: "/"):
        guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "/") else { return }
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      default: return
      }
    }
  }

  /// A string may span lines; it is reported at its first.
  private mutating func string() throws(DBCError) -> DBCToken {
    var found = token(.string, position..<position)
    position += 1
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        found.range = start..<position
        position += 1
        return found
      }
      let escapesQuote =
        byte == UInt8(ascii: "\\") && position + 1 < bytes.count
        && bytes[position + 1] == UInt8(ascii: "\"")
      position += escapesQuote ? 2 : 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        lineStart = position
      }
    }
    throw error(found, "the text that starts here has no closing quote")
  }

  // [-+]?\d+\.?\d*([eE][+-]?\d+)?
  private mutating func number() -> DBCToken {
    let start = position
    position += 1
    skipDigits()
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      skipDigits()
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      let signed = position + 1 < bytes.count && Self.isPlusMinus(bytes[position + 1])
      if isDigit(at: position + (signed ? 2 : 1)) {
        position += signed ? 2 : 1
        skipDigits()
      }
    }
    return token(.number, start..<position)
  }

  private mutating func skipDigits() {
    while isDigit(at: position) { position += 1 }
  }

  private func isDigit(at index: Int) -> Bool { index < bytes.count && Self.isDigit(bytes[index]) }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isPlusMinus(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }
  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_")
      || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }
}
