import Synchronization

/// The latest value from one writing to one reading thread; neither ever waits for the other.
///
/// The writer's and the reader's cell are double-buffered through a third that changes hands in one
/// atomic exchange, so that no value is torn however often either side comes.
@safe package final class DoubleBuffer<Element: Sendable>: Sendable {
  @usableFromInline let storage: RingStorage<Element>
  /// Index of the cell between the two sides, `fresh` set when the reader has not seen it.
  @usableFromInline let middle = Atomic<Int>(1)
  @usableFromInline let writing = Atomic<Int>(0)
  @usableFromInline let reading = Atomic<Int>(2)

  package init(_ initial: Element) { storage = RingStorage(count: 3, filler: initial) }

  @inlinable static var fresh: Int { 4 }

  /// Writer: replaces the latest value.
  @inlinable
  package func write(_ element: Element) {
    let mine = writing.load(ordering: .relaxed)
    // Safety: the cell is the writer's until the exchange.
    unsafe storage.cells[mine] = element
    let previous = middle.exchange(mine | Self.fresh, ordering: .acquiringAndReleasing)
    writing.store(previous & 3, ordering: .relaxed)
  }

  /// Reader: the latest value, the same again when nothing was written since.
  @inlinable
  package func read() -> Element {
    if middle.load(ordering: .relaxed) & Self.fresh != 0 {
      let previous = middle.exchange(
        reading.load(ordering: .relaxed), ordering: .acquiringAndReleasing)
      reading.store(previous & 3, ordering: .relaxed)
    }
    // Safety: the cell is the reader's until its next exchange.
    return unsafe storage.cells[reading.load(ordering: .relaxed)]
  }
}
