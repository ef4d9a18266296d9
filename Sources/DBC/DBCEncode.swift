/// Why values could not become a payload.
package struct DBCEncodeError: Error, Equatable, Sendable, CustomStringConvertible {
  package let message: String
  package let signal: String
  package let reason: String

  package var description: String { "message \(message), signal \(signal): \(reason)" }
}

extension DBCMessage {
  /// Encodes a payload of the message's length.
  ///
  /// Every signal of the frame needs a value, and no other may have one; multiplexers choose which
  /// signals are in the frame. Rounding is half to even. Bits that no signal uses are zero, or one
  /// with `paddingOnes`.
  package func encode(
    _ values: [String: DBCQuantity], checkLimits: Bool = true, paddingOnes: Bool = false
  ) throws(DBCEncodeError) -> [UInt8] {
    var payload = [UInt8](repeating: 0, count: length)
    var used = payload
    var encoded: Set<String> = []
    var raws: [String: UInt64] = [:]
    var waiting = signals
    // One pass per level of multiplexing: a signal waits for its multiplexer.
    while true {
      let ready = waiting.filter { isReady($0, raws) }
      guard !ready.isEmpty else { break }
      waiting.removeAll { signal in ready.contains { $0.name == signal.name } }
      for signal in ready {
        guard let value = values[signal.name] ?? values[signal.shortName] else {
          throw refusal(signal, "no value is given, but the frame has this signal")
        }
        let bits = try raw(signal, value, checkLimits)
        try insert(signal, bits, &payload, &used)
        raws[signal.name] = bits
        encoded.insert(signal.name)
        encoded.insert(signal.shortName)
      }
    }
    if let name = values.keys.sorted().first(where: { !encoded.contains($0) }) {
      let isKnown = signal(named: name) != nil
      throw DBCEncodeError(
        message: self.name, signal: name,
        reason: isKnown ? "its multiplexer leaves it out" : "the message has no such signal")
    }
    guard paddingOnes else { return payload }
    return zip(payload, used).map { $0 | ~$1 }
  }

  private func isReady(_ signal: DBCSignal, _ raws: [String: UInt64]) -> Bool {
    guard let multiplexing = signal.multiplexing else { return true }
    guard let raw = raws[multiplexing.multiplexer] else { return false }
    return multiplexing.ranges.contains { $0.contains(raw) }
  }

  private func refusal(_ signal: DBCSignal, _ reason: String) -> DBCEncodeError {
    DBCEncodeError(message: name, signal: signal.name, reason: reason)
  }

  /// The signal's bits, right-aligned.
  private func raw(
    _ signal: DBCSignal, _ value: DBCQuantity, _ checkLimits: Bool
  ) throws(DBCEncodeError) -> UInt64 {
    if signal.floatKind != .none {
      let number = signal.scaledBack(value)
      try check(signal, value, rawInteger: Int128(exactly: number), checkLimits)
      guard let bits = signal.floatBits(number) else {
        throw refusal(signal, "\(value.real) does not fit in \(signal.length) float bits")
      }
      return bits
    }
    guard let number = signal.rounded(value) else {
      throw refusal(signal, "\(value.real) is not a finite number")
    }
    try check(signal, value, rawInteger: number, checkLimits)
    let limit = Int128(1) << Int128(signal.length)
    let range = signal.isSigned ? -limit / 2...limit / 2 - 1 : 0...limit - 1
    guard range.contains(number) else {
      throw refusal(
        signal,
        "\(value.real) is the raw value \(number); \(range.lowerBound) to \(range.upperBound) fit "
          + "in \(signal.length) bits")
    }
    return UInt64(truncatingIfNeeded: number)
  }

  /// Limits of the file hold with a tolerance of a millionth of the scale, and not for named values.
  private func check(
    _ signal: DBCSignal, _ value: DBCQuantity, rawInteger: Int128?, _ checkLimits: Bool
  ) throws(DBCEncodeError) {
    guard checkLimits else { return }
    if let rawInteger, signal.valueTable.contains(where: { $0.value == rawInteger }) { return }
    let tolerance = abs(signal.scale) * 1e-6
    if let minimum = signal.minimum, value.real < minimum - tolerance {
      throw refusal(signal, "\(value.real) is below the minimum \(minimum)")
    }
    if let maximum = signal.maximum, value.real > maximum + tolerance {
      throw refusal(signal, "\(value.real) is above the maximum \(maximum)")
    }
  }

  private func insert(
    _ signal: DBCSignal, _ bits: UInt64, _ payload: inout [UInt8], _ used: inout [UInt8]
  ) throws(DBCEncodeError) {
    let range = DBCBitRange(signal)
    guard range.end <= length * 8 else {
      throw refusal(signal, "it does not fit in the message's \(length) bytes")
    }
    for step in 0..<signal.length {
      let position = range.first + step
      let bit = signal.isBigEndian ? 7 - position % 8 : position % 8
      let place = signal.isBigEndian ? signal.length - 1 - step : step
      payload[position / 8] |= UInt8(truncatingIfNeeded: bits >> UInt64(place) & 1) << UInt8(bit)
      used[position / 8] |= 1 << UInt8(bit)
    }
  }
}

extension DBCSignal {
  /// The raw number before rounding.
  fileprivate func scaledBack(_ value: DBCQuantity) -> Double {
    if scale == 1, offset == 0 { return value.real }
    if case .integer(let number) = value, let integerOffset, Self.isSmall(number) {
      return Double(number - Int128(integerOffset)) / scale
    }
    return (value.real - offset) / scale
  }

  /// The raw whole number, half to even; exact where numbers are whole.
  fileprivate func rounded(_ value: DBCQuantity) -> Int128? {
    if case .integer(let number) = value, let integerScale, let integerOffset, Self.isSmall(number)
    {
      let difference = number - Int128(integerOffset)
      let (quotient, remainder) = difference.quotientAndRemainder(dividingBy: Int128(integerScale))
      if remainder == 0 { return quotient }
    }
    let real = scaledBack(value).rounded(.toNearestOrEven)
    guard abs(real) < 0x1p100 else { return nil }
    return Int128(real)
  }

  /// Far enough from the ends of the type that no sum or quotient leaves it.
  private static func isSmall(_ number: Int128) -> Bool { number.magnitude < 1 << 120 }

  /// Nil where a finite number would become infinite.
  fileprivate func floatBits(_ number: Double) -> UInt64? {
    switch floatKind {
    case .none: return nil
    case .double: return number.bitPattern
    case .single:
      let narrow = Float(number)
      guard narrow.isFinite || !number.isFinite else { return nil }
      return UInt64(narrow.bitPattern)
    case .half:
      let narrow = Float16(number)
      guard narrow.isFinite || !number.isFinite else { return nil }
      return UInt64(narrow.bitPattern)
    }
  }
}
