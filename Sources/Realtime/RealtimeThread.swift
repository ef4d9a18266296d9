import CLinux

/// A thread with an explicit stack, priority and CPU set.
///
/// Made before the real-time start; the body must not allocate, lock or call anything asynchronous
/// once it has entered its loop.
package final class RealtimeThread {
  package struct Options: Sendable {
    /// At most 15 bytes are kept.
    package var name: String
    package var stackBytes = 256 * 1024
    /// SCHED_FIFO priority, 0 for the default class.
    package var priority: Int32 = 0
    /// One bit for each CPU it may run on, 0 for any.
    package var cpus: UInt64 = 0

    package init(name: String) { self.name = name }

    package init(name: String, stackBytes: Int, priority: Int32, cpus: UInt64 = 0) {
      self.name = name
      self.stackBytes = stackBytes
      self.priority = priority
      self.cpus = cpus
    }
  }

  package struct Failure: Error {
    package let errno: Int32
  }

  private let handle: UInt64
  /// The errno with which the kernel refused priority or CPUs, 0 when it granted them; the thread
  /// runs all the same.
  package let schedulingRefused: Int32

  package init(_ options: Options, body: @escaping @Sendable () -> Void) throws(Failure) {
    let box = unsafe Unmanaged.passRetained(Body(body))
    var handle: UInt64 = 0
    var refused: Int32 = 0
    let result = unsafe options.name.withCString { name in
      var request = unsafe tl_thread_options(
        name: name, stack_bytes: options.stackBytes, fifo_priority: options.priority,
        cpus: options.cpus)
      return unsafe tl_thread_start(
        { context in
          guard let context = unsafe context else { return }
          // Safety: the one reference that `passRetained` left for this thread.
          unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }, unsafe box.toOpaque(), &request, &handle, &refused)
    }
    guard result == 0 else {
      unsafe box.release()
      throw Failure(errno: -result)
    }
    self.handle = handle
    schedulingRefused = refused
  }

  /// Waits for the body to return.
  package func join() { _ = tl_thread_join(handle) }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}

/// What makes a process fit for real-time threads; each answer is 0 or the errno.
package enum RealtimeProcess {
  /// Keeps every touched page in memory.
  package static func lockMemory() -> Int32 { -tl_memory_lock() }

  /// Holds the CPUs out of deep sleep until the process ends.
  package static func limitSleep(microseconds: Int32) -> Int32 {
    let descriptor = tl_dma_latency_open(microseconds)
    return descriptor >= 0 ? 0 : -descriptor
  }

  package static var residentKilobytes: Int { tl_resident_kilobytes() }
}
