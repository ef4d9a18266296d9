import SafeStop
import Signals
import Testing
import Units

/// The health table, as the guardian meets it while driving.
@Suite struct HealthTests {
  @Test("A sound truck has no fault while it stands, drives, bends and stops")
  func sound() {
    var bench = Bench()
    bench.run(1) { #expect($0.output.faults.isEmpty) }
    bench.drive(at: 4, curvature: 0.03)
    bench.run(5) { #expect($0.output.faults.isEmpty) }
    bench.daemon.target = 0
    bench.run(10) { #expect($0.output.faults.isEmpty) }
  }

  @Test(
    "S-5: each message that falls silent stops the truck within its own freshness",
    arguments: [
      (0, Reason.wheelSpeedStale, 140), (1, .vehicleSpeedStale, 620), (2, .vehicleSpeedStale, 620),
      (3, .steeringStale, 140), (4, .brakeStale, 620), (5, .bodyStale, 320),
    ] as [(Int, Reason, Int64)])
  func silence(_ row: Int, _ reason: Reason, _ limit: Int64) {
    var bench = Bench()
    bench.drive()
    let start = bench.truck.time
    bench.truck.silenced[row] = true
    var seen: Int64?
    bench.run(1) { bench in
      if seen == nil, bench.output.demand.level >= .comfortStop {
        seen = bench.truck.time
        #expect(bench.output.demand.reason == reason)
      }
    }
    #expect((seen ?? .max) - start <= limit)
    _ = bench.runUntilHeld()
    #expect(bench.truck.speed == 0)
    #expect(abs(bench.truck.lateral) < 0.5)
    #expect(!bench.truck.parkingCommandInMotion)
  }

  @Test("A controller that left its bus is a bus that is down, though the interface is up")
  func busOff() {
    var bench = Bench()
    bench.drive()
    bench.circumstances.buses[0].controller = .passive
    bench.run(0.5)
    #expect(bench.output.demand.level == .nominal)
    bench.circumstances.buses[0].controller = .busOff
    bench.run(0.3)
    #expect(bench.output.faults.contains(.busDown))
    #expect(bench.output.demand.level >= .comfortStop)
    #expect(bench.runUntilHeld() < 20)
  }

  @Test("A bus that is cut stops the truck, and comes back without moving it")
  func cut() {
    var bench = Bench()
    bench.drive()
    bench.truck.silenced = [true, true, true, true, true, true]
    bench.circumstances.buses[0].isUp = false
    bench.run(0.3)
    #expect(bench.output.report.state == .stopping)
    #expect(bench.output.faults.contains(.busDown))
    bench.truck.silenced = [false, false, false, false, false, false]
    bench.circumstances.buses[0].isUp = true
    #expect(bench.runUntilHeld() < 20)
    bench.run(10) { #expect($0.truck.speed == 0) }
  }

  @Test("S-5: a flooded bus is starved, not silent")
  func starved() {
    var bench = Bench()
    bench.drive()
    bench.truck.silenced = [true, true, true, true, true, true]
    var reason = Reason.none
    bench.run(0.5) { bench in
      if reason == .none { reason = bench.output.demand.reason }
    }
    #expect(reason != .busStarved)
    var flooded = Bench()
    flooded.drive()
    flooded.truck.silenced = [true, true, true, true, true, true]
    reason = .none
    for _ in 0..<50 {
      flooded.circumstances.buses[0].framesSeen += 30
      flooded.cycle()
      if reason == .none { reason = flooded.output.demand.reason }
    }
    #expect(reason == .busStarved)
  }

  @Test("S-6: two speed sources that differ", arguments: [2.5, -2.5] as [Double])
  func disagreement(_ difference: Double) {
    var bench = Bench()
    bench.drive(at: 5)
    for _ in 0..<150 {
      bench.truck.shownAxleSpeed = max(bench.truck.speed + difference, 0)
      bench.cycle()
    }
    #expect(bench.output.faults.contains(.speedsDisagree))
    #expect(bench.output.report.state == .stopping)
  }

  @Test("S-5: a wheel speed that repeats itself while the other source moves")
  func frozen() {
    var bench = Bench()
    bench.drive(at: 5)
    bench.truck.shownWheelSpeed = bench.truck.speed
    bench.daemon.target = 3
    bench.run(4)
    #expect(bench.output.faults.contains(.signalFrozen))
  }

  @Test(
    "S-18: a steering runaway trips by displacement and leaves the truck near its path",
    arguments: [0.097, -0.097, 0.03] as [Double])
  func runaway(_ rate: Double) {
    var bench = Bench()
    bench.drive(at: 6.94)
    bench.truck.runawayRate = rate
    var deviation: Double?
    bench.run(3) { bench in
      if deviation == nil, bench.output.demand.level == .emergencyStop {
        deviation = abs(bench.truck.lateral)
      }
      if abs(bench.truck.curvature) > 0.15 { return }
    }
    #expect((deviation ?? 9) < 0.3)
    #expect(bench.output.faults.contains(.steeringRunaway))
  }

  @Test("S-4: steering that does not follow is found, and nothing more is steered")
  func stuck() {
    var bench = Bench()
    bench.drive(at: 4)
    bench.truck.isSteeringStuck = true
    bench.daemon.routeCurvature = 0.04
    bench.truck.routeCurvature = 0.04
    bench.run(2.5)
    #expect(
      bench.output.faults.contains(.steeringNotObeyed)
        || bench.output.faults.contains(.steeringRunaway))
    #expect(bench.output.report.state != .relaying)
  }

  /// Engaged at 5 m/s with a demand of 1.4 m/s2, of which the slope leaves 0.4 m/s2.
  private func judgedOnADescent(felt: Double) -> Bool {
    var bench = RuleBench([.longitudinalAcceleration: felt])
    bench.observation.command.brakeDeceleration = MetresPerSecondSquared(1.4)
    var isWeak = false
    for cycle in 0..<300 {
      let speed = 5 - 0.4 * Double(cycle) / 100
      bench.signals.merge([
        .wheelSpeedFrontLeft: speed, .vehicleSpeed: speed, .frontAxleSpeed: speed,
      ]) { $1 }
      bench.cycle()
      isWeak = isWeak || bench.verdict.faults.contains(.brakeNotObeyed)
    }
    return isWeak
  }

  @Test("S-8: what a descent takes of the deceleration is no weakness of the brakes")
  func descent() {
    #expect(!judgedOnADescent(felt: -1.2))
    #expect(judgedOnADescent(felt: -0.4))
    #expect(judgedOnADescent(felt: .nan))
  }

  @Test("R-MRM-6: a truck that rolls although it is held is found within 0.2 m")
  func rollsAway() {
    var bench = Bench()
    bench.drive(at: 3)
    bench.isAlive = false
    _ = bench.runUntilHeld()
    let start = bench.truck.driven
    bench.truck.parkingBrakesAnswer = false
    bench.truck.tractorParkingBrake = false
    bench.truck.brakeShare = 0
    bench.truck.grade = -0.02
    var found: Double?
    bench.run(5) { bench in
      if found == nil, bench.output.faults.contains(.rollBack) {
        found = bench.truck.driven - start
      }
    }
    #expect((found ?? 9) < 0.25)
    #expect(bench.output.command.brakeDeceleration.value >= 4.9)
  }

  @Test("Scaled times scale every debounce and every limit")
  func scaled() {
    var configuration = SafeStopConfiguration()
    configuration.scaleTimes(by: 5)
    #expect(configuration.times.commandFreshness == .milliseconds(250))
    #expect(configuration.times.brakeResponse == .milliseconds(5000))
    #expect(configuration.health[.brakeNotObeyed].debounce == .milliseconds(1000))
  }

  @Test("S-4: 200 ms, and what the profile declares of the actuator and of its feedback")
  func answerTimes() {
    var vehicle = VehicleParameters()
    (vehicle.brakeDelay, vehicle.brakeLag) = (.milliseconds(150), .milliseconds(350))
    (vehicle.steeringDelay, vehicle.steeringLag) = (.milliseconds(50), .milliseconds(300))
    (vehicle.driveDelay, vehicle.driveLag) = (.milliseconds(100), .milliseconds(400))
    let frames = TestTable().frames
    var times = SafeStopTimes()
    times.parkingConfirmation = .milliseconds(3000)
    func after(_ check: HealthCheck) -> Interval {
      let row = HealthTable()[check]
      return row.debounce + row.answer.interval(vehicle, frames, times)
    }
    #expect(after(.brakeNotObeyed) == .milliseconds(200))
    #expect(after(.steeringLockedOut) == .milliseconds(200))
    #expect(after(.engineTakenOver) == .milliseconds(200))
    // Wheel speeds and angles of the bench come every 20 ms, and no engine torque at all.
    #expect(after(.brakeWeak) == .milliseconds(720))
    #expect(after(.steeringNotObeyed) == .milliseconds(570))
    #expect(after(.engineNotObeyed) == .milliseconds(700))
    #expect(after(.parkingBrakeNotObeyed) == .milliseconds(3000))
  }

  /// The health table a second time: level, ms, reason.
  @Test(
    "domain.md 2.4: the health table",
    arguments: [
      (HealthCheck.speedsDisagree, StopLevel.comfortStop, 500, Reason.speedsDisagree),
      (.signalFrozen, .comfortStop, 500, .signalFrozen),
      (.brakeNotObeyed, .emergencyStop, 200, .brakeNotObeyed),
      (.brakeWeak, .emergencyStop, 200, .brakeNotObeyed),
      (.steeringNotObeyed, .comfortStop, 200, .steeringNotObeyed),
      (.steeringRunaway, .emergencyStop, 0, .steeringRunaway),
      (.steeringLockedOut, .emergencyStop, 200, .steeringLockedOut),
      (.engineNotObeyed, .comfortStop, 200, .engineNotObeyed),
      (.parkingBrakeNotObeyed, .emergencyStop, 0, .parkingBrakeNotObeyed),
      (.rollBack, .emergencyStop, 0, .rollBack),
      (.independentBrakeTripped, .emergencyStop, 0, .independentBrakeTripped),
      (.emergencyStopPressed, .emergencyStop, 0, .emergencyStopPressed),
      (.driverBrake, .comfortStop, 50, .driverInput),
      (.driverAccelerator, .comfortStop, 50, .driverInput),
      (.offPathWarning, .degraded, 300, .offPath), (.offPath, .comfortStop, 100, .offPath),
      (.overSpeed, .comfortStop, 500, .overSpeed), (.busDown, .comfortStop, 100, .busDown),
      (.airPressureLow, .comfortStop, 1000, .airPressureLow),
      (.gnssLost, .comfortStop, 200, .gnssLost),
      (.speedImplausible, .comfortStop, 300, .speedImplausible),
      (.engineTakenOver, .comfortStop, 200, .engineNotObeyed),
      (.parkingBrakeInMotion, .emergencyStop, 200, .parkingBrakeNotObeyed),
      (.sourceAddressUsed, .emergencyStop, 0, .sourceAddressConflict),
      (.sourceAddressTaken, .comfortStop, 0, .sourceAddressConflict),
      (.protectiveFieldStale, .comfortStop, 40, .protectiveFieldStale),
      (.protectiveFieldViolated, .emergencyStop, 0, .protectiveFieldViolated),
      (.attendantUnknown, .comfortStop, 40, .attendantAway),
      (.attendantReleased, .emergencyStop, 0, .attendantAway),
      (.remoteStop, .comfortStop, 0, .remoteStopPressed),
      (.emergencyBraking, .emergencyStop, 0, .emergencyBrakingDemanded),
      (.trailerArticulation, .comfortStop, 300, .trailerArticulation),
      (.airPressureFalling, .comfortStop, 500, .airPressureLow),
      (.driverSteering, .comfortStop, 100, .driverSteered),
      (.driverParkingBrake, .comfortStop, 100, .driverParked),
      (.driverGear, .comfortStop, 100, .driverShifted),
      (.driverKey, .comfortStop, 50, .keyRemoved),
      (.steeringLawsDisagree, .comfortStop, 0, .steeringLawsDisagree),
      (.radarSilent, .comfortStop, 200, .radarSilent),
    ] as [(HealthCheck, StopLevel, Int64, Reason)])
  func table(_ check: HealthCheck, _ level: StopLevel, _ milliseconds: Int64, _ reason: Reason) {
    let row = HealthTable()[check]
    #expect(row.level == level)
    #expect(row.debounce == .milliseconds(milliseconds))
    #expect(row.reason == reason)
  }
}
