import Signals
import Units

/// Why a configuration file was refused.
package enum DriveConfigurationError: Error, Equatable, CustomStringConvertible {
  case notAConfiguration
  case otherVersion(UInt64)
  case truncated(expectedWords: UInt64, foundWords: UInt64)
  case damaged
  case impossibleValue

  package var description: String {
    switch self {
    case .notAConfiguration: "not a compiled configuration (made by `tulpar compile`)"
    case .otherVersion(let version):
      "compiled configuration of format \(version), this build reads format "
        + "\(DriveConfiguration.version): compile it again"
    case .truncated(let expected, let found):
      "compiled configuration is cut off: \(found) of \(expected) words"
    case .damaged: "compiled configuration is damaged: its hash does not match"
    case .impossibleValue: "compiled configuration holds a value that its field cannot take"
    }
  }
}

extension DriveConfiguration {
  /// "TULPARDC" in ASCII.
  private static var magic: UInt64 { 0x4344_5241_504C_5554 }
  fileprivate static var version: UInt64 { 3 }

  /// Over every field; it names this configuration in logs and reports.
  package var hash: UInt64 {
    var copy = self
    var writer = ArrayWriter()
    copy.visit(&writer)
    return Self.hash(of: writer.words[...])
  }

  package func encoded() -> [UInt8] {
    var copy = self
    var writer = ArrayWriter()
    copy.visit(&writer)
    let header = [
      Self.magic, Self.version, UInt64(writer.words.count), Self.hash(of: writer.words[...]),
    ]
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 * (header.count + writer.words.count))
    for word in header + writer.words {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
    }
    return bytes
  }

  package init(decoding bytes: [UInt8]) throws(DriveConfigurationError) {
    let words = Self.words(of: bytes)
    guard words.count >= 4, words[0] == Self.magic else { throw .notAConfiguration }
    guard words[1] == Self.version else { throw .otherVersion(words[1]) }
    let found = UInt64(words.count - 4)
    guard words[2] == found, bytes.count % 8 == 0 else {
      throw .truncated(expectedWords: words[2], foundWords: found)
    }
    guard Self.hash(of: words[4...]) == words[3] else { throw .damaged }
    var reader = ArrayReader(words: words, position: 4)
    self.init()
    visit(&reader)
    guard !reader.failed, reader.position == words.count else { throw .impossibleValue }
  }

  private static func words(of bytes: [UInt8]) -> [UInt64] {
    var words: [UInt64] = []
    words.reserveCapacity(bytes.count / 8)
    for start in stride(from: 0, through: bytes.count - 8, by: 8) {
      var word: UInt64 = 0
      for i in 0..<8 { word |= UInt64(bytes[start + i]) << UInt64(8 * i) }
      words.append(word)
    }
    return words
  }

  private static func hash(of words: ArraySlice<UInt64>) -> UInt64 {
    var hash = FieldHash()
    for word in words { hash.mix(word) }
    return hash.hash
  }
}

/// Writes every field as one word, without a bound.
private struct ArrayWriter: FieldVisitor {
  var words: [UInt64] = []

  mutating func visit(_ name: StaticString, _ value: inout Double) {
    words.append(value.bitPattern)
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) {
    words.append(UInt64(bitPattern: value))
  }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) { words.append(value) }
  mutating func open(_ name: StaticString, index: Int) {}
  mutating func close() {}
  mutating func reject() {}
}

/// Reads back what `ArrayWriter` wrote.
private struct ArrayReader: FieldVisitor {
  let words: [UInt64]
  var position: Int
  var failed = false

  mutating func visit(_ name: StaticString, _ value: inout Double) {
    value = Double(bitPattern: take())
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) {
    value = Int64(bitPattern: take())
  }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) { value = take() }
  mutating func open(_ name: StaticString, index: Int) {}
  mutating func close() {}
  mutating func reject() { failed = true }

  private mutating func take() -> UInt64 {
    guard position < words.count else {
      failed = true
      return 0
    }
    defer { position += 1 }
    return words[position]
  }
}

extension FieldVisitor {
  /// A count of elements, of which each takes a word at least: more than a file still holds are not
  /// made room for.
  private mutating func visitArrayCount(_ name: StaticString, _ count: inout Int, limit: Int) {
    visitCount(name, &count, limit: limit)
    guard let reader = self as? ArrayReader, count > reader.words.count - reader.position else {
      return
    }
    count = 0
    reject()
  }

  /// An array of values with fields, its count first.
  mutating func visit<T: Visitable>(
    _ name: StaticString, _ values: inout [T], limit: Int, make: () -> T
  ) {
    var count = values.count
    visitArrayCount(name, &count, limit: limit)
    while values.count < count { values.append(make()) }
    for i in 0..<min(count, values.count) { visit(name, &values[i], index: i) }
  }

  mutating func visit(_ name: StaticString, _ values: inout [String]) {
    var count = values.count
    visitArrayCount(name, &count, limit: 1_024)
    while values.count < count { values.append("") }
    for i in 0..<min(count, values.count) { visit(name, &values[i]) }
  }

  /// UTF-8, one byte a word: names are few and short.
  mutating func visit(_ name: StaticString, _ value: inout String) {
    var bytes = Array(value.utf8)
    var count = bytes.count
    visitArrayCount(name, &count, limit: 4_096)
    while bytes.count < count { bytes.append(0) }
    for i in 0..<min(count, bytes.count) { visit(name, &bytes[i]) }
    value = String(decoding: bytes.prefix(count), as: UTF8.self)
    // What is no UTF-8 would be read as something else than was written.
    if !value.utf8.elementsEqual(bytes.prefix(count)) { reject() }
  }
}
