extension CANLogReader {
  // (1436509052.249713) vcan0 044#2A366C2BBA
  mutating func compactRecord() throws(LogError) -> CANLogRecord {
    let time = try time()
    try separator(before: "the interface")
    let interface = try interface()
    try separator(before: "the identifier")
    var frame = try identifier()
    let mark = position
    guard peek == UInt8(ascii: "#") else { throw failure("the frame", "# after the identifier") }
    position += 1
    if peek == UInt8(ascii: "#") {
      position += 1
      try flexibleFlags(&frame)
      try compactData(&frame, limit: 64)
      guard CANFrame.isFlexibleLength(frame.length) else {
        throw failure(
          "the FD payload", "0 to 8, 12, 16, 20, 24, 32, 48 or 64 bytes", from: mark)
      }
    } else if peek | 0x20 == UInt8(ascii: "r") {
      position += 1
      try remoteLength(&frame)
    } else {
      try compactData(&frame, limit: 8)
      try lengthCode(&frame)
    }
    let direction = try direction()
    try endLine()
    return CANLogRecord(
      nanoseconds: time, interface: interface, direction: direction, frame: frame)
  }

  //  (000.011063)  can0  18FEF100   [8]  FF 34 17 FC FF 68 00 CF
  mutating func spacedRecord() throws(LogError) -> CANLogRecord {
    skipBlanks()
    var time = try time()
    if format == .candumpDelta {
      header.clock &+= time
      time = header.clock
    }
    try separator(before: "the interface")
    let interface = try interface()
    try separator(before: "the identifier")
    var bitRateSwitch = false
    var errorStateIndicator = false
    let direction = try markedDirection(&bitRateSwitch, &errorStateIndicator)
    var frame = try identifier()
    frame.bitRateSwitch = bitRateSwitch
    frame.errorStateIndicator = errorStateIndicator
    try separator(before: "the length")
    let length = try bracketedLength(&frame)
    try spacedData(&frame, length)
    try remarks(frame)
    try endLine()
    return CANLogRecord(
      nanoseconds: time, interface: interface, direction: direction, frame: frame)
  }

  // MARK: Head

  /// Seconds and one to nine decimals in parentheses.
  private mutating func time() throws(LogError) -> Int64 {
    let start = position
    guard peek == UInt8(ascii: "(") else { throw failure("the time", "(seconds.fraction)") }
    position += 1
    let isNegative = peek == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let secondsStart = position
    var seconds: Int64 = 0
    while peek &- 0x30 < 10 {
      seconds = seconds &* 10 &+ Int64(peek &- 0x30)
      position += 1
    }
    let digits = position - secondsStart
    // Ten digits reach to the year 2286 and cannot overflow nanoseconds below 9.2e9 s.
    guard digits >= 1, digits <= 10, seconds < 9_200_000_000, peek == UInt8(ascii: ".") else {
      throw failure("the time", "(seconds.fraction), below 9200000000", from: start)
    }
    position += 1
    var fraction: Int64 = 0
    let fractionStart = position
    while peek &- 0x30 < 10, position - fractionStart < 9 {
      fraction = fraction &* 10 &+ Int64(peek &- 0x30)
      position += 1
    }
    var missing = 9 - (position - fractionStart)
    guard missing < 9, peek == UInt8(ascii: ")") else {
      throw failure("the time", "(seconds.fraction) with 1 to 9 decimals", from: start)
    }
    position += 1
    while missing > 0 {
      fraction &*= 10
      missing -= 1
    }
    let total = seconds &* 1_000_000_000 &+ fraction
    return isNegative ? -total : total
  }

  /// Three digits for 11 bits, eight for 29 bits or, with bit 29 set, an error frame.
  @inline(__always)
  private mutating func identifier() throws(LogError) -> CANFrame {
    let start = position
    var value: UInt32 = 0
    if let text = peekEight(at: start), let bytes = hexadecimalBytes(text) {
      value = bytes.byteSwapped
      position &+= 8
    }
    var digit = peek.hexadecimal
    while digit < 16, position - start < 9 {
      value = value << 4 | UInt32(digit)
      position += 1
      digit = peek.hexadecimal
    }
    switch position - start {
    case 3 where value <= 0x7FF: return CANFrame(identifier: value, isExtended: false)
    case 8 where value <= 0x1FFF_FFFF: return CANFrame(identifier: value, isExtended: true)
    case 8 where value <= 0x3FFF_FFFF:
      var frame = CANFrame(identifier: value & 0x1FFF_FFFF, isExtended: false)
      frame.isError = true
      return frame
    default:
      throw failure(
        "the identifier",
        "3 hexadecimal digits to 7FF, or 8 to 1FFFFFFF (20000000 and up for an error frame)",
        from: start)
    }
  }

  // MARK: Compact tail

  private mutating func flexibleFlags(_ frame: inout CANFrame) throws(LogError) {
    let flags = peek.hexadecimal
    guard flags < 16 else { throw failure("the FD flags", "one hexadecimal digit") }
    position += 1
    frame.isFD = true
    frame.bitRateSwitch = flags & 1 != 0
    frame.errorStateIndicator = flags & 2 != 0
  }

  /// Pairs of digits, a dot between bytes allowed.
  @inline(__always)
  private mutating func compactData(_ frame: inout CANFrame, limit: Int) throws(LogError) {
    var words = InlineArray<8, UInt64>(repeating: 0)
    var count = 0
    // Eight bytes are the usual payload; two loads read them.
    if let low = peekEight(at: position), let lowBytes = hexadecimalBytes(low),
      let high = peekEight(at: position &+ 8), let highBytes = hexadecimalBytes(high)
    {
      words[0] = UInt64(highBytes) &<< 32 | UInt64(lowBytes)
      position &+= 16
      count = 8
    }
    while true {
      let high = peek.hexadecimal
      guard high < 16 else { break }
      position += 1
      let low = peek.hexadecimal
      guard low < 16 else {
        throw failure("data byte \(count + 1)", "two hexadecimal digits", from: position - 1)
      }
      guard count < limit else {
        throw failure("the data", "at most \(limit) bytes", from: position - 1)
      }
      position += 1
      words[count >> 3] |= UInt64(high << 4 | low) << UInt64(8 * (count & 7))
      count += 1
      if peek == UInt8(ascii: "."), count < limit { position += 1 }
    }
    frame.setPayload(words, length: UInt8(truncatingIfNeeded: count))
  }

  private mutating func remoteLength(_ frame: inout CANFrame) throws(LogError) {
    frame.isRemote = true
    let digit = peek &- 0x30
    if digit < 10 {
      guard digit <= 8 else { throw failure("the remote length", "0 to 8") }
      frame.setLength(digit)
      position += 1
    }
    try lengthCode(&frame)
  }

  /// `_9` to `_F` after eight bytes.
  @inline(__always)
  private mutating func lengthCode(_ frame: inout CANFrame) throws(LogError) {
    guard peek == UInt8(ascii: "_") else { return }
    position += 1
    let code = peek.hexadecimal
    guard code >= 9, code < 16, frame.length == 8 else {
      throw failure("the length code", "9 to F, after eight bytes")
    }
    position += 1
    frame.rawLengthCode = code
  }

  private mutating func direction() throws(LogError) -> CANDirection {
    skipBlanks()
    switch peek {
    case UInt8(ascii: "T"):
      position += 1
      return .transmitted
    case UInt8(ascii: "R"):
      position += 1
      return .received
    default: return .unknown
    }
  }

  // MARK: Spaced tail

  /// `TX B E` or `RX - -` of candump -x.
  private mutating func markedDirection(
    _ bitRateSwitch: inout Bool, _ errorStateIndicator: inout Bool
  ) throws(LogError) -> CANDirection {
    let first = peek
    guard first == UInt8(ascii: "T") || first == UInt8(ascii: "R") else { return .unknown }
    position += 1
    guard peek == UInt8(ascii: "X") else {
      throw failure("the direction", "TX or RX", from: position - 1)
    }
    position += 1
    bitRateSwitch = try mark(UInt8(ascii: "B"))
    errorStateIndicator = try mark(UInt8(ascii: "E"))
    try separator(before: "the identifier")
    return first == UInt8(ascii: "T") ? .transmitted : .received
  }

  private mutating func mark(_ letter: UInt8) throws(LogError) -> Bool {
    try separator(before: "the FD mark")
    let found = peek
    guard found == letter || found == UInt8(ascii: "-") else {
      throw failure("the FD mark", "\(Unicode.Scalar(letter)) or -")
    }
    position += 1
    return found == letter
  }

  /// `[8]`, or two digits for FD.
  private mutating func bracketedLength(_ frame: inout CANFrame) throws(LogError) -> UInt8 {
    let start = position
    if peek == UInt8(ascii: "{") { return try bracedLengthCode(&frame) }
    guard peek == UInt8(ascii: "[") else { throw failure("the length", "[0] to [8]") }
    position += 1
    var length: UInt8 = 0
    var digits = 0
    while peek &- 0x30 < 10, digits < 2 {
      length = length * 10 + (peek &- 0x30)
      digits += 1
      position += 1
    }
    frame.isFD = digits == 2
    guard frame.isFD || !(frame.bitRateSwitch || frame.errorStateIndicator) else {
      throw failure("the length", "[00] to [64], as B and E mark CAN FD", from: start)
    }
    let isAllowed = digits == 2 ? CANFrame.isFlexibleLength(length) : digits == 1 && length <= 8
    guard isAllowed, peek == UInt8(ascii: "]") else {
      throw failure(
        "the length",
        "[0] to [8], or [00] to [08], [12], [16], [20], [24], [32], [48], [64] for FD",
        from: start)
    }
    position += 1
    return length
  }

  /// `{B}` of candump -8, the length code as sent.
  private mutating func bracedLengthCode(_ frame: inout CANFrame) throws(LogError) -> UInt8 {
    let start = position
    guard !(frame.bitRateSwitch || frame.errorStateIndicator) else {
      throw failure("the length", "[00] to [64], as B and E mark CAN FD", from: start)
    }
    position += 1
    let code = peek.hexadecimal
    guard code < 16 else { throw failure("the length code", "{0} to {F}", from: start) }
    position += 1
    guard peek == UInt8(ascii: "}") else {
      throw failure("the length code", "{0} to {F}", from: start)
    }
    position += 1
    if code > 8 { frame.rawLengthCode = code }
    return min(code, 8)
  }

  private mutating func spacedData(_ frame: inout CANFrame, _ length: UInt8) throws(LogError) {
    skipBlanks()
    let start = position
    if peek == UInt8(ascii: "r"), takes("remote request") {
      guard !frame.isFD else {
        throw failure("the data", "bytes, as CAN FD has no remote frames", from: start)
      }
      frame.isRemote = true
      frame.setLength(length)
      return
    }
    var words = InlineArray<8, UInt64>(repeating: 0)
    for index in 0..<Int(length) {
      if index > 0 { try separator(before: "a data byte") }
      let high = peek.hexadecimal
      position += high < 16 ? 1 : 0
      let low = peek.hexadecimal
      guard high < 16, low < 16 else {
        throw failure(
          "data byte \(index + 1) of \(length)", "two hexadecimal digits",
          from: position - (high < 16 ? 1 : 0))
      }
      position += 1
      words[index >> 3] |= UInt64(high << 4 | low) << UInt64(8 * (index & 7))
    }
    frame.setPayload(words, length: length)
  }

  /// The word after an error frame, and the text column of candump -a.
  private mutating func remarks(_ frame: CANFrame) throws(LogError) {
    skipBlanks()
    if frame.isError { _ = takes("ERRORFRAME") }
    skipBlanks()
    guard peek == UInt8(ascii: "'") else { return }
    // The column shows the payload again, a quote only at its ends.
    let end = position + Int(frame.length) + 1
    guard end < bytes.count, bytes[end] == UInt8(ascii: "'") else {
      throw failure("the text column", "'\(frame.length) characters'")
    }
    position = end + 1
  }

  private mutating func takes(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    var offset = position
    for byte in "\(word)".utf8 {
      guard bytes[offset] == byte else { return false }
      offset += 1
    }
    position = offset
    return true
  }
}
