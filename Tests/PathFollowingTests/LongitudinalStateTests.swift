import PathFollowing
import Testing

/// Longitudinal control: driving, stopping and standstill hold are explicit.
@Suite struct LongitudinalStates {
  private typealias State = LongitudinalState
  private static let all: [State] = [.holding, .movingOff, .driving, .stopping]

  private func next(
    _ state: State, _ change: (inout State.Events) -> Void
  ) -> (state: State, action: State.Action) {
    var (state, events) = (state, State.Events())
    change(&events)
    let action = state.handle(events)
    return (state, action)
  }

  @Test func aHoldIsLeftOnlyByMovingOff() {
    #expect(next(.holding) { _ in }.action == .hold)
    #expect(next(.holding) { $0.mustStop = true }.action == .hold)
    #expect(next(.holding) { ($0.mustStop, $0.mayMove) = (true, true) }.state == .holding)
    #expect(next(.holding) { $0.mayMove = true }.state == .movingOff)
  }

  @Test func aMoveOffEndsInDrivingOrInAHold() {
    #expect(next(.movingOff) { _ in } == (.movingOff, .drive))
    #expect(next(.movingOff) { $0.rolls = true } == (.driving, .drive))
    #expect(next(.movingOff) { $0.hasArrived = true } == (.holding, .hold))
  }

  @Test(arguments: all) func aStopEndsAtStandstillInAHold(_ state: LongitudinalState) {
    let stops = next(state) { $0.mustStop = true }
    #expect(stops == (state == .holding ? (.holding, .hold) : (.stopping, .stop)))
    #expect(next(state) { ($0.mustStop, $0.stands) = (true, true) } == (.holding, .hold))
  }

  @Test func aStopThatIsWithdrawnInMotionIsDrivenOn() {
    #expect(next(.stopping) { _ in } == (.driving, .drive))
    #expect(next(.driving) { _ in } == (.driving, .drive))
    #expect(next(.driving) { $0.hasArrived = true } == (.holding, .hold))
  }
}
