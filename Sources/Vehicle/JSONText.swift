/// Reads a JSON file into the same tree as YAML, each value with its line.
///
/// Strict after RFC 8259: no duplicate members, no comments, no NaN, one value.
package func readJSON(
  _ bytes: [UInt8], file: String, findings: Findings, limit: Int = 64 << 20
) -> ConfigurationNode? {
  guard bytes.count <= limit else {
    findings.add(
      Finding(file: file, line: 0, key: "", message: "\(bytes.count) bytes; allowed are \(limit)"))
    return nil
  }
  var parser = JSONParser(bytes: bytes)
  do {
    return try parser.document()
  } catch {
    findings.add(
      Finding(file: file, line: parser.line, key: "", message: "not JSON: \(error.message)"))
    return nil
  }
}

private struct JSONFault: Error { let message: String }

private struct JSONParser {
  let bytes: [UInt8]
  var position = 0
  var line = 1
  private let depthLimit = 64

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONFault) -> ConfigurationNode {
    let root = try value(depth: 0)
    skipBlanks()
    guard position == bytes.count else { throw JSONFault(message: "text after the value") }
    return root
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      if byte == 0x0A { line += 1 }
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard let byte = current, UInt32(byte) == character.value else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONFault) -> ConfigurationNode {
    guard depth < depthLimit else {
      throw JSONFault(message: "nested deeper than \(depthLimit) levels")
    }
    skipBlanks()
    let start = line
    guard let byte = current else { throw JSONFault(message: "ends where a value is due") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth, start: start)
    case UInt8(ascii: "["): return try array(depth: depth, start: start)
    case UInt8(ascii: "\""):
      return ConfigurationNode(
        .scalar(.init(text: try string(), isQuoted: true)), line: start)
    default:
      return ConfigurationNode(.scalar(.init(text: try literal(), isQuoted: false)), line: start)
    }
  }

  private mutating func object(depth: Int, start: Int) throws(JSONFault) -> ConfigurationNode {
    position += 1
    var members: [ConfigurationNode.Member] = []
    var names: [String: Int] = [:]
    if take("}") { return ConfigurationNode(.mapping([]), line: start) }
    while true {
      skipBlanks()
      let keyLine = line
      guard current == UInt8(ascii: "\"") else { throw JSONFault(message: "a key is due") }
      let key = try string()
      if let first = names.updateValue(keyLine, forKey: key) {
        throw JSONFault(message: duplicateKey([key], first, keyLine))
      }
      guard take(":") else { throw JSONFault(message: "\":\" is due after \(quoted(key))") }
      let member = try value(depth: depth + 1)
      members.append(.init(key: key, line: keyLine, value: member))
      if take(",") { continue }
      guard take("}") else { throw JSONFault(message: "\",\" or \"}\" is due") }
      return ConfigurationNode(.mapping(members), line: start)
    }
  }

  private mutating func array(depth: Int, start: Int) throws(JSONFault) -> ConfigurationNode {
    position += 1
    var elements: [ConfigurationNode] = []
    if take("]") { return ConfigurationNode(.sequence([]), line: start) }
    while true {
      elements.append(try value(depth: depth + 1))
      if take(",") { continue }
      guard take("]") else { throw JSONFault(message: "\",\" or \"]\" is due") }
      return ConfigurationNode(.sequence(elements), line: start)
    }
  }

  /// A number, `true`, `false` or `null`; JSON's null becomes an empty scalar, as YAML's does.
  private mutating func literal() throws(JSONFault) -> String {
    let start = position
    while let byte = current,
      byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
    { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    switch word {
    case "true", "false": return word
    case "null": return ""
    default:
      guard isJSONNumber(word.utf8) else {
        let read = word.isEmpty ? String(decoding: bytes[start...].prefix(1), as: UTF8.self) : word
        throw JSONFault(message: "a value is due, read \(quoted(read))")
      }
      return word
    }
  }

  private func isJSONNumber(_ text: String.UTF8View) -> Bool {
    var rest = text[...]
    func digits(_ rest: inout Substring.UTF8View) -> Bool {
      let count = rest.prefix { (0x30...0x39).contains($0) }.count
      rest = rest.dropFirst(count)
      return count > 0
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    if rest.first == UInt8(ascii: "0") {
      rest = rest.dropFirst()
    } else if !digits(&rest) {
      return false
    }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      if !digits(&rest) { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      if !digits(&rest) { return false }
    }
    return rest.isEmpty
  }

  private mutating func string() throws(JSONFault) -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw JSONFault(message: "text is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
      case 0..<0x20: throw JSONFault(message: "control character in text")
      default: content.append(byte)
      }
    }
    throw JSONFault(message: "text without end")
  }

  private mutating func escape() throws(JSONFault) -> [UInt8] {
    guard let byte = current else { throw JSONFault(message: "text without end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      var unit = try hexadecimal()
      if (0xD800..<0xDC00).contains(unit) {
        guard current == UInt8(ascii: "\\"), position + 1 < bytes.count,
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw JSONFault(message: "half a surrogate pair") }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else {
          throw JSONFault(message: "half a surrogate pair")
        }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else {
        throw JSONFault(message: "half a surrogate pair")
      }
      return Array(String(Character(scalar)).utf8)
    default: throw JSONFault(message: "unknown escape")
    }
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    guard position + 4 <= bytes.count,
      let unit = UInt32(
        String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16),
      bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-")
    else { throw JSONFault(message: "four hexadecimal digits are due") }
    position += 4
    return unit
  }
}
