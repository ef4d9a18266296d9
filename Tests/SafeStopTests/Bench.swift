import ActuatorGate
import SafeStop
import Signals
import Units
import WireCodec

/// A guardian, a truck and a daemon that follows a route of constant curvature, in virtual time.
struct Bench {
  var configuration = GuardianConfiguration()
  var guardian = GuardianCore()
  var truck = TestTruck()
  var daemon = TestDaemon()
  var output = GuardianOutput()
  var circumstances = GuardianCircumstances()
  /// What happens to the daemon.
  var isAlive = true
  var isHung = false
  /// Replaces the slot that the guardian reads.
  var tampering: ((inout DaemonSlot) -> Void)?
  var guardianRuns = true
  /// Frames of other nodes in the next cycle, beside the truck's own.
  var heard: [ReceivedFrame] = []

  init() {
    configuration.frames = TestTable().frames
  }

  var now: Instant { Instant(nanoseconds: truck.time * 1_000_000) }

  mutating func cycle() {
    truck.advance()
    if isAlive, !isHung {
      daemon.step(truck, at: now, configuration: configuration)
    }
    var frames = truck.status()
    for frame in heard { frames.append(frame) }
    heard = []
    guard guardianRuns else { return }
    circumstances.now = now
    circumstances.daemonIsAlive = isAlive
    for i in 0..<frames.count where frames[i].isExtended {
      circumstances.buses[0].framesSeen += 1
    }
    var slot = daemon.slot
    tampering?(&slot)
    output = guardian.step(
      circumstances, frames: frames, slot: daemon.hasPublished ? slot : nil,
      configuration: configuration)
    for i in 0..<output.frameCount { truck.receive(output.frames[i]) }
  }

  mutating func run(_ seconds: Double, check: (Bench) -> Void = { _ in }) {
    for _ in 0..<Int((seconds * 100).rounded()) {
      cycle()
      check(self)
    }
  }

  /// Manual, armed, then driving at `speed`.
  mutating func drive(at speed: Double = 6.94, curvature: Double = 0) {
    run(0.2)
    daemon.slot.mode = .armed
    daemon.slot.transmitAllowed = true
    run(3)
    daemon.slot.mode = .autonomous
    daemon.target = speed
    daemon.routeCurvature = curvature
    truck.routeCurvature = curvature
    run(14)
  }

  /// Until the guardian holds, at most a minute; answers how long it took.
  mutating func runUntilHeld() -> Double {
    for i in 0..<6000 {
      cycle()
      if output.report.state == .held { return Double(i) / 100 }
    }
    return .infinity
  }
}

/// Commands the speed and the path, and publishes plans, as the daemon does.
struct TestDaemon {
  var slot = DaemonSlot()
  var hasPublished = false
  var target = 0.0
  var routeCurvature = 0.0
  var distanceToLimit = 500.0
  var beatsControl = true
  var beatsSupervisor = true
  private var builder = StopPlanBuilder()

  mutating func step(_ truck: TestTruck, at now: Instant, configuration: GuardianConfiguration) {
    hasPublished = true
    slot.sequence += 1
    slot.publishedAt = now
    if beatsControl { slot.controlHeartbeat += 1 }
    if beatsSupervisor { slot.supervisorHeartbeat += 2 }
    slot.distanceToLimit = Metres(distanceToLimit)
    var command = Command()
    switch slot.mode {
    case .autonomous:
      command.gear = .drive
      command.steeringEngaged = true
      command.curvature = Curvature(steering(truck))
      let error = target - truck.speed
      command.driveTorque = Fraction(min(max(error, 0), 0.5))
      command.brakeDeceleration = MetresPerSecondSquared(min(max(-error, 0), 1))
      slot.plan = plan(truck, at: now, configuration)
    case .armed, .held:
      command.tractorParkingBrake = true
      command.trailerParkingBrake = true
      command.brakeDeceleration = MetresPerSecondSquared(2)
    case .manual, .shadow, .stopping:
      break
    }
    slot.command = command
  }

  private func steering(_ truck: TestTruck) -> Double {
    routeCurvature - 0.02 * truck.lateral - 0.25 * truck.heading
  }

  private mutating func plan(
    _ truck: TestTruck, at now: Instant, _ configuration: GuardianConfiguration
  ) -> StopPlan {
    var request = StopPlanRequest()
    request.state.at = now
    request.state.speed = MetresPerSecond(truck.speed)
    request.state.odometer = Metres(truck.driven)
    request.path.isOnRoute = true
    request.path.lateralDeviation = Metres(truck.lateral)
    request.path.headingError = Radians(truck.heading)
    request.measured.speed = MetresPerSecond(truck.speed)
    request.measured.curvature = Curvature(truck.curvature)
    request.spacing = StopPlanBuilder.spacing(
      at: request.state.speed, vehicle: configuration.vehicle,
      configuration: configuration.safeStop)
    for i in 0..<StopPlan.capacity { request.curvatures[i] = routeCurvature }
    request.distanceToLimit = Metres(distanceToLimit)
    return builder.build(
      request, vehicle: configuration.vehicle, limits: configuration.limits,
      configuration: configuration.safeStop)
  }
}
