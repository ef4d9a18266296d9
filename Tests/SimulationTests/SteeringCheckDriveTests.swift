import Control
import DriveConfiguration
import PathFollowing
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// S-18, S-14: the two laws of steering in the whole truck.
@Suite struct SteeringCheckDrives {
  /// A sound truck drives the course, sensors' noise and all, and the laws stay well within.
  @Test func aSoundTruckNeverDisagreesWithItself() throws {
    let loop = try courseLoop(seed: 51)
    var worst = 0.0
    loop.run(seconds: 120) {
      worst = max(worst, $0.outputs.steeringDisagreement)
      return $0.truth.frontStation.value > 390
    }
    #expect(loop.truth.frontStation.value > 390)
    #expect(worst > 0 && worst < 0.8, "\(worst)")
    #expect(!loop.outputs.faults.contains(.steeringLawsDisagree))
  }

  /// A first law that drives the truck off its path: found, stopped, told.
  @Test func aBrokenFirstLawStopsTheTruckOnItsPath() throws {
    var configuration = try course()
    // Away from the path instead of back to it.
    configuration.controller.follower.lateralDamping = -3
    let loop = ClosedLoop(
      configuration: configuration, settings: TruckSettings(),
      start: TruckStart(east: 25, north: 0, heading: 0), seed: 52,
      releaseAfter: .milliseconds(2_000))
    var worst = 0.0
    let isFound = loop.run(seconds: 120) {
      worst = max(worst, $0.truth.lateral.magnitude.value)
      return $0.outputs.faults.contains(.steeringLawsDisagree)
    }
    #expect(isFound)
    #expect(loop.outputs.demand == StopDemand(.comfortStop, .steeringLawsDisagree))
    let isParked = loop.run(seconds: 60) {
      worst = max(worst, $0.truth.lateral.magnitude.value)
      return $0.isParked
    }
    #expect(isParked)
    #expect(worst < 0.5, "\(worst) m")
    let causes = loop.outputs.causes
    let cause = try #require(
      (0..<causes.count).map { causes[$0] }.first { $0.reason == .steeringLawsDisagree })
    #expect(cause.index == HealthCheck.steeringLawsDisagree.rawValue)
    #expect(cause.reading.isCrossed && cause.reading.unit == .radians)
    // An acknowledge gives the truck back to the first law.
    loop.run(seconds: 2)
    loop.send(.acknowledge)
    #expect(loop.run(seconds: 10) { !$0.outputs.faults.contains(.steeringLawsDisagree) })
  }
}
