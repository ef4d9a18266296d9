import Signals
import Units

/// What a reader of a drive wants told: changes of mode, demand, faults, trust, zone and authority.
struct ChangeLog {
  struct Change {
    /// Foxglove's numbers.
    enum Level: Int { case info = 2, warning, error }
    let level: Level
    let name: String
    let text: String

    func json(at now: Instant) -> [UInt8] {
      var members = JSONMembers()
      members.put(timestamp: now.nanoseconds)
      members.put("level", raw: "\(level.rawValue)")
      members.put("message", text)
      members.put("name", name)
      members.put("file", "")
      members.put("line", raw: "0")
      return members.bytes
    }
  }

  private var previous: Outputs?

  mutating func take(_ outputs: Outputs, zones: [String], lines: [String]) -> [Change] {
    defer { previous = outputs }
    var changes: [Change] = []
    func add(_ level: Change.Level, _ name: String, _ text: String) {
      changes.append(Change(level: level, name: name, text: text))
    }
    if outputs.mode != previous?.mode { add(.info, "mode", "mode \(outputs.mode)") }
    if outputs.demand != previous?.demand {
      let level: Change.Level =
        switch outputs.demand.level {
        case .nominal: .info
        case .degraded: .warning
        case .comfortStop, .emergencyStop: .error
        }
      add(level, "demand", "\(outputs.demand.level) because \(outputs.demand.reason)")
    }
    let faults = previous?.faults ?? Faults()
    if outputs.faults != faults {
      for raw in 0..<UInt8(Reason.count) {
        guard let reason = Reason(rawValue: raw) else { continue }
        let holds = outputs.faults.contains(reason)
        guard holds != faults.contains(reason) else { continue }
        add(holds ? .warning : .info, "fault", "\(reason) \(holds ? "began" : "ended")")
      }
    }
    if outputs.state.trust != previous?.state.trust {
      add(.info, "position", "position \(outputs.state.trust)")
    }
    let tripped = outputs.state.integrity.tripped
    let before = previous?.state.integrity.tripped ?? GNSSTestSet()
    for test in tripped.symmetricDifference(before) {
      let holds = tripped.contains(test)
      add(
        holds ? .warning : .info, "receiver",
        "test of the receiver \(holds ? "trips" : "is clean"): \(test)")
    }
    let ahead = outputs.motion.ahead.phase
    if ahead != previous?.motion.ahead.phase ?? .absent {
      add(.info, "vehicle ahead", "vehicle ahead \(ahead)")
    }
    if outputs.zone != previous?.zone { add(.info, "zone", Self.name(zones, outputs.zone)) }
    if outputs.holdLine != previous?.holdLine {
      add(.info, "authority", "may drive to \(Self.name(lines, outputs.holdLine))")
    }
    if outputs.notReady != previous?.notReady, !outputs.mode.isDriven {
      add(.info, "arming", "not ready to arm: \(outputs.notReady)")
    }
    return changes
  }

  static func name(_ names: [String], _ index: Int64) -> String {
    guard index >= 0 else { return "none" }
    guard let place = Int(exactly: index), names.indices.contains(place) else { return "\(index)" }
    return names[place]
  }
}
