import Foundation
import Plant
import Signals
import TestSupport
import Testing
import Units

/// Drives plant.py with splitmix64 commands and prints its state every 100 ms, exactly.
private let script = """
  import sys
  sys.path.insert(0, sys.argv[1])
  import plant, sensors
  p = plant.Params(steer_bias=float(sys.argv[4]))
  truck = plant.Plant(p, 10.0, -20.0, 0.7, float(sys.argv[3]))
  g = sensors.Rng(int(sys.argv[2]))
  steer = accel = 0.0
  for k in range(6000):
      if k % 50 == 0:
          steer = (g.uni() - 0.5) * 0.8
          accel = g.uni() * 2.4 - 1.4
      truck.step(steer, accel)
      if k % 10 == 9:
          print(*(v.hex() for v in (truck.x, truck.y, truck.psi, truck.psi2, truck.u, truck.delta,
                                    truck.r, truck.q)))
  """

/// The extended dynamics with every extension neutral are the reference plant (README.md of
/// path_tracking).
@Suite struct ReferencePlant {
  static var canCompare: Bool { referencePython != nil && reference != nil }
  static var reference: String? {
    sharedData("peers/path_tracking/plant.py").map {
      URL(filePath: $0).deletingLastPathComponent().path
    }
  }

  /// 60 s with stops and starts; 1 mm of difference would be a different equation, rounding stays
  /// below 1e-9.
  @Test(
    .enabled(if: canCompare, "needs Python (TULPAR_PYTHON or .venv) and the reference plant"),
    arguments: [(UInt64(1), 8.0, 0.0), (2, 0.0, 0.004), (77, 20.0, -0.01)])
  func matches(seed: UInt64, speed: Double, bias: Double) throws {
    let folder = try #require(Self.reference)
    let lines = try runPython(["-c", script, folder, "\(seed)", "\(speed)", "\(bias)"])
      .split(separator: "\n")
    #expect(lines.count == 600)
    var truck = neutralTruck(speed: speed, bias: bias)
    var random = RandomSource(seed: seed)
    var demand = ActuatorDemand()
    var worst = 0.0
    for k in 0..<6000 {
      if k % 50 == 0 {
        demand.roadWheelAngle = (random.uniform() - 0.5) * 0.8
        let acceleration = random.uniform() * 2.4 - 1.4
        demand.driveTorque = max(acceleration, 0)
        demand.brakeDeceleration = max(-acceleration, 0)
      }
      for _ in 0..<10 { truck.step(demand) }
      guard k % 10 == 9 else { continue }
      let expected = lines[k / 10].split(separator: " ").compactMap { Double($0) }
      let found = [
        truck.east, truck.north, truck.heading, truck.trailerHeading, truck.speed,
        truck.roadWheelAngle, truck.yawRate, truck.trailerYawRate,
      ]
      try #require(expected.count == found.count)
      for (a, b) in zip(expected, found) { worst = max(worst, (a - b).magnitude) }
    }
    #expect(worst < 1e-9)
  }

  private func neutralTruck(speed: Double, bias: Double) -> TruckDynamics {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(20_000)
    parameters.driveForce = Newtons(20_000)
    parameters.drivePower = Watts(1e12)
    parameters.driveDelay = .milliseconds(100)
    parameters.driveLag = .milliseconds(400)
    parameters.brakeDelay = .milliseconds(100)
    parameters.brakeLag = .milliseconds(400)
    parameters.brakeDeceleration = MetresPerSecondSquared(3)
    parameters.rollingResistance = 0
    parameters.dragArea = 0
    var settings = TruckSettings()
    settings.motion = .quasiSteady
    settings.untoldDrag = 0.10
    settings.steeringBias = bias
    settings.tractorParkingForce = 0
    settings.trailerParkingForce = 0
    return TruckDynamics(
      parameters: parameters, settings: settings,
      start: TruckStart(east: 10, north: -20, heading: 0.7, speed: speed))
  }
}
