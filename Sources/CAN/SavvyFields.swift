/// The other forms of SavvyCAN: GVRET CSV, CRTD and BUSMASTER.
extension CANLogReader {
  // MARK: GVRET

  // 166064000,0000021A,false,Rx,0,8,FE,36,12,FE,69,05,07,AD,
  mutating func gvretLine() throws(LogError) -> CANLogRecord? {
    guard header.hasColumns else { return try gvretHeader() }
    let timeWord = cell()
    guard let time = number(timeWord), time <= 9_200_000_000_000_000 else {
      throw failure("the time", "whole microseconds", from: timeWord.lowerBound)
    }
    let identifierWord = cell()
    let identifier = try number(
      identifierWord, "the identifier", 0...0x1FFF_FFFF, hexadecimal: true)
    let extended = cell()
    let isExtended = says(extended, "true")
    guard isExtended || says(extended, "false") else {
      throw failure("the extended mark", "true or false", from: extended.lowerBound)
    }
    guard isExtended || identifier <= 0x7FF else {
      throw failure("the identifier", "0 to 7FF when not extended", from: identifierWord.lowerBound)
    }
    var direction = CANDirection.unknown
    if format == .gvret { direction = try self.direction(cell()) }
    let channel = try number(cell(), "the bus", 0...UInt64(Self.interfaceLimit - 1))
    let length = try number(cell(), "the length", 0...8)
    var frame = CANFrame(identifier: UInt32(identifier), isExtended: isExtended)
    for index in 0..<Int(length) {
      let word = cell()
      guard word.count == 2, let byte = number(word, hexadecimal: true) else {
        throw failure(
          "data byte \(index + 1) of \(length)", "two hexadecimal digits", from: word.lowerBound)
      }
      frame.append(UInt8(byte))
    }
    // Columns beyond the length are filled with zeros.
    while peek > .blank {
      let word = cell()
      guard word.isEmpty || number(word, hexadecimal: true) != nil, word.count <= 2 else {
        throw failure("the rest of the line", "hexadecimal bytes", from: word.lowerBound)
      }
    }
    try endLine()
    return CANLogRecord(
      nanoseconds: Int64(time) * 1000, interface: interface(channel: Int(channel)),
      direction: direction, frame: frame)
  }

  private mutating func gvretHeader() throws(LogError) -> CANLogRecord? {
    let start = position
    let wanted =
      format == .gvret ? "Time Stamp,ID,Extended,Dir,Bus,LEN" : "Time Stamp,ID,Extended,Bus,LEN"
    guard bytes[start...].starts(with: wanted.utf8) else {
      throw failure("the header", wanted + ",D1,D2,D3,D4,D5,D6,D7,D8", from: start)
    }
    header.hasColumns = true
    skipLine()
    return nil
  }

  /// Up to the next comma, which is passed.
  private mutating func cell() -> Range<Int> {
    let start = position
    while peek != UInt8(ascii: ","), peek >= .blank { position += 1 }
    let end = position
    if peek == UInt8(ascii: ",") { position += 1 }
    return start..<end
  }

  // MARK: CRTD

  /// Bus number and, for frames, direction and width of a record type such as `1R11`.
  ///
  /// Types that begin with C are comments and commands, with E events; nil for what is none.
  static func crtdType(
    _ word: ArraySlice<UInt8>
  ) -> (bus: Int, direction: CANDirection?, isExtended: Bool)? {
    let digits = word.prefix { $0 &- 0x30 < 10 }
    guard digits.count <= 2 else { return nil }
    let bus = digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
    let type = word.dropFirst(digits.count)
    guard type.count == 3, let letter = type.first else { return nil }
    if letter == UInt8(ascii: "C") || letter == UInt8(ascii: "E") { return (bus, nil, false) }
    let direction: CANDirection =
      letter == UInt8(ascii: "R")
      ? .received : letter == UInt8(ascii: "T") ? .transmitted : .unknown
    guard direction != .unknown else { return nil }
    let width = type.dropFirst()
    if width.elementsEqual("11".utf8) { return (bus, direction, false) }
    if width.elementsEqual("29".utf8) { return (bus, direction, true) }
    return nil
  }

  // 166.064000 R11 0000021A FE 36 12 FE 69 05 07 AD
  mutating func crtdLine() throws(LogError) -> CANLogRecord? {
    let timeWord = word()
    guard let time = decimal(timeWord, places: 9) else {
      throw failure("the time", "seconds with at most 9 decimals", from: timeWord.lowerBound)
    }
    let kind = word()
    guard let type = Self.crtdType(bytes[kind]) else {
      throw failure(
        "the record type", "R11, R29, T11, T29 or C.., with a bus number before it or none",
        from: kind.lowerBound)
    }
    guard let direction = type.direction else { return skipRecord() }
    let identifier = try number(
      word(), "the identifier", 0...(type.isExtended ? 0x1FFF_FFFF : 0x7FF), hexadecimal: true)
    var frame = CANFrame(identifier: UInt32(identifier), isExtended: type.isExtended)
    while true {
      let word = word()
      if word.isEmpty { break }
      guard word.count == 2, let byte = number(word, hexadecimal: true), frame.length < 8 else {
        throw failure(
          "data byte \(frame.length + 1)", "two hexadecimal digits, eight times at most",
          from: word.lowerBound)
      }
      frame.append(UInt8(byte))
    }
    skipLine()
    return CANLogRecord(
      nanoseconds: time, interface: interface(channel: max(0, type.bus - 1)),
      direction: direction, frame: frame)
  }

  // MARK: BUSMASTER

  // 22:20:14:992 Rx 0 0000021A s 8 FE 36 12 FE 69 05 07 AD
  mutating func busmasterLine() throws(LogError) -> CANLogRecord? {
    let first = word()
    if begins(first, "***") {
      try busmasterHeader(first)
      skipLine()
      return nil
    }
    guard let time = busmasterTime(first) else {
      throw failure("the time", "hours:minutes:seconds:milliseconds", from: first.lowerBound)
    }
    let direction = try direction(word())
    let channel = try number(word(), "the channel", 0...UInt64(Self.interfaceLimit - 1))
    var identifierWord = word()
    if begins(identifierWord, "0x") { identifierWord = identifierWord.dropFirst(2) }
    let kind = word()
    let isExtended = begins(kind, "x")
    let isRemote = says(kind, "sr") || says(kind, "xr")
    guard isRemote || says(kind, "s") || says(kind, "x") else {
      throw failure("the type", "s, x, sr or xr", from: kind.lowerBound)
    }
    let identifier = try number(
      identifierWord, "the identifier", 0...(isExtended ? 0x1FFF_FFFF : 0x7FF),
      hexadecimal: header.isHexadecimal)
    var frame = CANFrame(identifier: UInt32(identifier), isExtended: isExtended)
    let length = try number(word(), "the length", 0...8)
    if isRemote {
      frame.isRemote = true
      frame.setLength(UInt8(length))
    } else {
      try dataBytes(&frame, Int(length), hexadecimal: header.isHexadecimal)
    }
    let rest = word()
    guard isRemote || rest.isEmpty else {
      throw failure(
        "the rest of the line", "as many bytes as the length says", from: rest.lowerBound)
    }
    skipLine()
    return CANLogRecord(
      nanoseconds: time, interface: interface(channel: Int(channel)), direction: direction,
      frame: frame)
  }

  // ***HEX***, ***DEC***, ***START DATE AND TIME 23:9:2015 22:17:28:928***, ***SYSTEM MODE***
  private mutating func busmasterHeader(_ first: Range<Int>) throws(LogError) {
    if says(first, "***dec***") { header.isHexadecimal = false }
    if says(first, "***absolute") || says(first, "***relative") {
      header.isTimeOfDay = false
      header.isDelta = says(first, "***relative")
    }
    guard says(first, "***start"), says(word(), "date") else { return }
    _ = word()
    _ = word()
    let date = word()
    let parts = bytes[date].split(separator: UInt8(ascii: ":"))
    guard parts.count == 3, let day = number(parts[0].indices), (1...31).contains(day),
      let month = number(parts[1].indices), (1...12).contains(month),
      let year = number(parts[2].indices), (1970...2261).contains(year)
    else { throw failure("the date", "day:month:year", from: date.lowerBound) }
    let days = CivilDate.days(year: Int(year), month: Int(month), day: Int(day))
    header.start = days * CivilDate.nanosecondsPerDay
  }

  /// Three digits behind the last colon are milliseconds, four are tenths of them.
  private mutating func busmasterTime(_ word: Range<Int>) -> Int64? {
    let parts = bytes[word].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 4, (1...9).contains(parts[3].count),
      let hours = number(parts[0].indices), hours < 10_000,
      let minutes = number(parts[1].indices), minutes < 60,
      let seconds = number(parts[2].indices), seconds < 60,
      var fraction = number(parts[3].indices)
    else { return nil }
    for _ in parts[3].count..<9 { fraction *= 10 }
    let time = Int64(hours * 3600 + minutes * 60 + seconds) * 1_000_000_000 + Int64(fraction)
    header.clock = header.isDelta ? header.clock &+ time : time
    return header.start &+ header.clock
  }
}
