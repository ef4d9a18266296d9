/// Vector ASC, after the layouts that CANoe, log2asc and python-can write.
extension CANLogReader {
  mutating func vectorLine() throws(LogError) -> CANLogRecord? {
    let first = word()
    if bytes[first.lowerBound] &- 0x30 < 10 || bytes[first.lowerBound] == UInt8(ascii: "-") {
      return try vectorEvent(first)
    }
    if says(first, "date") {
      header.start = try vectorDate()
    } else if says(first, "base") {
      try vectorBase()
    } else if says(first, "begin") {
      guard says(word(), "triggerblock") else {
        throw failure("the line", "Begin TriggerBlock", from: first.lowerBound)
      }
      while peek == .blank { position += 1 }
      if peek > .blank { header.triggerStart = try vectorDate() }
      header.clock = 0
    } else if says(first, "//") {
      interfaceComment()
    } else if header.hasEvents, !says(first, "end"), !begins(first, "//") {
      throw failure(
        "the line", "a time in seconds, Begin TriggerBlock, End TriggerBlock or // comment",
        from: first.lowerBound)
    }
    skipLine()
    return nil
  }

  // MARK: Header

  // base hex  timestamps absolute
  private mutating func vectorBase() throws(LogError) {
    let base = word()
    guard says(base, "hex") || says(base, "dec") else {
      throw failure("the base", "hex or dec", from: base.lowerBound)
    }
    header.isHexadecimal = says(base, "hex")
    guard says(word(), "timestamps") else { return }
    let kind = word()
    guard says(kind, "absolute") || says(kind, "relative") else {
      throw failure("the timestamps", "absolute or relative", from: kind.lowerBound)
    }
    header.isDelta = says(kind, "relative")
  }

  /// `Sam Sep 30 15:06:13.191 2017` or `Wed Apr 16 09:21:13.159 am 2014`, taken as UTC.
  private mutating func vectorDate() throws(LogError) -> Int64 {
    let start = position
    _ = word()
    let name = text(word())
    let month = CivilDate.months.firstIndex { $0.contains(name) }
    let day = number(word())
    let clock = word()
    var half = word()
    var year = half
    if says(half, "am") || says(half, "pm") { year = word() } else { half = 0..<0 }
    guard let month, let day, (1...31).contains(day),
      let years = number(year), (1970...2261).contains(years), let time = timeOfDay(clock)
    else {
      throw failure(
        "the date", "\"Fri Jul 10 06:17:32.249 2015\" with an optional am or pm", from: start)
    }
    let hour: Int64 = 3_600_000_000_000
    var nanoseconds = time
    if !half.isEmpty {
      if nanoseconds >= 12 * hour { nanoseconds -= 12 * hour }
      if says(half, "pm") { nanoseconds += 12 * hour }
    }
    let days = CivilDate.days(year: Int(years), month: month + 1, day: Int(day))
    return days * CivilDate.nanosecondsPerDay + nanoseconds
  }

  // 15:06:13.191
  func timeOfDay(_ word: Range<Int>, separator: UInt8 = UInt8(ascii: ".")) -> Int64? {
    let parts = bytes[word].split(
      separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let hours = number(parts[0].indices), hours < 24,
      let minutes = number(parts[1].indices), minutes < 60,
      let seconds = decimal(parts[2].indices, places: 9, digits: 2), seconds >= 0,
      seconds < 61_000_000_000
    else { return nil }
    return Int64(hours * 3600 + minutes * 60) * 1_000_000_000 + seconds
  }

  // MARK: Events

  private mutating func vectorEvent(_ word: Range<Int>) throws(LogError) -> CANLogRecord? {
    guard let offset = decimal(word, places: 9) else {
      throw failure("the time", "seconds with at most 9 decimals", from: word.lowerBound)
    }
    let time = vectorTime(offset)
    let second = self.word()
    if says(second, "canfd") { return try vectorFlexible(time) }
    guard let channel = number(second) else {
      if says(second, "start") {
        skipLine()
        return nil
      }
      return skipRecord()
    }
    let third = self.word()
    if says(third, "errorframe") { return try vectorError(time, channel, second) }
    let afterIdentifier = position
    let fourth = self.word()
    guard says(fourth, "rx") || says(fourth, "tx") else { return skipRecord() }
    position = afterIdentifier
    return try vectorClassic(time, channel, second, third)
  }

  /// Events count from the date of the file or from that of the trigger block; the first shows.
  ///
  /// CANoe goes on counting from the file's date, python-can starts anew at each block.
  private mutating func vectorTime(_ offset: Int64) -> Int64 {
    if let trigger = header.triggerStart {
      let wait = trigger - header.start
      if wait < 0 || offset < wait - 2_000_000_000 { header.start = trigger }
      header.triggerStart = nil
    }
    header.hasEvents = true
    header.clock = header.isDelta ? header.clock &+ offset : offset
    return header.start &+ header.clock
  }

  private mutating func vectorChannel(
    _ channel: UInt64, _ word: Range<Int>
  ) throws(LogError) -> Int {
    guard (1...UInt64(Self.interfaceLimit)).contains(channel) else {
      throw failure("the channel", "1 to \(Self.interfaceLimit)", from: word.lowerBound)
    }
    return interface(channel: Int(channel) - 1)
  }

  /// `18FEF100x`, in the base of the file.
  private mutating func vectorIdentifier(_ word: Range<Int>) throws(LogError) -> CANFrame {
    let isExtended = word.count > 1 && bytes[word.upperBound - 1] | 0x20 == UInt8(ascii: "x")
    let digits = isExtended ? word.dropLast() : word
    let value = number(digits, hexadecimal: header.isHexadecimal)
    guard let value, value <= (isExtended ? 0x1FFF_FFFF : 0x7FF) else {
      throw failure(
        "the identifier",
        header.isHexadecimal
          ? "0 to 7FF, or 0x to 1FFFFFFFx" : "0 to 2047, or 0x to 536870911x in decimal digits",
        from: word.lowerBound)
    }
    return CANFrame(identifier: UInt32(value), isExtended: isExtended)
  }

  //    0.101001 2  18FEF100x       Rx   d 8 FF 34 17 FC FF 68 00 CF  Length = 273910 ...
  private mutating func vectorClassic(
    _ time: Int64, _ channel: UInt64, _ channelWord: Range<Int>, _ identifier: Range<Int>
  ) throws(LogError) -> CANLogRecord? {
    var frame = try vectorIdentifier(identifier)
    let direction = try direction(word())
    let kind = word()
    if says(kind, "r") {
      frame.isRemote = true
      let start = position
      let word = word()
      if word.isEmpty || begins(word, "l") {
        position = start
      } else {
        let code = try number(word, "the length code", 0...15, hexadecimal: header.isHexadecimal)
        frame.setLength(UInt8(min(code, 8)))
        if code > 8 { frame.rawLengthCode = UInt8(code) }
      }
    } else {
      guard says(kind, "d") else {
        throw failure("the kind", "d for data or r for remote", from: kind.lowerBound)
      }
      let code = try number(word(), "the length code", 0...15, hexadecimal: header.isHexadecimal)
      try dataBytes(&frame, Int(min(code, 8)), hexadecimal: header.isHexadecimal)
      if code > 8 { frame.rawLengthCode = UInt8(code) }
    }
    try vectorRemarks()
    return CANLogRecord(
      nanoseconds: time, interface: try vectorChannel(channel, channelWord), direction: direction,
      frame: frame)
  }

  /// `Length = 273910 BitCount = 141 ID = 418119424x`; anything but a number may follow.
  private mutating func vectorRemarks() throws(LogError) {
    let word = word()
    guard word.isEmpty || number(word, hexadecimal: true) == nil else {
      throw failure("the rest of the line", "as many bytes as the length code says")
    }
    skipLine()
  }

  //    3.501000 1 ErrorFrame ECC: 10100010
  private mutating func vectorError(
    _ time: Int64, _ channel: UInt64, _ channelWord: Range<Int>
  ) throws(LogError) -> CANLogRecord? {
    var code = BusErrorCode()
    let start = position
    if says(word(), "ecc:") {
      let word = word()
      var capture: UInt8 = 0
      for index in word {
        guard bytes[index] == 0x30 || bytes[index] == 0x31, word.count == 8 else {
          throw failure("the error code", "eight binary digits", from: word.lowerBound)
        }
        capture = capture << 1 | bytes[index] & 1
      }
      code = BusErrorCode(capture: capture)
    } else {
      position = start
    }
    skipLine()
    return CANLogRecord(
      nanoseconds: time, interface: try vectorChannel(channel, channelWord), frame: code.frame)
  }

  //    0.201002 CANFD   2 Rx        123   NAME   1 0 9 12 11 22 ... CC   130000  130   303000 0 ...
  private mutating func vectorFlexible(_ time: Int64) throws(LogError) -> CANLogRecord? {
    let channelWord = word()
    let channel = try number(channelWord, "the channel", 1...UInt64(Self.interfaceLimit))
    let direction = try direction(word())
    let identifier = word()
    if says(identifier, "errorframe") { return try vectorError(time, channel, channelWord) }
    var frame = try vectorIdentifier(identifier)
    var mark = word()
    if !says(mark, "0"), !says(mark, "1") { mark = word() }
    let bitRateSwitch = try number(mark, "the bit rate switch", 0...1) == 1
    let errorState = try number(word(), "the error state indicator", 0...1) == 1
    let codeWord = word()
    // One digit in hexadecimal whatever the base; decimal files may have two.
    let code = try number(codeWord, "the length code", 0...15, hexadecimal: codeWord.count == 1)
    let lengthWord = word()
    let length = try number(lengthWord, "the data length", 0...64)
    try dataBytes(&frame, Int(length), hexadecimal: header.isHexadecimal)
    _ = word()
    _ = word()
    let flags = number(word(), hexadecimal: true)
    skipLine()
    frame.isFD = (flags ?? 0x1000) & 0x1000 != 0
    frame.isRemote = flags.map { $0 & 0x10 != 0 } ?? (length == 0 && code > 0)
    if frame.isRemote { frame.isFD = false }
    let expected =
      frame.isFD ? CANFrame.flexibleLength(ofCode: UInt8(code)) : UInt8(min(code, 8))
    guard frame.isRemote ? length == 0 : UInt64(expected) == length else {
      throw failure(
        "the data length", "\(expected), as the length code says", from: lengthWord.lowerBound)
    }
    if frame.isRemote { frame.setLength(expected) }
    if frame.isFD {
      frame.bitRateSwitch = bitRateSwitch
      frame.errorStateIndicator = errorState
    } else if code > 8 {
      frame.rawLengthCode = UInt8(code)
    }
    return CANLogRecord(
      nanoseconds: time, interface: interface(channel: Int(channel) - 1), direction: direction,
      frame: frame)
  }
}
