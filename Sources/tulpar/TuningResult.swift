import ControlTuning

/// What a search found, and what the held-out seeds say of it.
struct TuningResult {
  struct Evaluated {
    let choice: WeightChoice
    let scores: CourseScores
  }

  /// In the order of the search; the profile's own weights first.
  private(set) var evaluated: [Evaluated] = []
  let reference: CourseScores
  /// The best that the search found; nil where nothing betters the profile's.
  let best: Evaluated?
  /// Of the profile's weights and of the best on the held-out seeds.
  let heldOut: (reference: CourseScores, best: CourseScores, judgement: HeldOutJudgement)?

  /// - Parameter scores: of choices, on the searched seeds or on those held out.
  init(
    current: WeightChoice, goal: TuningGoal, evaluations: Int, profile: String,
    scores: ([WeightChoice], _ isSearch: Bool) throws -> [CourseScores]
  ) throws {
    guard let reference = try scores([current], true).first else {
      throw CommandFailure.failed("profile \(profile): nothing was driven")
    }
    if let fault = reference.fault {
      throw CommandFailure.failed(
        "profile \(profile): its own weights are inadmissible, so there is nothing to compare with: "
          + fault)
    }
    let search = WeightSearch(
      ranges: LateralWeight.allCases.map(\.range), start: current.hundredths, budget: evaluations)
    var evaluated: [Evaluated] = []
    let found = try search.run { points in
      let choices = points.map { WeightChoice(hundredths: $0) }
      let values = try scores(choices, true)
      evaluated += zip(choices, values).map { Evaluated(choice: $0, scores: $1) }
      return values.map { goal.cost($0, reference: reference) }
    }
    self.evaluated = evaluated
    self.reference = reference
    var least = 0
    for index in found.indices where found[index].cost < found[least].cost { least = index }
    guard least > 0 else {
      best = nil
      heldOut = nil
      return
    }
    let best = evaluated[least]
    self.best = best
    let judged = try scores([current, best.choice], false)
    if let fault = judged[0].fault {
      throw CommandFailure.failed(
        "profile \(profile): its own weights are inadmissible on a held-out seed: \(fault)")
    }
    heldOut = (
      judged[0], judged[1], HeldOutJudgement(judged[1], reference: judged[0], goal: goal)
    )
  }

  /// Nil where nothing is proposed.
  var proposed: WeightChoice? { heldOut?.judgement.verdict == .proposed ? best?.choice : nil }
}
