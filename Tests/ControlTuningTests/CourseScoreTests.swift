import ControlTuning
import Testing

struct CourseScoreTests {
  private func drive(
    _ error: Double, _ rate: Double = 0.02, _ jerk: Double = 0.3, fault: String? = nil
  ) -> DriveMeasures {
    var measures = DriveMeasures()
    measures.errorRMS = error
    measures.steeringRateRMS = rate
    measures.lateralJerkRMS = jerk
    measures.fault = fault
    return measures
  }

  /// Two courses, of which the second is ten times as hard.
  private var reference: CourseScores {
    CourseScores(drives: [[drive(0.03), drive(0.04)], [drive(0.3), drive(0.4)]])
  }

  @Test func `a hard course does not outweigh an easy one`() {
    let found = CourseScores(drives: [[drive(0.06), drive(0.08)], [drive(0.15), drive(0.2)]])
    #expect((found.ratio(.error, to: reference) - 1.25).magnitude < 1e-12)
    #expect((found.ratio(.error, to: reference, seed: 1) - 1.25).magnitude < 1e-12)
    #expect((reference.value(.error, course: 0) - 0.00125.squareRoot()).magnitude < 1e-12)
  }

  @Test func `activity beyond what is allowed costs more than it gains`() {
    let goal = TuningGoal(activity: 1)
    #expect((goal.cost(reference, reference: reference) - 1).magnitude < 1e-12)
    let calm = CourseScores(drives: [[drive(0.024), drive(0.032)], [drive(0.24), drive(0.32)]])
    #expect((goal.cost(calm, reference: reference) - 0.8).magnitude < 1e-12)
    let busy = CourseScores(
      drives: [
        [drive(0.015, 0.03), drive(0.02, 0.03)], [drive(0.15, 0.03), drive(0.2, 0.03)],
      ])
    #expect(goal.cost(busy, reference: reference) > 2)
    #expect(TuningGoal(activity: 1.5).cost(busy, reference: reference) < 0.51)
    let lost = CourseScores(
      drives: [[drive(0.01), drive(0.01)], [drive(0.01), drive(0.01, fault: "offPath")]])
    #expect(goal.cost(lost, reference: reference) == .infinity)
    #expect(lost.fault == "offPath")
  }

  private func judged(_ errors: [Double], rate: Double = 0.02, fault: String? = nil)
    -> HeldOutJudgement.Verdict
  {
    let now = CourseScores(drives: [errors.map { _ in drive(0.1) }])
    let found = CourseScores(drives: [errors.map { drive($0, rate, fault: fault) }])
    return HeldOutJudgement(found, reference: now, goal: TuningGoal(activity: 1)).verdict
  }

  private func isRefused(_ verdict: HeldOutJudgement.Verdict, _ words: String) -> Bool {
    guard case .refused(let reason) = verdict else { return false }
    return reason.contains(words)
  }

  @Test func `only a gain beyond the scatter of the held-out seeds is proposed`() {
    #expect(judged([0.080, 0.082, 0.079, 0.081]) == .proposed)
    #expect(isRefused(judged([0.05, 0.11, 0.06, 0.12]), "within their scatter"))
    #expect(isRefused(judged([0.12, 0.12, 0.12, 0.12]), "within their scatter"))
    #expect(isRefused(judged([0.0991, 0.0992, 0.0991, 0.0992]), "less than 2 %"))
    #expect(isRefused(judged([0.080, 0.082, 0.079, 0.081], rate: 0.025), "steering rate is more"))
    #expect(isRefused(judged([0.080, 0.082], fault: "offPath"), "inadmissible: offPath"))
  }

  /// Student's interval of 0.8, 0.8, 0.8, 0.84 from a table: 3.182 * 0.02 / 2.
  @Test func `the scatter is the 95 percent interval over the seeds`() {
    let now = CourseScores(drives: [[drive(1), drive(1), drive(1), drive(1)]])
    let found = CourseScores(drives: [[drive(0.8), drive(0.8), drive(0.8), drive(0.84)]])
    let ratio = HeldOutJudgement(found, reference: now, goal: TuningGoal(activity: 1)).ratios[0]
    #expect((ratio.mean - 0.81).magnitude < 1e-12)
    #expect((ratio.scatter - 3.182 * 0.01).magnitude < 1e-6)
  }
}
