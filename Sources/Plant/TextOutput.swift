/// Writes numbers as text without Foundation, and always in the same way.
struct TextOutput {
  private(set) var bytes: [UInt8]

  init(_ bytes: consuming [UInt8] = []) { self.bytes = bytes }

  mutating func put(_ text: StaticString) {
    for byte in text.description.utf8 { bytes.append(byte) }
  }

  mutating func put(byte: UInt8) { bytes.append(byte) }

  mutating func put(_ integer: Int64) {
    if integer < 0 { bytes.append(minus) }
    put(digitsOf: integer.magnitude, atLeast: 1)
  }

  /// An unsigned number with leading zeros.
  mutating func put(digitsOf number: UInt64, atLeast width: Int) {
    let start = bytes.count
    var rest = number
    repeat {
      bytes.append(zero + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    while bytes.count - start < width { bytes.append(zero) }
    bytes[start...].reverse()
  }

  /// A decimal number, rounded to the nearest; nothing when it is not finite or above 1e9.
  mutating func put(_ number: Double, decimals: Int, integerDigits: Int = 1) {
    guard number.magnitude < 1e9 else { return }
    let places = min(max(decimals, 0), 9)
    var scale: UInt64 = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = UInt64((number.magnitude * Double(scale)).rounded())
    if number < 0, scaled > 0 { bytes.append(minus) }
    put(digitsOf: scaled / scale, atLeast: integerDigits)
    guard places > 0 else { return }
    bytes.append(point)
    put(digitsOf: scaled % scale, atLeast: places)
  }

  mutating func put(hexadecimal byte: UInt8) {
    for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? zero + digit : 55 + digit) }
  }
}

private let zero = UInt8(ascii: "0")
private let minus = UInt8(ascii: "-")
private let point = UInt8(ascii: ".")

/// One JSON object on one line, members in the order of the calls.
struct JSONLine {
  private var output: TextOutput
  private var needsComma = false

  init(_ text: consuming [UInt8]) {
    output = TextOutput(text)
    output.put("{")
  }

  mutating func number(_ name: StaticString, _ value: Double, decimals: Int) {
    key(name)
    if value.magnitude < 1e9 {
      output.put(value, decimals: decimals)
    } else {
      output.put("null")
    }
  }

  mutating func integer(_ name: StaticString, _ value: Int64) {
    key(name)
    output.put(value)
  }

  mutating func age(_ name: StaticString, _ milliseconds: Int64) {
    guard milliseconds < 0 else { return integer(name, milliseconds) }
    key(name)
    output.put("null")
  }

  mutating func truth(_ name: StaticString, _ value: Bool) {
    key(name)
    output.put(value ? "true" : "false")
  }

  /// A text without anything to escape.
  mutating func text(_ name: StaticString, _ value: StaticString) {
    key(name)
    output.put("\"")
    output.put(value)
    output.put("\"")
  }

  mutating func open(_ name: StaticString) {
    key(name)
    output.put("{")
    needsComma = false
  }

  mutating func close() {
    output.put("}")
    needsComma = true
  }

  consuming func finished() -> [UInt8] {
    output.put("}\n")
    return output.bytes
  }

  private mutating func key(_ name: StaticString) {
    if needsComma { output.put(",") }
    needsComma = true
    output.put("\"")
    output.put(name)
    output.put("\":")
  }
}
