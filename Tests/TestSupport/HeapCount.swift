import CHeapFence

/// How many heap calls `body` makes on this thread.
public func heapCalls(during body: () -> Void) -> UInt64 {
  let before = heap_fence_calls()
  body()
  return heap_fence_calls() - before
}

/// The largest single copy that `body` makes on this thread, bytes; what a compiler copies word by
/// word, up to about a hundred bytes, is not seen.
public func largestCopy(during body: () -> Void) -> UInt64 {
  _ = copy_fence_take_largest()
  body()
  return copy_fence_take_largest()
}

/// Whether heap calls can be counted here: not under a sanitizer.
public var canCountHeapCalls: Bool { heap_fence_available() }

/// How many bytes `body` asks the heap for on this thread, whatever it gives back.
public func heapBytes(during body: () -> Void) -> UInt64 {
  let before = heap_fence_bytes()
  body()
  return heap_fence_bytes() - before
}
