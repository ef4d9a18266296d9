import CLinux
import Control
import DriveConfiguration
import Explanation
import GPSD
import Glibc
import GuardianHost
import Logbook
import Realtime
import SharedPage
import Signals
import Supervisor
import Synchronization
import Units

/// The process: makes its parts, starts its threads, and then only watches and tells.
final class Daemon {
  private let configuration: DriveConfiguration
  private let buses: [BusState]
  private let state: DaemonState
  private let files: TruckFiles
  private let record: DriveRecord?
  private let isShadow: Bool
  private var linesReleased = 0
  private var recordingEnd = KeeperEnd()
  private let page: SharedPage
  private let gnss: GPSDClient
  private let threads: Threads
  private let runtimeFolder: String
  /// Held until the process ends, by which the kernel releases it.
  private let instanceLock: Int32

  /// What runs; made before the first of it starts, so that a failure starts nothing.
  private struct Threads {
    let control: ControlLoop
    let supervisor: SupervisorThread
    /// None in shadow, where nothing may be sent.
    let keeper: StopKeeper?
    /// None where there is nothing to compare with, and nothing to note in.
    let identity: IdentityThread?
    let receivers: [ReceiveThread]
    let socket: ControlSocket
  }

  init(_ arguments: Arguments, _ configuration: DriveConfiguration) throws(StartFailure) {
    self.configuration = configuration
    isShadow = arguments.isShadow
    files = TruckFiles(arguments, configuration)
    record = try DriveRecord.make(arguments, configuration)
    state = DaemonState(shadow: files.comparison)
    buses = try Self.buses(configuration, arguments)
    let settings = try Self.settings(configuration, buses)
    instanceLock = try Self.lock(arguments.page + ".daemon")
    runtimeFolder = arguments.page.lastIndex(of: "/").map { String(arguments.page[..<$0]) } ?? "."
    page = try Self.map(arguments.page)
    let wake = unsafe tl_wake_open(arguments.page + ".wake")
    guard wake >= 0 else {
      throw .failed("\(arguments.page).wake: \(errorText(-wake))")
    }
    var receivers: [ReceiveThread] = []
    for bus in buses {
      receivers.append(try ReceiveThread(bus, table: configuration.controller.frames))
    }
    var policy = GNSSPolicy()
    policy.accuracy = configuration.gnss
    policy.acceptsSimulated = arguments.isBench
    policy.scaleTimes(by: configuration.timingScale)
    gnss = GPSDClient(host: arguments.gpsdHost, port: arguments.gpsdPort, policy: policy)
    let instance = UInt64(bitPattern: tl_monotonic_ns())
    var names = Names(configuration)
    names.shadowHours = files.shadowHours
    names.interfaces = buses.map(\.interface)
    let commands = OperatorCommands(
      state: state, buses: buses, names: names, record: record,
      trailers: configuration.controller.vehicle.hasTrailer
        ? configuration.controller.trailer : nil)
    threads = Threads(
      control: ControlLoop(
        configuration.controller, route: configuration.route, state: state, buses: buses,
        gnss: gnss, page: page, instance: instance, records: files.standing,
        handover: record?.handover),
      supervisor: SupervisorThread(
        configuration: settings.core, buses: buses.map(\.fixedInterface), link: state.supervisor,
        page: page, instance: instance),
      keeper: isShadow
        ? nil
        : StopKeeper(
          settings: settings, state: state, page: page, lockPath: arguments.page + ".lock"),
      identity: isShadow || files.commissioning != nil || record != nil
        ? try IdentityThread(
          buses, sources: configuration.identity, record: files.commissioning,
          keeper: record?.keeper, gnss: gnss, state: state) : nil,
      receivers: receivers,
      socket: try ControlSocket(path: arguments.control, commands: commands))
    // In shadow no guardian is told of us.
    if !isShadow { announce(settings) }
    guard unsafe tl_trap_handlers(page.trapWord, wake) == 0, tl_termination_handlers() == 0 else {
      throw .failed("signal handlers cannot be installed")
    }
  }

  /// Tells the guardian who commands and with which configuration.
  private func announce(_ settings: GuardianSettings) {
    var frozen = GuardianSettings()
    var wanted = settings
    let isKnown =
      page.readConfiguration(into: &frozen) != 0
      && frozen.hash == settings.hash
    if !isKnown, !page.freeze(&wanted) {
      Journal.failure("the guardian's configuration does not fit into the page")
    }
    page.trap = 0
    page.daemonProcess = UInt64(tl_process_id())
  }

  /// One daemon a truck: a second one would take the control socket and the page from the first.
  private static func lock(_ path: String) throws(StartFailure) -> Int32 {
    let lock = unsafe tl_lock_file(path)
    guard lock != -EWOULDBLOCK else {
      throw .failed("\(path) is locked: another tulpard runs here")
    }
    guard lock >= 0 else { throw .failed("\(path): \(errorText(-lock))") }
    return lock
  }

  private static func map(_ path: String) throws(StartFailure) -> SharedPage {
    var error: Int32 = 0
    guard let page = unsafe SharedPage.map(path, error: &error) else {
      throw .failed("\(path): the shared page cannot be mapped (\(errorText(error)))")
    }
    page.prefault()
    return page
  }

  private static func buses(
    _ configuration: DriveConfiguration, _ arguments: Arguments
  ) throws(StartFailure) -> [BusState] {
    let names = configuration.buses.map(\.interface)
    guard !names.isEmpty else { throw .badInput("the profile has no bus") }
    if let unknown = arguments.interfaces.keys.filter({ !names.contains($0) }).min() {
      throw .badInput(
        "--can: the profile has no bus '\(unknown)'; it has \(names.joined(separator: ", "))")
    }
    var buses: [BusState] = []
    for (index, name) in names.enumerated() {
      let interface = arguments.interfaces[name] ?? name
      guard let index = UInt8(exactly: index), index < GuardianSettings.busCapacity else {
        throw .badInput("the profile has more than \(GuardianSettings.busCapacity) buses")
      }
      guard interface.utf8.count <= FixedText.capacity else {
        throw .badInput("--can: '\(interface)' is longer than \(FixedText.capacity) bytes")
      }
      if !arguments.isBench, interface.hasPrefix("unix:") {
        throw .badInput("--can: \(interface) is a stand-in for benches: allowed with --bench only")
      }
      if arguments.isBench, unsafe tl_interface_is_virtual(interface) == 0 {
        // Whatever is not there is of no kind.
        guard unsafe tl_can_is_up(interface) >= 0 else {
          throw .badInput("--bench: \(interface) does not exist on this machine")
        }
        throw .badInput("--bench: \(interface) is not a virtual interface")
      }
      // Stretched time-outs are for machines that wake late: a truck would coast on them.
      if configuration.timingScale != 1, unsafe tl_interface_is_virtual(interface) == 0 {
        throw .badInput(
          "timing scale \(configuration.timingScale): \(interface) is not a virtual interface")
      }
      buses.append(
        BusState(
          name: name, interface: interface, index: index,
          isFD: configuration.buses[Int(index)].isFD))
    }
    return buses
  }

  private static func settings(
    _ configuration: DriveConfiguration, _ buses: [BusState]
  ) throws(StartFailure) -> GuardianSettings {
    var settings = GuardianSettings()
    settings.core = configuration.controller.guardian
    settings.busCount = buses.count
    for (index, bus) in buses.enumerated() { settings.buses[index] = bus.fixedInterface }
    settings.priority = configuration.compute.guardianPriority
    settings.processors = mask(configuration.compute.guardianProcessor)
    guard (0...99).contains(settings.priority) else {
      throw .badInput("guardian priority: read \(settings.priority), allowed is 0 to 99")
    }
    return settings
  }

  private static func mask(_ processor: Int) -> UInt64 {
    (0..<64).contains(processor) ? 1 << UInt64(processor) : 0
  }

  // MARK: Running

  /// Starts the threads; what the kernel refuses them is told and does not end the daemon.
  func start() throws(StartFailure) {
    let compute = configuration.compute
    report("locked memory", RealtimeProcess.lockMemory())
    if compute.wakeUpLatency >= 0 {
      report(
        "wake-up latency",
        RealtimeProcess.limitSleep(microseconds: Int32(clamping: compute.wakeUpLatency)))
    }
    do throws(RealtimeThread.Failure) {
      let priority = { (value: Int) in Int32(min(max(value, 0), 99)) }
      for receiver in threads.receivers {
        report(try receiver.start(priority: priority(compute.receivePriority)), "can-rx")
      }
      report(
        try threads.supervisor.start(priority: priority(compute.supervisorPriority)), "supervisor")
      if let keeper = threads.keeper {
        report(try keeper.start(priority: priority(compute.guardianPriority - 1)), "keeper")
      }
      _ = try threads.identity?.start()
      try record?.keeper.start()
      report(
        try threads.control.start(
          priority: priority(compute.controlPriority), cpus: Self.mask(compute.controlProcessor)),
        "control")
      _ = try threads.socket.start()
      _ = try gnss.start()
    } catch {
      throw .failed("a thread cannot be started (\(errorText(error.errno)))")
    }
  }

  private func report(_ thread: RealtimeThread, _ name: String) {
    report("real-time scheduling of thread \(name)", thread.schedulingRefused)
  }

  private func report(_ what: String, _ refusal: Int32) {
    guard refusal != 0 else { return }
    Journal.warning("no \(what): \(errorText(refusal))")
  }

  /// Watches until the daemon may end; answers the exit status.
  func run() -> Int32 {
    Journal.information(
      "profile \(configuration.profileName), mission \(configuration.missionName), "
        + "configuration \(String(configuration.hash, radix: 16)), "
        + "timing scale \(configuration.timingScale)")
    for obstacle in configuration.armingObstacles {
      Journal.warning("arming is refused: \(obstacle)")
    }
    var telemetry = Telemetry(state, buses: buses, record: record)
    var watchdog = Watchdog(state, needsSender: !isShadow)
    var links = LinkWatch(buses, folder: runtimeFolder)
    while true {
      let now = MonotonicClock.now
      links.look(at: now)
      telemetry.look(at: now)
      watchdog.look(at: now, inputsFlow: inputsFlow)
      files.look(state, at: now)
      files.keepBrakes(state.journalOutputs.read().brakes)
      if isShadow { releaseLines() }
      if let status = end(at: now) {
        // Where the disk hangs, these would hang too.
        if status == 0 { files.look(state, at: now, isEnd: true) }
        return status
      }
      tl_sleep_until(now.nanoseconds + 20_000_000)
    }
  }

  /// The driver, not an authority, decides where a truck in shadow may go: each line is taken as
  /// released, so that the comparison is of driving.
  private func releaseLines() {
    guard linesReleased < configuration.holdLineNames.count else { return }
    var fact = Fact()
    fact.kind = .release
    fact.argument = UInt32(linesReleased)
    if state.hostFacts.push(fact) { linesReleased += 1 }
  }

  private var inputsFlow: Bool {
    buses.allSatisfy { $0.framesWanted.load(ordering: .relaxed) > 0 }
  }

  /// SIGTERM asks for a controlled stop; the daemon ends when the truck is held (S-19).
  ///
  /// Answers the exit status, nil while it may not end.
  private func end(at now: Instant) -> Int32? {
    guard tl_termination_requests() > 0 else { return nil }
    if !state.isEnding.exchange(true, ordering: .acquiringAndReleasing) {
      Journal.information(
        isShadow
          ? "asked to end: it only listens, the truck is the driver's"
          : "asked to end: stopping and holding first")
      ServiceManager.stopping()
      var fact = Fact()
      fact.kind = .shutdown
      state.hostFacts.push(fact)
    }
    let mode = state.journalOutputs.read().mode
    guard mode == .manual || mode == .shadow || mode == .held,
      !state.isKeeping.load(ordering: .acquiring)
    else { return nil }
    switch record.map({ recordingEnd.ask($0.keeper, at: now) }) ?? .closed {
    case .waits: return nil
    case .closed:
      Journal.information("ends in \(mode)")
      return 0
    case .givenUp:
      Journal.failure(
        "ends in \(mode); recording: its disk took longer than \(KeeperEnd.patience.seconds) s, "
          + "the file in hand is not closed; the next start makes it whole")
      return 1
    }
  }
}

extension BusState {
  /// The interface for the shared page; its length was checked.
  var fixedInterface: FixedText {
    var text = FixedText()
    for byte in interface.utf8 { text.append(byte) }
    return text
  }
}
