import CLinux
import FrameSocket
import Realtime
import SafeStop
import SharedPage
import Signals
import Synchronization
import Units

/// The supervisor's thread: 200 times a second its own look at the buses and at control, and a
/// demand when something is wrong.
///
/// It commands nothing.
///
/// Its receive sockets, its copy of the feedback and its channel to the guardian are its own, so
/// that control can neither blind nor silence it.
package final class SupervisorThread: @unchecked Sendable {
  package static let period = Interval.milliseconds(5)
  /// Between the guardian's cycles, which are at 2 ms of each 10.
  package static let phase = Interval.milliseconds(1)
  private static let frameBudget = 512
  private static let reopenInterval = Interval.milliseconds(250)

  private let link: SupervisorLink
  private let page: SharedPage
  private let instance: UInt64
  private let configuration: GuardianConfiguration
  private let buses: [FixedText]
  // Used by the one thread that `start` makes.
  private var core = SupervisorCore()
  private var sockets = InlineArray<4, FrameSocket>(repeating: FrameSocket())
  private var batch = FrameBatch()
  private var observation = SupervisorObservation()
  private var report = SupervisorReport()
  private var guardian = GuardianReport()
  private var reopenAt = Instant.never

  /// - Parameter buses: what to open, in the order of the frame table's bus numbers; four count.
  package init(
    configuration: GuardianConfiguration, buses: [FixedText], link: SupervisorLink,
    page: SharedPage, instance: UInt64
  ) {
    self.configuration = configuration
    self.buses = Array(buses.prefix(4))
    self.link = link
    self.page = page
    self.instance = instance
  }

  package func start(
    priority: Int32, cpus: UInt64 = 0
  ) throws(RealtimeThread.Failure) -> RealtimeThread {
    try RealtimeThread(
      .init(name: "supervisor", stackBytes: 512 * 1024, priority: priority, cpus: cpus)
    ) { [self] in
      var timer = PeriodicTimer(period: Self.period, phase: Self.phase)
      while true {
        _ = timer.wait()
        cycle(at: MonotonicClock.now)
      }
    }
  }

  /// One cycle; only for the thread, and for tests that have none.
  package func cycle(at now: Instant) {
    openSockets(at: now)
    receive()
    let view = link.control.read()
    observation.now = now
    observation.controlHeartbeat = link.controlHeartbeat.load(ordering: .acquiring)
    _ = page.read(.guardian, into: &guardian)
    observation.guardianHeartbeat = guardian.heartbeat
    observation.mode = view.mode
    observation.command = view.command
    observation.path = view.path
    observation.authority = view.authority
    observation.speedCap = view.speedCap
    observation.acknowledgeCount = view.acknowledgeCount
    observation.needsProtectiveField = view.needsProtectiveField
    observation.needsAttendant = view.needsAttendant
    observation.comfortDeceleration = view.comfortDeceleration
    observation.emergencyDeceleration = view.emergencyDeceleration
    let output = core.step(observation, frames: batch, configuration: configuration)
    link.publish(SupervisorDecision(heartbeat: output.heartbeat, demand: output.demand))
    report.heartbeat = output.heartbeat
    report.instance = instance
    report.demand = output.demand
    page.write(&report, to: .supervisor)
  }

  private func openSockets(at now: Instant) {
    guard now >= reopenAt else { return }
    for i in buses.indices where !sockets[i].isOpen {
      let error = unsafe buses[i].withCString { name in
        unsafe sockets[i].openForReceiving(name, bus: UInt8(i), table: configuration.frames)
      }
      if error != 0 { reopenAt = now + Self.reopenInterval }
    }
  }

  private func receive() {
    batch.removeAll()
    var budget = Self.frameBudget
    for i in buses.indices {
      while let frame = sockets[i].receive(budget: &budget) { batch.append(frame) }
      observation.buses[i].isUp = sockets[i].isOpen && sockets[i].isUp
      observation.buses[i].errorFrames = UInt32(clamping: sockets[i].errorFrames)
      observation.buses[i].framesSeen = sockets[i].received
    }
  }
}
