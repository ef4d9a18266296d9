import DriveConfiguration
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

@Suite struct Drives {
  @Test func theCourseIsDrivenToItsLinesAndNothingIsBroken() throws {
    let loop = try courseLoop()
    #expect(loop.run(seconds: 300) { $0.isComplete })
    #expect(loop.monitor.violations.isEmpty, "\(loop.monitor.violations)")
    #expect(loop.monitor.stops.count == 2)
    for stop in loop.monitor.stops { #expect(stop.short.value >= 0 && stop.short.value < 0.5) }
    #expect(loop.monitor.worstLateral.value < 0.3)
  }

  /// record A == record B, and another seed is another drive.
  @Test func equalSeedsGiveEqualDrives() throws {
    let hashes = try [UInt64(7), 7, 8].map { seed in
      let loop = try courseLoop(seed: seed)
      loop.run(seconds: 40)
      return loop.outputHash.hash
    }
    #expect(hashes[0] == hashes[1])
    #expect(hashes[0] != hashes[2])
  }

  @Test func aLineThatIsNotReleasedIsNeverPassed() throws {
    let loop = ClosedLoop(
      configuration: try course(), start: TruckStart(east: 25, north: 0, heading: 0), seed: 3,
      releaseAfter: .milliseconds(1_000_000))
    loop.run(seconds: 150)
    #expect(loop.isParked)
    #expect(loop.truth.frontStation.value < 260 && loop.truth.frontStation.value > 259.5)
  }
}

/// A cause that must bring the truck to a held stop on its path.
private struct StopCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// The longest way from cause to rest, m: detection, build-up and comfort braking from 25 km/h.
  let distance: Double
  let cause: @Sendable (ClosedLoop) -> Void
  var testDescription: String { name }

  init(_ name: String, within distance: Double, _ cause: @escaping @Sendable (ClosedLoop) -> Void) {
    self.name = name
    self.distance = distance
    self.cause = cause
  }

  static func fault(_ line: String, within distance: Double) -> StopCase {
    StopCase(line, within: distance) { loop in
      if let fault = try? FaultCommand(line) { loop.apply(fault) }
    }
  }
}

@Suite struct Stops {
  fileprivate static let cases: [StopCase] = [
    StopCase("the daemon is killed", within: 25) { $0.killDaemon() },
    StopCase("the daemon freezes", within: 25) { $0.setDaemonFrozen(true) },
    StopCase("an operator asks for it", within: 25) { $0.send(.stop) },
    StopCase("the service ends", within: 25) { $0.send(.shutdown) },
    .fault("fault hrw off", within: 25),
    .fault("fault hrw frozen", within: 30),
    .fault("fault body off", within: 25),
    .fault("fault engine off", within: 25),
    .fault("fault steering off", within: 30),
    .fault("fault lockout on", within: 25),
    .fault("fault flood on", within: 25),
    .fault("fault estop on", within: 20),
    .fault("fault steering-runaway 0.3", within: 15),
    .fault("gnss off", within: 120),
  ]

  @Test(arguments: cases)
  fileprivate func endInAHeldStandstill(_ stop: StopCase) throws {
    let loop = try courseLoop(seed: 11)
    loop.driveIntoTheBend()
    let start = loop.truth.frontStation.value
    stop.cause(loop)
    #expect(loop.run(seconds: 60) { $0.isParked }, "still moving or not parked")
    let rest = loop.truth.frontStation.value
    #expect(rest - start < stop.distance, "\(rest - start) m to rest")
    // I-8: nothing moves afterwards without an acknowledge.
    loop.run(seconds: 20)
    #expect((loop.truth.frontStation.value - rest).magnitude < 0.1)
  }

  /// S-15: a daemon that froze and goes on later gets no motion command out.
  @Test func aDaemonThatGoesOnLaterDoesNotMoveTheTruck() throws {
    let loop = try courseLoop(seed: 5)
    loop.driveIntoTheBend()
    loop.setDaemonFrozen(true)
    loop.run(seconds: 1)
    loop.setDaemonFrozen(false)
    #expect(loop.run(seconds: 30) { $0.isParked })
    let rest = loop.truth.frontStation.value
    loop.run(seconds: 30)
    #expect((loop.truth.frontStation.value - rest).magnitude < 0.1)
    #expect(loop.guardianOutput.report.state == .held)
  }

  /// R-MRM-7: after an acknowledge, with the cause gone, the drive goes on.
  @Test func afterAnAcknowledgeTheDriveGoesOn() throws {
    let loop = try courseLoop(seed: 6)
    loop.driveIntoTheBend()
    loop.send(.stop)
    #expect(loop.run(seconds: 30) { $0.isParked && $0.outputs.mode == .held })
    let rest = loop.truth.frontStation.value
    loop.send(.acknowledge)
    #expect(loop.run(seconds: 60) { $0.truth.frontStation.value > rest + 20 })
  }

  /// R-MRM-7, S-2: an acknowledge before the parking brakes are confirmed does not leave the truck
  /// without them.
  @Test func anEarlyAcknowledgeStillEndsParked() throws {
    let loop = try courseLoop(seed: 6)
    loop.driveIntoTheBend()
    loop.send(.stop)
    loop.run(seconds: 20) {
      if $0.outputs.mode == .stopping { $0.send(.acknowledge) }
      return $0.outputs.mode == .held
    }
    loop.run(seconds: 5)
    #expect(loop.isParked && loop.outputs.mode == .held)
  }

  /// On the plan, the truck steers through its stop: no peer does.
  @Test func thePlanKeepsTheTruckOnItsPath() throws {
    let loop = try courseLoop(seed: 9)
    loop.driveIntoTheBend()
    loop.killDaemon()
    var worst = 0.0
    loop.run(seconds: 20) {
      worst = max(worst, $0.truth.lateral.value.magnitude)
      return $0.isParked
    }
    #expect(worst < 0.3, "\(worst) m off the path while stopping")
  }
}
