import Control
import Signals
import Testing

private typealias Machine = ModeMachine

extension ModeMachine.Events {
  fileprivate static let bitCount = 9

  /// Every combination of what a cycle may bring, as bits.
  fileprivate init(_ bits: Int) {
    self.init()
    armRequested = bits & 1 != 0
    disarmRequested = bits & 2 != 0
    acknowledged = bits & 4 != 0
    readyToArm = bits & 8 != 0
    stopDemanded = bits & 16 != 0
    isHeld = bits & 32 != 0
    mayMove = bits & 64 != 0
    driverTookOver = bits & 128 != 0
    listensOnly = bits & 256 != 0
  }
}

/// The table of S-23, written a second time.
///
/// For each mode, what each event that comes alone leads to and orders; `nil` means that it changes
/// nothing there.
private struct Expected {
  static let modes: [Mode] = [.manual, .shadow, .armed, .autonomous, .stopping, .held]

  static func next(_ mode: Mode, _ event: ModeEvent) -> (Mode, ModeAction)? {
    switch (mode, event) {
    case (.manual, .armed): (.armed, .stand)
    case (.manual, .shadowBegun): (.shadow, .compare)
    case (.shadow, .shadowEnded): (.manual, .silent)
    case (.armed, .cleared): (.autonomous, .drive)
    case (.armed, .stopDemanded), (.autonomous, .stopDemanded): (.stopping, .stop)
    case (.armed, .disarmed), (.autonomous, .disarmed): (.manual, .silent)
    case (.armed, .driverTookOver), (.autonomous, .driverTookOver), (.stopping, .driverTookOver):
      (.manual, .handOver)
    case (.stopping, .held): (.held, .stop)
    case (.held, .acknowledged): (.armed, .release)
    default: nil
    }
  }

  static func standing(_ mode: Mode) -> ModeAction {
    switch mode {
    case .manual: .silent
    case .shadow: .compare
    case .armed: .stand
    case .autonomous: .drive
    case .stopping, .held: .stop
    }
  }
}

/// S-23: modes and the only ways between them.
@Suite struct Modes {
  /// A machine that was led into a mode by events alone.
  private func machine(in mode: Mode) -> Machine {
    var machine = Machine()
    let arm = 1 | 8 | 32
    let path: [Int] =
      switch mode {
      case .manual: []
      case .shadow: [256]
      case .armed: [arm]
      case .autonomous: [arm, 8 | 32 | 64]
      case .stopping: [arm, 8 | 32 | 64, 16]
      case .held: [arm, 8 | 32 | 64, 16, 32]
      }
    for bits in path { _ = machine.handle(Machine.Events(bits)) }
    return machine
  }

  private static let events = (0..<ModeEvent.count).compactMap {
    ModeEvent(rawValue: UInt8($0))
  }

  /// All modes and all events: the shipped table is the one above, without a row more or less.
  @Test func theTableIsThatOfS23() {
    #expect(Self.events.count == 9)
    for mode in Expected.modes {
      for event in Self.events {
        let rows = (0..<Machine.transitions.count).map { Machine.transitions[$0] }.filter {
          $0.from == mode && $0.event == event
        }
        let expected = Expected.next(mode, event)
        #expect(rows.count == (expected == nil ? 0 : 1), "\(mode) \(event)")
        #expect(rows.first?.to == expected?.0, "\(mode) \(event)")
        #expect(rows.first?.action == expected?.1, "\(mode) \(event)")
      }
    }
  }

  /// S-23, S-19: what was asked for counts only where the truck is held.
  @Test(arguments: [Mode.armed, .autonomous])
  func disarmingIsNoWayToStop(_ mode: Mode) {
    var machine = machine(in: mode)
    var events = Machine.Events()
    events.disarmRequested = true
    _ = machine.handle(events)
    #expect(machine.mode == mode)
    events.isHeld = true
    _ = machine.handle(events)
    #expect(machine.mode == .manual)
  }

  /// Every combination of events in every mode: what happens is a row whose event is there, or
  /// nothing when no row's event is there.
  @Test(arguments: Expected.modes)
  func everyCombinationOfEventsTakesARowOrStays(_ mode: Mode) {
    for bits in 0..<(1 << Machine.Events.bitCount) {
      let events = Machine.Events(bits)
      var machine = machine(in: mode)
      #expect(machine.mode == mode)
      let action = machine.handle(events)
      let possible = Self.events.filter { events.contains($0) }.compactMap {
        Expected.next(mode, $0)
      }
      if possible.isEmpty {
        #expect(machine.mode == mode && action == Expected.standing(mode), "\(mode) \(bits)")
      } else {
        #expect(
          possible.contains { $0.0 == machine.mode && $0.1 == action }, "\(mode) \(bits)")
      }
      // A stop comes before everything that is not the driver's.
      if bits & 16 != 0 { #expect(action != .drive && action != .stand && action != .release) }
      if bits & 16 != 0, mode == .armed || mode == .autonomous { #expect(action == .stop) }
    }
  }
}

/// Every state that a truck with its modes can reach, in a world that moves, parks, brakes and has
/// a driver as it likes.
@Suite struct ReachableModes {
  /// What matters of the past besides the mode.
  private struct World: Hashable {
    var mode = Mode.manual
    /// Whether a person approved (key, operator, acknowledge) since the last time that a driver
    /// acted or a stop began.
    var isApproved = false
  }

  /// S-23 and I-8 on every reachable transition under every combination of events.
  @Test func keepTheInvariantsOfS23() {
    var seen: Set<World> = [World()]
    var frontier = [World()]
    var transitions = 0
    while let world = frontier.popLast() {
      for bits in 0..<(1 << ModeMachine.Events.bitCount) {
        let events = ModeMachine.Events(bits)
        var machine = reach(world.mode)
        let action = machine.handle(events)
        transitions += 1
        let next = follow(world, events, to: machine.mode)
        check(world, events, next, action)
        if seen.insert(next).inserted { frontier.append(next) }
      }
    }
    #expect(Set(seen.map(\.mode)).count == 6, "a mode that cannot be reached proves nothing")
    #expect(transitions == seen.count * 512)
  }

  private func follow(_ world: World, _ events: ModeMachine.Events, to mode: Mode) -> World {
    var next = world
    next.mode = mode
    let approves =
      (events.armRequested && world.mode == .manual && mode == .armed)
      || (events.acknowledged && world.mode == .held && mode == .armed)
    if approves { next.isApproved = true }
    if events.driverTookOver, mode == .manual { next.isApproved = false }
    if mode == .stopping || mode == .manual || mode == .shadow { next.isApproved = false }
    return next
  }

  private func check(
    _ world: World, _ events: ModeMachine.Events, _ next: World, _ action: ModeAction
  ) {
    let enters = next.mode != world.mode
    if next.mode == .autonomous {
      // Only from standstill with the parking brakes set, ready, with a person's approval.
      #expect(next.isApproved)
      if enters {
        #expect(world.mode == .armed && events.isHeld && events.readyToArm)
        #expect(!events.stopDemanded && !events.driverTookOver)
      }
    }
    if enters, next.mode == .armed {
      #expect(events.isHeld && !events.stopDemanded)
      #expect(
        world.mode == .manual
          ? events.armRequested && events.readyToArm : world.mode == .held && events.acknowledged)
    }
    // Motion and transmission.
    let isSilent = action == .silent || action == .compare || action == .handOver
    #expect(isSilent == (next.mode == .manual || next.mode == .shadow))
    #expect((action == .drive) == (next.mode == .autonomous))
    // A stop ends in HELD, or with the driver.
    if world.mode == .stopping, enters {
      #expect(next.mode == .held ? events.isHeld : next.mode == .manual && events.driverTookOver)
    }
    if world.mode == .shadow { #expect(next.mode == .shadow || next.mode == .manual) }
  }

  /// The machine in a mode, by the shortest way of events.
  private func reach(_ mode: Mode) -> ModeMachine {
    var machine = ModeMachine()
    for bits in [0, 256, 1 | 8 | 32, 8 | 32 | 64, 16, 32] where machine.mode != mode {
      if bits == 256, mode != .shadow { continue }
      _ = machine.handle(ModeMachine.Events(bits))
    }
    return machine
  }
}
