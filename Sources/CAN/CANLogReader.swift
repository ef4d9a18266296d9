/// Reads a text log of any `CANLogFormat`, one frame a call.
///
/// The form is found from the content. Every line is a frame, blank, part of what the format writes
/// beside frames, or an error. After an error the next call goes on with the next line, so that a
/// caller may count errors instead of stopping. Memory is bounded: lines come in pieces, and a line
/// or a number of interfaces beyond the limits is an error.
package struct CANLogReader {
  /// Longer than the longest line of any format by far.
  package static let lineLimit = 65_536
  package static let interfaceLimit = 256

  package let format: CANLogFormat
  package private(set) var interfaces: [String] = []
  /// Of the record returned last, or of the error thrown last.
  package private(set) var line = 0
  /// Lines that tell of something else than a frame: statistics, status, events.
  package var skipped = 0

  /// Whole lines; all of the log, or the piece that is being read.
  private(set) var bytes: [UInt8]
  let name: String
  var position = 0
  private(set) var lineStart = 0
  /// The next piece of the log, empty at its end; nil when all of it is in `bytes`.
  private let more: (() throws(LogError) -> [UInt8])?
  /// The beginning of a line whose end is in the next piece.
  private var carried: [UInt8] = []
  private var interfaceBytes: [[UInt8]] = []
  /// Interface by channel number, -1 where the channel has not been met.
  private var interfaceOfChannel: [Int] = []
  private var afterErrorFrame = false
  /// What the header of the file said.
  var header = CANLogHeader()

  /// - Parameter format: what the log is; found from the content if nil.
  package init(bytes: [UInt8], name: String, format: CANLogFormat? = nil) throws(LogError) {
    self.bytes = bytes
    self.name = name
    more = nil
    if let format {
      self.format = format
    } else {
      self.format = try CANLogDetection(bytes, name).format()
    }
  }

  /// A log that is read as it goes.
  ///
  /// - Parameters:
  ///   - format: what the log is; found from the first piece if nil.
  ///   - more: the next piece, of any size; empty at the end.
  package init(
    name: String, format: CANLogFormat? = nil, more: @escaping () throws(LogError) -> [UInt8]
  ) throws(LogError) {
    self.name = name
    self.more = more
    bytes = try more()
    if let format {
      self.format = format
    } else {
      self.format = try CANLogDetection(bytes, name).format()
    }
    keepWholeLines()
  }

  /// The next frame, nil at the end.
  package mutating func next() throws(LogError) -> CANLogRecord? {
    repeat {
      while position < bytes.count {
        lineStart = position
        line += 1
        if isBlankLine() || isDetailOfErrorFrame() { continue }
        do {
          guard let record = try record() else { continue }
          afterErrorFrame = record.frame.isError
          return record
        } catch {
          position = lineStart
          skipLine()
          throw error
        }
      }
    } while try refill()
    return nil
  }

  /// The record of this line, nil for a line that is none.
  @inline(__always)
  private mutating func record() throws(LogError) -> CANLogRecord? {
    switch format {
    case .candump: try compactRecord()
    case .candumpAbsolute, .candumpDelta, .candumpZero: try spacedRecord()
    case .vector, .vectorDecimal: try vectorLine()
    case .peak1, .peak20, .peak21: try peakLine()
    case .gvret, .gvretWithoutDirection: try gvretLine()
    case .crtd: try crtdLine()
    case .busmaster: try busmasterLine()
    }
  }

  // MARK: Pieces

  private mutating func refill() throws(LogError) -> Bool {
    guard let more else { return false }
    while true {
      let piece = try more()
      if piece.isEmpty, carried.isEmpty { return false }
      bytes = carried + piece
      position = 0
      lineStart = 0
      carried = []
      if piece.isEmpty { return true }
      keepWholeLines()
      if !bytes.isEmpty { return true }
      guard carried.count <= Self.lineLimit else {
        let start = String(decoding: carried.prefix(60), as: UTF8.self)
        carried = []
        throw LogError(
          file: name, line: line + 1, column: 1, field: "the line", text: start,
          allowed: "at most \(Self.lineLimit) bytes")
      }
    }
  }

  private mutating func keepWholeLines() {
    let end = bytes.lastIndex(of: .newline).map { $0 + 1 } ?? 0
    carried = [UInt8](bytes[end...])
    bytes.removeLast(bytes.count - end)
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
    guard afterErrorFrame, format.isSpaced, peek == .tab else { return false }
    skipLine()
    return true
  }

  mutating func skipLine() {
    while peek != .newline { position += 1 }
    position += 1
  }

  mutating func endLine() throws(LogError) {
    skipBlanks()
    if peek == .carriageReturn { position += 1 }
    guard peek == .newline else { throw failure("the rest of the line", "nothing") }
    position += 1
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

  // MARK: Interfaces

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
    guard interfaces.count < Self.interfaceLimit else {
      throw failure("the interface", "at most \(Self.interfaceLimit) of them", from: start)
    }
    let bytes = [UInt8](self.bytes[start..<position])
    interfaceBytes.append(bytes)
    interfaces.append(String(decoding: bytes, as: UTF8.self))
    return interfaces.count - 1
  }

  /// The index of the interface with a number, 0...255; it is called can0 to can255 unless named.
  mutating func interface(channel: Int) -> Int {
    if interfaceOfChannel.isEmpty {
      interfaceOfChannel = [Int](repeating: -1, count: Self.interfaceLimit)
    }
    if interfaceOfChannel[channel] < 0 {
      interfaceOfChannel[channel] = interfaces.count
      interfaces.append(header.channelNames[channel] ?? "can\(channel)")
    }
    return interfaceOfChannel[channel]
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
