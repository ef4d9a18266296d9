import Records
import Signals
import Units
import WireCodec

/// S-5: every message of the profile comes as often as the profile says.
struct MessagePeriods: Procedure {
  private struct Row {
    var count = 0
    var unsound = 0
    var first = Instant.never
    var last = Instant.never
    var longest = Interval.zero
  }

  private let context: CommissioningContext
  private var rows: [Row]
  private var began = Instant.never
  private var now = Instant.never

  init(_ context: CommissioningContext) {
    self.context = context
    rows = Array(repeating: Row(), count: context.frames.receiveCount)
  }

  mutating func take(_ sample: CommissioningSample) {
    if began == .never { began = sample.now }
    now = sample.now
    for arrival in sample.arrivals where rows.indices.contains(arrival.row) {
      var row = rows[arrival.row]
      if row.count == 0 {
        row.first = arrival.at
      } else {
        row.longest = max(row.longest, arrival.at - row.last)
      }
      row.count += 1
      if !arrival.isSound { row.unsound += 1 }
      row.last = arrival.at
      rows[arrival.row] = row
    }
  }

  private var elapsed: Double { began == .never ? 0 : (now - began).seconds }

  var progress: ProcedureProgress {
    ProcedureProgress(
      elapsed / context.limits.listeningTime,
      "\(Int(context.limits.listeningTime)) s of listening, \(Int(elapsed)) s are done")
  }

  func finding() -> CommissioningEntry? {
    guard progress.isComplete else { return nil }
    var faults: [String] = []
    var worst = (deviation: 0.0, name: "", uncertainty: 0.0)
    for (index, row) in rows.enumerated() {
      let expected = context.frames.receive[index]
      let name = context.name(ofRow: index)
      guard row.count > 1 else {
        // What nothing stops for may be an option that this truck has not got.
        if expected.lossLevel > .nominal { faults.append("\(name) never came") }
        continue
      }
      let span = (row.last - row.first).seconds
      let period = span / Double(row.count - 1)
      let deviation = period / expected.period.seconds - 1
      if deviation.magnitude >= worst.deviation.magnitude {
        // A frame's place within its period, at both ends.
        worst = (deviation, name, period / max(span, period))
      }
      let milliseconds = CommissioningEntry.number((period * 1e5).rounded() / 100)
      if deviation.magnitude > context.limits.period {
        faults.append(
          "\(name) comes every \(milliseconds) ms, the profile says "
            + "\(CommissioningEntry.number(expected.period.seconds * 1e3)) ms")
      }
      // Also before its first frame and after its last.
      let away = max(row.longest, max(row.first - began, now - row.last))
      if away > expected.freshness {
        faults.append(
          "\(name) was away for \(CommissioningEntry.number(away.seconds)) s, stale after "
            + "\(CommissioningEntry.number(expected.freshness.seconds)) s")
      }
      if Double(row.unsound) > context.limits.unsoundShare * Double(row.count) {
        faults.append("\(name): \(row.unsound) of \(row.count) frames fail their checks")
      }
    }
    let limit = "period +- \(CommissioningEntry.number(100 * context.limits.period)) %"
    guard faults.isEmpty else { return .failed(faults.joined(separator: ", "), limit: limit) }
    return .passed(
      .init(100 * worst.deviation, uncertainty: 100 * worst.uncertainty, unit: "%"), limit: limit,
      note: "largest deviation of \(rows.count) messages: \(worst.name)")
  }
}

/// S-20: the line tells each press and each release, and both wires agree.
struct EmergencyStopLine: Procedure {
  private enum Place { case unknown, released, pressed, torn }

  private let context: CommissioningContext
  private var place = Place.unknown
  private var seen = Place.unknown
  private var since = Instant.never
  private var now = Instant.never
  private var presses = 0
  private var releases = 0
  private var tornSince = Instant.never
  private var longestTear = 0.0
  private var movedWhilePressed = false
  private static var steady: Interval { .milliseconds(500) }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    now = sample.now
    let found = Self.look(sample, hasInverse: context.receives(.emergencyStopLineInverse))
    if found == .torn {
      if tornSince == .never { tornSince = now }
      longestTear = max(longestTear, (now - tornSince).seconds)
    } else {
      tornSince = .never
    }
    if found != seen {
      seen = found
      since = now
    }
    guard now - since >= Self.steady, seen != place else { return }
    switch seen {
    case .pressed:
      if place == .released { presses += 1 }
      if sample.reading.speed.magnitude > 0.3 { movedWhilePressed = true }
      place = seen
    case .released:
      if place == .pressed { releases += 1 }
      place = seen
    case .torn, .unknown: break
    }
  }

  private static func look(_ sample: CommissioningSample, hasInverse: Bool) -> Place {
    guard
      let line = sample.signals[.emergencyStopLine].fresh(at: sample.now, within: .seconds(1))
    else { return .unknown }
    let isPressed = line != 0
    guard hasInverse else { return isPressed ? .pressed : .released }
    guard
      let inverse = sample.signals[.emergencyStopLineInverse].fresh(
        at: sample.now, within: .seconds(1))
    else { return .unknown }
    let saysReleased = inverse == 1
    guard isPressed != saysReleased else { return .torn }
    return isPressed ? .pressed : .released
  }

  private var needed: Int { context.limits.emergencyStopPresses }

  var progress: ProcedureProgress {
    let done = Double(min(presses, needed) + min(releases, needed)) / Double(2 * needed)
    if longestTear > context.limits.wireDisagreement { return ProcedureProgress(1, "") }
    let now =
      switch place {
      case .unknown: "the line tells nothing yet"
      case .released: "the line reads released"
      case .pressed: "the line reads pressed"
      case .torn: "the wires disagree"
      }
    return ProcedureProgress(
      done, "\(presses) of \(needed) presses and \(releases) releases were seen, \(now)")
  }

  func finding() -> CommissioningEntry? {
    let limit = "wires agree within \(CommissioningEntry.number(context.limits.wireDisagreement)) s"
    guard context.receives(.emergencyStopLine) else {
      return .failed("the profile receives no emergency_stop_line", limit: limit)
    }
    if longestTear > context.limits.wireDisagreement {
      return .failed(
        "the two wires of the stop line disagreed for \(CommissioningEntry.number(longestTear)) s",
        limit: limit)
    }
    if movedWhilePressed { return .failed("the truck moved; press at standstill", limit: limit) }
    guard progress.isComplete else {
      // Who pressed and ended the step has found a line that is dead.
      return .failed("the line did not follow the button: \(progress.missing)", limit: limit)
    }
    return .passed(
      .init(longestTear, uncertainty: context.period(of: .emergencyStopLine).seconds, unit: "s"),
      limit: limit,
      note: "\(presses) presses and \(releases) releases")
  }
}
