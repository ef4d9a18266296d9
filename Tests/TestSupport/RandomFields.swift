import Signals

/// Splitmix64: the same numbers everywhere from one seed.
package struct RandomWords {
  private var state: UInt64
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  package mutating func next(below bound: UInt64) -> UInt64 { next() % max(bound, 1) }
}

/// Fills the fields of a value with any bit pattern: numbers, infinities, NaNs, huge integers; a
/// share of them is left as it is, so that deep code is reached too.
package struct RandomFields: FieldVisitor {
  package var random: RandomWords
  /// Out of 16.
  package var share: UInt64

  package init(random: RandomWords, share: UInt64) {
    self.random = random
    self.share = share
  }

  private mutating func chooses() -> Bool { random.next(below: 16) < share }

  package mutating func visit(_ name: StaticString, _ value: inout Double) {
    guard chooses() else { return }
    let special: [Double] = [
      .nan, .infinity, -.infinity, 0, -0.0, 1, -1, 1e308, -1e308, .leastNonzeroMagnitude, 0.3, 7,
      -7, 100,
    ]
    let pick = Int(random.next(below: UInt64(special.count) + 4))
    value = pick < special.count ? special[pick] : Double(bitPattern: random.next())
  }

  package mutating func visit(_ name: StaticString, _ value: inout Int64) {
    guard chooses() else { return }
    let special: [Int64] = [0, 1, -1, .max, .min, 10_000_000, 1 << 40]
    let pick = Int(random.next(below: UInt64(special.count) + 2))
    value = pick < special.count ? special[pick] : Int64(bitPattern: random.next())
  }

  package mutating func visit(_ name: StaticString, _ value: inout UInt64) {
    guard chooses() else { return }
    let pick = random.next(below: 4)
    value = pick == 0 ? random.next() : pick == 1 ? .max : random.next(below: 8)
  }

  package mutating func open(_ name: StaticString, index: Int) {}
  package mutating func close() {}
  package mutating func reject() {}
}
