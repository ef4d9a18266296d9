import Control
import DriveConfiguration
import Plant
import Signals
import Simulation
import TestSupport
import Testing
import Units

/// The inputs of a whole drive, so that the step can be run again without the plant.
private func recordedInputs(seconds: Double) throws -> (DriveConfiguration, [Inputs]) {
  let configuration = try course()
  let loop = ClosedLoop(
    configuration: configuration, start: TruckStart(east: 25, north: 0, heading: 0), seed: 2,
    releaseAfter: .milliseconds(2_000))
  var inputs: [Inputs] = []
  for _ in 0..<Int(seconds * 100) {
    loop.step()
    inputs.append(loop.inputs)
  }
  return (configuration, inputs)
}

@Suite struct Step {
  private static var isOptimised: Bool { !_isDebugAssertConfiguration() }

  @Test(
    .enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"),
    .enabled(if: isOptimised, "counts are those of a release build"))
  func makesNoHeapCall() throws {
    let (configuration, inputs) = try recordedInputs(seconds: 40)
    var controller = Controller(configuration: configuration.controller)
    let route = configuration.route
    var worst: UInt64 = 0
    var moved = false
    for (index, input) in inputs.enumerated() {
      let calls = heapCalls {
        let outputs = controller.step(input, route: route.span)
        moved = moved || outputs.state.speed.value > 3
      }
      // The first cycles build the runtime's metadata; hosts step once before real time starts.
      if index > 10 { worst = max(worst, calls) }
    }
    #expect(moved, "the recorded drive did not move, so little of the step was run")
    #expect(worst == 0)
    var sink: [Int] = []
    #expect(heapCalls { sink.append(1) } > 0, "a count that cannot rise proves nothing")
  }

  /// The frame table has 12 kB, a cycle's inputs 11 kB, the thresholds of health and stop 1.6 kB: one
  /// copy of them in a getter that is called for each frame is a third of the step's time.
  @Test(
    .enabled(if: canCountHeapCalls, "copies cannot be seen under a sanitizer"),
    .enabled(if: isOptimised, "a debug build copies what it reads"))
  func copiesNothingLargerThanItsOutputs() throws {
    let (configuration, inputs) = try recordedInputs(seconds: 20)
    let route = configuration.route
    var controller = Controller(configuration: configuration.controller)
    var outputs = Outputs()
    var input = Inputs()
    var worst: UInt64 = 0
    for recorded in inputs {
      input = recorded
      let largest = largestCopy { outputs = controller.step(input, route: route.span) }
      worst = max(worst, largest)
    }
    #expect(outputs.state.speed.value > 3, "the recorded drive did not move")
    #expect(worst <= UInt64(MemoryLayout<Outputs>.size), "of \(worst) bytes")
    var copy: ControllerConfiguration?
    #expect(
      largestCopy { copy = controller.configuration } >= MemoryLayout<ControllerConfiguration>.size
        && copy != nil, "a size that cannot rise proves nothing")
  }

  /// record A == replay(A), and a replay with one changed message differs.
  @Test func givesTheSameOutputsForTheSameInputs() throws {
    let (configuration, inputs) = try recordedInputs(seconds: 30)
    var drive = Controller(configuration: configuration.controller)
    let changed = try #require(
      inputs.firstIndex { drive.step($0, route: configuration.route.span).state.speed.value > 3 },
      "a standing truck's wheel speeds change little")
    func replay(_ change: (inout Inputs) -> Void) -> UInt64 {
      var controller = Controller(configuration: configuration.controller)
      var hash = FieldHash()
      let route = configuration.route
      for (index, recorded) in inputs.enumerated() {
        var input = recorded
        // Two cycles, because a wheel speed comes every other one.
        if index == changed || index == changed + 1 { change(&input) }
        var outputs = controller.step(input, route: route.span)
        outputs.visit(&hash)
      }
      return hash.hash
    }
    let original = replay { _ in }
    #expect(replay { _ in } == original)
    #expect(
      replay { input in
        var frames = FrameBatch()
        for i in 0..<input.frames.count {
          var frame = input.frames[i]
          // Each wheel 1/256 km/h faster: flipped bits could cancel in the mean of an axle.
          if frame.identifier == 0x08FE_6E0B { frame.words[0] &+= 0x0001_0001_0001_0001 }
          frames.append(frame)
        }
        input.frames = frames
      } != original)
  }

  /// Whatever the inputs hold, the step ends and commands no torque from MANUAL.
  @Test(arguments: 1...20)
  func anyInputsEndWithoutATrap(seed: UInt64) throws {
    let configuration = try course()
    var controller = Controller(configuration: configuration.controller)
    let route = configuration.route
    var bits = RandomFields(random: RandomWords(seed: seed), share: 8)
    for cycle in 0..<200 {
      var inputs = Inputs()
      inputs.visit(&bits)
      if cycle % 3 == 0 { inputs.now = Instant(nanoseconds: Int64(cycle) * 10_000_000) }
      let outputs = controller.step(inputs, route: route.span)
      if outputs.mode != .autonomous { #expect(outputs.command.driveTorque == .zero) }
      #expect(outputs.command.brakeDeceleration.isFinite && outputs.command.curvature.isFinite)
    }
  }
}
