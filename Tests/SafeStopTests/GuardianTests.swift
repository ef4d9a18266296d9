import SafeStop
import Signals
import Testing
import TestSupport
import Units
import WireCodec

@Suite struct GuardianTests {
  @Test("S-23: nothing is sent in MANUAL, and nothing was taken part in")
  func manualIsSilent() {
    var bench = Bench()
    bench.run(5) { #expect($0.output.frameCount == 0) }
    #expect(bench.output.report.state == .idle)
    #expect(bench.output.mayExit)
  }

  @Test("S-23: armed holds the truck, autonomous moves it")
  func relays() {
    var bench = Bench()
    bench.drive(at: 6.94)
    #expect(bench.output.report.state == .relaying)
    #expect(abs(bench.truck.speed - 6.94) < 0.3)
    #expect(bench.truck.counterFaults == 0)
    #expect(bench.truck.longestGap <= 20)
  }

  @Test(
    "S-14, R-MRM-1: a daemon that dies, hangs or stops beating leaves a truck that stops on its path",
    arguments: Ending.allCases, [0.0, 0.03, -0.03])
  func stopsOnPlan(_ ending: Ending, _ curvature: Double) {
    var bench = Bench()
    bench.drive(at: curvature == 0 ? 6.94 : 4.0, curvature: curvature)
    #expect(abs(bench.truck.lateral) < 0.3)
    let (start, from) = (bench.truck.time, bench.truck.driven)
    ending.happen(to: &bench)
    var firstBrake: Int64?
    bench.run(10) { bench in
      if firstBrake == nil, bench.truck.brakeDemand > 0.02 { firstBrake = bench.truck.time }
      if bench.output.report.state == .stopping {
        #expect(bench.output.command.driveTorque == .zero)
        #expect(bench.truck.hazardLamps || bench.truck.time - start < 150)
      }
    }
    #expect(bench.output.report.state == .held)
    #expect(bench.truck.speed == 0)
    #expect((firstBrake ?? .max) - start <= 100)
    #expect(abs(bench.truck.lateral) < 0.5)
    #expect(bench.truck.driven - from < 25)
    #expect(bench.truck.tractorParkingBrake && bench.truck.trailerParkingBrake)
    #expect(!bench.truck.parkingCommandInMotion)
    #expect(bench.truck.counterFaults == 0)
    #expect(bench.truck.longestGap <= 20)
  }

  enum Ending: CaseIterable, Sendable {
    case killed, hung, controlHung, supervisorHung
    func happen(to bench: inout Bench) {
      switch self {
      case .killed: bench.isAlive = false
      case .hung: bench.isHung = true
      case .controlHung: bench.daemon.beatsControl = false
      case .supervisorHung: bench.daemon.beatsSupervisor = false
      }
    }
  }

  @Test("S-14: the plan is what keeps a dead daemon's truck in its bend")
  func planMatters() {
    var bench = Bench()
    bench.drive(at: 5, curvature: 0.03)
    bench.isAlive = false
    var played = 0
    bench.run(8) { if $0.output.isPlayingPlan { played += 1 } }
    #expect(played > 200)
    #expect(abs(bench.truck.lateral) < 0.5)
  }

  @Test(
    "S-14: without a fit, intact plan the measured curvature is held and the brake is full",
    arguments: [true, false])
  func stopsWithoutPlan(_ isIntact: Bool) {
    var bench = Bench()
    bench.tampering = { isIntact ? ($0.plan.isFit = false) : ($0.plan.length = Metres(1)) }
    bench.drive(at: 5, curvature: 0.02)
    let curvature = bench.truck.curvature
    bench.isAlive = false
    bench.run(0.5)
    #expect(bench.output.demand.level == .emergencyStop)
    #expect(!bench.output.isPlayingPlan)
    #expect(abs(bench.output.command.curvature.value - curvature) < 0.003)
    #expect(bench.output.command.brakeDeceleration.value > 4.5)
    _ = bench.runUntilHeld()
    #expect(bench.truck.speed == 0)
  }

  @Test("R-MRM-3, I-8: a stop is never cancelled because the cause vanished")
  func causeVanishes() {
    var bench = Bench()
    bench.drive()
    bench.isHung = true
    bench.run(0.3)
    #expect(bench.output.report.state == .stopping)
    bench.isHung = false
    bench.run(20) { bench in
      #expect(bench.output.report.state == .stopping || bench.output.report.state == .held)
      #expect(bench.truck.torque <= 0)
    }
    #expect(bench.output.report.state == .held)
    #expect(bench.truck.speed == 0)
  }

  @Test("I-8, R-MRM-7: only an acknowledge that comes after standstill leaves HELD")
  func acknowledge() {
    var bench = Bench()
    bench.drive()
    bench.isHung = true
    bench.run(0.2)
    bench.isHung = false
    bench.daemon.slot.acknowledgeCount += 1
    bench.run(15)
    #expect(bench.output.report.state == .held)
    // While the daemon is not fresh an acknowledge is nothing.
    bench.isHung = true
    bench.run(0.5)
    bench.daemon.slot.acknowledgeCount += 1
    bench.run(0.5)
    bench.isHung = false
    bench.daemon.slot.mode = .armed
    bench.run(5)
    #expect(bench.output.report.state == .held || bench.output.report.state == .relaying)
    bench.daemon.slot.acknowledgeCount += 1
    bench.run(1)
    #expect(bench.output.report.state == .relaying)
    #expect(!bench.output.command.hazardLamps)
    bench.daemon.slot.mode = .autonomous
    bench.run(8)
    #expect(bench.truck.speed > 2)
  }

  @Test("S-15: a restarted daemon's acknowledges count from its own start")
  func restartedDaemon() {
    var bench = Bench()
    bench.drive()
    bench.isAlive = false
    _ = bench.runUntilHeld()
    bench.isAlive = true
    bench.daemon = TestDaemon()
    bench.daemon.slot.instance = 2
    bench.daemon.slot.acknowledgeCount = 7
    bench.daemon.slot.mode = .autonomous
    bench.daemon.slot.transmitAllowed = true
    bench.daemon.target = 5
    bench.run(10) { #expect($0.truck.speed == 0) }
    #expect(bench.output.report.state == .held)
    bench.daemon.slot.acknowledgeCount += 1
    bench.run(1)
    #expect(bench.output.report.state == .relaying)
  }

  @Test("S-15, S-19: a guardian restarted at 25 km/h finishes the stop and holds")
  func restartedGuardian() {
    var bench = Bench()
    bench.drive(at: 6.94)
    bench.guardianRuns = false
    bench.run(0.15)
    bench.guardian = GuardianCore()
    bench.guardianRuns = true
    bench.run(0.05)
    #expect(bench.output.report.state == .stopping)
    #expect(bench.output.command.brakeDeceleration > .zero)
    let time = bench.runUntilHeld()
    #expect(time < 9)
    #expect(abs(bench.truck.lateral) < 0.5)
    #expect(!bench.truck.parkingCommandInMotion)
    bench.run(20) { #expect($0.truck.speed == 0) }
    #expect(bench.output.report.state == .held)
  }

  @Test("S-15: a guardian restarted while the truck stands in AUTONOMOUS holds")
  func restartedStanding() {
    var bench = Bench()
    bench.drive(at: 0)
    bench.guardian = GuardianCore()
    bench.run(3)
    #expect(bench.output.report.state == .held)
    bench.daemon.target = 5
    bench.run(10) { #expect($0.truck.speed == 0) }
  }

  @Test(
    "S-15: with daemon and guardian restarted, the stop in hand goes on though the mode is MANUAL")
  func bothRestarted() {
    var bench = Bench()
    bench.drive(at: 6.94)
    bench.guardian = GuardianCore(inheritsStop: true)
    bench.daemon.slot.mode = .manual
    bench.run(0.1)
    #expect(bench.output.report.state == .stopping)
    #expect(bench.output.command.brakeDeceleration > .zero)
    #expect(bench.runUntilHeld() < 9)
    bench.run(5)
    #expect(bench.output.report.state == .held)
  }

  @Test("S-23: without a stop in hand a guardian that starts while a person drives sends nothing")
  func startedInManual() {
    var bench = Bench()
    bench.drive(at: 6.94)
    bench.guardian = GuardianCore()
    bench.daemon.slot.mode = .manual
    bench.run(1)
    #expect(bench.output.report.state == .idle && bench.output.frameCount == 0)
  }

  @Test("S-19: an end is granted only at standstill with the parking brakes confirmed")
  func shutdown() {
    var bench = Bench()
    bench.drive()
    bench.circumstances.endIsRequested = true
    bench.truck.parkingBrakesAnswer = false
    bench.run(20) { #expect(!$0.output.mayExit) }
    #expect(bench.output.faults.contains(.parkingBrakeNotObeyed))
    #expect(bench.output.command.brakeDeceleration.value >= 4.9)
    bench.truck.parkingBrakesAnswer = true
    bench.run(1)
    #expect(bench.output.mayExit)
    #expect(bench.truck.speed == 0)
  }

  @Test("S-19: an acknowledge into MANUAL does not end the holding before the parking brakes hold")
  func acknowledgedBeforeParked() {
    var bench = Bench()
    bench.drive()
    bench.truck.parkingBrakesAnswer = false
    bench.isAlive = false
    _ = bench.runUntilHeld()
    bench.isAlive = true
    bench.daemon = TestDaemon()
    bench.daemon.slot.instance = 2
    bench.run(0.2)
    bench.daemon.slot.acknowledgeCount += 1
    bench.run(1) { #expect($0.output.command.brakeDeceleration.value >= 2) }
    #expect(bench.output.report.state == .relaying)
    bench.truck.parkingBrakesAnswer = true
    bench.run(1)
    #expect(bench.output.report.state == .idle)
    #expect(bench.truck.tractorParkingBrake && bench.truck.trailerParkingBrake)
  }

  @Test("S-5: a needed message that says only \"not available\" is a lost one")
  func nothingAvailable() {
    var bench = Bench()
    for i in 0..<4 { bench.configuration.frames.fields[i].errorFrom = 0xFE00 }
    bench.drive()
    bench.truck.shownWheelSpeed = 65_535.0 / 256 / 3.6
    bench.run(0.3)
    #expect(bench.output.demand == StopDemand(.comfortStop, .wheelSpeedStale))
  }

  @Test("S-20: a stop line that is declared not available is a pressed one")
  func emergencyStopNotAvailable() {
    var bench = Bench()
    for i in 0..<bench.configuration.frames.fieldCount
    where bench.configuration.frames.fields[i].channel == .emergencyStopLine {
      bench.configuration.frames.fields[i].errorFrom = 2
    }
    bench.drive()
    bench.truck.emergencyStop = 3
    bench.run(0.2)
    #expect(bench.output.demand.level == .emergencyStop)
  }

  @Test("S-1: the dynamic enable keeps changing while held")
  func enableTogglesWhileHeld() {
    var bench = Bench()
    bench.drive()
    bench.isAlive = false
    _ = bench.runUntilHeld()
    let before = bench.truck.enableChanges
    bench.run(10)
    #expect(bench.truck.enableChanges - before == 500)
  }

  @Test("S-4: brakes that do not obey lose the dynamic enable, so that the other path brakes")
  func brakesFail() {
    var bench = Bench()
    bench.drive()
    bench.truck.brakeShare = 0.05
    bench.isAlive = false
    bench.run(2.5)
    let before = bench.truck.enableChanges
    bench.run(0.5)
    #expect(bench.output.demand.reason == .brakeNotObeyed)
    #expect(bench.truck.enableChanges == before)
  }

  @Test("Supervisor: its demand overrides the command")
  func supervisorDemand() {
    var bench = Bench()
    bench.drive()
    bench.daemon.slot.supervisorDemand = StopDemand(.emergencyStop, .authorityExceeded)
    bench.run(0.1)
    #expect(bench.output.command.driveTorque == .zero)
    #expect(bench.output.demand.level == .emergencyStop)
    bench.daemon.slot.supervisorDemand = StopDemand()
    #expect(bench.runUntilHeld() < 5)
  }

  @Test("S-10: past the curve to the supervised limit the guardian brakes against the command")
  func limitIsDefended() {
    var bench = Bench()
    bench.drive(at: 6.94)
    let start = bench.truck.driven
    for _ in 0..<3000 {
      bench.daemon.distanceToLimit = 60 - (bench.truck.driven - start)
      bench.cycle()
    }
    #expect(bench.truck.driven - start < 60)
    #expect(bench.truck.driven - start > 40)
  }

  @Test("R-MRM-9: an unknown emergency-stop line is a pressed one", arguments: [1.0, 2, 3])
  func emergencyStop(_ raw: Double) {
    var bench = Bench()
    bench.drive()
    bench.truck.emergencyStop = raw
    bench.run(0.2)
    #expect(bench.output.demand == StopDemand(.emergencyStop, .emergencyStopPressed))
  }

  @Test(
    "Zero heap calls in 10 s of stop",
    .enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"))
  func isHeapFree() {
    var bench = Bench()
    bench.drive()
    var guardian = bench.guardian
    var circumstances = bench.circumstances
    let (slot, configuration, frames) = (bench.daemon.slot, bench.configuration, FrameBatch())
    var sent = 0
    let calls = heapCalls {
      for _ in 0..<1000 {
        circumstances.now = circumstances.now + .milliseconds(10)
        let output = guardian.step(
          circumstances, frames: frames, slot: slot, configuration: configuration)
        sent += output.frameCount
      }
    }
    #expect(calls == 0)
    #expect(sent > 2000)
  }
}

/// S-23: who gives the truck to a driver.
@Suite struct GuardianHandOver {
  private func driving() -> Bench {
    var bench = Bench()
    bench.configuration.safeStop.driverResponse = .manual
    bench.drive(at: 6.94)
    return bench
  }

  @Test("S-19, S-23: a daemon that says MANUAL at speed is not believed without a driver")
  func noDriver() {
    var bench = driving()
    bench.daemon.slot.mode = .manual
    bench.run(0.1)
    #expect(bench.output.report.state == .stopping)
    #expect(bench.runUntilHeld() < 20)
  }
}
