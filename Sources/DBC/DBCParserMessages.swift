extension DBCParser {
  mutating func message(line: Int) throws(DBCError) {
    let identifier = try identifier()
    let name = try name("a message name")
    try sign(":")
    let length = try whole("a message length in bytes", in: 0...65535)
    let sender = try self.name("a sender")
    var message = DBCStatements.Message(
      identifier: identifier, name: name, length: length, sender: sender, line: line)
    while isKeyword("SG_") {
      message.signals.append(try signal())
      // Checking pairs of signals is quadratic; no real message has a tenth of these.
      guard message.signals.count <= Self.signalLimit else {
        throw failure(
          "the end of message \(name), which has more than \(Self.signalLimit) signals,")
      }
    }
    statements.messages.append(message)
  }

  private static let signalLimit = 4096

  private mutating func signal() throws(DBCError) -> DBCStatements.Signal {
    let line = line
    try advance()
    let name = try name("a signal name")
    var marker: String?
    if case .word = current.kind { marker = try self.name("a multiplexing mark") }
    if let marker, !Self.isMarker(marker) {
      throw DBCError(
        kind: .multiplexing, file: file, line: line, column: 0,
        reason: "signal \(name): the multiplexing mark \"\(marker)\" is not M, m<number> or "
          + "m<number>M")
    }
    try sign(":")
    let start = try whole("a start bit", in: 0...524_287)
    try sign("|")
    let length = try whole("a length in bits", in: 0...524_288)
    try sign("@")
    let order = try whole("a byte order, 0 (big-endian) or 1 (little-endian)", in: 0...1)
    let isSigned = try signedness()
    try sign("(")
    let scale = try number("a scale")
    try sign(",")
    let offset = try number("an offset")
    try sign(")")
    try sign("[")
    let minimum = try number("a minimum")
    try sign("|")
    let maximum = try number("a maximum")
    try sign("]")
    let unit = try text("a unit")
    return DBCStatements.Signal(
      name: name, marker: marker, startBit: start, length: length, isBigEndian: order == 0,
      isSigned: isSigned, scale: scale, offset: offset, minimum: minimum, maximum: maximum,
      unit: unit, receivers: try list(), line: line)
  }

  private mutating func signedness() throws(DBCError) -> Bool {
    let isSigned = isSign("-")
    guard isSigned || isSign("+") else { throw failure("\"+\" (unsigned) or \"-\" (signed)") }
    try advance()
    return isSigned
  }

  private static func isMarker(_ marker: String) -> Bool {
    guard marker != "M" else { return true }
    return multiplexerValue(marker) != nil
  }

  /// The number of `m3` or `m3M`.
  static func multiplexerValue(_ marker: String) -> UInt64? {
    guard marker.first == "m" else { return nil }
    let digits = marker.dropFirst()
    return UInt64(digits.last == "M" ? digits.dropLast() : digits)
  }

  mutating func senders() throws(DBCError) {
    let identifier = try identifier()
    try sign(":")
    statements.senders[identifier, default: []] += try list()
    try sign(";")
  }

  mutating func signalGroup(line: Int) throws(DBCError) {
    let identifier = try identifier()
    let name = try name("a group name")
    let repetitions = try whole("a number of repetitions", in: 0...Int(Int32.max))
    try sign(":")
    let group = DBCSignalGroup(name: name, repetitions: repetitions, signals: try names())
    try sign(";")
    statements.groups.append(.init(message: identifier, group: group, line: line))
  }

  mutating func floatType(line: Int) throws(DBCError) {
    let identifier = try identifier()
    let signal = try name("a signal name")
    // Some tools leave the colon out.
    if isSign(":") { try advance() }
    let type = try whole("a value type, 0 (integer), 1 (float) or 2 (double)", in: 0...2)
    try sign(";")
    statements.floatTypes.append(
      .init(message: identifier, signal: signal, type: type, line: line))
  }

  mutating func multiplexerValues(line: Int) throws(DBCError) {
    let identifier = try identifier()
    let signal = try name("a signal name")
    let multiplexer = try name("a multiplexer's name")
    var ranges: [ClosedRange<UInt64>] = []
    while true {
      let low = try boundary("a lower multiplexer value")
      let high = try boundary("an upper multiplexer value")
      guard low <= high else {
        throw DBCError(
          kind: .multiplexing, file: file, line: line, column: 0,
          reason: "signal \(signal): the multiplexer range \(low)-\(high) is empty; the lower "
            + "value goes first")
      }
      ranges.append(low...high)
      guard isSign(",") else { break }
      try advance()
    }
    try sign(";")
    statements.multiplexerValues.append(
      .init(
        message: identifier, signal: signal, multiplexer: multiplexer, ranges: ranges, line: line))
  }

  /// `2-5` reads as the numbers 2 and -5, `2 - 5` as 2, a sign and 5.
  private mutating func boundary(_ what: String) throws(DBCError) -> UInt64 {
    if isSign("-") { try advance() }
    let before = current
    let number = try wide(what)
    guard let value = UInt64(exactly: number.magnitude) else {
      throw DBCError(
        kind: .badNumber, file: file, line: before.line, column: before.column,
        reason: "\(what) \(number) does not fit in 64 bits")
    }
    return value
  }

  // MARK: Values

  mutating func valueTable() throws(DBCError) {
    let name = try name("a value table's name")
    statements.valueTables.append(DBCValueTable(name: name, values: try namedValues()))
  }

  mutating func values(line: Int) throws(DBCError) {
    var owner: DBCStatements.Owner
    if case .number = current.kind {
      let identifier = try identifier()
      owner = .signal(identifier, try name("a signal name"))
    } else {
      owner = .environmentVariable(try name("an environment variable's name"))
    }
    statements.values.append(.init(owner: owner, values: try namedValues(), line: line))
  }

  private mutating func namedValues() throws(DBCError) -> [DBCNamedValue] {
    var values: [DBCNamedValue] = []
    var indices: [Int128: Int] = [:]
    while case .number = current.kind {
      let value = try wide("a value")
      let name = try text("its name")
      if let index = indices[value] {
        values[index].name = name
      } else {
        indices[value] = values.count
        values.append(DBCNamedValue(value: value, name: name))
      }
    }
    try sign(";")
    return values
  }
}
