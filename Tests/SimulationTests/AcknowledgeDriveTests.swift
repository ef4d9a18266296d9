import CAN
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// A fault that only an acknowledge clears, and that guardian, step and supervisor all find.
private struct Cause: Sendable, CustomTestStringConvertible {
  let name: String
  /// Who latches it.
  let reason: Reason
  let begin: @Sendable (ClosedLoop) throws -> Void
  let end: @Sendable (ClosedLoop) throws -> Void
  var testDescription: String { name }

  static func fault(_ begin: String, _ end: String, _ reason: Reason) -> Cause {
    Cause(
      name: begin, reason: reason, begin: { try $0.fault(begin) }, end: { try $0.fault(end) })
  }

  static let all = [
    Cause(
      name: "a frame in our name", reason: .sourceAddressConflict,
      begin: {
        $0.inject(
          CANFrame(identifier: 0x18FF_9927, isExtended: true, bytes: [1, 2, 3, 4, 5, 6, 7, 8]))
      }, end: { _ in }),
    fault("fault engine-source 3", "fault engine-source off", .engineNotObeyed),
    fault("fault lockout on", "fault lockout off", .steeringLockedOut),
    fault("fault hrw zero", "fault hrw on", .speedsDisagree),
  ]
}

/// I-8, R-MRM-7: how the way on leads through an acknowledge, in daemon, supervisor and guardian.
@Suite struct AcknowledgeDrives {
  /// Held after the cause, which is over.
  private func held(_ cause: Cause) throws -> ClosedLoop {
    let loop = try courseLoop(seed: 41)
    try #require(loop.driveIntoTheBend())
    loop.run(seconds: 20) { $0.outputs.command.driveTorque.value > 0.06 }
    try cause.begin(loop)
    try #require(loop.run(seconds: 10) { $0.guardianOutput.report.state == .stopping })
    #expect(loop.guardianOutput.faults.contains(cause.reason))
    try #require(loop.run(seconds: 30) { $0.isParked && $0.outputs.mode == .held })
    try cause.end(loop)
    loop.run(seconds: 3)
    #expect(loop.guardianOutput.report.state == .held)
    return loop
  }

  /// S-22: one word, and the truck moves off, after lamps and horn of three seconds.
  @Test(arguments: Cause.all)
  private func releasesAllThreeAtOnce(_ cause: Cause) throws {
    let loop = try held(cause)
    let start = loop.truth.time
    loop.send(.acknowledge)
    var sounded = 0.0
    // Wheels that read zero cost the position its trust; fixes that agree with odometry and with the
    // receiver's tests win it back, each for ten seconds.
    let moves = loop.run(seconds: 90) {
      if $0.truck.record.horn, $0.truck.record.hazardLamps { sounded += 0.01 }
      return $0.truth.speed.value > 0.01
    }
    #expect(moves, "\(loop.outputs.mode) \(loop.guardianOutput.demand)")
    #expect(sounded >= 2.9 && loop.truth.time - start >= 3, "\(sounded) s of lamps and horn")
    loop.run(seconds: 5)
    #expect(loop.outputs.mode == .autonomous && loop.truth.speed.value > 1)
  }

  @Test(arguments: Cause.all)
  private func nothingReleasesWithoutOne(_ cause: Cause) throws {
    let loop = try held(cause)
    let rest = loop.truth.frontStation.value
    loop.run(seconds: 20)
    #expect(loop.outputs.mode == .held && loop.guardianOutput.report.state == .held)
    #expect((loop.truth.frontStation.value - rest).magnitude < 0.1)
  }

  /// Neither while it stops nor while the cause goes on.
  @Test func tooEarlyIsNone() throws {
    let loop = try courseLoop(seed: 42)
    try #require(loop.driveIntoTheBend())
    try loop.fault("fault estop on")
    loop.run(seconds: 30) {
      if $0.outputs.mode == .stopping { $0.send(.acknowledge) }
      return $0.isParked && $0.outputs.mode == .held
    }
    for _ in 0..<5 {
      loop.send(.acknowledge)
      loop.run(seconds: 1)
    }
    // The cause is present when this one comes, and gone while it is on its way.
    loop.send(.acknowledge)
    loop.run(seconds: 0.02)
    try loop.fault("fault estop off")
    let rest = loop.truth.frontStation.value
    loop.run(seconds: 10)
    #expect(loop.outputs.mode == .held && loop.guardianOutput.report.state == .held)
    #expect((loop.truth.frontStation.value - rest).magnitude < 0.1)
    loop.send(.acknowledge)
    #expect(loop.run(seconds: 30) { $0.truth.frontStation.value > rest + 1 })
  }

  /// S-6: a truck that rolled back at its move-off goes on when its engine does.
  @Test func aRollBackIsNoDeadEnd() throws {
    let loop = ClosedLoop(
      configuration: try course(grade: 0.04), start: TruckStart(east: 25, north: 0, heading: 0),
      seed: 24, releaseAfter: .milliseconds(2_000))
    try loop.fault("fault engine-runaway 0")
    try #require(
      loop.run(seconds: 60) {
        $0.outputs.faults.contains(.rollBack) || $0.guardianOutput.faults.contains(.rollBack)
      })
    try loop.fault("fault engine-runaway off")
    try #require(
      loop.run(seconds: 30) { $0.isParked && $0.outputs.mode == .held },
      "\(loop.outputs.mode) \(loop.outputs.demand)")
    loop.run(seconds: 5)
    let rest = loop.truth.frontStation.value
    loop.send(.acknowledge)
    #expect(
      loop.run(seconds: 40) { $0.truth.frontStation.value > rest + 5 },
      "\(loop.outputs.mode) \(loop.outputs.demand) \(loop.guardianOutput.demand)")
  }
}
