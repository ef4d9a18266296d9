/// Writes every field as one 64-bit word.
@usableFromInline package struct WordWriter<let capacity: Int>: FieldVisitor, Sendable {
  package private(set) var words = InlineArray<capacity, UInt64>(repeating: 0)
  package private(set) var count = 0
  /// Whether a field did not fit or could not be written.
  package private(set) var failed = false

  @usableFromInline package init() {}

  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout Double) {
    put(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
  }
  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout Int64) {
    put(UInt64(bitPattern: value))
  }
  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout UInt64) {
    put(value)
  }
  @usableFromInline package mutating func open(_ name: StaticString, index: Int) {}
  @usableFromInline package mutating func close() {}
  @usableFromInline package mutating func reject() { failed = true }

  private mutating func put(_ word: UInt64) {
    guard count < capacity else {
      failed = true
      return
    }
    words[count] = word
    count += 1
  }
}

/// Reads back what `WordWriter` wrote.
@usableFromInline package struct WordReader<let capacity: Int>: FieldVisitor, Sendable {
  private let words: InlineArray<capacity, UInt64>
  private let available: Int
  package private(set) var count = 0
  /// Whether a word was missing or held a value that its field cannot take.
  package private(set) var failed = false

  @usableFromInline package init(_ words: InlineArray<capacity, UInt64>, count: Int) {
    self.words = words
    self.available = min(max(count, 0), capacity)
  }

  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout Double) {
    value = Double(bitPattern: take())
  }
  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout Int64) {
    value = Int64(bitPattern: take())
  }
  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout UInt64) {
    value = take()
  }
  @usableFromInline package mutating func open(_ name: StaticString, index: Int) {}
  @usableFromInline package mutating func close() {}
  @usableFromInline package mutating func reject() { failed = true }

  private mutating func take() -> UInt64 {
    guard count < available else {
      failed = true
      return 0
    }
    defer { count += 1 }
    return words[count]
  }
}

/// A hash over every field, NaN canonical, one multiplication a word.
///
/// Each step is a bijection of the state for a given word and of the word for a given state, so one
/// changed field always changes the hash.
@usableFromInline package struct FieldHash: FieldVisitor, Sendable {
  package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  @usableFromInline package init() {}

  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout Double) {
    mix(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
  }
  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout Int64) {
    mix(UInt64(bitPattern: value))
  }
  @usableFromInline package mutating func visit(_ name: StaticString, _ value: inout UInt64) {
    mix(value)
  }
  @usableFromInline package mutating func open(_ name: StaticString, index: Int) {}
  @usableFromInline package mutating func close() {}
  @usableFromInline package mutating func reject() {}

  @usableFromInline package mutating func mix(_ word: UInt64) {
    // 2^64 divided by the golden ratio, odd; the shift brings high bits down again.
    hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 32
  }
}
