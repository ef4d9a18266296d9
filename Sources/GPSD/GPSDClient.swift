import CGPS
import Glibc
import Signals
import Synchronization
import Units

/// A `GPSDSession` on a thread of its own, read by one other thread.
///
/// Both libgps calls and name resolution may block, so nothing else may share the thread.
package final class GPSDClient: Sendable {
  private let ring = EventRing()
  private let stopping = Atomic<Bool>(false)
  private let ended = Atomic<Bool>(false)
  private let host: String
  private let port: UInt16
  private let policy: GNSSPolicy

  package init(host: String = "127.0.0.1", port: UInt16 = 2947, policy: GNSSPolicy = GNSSPolicy()) {
    self.host = host
    self.port = port
    self.policy = policy
  }

  /// The next event, without waiting; only one thread may call it.
  package func next() -> GPSDEvent? { ring.pop() }

  /// Events that found the ring full.
  package var dropped: UInt64 { ring.dropped }

  /// Whether the thread has left after `stop`.
  package var hasEnded: Bool { ended.load(ordering: .acquiring) }

  /// Starts the thread with ordinary priority; answers errno, 0 when it runs.
  package func start() -> Int32 {
    var attributes = pthread_attr_t()
    guard unsafe pthread_attr_init(&attributes) == 0 else { return ENOMEM }
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // gps_data_t is on the heap; libgps' own parsers need some tens of kilobytes.
    unsafe pthread_attr_setstacksize(&attributes, 256 * 1024)
    let context = unsafe Unmanaged.passRetained(self)
    var thread = pthread_t()
    let failure = unsafe pthread_create(
      &thread, &attributes,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<GPSDClient>.fromOpaque(context).takeRetainedValue().serve()
        return nil
      }, context.toOpaque())
    if failure != 0 { unsafe context.release() }
    return failure
  }

  /// Asks the thread to leave; it does within 100 ms unless a connect blocks.
  package func stop() { stopping.store(true, ordering: .releasing) }

  private func serve() {
    tg_begin_thread()
    let session = GPSDSession(host: host, port: port, policy: policy)
    while !stopping.load(ordering: .acquiring) {
      session.run(for: .milliseconds(100)) { ring.push($0) }
    }
    ended.store(true, ordering: .releasing)
  }
}
