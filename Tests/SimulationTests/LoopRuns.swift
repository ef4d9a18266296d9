import Plant
import Simulation
import Units

/// A truck on the course, the trailer well inside the route.
func courseLoop(seed: UInt64 = 1, settings: TruckSettings = TruckSettings()) throws -> ClosedLoop {
  ClosedLoop(
    configuration: try course(), settings: settings,
    start: TruckStart(east: 25, north: 0, heading: 0), seed: seed,
    releaseAfter: .milliseconds(2_000))
}

extension ClosedLoop {
  /// Steps until the condition holds; answers whether it did within the time.
  @discardableResult
  func run(seconds: Double, until isDone: (ClosedLoop) -> Bool = { _ in false }) -> Bool {
    for _ in 0..<Int(seconds * 100) {
      if isDone(self) { return true }
      step()
    }
    return isDone(self)
  }

  /// Drives until the front bumper is in the first bend at speed.
  @discardableResult
  func driveIntoTheBend() -> Bool {
    run(seconds: 120) { $0.truth.frontStation.value > 110 && $0.truth.speed.value > 5 }
  }

  func fault(_ line: String) throws { apply(try FaultCommand(line)) }

  var isParked: Bool { truth.speed.value == 0 && truth.parkingBrakesSet }
}
