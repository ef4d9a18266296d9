extension DBCCodec {
  /// Decodes every signal of a message into `values`, in the order of the message's signals; returns
  /// how many there are.
  ///
  /// `words` is the payload, byte 0 in the least significant byte of word 0. Nothing is allocated.
  /// `values` must hold the message's signals (`largestSignalCount` is always enough): what has no
  /// room is not written.
  package func decode(
    _ message: Int, _ words: Span<UInt64>, into values: inout MutableSpan<DBCValue>
  ) -> Int {
    guard message >= 0, message < messages.count else { return 0 }
    let entry = messages[message]
    guard entry.count <= values.count else { return 0 }
    if entry.isSimple, words.count > 0 {
      decodeSimple(entry, words[0], into: &values)
    } else if entry.isMultiplexed {
      decodeMultiplexed(entry, words, into: &values)
    } else {
      decodePlain(entry, words, into: &values)
    }
    return entry.count
  }

  /// The signals of these messages are in the order of their slots.
  @inline(__always)
  private func decodeSimple(
    _ entry: CompiledMessage, _ word: UInt64, into values: inout MutableSpan<DBCValue>
  ) {
    let table = signals.span.extracting(entry.first..<(entry.first &+ entry.count))
    for slot in table.indices {
      let signal = table[slot]
      let raw = Int64(
        bitPattern: (word &<< UInt64(signal.leftShift)) &>> UInt64(signal.rightShift))
      // Selections, not branches: codes in two-bit fields cannot be predicted.
      let number = Double(raw) * signal.scale + signal.offset
      let isCode = raw >= signal.codesFrom
      let isError = raw >= signal.errorFrom
      let isMissing = raw >= signal.notAvailableFrom
      values[slot] = DBCValue(
        raw: raw, physical: isCode ? .nan : number,
        state: isMissing ? .notAvailable : isError ? .error : isCode ? .reserved : .value)
    }
  }

  @inline(__always)
  private func decodePlain(
    _ entry: CompiledMessage, _ words: Span<UInt64>, into values: inout MutableSpan<DBCValue>
  ) {
    let table = signals.span
    for index in entry.first..<(entry.first &+ entry.count) {
      let signal = table[index]
      values[Int(signal.slot)] = value(signal, index, words)
    }
  }

  private func decodeMultiplexed(
    _ entry: CompiledMessage, _ words: Span<UInt64>, into values: inout MutableSpan<DBCValue>
  ) {
    let table = signals.span
    let conditions = conditions.span
    for index in entry.first..<(entry.first + entry.count) {
      let signal = table[index]
      let condition = conditions[index]
      let isPresent = condition.parent < 0 || isSelected(condition, values[condition.parent])
      values[Int(signal.slot)] = isPresent ? value(signal, index, words) : .absent
    }
  }

  private func isSelected(_ condition: CompiledCondition, _ multiplexer: DBCValue) -> Bool {
    guard multiplexer.state != .absent else { return false }
    let bits = UInt64(bitPattern: multiplexer.raw)
    let raw = bits & (UInt64.max >> UInt64(64 - condition.parentLength))
    let ranges = ranges.span
    for index in condition.firstRange..<(condition.firstRange + condition.rangeCount)
    where ranges[index].contains(raw) {
      return true
    }
    return false
  }

  @inline(__always)
  private func value(
    _ signal: CompiledSignal, _ index: Int, _ words: Span<UInt64>
  ) -> DBCValue {
    let raw: Int64
    let word = Int(signal.word)
    let left = UInt64(signal.leftShift)
    let right = UInt64(signal.rightShift)
    guard word < words.count else { return .absent }
    switch signal.kind {
    case .littleUnsigned: raw = Int64(bitPattern: (words[word] &<< left) &>> right)
    case .littleSigned: raw = Int64(bitPattern: words[word] &<< left) &>> Int64(right)
    case .bigUnsigned:
      raw = Int64(bitPattern: (words[word].byteSwapped &<< left) &>> right)
    case .bigSigned:
      raw = Int64(bitPattern: words[word].byteSwapped &<< left) &>> Int64(right)
    case .general: return general(signal, conditions[index], words)
    }
    if raw >= signal.codesFrom { return code(signal, raw) }
    return DBCValue(
      raw: raw, physical: Double(raw) * signal.scale + signal.offset, state: .value)
  }

  @inline(never)
  private func code(_ signal: CompiledSignal, _ raw: Int64) -> DBCValue {
    let codes = J1939Codes(length: Int(signal.length))
    return DBCValue(
      raw: raw, physical: .nan, state: codes?.state(UInt64(bitPattern: raw)) ?? .value)
  }

  @inline(never)
  private func general(
    _ signal: CompiledSignal, _ condition: CompiledCondition, _ words: Span<UInt64>
  ) -> DBCValue {
    let length = UInt64(signal.length)
    guard condition.firstBit + Int(length) <= words.count * 64 else { return .absent }
    let word = Int(signal.word)
    let shift = UInt64(condition.firstBit & 63)
    let crosses = shift + length > 64
    var top: UInt64
    if condition.isBigEndian {
      top = words[word].byteSwapped << shift
      if crosses { top |= words[word + 1].byteSwapped >> (64 - shift) }
    } else {
      top = words[word] >> shift
      if crosses { top |= words[word + 1] << (64 - shift) }
      top <<= 64 - length
    }
    let bits = top >> (64 - length)
    switch condition.floatKind {
    case .none: break
    case .half:
      return real(signal, bits, Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
    case .single:
      return real(signal, bits, Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .double: return real(signal, bits, Double(bitPattern: bits))
    }
    let raw =
      condition.isSigned
      ? Int64(bitPattern: top) >> Int64(64 - length) : Int64(bitPattern: bits)
    let number = condition.isSigned ? Int128(raw) : Int128(bits)
    if number >= Int128(signal.codesFrom), signal.codesFrom != .max { return code(signal, raw) }
    let physical =
      condition.isWide
      ? Double(number * Int128(condition.integerScale) + Int128(condition.integerOffset))
      : Double(number) * signal.scale + signal.offset
    return DBCValue(raw: raw, physical: physical, state: .value)
  }

  private func real(_ signal: CompiledSignal, _ bits: UInt64, _ number: Double) -> DBCValue {
    DBCValue(
      raw: Int64(bitPattern: bits), physical: number * signal.scale + signal.offset, state: .value)
  }
}
