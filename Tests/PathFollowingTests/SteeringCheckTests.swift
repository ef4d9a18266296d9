import Foundation
import PathFollowing
import Signals
import TestSupport
import Testing
import Units

/// S-18: a second, independent and simple law checks the first, and steers in its stead.
@Suite struct SteeringCheckTests {
  private func loop(_ route: [RoutePiece], at speed: Double) -> ClosedLoop {
    var loop = ClosedLoop(route: route)
    loop.plant.u = speed
    return loop
  }

  /// Steps, and answers the worst disagreement as a share of the limit.
  private func drive(_ loop: inout ClosedLoop, cycles: Int) -> Double {
    var worst = 0.0
    for _ in 0..<cycles {
      loop.step()
      worst = max(worst, loop.follower.check.disagreement)
    }
    return worst
  }

  private func worst(_ loop: ClosedLoop) -> Double {
    loop.lateral.map(\.magnitude).max() ?? .infinity
  }

  @Test(arguments: [(3, 3000), (8, 3000), (10, 3000)])
  func theTwoAgreeOnAWindingRoute(speed: Int, cycles: Int) {
    var loop = loop(RouteMaker.winding(), at: Double(speed))
    loop.isNoisy = true
    #expect(drive(&loop, cycles: cycles) < 0.9)
    #expect(!loop.follower.check.isDistrusted)
  }

  /// 0.1 to 0.5 s of delay, 0.1 to 0.5 rad/s.
  @Test(arguments: [(0.1, 0.1), (0.1, 0.5), (0.5, 0.1), (0.5, 0.5)])
  func theTwoAgreeWithSlowSteering(rate: Double, delay: Double) {
    var loop = loop(RouteMaker.laneChange(over: 50, speed: 13.9), at: 13.9)
    loop.plant = ReferencePlant(steeringDelay: delay)
    loop.plant.u = 13.9
    loop.plant.steeringRate = rate
    loop.parameters.steeringRate = RadiansPerSecond(rate)
    loop.parameters.steeringDelay = .seconds(delay)
    #expect(drive(&loop, cycles: 2_500) < 0.9)
  }

  /// The first law inverts a truck that slides as none does.
  @Test(arguments: [0.2, 0.5, 5])
  func aCorruptLearntValueIsFoundAndTheTruckStopsOnItsPath(learnt: Double) {
    var loop = loop(RouteMaker.winding(), at: 8)
    loop.limits.speedCapHere = MetresPerSecond(8)
    _ = drive(&loop, cycles: 600)
    #expect(!loop.follower.check.doubt.isCrossed)
    loop.rearAxleSlipLearnt = learnt
    var cycles = 0
    while !loop.follower.check.isDistrusted, cycles < 500 {
      loop.step()
      cycles += 1
    }
    #expect(loop.follower.check.doubt.isCrossed)
    #expect(loop.follower.check.doubt.unit == .radians)
    loop.request = .stop
    loop.runToStop(seconds: 30)
    #expect(loop.plant.u < 0.001)
    // No gate bounds the wheel here.
    #expect(worst(loop) < 0.9)
    // At rest nothing disagrees, and the first law is not yet believed.
    #expect(!loop.follower.check.doubt.isCrossed && loop.follower.check.isDistrusted)
    loop.request = .standby
    loop.step()
    #expect(!loop.follower.check.isDistrusted)
  }

  /// No number is no angle to differ by: the second law steers in the same cycle.
  @Test func aCommandThatIsNoNumberIsReplacedAtOnce() {
    var loop = loop(RouteMaker.winding(), at: 8)
    _ = drive(&loop, cycles: 800)
    let before = loop.output.command.curvature.value
    loop.configuration.lateralDamping = .nan
    loop.step()
    #expect(loop.follower.check.isDistrusted)
    #expect(loop.follower.check.doubt.isCrossed && loop.follower.check.doubt.value.isNaN)
    #expect((loop.output.command.curvature.value - before).magnitude < 0.002)
    _ = drive(&loop, cycles: 2_000)
    #expect(worst(loop) < 0.4)
  }

  /// The second law alone, from a crawl to 80 km/h, from beside the path.
  @Test(arguments: [(1, 0.05, 0.35), (8, 0.5, 0.1), (13.9, 0.1, 0.5), (22.2, 0.05, 0.35)])
  func theSecondLawComesBackToThePathWithoutSwinging(speed: Double, delay: Double, rate: Double) {
    var loop = loop(RouteMaker.straight(1_500), at: speed)
    loop.plant = ReferencePlant(steeringDelay: delay)
    loop.plant.steeringRate = rate
    loop.plant.u = speed
    loop.plant.y = 1.5
    loop.parameters.steeringRate = RadiansPerSecond(rate)
    loop.parameters.steeringDelay = .seconds(delay)
    loop.limits.speedCapHere = MetresPerSecond(speed)
    loop.configuration.lateralDamping = .nan
    _ = drive(&loop, cycles: 4_000)
    #expect(loop.plant.y.magnitude < 0.05)
    #expect((loop.lateral.min() ?? -1) > -0.3)
  }

  @Test(arguments: [30, 50, 80])
  func theSecondLawDrivesALaneChange(speed: Int) {
    let speed = Double(speed) / 3.6
    var loop = loop(RouteMaker.laneChange(over: max(4 * speed, 28), speed: speed), at: speed)
    loop.configuration.lateralDamping = .nan
    _ = drive(&loop, cycles: 1_500)
    #expect(worst(loop) < 0.4)
  }

  /// While a person drives the wheel is elsewhere, and nothing is proved by it.
  @Test func nothingIsJudgedWhileAPersonDrives() {
    var loop = loop(RouteMaker.straight(600), at: 8)
    loop.limits.isObeyed = false
    loop.rearAxleSlipLearnt = 5
    loop.plant.y = 1.5
    #expect(drive(&loop, cycles: 300) > 1)
    #expect(!loop.follower.check.isDistrusted)
  }
}
