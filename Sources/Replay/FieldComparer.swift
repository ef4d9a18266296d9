import Recording
import Signals

/// Compares the fields of a value with the words of another, and hashes them, in one walk.
struct FieldComparer: FieldVisitor {
  /// Of every field since the first value.
  private(set) var hash: FieldHash
  private var expected: [UInt64] = []
  private var position = 0
  private var differences = 0

  /// - Parameter hash: over what came before.
  init(continuing hash: UInt64 = FieldHash().hash) { self.hash = FieldHash(continuing: hash) }

  /// - Parameter words: as `FieldWords` makes them of the other value.
  mutating func begin(_ words: [UInt64]) {
    expected = words
    position = 0
    differences = 0
  }

  /// Whether the value that was walked since `begin` is the other one.
  var isSame: Bool { differences == 0 && position == expected.count }

  mutating func visit(_ name: StaticString, _ value: inout Double) {
    compare(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) {
    compare(UInt64(bitPattern: value))
  }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) { compare(value) }
  mutating func open(_ name: StaticString, index: Int) {}
  mutating func close() {}
  mutating func reject() {}

  private mutating func compare(_ word: UInt64) {
    hash.mix(word)
    if position >= expected.count || expected[position] != word { differences += 1 }
    position += 1
  }
}
