import Foundation
import PathFollowing
import Signals
import TestSupport
import Testing
import Units

/// The way back to the path is planned within what steering and gate allow (architecture.md 4).
@Suite struct SteeringPlanTests {
  private func loop(
    _ route: [RoutePiece], at speed: Double, rate: Double = 0.35, delay: Double = 0.05
  ) -> ClosedLoop {
    var loop = ClosedLoop(route: route)
    loop.plant = ReferencePlant(steeringDelay: delay)
    loop.plant.steeringRate = rate
    loop.plant.u = speed
    loop.parameters.steeringRate = RadiansPerSecond(rate)
    loop.parameters.steeringDelay = .seconds(delay)
    loop.limits.speedCapHere = MetresPerSecond(speed)
    return loop
  }

  /// Seconds until the truck stays within 0.1 m of the path.
  private func settle(_ loop: inout ClosedLoop, from deviation: Double) -> Double {
    loop.plant.y = deviation
    var settled = 0.0
    for cycle in 0..<2_000 {
      loop.step()
      if loop.plant.y.magnitude > 0.1 { settled = Double(cycle) * 0.01 }
    }
    return settled
  }

  @Test(arguments: [
    (8, 3, 0.35, 0.05), (13.9, 3, 0.35, 0.05), (8, 2, 0.1, 0.05), (13.9, 2, 0.1, 0.5),
    (22.2, 2, 0.35, 0.3),
  ])
  func theWayBackTakesNoLongerThanWithoutAPlan(
    speed: Double, deviation: Double, rate: Double, delay: Double
  ) {
    var planned = loop(RouteMaker.straight(1_500), at: speed, rate: rate, delay: delay)
    var plain = planned
    plain.configuration.planShare = 0
    #expect(settle(&planned, from: deviation) < settle(&plain, from: deviation) + 0.1)
    #expect((planned.lateral.min() ?? -1) > -0.06)
    #expect(!planned.follower.check.isDistrusted)
    #expect(!planned.follower.lateral.plan.isActive)
  }

  /// A bend that the wheel cannot follow is begun before it, and left by what must be.
  @Test(arguments: [(0.1, 13.9, 30.0), (0.05, 13.9, 40), (0.1, 8.3, 20)])
  func aBendTooSharpForTheWheelIsNotLost(rate: Double, speed: Double, length: Double) {
    var worst = [0.0, 0.0]
    for (place, share) in [0.7, 0].enumerated() {
      var loop = loop(RouteMaker.laneChange(over: length, speed: speed), at: speed, rate: rate)
      loop.limits.speedCapHere = MetresPerSecond(.infinity)
      loop.configuration.planShare = share
      for _ in 0..<3_000 where loop.plant.x < 100 + 4 * length { loop.step() }
      worst[place] = loop.lateral.map(\.magnitude).max() ?? .infinity
    }
    #expect(worst[0] < 1.5 && worst[0] < 0.5 * worst[1], "\(worst)")
  }

  /// R-MOT-8: lateral acceleration and jerk of the way back.
  @Test func theWayBackKeepsItsBounds() {
    var loop = loop(RouteMaker.straight(1_500), at: 10)
    loop.limits.steering.lateralAcceleration = MetresPerSecondSquared(0.6)
    loop.limits.steering.lateralJerk = MetresPerSecondCubed(0.8)
    loop.plant.y = 2
    var (most, jerk) = (0.0, 0.0)
    for _ in 0..<2_000 {
      let before = loop.plant.delta
      loop.step()
      let square = loop.plant.u * loop.plant.u
      most = max(most, square * tan(loop.plant.delta).magnitude / 3.6)
      jerk = max(jerk, square * (loop.plant.delta - before).magnitude / 3.6 / 0.01)
    }
    #expect(most > 0.3 && most < 0.63, "\(most)")
    // Half as much again is the feedback's, which holds a lagging wheel to the plan.
    #expect(jerk < 1.3, "\(jerk)")
    #expect(loop.plant.y.magnitude < 0.05)
  }

  /// With nothing in the way the law is what it is without a plan.
  @Test func onThePathThereIsNoPlan() {
    var planned = loop(RouteMaker.winding(), at: 10)
    var plain = planned
    plain.configuration.planShare = 0
    for _ in 0..<2_500 {
      planned.step()
      plain.step()
      #expect(!planned.follower.lateral.plan.isActive)
    }
    #expect(planned.lateral == plain.lateral)
  }

  @Test(.enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"))
  func planningMakesNoHeapCalls() {
    var loop = loop(RouteMaker.straight(600), at: 10)
    loop.plant.y = 2
    for _ in 0..<20 { loop.step() }
    let state = loop.state()
    let route = loop.route
    let limits = loop.limits
    var follower = loop.follower
    #expect(follower.lateral.plan.isActive)
    let calls = heapCalls {
      for _ in 0..<100 {
        let path = follower.locate(
          state: state, route: route.span, parameters: loop.parameters,
          configuration: loop.configuration)
        _ = follower.step(
          request: .drive, state: state, path: path, route: route.span, limits: limits,
          parameters: loop.parameters, configuration: loop.configuration)
      }
    }
    #expect(calls == 0)
  }
}
