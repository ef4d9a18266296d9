/// One JSON object on one line: its own members, with what is nested checked and kept as text.
struct JSONObject {
  enum Value: Equatable {
    case number(Double)
    /// Between the quotes, escapes left as they are.
    case string(ArraySlice<UInt8>)
    case boolean(Bool)
    case null
    /// An array or an object, from bracket to bracket.
    case composite(ArraySlice<UInt8>)
  }

  /// What is wrong, and at which byte of the line, counted from 1.
  struct Failure: Error, Equatable {
    var column: Int
    var text: String
  }

  private(set) var members: [(name: ArraySlice<UInt8>, value: Value)] = []

  init(_ line: ArraySlice<UInt8>) throws(Failure) {
    var scanner = JSONScanner(line)
    scanner.skipBlanks()
    try scanner.expect("{", "an object")
    scanner.skipBlanks()
    if !scanner.take("}") {
      repeat {
        scanner.skipBlanks()
        let name = try scanner.string()
        guard self[name] == nil else { throw scanner.failure("a name occurs twice") }
        scanner.skipBlanks()
        try scanner.expect(":", "':'")
        members.append((name, try scanner.value()))
        scanner.skipBlanks()
      } while scanner.take(",")
      try scanner.expect("}", "',' or '}'")
    }
    scanner.skipBlanks()
    guard scanner.isAtEnd else { throw scanner.failure("nothing may follow the object") }
  }

  subscript(_ name: some Collection<UInt8>) -> Value? {
    members.first { $0.name.elementsEqual(name) }?.value
  }

  subscript(_ name: String) -> Value? { self[Array(name.utf8)] }
}

/// Walks the bytes of a line; nothing recurses, nesting is at most 60 deep.
private struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var isAtEnd: Bool { position >= bytes.endIndex }

  func failure(_ text: String) -> JSONObject.Failure {
    JSONObject.Failure(column: position - bytes.startIndex + 1, text: text)
  }

  private var next: UInt8? { isAtEnd ? nil : bytes[position] }

  mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0D { position += 1 }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(truncatingIfNeeded: character.value) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar, _ what: String) throws(JSONObject.Failure) {
    guard take(character) else { throw failure("\(what) is due here") }
  }

  mutating func string() throws(JSONObject.Failure) -> ArraySlice<UInt8> {
    try expect("\"", "a string")
    let start = position
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return bytes[start..<(position - 1)]
      case UInt8(ascii: "\\"):
        guard let escaped = next, Array("\"\\/bfnrtu".utf8).contains(escaped) else {
          throw failure("this escape does not exist")
        }
        position += 1
      case 0..<0x20: throw failure("a control character inside a string")
      default: break
      }
    }
    throw failure("the string does not end")
  }

  /// A value; arrays and objects are checked to their end and skipped.
  mutating func value() throws(JSONObject.Failure) -> JSONObject.Value {
    skipBlanks()
    guard next == UInt8(ascii: "{") || next == UInt8(ascii: "[") else { return try scalar() }
    let start = position
    try skipComposite()
    return .composite(bytes[start..<position])
  }

  private mutating func scalar() throws(JSONObject.Failure) -> JSONObject.Value {
    switch next {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(
    _ word: String, _ value: JSONObject.Value
  ) throws(JSONObject.Failure) -> JSONObject.Value {
    guard bytes[position...].starts(with: word.utf8) else { throw failure("a value is due here") }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(JSONObject.Failure) -> Double {
    let start = position
    _ = take("-")
    let isZero = next == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !(isZero && whole > 1) else {
      position = start
      throw failure("a value is due here")
    }
    if take("."), digits() == 0 { throw failure("digits are due after the point") }
    if take("e") || take("E") {
      if !take("-") { _ = take("+") }
      guard digits() > 0 else { throw failure("digits are due in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      position = start
      throw failure("this number is out of range")
    }
    return value
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (48...57).contains(byte) { position += 1 }
    return position - start
  }

  /// `open` holds one bit a level, set for objects.
  private mutating func skipComposite() throws(JSONObject.Failure) {
    var open: UInt64 = 0
    var depth = 0
    repeat {
      skipBlanks()
      if let byte = next, byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        guard depth < 60 else { throw failure("nested too deep") }
        position += 1
        depth += 1
        open = open << 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
        skipBlanks()
        if !take(open & 1 == 1 ? "}" : "]") {
          if open & 1 == 1 { try memberName() }
          continue
        }
        open >>= 1
        depth -= 1
      } else {
        _ = try scalar()
      }
      try closeOrContinue(&open, &depth)
    } while depth > 0
  }

  private mutating func closeOrContinue(
    _ open: inout UInt64, _ depth: inout Int
  ) throws(JSONObject.Failure) {
    while depth > 0 {
      skipBlanks()
      if take(",") {
        skipBlanks()
        if open & 1 == 1 { try memberName() }
        return
      }
      try expect(open & 1 == 1 ? "}" : "]", "',' or the end of what is open")
      open >>= 1
      depth -= 1
    }
  }

  private mutating func memberName() throws(JSONObject.Failure) {
    _ = try string()
    skipBlanks()
    try expect(":", "':'")
  }
}
