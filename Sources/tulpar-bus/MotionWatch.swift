import CLinux
import SafeStop
import SharedPage
import Signals
import Units

/// Whether the stack drives or stops the truck, as daemon and guardian say in their page.
struct MotionWatch {
  private static let limit = Interval.milliseconds(500)

  private let path: String
  private var page: SharedPage?
  private var slot = DaemonSlot()
  private var report = GuardianReport()
  private var heartbeat: UInt64 = 0
  private var heartbeatAt = Instant.never

  init(path: String) { self.path = path }

  /// A stack that is silent moves nothing: with the daemon dead the guardian speaks, and with both
  /// dead nobody commands the truck.
  mutating func isMoving(at now: Instant) -> Bool {
    guard let page = mapped() else { return false }
    if page.read(.daemon, into: &slot) != 0, now - slot.publishedAt < Self.limit {
      switch slot.mode {
      case .autonomous, .stopping: return true
      case .manual, .shadow, .armed, .held: return false
      }
    }
    guard page.read(.guardian, into: &report) != 0 else { return false }
    if report.heartbeat != heartbeat {
      heartbeat = report.heartbeat
      heartbeatAt = now
    }
    guard now - heartbeatAt < Self.limit else { return false }
    switch report.state {
    case .relaying, .stopping: return true
    case .starting, .idle, .held: return false
    }
  }

  /// Only a page that is there: who comes first makes it, and that is never this helper.
  private mutating func mapped() -> SharedPage? {
    if page == nil, unsafe tl_exists(path) == 1 {
      var error: Int32 = 0
      page = unsafe path.withCString { unsafe SharedPage.map($0, error: &error) }
    }
    return page
  }
}
