extension DBCBuilder {
  mutating func buildMessages() throws(DBCError) {
    var lineOfIdentifier: [UInt64: (name: String, line: Int)] = [:]
    var lineOfName: [String: Int] = [:]
    var groups: [UInt64: [DBCStatements.Group]] = [:]
    for entry in statements.groups { groups[entry.message, default: []].append(entry) }
    for entry in statements.messages where entry.name != Self.independentSignals {
      try checkIdentifier(entry)
      if let other = lineOfIdentifier[entry.identifier] {
        try complain(
          .duplicate, entry.line,
          "message \(entry.name) has the identifier \(entry.identifier) of message \(other.name) "
            + "on line \(other.line)")
        continue
      }
      lineOfIdentifier[entry.identifier] = (entry.name, entry.line)
      var message = try message(entry)
      message.groups = (groups[entry.identifier] ?? []).map { group in
        DBCSignalGroup(
          name: group.group.name, repetitions: group.group.repetitions,
          signals: group.group.signals.map { longSignal(entry.identifier, $0) })
      }
      if let other = lineOfName[message.name] {
        appendWarning(
          DBCWarning(
            line: entry.line,
            reason: "message \(message.name) has the name of the one on line \(other)"))
      }
      lineOfName[message.name] = entry.line
      try checkLayout(message)
      append(message)
    }
  }

  private func checkIdentifier(_ entry: DBCStatements.Message) throws(DBCError) {
    let isExtended = entry.identifier & 0x8000_0000 != 0
    let bits = entry.identifier & ~0x8000_0000
    guard bits <= (isExtended ? 0x1FFF_FFFF : 0x7FF) else {
      let width = isExtended ? "29" : "11"
      let limit = isExtended ? "0x1FFFFFFF" : "0x7FF; a 29-bit one needs bit 31 set"
      throw refusal(
        .impossibleIdentifier, entry.line,
        "message \(entry.name) has the impossible identifier \(entry.identifier) "
          + "(0x\(String(bits, radix: 16, uppercase: true))): \(width) bits end at \(limit)")
    }
  }

  private mutating func message(_ entry: DBCStatements.Message) throws(DBCError) -> DBCMessage {
    let owner = Owner.message(entry.identifier)
    let attributes = attributes(of: owner)
    let isExtended = entry.identifier & 0x8000_0000 != 0
    let format = frameFormat(attributes)
    let sender = entry.sender == "Vector__XXX" ? [] : [entry.sender]
    var senders = sender.map(longNode)
    for name in (statements.senders[entry.identifier] ?? []).map(longNode)
    where !senders.contains(name) && name != "Vector__XXX" {
      senders.append(name)
    }
    return DBCMessage(
      name: attributes.text("SystemMessageLongSymbol") ?? entry.name, shortName: entry.name,
      identifier: UInt32(entry.identifier & 0x1FFF_FFFF), isExtended: isExtended,
      isJ1939: isExtended && isParameterGroup(format),
      isFD: format?.hasSuffix("CAN_FD") ?? false, length: entry.length,
      signals: try signals(of: entry), senders: senders, comment: statements.comments[owner],
      attributes: attributes, line: entry.line)
  }

  private func isParameterGroup(_ format: String?) -> Bool {
    if extendedIsJ1939 { return true }
    if let format { return format == "J1939PG" }
    return self.attributes(of: .file).text("ProtocolType") == "J1939"
  }

  /// The name of the frame format; files that declare it as a number use the usual order.
  private func frameFormat(_ attributes: [DBCAttribute]) -> String? {
    guard let definition = definition("VFrameFormat") else { return nil }
    switch attributes.value("VFrameFormat") ?? definition.defaultValue {
    case .integer(let index): return Self.frameFormat(Int(index))
    case .choice(let index, let name): return name.isEmpty ? Self.frameFormat(index) : name
    case .text(let text): return text
    case .real, nil: return nil
    }
  }

  private static func frameFormat(_ index: Int) -> String {
    switch index {
    case 0: "StandardCAN"
    case 1: "ExtendedCAN"
    case 3: "J1939PG"
    case 14: "StandardCAN_FD"
    case 15: "ExtendedCAN_FD"
    default: "reserved"
    }
  }

  // MARK: Signals

  private mutating func signals(
    of entry: DBCStatements.Message
  ) throws(DBCError) -> [DBCSignal] {
    var multiplexing = Multiplexing(entry, statements.multiplexerValues)
    var lineOfName: [String: Int] = [:]
    var signals: [DBCSignal] = []
    for raw in entry.signals {
      if let other = lineOfName[raw.name] {
        try complain(
          .duplicate, raw.line,
          "signal \(raw.name) of message \(entry.name) is already on line \(other)")
        continue
      }
      lineOfName[raw.name] = raw.line
      var signal = try signal(raw, in: entry)
      if let problem = multiplexing.resolve(raw, &signal) {
        try complain(
          .multiplexing, raw.line, "signal \(raw.name) of message \(entry.name): \(problem)")
      }
      signals.append(signal)
    }
    try checkMultiplexers(signals, entry)
    for index in signals.indices {
      guard let name = signals[index].multiplexing?.multiplexer else { continue }
      signals[index].multiplexing?.multiplexer = longSignal(entry.identifier, name)
    }
    return signals
  }

  private mutating func signal(
    _ raw: DBCStatements.Signal, in entry: DBCStatements.Message
  ) throws(DBCError) -> DBCSignal {
    let owner = Owner.signal(entry.identifier, raw.name)
    let attributes = attributes(of: owner)
    guard raw.length >= 1, raw.length <= 64 else {
      throw refusal(
        .badLength, raw.line,
        "signal \(raw.name) of message \(entry.name) is \(raw.length) bits long; 1 to 64 are "
          + "allowed")
    }
    guard raw.scale.real != 0 else {
      throw refusal(
        .badNumber, raw.line,
        "signal \(raw.name) of message \(entry.name) has the scale 0; any other number is allowed")
    }
    let hasLimits = !(raw.minimum.isLiteralZero && raw.maximum.isLiteralZero)
    var signal = DBCSignal(
      name: longSignal(entry.identifier, raw.name), shortName: raw.name, startBit: raw.startBit,
      length: raw.length, isBigEndian: raw.isBigEndian, isSigned: raw.isSigned,
      scale: raw.scale.real, offset: raw.offset.real,
      integerScale: raw.scale.integer,
      integerOffset: raw.offset.integer,
      minimum: hasLimits ? raw.minimum.real : nil, maximum: hasLimits ? raw.maximum.real : nil,
      unit: raw.unit, receivers: raw.receivers.filter { $0 != "Vector__XXX" }.map(longNode),
      isMultiplexer: raw.marker?.last == "M", attributes: attributes, line: raw.line)
    signal.valueTable = claimValues(owner)
    signal.comment = statements.comments[owner]
    if claimFloatType(owner) > 0 {
      switch raw.length {
      case 16: signal.floatKind = .half
      case 32: signal.floatKind = .single
      case 64: signal.floatKind = .double
      default:
        throw refusal(
          .badLength, raw.line,
          "float signal \(raw.name) of message \(entry.name) is \(raw.length) bits long; 16, 32 or "
            + "64 are allowed")
      }
    }
    return signal
  }

  /// A chain of multiplexers must end at a signal that is always there.
  private func checkMultiplexers(
    _ signals: [DBCSignal], _ entry: DBCStatements.Message
  ) throws(DBCError) {
    var parents: [String: String] = [:]
    for signal in signals { parents[signal.shortName] = signal.multiplexing?.multiplexer ?? "" }
    for signal in signals {
      var name = signal.multiplexing?.multiplexer ?? ""
      var steps = 0
      while !name.isEmpty {
        guard let next = parents[name] else {
          throw refusal(
            .multiplexing, signal.line,
            "signal \(signal.name) is multiplexed by \(name), which message \(entry.name) does "
              + "not have")
        }
        steps += 1
        guard steps <= signals.count else {
          throw refusal(
            .multiplexing, signal.line,
            "signal \(signal.name) of message \(entry.name) is multiplexed in a circle")
        }
        name = next
      }
    }
  }
}

/// Finds a signal's multiplexer the way that the usual editors mean it.
private struct Multiplexing {
  /// The one multiplexer of a simply multiplexed message.
  private var single: String?
  private var count = 0
  private var extended: [String: DBCStatements.MultiplexerValues] = [:]

  init(_ message: DBCStatements.Message, _ values: [DBCStatements.MultiplexerValues]) {
    for signal in message.signals where signal.marker?.last == "M" {
      single = signal.name
      count += 1
    }
    if count != 1 { single = nil }
    for entry in values where entry.message == message.identifier {
      extended[entry.signal] = entry
    }
  }

  /// Sets the signal's multiplexing; returns what is wrong with it.
  mutating func resolve(_ raw: DBCStatements.Signal, _ signal: inout DBCSignal) -> String? {
    guard let marker = raw.marker else { return nil }
    let entry = extended[raw.name]
    if marker == "M", entry == nil { return nil }
    if let single {
      guard raw.name != single else { return nil }
      var ranges = entry?.multiplexer == single ? entry?.ranges ?? [] : []
      if let value = DBCParser.multiplexerValue(marker), !ranges.contains(where: { $0 ~= value }) {
        ranges.insert(value...value, at: 0)
      }
      signal.multiplexing = DBCMultiplexing(multiplexer: single, ranges: ranges)
      return nil
    }
    guard let entry else {
      return count == 0
        ? "it has the mark \(marker), but no signal of the message has the mark M"
        : "the message has \(count) multiplexers; SG_MUL_VAL_ must say which one it depends on"
    }
    signal.multiplexing = DBCMultiplexing(multiplexer: entry.multiplexer, ranges: entry.ranges)
    return nil
  }
}
