import CLinux
import GuardianHost
import SafeStop
import SharedPage
import Signals
import Units

/// The guardian's process: its page, its lock, its clock, and the daemon that it watches.
struct GuardianProcess {
  private static var defaultPriority: Int32 { 95 }
  private static var keepAliveInterval: Interval { .milliseconds(200) }
  /// Stack that the loop may touch: the host's state and the core's copies of it.
  private static var stackBytes: Int { 256 * 1024 }

  private let page: SharedPage
  private let options: GuardianOptions
  private let wake: Int32
  private var host: GuardianHost
  /// The process before this one was sending when it ended (S-15).
  private let inheritsStop: Bool
  private var lock: Int32 = -1
  private var keepAliveAt = Instant.never
  private var daemonProcess: UInt64 = 0
  private var daemonHandle: Int32 = -1
  private var state = GuardianState.starting
  private var demand = StopDemand()
  private var address = AddressState.absent

  /// Maps the page and makes this process fit for its priority; nil, after a line, when it cannot.
  init?(_ options: GuardianOptions) {
    var error: Int32 = 0
    let mapped = unsafe options.page.withCString { path in
      unsafe SharedPage.map(path, error: &error)
    }
    guard let mapped else {
      GuardianJournal.say("guardian: the page cannot be mapped", error: error)
      return nil
    }
    wake = unsafe options.wake.withCString { unsafe tl_wake_open($0) }
    guard wake >= 0 else {
      GuardianJournal.say("guardian: the wake pipe cannot be opened", error: wake)
      return nil
    }
    page = mapped
    self.options = options
    // Before the first report of this process replaces it.
    var predecessor = GuardianReport()
    let hasPredecessor = mapped.read(.guardian, into: &predecessor) != 0
    inheritsStop = hasPredecessor && predecessor.state.isSending
    host = GuardianHost(page: mapped, inheritsStop: inheritsStop)
    _ = tl_termination_handlers()
    _ = tl_core_dumps_off()
    prepare(priority: Self.defaultPriority, processors: 0)
    page.prefault()
    tl_stack_prefault(Self.stackBytes)
  }

  private func prepare(priority: Int32, processors: UInt64) {
    let locked = tl_memory_lock()
    if locked != 0 { GuardianJournal.say("guardian: memory is not locked", error: locked) }
    if priority > 0 {
      let refused = tl_scheduler_fifo(priority)
      if refused != 0 { GuardianJournal.say("guardian: no real-time priority", error: refused) }
    }
    if processors != 0 {
      let refused = tl_scheduler_cpus(processors)
      if refused != 0 { GuardianJournal.say("guardian: not bound to its CPUs", error: refused) }
    }
  }

  /// The loop; answers the exit status once the core lets it end.
  mutating func run() -> Int32 {
    page.guardianProcess = UInt64(tl_process_id())
    let period = GuardianHost.period.nanoseconds
    let start = tl_monotonic_ns()
    var deadline = (start / period + 1) * period + GuardianHost.phase.nanoseconds
    unsafe _ = tl_notify(cString("READY=1\nSTATUS=waiting for the daemon's configuration"))
    while true {
      waitUntil(deadline)
      let now = tl_monotonic_ns()
      // An early wake-up steps in between; the rhythm stays.
      if now >= deadline { deadline += ((now - deadline) / period + 1) * period }
      if cycle(at: Instant(nanoseconds: now)) { return 0 }
    }
  }

  private func waitUntil(_ deadline: Int64) {
    let descriptors: InlineArray<2, Int32> = [wake, daemonHandle]
    let ready = unsafe descriptors.span.withUnsafeBufferPointer {
      unsafe tl_poll($0.baseAddress, 2, deadline)
    }
    if ready & 1 != 0 { _ = tl_wake_drain(wake) }
  }

  /// One cycle; whether the process may end.
  private mutating func cycle(at now: Instant) -> Bool {
    let isAlive = watchDaemon()
    if host.takeConfiguration() {
      prepare(
        priority: Int32(clamping: host.settings.priority), processors: host.settings.processors)
      GuardianJournal.say("guardian: configured")
    }
    let endIsRequested = tl_termination_requests() > 0
    takeLock()
    keepAlive(at: now)
    guard host.isConfigured else {
      var report = GuardianReport()
      report.heartbeat = UInt64(bitPattern: now.nanoseconds)
      report.state = inheritsStop ? .stopping : .starting
      page.write(&report, to: .guardian)
      return endIsRequested && !inheritsStop
    }
    var output = host.cycle(
      at: now, daemonIsAlive: isAlive, endIsRequested: endIsRequested, transmits: lock >= 0)
    page.write(&output.report, to: .guardian)
    if output.report.state != state || output.demand != demand {
      state = output.report.state
      demand = output.demand
      GuardianJournal.changed(to: state, because: demand, output.isPlayingPlan)
    }
    if output.report.address != address {
      address = output.report.address
      GuardianJournal.changed(to: address)
    }
    return endIsRequested && output.mayExit
  }

  /// Whether the daemon runs, by its process handle and its trap word, at once and not by a clock.
  private mutating func watchDaemon() -> Bool {
    let process = page.daemonProcess
    if process != daemonProcess {
      if daemonHandle >= 0 { _ = tl_close(daemonHandle) }
      daemonProcess = process
      daemonHandle = process == 0 ? -1 : tl_pidfd_open(Int32(truncatingIfNeeded: process))
    }
    guard daemonHandle >= 0 else { return false }
    var handle = daemonHandle
    guard unsafe tl_poll(&handle, 1, 0) == 0 else {
      // Kept from waking the loop again and again, which would starve whoever buries the dead.
      _ = tl_close(daemonHandle)
      daemonHandle = -1
      return false
    }
    return page.trap == 0
  }

  /// The lock of whoever may transmit: after this process's predecessor died, the daemon may hold
  /// it until the truck stands.
  private mutating func takeLock() {
    guard lock < 0 else { return }
    lock = unsafe options.lock.withCString { unsafe tl_lock_file($0) }
    if lock >= 0 { GuardianJournal.say("guardian: holds the sender lock") }
  }

  private mutating func keepAlive(at now: Instant) {
    guard now >= keepAliveAt else { return }
    keepAliveAt = now + Self.keepAliveInterval
    unsafe _ = tl_notify(cString("WATCHDOG=1"))
  }
}
