import DriveReport
import Signals
import Testing

/// S-28: whether UTC was trusted, and the offsets of the devices, are in the report.
@Suite struct ClockFactsTests {
  @Test func trustAndOffsetsAreTold() {
    var clock = ClockFacts()
    var report = ClockReport()
    report.systemSteps = 2
    report.frameAgeSeconds[1] = 0.0042
    for trust in [ClockTrust.settling, .trusted, .trusted, .systemStepped] {
      report.trust = trust
      clock.take(report)
    }
    var facts = clock.facts(["can0", "can1"]).map { "\($0.name): \($0.value)" }
    #expect(
      facts == [
        "UTC: trusted for 50.0 % of the drive; at its end systemStepped",
        "UTC steps: system clock 2, receiver 0", "frame age on can1: 4.2 ms",
      ])
    report.gnssOffsetSeconds = -0.25
    report.gnssSpreadSeconds = 0.003
    report.gnssLatencySeconds = 0.1
    clock.take(report)
    facts = clock.facts([]).map { "\($0.name): \($0.value)" }
    #expect(
      facts.last
        == "system clock less GNSS: -0.25 s +- 0.003 s; a fix arrives 0.1 s after its epoch")
  }
}
