import Signals
import Units

/// S-28: how far UTC was trusted in a drive, and by how much its sources and devices differed.
package struct ClockFacts {
  private var report = ClockReport()
  private var cycles = 0
  private var trusted = 0

  package init() {}

  package mutating func take(_ report: ClockReport) {
    self.report = report
    cycles += 1
    if report.trust == .trusted { trusted += 1 }
  }

  package func facts(_ buses: [String]) -> [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    func add(_ name: String, _ value: String) { facts.append((name, value)) }
    let share = Double(trusted) / Double(max(cycles, 1))
    add("UTC", "trusted for \(number(100 * share)) % of the drive; at its end \(report.trust)")
    add("UTC steps", "system clock \(report.systemSteps), receiver \(report.gnssSteps)")
    if report.gnssOffsetSeconds.isFinite {
      add(
        "system clock less GNSS",
        "\(number(report.gnssOffsetSeconds)) s +- \(number(report.gnssSpreadSeconds)) s; a fix "
          + "arrives \(number(report.gnssLatencySeconds)) s after its epoch")
    }
    for (index, bus) in buses.enumerated() where index < report.frameAgeSeconds.count {
      let age = report.frameAgeSeconds[index]
      if age.isFinite { add("frame age on \(bus)", "\(number(1e3 * age)) ms") }
    }
    return facts
  }

  /// Three decimals.
  private func number(_ value: Double) -> String {
    value.isFinite && value.magnitude < 1e12 ? "\((value * 1e3).rounded() / 1e3)" : "unknown"
  }
}
