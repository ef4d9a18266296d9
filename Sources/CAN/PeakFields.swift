/// PEAK TRC 1.1, 2.0 and 2.1.
extension CANLogReader {
  /// Days from 1899-12-30, from which PEAK counts, to 1970-01-01.
  static let peakEpochDays: Int64 = 25_569
  /// Column letters that the reader needs or knows.
  private static let known = [UInt8]("NOTBIdRlLD".utf8)

  mutating func peakLine() throws(LogError) -> CANLogRecord? {
    while peek == .blank || peek == .tab { position += 1 }
    guard peek == UInt8(ascii: ";") else {
      return format == .peak1 ? try peakOldRecord() : try peakRecord()
    }
    position += 1
    if peek == UInt8(ascii: "$") {
      try peakSetting()
    } else if peek == .blank {
      interfaceComment()
    }
    skipLine()
    return nil
  }

  // MARK: Header

  // $STARTTIME=44548.6028595139
  private mutating func peakSetting() throws(LogError) {
    let line = word()
    guard let equals = bytes[line].firstIndex(of: UInt8(ascii: "=")) else { return }
    let key = line.lowerBound..<equals
    let value = equals + 1..<line.upperBound
    if says(key, "$fileversion") {
      let version = text(value)
      guard ["1.1", "2.0", "2.1"].contains(version), version.hasPrefix("1") == (format == .peak1)
      else { throw failure("the file version", "1.1, 2.0 or 2.1", from: value.lowerBound) }
    } else if says(key, "$starttime") {
      header.start = try peakStart(value)
    } else if says(key, "$columns") {
      header.columns = bytes[value].split(separator: UInt8(ascii: ",")).map {
        $0.count == 1 ? $0[$0.startIndex] : 0
      }
      let hasLength = header.columns.contains { $0 | 0x20 == UInt8(ascii: "l") }
      guard [UInt8]("OTID".utf8).allSatisfy(header.columns.contains), hasLength,
        header.columns.last == UInt8(ascii: "D"),
        header.columns.allSatisfy(Self.known.contains), header.columns.count <= Self.known.count
      else {
        throw failure(
          "the columns", "O, T, I, l or L, and D at the end, with N, B, d and R beside them",
          from: value.lowerBound)
      }
    }
  }

  /// Days and their fraction, read exactly; `44548.6028595139`.
  private mutating func peakStart(_ word: Range<Int>) throws(LogError) -> Int64 {
    let parts = bytes[word].split(separator: UInt8(ascii: "."), maxSplits: 1)
    guard let days = parts.first.flatMap({ number($0.indices) }), days <= 132_000 else {
      throw failure("the start time", "days since 1899-12-30, to 132000", from: word.lowerBound)
    }
    var numerator: UInt64 = 0
    var denominator: UInt64 = 1
    if parts.count == 2 {
      let digits = parts[1].prefix(18)
      guard let fraction = number(digits.indices), digits.count == parts[1].count else {
        throw failure("the start time", "at most 18 decimals", from: word.lowerBound)
      }
      numerator = fraction
      for _ in 0..<digits.count { denominator *= 10 }
    }
    let product = numerator.multipliedFullWidth(by: UInt64(CivilDate.nanosecondsPerDay))
    // The fraction is below one, so the quotient is below the nanoseconds of a day.
    let (quotient, remainder) = denominator.dividingFullWidth(product)
    let rounded = quotient + (remainder >= denominator - remainder ? 1 : 0)
    return (Int64(days) - Self.peakEpochDays) * CivilDate.nanosecondsPerDay + Int64(rounded)
  }

  // MARK: 1.1

  //      1)     17535.4  Tx     00000100  8  00 00 00 00 00 00 00 00
  private mutating func peakOldRecord() throws(LogError) -> CANLogRecord? {
    let index = word()
    guard index.count > 1, bytes[index.upperBound - 1] == UInt8(ascii: ")"),
      number(index.dropLast()) != nil
    else { throw failure("the message number", "a number and )", from: index.lowerBound) }
    let time = try peakTime(word())
    let kind = word()
    let identifier = word()
    if says(kind, "warng") { return skipRecord() }
    if says(kind, "error") {
      return peakError(time, 0, .unknown, try peakErrorKind(identifier), skipLength: true)
    }
    let direction = try direction(kind)
    var frame = try peakIdentifier(identifier)
    let length = try number(word(), "the data length", 0...8)
    let start = position
    if says(word(), "rtr") {
      frame.isRemote = true
      frame.setLength(UInt8(length))
    } else {
      position = start
      try dataBytes(&frame, Int(length))
    }
    try endWords()
    return CANLogRecord(
      nanoseconds: time, interface: interface(channel: 0), direction: direction, frame: frame)
  }

  private mutating func peakTime(_ word: Range<Int>) throws(LogError) -> Int64 {
    guard let offset = decimal(word, places: 6, digits: 12) else {
      throw failure("the time", "milliseconds with at most 6 decimals", from: word.lowerBound)
    }
    return header.start &+ offset
  }

  /// Four digits for 11 bits, eight for 29.
  private mutating func peakIdentifier(_ word: Range<Int>) throws(LogError) -> CANFrame {
    let isExtended = word.count > 4
    let value = number(word, hexadecimal: true)
    guard let value, word.count <= 8, value <= (isExtended ? 0x1FFF_FFFF : 0x7FF) else {
      throw failure(
        "the identifier", "4 hexadecimal digits to 07FF, or 8 to 1FFFFFFF", from: word.lowerBound)
    }
    return CANFrame(identifier: UInt32(value), isExtended: isExtended)
  }

  private mutating func endWords() throws(LogError) {
    let rest = word()
    guard rest.isEmpty else {
      throw failure(
        "the rest of the line", "as many bytes as the length says", from: rest.lowerBound)
    }
    skipLine()
  }

  // MARK: 2.x

  //      1      1059.900 DT 1      0300 Rx -  7    00 00 00 00 04 00 00
  private mutating func peakRecord() throws(LogError) -> CANLogRecord? {
    guard !header.columns.isEmpty else {
      throw failure("the line", "a $COLUMNS line before the first message")
    }
    var time: Int64 = 0
    var kind = 0..<0
    var channel = 0
    var identifier = 0..<0
    var direction = CANDirection.unknown
    var length = 0..<0
    var isCode = false
    for column in header.columns.dropLast() {
      let word = word()
      switch column {
      case UInt8(ascii: "O"): time = try peakTime(word)
      case UInt8(ascii: "T"):
        kind = word
        // Status lines leave columns empty, so what follows the kind cannot be counted off.
        if says(kind, "st") || says(kind, "ec") || says(kind, "ev") { return skipRecord() }
        if says(kind, "er") { return try peakErrorRecord(time) }
      case UInt8(ascii: "B"):
        channel = Int(try number(word, "the bus", 1...UInt64(Self.interfaceLimit))) - 1
      case UInt8(ascii: "I"): identifier = word
      case UInt8(ascii: "d"): direction = try self.direction(word)
      case UInt8(ascii: "l"): length = word
      case UInt8(ascii: "L"):
        length = word
        isCode = true
      default: break
      }
    }
    var frame = try peakIdentifier(identifier)
    try peakKind(kind, &frame)
    let count = try peakLength(length, isCode: isCode, &frame)
    if frame.isRemote { frame.setLength(count) } else { try dataBytes(&frame, Int(count)) }
    try endWords()
    return CANLogRecord(
      nanoseconds: time, interface: interface(channel: channel), direction: direction,
      frame: frame)
  }

  private mutating func peakKind(_ kind: Range<Int>, _ frame: inout CANFrame) throws(LogError) {
    if says(kind, "dt") { return }
    frame.isRemote = says(kind, "rr")
    guard !frame.isRemote else { return }
    frame.isFD = true
    frame.bitRateSwitch = says(kind, "fb") || says(kind, "bi")
    frame.errorStateIndicator = says(kind, "fe") || says(kind, "bi")
    guard frame.bitRateSwitch || frame.errorStateIndicator || says(kind, "fd") else {
      throw failure(
        "the type", "DT, FD, FB, FE, BI, RR, ER, ST, EC or EV", from: kind.lowerBound)
    }
  }

  private mutating func peakLength(
    _ word: Range<Int>, isCode: Bool, _ frame: inout CANFrame
  ) throws(LogError) -> UInt8 {
    if isCode {
      let code = UInt8(try number(word, "the length code", 0...15))
      if frame.isFD { return CANFrame.flexibleLength(ofCode: code) }
      // Only the later version can say such a code, and only it is believed.
      if code > 8, format == .peak21 { frame.rawLengthCode = code }
      return min(code, 8)
    }
    let length = number(word)
    guard let length, length <= 64,
      frame.isFD ? CANFrame.isFlexibleLength(UInt8(length)) : length <= 8
    else {
      throw failure(
        "the data length", frame.isFD ? "0 to 8, 12, 16, 20, 24, 32, 48 or 64" : "0 to 8",
        from: word.lowerBound)
    }
    return UInt8(length)
  }

  // MARK: Error frames

  /// `ER 1 0008 Rx - 4 00 19 08 08`: columns may be empty, so direction and bytes are looked for.
  private mutating func peakErrorRecord(_ time: Int64) throws(LogError) -> CANLogRecord? {
    var channel = 0
    var kind = BusErrorCode.Kind.other
    var direction = CANDirection.unknown
    var isBusExpected = header.columns.contains(UInt8(ascii: "B"))
    for _ in 0..<4 {
      let start = position
      let word = word()
      if says(word, "rx") || says(word, "tx") {
        direction = try self.direction(word)
        break
      }
      if isBusExpected {
        channel = Int(try number(word, "the bus", 1...UInt64(Self.interfaceLimit))) - 1
        isBusExpected = false
      } else if !says(word, "-") {
        guard word.count == 4 || word.count == 8 else {
          position = start
          break
        }
        kind = try peakErrorKind(word)
      }
    }
    return peakError(time, channel, direction, kind, skipLength: false)
  }

  private mutating func peakErrorKind(
    _ word: Range<Int>
  ) throws(LogError) -> BusErrorCode.Kind {
    guard let value = number(word, hexadecimal: true), value <= 8,
      let kind = BusErrorCode.Kind(rawValue: UInt8(value))
    else {
      throw failure(
        "the error type", "0001 (bit), 0002 (form), 0004 (stuff) or 0008 (other)",
        from: word.lowerBound)
    }
    return kind
  }

  /// The bytes: direction, position in the frame, receive and transmit error counter.
  private mutating func peakError(
    _ time: Int64, _ channel: Int, _ direction: CANDirection, _ kind: BusErrorCode.Kind,
    skipLength: Bool
  ) -> CANLogRecord? {
    var values: [UInt8] = []
    while values.count < 4 {
      let word = word()
      guard !word.isEmpty else { break }
      // The reserved column and the length have one character, bytes have two.
      guard word.count == 2, let value = number(word, hexadecimal: true) else { continue }
      values.append(UInt8(value))
    }
    skipLine()
    var code = BusErrorCode()
    code.kind = kind
    if values.count == 4 {
      code.isTransmitting = values[0] == 1
      code.segment = values[1] & 0x1F
      code.receiveCounter = values[2]
      code.transmitCounter = values[3]
    }
    return CANLogRecord(
      nanoseconds: time, interface: interface(channel: channel), direction: direction,
      frame: code.frame)
  }
}
