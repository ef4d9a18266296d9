import SafeStop
import Signals
import Testing
import Units

/// The ladder by itself: demands in, actions out.
@Suite struct LadderTests {
  /// One cycle of 10 ms after the previous.
  struct Run {
    var ladder = StopLadder()
    var configuration = SafeStopConfiguration()
    var events = LadderEvents()
    var action = StopAction()

    init() { events.now = Instant(nanoseconds: 0) }

    mutating func step(_ seconds: Double = 0.01) {
      for _ in 0..<max(Int((seconds * 100).rounded()), 1) {
        events.now = events.now + .milliseconds(10)
        action = ladder.step(events, configuration: configuration)
      }
    }

    mutating func demand(_ level: StopLevel, _ reason: Reason = .operatorStop) {
      events.demand = StopDemand(level, reason)
    }
  }

  @Test("R-MRM-1, R-MRM-2: no torque, a brake and hazard lamps in the cycle of the demand")
  func firstCycle() {
    var run = Run()
    run.step()
    #expect(!run.action.inhibitDrive)
    run.demand(.comfortStop)
    run.step()
    #expect(run.action.inhibitDrive)
    #expect(run.action.hazardLamps)
    #expect(run.action.brakeDeceleration > .zero)
    #expect(run.action.reason == .operatorStop)
  }

  @Test("Degraded comes and goes with its cause")
  func degraded() {
    var run = Run()
    run.demand(.degraded, .offPath)
    run.step()
    #expect(run.action.phase == .degraded)
    #expect(!run.action.inhibitDrive)
    #expect(!run.action.hazardLamps)
    run.demand(.nominal)
    run.step()
    #expect(run.action.phase == .nominal)
  }

  @Test(
    "R-MOT-10, R-MOT-12: each stop brakes at its deceleration",
    arguments: [
      (StopLevel.comfortStop, 1.5), (.emergencyStop, 5.0),
    ])
  func decelerations(_ level: StopLevel, _ expected: Double) {
    var run = Run()
    run.demand(level)
    run.step(1)
    #expect(run.action.brakeDeceleration.value == expected)
  }

  @Test(
    "R-MRM-3: a stop outlives its cause and its clock",
    arguments: [
      StopLevel.comfortStop, .emergencyStop,
    ])
  func latched(_ level: StopLevel) {
    var run = Run()
    run.demand(level)
    run.step()
    run.demand(.nominal)
    run.events.isAcknowledged = true
    run.step(100)
    #expect(run.action.inhibitDrive)
    #expect(run.action.phase == (level == .comfortStop ? .comfort : .emergency))
  }

  @Test("Severity only rises during a stop, and the new cause is told")
  func escalation() {
    var run = Run()
    run.demand(.comfortStop)
    run.step()
    run.demand(.emergencyStop, .rollBack)
    run.step()
    #expect(run.action.phase == .emergency)
    #expect(run.action.reason == .rollBack)
    run.demand(.comfortStop)
    run.step()
    #expect(run.action.phase == .emergency)
  }

  @Test("R-MRM-5: a truck that does not slow down gets the emergency brake")
  func weakBrake() {
    var run = Run()
    run.events.speed = MetresPerSecond(7)
    run.demand(.comfortStop)
    run.step(1.4)
    #expect(run.action.phase == .comfort)
    run.step(0.2)
    #expect(run.action.phase == .emergency)
    #expect(run.action.reason == .brakeNotObeyed)
  }

  @Test("R-MRM-5: a truck that slows as planned stays in comfort")
  func soundBrake() {
    var run = Run()
    run.events.speed = MetresPerSecond(7)
    run.demand(.comfortStop)
    for i in 0..<400 {
      run.events.speed = MetresPerSecond(max(7 - 1.2 * max(Double(i) / 100 - 0.4, 0), 0))
      run.step()
    }
    #expect(run.action.phase == .comfort)
  }

  @Test("R-MRM-5: a predicted deviation over 0.5 m, or a limit out of reach, escalates")
  func envelope() {
    var run = Run()
    run.events.speed = MetresPerSecond(7)
    run.events.lateralDeviation = Metres(0.6)
    run.demand(.comfortStop)
    run.step(0.02)
    #expect(run.action.reason == .offPath)
    var near = Run()
    near.events.speed = MetresPerSecond(7)
    near.events.distanceToLimit = Metres(10)
    near.demand(.comfortStop)
    near.step(0.02)
    #expect(near.action.reason == .authorityExceeded)
    #expect(near.action.phase == .emergency)
  }

  @Test("S-12: a stop that begins where it just fits does not escalate")
  func fits() {
    var run = Run()
    run.events.speed = MetresPerSecond(7)
    run.events.distanceToLimit = Metres(7 * 7 / 2 / 1.5 + 2)
    run.demand(.comfortStop)
    run.step(0.1)
    #expect(run.action.phase == .comfort)
  }

  @Test("R-MRM-6: held brakes, parks, and brakes fully when the parking brakes do not answer")
  func held() {
    var run = Run()
    run.demand(.comfortStop)
    run.step()
    run.events.isStandstill = true
    run.step(0.02)
    #expect(run.action.phase == .held)
    #expect(run.action.applyParkingBrakes)
    #expect(run.action.brakeDeceleration.value >= 0.3 * 5)
    run.step(5.1)
    #expect(run.action.parkingBrakesFailed)
    #expect(run.action.brakeDeceleration.value == 5)
    run.events.parkingBrakesAreConfirmed = true
    run.step()
    #expect(!run.action.parkingBrakesFailed)
    run.events.isStandstill = false
    run.step()
    #expect(run.action.brakeDeceleration.value == 5)
  }

  @Test(
    "I-8, R-MRM-7: leaving needs an acknowledge, standstill and no cause",
    arguments: [
      (true, true, StopLevel.nominal, true), (false, true, .nominal, false),
      (true, false, .nominal, false), (true, true, .comfortStop, false),
      (true, true, .emergencyStop, false), (true, true, .degraded, true),
    ])
  func leaves(_ acknowledged: Bool, _ stands: Bool, _ level: StopLevel, _ leaves: Bool) {
    var run = Run()
    run.demand(.comfortStop)
    run.step()
    run.events.isStandstill = true
    run.step(0.02)
    run.events.isStandstill = stands
    run.demand(level)
    run.events.isAcknowledged = acknowledged
    run.step()
    #expect((run.action.phase == .nominal) == leaves)
    #expect(run.action.hazardLamps != leaves)
  }

  @Test("S-15: a stop that was under way goes on")
  func resumed() {
    var run = Run()
    run.ladder.resume(isStandstill: true, reason: .restarted, at: run.events.now)
    run.events.isStandstill = true
    run.step()
    #expect(run.action.phase == .held)
    #expect(run.action.hazardLamps)
    #expect(run.ladder.isStopping)
  }

  @Test("The action never weakens a brake, and a brake that is no number is replaced")
  func constrains() {
    var action = StopAction()
    var command = Command()
    command.driveTorque = Fraction(0.5)
    action.constrain(&command)
    #expect(command.driveTorque.value == 0.5)
    action.inhibitDrive = true
    action.brakeDeceleration = MetresPerSecondSquared(1.5)
    command.brakeDeceleration = MetresPerSecondSquared(3)
    action.constrain(&command)
    #expect(command.brakeDeceleration.value == 3)
    #expect(command.driveTorque == .zero)
    command.brakeDeceleration = MetresPerSecondSquared(.nan)
    action.applyParkingBrakes = true
    action.constrain(&command)
    #expect(command.brakeDeceleration.value == 1.5)
    #expect(command.tractorParkingBrake && command.trailerParkingBrake)
  }
}
