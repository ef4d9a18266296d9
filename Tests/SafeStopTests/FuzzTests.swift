import ActuatorGate
import SafeStop
import Signals
import TestSupport
import Testing
import Units
import WireCodec

/// Any bit pattern in any field: nothing traps, and a stop stays a stop.
@Suite struct FuzzTests {
  @Test("I-7: whatever the daemon publishes, a stop never drives")
  func babblingDaemon() {
    let fuzz = Fuzz("babbling daemons", cases: 50, isParser: false)
    let failures = fuzz.run { random in
      var fields = RandomFields(random: random, share: 1 + random.next(below: 15))
      var bench = Bench()
      bench.drive(at: 4)
      bench.daemon.slot.supervisorDemand = StopDemand(.comfortStop, .operatorStop)
      bench.run(0.05)
      guard bench.output.report.state == .stopping else { return .broken("no stop began") }
      for cycle in 0..<300 {
        var slot = bench.daemon.slot
        slot.visit(&fields)
        bench.tampering = { $0 = slot }
        bench.cycle()
        let command = bench.output.command
        guard command.driveTorque == .zero, command.brakeDeceleration.value > 0,
          command.curvature.isFinite
        else { return .broken("cycle \(cycle): \(command)") }
      }
      return .accepted
    }
    #expect(failures == [])
  }

  @Test("A guardian in any state, with any configuration, does not trap")
  func anyState() {
    let fuzz = Fuzz("guardians in any state", cases: 10_000, isParser: false)
    var driven = Bench()
    driven.drive(at: 3)
    let bench = driven
    let failures = fuzz.run { random in
      var fields = RandomFields(random: random, share: 1 + random.next(below: 16))
      var guardian = bench.guardian
      var configuration = bench.configuration
      var slot = bench.daemon.slot
      var truck = bench.truck
      var frames = truck.status()
      var circumstances = bench.circumstances
      guardian.visit(&fields)
      if random.next(below: 3) == 0 { configuration.visit(&fields) }
      slot.visit(&fields)
      frames.visit(&fields)
      circumstances.now = Instant(
        nanoseconds: random.next(below: 5) == 0
          ? Int64(bitPattern: random.next()) : Int64(random.next(below: 1 << 40)))
      let hasSlot = random.next(below: 7) != 0
      for _ in 0..<2 {
        let output = guardian.step(
          circumstances, frames: frames, slot: hasSlot ? slot : nil, configuration: configuration)
        circumstances.now = circumstances.now + .milliseconds(10)
        let isStop = output.report.state == .stopping || output.report.state == .held
        guard !isStop || output.command.driveTorque.value == 0 else {
          return .broken("it drives while it stops: \(output.command)")
        }
      }
      return .accepted
    }
    #expect(failures == [])
  }

  @Test("A supervisor in any state does not trap")
  func anySupervisor() {
    let fuzz = Fuzz("supervisors in any state", cases: 10_000, isParser: false)
    let configuration = Bench().configuration
    let failures = fuzz.run { random in
      var fields = RandomFields(random: random, share: 6)
      var supervisor = SupervisorCore()
      supervisor.visit(&fields)
      var frames = FrameBatch()
      frames.visit(&fields)
      var observation = SupervisorObservation()
      observation.now = Instant(nanoseconds: Int64(random.next(below: 1 << 40)))
      observation.mode = .autonomous
      observation.path.visit(&fields)
      observation.command.visit(&fields)
      observation.authority.visit(&fields)
      _ = supervisor.step(observation, frames: frames, configuration: configuration)
      return .accepted
    }
    #expect(failures == [])
  }

  @Test("A plan from any numbers is either fit and inside its limits, or not fit")
  func anyPlan() {
    let configuration = GuardianConfiguration()
    let fuzz = Fuzz("plans", cases: 10_000)
    let failures = fuzz.run { random in
      var fields = RandomFields(random: random, share: 3)
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
      var builder = StopPlanBuilder()
      let plan = builder.build(
        request, vehicle: configuration.vehicle, limits: configuration.limits,
        configuration: configuration.safeStop)
      guard plan.isIntact else { return .broken("its checksum is wrong") }
      guard plan.isFit else { return .refused }
      guard plan.length.value <= 100 else { return .broken("\(plan.length) of 100 m") }
      for i in 0..<48 where !(abs(plan.curvatures[i]) <= 0.17) {
        return .broken("curvature \(plan.curvatures[i])")
      }
      return .accepted
    }
    #expect(failures == [])
  }
}
