import CGPS
import Realtime
import Signals
import Synchronization
import Units

/// A `GPSDSession` on a thread of its own, read by one other thread.
///
/// Both libgps calls and name resolution may block, so nothing else may share the thread.
package final class GPSDClient: Sendable {
  private let ring = SPSCRing<GPSDEvent>(capacity: 64, filler: .stale(age: .zero))
  private let stopping = Atomic<Bool>(false)
  private let told = Mutex<String?>(nil)
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

  /// Which receiver it is, as gpsd tells it, for threads without a deadline; nil until it knows.
  package var receiver: String? { told.withLock { $0 } }

  /// Events that found the ring full.
  package var dropped: UInt64 { ring.overflows }

  /// Starts the thread, with ordinary priority unless told; join it after `stop`.
  package func start(priority: Int32 = 0, cpus: UInt64 = 0) throws(RealtimeThread.Failure)
    -> RealtimeThread
  {
    let options = RealtimeThread.Options(
      name: "gnss", stackBytes: 256 * 1024, priority: priority, cpus: cpus)
    return try RealtimeThread(options) { self.serve() }
  }

  /// Asks the thread to leave; it does within 100 ms unless a connect blocks.
  package func stop() { stopping.store(true, ordering: .releasing) }

  private func serve() {
    tg_leave_signals()
    let session = GPSDSession(host: host, port: port, policy: policy)
    while !stopping.load(ordering: .acquiring) {
      session.run(for: .milliseconds(100)) { ring.push($0) }
      let receiver = session.receiver
      told.withLock { $0 = receiver }
    }
  }
}
