import Control
import DriveConfiguration
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// A comfort stop where the truck slows less than its plan says.
private struct SlowStop: Sendable, CustomTestStringConvertible {
  let grade: Double
  /// What the plant is told at the start.
  let road: String
  /// What makes it stop.
  let cause: String
  var testDescription: String { "\(cause), \(road), grade \(grade)" }

  static let all = [
    SlowStop(grade: -0.06, road: "fault brake 0.75", cause: "stop"),
    SlowStop(grade: 0, road: "road surface wet", cause: "stop"),
    SlowStop(grade: -0.04, road: "fault brake 0.75", cause: "fault hrw off"),
  ]
}

/// S-12: a stop never punishes itself.
@Suite struct SlowStops {
  @Test(arguments: SlowStop.all)
  private func stayComfortable(_ stop: SlowStop) throws {
    let loop = ClosedLoop(
      configuration: try course(grade: stop.grade),
      start: TruckStart(east: 25, north: 0, heading: 0), seed: 51,
      releaseAfter: .milliseconds(2_000))
    try #require(loop.run(seconds: 60) { $0.truth.speed.value > 5 })
    try loop.fault(stop.road)
    loop.run(seconds: 0.5)
    if stop.cause == "stop" { loop.send(.stop) } else { try loop.fault(stop.cause) }
    try #require(loop.run(seconds: 2) { $0.outputs.mode == .stopping })
    var hardest = 0.0
    var worst = StopLevel.nominal
    let isHeld = loop.run(seconds: 40) {
      hardest = max(hardest, $0.guardianOutput.command.brakeDeceleration.value)
      worst = max(worst, max($0.outputs.demand.level, $0.guardianOutput.demand.level))
      return $0.truth.speed.value == 0
    }
    #expect(isHeld)
    #expect(worst == .comfortStop, "\(loop.outputs.demand) \(loop.guardianOutput.demand)")
    // The speed loop makes up for grade and brakes; a stop that is punished gets all, 6 m/s2.
    #expect(hardest < 3.5, "\(hardest) m/s2")
  }
}
