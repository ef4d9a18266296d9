import ActuatorGate
import Signals
import Units

/// A gate with a truck that is known exactly and drives in the open.
struct GateBench {
  var gate = ActuatorGate()
  var limits = GateLimits()
  var measured = GateMeasurement()
  var command = Command()
  var distance = Metres(1000)
  var verdict = GateVerdict()

  init(speed: Double = 5, curvature: Double = 0) {
    measured.speed = MetresPerSecond(speed)
    measured.secondSpeed = MetresPerSecond(speed)
    measured.curvature = Curvature(curvature)
    command.gear = .drive
    command.steeringEngaged = true
    command.curvature = Curvature(curvature)
  }

  /// A bench whose hand-over is over.
  static func settled(speed: Double = 5, curvature: Double = 0) -> GateBench {
    var bench = GateBench(speed: speed, curvature: curvature)
    for _ in 0..<101 { bench.apply() }
    return bench
  }

  @discardableResult
  mutating func apply() -> Command {
    verdict = gate.apply(
      command, measured: measured, limits: limits, distanceToLimit: distance,
      elapsed: .milliseconds(10))
    return verdict.command
  }

  mutating func apply(times: Int) -> Command {
    for _ in 0..<times { apply() }
    return verdict.command
  }
}
