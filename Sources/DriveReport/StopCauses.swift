import Explanation
import Signals
import Units
import Vehicle

extension ReportStop {
  /// With the causes of the stop that was in force when the truck came to rest.
  func explained(by survey: DriveSurvey) -> ReportStop {
    guard reason != nil else { return self }
    let rest = survey.start + .seconds(at)
    let stop = survey.story.stops.last { stop in
      stop.began <= rest && (stop.endedAt.map { $0 > rest } ?? true)
    }
    guard let stop else { return self }
    var names = Names(survey.configuration)
    names.messages = survey.profile?.receiveNames ?? []
    var told = self
    told.causes = (0..<stop.outputs.causes.count).map {
      StopCause(ExplainedCause(stop.outputs.causes[$0], names), survey.story.clock(.zero))
    }
    return told
  }
}

extension StopCause {
  init(_ explained: ExplainedCause, _ clock: StoryClock) {
    let cause = explained.cause
    at = clock.seconds(cause.foundAt)
    level = explained.level
    meaning = explained.meaning
    reason = "\(cause.reason)"
    reading = explained.readingText
    source = explained.source
    state = explained.stateText(clock)
    clears = explained.clears
    needs = explained.wayOn
  }
}

extension ReportEvent {
  /// What happens from the first cause of a stop until the truck stands belongs to its row.
  func linked(to stops: [ReportStop]) -> ReportEvent {
    guard attention >= .warning else { return self }
    var linked = self
    linked.stop = stops.firstIndex { stop in
      guard let first = stop.causes.first else { return false }
      return first.at - 0.05 <= at && at <= stop.at
    }
    return linked
  }
}
