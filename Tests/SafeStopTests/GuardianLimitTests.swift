import SafeStop
import Signals
import Testing
import Units

/// S-10, S-12: which limit the guardian defends while it stops.
@Suite struct GuardianLimitTests {
  /// The guardian stops in comfort with brakes of three quarters; meanwhile the daemon stops too and
  /// publishes a limit this far ahead.
  private func slowStop(_ left: Double, revision: UInt32) -> Bench {
    var bench = Bench()
    bench.drive()
    bench.truck.brakeShare = 0.75
    bench.daemon.slot.supervisorDemand = StopDemand(.comfortStop, .gnssLost)
    bench.run(0.2)
    #expect(bench.output.report.state == .stopping)
    bench.daemon.slot.mode = .stopping
    let end = bench.truck.driven + left
    bench.daemon.slot.authorityRevision = revision
    for _ in 0..<1500 where bench.output.report.state == .stopping {
      bench.daemon.distanceToLimit = end - bench.truck.driven
      bench.daemon.slot.command.brakeDeceleration = MetresPerSecondSquared(1.5)
      bench.cycle()
      if bench.output.demand.level == .emergencyStop { break }
    }
    return bench
  }

  @Test("S-12: the daemon's own stop does not shrink the limit that the guardian defends")
  func stopIsNotPunished() {
    let bench = slowStop(17, revision: 0)
    #expect(bench.output.report.state == .held)
    #expect(bench.output.demand.level == .comfortStop)
  }

  @Test("S-10, I-7: a line that is revoked during the stop is defended")
  func revokedDuringStop() {
    let bench = slowStop(10, revision: 1)
    #expect(bench.output.demand == StopDemand(.emergencyStop, .authorityExceeded))
  }
}
