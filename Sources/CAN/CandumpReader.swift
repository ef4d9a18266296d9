/// Reads candump text, one frame a call; every line is a frame, blank, or an error.
///
/// The form is found from the first line that looks like either. After an error the next call goes
/// on with the next line, so that a caller may count errors instead of stopping.
package struct CandumpReader {
  package let form: CandumpForm
  package private(set) var interfaces: [String] = []
  /// Of the record returned last, or of the error thrown last.
  package private(set) var line = 0

  let bytes: [UInt8]
  let name: String
  var position = 0
  private(set) var lineStart = 0
  private var interfaceBytes: [[UInt8]] = []
  private var afterErrorFrame = false

  package init(bytes: [UInt8], name: String) throws(LogError) {
    self.bytes = bytes
    self.name = name
    form = try Self.detect(bytes, name)
  }

  /// The next frame, nil at the end.
  package mutating func next() throws(LogError) -> CANLogRecord? {
    while position < bytes.count {
      lineStart = position
      line += 1
      if isBlankLine() || isDetailOfErrorFrame() { continue }
      do {
        let record = form == .compact ? try compactRecord() : try spacedRecord()
        afterErrorFrame = record.frame.isError
        return record
      } catch {
        skipLine()
        throw error
      }
    }
    return nil
  }

  // MARK: Lines

  /// Leaves the position after a blank line, and where it was on any other.
  private mutating func isBlankLine() -> Bool {
    let start = position
    while peek == .blank || peek == .tab || peek == .carriageReturn { position += 1 }
    if peek == .newline {
      position += 1
      return true
    }
    position = start
    return false
  }

  /// candump -e explains an error frame on lines of its own, behind a tab.
  private mutating func isDetailOfErrorFrame() -> Bool {
    guard afterErrorFrame, form == .spaced, peek == .tab else { return false }
    skipLine()
    return true
  }

  private mutating func skipLine() {
    while peek != .newline { position += 1 }
    position += 1
  }

  mutating func endLine() throws(LogError) {
    skipBlanks()
    if peek == .carriageReturn { position += 1 }
    guard peek == .newline else { throw failure("the rest of the line", "nothing") }
    position += 1
  }

  private static func detect(_ bytes: [UInt8], _ name: String) throws(LogError) -> CandumpForm {
    var isEmpty = true
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: .newline) ?? bytes.count
      let tokens = bytes[start..<end].split(separator: .blank).filter { $0 != [.carriageReturn] }
      start = end + 1
      guard let first = tokens.first else { continue }
      isEmpty = false
      guard first.first == UInt8(ascii: "("), tokens.count >= 3 else { continue }
      if tokens[2].contains(UInt8(ascii: "#")) { return .compact }
      let lengths = tokens[3...].prefix(4)
      if lengths.contains(where: { $0.first == UInt8(ascii: "[") }) { return .spaced }
    }
    guard !isEmpty else { return .compact }
    throw LogError(
      file: name, line: 1, column: 1, field: "the file",
      text: String(decoding: bytes.prefix { $0 != .newline }.prefix(60), as: UTF8.self),
      allowed: "lines of candump -l \"(1436509052.249713) can0 044#2A36\" or of candump -t "
        + "\" (000.011063)  can0  18FEF100   [2]  FF 34\"")
  }

  // MARK: Bytes

  /// A newline also stands for the end of the file.
  @inline(__always)
  var peek: UInt8 { position < bytes.count ? bytes[position] : .newline }

  /// The next eight characters, the first one lowest; nil near the end of the file.
  @inline(__always)
  func peekEight(at start: Int) -> UInt64? {
    guard start >= 0, start &+ 8 <= bytes.count else { return nil }
    // Safety: the eight bytes were just checked to be inside, and any bits are a UInt64.
    return unsafe UInt64(
      littleEndian: bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
  }

  @inline(__always)
  mutating func skipBlanks() {
    while peek == .blank { position += 1 }
  }

  /// At least one blank between two fields.
  @inline(__always)
  mutating func separator(before field: StaticString) throws(LogError) {
    guard peek == .blank else { throw failure("\(field)", "a blank before it") }
    skipBlanks()
  }

  func failure(_ field: String, _ allowed: String, from start: Int? = nil) -> LogError {
    let start = start ?? position
    var end = start
    while end < bytes.count, bytes[end] > .blank { end += 1 }
    return LogError(
      file: name, line: line, column: start - lineStart + 1, field: field,
      text: String(decoding: bytes[start..<end].prefix(80), as: UTF8.self), allowed: allowed)
  }

  /// The index of the interface named here.
  mutating func interface() throws(LogError) -> Int {
    let start = position
    while peek > .blank { position += 1 }
    let count = position - start
    // IFNAMSIZ is 16 with the closing zero.
    guard count >= 1, count <= 15 else {
      throw failure("the interface", "a name of 1 to 15 characters", from: start)
    }
    for index in interfaceBytes.indices where isInterface(index, start, count) { return index }
    let bytes = [UInt8](self.bytes[start..<position])
    interfaceBytes.append(bytes)
    interfaces.append(String(decoding: bytes, as: UTF8.self))
    return interfaces.count - 1
  }

  @inline(__always)
  private func isInterface(_ index: Int, _ start: Int, _ count: Int) -> Bool {
    guard interfaceBytes[index].count == count else { return false }
    for offset in 0..<count where interfaceBytes[index][offset] != bytes[start + offset] {
      return false
    }
    return true
  }
}

extension UInt8 {
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let blank = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")

  /// The value of a hexadecimal digit, 255 for anything else.
  ///
  /// Written without branches: which digits are letters is random, and a guess costs more.
  @inline(__always)
  var hexadecimal: UInt8 {
    let digit = self &- UInt8(ascii: "0")
    let letter = (self | 0x20) &- UInt8(ascii: "a")
    let ifLetter: UInt8 = letter < 6 ? letter &+ 10 : 255
    return digit < 10 ? digit : ifLetter
  }
}

/// Four bytes written as eight hexadecimal digits, the first byte lowest; nil if one is no digit.
///
/// `text` holds the eight characters, the first one lowest. All eight are converted at once, each in
/// its own byte, and turned back into text to see whether they were digits.
@inline(__always)
func hexadecimalBytes(_ text: UInt64) -> UInt32? {
  let ones: UInt64 = 0x0101_0101_0101_0101
  // Bit 6 tells letters from digits; the letters are made capitals.
  let capitals = text & ~((text & ones &<< 6) &>> 1)
  let nibbles = (capitals & (ones &* 0x0F)) &+ ((capitals &>> 6) & ones) &* 9
  let isLetter = ((nibbles &+ ones &* 6) &>> 4) & ones
  let back = ones &* 0x30 &+ nibbles &+ isLetter &* 7
  guard back == capitals, nibbles & (ones &* 0xF0) == 0 else { return nil }
  var pairs = ((nibbles &<< 4) | (nibbles &>> 8)) & 0x00FF_00FF_00FF_00FF
  pairs = (pairs | (pairs &>> 8)) & 0x0000_FFFF_0000_FFFF
  return UInt32(truncatingIfNeeded: pairs | (pairs &>> 16))
}
