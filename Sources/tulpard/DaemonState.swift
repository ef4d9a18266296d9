import Control
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
  /// Trailers that operators declared, from the control socket's thread; the last one stands.
  let trailers = SPSCRing(capacity: 8, filler: TrailerFacts())
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
  /// Who this truck is, as `IdentityMatch`, and the hash of its number, 0 while unknown (S-25).
  let vehicleMatch = Atomic<UInt8>(IdentityMatch.unknown.rawValue)
  let componentMatch = Atomic<UInt8>(IdentityMatch.unknown.rawValue)
  let vehicleHash = Atomic<UInt64>(0)
  /// Parts that are not the commissioned ones, and what they void; for threads without a deadline.
  let replacedParts = Mutex<[String]>([])
  /// What was compared in shadow, from control to the main thread (S-24).
  let shadow: DoubleBuffer<ShadowComparison>
  /// How often the main thread wanted it begun anew, and how often control did.
  let shadowResets = Atomic<UInt64>(0)
  let shadowResetsDone = Atomic<UInt64>(0)

  /// - Parameter shadow: what earlier drives compared.
  init(shadow: ShadowComparison) { self.shadow = DoubleBuffer(shadow) }

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
  /// `CANControllerState` as error frames say, at once, and as `tulpar-bus` says.
  let socketController = Atomic<UInt8>(CANControllerState.unknown.rawValue)
  let helperController = Atomic<UInt8>(CANControllerState.unknown.rawValue)
  // The rest of what tulpar-bus says; 0 where it is not known.
  let transmitErrors = Atomic<UInt16>(0)
  let receiveErrors = Atomic<UInt16>(0)
  let bitRate = Atomic<UInt32>(0)
  let restarts = Atomic<UInt32>(0)
  /// Index of the `LinkPhase`, `.max` without a helper.
  let linkPhase = Atomic<UInt8>(.max)
  // What the guardian says of its frames here.
  let confirmedFrames = Atomic<UInt64>(0)
  let foreignFrames = Atomic<UInt64>(0)
  let foreignIdentifier = Atomic<UInt32>(0)
  /// Whether the profile says that it carries FD frames.
  let isFD: Bool

  init(name: String, interface: String, index: UInt8, isFD: Bool) {
    self.name = name
    self.interface = interface
    self.index = index
    self.isFD = isFD
  }

  /// The helper knows how a controller is, the socket knows first that it left the bus.
  var controller: CANControllerState {
    let socket = CANControllerState(rawValue: socketController.load(ordering: .relaxed))
    let helper = CANControllerState(rawValue: helperController.load(ordering: .relaxed))
    guard socket != .busOff, let helper, helper != .unknown else { return socket ?? .unknown }
    return helper
  }

  var health: BusHealth {
    var health = BusHealth()
    health.isUp = isUp.load(ordering: .relaxed)
    health.errorFrames = UInt32(clamping: errorFrames.load(ordering: .relaxed))
    health.droppedFrames = UInt32(
      clamping: droppedFrames.load(ordering: .relaxed) &+ frames.overflows)
    health.framesSeen = framesSeen.load(ordering: .relaxed)
    health.controller = controller
    health.transmitErrors = transmitErrors.load(ordering: .relaxed)
    health.receiveErrors = receiveErrors.load(ordering: .relaxed)
    return health
  }
}
