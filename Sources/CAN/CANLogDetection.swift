/// Finds the format of a log from its beginning.
struct CANLogDetection {
  /// Lines that are looked at for how times go on.
  private static let timedLines = 200
  private static let lineLimit = 2000

  private let bytes: [UInt8]
  private let name: String

  init(_ bytes: [UInt8], _ name: String) {
    self.bytes = bytes
    self.name = name
  }

  func format() throws(LogError) -> CANLogFormat {
    var isEmpty = true
    var start = 0
    var lines = 0
    while start < bytes.count, lines < Self.lineLimit {
      let end = bytes[start...].firstIndex(of: .newline) ?? bytes.count
      let line = bytes[start..<end]
      let tokens = line.prefix(400).split(maxSplits: 8) { $0 <= .blank }
      defer { start = end + 1 }
      lines += 1
      guard let first = tokens.first else { continue }
      isEmpty = false
      if let format = format(ofLine: line, first, tokens, at: start) { return format }
    }
    guard !isEmpty else { return .candump }
    throw LogError(
      file: name, line: 1, column: 1, field: "the file",
      text: String(decoding: bytes.prefix { $0 != .newline }.prefix(60), as: UTF8.self),
      allowed: "a log of candump -l \"(1436509052.249713) can0 044#2A36\", of candump -t "
        + "\" (000.011063)  can0  18FEF100   [2]  FF 34\", Vector ASC (\"date ...\", \"base hex\"), "
        + "PEAK TRC 1.1, 2.0 or 2.1 (\";$FILEVERSION=2.1\"), GVRET CSV (\"Time Stamp,ID,...\"), "
        + "CRTD or BUSMASTER")
  }

  private func format(
    ofLine line: ArraySlice<UInt8>, _ first: ArraySlice<UInt8>, _ tokens: [ArraySlice<UInt8>],
    at start: Int
  ) -> CANLogFormat? {
    let text = String(decoding: line.prefix(100), as: UTF8.self)
    if first.first == UInt8(ascii: "("), tokens.count >= 3 {
      if tokens[2].contains(UInt8(ascii: "#")) { return .candump }
      let isSpaced = tokens[3...].prefix(4).contains {
        $0.first == UInt8(ascii: "[") || $0.first == UInt8(ascii: "{")
      }
      return isSpaced ? spacedFormat(from: start) : nil
    }
    if text.hasPrefix(";$FILEVERSION=") {
      let version = text.dropFirst(";$FILEVERSION=".count).filter { $0 == "." || $0.isNumber }
      // Other versions are read as 1.1, whose reader says what is wrong with the version.
      return version == "2.0" ? .peak20 : version == "2.1" ? .peak21 : .peak1
    }
    if text.hasPrefix("Time Stamp,ID,Extended,") {
      return text.hasPrefix("Time Stamp,ID,Extended,Dir,") ? .gvret : .gvretWithoutDirection
    }
    if text.hasPrefix("***BUSMASTER") { return .busmaster }
    let word = String(decoding: first, as: UTF8.self).lowercased()
    if word == "base", tokens.count >= 2 {
      return String(decoding: tokens[1], as: UTF8.self).lowercased() == "dec"
        ? .vectorDecimal : .vector
    }
    if tokens.count >= 2, first.contains(UInt8(ascii: ".")),
      CANLogReader.crtdType(tokens[1]) != nil
    {
      return .crtd
    }
    return nil
  }

  /// Tells dates, which have ten digits of seconds, from times.
  ///
  /// Times since the first frame go on; times since the frame before go up and down, or stay what
  /// they are. A part of such a log, which does not begin with zero, needs its form told.
  private func spacedFormat(from start: Int) -> CANLogFormat {
    var start = start
    var times = 0
    var steps = 0
    var falls = 0
    var last: UInt64 = 0
    var first: UInt64 = 0
    var second: UInt64 = 0
    var largest: UInt64 = 0
    while start < bytes.count, times < Self.timedLines {
      let end = bytes[start...].firstIndex(of: .newline) ?? bytes.count
      var digits = 0
      var value: UInt64 = 0
      for byte in bytes[start..<end].drop(while: { $0 == .blank || $0 == UInt8(ascii: "(") }) {
        if byte &- 0x30 < 10 {
          value = value &* 10 &+ UInt64(byte &- 0x30)
        } else if byte != UInt8(ascii: ".") {
          break
        } else {
          if digits >= 10, times == 0 { return .candumpAbsolute }
        }
        digits += 1
      }
      start = end + 1
      guard digits > 0 else { continue }
      if times > 0, value < last { steps += 1 }
      if times > 0, value <= last / 2, last > 0 { falls += 1 }
      if times == 0 { first = value }
      if times == 1 { second = value }
      largest = max(largest, value)
      last = value
      times += 1
    }
    let staysSame = times > 2 && second > 0 && largest == second
    // Interfaces that log at once are a little out of order; falling to half is more than that.
    // The first frame has none before it: candump -td begins with zero.
    let isDelta = first == 0 && (steps * 10 > times || falls * 50 > times || staysSame)
    return isDelta ? .candumpDelta : .candumpZero
  }
}
