import SafeStop
import Signals
import Units

/// One cause in words: when, what was read, against which limit, from where, and what ends it.
package struct ExplainedCause: Sendable {
  package let cause: Cause
  package let meaning: String
  /// What was read; empty where somebody asked.
  package let quantity: String
  package let source: String
  package let clears: String
  package let wayOn: String
  /// The debounce of its row, beyond which it counts.
  package let debounce: Interval

  package init(_ cause: Cause, _ names: Names) {
    self.cause = cause
    let text = ReasonText(cause.reason)
    meaning = text.meaning
    wayOn = text.wayOn
    let check = cause.source == .check ? HealthCheck(rawValue: cause.index) : nil
    let row = check.map { names.health[$0] }
    debounce = row?.debounce ?? .zero
    switch row?.clear ?? .whenGone {
    case .whenGone: clears = "when it is gone; a stop by an acknowledge at standstill then"
    case .atAcknowledge: clears = "by an acknowledge at standstill, its cause gone"
    }
    switch cause.source {
    case .none: (quantity, source) = ("", "unknown")
    case .check:
      quantity = check?.quantity ?? ""
      source = Self.place(cause.reading, names)
    case .message:
      quantity = "age of what the message last told"
      source = names.message(Int(cause.index))
    case .supervisor:
      (quantity, source) = (
        "stop that the supervisor demands (\(Self.levels))",
        "the supervisor thread, by sensors of its own"
      )
    case .request:
      (quantity, source) = ("stop that is asked for (\(Self.levels))", "the control socket")
    case .guardian:
      (quantity, source) = ("time for which it stops the truck", "tulpar-guardian")
    case .ladder: (quantity, source) = (Self.escalation(cause.reason), "the stop itself")
    }
  }

  private static var levels: String { "2 comfort stop, 3 emergency stop" }

  private static func escalation(_ reason: Reason) -> String {
    switch reason {
    case .brakeNotObeyed: "speed lost in this stop"
    case .offPath: "distance from the path in this stop"
    default: "distance that this speed needs to stop"
    }
  }

  private static func place(_ reading: Reading, _ names: Names) -> String {
    if let channel = reading.channelRead {
      guard let row = names.row(of: channel) else { return "signal \(channel)" }
      return "signal \(channel), \(names.message(row))"
    }
    return reading.bus == Reading.nothing ? "several signals" : names.bus(reading.bus)
  }

  package var level: String { Self.name(cause.level) }

  package static func name(_ level: StopLevel) -> String {
    switch level {
    case .nominal: "nominal"
    case .degraded: "degraded"
    case .comfortStop: "comfort stop"
    case .emergencyStop: "emergency stop"
    }
  }

  /// What was read against which limit; empty where somebody asked.
  package var readingText: String {
    guard cause.reading.unit != .none else { return "" }
    // Without a debounce the time since the condition began tells nothing that the reading does not.
    guard debounce > .zero else { return "\(quantity): \(cause.reading.text)" }
    let lasted = (cause.foundAt - cause.since).seconds
    return "\(quantity): \(cause.reading.text), for \(rounded(max(lasted, 0))) s "
      + "(counts after \(rounded(debounce.seconds)) s)"
  }

  package func stateText(_ clock: StoryClock) -> String {
    cause.goneAt == .never ? "holds still" : "gone at \(clock.text(cause.goneAt))"
  }

  /// Lines for a person, the first without indent.
  package func lines(_ clock: StoryClock) -> [String] {
    var lines = ["\(clock.text(cause.foundAt))  \(level): \(meaning) (\(cause.reason))"]
    if !readingText.isEmpty { lines.append("  \(readingText)") }
    lines.append("  from \(source)")
    lines.append("  \(stateText(clock)); clears \(clears)")
    if cause.goneAt == .never { lines.append("  needs: \(wayOn)") }
    return lines
  }

  package func json(_ clock: StoryClock) -> String {
    var members = JSONList()
    members.add("reason", "\(cause.reason)")
    members.add("meaning", meaning)
    members.add("level", "\(cause.level)")
    members.add("time", clock.seconds(cause.foundAt))
    members.add("utc", clock.utc(cause.foundAt))
    members.add("began", clock.seconds(cause.since))
    members.add("gone", cause.goneAt == .never ? .nan : clock.seconds(cause.goneAt))
    members.add("holds", raw: "\(cause.goneAt == .never)")
    members.add("quantity", quantity)
    members.add("reading", cause.reading.unit == .none ? .nan : cause.reading.value)
    members.add("limit", cause.reading.unit == .none ? .nan : cause.reading.limit)
    members.add("unit", cause.reading.unit.symbol)
    members.add("relation", cause.reading.unit == .none ? "" : "\(cause.reading.relation)")
    members.add("debounce", debounce.seconds)
    members.add("from", "\(cause.source)")
    members.add("source", source)
    members.add("clears", clears)
    members.add("needs", wayOn)
    return members.text
  }
}
