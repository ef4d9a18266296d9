/// Words and numbers of a line, for the formats whose fields are separated by blanks.
extension CANLogReader {
  /// The next word, empty at the end of the line.
  mutating func word() -> Range<Int> {
    while peek == .blank || peek == .tab { position += 1 }
    let start = position
    while peek > .blank { position += 1 }
    return start..<position
  }

  /// Whether a word is this one, whatever its case; `text` is in small letters.
  func says(_ word: Range<Int>, _ text: StaticString) -> Bool {
    guard word.count == text.utf8CodeUnitCount else { return false }
    return begins(word, text)
  }

  /// Whether a word begins so, whatever its case; `text` is in small letters.
  func begins(_ word: Range<Int>, _ text: StaticString) -> Bool {
    guard word.count >= text.utf8CodeUnitCount else { return false }
    for offset in 0..<text.utf8CodeUnitCount {
      let byte = bytes[word.lowerBound + offset]
      let letter = text.withUTF8Buffer { letters in unsafe letters[offset] }
      guard (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == letter else { return false }
    }
    return true
  }

  func text(_ word: Range<Int>) -> String { String(decoding: bytes[word], as: UTF8.self) }

  /// A number of at most 18 digits, nil for anything else.
  func number(_ word: Range<Int>, hexadecimal: Bool = false) -> UInt64? {
    guard !word.isEmpty, word.count <= (hexadecimal ? 15 : 18) else { return nil }
    var value: UInt64 = 0
    for index in word {
      let digit = bytes[index].hexadecimal
      guard digit < (hexadecimal ? 16 : 10) else { return nil }
      value = value &* (hexadecimal ? 16 : 10) &+ UInt64(digit)
    }
    return value
  }

  mutating func number(
    _ word: Range<Int>, _ field: String, _ limits: ClosedRange<UInt64>, hexadecimal: Bool = false
  ) throws(LogError) -> UInt64 {
    guard let value = number(word, hexadecimal: hexadecimal), limits.contains(value) else {
      let low = String(limits.lowerBound, radix: hexadecimal ? 16 : 10).uppercased()
      let high = String(limits.upperBound, radix: hexadecimal ? 16 : 10).uppercased()
      throw failure(
        field, "\(low) to \(high)" + (hexadecimal ? " in hexadecimal digits" : ""),
        from: word.lowerBound)
    }
    return value
  }

  /// `12.345678` seconds with 9 places or milliseconds with 6, in nanoseconds.
  func decimal(_ word: Range<Int>, places: Int, digits: Int = 10) -> Int64? {
    guard !word.isEmpty else { return nil }
    var index = word.lowerBound
    let isNegative = bytes[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    var value: Int64 = 0
    let whole = index
    while index < word.upperBound, bytes[index] &- 0x30 < 10 {
      value = value &* 10 &+ Int64(bytes[index] &- 0x30)
      index += 1
      guard index - whole <= digits else { return nil }
    }
    // Ten digits of seconds, or as many milliseconds, stay below 2^63 ns.
    guard index > whole, value < (places == 9 ? 9_200_000_000 : 9_200_000_000_000) else {
      return nil
    }
    var missing = places
    if index < word.upperBound {
      guard bytes[index] == UInt8(ascii: "."), index + 1 < word.upperBound else { return nil }
      index += 1
      while index < word.upperBound, bytes[index] &- 0x30 < 10, missing > 0 {
        value = value &* 10 &+ Int64(bytes[index] &- 0x30)
        index += 1
        missing -= 1
      }
      guard index == word.upperBound else { return nil }
    }
    for _ in 0..<missing { value &*= 10 }
    return isNegative ? -value : value
  }

  /// So many bytes, each a word of two hexadecimal digits or a decimal number.
  mutating func dataBytes(
    _ frame: inout CANFrame, _ count: Int, hexadecimal: Bool = true
  ) throws(LogError) {
    var words = InlineArray<8, UInt64>(repeating: 0)
    for index in 0..<count {
      let word = word()
      let value = number(word, hexadecimal: hexadecimal)
      guard let value, value <= 255, word.count <= (hexadecimal ? 2 : 3) else {
        throw failure(
          "data byte \(index + 1) of \(count)",
          hexadecimal ? "one or two hexadecimal digits" : "0 to 255", from: word.lowerBound)
      }
      words[index >> 3] |= value << UInt64(8 * (index & 7))
    }
    frame.setPayload(words, length: UInt8(count))
  }

  /// `Rx` or `Tx`.
  mutating func direction(_ word: Range<Int>) throws(LogError) -> CANDirection {
    if says(word, "rx") { return .received }
    if says(word, "tx") { return .transmitted }
    throw failure("the direction", "Rx or Tx", from: word.lowerBound)
  }

  /// `interface 3 vcan0`, the comment in which we keep a name.
  mutating func interfaceComment() {
    guard says(word(), "interface") else { return }
    let channel = number(word())
    let name = word()
    guard let channel, channel < UInt64(Self.interfaceLimit), (1...15).contains(name.count) else {
      return
    }
    header.channelNames[Int(channel)] = text(name)
  }

  /// Ends the line of something that is no frame.
  mutating func skipRecord() -> CANLogRecord? {
    skipped += 1
    skipLine()
    return nil
  }
}
