import BorderZone
import Records
import SafeStop
import Signals
import Units

/// Why the truck stands or drives as it does in one cycle, and what would let it go on.
package struct Explanation: Sendable {
  package let headline: String
  /// Cause first: in the order in which they were found.
  package let causes: [ExplainedCause]
  /// What must be done to go on, in the order in which it is asked.
  package private(set) var needs: [String] = []
  /// Of a truck that may drive: what keeps its speed from being higher.
  package private(set) var limit = ""
  /// Failing rows of the arming table, while nobody drives or what was armed waits.
  package private(set) var refusals: [ArmingText.Refusal] = []
  private let outputs: Outputs
  private let clock: StoryClock

  package init(_ outputs: Outputs, _ names: Names, _ clock: StoryClock) {
    self.outputs = outputs
    self.clock = clock
    let causes = (0..<outputs.causes.count).map { ExplainedCause(outputs.causes[$0], names) }
    self.causes = causes
    headline = Self.headline(outputs, causes, names)
    if outputs.mode == .manual || outputs.motion.obstacle == .notReady
      || outputs.motion.obstacle == .trailerUnverified
    {
      refusals = ArmingText.refusals(outputs, names)
    }
    needs = Self.needs(outputs, causes, refusals, names)
    if outputs.mode == .autonomous, outputs.motion.limiter != .none {
      limit = Self.limit(outputs, names)
    }
  }

  private static func headline(
    _ outputs: Outputs, _ causes: [ExplainedCause], _ names: Names
  ) -> String {
    let speed = rounded(outputs.state.speed.value) + " m/s"
    // Standstill is certain only a second after it began.
    let crawls = outputs.state.speed.value.magnitude < 0.05
    let stands =
      outputs.state.isStandstill
      ? "it stands" : crawls ? "it seems to stand" : "it moves at \(speed)"
    let reason = ReasonText(outputs.demand.reason).meaning
    switch outputs.mode {
    case .manual: return "not driven: \(stands), in MANUAL, nobody armed it"
    case .shadow: return "not driven: it only listens (SHADOW), a driver has the truck"
    case .stopping: return "stopping: \(reason) (\(outputs.demand.reason)), \(stands)"
    case .held: return "held after a stop: \(reason) (\(outputs.demand.reason))"
    case .armed: return "armed, and not moving: \(obstacle(outputs, names))"
    case .autonomous:
      if !outputs.state.isStandstill {
        return crawls ? "about to move, or coming to rest" : "moving at \(speed)"
      }
      return outputs.motion.obstacle == .none
        ? "about to move" : "not moving: \(obstacle(outputs, names))"
    }
  }

  private static func obstacle(_ outputs: Outputs, _ names: Names) -> String {
    guard outputs.motion.obstacle == .noAuthority, let line = names.line(outputs.holdLine) else {
      return outputs.motion.obstacle.text
    }
    let room = outputs.authority.stopTarget.value - outputs.path.frontStation.value
    let isEnd = outputs.holdLine == Int64(names.lines.count) - 1
    let place = isEnd ? "the end of the route, \(line)," : "hold line \(line), not released,"
    return "\(place) is \(rounded(room)) m ahead, and it moves off only with more than "
      + "\(rounded(names.moveOffDistance.value)) m"
  }

  private static func needs(
    _ outputs: Outputs, _ causes: [ExplainedCause], _ refusals: [ArmingText.Refusal],
    _ names: Names
  ) -> [String] {
    var needs: [String] = []
    for cause in causes where cause.cause.goneAt == .never {
      let need = "\(cause.wayOn) (\(cause.cause.reason))"
      // Control and supervisor may have found the same.
      if !needs.contains(need) { needs.append(need) }
    }
    needs += refusals.map { "\($0.name) (\($0.requirement)): \($0.satisfiedBy)" }
    switch outputs.mode {
    case .manual: needs.append("`tulpar tell SOCKET arm`")
    case .shadow: needs.append("a daemon without --shadow")
    case .stopping: needs.append("standstill, and parking brakes that confirm it")
    case .held: needs.append("`tulpar tell SOCKET acknowledge`, once no cause holds")
    case .armed, .autonomous:
      switch outputs.motion.obstacle {
      case .none, .notArmed, .stopInForce, .trailerUnverified, .notReady: break
      case .noAuthority:
        let isEnd = outputs.holdLine == Int64(names.lines.count) - 1
        if let line = names.line(outputs.holdLine), !isEnd { needs.append("release of \(line)") }
        if isEnd { needs.append("another mission: this one ends here") }
      case .offRoute: needs.append("a position on the route, trusted")
      case .brakePathTripped: needs.append("the independent brake path cleared")
      case .positionSuspect: needs.append("10 s of a sound position: \(position(outputs))")
      case .brakesWeak: needs.append("brakes that are mended: \(Self.brakes(outputs))")
      case .personsUnprotected:
        needs.append("the field clear for 3 s, the attendant's enable held")
      case .parkingBrakesUnconfirmed: needs.append("parking brakes that confirm that they are set")
      case .vehicleAhead:
        needs.append("nothing: it moves when the way is free; now \(outputs.motion.ahead.text)")
      case .warning: needs.append("nothing: it moves in less than 3 s")
      case .releasing: needs.append("parking brakes released and drive engaged, by feedback")
      }
    }
    return needs
  }

  private static func limit(_ outputs: Outputs, _ names: Names) -> String {
    let cap = rounded(outputs.speedCap.value) + " m/s"
    let front = outputs.path.frontStation.value
    switch outputs.motion.limiter {
    case .none: return ""
    case .stop: return "a stop is in force"
    case .stopTarget:
      let left = rounded(outputs.authority.stopTarget.value - front)
      let line = names.line(outputs.holdLine) ?? "the end of its authority"
      return "the braking curve to \(line), \(left) m ahead"
    case .route: return "a bend or the posted speed of the route"
    case .zoneAhead:
      let left = rounded(outputs.motion.capStation.value - front)
      let zone = Self.zone(at: outputs.motion.capStation, names) ?? "a zone"
      return "the braking curve to \(zone), \(left) m ahead, whose cap is "
        + "\(rounded(outputs.motion.capAhead.value)) m/s"
    case .zone: return "the cap of \(names.zone(outputs.zone) ?? "a zone that it touches"), \(cap)"
    case .truck: return "the highest speed of the profile, \(cap)"
    case .cruise: return "the cruise speed of the profile"
    case .degraded: return "the cap of a degraded state, \(cap)"
    case .protectiveField: return "the range of the protective field, \(cap)"
    case .vehicleAhead: return outputs.motion.ahead.text
    case .position: return "the cap of a doubtful position, \(cap): \(position(outputs))"
    case .brakes: return "what the brakes are counted on for, \(cap): \(brakes(outputs))"
    case .acceleration: return "nothing: it accelerates as it may"
    }
  }

  /// The trust, and which tests of the receiver are behind it (R-GNSS-4).
  private static func position(_ outputs: Outputs) -> String {
    let names = IntegrityText.names(outputs.state.integrity.sinceTrusted)
    return "\(outputs.state.trust)" + (names.isEmpty ? "" : ", " + names.joined(separator: ", "))
  }

  /// S-8: what was measured, and what is counted on.
  private static func brakes(_ outputs: Outputs) -> String {
    let found = outputs.brakes
    return "they gave \(rounded(found.share.value * 100)) % of what was demanded, "
      + "\(rounded(found.assumed.value)) m/s2 are counted on"
  }

  private static func zone(at station: Metres, _ names: Names) -> String? {
    for index in 0..<names.zoneTable.zoneCount where names.zoneTable.zones[index].start == station {
      return names.zone(Int64(index))
    }
    return nil
  }

  /// For a person.
  package var text: String {
    var lines = [headline]
    if !causes.isEmpty {
      lines += ["", "causes, the first one first:"]
      for cause in causes { lines += cause.lines(clock).map { "  " + $0 } }
    }
    if outputs.causes.missed > 0 { lines.append("  and \(outputs.causes.missed) more") }
    if !limit.isEmpty {
      let speed = outputs.targetSpeed.value
      lines += ["", "speed now planned as \(rounded(speed)) m/s, limited by: \(limit)"]
    }
    if !needs.isEmpty { lines += ["", "to go on it needs:"] + needs.map { "  - " + $0 } }
    let position = IntegrityText.lines(outputs.state)
    if !position.isEmpty { lines += [""] + position }
    lines += ["", "UTC: \(outputs.clock.trust.text) (\(outputs.clock.trust))"]
    return lines.joined(separator: "\n") + "\n"
  }

  package var json: String {
    var members = JSONList()
    members.add("mode", "\(outputs.mode)")
    members.add("headline", headline)
    members.add("speed", outputs.state.speed.value)
    members.add("standstill", raw: "\(outputs.state.isStandstill)")
    members.add("level", "\(outputs.demand.level)")
    members.add("reason", "\(outputs.demand.reason)")
    members.add("obstacle", "\(outputs.motion.obstacle)")
    members.add("limiter", "\(outputs.motion.limiter)")
    members.add("limit", limit)
    members.add("vehicleAhead", "\(outputs.motion.ahead.phase)")
    members.add("gap_m", outputs.motion.ahead.gap.value)
    members.add("vehicleAheadSpeed", outputs.motion.ahead.speed.value)
    members.add("causes", causes.map { $0.json(clock) })
    members.add("missedCauses", raw: "\(outputs.causes.missed)")
    members.add("needs", needs.map(JSONText.quoted))
    members.add(
      "arming",
      refusals.map { row in
        var refusal = JSONList()
        refusal.add("check", row.check)
        refusal.add("requirement", row.requirement)
        refusal.add("name", row.name)
        refusal.add("needs", row.satisfiedBy)
        return refusal.text
      })
    members.add("position", raw: IntegrityText.json(outputs.state))
    members.add("brakes", raw: Self.brakes(outputs.brakes))
    members.add("clock", raw: Self.clock(outputs.clock))
    return members.text
  }

  /// S-8: what the brakes were found to give; a JSON object.
  package static func brakes(_ account: BrakeAccount) -> String {
    var members = JSONList()
    members.add("share", account.share.value)
    members.add("lastShare", account.lastShare.value)
    members.add("brakings", raw: "\(account.brakings)")
    members.add("assumed_mps2", account.assumed.value)
    members.add("comfortCurve_mps2", account.comfort.value)
    members.add("emergencyCurve_mps2", account.emergency.value)
    members.add("endsTrip", raw: "\(account.endsTrip)")
    return members.text
  }

  /// S-28: by what UTC is trusted, and by how much the sources differ; a JSON object.
  package static func clock(_ report: ClockReport) -> String {
    var members = JSONList()
    members.add("trust", "\(report.trust)")
    members.add("meaning", report.trust.text)
    members.add("allowsCommit", raw: "\(report.allowsCommit)")
    members.add("gnssOffset_s", report.gnssOffsetSeconds)
    members.add("gnssSpread_s", report.gnssSpreadSeconds)
    members.add("gnssLatency_s", report.gnssLatencySeconds)
    members.add("systemSteps", raw: "\(report.systemSteps)")
    members.add("gnssSteps", raw: "\(report.gnssSteps)")
    return members.text
  }
}
