import Estimation
import Foundation
import ReproducibleMath
import Signals
import TestSupport
import Units

/// Plant, seeded sensors and estimator: what the estimator says beside what is true.
struct SensorWorld {
  var plant = ReferencePlant()
  var estimator = Estimator()
  var signals = SignalStore()
  var parameters = VehicleParameters()
  var configuration = EstimatorConfiguration()
  var noise: SeededNoise
  // What the sensors do.
  var wheelScale = 1.003
  var gyroBias = 0.002
  var fixSigma = 0.02
  var headingSigma = 0.0035
  /// What the receiver says of it, if something else.
  var reportedSigma: Double?
  var hasFix = true
  var hasHeading = true
  var hasVelocity = false
  var hasSpeed = true
  /// Added to every fix.
  var fixOffset = (east: 0.0, north: 0.0)
  /// Cycles between fixes.
  var fixPeriod = 10
  /// What else becomes of a report before it is sent.
  var alter: (inout GNSSReport) -> Void = { _ in }
  /// Reported instead of the true speed.
  var shownSpeed: Double?
  /// The command.
  var steer = 0.0
  var acceleration = 0.0
  private(set) var state = VehicleState()
  private(set) var cycle = 0
  private var pending: [(due: Int, report: GNSSReport)] = []
  let frame = SiteFrame(latitude: Degrees(46.68), longitude: Degrees(82.8), height: Metres(450))

  init(seed: UInt64) {
    noise = SeededNoise(seed: seed)
    plant.drag = 0
  }

  var now: Instant { Instant(nanoseconds: 5_000_000_000 + Int64(cycle) * 10_000_000) }

  mutating func start(speed: Double) {
    plant.u = speed
    estimator.initialise(
      at: now, east: Metres(plant.x), north: Metres(plant.y), heading: Radians(plant.psi),
      speed: MetresPerSecond(speed), positionSigma: Metres(0.02), headingSigma: Radians(0.003),
      configuration: configuration)
  }

  mutating func run(_ seconds: Double, each: (inout SensorWorld) -> Void = { _ in }) {
    for _ in 0..<Int((seconds * 100).rounded()) {
      step()
      each(&self)
    }
  }

  mutating func step() {
    sense()
    var reports = InlineArray<4, GNSSReport>(repeating: GNSSReport())
    var count = 0
    if let first = pending.first, first.due <= cycle {
      reports[0] = first.report
      count = 1
      pending.removeFirst()
    }
    state = estimator.step(
      now: now, signals: signals, gnss: reports, gnssCount: count, parameters: parameters,
      frame: frame, configuration: configuration)
    plant.step(steer: steer, acceleration: acceleration)
    cycle += 1
  }

  private mutating func sense() {
    let moving = plant.u > 0
    let speed = shownSpeed ?? max(0, plant.u * wheelScale + (moving ? 0.03 * noise.gauss() : 0))
    if hasSpeed, cycle % 2 == 0 {
      set(.wheelSpeedRearLeft, speed)
      set(.wheelSpeedRearRight, speed)
    }
    if cycle % 10 == 0 { set(.vehicleSpeed, speed) }
    set(.yawRate, plant.r + gyroBias + 0.003 * noise.gauss())
    set(.roadWheelAngle, plant.delta + 0.001 * noise.gauss())
    guard cycle % fixPeriod == 0, hasFix else { return }
    // The antenna, 0.10 s before the report arrives.
    let forward = parameters.antennaForward.value
    let left = parameters.antennaLeft.value
    let (c, s) = (cos(plant.psi), sin(plant.psi))
    let east = plant.x + forward * c - left * s + fixOffset.east + fixSigma * noise.gauss()
    let north = plant.y + forward * s + left * c + fixOffset.north + fixSigma * noise.gauss()
    let position = frame.geodetic(east: Metres(east), north: Metres(north), up: .zero)
    var report = GNSSReport()
    report.receivedAt = now + .milliseconds(100)
    report.mode = 3
    report.status = 3
    report.latitude = position.latitude
    report.longitude = position.longitude
    report.height = position.height
    report.sigma = Metres(reportedSigma ?? fixSigma)
    if hasHeading {
      let heading = plant.psi + headingSigma * noise.gauss()
      report.heading = Degrees(90 - heading * 180 / Double.pi)
    }
    if hasVelocity {
      report.speed = MetresPerSecond(plant.u + 0.03 * noise.gauss())
      let course = plant.psi - plant.slip * plant.u * plant.r
      report.track = Degrees(90 - course * 180 / Double.pi)
    }
    alter(&report)
    pending.append((cycle + 10, report))
  }

  mutating func set(_ channel: SignalChannel, _ value: Double) {
    var sample = SignalSample()
    sample.value = value
    sample.validAt = now
    sample.receivedAt = now
    sample.state = .valid
    signals[channel] = sample
  }

  /// Of the state just given, against the plant before it moved on.
  var positionError: Double {
    // The plant is one cycle ahead of the state.
    let ahead = plant.u * 0.01
    let east = state.east.value + ahead * cos(plant.psi) - plant.x
    let north = state.north.value + ahead * sin(plant.psi) - plant.y
    return (east * east + north * north).squareRoot()
  }
}
