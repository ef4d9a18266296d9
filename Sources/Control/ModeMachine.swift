import Signals

/// What can change the mode in a cycle (S-23).
package enum ModeEvent: UInt8, Sendable {
  /// The ladder demands a stop.
  case stopDemanded
  /// A driver acted, and the profile lets that end the stack's part at once.
  case driverTookOver
  /// Somebody ended the drive where the truck stands parked under our brakes.
  case disarmed
  /// A local key or an authenticated approval, with every arming check passed.
  case armed
  /// The host only listens, or does so no more.
  case shadowBegun, shadowEnded
  /// A parked truck has room to drive and still passes every arming check.
  case cleared
  /// Standstill is held by parking brakes that feedback confirms.
  case held
  /// A held stop was acknowledged, with no cause left.
  case acknowledged

  package static var count: Int { 9 }
}

/// What the rest of the step has to do because of the mode.
package enum ModeAction: UInt8, Sendable {
  /// Transmit nothing.
  case silent
  /// Transmit nothing, and work the commands out for comparison with the driver's (S-24).
  case compare
  /// Stand with parking brakes set.
  case stand
  case drive
  case stop
  /// A latched stop was acknowledged: the ladder starts afresh, then stand.
  case release
  /// The driver has the truck: the ladder starts afresh, transmit nothing.
  case handOver

  package var isSilent: Bool {
    switch self {
    case .silent, .handOver: true
    case .compare, .stand, .drive, .stop, .release: false
    }
  }
}

/// One row of the mode table.
package struct ModeTransition: Sendable {
  package let from: Mode
  package let event: ModeEvent
  package let to: Mode
  package let action: ModeAction
}

/// Who drives, and whether the truck may move (S-23).
///
/// The machine only decides the mode; the ladder decides how a stop is made, and motion follows
/// from both. Nothing is transmitted in MANUAL and SHADOW.
package struct ModeMachine: Sendable, Visitable {
  package private(set) var mode = Mode.manual

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("mode", &mode)
  }

  /// Takes the truck as armed and driving: for simulators whose plants begin in motion.
  package mutating func beginInMotion() { mode = .autonomous }

  package typealias Action = ModeAction

  /// Every way from one mode to another; of several events the row that comes first counts.
  ///
  /// AUTONOMOUS has one way in, from ARMED, and ARMED none but an approval (`armed`,
  /// `acknowledged`): after a driver's act there is no way back that no person opens.
  package static let transitions: [13 of ModeTransition] = [
    ModeTransition(from: .manual, event: .shadowBegun, to: .shadow, action: .compare),
    ModeTransition(from: .manual, event: .armed, to: .armed, action: .stand),
    ModeTransition(from: .shadow, event: .shadowEnded, to: .manual, action: .silent),
    ModeTransition(from: .armed, event: .stopDemanded, to: .stopping, action: .stop),
    ModeTransition(from: .armed, event: .driverTookOver, to: .manual, action: .handOver),
    ModeTransition(from: .armed, event: .disarmed, to: .manual, action: .silent),
    ModeTransition(from: .armed, event: .cleared, to: .autonomous, action: .drive),
    ModeTransition(from: .autonomous, event: .stopDemanded, to: .stopping, action: .stop),
    ModeTransition(from: .autonomous, event: .driverTookOver, to: .manual, action: .handOver),
    // Disarming takes effect where the truck stands parked; in motion it is no way to stop.
    ModeTransition(from: .autonomous, event: .disarmed, to: .manual, action: .silent),
    ModeTransition(from: .stopping, event: .driverTookOver, to: .manual, action: .handOver),
    ModeTransition(from: .stopping, event: .held, to: .held, action: .stop),
    ModeTransition(from: .held, event: .acknowledged, to: .armed, action: .release),
  ]

  /// What a mode does while nothing changes it.
  package static func standing(_ mode: Mode) -> ModeAction {
    switch mode {
    case .manual: .silent
    case .shadow: .compare
    case .armed: .stand
    case .autonomous: .drive
    case .stopping, .held: .stop
    }
  }

  package mutating func handle(_ events: Events) -> ModeAction {
    for i in 0..<Self.transitions.count {
      let row = Self.transitions[i]
      guard row.from == mode, events.contains(row.event) else { continue }
      mode = row.to
      return row.action
    }
    return Self.standing(mode)
  }

  /// What one cycle brings.
  package struct Events: Sendable {
    /// Somebody asked to arm, disarm, or acknowledged a stop; authenticated by the host.
    package var armRequested = false
    package var disarmRequested = false
    package var acknowledged = false
    /// Every arming check passes (S-9, S-23).
    package var readyToArm = false
    /// The ladder demands a stop.
    package var stopDemanded = false
    /// Standstill is held by a parking brake that feedback confirms.
    package var isHeld = false
    /// There is room to drive up to the stop target.
    package var mayMove = false
    /// A driver acted, the profile hands over at that, and nothing worse is demanded.
    package var driverTookOver = false
    /// The host only listens.
    package var listensOnly = false

    package init() {}

    package func contains(_ event: ModeEvent) -> Bool {
      switch event {
      case .stopDemanded: stopDemanded
      case .driverTookOver: driverTookOver
      case .disarmed: disarmRequested && isHeld
      case .armed: armRequested && readyToArm && isHeld && !stopDemanded
      case .shadowBegun: listensOnly
      case .shadowEnded: !listensOnly
      case .cleared: mayMove && readyToArm && isHeld && !stopDemanded
      case .held: isHeld
      case .acknowledged: acknowledged && isHeld && !stopDemanded
      }
    }
  }
}
