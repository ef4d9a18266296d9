import Realtime
import Synchronization
import Testing
import Units

@Suite struct RingTests {
  /// Nothing lost, doubled or reordered between two threads (architecture.md section 2).
  @Test func everyElementArrivesOnceAndInOrder() throws {
    let ring = SPSCRing<UInt64>(capacity: 64, filler: 0)
    let count: UInt64 = 200_000
    let producer = try RealtimeThread(.init(name: "producer")) {
      var next: UInt64 = 1
      while next <= count { if ring.push(next) { next += 1 } }
    }
    var expected: UInt64 = 1
    while expected <= count {
      guard let value = ring.pop() else { continue }
      #expect(value == expected)
      if value != expected { break }
      expected += 1
    }
    producer.join()
    #expect(ring.pop() == nil)
  }

  @Test func aFullRingRefusesAndCounts() {
    let ring = SPSCRing<Int>(capacity: 4, filler: 0)
    for i in 0..<4 { #expect(ring.push(i)) }
    #expect(!ring.push(4))
    #expect(!ring.push(5))
    #expect(ring.overflows == 2)
    #expect(ring.count == 4)
    for i in 0..<4 { #expect(ring.pop() == i) }
    #expect(ring.push(6))
    #expect(ring.pop() == 6)
  }

  @Test(arguments: [(1, 2), (3, 4), (64, 64), (65, 128), (-5, 2)])
  func capacityIsTheNextPowerOfTwo(asked: Int, given: Int) {
    #expect(SPSCRing<Int>(capacity: asked, filler: 0).capacity == given)
  }

  /// A value wider than any atomic is never torn.
  @Test func doubleBufferNeverTears() throws {
    struct Wide: Sendable {
      var words = InlineArray<32, UInt64>(repeating: 0)
    }
    let buffer = DoubleBuffer(Wide())
    let isDone = SharedFlag()
    let writer = try RealtimeThread(.init(name: "writer")) {
      for number in 1...100_000 as ClosedRange<UInt64> {
        buffer.write(Wide(words: InlineArray(repeating: number)))
      }
      isDone.raise()
    }
    var last: UInt64 = 0
    var isTorn = false
    var isBackward = false
    while !isDone.isRaised {
      let value = buffer.read()
      for i in 1..<32 where value.words[i] != value.words[0] { isTorn = true }
      if value.words[0] < last { isBackward = true }
      last = value.words[0]
    }
    writer.join()
    #expect(!isTorn)
    #expect(!isBackward)
    #expect(buffer.read().words[0] == 100_000)
    #expect(buffer.read().words[31] == 100_000)
  }
}

/// A flag that two threads may touch.
final class SharedFlag: Sendable {
  private let value = Atomic<Bool>(false)
  func raise() { value.store(true, ordering: .releasing) }
  var isRaised: Bool { value.load(ordering: .acquiring) }
}
