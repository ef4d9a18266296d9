import GPSD
import Realtime
import Signals
import Supervisor
import Synchronization
import Units

/// Where the daemon's threads meet: rings, double buffers and counters, nothing that waits.
final class DaemonState: Sendable {
  /// Facts from the control socket's thread, and from the main thread.
  let operatorFacts = SPSCRing(capacity: 64, filler: Fact())
  let hostFacts = SPSCRing(capacity: 8, filler: Fact())
  /// What control decided last, one buffer for each reader.
  let statusOutputs = DoubleBuffer(Outputs())
  let journalOutputs = DoubleBuffer(Outputs())
  let supervisor = SupervisorLink()
  /// What gpsd's client said besides reports, for the journal.
  let gnssEvents = SPSCRing<GPSDEvent>(capacity: 64, filler: .stale(age: .zero))
  let gnssReports = Atomic<UInt64>(0)

  /// Beats of the thread that stops the truck after the guardian's death, while it does.
  let keeperBeats = Atomic<UInt64>(0)
  /// What it stops for, as `StopDemand.word`.
  let keeperDemand = Atomic<UInt64>(0)
  let cycles = Atomic<UInt64>(0)
  let cycleSlips = Atomic<UInt64>(0)
  /// Worst wake-up of the control thread, nanoseconds.
  let worstLateness = Atomic<Int64>(0)
  let acknowledgements = Atomic<UInt64>(0)
  let guardianHeartbeat = Atomic<UInt64>(0)
  let guardianState = Atomic<UInt8>(GuardianState.starting.rawValue)
  /// Whether the daemon wants to end (S-19).
  let isEnding = Atomic<Bool>(false)
  /// Whether this process holds the transmit sockets, after the guardian's death.
  let isKeeping = Atomic<Bool>(false)
}

/// What the threads know of one bus.
final class BusState: Sendable {
  /// Name in the profile, and what it is opened as.
  let name: String
  let interface: String
  let index: UInt8
  let frames = SPSCRing(capacity: 1_024, filler: ReceivedFrame())
  let isUp = Atomic<Bool>(true)
  let errorFrames = Atomic<UInt64>(0)
  let droppedFrames = Atomic<UInt64>(0)
  let framesSeen = Atomic<UInt64>(0)
  let framesWanted = Atomic<UInt64>(0)

  init(name: String, interface: String, index: UInt8) {
    self.name = name
    self.interface = interface
    self.index = index
  }

  var health: BusHealth {
    var health = BusHealth()
    health.isUp = isUp.load(ordering: .relaxed)
    health.errorFrames = UInt32(clamping: errorFrames.load(ordering: .relaxed))
    health.droppedFrames = UInt32(
      clamping: droppedFrames.load(ordering: .relaxed) &+ frames.overflows)
    health.framesSeen = framesSeen.load(ordering: .relaxed)
    return health
  }
}
