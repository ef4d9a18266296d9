import CLinux
import Control
import GPSD
import Logbook
import Realtime
import SafeStop
import SharedPage
import Signals
import Supervisor
import Synchronization
import Units

/// The control thread: every 10 ms drains what arrived into `Inputs`, steps the controller and
/// publishes what it decided.
///
/// No lock, no allocation, no asynchronous call.
final class ControlLoop: @unchecked Sendable {
  static let period = Interval.milliseconds(10)

  private static let stackBytes = 1 << 20

  private let state: DaemonState
  private let buses: [BusState]
  private let gnss: GPSDClient
  private let page: SharedPage
  private let route: [RoutePiece]
  private let configurationHash: UInt64
  // Used by the one thread that `start` makes.
  private var controller: Controller
  private var inputs = Inputs()
  private var slot = DaemonSlot()
  private var comparison: ShadowComparison
  private let handover: CycleHandover?
  private var recording: CycleSource?

  init(
    _ configuration: ControllerConfiguration, route: [RoutePiece], state: DaemonState,
    buses: [BusState], gnss: GPSDClient, page: SharedPage, instance: UInt64,
    records: TruckRecords, handover: CycleHandover?
  ) {
    inputs.records = records
    comparison = state.shadow.read()
    self.state = state
    self.handover = handover
    recording = handover.map { CycleSource($0) }
    self.buses = buses
    self.gnss = gnss
    self.page = page
    self.route = route
    configurationHash = configuration.guardian.fieldHash
    controller = Controller(configuration: configuration)
    slot.instance = instance
    slot.configurationHash = configurationHash
    Self.warmUp(configuration, route)
  }

  /// The first step of a process touches lazily made globals, which allocate.
  private static func warmUp(_ configuration: ControllerConfiguration, _ route: [RoutePiece]) {
    var spare = Controller(configuration: configuration)
    var inputs = Inputs()
    var recording = CycleSource(CycleHandover(capacity: 2))
    inputs.beginCycle(at: MonotonicClock.now)
    recording.begin(&spare, cycle: 0)
    let outputs = spare.step(inputs, route: route.span)
    recording.end(&spare, inputs, outputs)
  }

  func start(priority: Int32, cpus: UInt64) throws(RealtimeThread.Failure) -> RealtimeThread {
    try RealtimeThread(
      .init(name: "control", stackBytes: Self.stackBytes, priority: priority, cpus: cpus)
    ) { [self] in
      var timer = PeriodicTimer(period: Self.period)
      while true {
        let slips = timer.wait()
        state.cycleSlips.store(timer.slips, ordering: .relaxed)
        state.worstLateness.store(timer.worstLateness.nanoseconds, ordering: .relaxed)
        cycle(at: MonotonicClock.now, slips: slips)
      }
    }
  }

  private func cycle(at now: Instant, slips: UInt32) {
    inputs.beginCycle(at: now)
    inputs.cycleSlips = slips
    takeGuardianReport()
    takeFrames()
    takeReports()
    let acknowledges = takeFacts()
    inputs.supervisorDemand = state.supervisor.demand
    takeClock()
    takeIdentity()
    // A local, because a span cannot depend on a property of a class.
    let route = self.route
    recording?.begin(&controller, cycle: inputs.cycle)
    let outputs = controller.step(inputs, route: route.span)
    if inputs.records.listensOnly { compare(outputs) }
    publish(outputs, acknowledges)
    // After it: the guardian need not wait for a copy, and nothing of what is copied changes.
    recording?.end(&controller, inputs, outputs)
  }

  private func takeFrames() {
    for index in buses.indices {
      let bus = buses[index]
      while inputs.frames.count < FrameBatch.capacity, let frame = bus.frames.pop() {
        inputs.frames.append(frame)
      }
      inputs.buses[index] = bus.health
      inputs.buses[index].echo = inputs.guardian.echoes[index]
    }
  }

  private func takeReports() {
    while inputs.gnssCount < Inputs.gnssCapacity, let event = gnss.next() {
      if case .report(let report) = event {
        inputs.append(report)
        state.gnssReports.add(1, ordering: .relaxed)
      } else {
        state.gnssEvents.push(event)
      }
    }
  }

  /// Takes the facts of this cycle; how many acknowledges were among them.
  private func takeFacts() -> UInt64 {
    var acknowledges: UInt64 = 0
    while inputs.factCount < Inputs.factCapacity,
      let fact = state.hostFacts.pop() ?? state.operatorFacts.pop()
    {
      inputs.append(fact)
      if fact.kind == .acknowledge { acknowledges += 1 }
    }
    while let trailer = state.trailers.pop() { inputs.trailer = trailer }
    return acknowledges
  }

  private func takeGuardianReport() {
    _ = page.read(.guardian, into: &inputs.guardian)
    state.guardianHeartbeat.store(inputs.guardian.heartbeat, ordering: .relaxed)
    state.guardianState.store(inputs.guardian.state.rawValue, ordering: .relaxed)
    for index in buses.indices {
      let echo = inputs.guardian.echoes[index]
      buses[index].confirmedFrames.store(echo.confirmed, ordering: .relaxed)
      buses[index].foreignFrames.store(echo.foreign, ordering: .relaxed)
      buses[index].foreignIdentifier.store(echo.foreignIdentifier, ordering: .relaxed)
    }
  }

  private func takeIdentity() {
    let vehicle = state.vehicleMatch.load(ordering: .relaxed)
    let components = state.componentMatch.load(ordering: .relaxed)
    inputs.records.vehicle = IdentityMatch(rawValue: vehicle) ?? .unknown
    inputs.records.components = IdentityMatch(rawValue: components) ?? .unknown
    // A disk that hangs says nothing: what shows is that cycles find no room.
    let isLost = recording?.isBroken ?? false
    inputs.records.recording = isLost ? .failed : handover?.state ?? .none
  }

  /// S-24: what the driver did beside what would have been commanded.
  private func compare(_ outputs: Outputs) {
    var sample = ShadowSample()
    sample.now = inputs.now
    // Pedals are sent at 50 to 100 ms; five periods.
    let pedal = controller.signals[.acceleratorPedal]
    sample.acceleratorPedal = pedal.fresh(at: inputs.now, within: .milliseconds(500)) ?? .nan
    let resets = state.shadowResets.load(ordering: .relaxed)
    let isReset = resets != state.shadowResetsDone.load(ordering: .relaxed)
    if isReset { comparison = ShadowComparison() }
    comparison.step(outputs, sample)
    guard isReset || inputs.cycle % 100 == 0 else { return }
    state.shadow.write(comparison)
    state.shadowResetsDone.store(resets, ordering: .releasing)
  }

  private func takeClock() {
    let now = tl_monotonic_ns()
    inputs.utcOffset = Interval(nanoseconds: tl_realtime_ns() &- now)
    let error = tl_realtime_error_ns()
    inputs.utcSigmaSeconds = error >= 0 ? Double(error) * 1e-9 : .nan
  }

  private func publish(_ outputs: Outputs, _ acknowledges: UInt64) {
    slot.sequence &+= 1
    slot.publishedAt = inputs.now
    slot.mode = outputs.mode
    slot.transmitAllowed = outputs.mode != .manual && outputs.mode != .shadow
    // In shadow the command is for comparison alone: it does not leave this process.
    slot.command = outputs.mode.isDriven ? outputs.command : Command()
    slot.plan = outputs.plan
    slot.distanceToLimit =
      outputs.path.isOnRoute
      ? outputs.authority.supervisedLimit - outputs.path.frontStation : Metres(.nan)
    slot.authorityRevision = outputs.authority.revision
    slot.controlHeartbeat = inputs.cycle
    slot.supervisorHeartbeat = state.supervisor.supervisorHeartbeat.load(ordering: .acquiring)
    slot.controlDemand = outputs.demand
    slot.faults = outputs.faults
    slot.supervisorDemand = inputs.supervisorDemand
    slot.count(acknowledges: acknowledges)
    slot.shutdown = state.isEnding.load(ordering: .relaxed)
    page.write(&slot, to: .daemon)
    state.supervisor.control.write(
      SupervisorLink.ControlView(outputs, acknowledgeCount: slot.acknowledgeCount))
    state.supervisor.controlHeartbeat.store(inputs.cycle, ordering: .releasing)
    state.statusOutputs.write(outputs)
    state.journalOutputs.write(outputs)
    state.cycles.store(inputs.cycle, ordering: .relaxed)
  }
}
