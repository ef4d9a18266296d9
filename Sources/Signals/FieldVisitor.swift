import Units

/// Walks the fields of a value, reading or writing each: one walk serves the shared page, the
/// compiled configuration, logs, differences, hashes and keyframes.
///
/// A reader replaces each value; every other visitor leaves it as it is.
///
/// It and what is walked are `@usableFromInline`: only so does `-cross-module-optimization` see
/// through a `package` declaration, and a walk is specialised for the visitor of another target. Else
/// each field costs a look into the runtime's tables.
@usableFromInline package protocol FieldVisitor {
  mutating func visit(_ name: StaticString, _ value: inout Double)
  mutating func visit(_ name: StaticString, _ value: inout Int64)
  mutating func visit(_ name: StaticString, _ value: inout UInt64)
  /// Enters a member that has fields of its own; `index` counts within an array, else -1.
  mutating func open(_ name: StaticString, index: Int)
  mutating func close()
  /// Called when a reader met a value that the field cannot hold.
  mutating func reject()
}

/// A value whose fields can be walked.
@usableFromInline package protocol Visitable {
  mutating func visit<V: FieldVisitor>(_ visitor: inout V)
}

extension FieldVisitor {
  package mutating func visit<T: Visitable>(_ name: StaticString, _ value: inout T, index: Int = -1)
  {
    open(name, index: index)
    value.visit(&self)
    close()
  }

  package mutating func visit<Q: Quantity>(_ name: StaticString, _ value: inout Q) {
    visit(name, &value.value)
  }

  package mutating func visit(_ name: StaticString, _ value: inout Instant) {
    visit(name, &value.nanoseconds)
  }

  package mutating func visit(_ name: StaticString, _ value: inout Interval) {
    visit(name, &value.nanoseconds)
  }

  package mutating func visit(_ name: StaticString, _ value: inout Bool) {
    var word: UInt64 = value ? 1 : 0
    visit(name, &word)
    if word > 1 { reject() }
    value = word == 1
  }

  package mutating func visit<I: FixedWidthInteger & UnsignedInteger>(
    _ name: StaticString, _ value: inout I
  ) {
    var word = UInt64(value)
    visit(name, &word)
    guard let narrowed = I(exactly: word) else { return reject() }
    value = narrowed
  }

  package mutating func visit(_ name: StaticString, _ value: inout Int) {
    var word = Int64(value)
    visit(name, &word)
    value = Int(word)
  }

  package mutating func visit(_ name: StaticString, _ value: inout Float) {
    var word = UInt64(value.bitPattern)
    visit(name, &word)
    guard let bits = UInt32(exactly: word) else { return reject() }
    value = Float(bitPattern: bits)
  }

  /// An enumeration is written as its raw value; a raw value without a case is rejected.
  package mutating func visit<E: RawRepresentable>(_ name: StaticString, _ value: inout E)
  where E.RawValue == UInt8 {
    var word = UInt64(value.rawValue)
    visit(name, &word)
    guard let raw = UInt8(exactly: word), let known = E(rawValue: raw) else { return reject() }
    value = known
  }

  /// The elements of a fixed array; only the first `count` are walked.
  package mutating func visit<let n: Int, T: Visitable>(
    _ name: StaticString, _ values: inout InlineArray<n, T>, count: Int
  ) {
    for i in 0..<min(max(count, 0), n) { visit(name, &values[i], index: i) }
  }

  package mutating func visit<let n: Int>(
    _ name: StaticString, _ values: inout InlineArray<n, Double>, count: Int
  ) {
    open(name, index: -1)
    for i in 0..<min(max(count, 0), n) { visit(name, &values[i]) }
    close()
  }

  /// A count that must lie in `0...limit`; a reader that meets another value rejects it and
  /// leaves zero, so that no loop runs past its array.
  package mutating func visitCount(_ name: StaticString, _ value: inout Int, limit: Int) {
    visit(name, &value)
    guard value >= 0, value <= limit else {
      value = 0
      return reject()
    }
  }
}
