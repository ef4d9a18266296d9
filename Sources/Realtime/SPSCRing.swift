import Synchronization

/// A queue of fixed capacity between exactly one producing and one consuming thread: no lock, no
/// allocation after `init`.
///
/// A full ring refuses the new element and counts it: the consumer must never see a gap that nobody
/// knows of.
@safe package final class SPSCRing<Element: Sendable>: Sendable {
  @usableFromInline let storage: RingStorage<Element>
  @usableFromInline let mask: Int
  /// Next element to take; written by the consumer only.
  @usableFromInline let head = Atomic<Int>(0)
  /// Next element to fill; written by the producer only.
  @usableFromInline let tail = Atomic<Int>(0)
  @usableFromInline let refused = Atomic<UInt64>(0)

  /// A ring of at least `capacity` elements (the next power of two); every cell starts as `filler`,
  /// so that its memory is touched before the real-time start.
  package init(capacity: Int, filler: Element) {
    var size = 2
    while size < min(max(capacity, 2), 1 << 24) { size *= 2 }
    mask = size - 1
    storage = RingStorage(count: size, filler: filler)
  }

  /// Producer: adds an element; false, and counted, when there is no room.
  @inlinable @discardableResult
  package func push(_ element: Element) -> Bool {
    let next = tail.load(ordering: .relaxed)
    guard next &- head.load(ordering: .acquiring) <= mask else {
      refused.add(1, ordering: .relaxed)
      return false
    }
    // Safety: the cell lies outside head..<tail, where the consumer does not look.
    unsafe storage.cells[next & mask] = element
    tail.store(next &+ 1, ordering: .releasing)
    return true
  }

  /// Producer: whether an element would find room now, and so at the next `push` or `fill`.
  @inlinable package var hasRoom: Bool {
    tail.load(ordering: .relaxed) &- head.load(ordering: .acquiring) <= mask
  }

  /// Producer: as `push`, for what is too large to be handed about; `body` writes over what an
  /// earlier element left in the cell.
  @inlinable @discardableResult
  package func fill(_ body: (inout Element) -> Void) -> Bool {
    let next = tail.load(ordering: .relaxed)
    guard next &- head.load(ordering: .acquiring) <= mask else {
      refused.add(1, ordering: .relaxed)
      return false
    }
    // Safety: the cell lies outside head..<tail, where the consumer does not look.
    unsafe body(&storage.cells[next & mask])
    tail.store(next &+ 1, ordering: .releasing)
    return true
  }

  /// Consumer: as `pop`, for what is too large to be handed about.
  @inlinable
  package func take(_ body: (inout Element) -> Void) -> Bool {
    let next = head.load(ordering: .relaxed)
    guard next != tail.load(ordering: .acquiring) else { return false }
    // Safety: the cell lies inside head..<tail, which the producer does not touch.
    unsafe body(&storage.cells[next & mask])
    head.store(next &+ 1, ordering: .releasing)
    return true
  }

  /// Consumer: takes the oldest element.
  @inlinable
  package func pop() -> Element? {
    let next = head.load(ordering: .relaxed)
    guard next != tail.load(ordering: .acquiring) else { return nil }
    // Safety: the cell lies inside head..<tail, which the producer does not touch.
    let element = unsafe storage.cells[next & mask]
    head.store(next &+ 1, ordering: .releasing)
    return element
  }

  package var capacity: Int { mask + 1 }
  /// Elements waiting; a snapshot for either side.
  package var count: Int {
    tail.load(ordering: .acquiring) &- head.load(ordering: .acquiring)
  }
  /// How many elements found no room since the start.
  package var overflows: UInt64 { refused.load(ordering: .relaxed) }
}

/// The cells of a ring or buffer; freed with it.
@usableFromInline
@safe final class RingStorage<Element: Sendable>: @unchecked Sendable {
  @usableFromInline let cells: UnsafeMutablePointer<Element>
  private let count: Int

  init(count: Int, filler: Element) {
    unsafe cells = UnsafeMutablePointer<Element>.allocate(capacity: count)
    unsafe cells.initialize(repeating: filler, count: count)
    self.count = count
  }

  deinit {
    unsafe cells.deinitialize(count: count)
    unsafe cells.deallocate()
  }
}
