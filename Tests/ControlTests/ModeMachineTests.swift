import Control
import Signals
import Testing

/// S-23: modes and the only ways between them.
@Suite struct Modes {
  /// Every combination of events, as bits.
  private func events(_ bits: Int) -> ModeMachine.Events {
    var events = ModeMachine.Events()
    events.armRequested = bits & 1 != 0
    events.disarmRequested = bits & 2 != 0
    events.acknowledged = bits & 4 != 0
    events.readyToArm = bits & 8 != 0
    events.stopDemanded = bits & 16 != 0
    events.isHeld = bits & 32 != 0
    events.mayMove = bits & 64 != 0
    return events
  }

  private func machine(in mode: Mode) -> ModeMachine {
    var machine = ModeMachine()
    let arm = events(1 | 8)
    if mode == .manual { return machine }
    _ = machine.handle(arm)
    if mode == .armed { return machine }
    _ = machine.handle(events(8 | 64))
    if mode == .autonomous { return machine }
    _ = machine.handle(events(16))
    if mode == .stopping { return machine }
    _ = machine.handle(events(32))
    return machine
  }

  static let modes: [Mode] = [.manual, .armed, .autonomous, .stopping, .held]

  @Test(arguments: modes)
  func onlyListedTransitionsExist(_ mode: Mode) {
    let allowed: [Mode: Set<Mode>] = [
      .manual: [.manual, .armed], .armed: [.armed, .autonomous, .stopping, .manual],
      .autonomous: [.autonomous, .stopping, .manual], .stopping: [.stopping, .held],
      .held: [.held, .armed],
    ]
    for bits in 0..<128 {
      var machine = machine(in: mode)
      #expect(machine.mode == mode)
      let action = machine.handle(events(bits))
      #expect(allowed[mode]?.contains(machine.mode) == true)
      // Motion is commanded in no mode but AUTONOMOUS, and never against a stop demand.
      #expect((action == .drive) == (machine.mode == .autonomous))
      if bits & 16 != 0 { #expect(action != .drive) }
    }
  }

  /// I-8: leaving HELD needs an acknowledge; no other event does it.
  @Test func nothingButAnAcknowledgeLeavesHeld() {
    for bits in 0..<128 {
      var machine = machine(in: .held)
      _ = machine.handle(events(bits))
      #expect((machine.mode == .armed) == (bits & 4 != 0 && bits & 32 != 0))
    }
  }

  @Test func armingNeedsReadinessAndARequest() {
    for bits in 0..<128 {
      var machine = machine(in: .manual)
      _ = machine.handle(events(bits))
      #expect((machine.mode == .armed) == (bits & 1 != 0 && bits & 8 != 0 && bits & 16 == 0))
    }
  }
}
