import CLinux
import FrameSocket
import SafeStop
import SharedPage
import Signals
import Units
import WireCodec

/// One guardian between page and buses: reads frames and the daemon's slot, steps the core, sends
/// what it decides.
///
/// It decides nothing itself and allocates nothing.
package struct GuardianHost: Sendable {
  package static var period: Interval { .milliseconds(10) }
  /// After the control thread's deadline, so that a command is at most this old when relayed.
  package static var phase: Interval { .milliseconds(2) }
  /// Frames taken in one cycle, so that a flood cannot hold the loop.
  private static var frameBudget: Int { 512 }
  private static var echoBudget: Int { 256 }
  private static var reopenInterval: Interval { .milliseconds(250) }

  package private(set) var core = GuardianCore()
  package private(set) var settings = GuardianSettings()
  /// Generation of the page's configuration that is in use, 0 before the first.
  package private(set) var generation: UInt64 = 0
  private var hash: UInt64 = 0
  private let page: SharedPage
  private var receivers = InlineArray<4, FrameSocket>(repeating: FrameSocket())
  private var transmitters = InlineArray<4, FrameSocket>(repeating: FrameSocket())
  private var buses = InlineArray<4, BusHealth>(repeating: BusHealth())
  private var batch = FrameBatch()
  private var slot = DaemonSlot()
  private var supervisor = SupervisorReport()
  private var framesDropped: UInt64 = 0
  private var counters = WireCounters()
  private var reopenAt = Instant.never

  /// Whether the guardian before this one left a stop in hand.
  private var inheritsStop: Bool

  /// - Parameter inheritsStop: an earlier guardian's last report says that it was sending.
  package init(page: SharedPage, inheritsStop: Bool = false) {
    self.page = page
    self.inheritsStop = inheritsStop
  }

  package var isConfigured: Bool { generation != 0 }

  /// Takes the settings directly, as the daemon's stand-by does.
  package mutating func configure(_ settings: GuardianSettings) {
    self.settings = settings
    generation = .max
    start()
  }

  /// Takes a new configuration from the page, but only while this guardian moves nothing; whether
  /// it did.
  package mutating func takeConfiguration() -> Bool {
    let offered = page.configurationGeneration
    guard offered != 0, offered != generation else { return false }
    switch core.state {
    case .starting, .idle, .held: break
    case .relaying, .stopping: return false
    }
    var fresh = GuardianSettings()
    let read = page.readConfiguration(into: &fresh)
    guard read != 0 else { return false }
    let isSame = generation != 0 && fresh.core.fieldHash == hash
    // Other buses are another truck: this one is left only when nothing is sent to it, and a
    // restarted daemon with a simulated bus must not go on moving the real one.
    let areBusesSame = fresh.busesHash == settings.busesHash
    if !areBusesSame, core.state == .held { return false }
    settings = fresh
    generation = read
    // A restarted daemon with the same configuration finds the guardian as it was.
    if isSame, areBusesSame { return false }
    start()
    return true
  }

  private mutating func start() {
    hash = settings.core.fieldHash
    core = GuardianCore(inheritsStop: inheritsStop || core.state == .held)
    inheritsStop = false
    for i in 0..<GuardianSettings.busCapacity {
      receivers[i].close()
      transmitters[i].close()
    }
    reopenAt = .never
  }

  /// Opens what is not open: at first, and after an interface went away.
  private mutating func openSockets(at now: Instant, transmits: Bool) {
    guard now >= reopenAt else { return }
    var isComplete = true
    for i in 0..<settings.busCount {
      if !receivers[i].isOpen {
        let error = unsafe settings.buses[i].withCString { name in
          unsafe receivers[i].openForReceiving(
            name, bus: UInt8(i), table: settings.core.frames, network: settings.core.network)
        }
        if error != 0 { isComplete = false }
      }
      if transmits, !transmitters[i].isOpen {
        let error = unsafe settings.buses[i].withCString { name in
          unsafe transmitters[i].openForSending(
            name, bus: UInt8(i), table: settings.core.frames)
        }
        if error != 0 { isComplete = false }
      }
    }
    if !isComplete { reopenAt = now + Self.reopenInterval }
  }

  /// Whether the transmit sockets are open; only the holder of the sender lock opens them.
  package var holdsTransmitSocket: Bool {
    for i in 0..<settings.busCount where transmitters[i].isOpen { return true }
    return false
  }

  package mutating func closeTransmitSockets() {
    for i in 0..<GuardianSettings.busCapacity { transmitters[i].close() }
  }

  /// One cycle.
  ///
  /// - Parameter transmits: whether this process holds the sender lock; without it everything is
  ///   done but sending, so that the core knows the truck when its turn comes.
  package mutating func cycle(
    at now: Instant, daemonIsAlive: Bool, endIsRequested: Bool, transmits: Bool
  ) -> GuardianOutput {
    openSockets(at: now, transmits: transmits)
    receive()
    var circumstances = GuardianCircumstances()
    circumstances.now = now
    circumstances.daemonIsAlive = daemonIsAlive
    circumstances.endIsRequested = endIsRequested
    circumstances.configurationHash = hash
    circumstances.framesDropped = framesDropped
    circumstances.buses = buses
    let published = readSlot()
    let output = core.step(
      circumstances, frames: batch, slot: published, configuration: settings.core)
    if transmits { send(output) } else { counters = WireCounters() }
    return output
  }

  private mutating func receive() {
    batch.removeAll()
    var budget = Self.frameBudget
    for i in 0..<settings.busCount {
      while let frame = receivers[i].receive(budget: &budget) { batch.append(frame) }
      transmitters[i].takeEchoes(budget: Self.echoBudget)
      buses[i].echo = transmitters[i].echo
      buses[i].isUp = receivers[i].isOpen && receivers[i].isUp
      buses[i].controller = receivers[i].isBusOff ? .busOff : .unknown
      buses[i].errorFrames = UInt32(clamping: receivers[i].errorFrames)
      buses[i].framesSeen = receivers[i].received
    }
  }

  /// The daemon's slot with what the supervisor says for itself; nil when none was readable.
  private mutating func readSlot() -> DaemonSlot? {
    guard page.read(.daemon, into: &slot) != 0 else { return nil }
    guard page.read(.supervisor, into: &supervisor) != 0, supervisor.instance == slot.instance
    else { return slot }
    slot.supervisorHeartbeat = supervisor.heartbeat
    slot.supervisorDemand.raise(to: supervisor.demand)
    return slot
  }

  private mutating func send(_ output: @_addressable GuardianOutput) {
    // A claim goes before what it claims the address for.
    for i in 0..<min(output.networkFrameCount, output.networkFrames.count) {
      let frame = output.networkFrames[i]
      let bus = Int(frame.bus)
      let isSent = bus < settings.busCount && transmitters[bus].send(frame)
      if !isSent { framesDropped &+= 1 }
    }
    for i in 0..<min(output.frameCount, FrameTable.transmitCapacity) {
      var frame = output.frames[i]
      let counter = counters.align(&frame, table: settings.core.frames, page: page)
      let bus = Int(frame.bus)
      let isSent = bus < settings.busCount && transmitters[bus].send(frame)
      if !isSent { framesDropped &+= 1 }
      counters.note(counter, isSent: isSent, page: page)
    }
  }
}
