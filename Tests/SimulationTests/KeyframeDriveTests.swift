import Control
import DriveConfiguration
import Signals
import Simulation
import TestSupport
import Testing
import Units

/// Architecture 3: a drive is gone on with from a keyframe, bit for bit.
@Suite struct KeyframeDrives {
  private struct Recorded {
    var loop: ClosedLoop
    var inputs: [Inputs] = []

    /// Armed, driven, stopped by a lost sensor, acknowledged and driven on.
    static func eventful() throws -> Recorded {
      var recorded = Recorded(loop: try courseLoop(seed: 4))
      for cycle in 0..<4_500 {
        if cycle == 2_000 { try recorded.loop.fault("gnss off") }
        if cycle == 2_400 { recorded.loop.send(.stop) }
        if cycle == 2_700 { try recorded.loop.fault("gnss on") }
        if cycle == 3_300 { recorded.loop.send(.acknowledge) }
        recorded.loop.step()
        recorded.inputs.append(recorded.loop.inputs)
      }
      return recorded
    }
  }

  private static func words<T: Visitable>(_ value: T) -> [UInt64] {
    var copy = value
    var writer = WordWriter<1_024>()
    copy.visit(&writer)
    return writer.failed ? [] : (0..<writer.count).map { writer.words[$0] }
  }

  private static func words(_ keyframe: Keyframe) -> [UInt64] {
    (0..<keyframe.count).map { keyframe.words[$0] }
  }

  @Test func goOnFromAnyCycleBitForBit() throws {
    let drive = try Recorded.eventful()
    let configuration = drive.loop.configuration
    let route = configuration.route
    var controller = Controller(configuration: configuration.controller)
    var random = RandomWords(seed: 11)
    var keyframe = Keyframe()
    var modes: Set<Mode> = []
    // From five cycles to the end of the drive; from the others one cycle, after which equal words
    // of state leave nothing to differ.
    var late: [(cycle: Int, keyframe: Keyframe)] = []
    var outputs: [[UInt64]] = []
    for (cycle, inputs) in drive.inputs.enumerated() {
      let isTried = random.next(below: 20) == 0
      if isTried || cycle % 900 == 450 {
        controller.save(to: &keyframe)
        if cycle % 900 == 450 { late.append((cycle, keyframe)) }
      }
      let decided = controller.step(inputs, route: route.span)
      outputs.append(Self.words(decided))
      modes.insert(decided.mode)
      guard isTried else { continue }
      var restored = Controller(configuration: configuration.controller)
      let isTaken = restored.resume(from: keyframe)
      let again = Self.words(restored.step(inputs, route: route.span))
      try #require(isTaken && again == outputs[cycle], "cycle \(cycle)")
      var after = (Keyframe(), Keyframe())
      controller.save(to: &after.0)
      restored.save(to: &after.1)
      try #require(Self.words(after.0) == Self.words(after.1), "after cycle \(cycle)")
    }
    #expect(modes.isSuperset(of: [.manual, .armed, .autonomous, .stopping, .held]))
    #expect(late.count == 5)
    for (start, keyframe) in late {
      var restored = Controller(configuration: configuration.controller)
      let isTaken = restored.resume(from: keyframe)
      try #require(isTaken)
      for cycle in start..<drive.inputs.count {
        let again = restored.step(drive.inputs[cycle], route: route.span)
        try #require(Self.words(again) == outputs[cycle], "cycle \(cycle) from \(start)")
      }
    }
  }

  /// A keyframe of a hostile file is read before anything else is known of it.
  @Test(arguments: 1...30)
  func anyStateEndsWithoutATrap(seed: UInt64) throws {
    let configuration = try course()
    var bits = RandomFields(random: RandomWords(seed: seed), share: 1 + seed % 16)
    var made = Controller(configuration: configuration.controller)
    made.visit(&bits)
    var keyframe = Keyframe()
    made.save(to: &keyframe)
    var controller = Controller(configuration: configuration.controller)
    _ = controller.resume(from: keyframe)
    for cycle in 0..<20 {
      var inputs = Inputs()
      inputs.visit(&bits)
      inputs.now = Instant(nanoseconds: Int64(cycle) * 10_000_000)
      let outputs = controller.step(inputs, route: configuration.route.span)
      #expect(outputs.cycle == inputs.cycle)
    }
  }

  private static var isOptimised: Bool { !_isDebugAssertConfiguration() }

  @Test(
    .enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"),
    .enabled(if: isOptimised, "counts are those of a release build"))
  func areSavedWithoutAHeapCall() throws {
    var controller = Controller(configuration: try course().controller)
    var keyframe = Keyframe()
    controller.save(to: &keyframe)
    #expect(heapCalls { controller.save(to: &keyframe) } == 0)
    #expect(!keyframe.failed && keyframe.count > 2_000)
  }
}
