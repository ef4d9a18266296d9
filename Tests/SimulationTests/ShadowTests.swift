import ActuatorGate
import BorderZone
import Control
import DriveConfiguration
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// A second stack that only listens to a truck which somebody else drives.
private final class Listener {
  let configuration: DriveConfiguration
  private var controller: Controller
  private(set) var outputs = Outputs()
  private(set) var comparison = ShadowComparison()
  private var isReleased = false
  /// Identifiers that this listener does not hear.
  var deafTo: UInt32?

  init(_ configuration: DriveConfiguration) {
    self.configuration = configuration
    controller = Controller(configuration: configuration.controller)
  }

  func hear(_ heard: Inputs) {
    var inputs = heard
    inputs.records = TruckRecords()
    inputs.records.listensOnly = true
    inputs.factCount = 0
    inputs.guardian = GuardianReport()
    if !isReleased {
      for line in 0..<configuration.controller.zones.lineCount {
        var fact = Fact()
        fact.kind = .release
        fact.argument = UInt32(line)
        inputs.append(fact)
      }
      isReleased = true
    }
    if let deafTo {
      var frames = FrameBatch()
      for i in 0..<heard.frames.count where heard.frames[i].identifier != deafTo {
        frames.append(heard.frames[i])
      }
      inputs.frames = frames
    }
    let route = configuration.route
    outputs = controller.step(inputs, route: route.span)
    var sample = ShadowSample()
    sample.now = inputs.now
    comparison.step(outputs, sample)
  }
}

/// S-24: what the stack would have done beside what the driver does.
@Suite struct Shadow {
  private func drive(
    _ listener: Listener, seconds: Double,
    until isDone: (ClosedLoop) -> Bool = { _ in false },
    during: (ClosedLoop, Listener) -> Void = { _, _ in }
  ) throws -> ClosedLoop {
    let loop = ClosedLoop(
      configuration: try course(), start: TruckStart(east: 25, north: 0, heading: 0), seed: 31,
      releaseAfter: .milliseconds(2_000))
    for _ in 0..<Int(seconds * 100) where !isDone(loop) {
      loop.step()
      during(loop, listener)
      listener.hear(loop.inputs)
      #expect(listener.outputs.mode == .shadow)
    }
    return loop
  }

  /// A driver who drives as the stack would is found to: the differences are those of noise.
  @Test func aDriverLikeOurselvesDiffersLittle() throws {
    let listener = Listener(try course())
    let loop = try drive(listener, seconds: 300) { $0.isComplete }
    try #require(loop.isComplete)
    let comparison = listener.comparison
    #expect((comparison.metres - loop.outputs.state.odometer.value).magnitude < 10)
    #expect(comparison.curvature.rootMeanSquare < 0.003)
    #expect(comparison.speed.rootMeanSquare < 1.5)
    #expect(comparison.lonelyStops == 0, "\(comparison.stop(0))")
    // The driver halted at a line that the listener takes as released.
    #expect(comparison.driverStops >= 1)
    #expect(comparison.curvature.percentile(0.5) <= comparison.curvature.percentile(0.95))
    #expect(comparison.curvature.percentile(0.99) <= comparison.curvature.worst)
  }

  /// A driver faster than we would drive shows as such, beside one who drives as we would: our
  /// target falls from the driver's speed at comfort, and we would brake where he does not.
  @Test func aDriverWhoIsFasterIsSeen() throws {
    let like = Listener(try course())
    _ = try drive(like, seconds: 40)
    var slow = try course()
    slow.controller.limits.speedCap = MetresPerSecond(3)
    let listener = Listener(slow)
    _ = try drive(listener, seconds: 40)
    #expect(listener.comparison.speed.mean < like.comparison.speed.mean - 0.2)
    #expect(listener.comparison.deceleration.mean > like.comparison.deceleration.mean + 0.2)
  }

  /// Our stop that the driver did not make is counted once, with its reason.
  @Test func aStopOfOursAloneIsReported() throws {
    let listener = Listener(try course())
    _ = try drive(listener, seconds: 45) { _ in
      false
    } during: { loop, listener in
      let isDeaf = loop.truth.time > 22 && loop.truth.time < 36
      listener.deafTo = isDeaf ? 0x18FF_1121 : nil
    }
    let comparison = listener.comparison
    #expect(comparison.lonelyStops == 1 && comparison.stopCount == 1)
    #expect(comparison.stop(0).reason == .bodyStale)
    #expect(comparison.stop(0).level == .emergencyStop, "the stop line is in that message (S-20)")
    #expect(comparison.stop(0).speed.value > 2)
  }
}
