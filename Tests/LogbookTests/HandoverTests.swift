import Control
import Logbook
import Recording
import Signals
import TestSupport
import Testing
import Units

/// What the control thread does for the recording: it never waits, allocates nothing, and knows what
/// it could not hand over.
@Suite struct HandingOver {
  private static var isOptimised: Bool { !_isDebugAssertConfiguration() }

  @Test(
    .enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"),
    .enabled(if: isOptimised, "counts are those of a release build"))
  func costsNoHeapCall() {
    let handover = CycleHandover(capacity: 64)
    var source = CycleSource(handover)
    var controller = Controller(configuration: ControllerConfiguration())
    var inputs = Inputs()
    inputs.cycle = 1
    let outputs = Outputs()
    source.begin(&controller, cycle: inputs.cycle)
    source.end(&controller, inputs, outputs)
    handover.askForKeyframe()
    // 63 that find room, one of them with the core's state, then 100 that do not.
    let calls = heapCalls {
      for _ in 0..<163 {
        source.begin(&controller, cycle: inputs.cycle)
        source.end(&controller, inputs, outputs)
      }
    }
    #expect(calls == 0)
    #expect(handover.drops == 100)
  }

  /// After a gap the drive can be read on from the core's state, or not at all.
  @Test func aGapEndsWithTheCoresState() {
    let handover = CycleHandover(capacity: 4)
    var source = CycleSource(handover)
    var controller = Controller(configuration: ControllerConfiguration())
    var inputs = Inputs()
    func hand() {
      inputs.beginCycle(at: inputs.now + .milliseconds(10))
      source.begin(&controller, cycle: inputs.cycle)
      source.end(&controller, inputs, Outputs())
    }
    for _ in 0..<6 { hand() }
    #expect(handover.drops == 2)
    var taken: [UInt64] = []
    var whole: [UInt64] = []
    func take() {
      var cycle = RecordedCycle()
      var hasKeyframe = false
      guard handover.take(&cycle, keyframe: { _ in hasKeyframe = true }) else { return }
      taken.append(cycle.inputs.cycle)
      if hasKeyframe { whole.append(cycle.inputs.cycle) }
    }
    for _ in 0..<4 { take() }
    hand()
    hand()
    for _ in 0..<2 { take() }
    #expect(taken == [1, 2, 3, 4, 7, 8])
    #expect(whole == [7])
  }
}
