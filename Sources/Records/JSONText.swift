/// The little JSON of the control socket and of the records: one flat object of strings in, text out.
///
/// No Foundation in this process, and what arrives is bounded and hostile.
package enum JSONText {
  package struct Problem: Error {
    package let message: String

    package init(message: String) { self.message = message }
  }

  /// The members of a flat object whose values are all strings.
  ///
  /// - Parameter what: it is to be, for errors.
  package static func strings(
    in bytes: [UInt8], what: String = "request"
  ) throws(Problem) -> [String: String] {
    var reader = Reader(bytes: bytes, what: what)
    return try reader.object()
  }

  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A number, `null` where JSON has none for it.
  package static func number(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    // Millimetres and milliseconds are finer than anything that reads this.
    let rounded = (value * 1_000).rounded() / 1_000
    return rounded == rounded.rounded() && rounded.magnitude < 1e15
      ? String(Int64(rounded)) : String(rounded)
  }

  private struct Reader {
    let bytes: [UInt8]
    let what: String
    var position = 0

    init(bytes: [UInt8], what: String) {
      self.bytes = bytes
      self.what = what
    }

    mutating func object() throws(Problem) -> [String: String] {
      var members: [String: String] = [:]
      try expect("{")
      if !take("}") {
        repeat {
          let key = try string()
          try expect(":")
          guard members[key] == nil else { throw problem("'\(key)' is given twice") }
          members[key] = try string()
        } while take(",")
        try expect("}")
      }
      skipSpace()
      guard position == bytes.count else { throw problem("text after the object") }
      return members
    }

    private mutating func skipSpace() {
      while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
        position += 1
      }
    }

    private mutating func take(_ character: Character) -> Bool {
      skipSpace()
      guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
      position += 1
      return true
    }

    private mutating func expect(_ character: Character) throws(Problem) {
      guard take(character) else { throw problem("expected '\(character)'") }
    }

    private mutating func string() throws(Problem) -> String {
      guard take("\"") else { throw problem("expected a string in double quotes") }
      var content: [UInt8] = []
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        switch byte {
        case 0x22:
          guard let text = String(validating: content, as: UTF8.self) else {
            throw problem("a string is not UTF-8")
          }
          return text
        case 0x5C: content += try escape()
        case 0..<0x20: throw problem("a control character in a string")
        default: content.append(byte)
        }
      }
      throw problem("a string does not end")
    }

    private mutating func escape() throws(Problem) -> [UInt8] {
      guard position < bytes.count else { throw problem("a string does not end") }
      let byte = bytes[position]
      position += 1
      switch byte {
      case 0x22, 0x5C, 0x2F: return [byte]
      case 0x6E: return [0x0A]
      case 0x74: return [0x09]
      case 0x72: return [0x0D]
      case 0x62: return [0x08]
      case 0x66: return [0x0C]
      case 0x75:
        guard position + 4 <= bytes.count,
          let code = UInt32(
            String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
          let scalar = Unicode.Scalar(code)
        else { throw problem("a \\u escape that is no character") }
        position += 4
        return Array(String(Character(scalar)).utf8)
      default: throw problem("an unknown escape")
      }
    }

    private func problem(_ found: String) -> Problem {
      Problem(message: "not a \(what): \(found) at byte \(position)")
    }
  }
}
