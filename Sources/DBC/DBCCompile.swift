extension DBCCodec {
  /// Collects the tables of all messages.
  struct Tables {
    var messages: [CompiledMessage] = []
    var signals: [CompiledSignal] = []
    var conditions: [CompiledCondition] = []
    var ranges: [ClosedRange<UInt64>] = []

    mutating func add(_ message: DBCMessage) {
      let order = Self.multiplexersFirst(message.signals)
      let first = signals.count
      for slot in order { add(message.signals[slot], slot: slot, in: message) }
      let isMultiplexed = message.signals.contains { $0.multiplexing != nil }
      messages.append(
        CompiledMessage(
          first: first, count: order.count, isMultiplexed: isMultiplexed,
          isSimple: !isMultiplexed
            && signals[first...].allSatisfy { $0.kind == .littleUnsigned && $0.word == 0 },
          length: message.length))
    }

    /// Signals in their order, each after the one it depends on.
    private static func multiplexersFirst(_ signals: [DBCSignal]) -> [Int] {
      var slots: [String: Int] = [:]
      for (slot, signal) in signals.enumerated() { slots[signal.name] = slot }
      func depth(_ slot: Int) -> Int {
        var depth = 0
        var parent = signals[slot].multiplexing.flatMap { slots[$0.multiplexer] }
        while let next = parent, depth < signals.count {
          depth += 1
          parent = signals[next].multiplexing.flatMap { slots[$0.multiplexer] }
        }
        return depth
      }
      let depths = signals.indices.map(depth)
      return signals.indices.sorted { (depths[$0], $0) < (depths[$1], $1) }
    }

    private mutating func add(_ signal: DBCSignal, slot: Int, in message: DBCMessage) {
      let range = DBCBitRange(signal)
      // Loaded leniently: beyond the message's end, so never there.
      let fits = range.end <= message.length * 8
      let isWide = signal.isWhole && Self.exceedsDouble(signal)
      let firstRange = ranges.count
      ranges += signal.multiplexing?.ranges ?? []
      let parent = signal.multiplexing.flatMap { multiplexing in
        message.signals.firstIndex { $0.name == multiplexing.multiplexer }
      }
      conditions.append(
        CompiledCondition(
          isBigEndian: signal.isBigEndian, isSigned: signal.isSigned,
          floatKind: signal.floatKind, firstBit: fits ? range.first : .max / 2,
          integerScale: signal.integerScale ?? 1, integerOffset: signal.integerOffset ?? 0,
          isWide: isWide, parent: parent ?? -1,
          parentLength: UInt8(parent.map { message.signals[$0].length } ?? 64),
          firstRange: firstRange, rangeCount: ranges.count - firstRange))
      let crosses = range.first / 64 != (range.end - 1) / 64
      let bitInWord = range.first % 64
      let isGeneral =
        crosses || !fits || isWide || signal.floatKind != .none
        || (signal.length == 64 && !signal.isSigned)
      let left = signal.isBigEndian ? bitInWord : max(0, 64 - bitInWord - signal.length)
      let codesFrom = Self.firstCode(signal, isJ1939: message.isJ1939)
      let codes = codesFrom == .max ? nil : J1939Codes(length: signal.length)
      signals.append(
        CompiledSignal(
          scale: signal.scale, offset: signal.offset, codesFrom: codesFrom,
          errorFrom: codes.map { Int64(clamping: $0.firstError) } ?? .max,
          notAvailableFrom: codes.map { Int64(clamping: $0.firstNotAvailable) } ?? .max,
          word: UInt16(clamping: range.first / 64), slot: UInt16(clamping: slot),
          leftShift: UInt8(left), rightShift: UInt8(64 - signal.length),
          kind: isGeneral ? .general : Self.kind(signal), length: UInt8(signal.length)))
    }

    private static func kind(_ signal: DBCSignal) -> Kind {
      switch (signal.isBigEndian, signal.isSigned) {
      case (false, false): .littleUnsigned
      case (false, true): .littleSigned
      case (true, false): .bigUnsigned
      case (true, true): .bigSigned
      }
    }

    private static func exceedsDouble(_ signal: DBCSignal) -> Bool {
      let largest = Double(sign: .plus, exponent: signal.length, significand: 1)
      return largest * abs(signal.scale) + abs(signal.offset) > 0x1p53
    }

    /// Only unsigned fields carry codes.
    ///
    /// The codes between the valid range and "error" count only where the file's own limits exclude
    /// them, for fields such as addresses and bit masks use the whole range.
    private static func firstCode(_ signal: DBCSignal, isJ1939: Bool) -> Int64 {
      guard
        isJ1939, !signal.isSigned, signal.floatKind == .none,
        let codes = J1939Codes(length: signal.length)
      else { return .max }
      func excludes(_ raw: UInt64) -> Bool {
        let end = Double(raw) * signal.scale + signal.offset
        guard let lowest = signal.minimum, let highest = signal.maximum, lowest < highest else {
          return false
        }
        return signal.scale > 0 ? end > highest : end < lowest
      }
      if excludes(codes.firstInvalid) { return Int64(clamping: codes.firstInvalid) }
      guard codes.areUniversal || excludes(codes.firstError) else { return .max }
      return Int64(clamping: codes.firstError)
    }
  }
}
