import Synchronization
import Units

/// Events from one thread to one other, without locks or waiting; what does not fit is dropped and
/// counted.
///
/// The newest is dropped, not the oldest: a consumer that reads every cycle never sees it full, and
/// one that does not has worse problems.
@safe final class EventRing: Sendable {
  static var capacity: Int { 64 }
  // Safety: a slot is written only by the producer before `written` covers it and read only by the
  // consumer before `read` passes it; both counters are atomics with release and acquire.
  private nonisolated(unsafe) let slots: UnsafeMutablePointer<GPSDEvent>
  private let written = Atomic<Int>(0)
  private let read = Atomic<Int>(0)
  private let lost = Atomic<UInt64>(0)

  init() {
    unsafe slots = .allocate(capacity: Self.capacity)
    unsafe slots.initialize(repeating: .stale(age: .zero), count: Self.capacity)
  }

  deinit {
    unsafe slots.deinitialize(count: Self.capacity)
    unsafe slots.deallocate()
  }

  var dropped: UInt64 { lost.load(ordering: .relaxed) }

  func push(_ event: GPSDEvent) {
    let next = written.load(ordering: .relaxed)
    guard next &- read.load(ordering: .acquiring) < Self.capacity else {
      lost.wrappingAdd(1, ordering: .relaxed)
      return
    }
    unsafe slots[next % Self.capacity] = event
    written.store(next &+ 1, ordering: .releasing)
  }

  func pop() -> GPSDEvent? {
    let next = read.load(ordering: .relaxed)
    guard next != written.load(ordering: .acquiring) else { return nil }
    let event = unsafe slots[next % Self.capacity]
    read.store(next &+ 1, ordering: .releasing)
    return event
  }
}
