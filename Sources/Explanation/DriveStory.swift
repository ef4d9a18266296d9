import Signals
import Units

/// The stops of a drive, from its cycles in order: each with all that was found during it, and how
/// it ended.
package struct DriveStory {
  package struct Stop: Sendable {
    package let began: Instant
    package var stoodAt: Instant?
    package var endedAt: Instant?
    package var ending = "it was not left by the end of the record"
    /// The last cycle of the stop, in which all its causes are known.
    package var outputs: Outputs
    package let utcOffset: Interval

    /// What began it; nil where only the demand is known.
    package var firstCause: Cause? {
      for i in 0..<outputs.causes.count where outputs.causes[i].level >= .comfortStop {
        return outputs.causes[i]
      }
      return nil
    }

    package var reason: Reason { firstCause?.reason ?? outputs.demand.reason }
  }

  package private(set) var stops: [Stop] = []
  package private(set) var start: Instant?
  package private(set) var end = Instant.never
  /// The last cycle, or that of the time which was asked for.
  package private(set) var last = Outputs()
  package private(set) var utcOffset = Interval.zero
  private var isStopping = false

  package init() {}

  package mutating func take(_ outputs: Outputs, at now: Instant, utcOffset: Interval) {
    if start == nil { start = now }
    end = now
    last = outputs
    self.utcOffset = utcOffset
    let isStop = outputs.mode == .stopping || outputs.mode == .held
    defer { isStopping = isStop }
    if isStop, !isStopping {
      stops.append(Stop(began: now, outputs: outputs, utcOffset: utcOffset))
      return
    }
    guard let index = stops.indices.last, stops[index].endedAt == nil else { return }
    guard isStop else {
      stops[index].endedAt = now
      switch outputs.mode {
      case .armed, .autonomous: stops[index].ending = "acknowledged"
      case .manual, .shadow: stops[index].ending = "the driver took over"
      case .stopping, .held: break
      }
      return
    }
    stops[index].outputs = outputs
    if outputs.state.isStandstill, stops[index].stoodAt == nil { stops[index].stoodAt = now }
  }

  package func clock(_ offset: Interval) -> StoryClock {
    StoryClock(start: start ?? Instant(nanoseconds: 0), utcOffset: offset)
  }

  /// One line a stop.
  package var list: [String] {
    stops.enumerated().map { index, stop in
      let clock = clock(stop.utcOffset)
      let level = ExplainedCause.name(stop.firstCause?.level ?? stop.outputs.demand.level)
      let ending =
        stop.endedAt.map { "\(stop.ending) at \(clock.text($0))" } ?? stop.ending
      return "\(index + 1). \(clock.text(stop.began))  \(level): "
        + "\(ReasonText(stop.reason).meaning) (\(stop.reason)); \(ending)"
    }
  }

  package func json(of stop: Stop, _ names: Names) -> String {
    let clock = clock(stop.utcOffset)
    var members = JSONList()
    members.add("time", clock.seconds(stop.began))
    members.add("utc", clock.utc(stop.began))
    members.add("reason", "\(stop.reason)")
    members.add("standstill", stop.stoodAt.map(clock.seconds) ?? .nan)
    members.add("ended", stop.endedAt.map(clock.seconds) ?? .nan)
    members.add("ending", stop.ending)
    members.add("explanation", raw: Explanation(stop.outputs, names, clock).json)
    return members.text
  }
}
