import Signals
import Units

/// How a bus is brought up.
package struct LinkSettings: Sendable, Equatable {
  /// Bits per second of the arbitration phase.
  package var bitRate: UInt32
  /// Of the data phase; nil for a classic bus.
  package var dataBitRate: UInt32?
  /// Frames that may wait for the wire: one that waits long is a stale command.
  package var queueLength: Int32 = 12
  package var restartsInMotion = false
  /// Whether the truck has no other.
  package var isOnlyBus = false

  package init(bitRate: UInt32) { self.bitRate = bitRate }
}

/// What sort of interface a bus hangs on.
package enum LinkKind: Sendable {
  /// A CAN controller, whose bit rate is set here.
  case controller
  /// vcan, and a serial line whose daemon set the rate: they only come up.
  case plain
  case notCAN
}

/// What an interface says of itself.
package struct LinkSample: Sendable {
  package var isUp = false
  package var controller = CANControllerState.unknown
  package var bitRate: UInt32 = 0
  package var transmitErrors: UInt16?
  package var receiveErrors: UInt16?
  /// Negative where it is not known.
  package var framesSent: Int64 = -1

  package init() {}
}

/// One interface of the kernel, or a test's.
package protocol LinkControl: AnyObject {
  /// New each time that the interface is made or plugged in; nil while it is not there.
  var index: Int32? { get }
  var kind: LinkKind { get }
  func sample() -> LinkSample
  /// Whether it is up as these settings want it, so that a restarted helper touches nothing.
  func isConfigured(_ settings: LinkSettings) -> Bool
  /// Sets rate and queue of an interface that is down; what failed, nil when nothing did.
  func configure(_ settings: LinkSettings) -> String?
  func start() -> Bool
  func stop() -> Bool
}

/// Keeps one link as its settings want it, and says how it is.
package struct LinkKeeper<Control: LinkControl> {
  /// Between two attempts at a link that cannot be brought up.
  private static var retryInterval: Interval { .seconds(1) }

  private let control: Control
  private let settings: LinkSettings
  private let say: (String) -> Void
  private var supervision: LinkSupervision
  private var configuredIndex: Int32?
  private var failure: String?
  private var bringUpAt = Instant.never
  private var phase: LinkPhase?

  package init(_ control: Control, _ settings: LinkSettings, say: @escaping (String) -> Void) {
    self.control = control
    self.settings = settings
    self.say = say
    supervision = LinkSupervision(
      restartsInMotion: settings.restartsInMotion, isOnlyBus: settings.isOnlyBus)
  }

  /// One look, five times a second.
  ///
  /// - Parameter byHand: a person asked for a restart.
  package mutating func cycle(at now: Instant, isMoving: Bool, byHand: Bool = false) -> LinkReport {
    var report = look(at: now, isMoving: isMoving, byHand: byHand)
    report.writtenAt = now
    report.restarts = supervision.restarts
    if report.phase != phase {
      phase = report.phase
      say("\(report.phase.rawValue), controller \(report.controller)")
    }
    return report
  }

  /// The end of the service: the link goes down unless the truck moves.
  package func end(isMoving: Bool) {
    guard !isMoving, control.index != nil, configuredIndex != nil else { return }
    _ = control.stop()
  }

  private mutating func look(at now: Instant, isMoving: Bool, byHand: Bool) -> LinkReport {
    var report = LinkReport()
    guard let index = control.index else {
      report.phase = .gone
      configuredIndex = nil
      bringUpAt = .never
      return report
    }
    if index != configuredIndex, now >= bringUpAt {
      bringUpAt = now + Self.retryInterval
      bringUp(index)
    }
    let sample = control.sample()
    report.controller = sample.controller
    report.bitRate = sample.bitRate
    report.transmitErrors = sample.transmitErrors
    report.receiveErrors = sample.receiveErrors
    // Somebody's own decision is not fought against.
    guard sample.isUp || byHand else { return report }
    var action = supervision.step(
      at: now, controller: sample.controller, framesSent: sample.framesSent, isMoving: isMoving)
    if byHand { action = supervision.restartByHand(at: now) }
    switch action {
    case .none: break
    case .restart:
      say("restart \(supervision.restarts) of a controller that is \(sample.controller)")
      // What waits in the driver's queue is gone with the stop.
      if !control.stop() || !control.start() { say("the restart failed") }
    }
    report.phase = supervision.phase
    return report
  }

  private mutating func bringUp(_ index: Int32) {
    if control.isConfigured(settings) {
      configuredIndex = index
      return
    }
    var trouble: String?
    if !control.stop() { trouble = "cannot be taken down" }
    if trouble == nil { trouble = control.configure(settings) }
    if trouble == nil, !control.start() { trouble = "cannot be brought up" }
    guard let trouble else {
      configuredIndex = index
      failure = nil
      switch control.kind {
      case .controller: say("brought up with \(settings.bitRate) bit/s")
      case .plain, .notCAN: say("brought up")
      }
      return
    }
    // Once, not five times a second.
    if trouble != failure { say(trouble) }
    failure = trouble
  }
}
