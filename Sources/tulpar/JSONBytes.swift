/// Writes JSON straight into bytes, for output of many small objects.
struct JSONBytes {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  mutating func open(_ bracket: Unicode.Scalar) {
    comma()
    bytes.append(UInt8(truncatingIfNeeded: bracket.value))
    needsComma = false
  }

  mutating func close(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(truncatingIfNeeded: bracket.value))
    needsComma = true
  }

  mutating func key(_ name: String) {
    comma()
    quoted(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A key with its quotes and colon, made before.
  mutating func key(prepared: [UInt8]) {
    comma()
    bytes.append(contentsOf: prepared)
    needsComma = false
  }

  mutating func string(_ text: String) {
    comma()
    quoted(text)
    needsComma = true
  }

  mutating func integer(_ number: some BinaryInteger) {
    comma()
    bytes.append(contentsOf: String(number).utf8)
    needsComma = true
  }

  mutating func boolean(_ flag: Bool) { literal(flag ? "true" : "false") }

  mutating func null() { literal("null") }

  /// The shortest text that reads back as this number; null for what JSON has no text for.
  mutating func number(_ number: Double) {
    guard number.isFinite else { return null() }
    literal(number.description)
  }

  /// Seconds with as many decimals as needed.
  mutating func seconds(_ nanoseconds: Int64) {
    comma()
    if nanoseconds < 0 { bytes.append(UInt8(ascii: "-")) }
    let magnitude = nanoseconds.magnitude
    digits(magnitude / 1_000_000_000, atLeast: 1)
    var fraction = magnitude % 1_000_000_000
    if fraction > 0 {
      var width = 9
      while fraction % 10 == 0 {
        fraction /= 10
        width -= 1
      }
      bytes.append(UInt8(ascii: "."))
      digits(fraction, atLeast: width)
    }
    needsComma = true
  }

  /// A value or a whole line, made before.
  mutating func raw(_ text: [UInt8]) {
    comma()
    bytes.append(contentsOf: text)
    needsComma = true
  }

  mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  private mutating func literal(_ text: String) {
    comma()
    bytes.append(contentsOf: text.utf8)
    needsComma = true
  }

  private mutating func comma() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func digits(_ number: UInt64, atLeast width: Int) {
    let start = bytes.count
    var rest = number
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    while bytes.count - start < width { bytes.append(UInt8(ascii: "0")) }
    bytes[start...].reverse()
  }

  private mutating func quoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        for nibble in [byte >> 4, byte & 15] {
          bytes.append(nibble < 10 ? 0x30 + nibble : 0x41 + nibble - 10)
        }
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
