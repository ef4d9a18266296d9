import ActuatorGate
import SafeStop
import Signals
import TestSupport
import Testing
import Units
import WireCodec

/// Any bit pattern in any field: nothing traps, and a stop stays a stop.
@Suite struct FuzzTests {
  @Test(
    "I-7: whatever the daemon publishes, a stop never drives", arguments: [1, 4, 15] as [UInt64])
  func babblingDaemon(_ share: UInt64) {
    var fields = RandomFields(random: RandomWords(seed: share), share: share)
    for _ in 0..<6 {
      var bench = Bench()
      bench.drive(at: 4)
      bench.daemon.slot.supervisorDemand = StopDemand(.comfortStop, .operatorStop)
      bench.run(0.05)
      #expect(bench.output.report.state == .stopping)
      for _ in 0..<300 {
        var slot = bench.daemon.slot
        slot.visit(&fields)
        bench.tampering = { $0 = slot }
        bench.cycle()
        #expect(bench.output.command.driveTorque == .zero)
        #expect(bench.output.command.brakeDeceleration.value > 0)
        #expect(bench.output.command.curvature.isFinite)
      }
    }
  }

  @Test(
    "A guardian in any state, with any configuration, does not trap",
    arguments: [2, 8, 16] as [UInt64])
  func anyState(_ share: UInt64) {
    var fields = RandomFields(random: RandomWords(seed: 77 + share), share: share)
    var bench = Bench()
    bench.drive(at: 3)
    for i in 0..<1500 {
      var guardian = bench.guardian
      var configuration = bench.configuration
      var slot = bench.daemon.slot
      var frames = bench.truck.status()
      var circumstances = bench.circumstances
      guardian.visit(&fields)
      if i % 3 == 0 { configuration.visit(&fields) }
      slot.visit(&fields)
      frames.visit(&fields)
      circumstances.now = Instant(
        nanoseconds: i % 5 == 0 ? Int64(bitPattern: fields.random.next()) : Int64(i) * 10_000_000)
      for _ in 0..<2 {
        let output = guardian.step(
          circumstances, frames: frames, slot: i % 7 == 0 ? nil : slot,
          configuration: configuration)
        circumstances.now = circumstances.now + .milliseconds(10)
        let isStop = output.report.state == .stopping || output.report.state == .held
        #expect(!isStop || output.command.driveTorque.value == 0)
      }
    }
  }

  @Test("A supervisor in any state does not trap")
  func anySupervisor() {
    var fields = RandomFields(random: RandomWords(seed: 5), share: 6)
    let bench = Bench()
    for i in 0..<1500 {
      var supervisor = SupervisorCore()
      supervisor.visit(&fields)
      var frames = FrameBatch()
      frames.visit(&fields)
      var observation = SupervisorObservation()
      observation.now = Instant(nanoseconds: Int64(i) * 5_000_000)
      observation.mode = .autonomous
      observation.path.visit(&fields)
      observation.command.visit(&fields)
      observation.authority.visit(&fields)
      let output = supervisor.step(observation, frames: frames, configuration: bench.configuration)
      #expect(output.heartbeat != 1 || i >= 0)
    }
  }

  @Test("A plan from any numbers is either fit and inside its limits, or not fit")
  func anyPlan() {
    var fields = RandomFields(random: RandomWords(seed: 9), share: 3)
    let configuration = GuardianConfiguration()
    var builder = StopPlanBuilder()
    var fit = 0
    for _ in 0..<5000 {
      var request = StopPlanRequest()
      request.state.speed = MetresPerSecond(5)
      request.measured.speed = MetresPerSecond(5)
      request.measured.curvature = .zero
      request.path.isOnRoute = true
      request.distanceToLimit = Metres(100)
      request.state.visit(&fields)
      request.path.visit(&fields)
      for i in 0..<48 where fields.random.next(below: 40) == 0 {
        fields.visit("curvature", &request.curvatures[i])
      }
      let plan = builder.build(
        request, vehicle: configuration.vehicle, limits: configuration.limits,
        configuration: configuration.safeStop)
      #expect(plan.isIntact)
      guard plan.isFit else { continue }
      fit += 1
      #expect(plan.length.value <= 100)
      for i in 0..<48 { #expect(abs(plan.curvatures[i]) <= 0.17) }
    }
    #expect(fit > 50)
  }
}
