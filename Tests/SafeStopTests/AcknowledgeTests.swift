import SafeStop
import Signals
import Testing
import Units

/// I-8, R-MRM-7: what an acknowledge clears, and when it is none.
@Suite struct AcknowledgeTests {
  /// Held for a fault that the guardian itself has latched: a frame in our name, of which a second
  /// of silence is the end.
  private func held() -> Bench {
    var bench = Bench()
    bench.drive(at: 5)
    bench.circumstances.buses[0].echo.foreign += 1
    bench.run(0.1)
    bench.daemon.slot.mode = .held
    #expect(bench.runUntilHeld() < 20)
    bench.run(2)
    #expect(bench.output.demand == StopDemand(.comfortStop, .sourceAddressConflict))
    return bench
  }

  @Test("I-8: the guardian's own latched fault is cleared by an acknowledge with the cause gone")
  func clears() {
    var bench = held()
    bench.daemon.slot.acknowledgeCount += 1
    bench.daemon.slot.mode = .armed
    bench.run(0.1)
    #expect(bench.output.report.state == .relaying)
    #expect(bench.output.demand.level == .nominal)
    bench.daemon.slot.mode = .autonomous
    bench.run(8)
    #expect(bench.truck.speed > 2)
  }

  @Test("I-8: without one it stays, whatever the daemon says")
  func stays() {
    var bench = held()
    bench.daemon.slot.mode = .autonomous
    bench.run(30) { #expect($0.truck.speed == 0 && $0.output.report.state == .held) }
  }

  @Test("I-8: an acknowledge while the cause goes on is none, also when it goes later")
  func causeGoesOn() {
    var bench = held()
    bench.circumstances.buses[0].isUp = false
    bench.run(0.5)
    bench.daemon.slot.acknowledgeCount += 1
    bench.daemon.slot.mode = .armed
    bench.run(0.03)
    bench.circumstances.buses[0].isUp = true
    bench.run(5) { #expect($0.output.report.state == .held) }
  }

  @Test("R-MRM-7: an acknowledge before standstill is none")
  func early() {
    var bench = Bench()
    bench.drive()
    bench.truck.emergencyStop = 1
    bench.run(0.2)
    bench.truck.emergencyStop = 0
    bench.daemon.slot.mode = .armed
    while bench.output.report.state == .stopping {
      bench.daemon.slot.acknowledgeCount += 1
      bench.cycle()
    }
    bench.run(5) { #expect($0.output.report.state == .held) }
  }

  @Test("I-8: an acknowledge that the daemon's own stop outlasts is gone, not kept")
  func old() {
    var bench = held()
    bench.daemon.slot.acknowledgeCount += 1
    bench.run(1)
    bench.daemon.slot.mode = .armed
    bench.run(5) { #expect($0.output.report.state == .held) }
  }

  @Test("I-8, S-17: one acknowledge is enough where the supervisor needs some cycles to clear")
  func supervisorIsLater() {
    var bench = Bench()
    bench.drive()
    bench.daemon.slot.supervisorDemand = StopDemand(.comfortStop, .authorityExceeded)
    bench.run(0.1)
    bench.daemon.slot.mode = .held
    #expect(bench.runUntilHeld() < 20)
    bench.daemon.slot.acknowledgeCount += 1
    bench.run(0.03)
    bench.daemon.slot.supervisorDemand = StopDemand()
    bench.daemon.slot.mode = .armed
    bench.run(0.1)
    #expect(bench.output.report.state == .relaying)
    // The same word read again is no new one.
    bench.daemon.slot.mode = .autonomous
    bench.run(5)
    bench.daemon.slot.supervisorDemand = StopDemand(.comfortStop, .authorityExceeded)
    #expect(bench.runUntilHeld() < 20)
    bench.daemon.slot.supervisorDemand = StopDemand()
    bench.run(5) { #expect($0.output.report.state == .held) }
  }

  @Test("S-23: what happened while a driver drove does not wait for an acknowledge")
  func manual() {
    var bench = Bench()
    bench.truck.shownAxleSpeed = 3
    bench.run(3)
    #expect(bench.output.faults.contains(.speedsDisagree))
    bench.truck.shownAxleSpeed = nil
    bench.run(2)
    #expect(!bench.output.faults.contains(.speedsDisagree))
    bench.drive()
    bench.run(5)
    #expect(bench.truck.speed > 5)
  }

  @Test("R-MRM-6, I-8: a truck that rolled while held may be acknowledged once it stands")
  func rolled() {
    var bench = Bench()
    bench.drive(at: 3)
    bench.daemon.slot.supervisorDemand = StopDemand(.comfortStop, .authorityExceeded)
    bench.run(0.1)
    bench.daemon.slot.supervisorDemand = StopDemand()
    bench.daemon.slot.mode = .held
    #expect(bench.runUntilHeld() < 20)
    bench.truck.parkingBrakesAnswer = false
    bench.truck.tractorParkingBrake = false
    (bench.truck.brakeShare, bench.truck.grade) = (0, -0.02)
    bench.run(3)
    #expect(bench.output.faults.contains(.rollBack))
    bench.truck.parkingBrakesAnswer = true
    (bench.truck.brakeShare, bench.truck.grade) = (1, 0)
    bench.run(20)
    #expect(bench.truck.speed == 0 && bench.output.report.state == .held)
    bench.daemon.slot.acknowledgeCount += 1
    bench.daemon.slot.mode = .armed
    bench.run(0.2)
    #expect(bench.output.report.state == .relaying)
  }

  @Test("S-5: a parked truck whose inputs came back just now waits, and is not stopped again")
  func inputsJustBack() {
    var bench = held()
    bench.truck.silenced[5] = true
    bench.run(1)
    bench.truck.silenced[5] = false
    bench.run(0.2)
    bench.daemon.slot.acknowledgeCount += 1
    bench.daemon.slot.mode = .autonomous
    bench.run(0.3) { #expect($0.truck.tractorParkingBrake) }
    #expect(bench.output.report.state == .relaying)
    bench.run(8)
    #expect(bench.truck.speed > 2)
  }

  @Test(
    "I-8: acknowledges are counted where they mean something",
    arguments: [
      (Mode.manual, UInt64(2)), (.armed, 2), (.held, 2), (.shadow, 0), (.autonomous, 0),
      (.stopping, 0),
    ])
  func counted(_ mode: Mode, _ expected: UInt64) {
    var slot = DaemonSlot()
    slot.mode = mode
    slot.count(acknowledges: 2)
    #expect(slot.acknowledgeCount == expected)
  }
}
