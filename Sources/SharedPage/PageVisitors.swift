import CLinux
import Signals

/// A number over words that changes when a word does.
protocol WordSum {
  init()
  mutating func add(_ word: UInt64)
  var value: UInt64 { get }
}

/// CRC-64 (ECMA-182), bit by bit: for the configuration, which is summed once.
struct CyclicSum: WordSum {
  private(set) var value: UInt64 = .max

  mutating func add(_ word: UInt64) {
    value ^= word
    for _ in 0..<64 {
      value = value & (1 << 63) != 0 ? (value << 1) ^ 0x42F0_E1EB_A9EA_3693 : value << 1
    }
  }
}

/// One multiplication a word, for every cycle: each step is reversible, so that no change of a
/// single word goes unseen.
struct MultiplicativeSum: WordSum {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ word: UInt64) {
    let mixed = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
    value = mixed << 31 | mixed >> 33
  }
}

/// Writes every field as one word straight into shared memory.
@safe struct PageWriter<Sum: WordSum>: FieldVisitor {
  private let start: UnsafeMutablePointer<UInt64>
  private let capacity: Int
  private(set) var count = 0
  private(set) var checksum = Sum()
  private(set) var failed = false

  init(at start: UnsafeMutablePointer<UInt64>, capacity: Int) {
    unsafe self.start = unsafe start
    self.capacity = capacity
  }

  mutating func visit(_ name: StaticString, _ value: inout Double) {
    put(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) {
    put(UInt64(bitPattern: value))
  }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) { put(value) }
  mutating func open(_ name: StaticString, index: Int) {}
  mutating func close() {}
  mutating func reject() { failed = true }

  private mutating func put(_ word: UInt64) {
    guard count < capacity else {
      failed = true
      return
    }
    // Safety: `count` is below the capacity that the owner of the page gave.
    unsafe tl_word_store(start + count, word)
    checksum.add(word)
    count += 1
  }
}

/// Reads fields back from shared memory that cannot change meanwhile, or whose change is found by
/// the caller afterwards.
@safe struct PageReader<Sum: WordSum>: FieldVisitor {
  private let start: UnsafePointer<UInt64>
  private let available: Int
  private(set) var count = 0
  private(set) var checksum = Sum()
  private(set) var failed = false

  init(at start: UnsafePointer<UInt64>, count: Int) {
    unsafe self.start = unsafe start
    self.available = count
  }

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
    guard count < available else {
      failed = true
      return 0
    }
    // Safety: `count` is below what the writer declared, which was held against the capacity.
    let word = unsafe tl_word_load(start + count)
    checksum.add(word)
    count += 1
    return word
  }
}
