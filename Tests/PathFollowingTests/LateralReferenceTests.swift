import Foundation
import PathFollowing
import Signals
import TestSupport
import Testing
import Units

extension RouteMaker {
  /// Curvature per metre of a quintic change of 3.5 m to the left over `length` and back again.
  static func laneChange(over length: Double, speed: Double) -> [RoutePiece] {
    func bend(_ metres: Double) -> Double {
      let t = min(max(metres / length, 0), 1)
      return 3.5 * (60 * t - 180 * t * t + 120 * t * t * t) / (length * length)
    }
    func curvature(_ s: Double) -> Double { bend(s - 100) - bend(s - 100 - 1.5 * length) }
    var maker = RouteMaker()
    maker.speedLimit = Float(speed)
    for k in 0..<Int(2 * (100 + 2.5 * length)) {
      maker.add(0.5, curvature(0.5 * Double(k)), curvature(0.5 * Double(k + 1)))
    }
    maker.add(500, 0, 0)
    return maker.pieces
  }

  /// One bend after the other, in which the posted speed changes every 60 m.
  static func unevenBends() -> [RoutePiece] {
    var maker = RouteMaker()
    for k in 0..<600 {
      func curvature(_ s: Double) -> Double { 0.006 * sin(2 * .pi * s / 300) * min(s / 100, 1) }
      maker.speedLimit = (k / 60).isMultiple(of: 2) ? 16.7 : 12
      maker.add(1, curvature(Double(k)), curvature(Double(k + 1)))
    }
    maker.add(500, 0, 0)
    return maker.pieces
  }
}

/// The wheel is led by the truck's model: a truck that is as told stays on its path.
@Suite struct LateralReferenceTests {
  private func drive(_ loop: inout ClosedLoop, from speed: Double, metres: Double) -> Double {
    loop.plant.u = speed
    loop.plant.drag = 0
    for _ in 0..<10_000 where loop.plant.x < metres { loop.step() }
    return loop.lateral.map(\.magnitude).max() ?? .infinity
  }

  @Test(arguments: [(30, 28.0, 0.015), (50, 50, 0.015), (80, 85, 0.06)])
  func aLaneChangeIsDrivenAsItIsDrawn(speed: Int, length: Double, bound: Double) {
    let speed = Double(speed) / 3.6
    var loop = ClosedLoop(route: RouteMaker.laneChange(over: length, speed: speed))
    #expect(drive(&loop, from: speed, metres: 100 + 3 * length) < bound)
    #expect(loop.plant.y.magnitude < 0.02)
  }

  /// The plan's acceleration is part of the wheel's.
  @Test func aChangeOfSpeedInABendLeavesThePathByLessThanCentimetres() {
    var loop = ClosedLoop(route: RouteMaker.unevenBends())
    let worst = drive(&loop, from: 12, metres: 500)
    #expect(worst < 0.015)
  }

  /// Steering that is slow but told: the preview needs less of its rate than it has.
  @Test(arguments: [(0.1, 0.05), (0.35, 0.3), (0.35, 0.5)])
  func slowSteeringIsLed(rate: Double, delay: Double) {
    var loop = ClosedLoop(route: RouteMaker.laneChange(over: 50, speed: 13.9))
    loop.plant = ReferencePlant(steeringDelay: delay)
    loop.plant.steeringRate = rate
    loop.parameters.steeringRate = RadiansPerSecond(rate)
    loop.parameters.steeringDelay = .seconds(delay)
    #expect(drive(&loop, from: 13.9, metres: 250) < 0.05)
  }

  struct Corner: Sendable {
    let steering, delay, tyres: Double
  }

  static let corners: [Corner] = [0.7, 1.3].flatMap { steering in
    [0.7, 1.3].flatMap { delay in
      [0.7, 1.3].map { Corner(steering: steering, delay: delay, tyres: $0) }
    }
  }

  /// Lag, dead time, understeer and slip 30 % off, all at once: no loss, and no swinging on after it.
  @Test(arguments: corners)
  func cornersOfTheModelStayInsideTheLane(corner: Corner) {
    var loop = ClosedLoop(route: RouteMaker.laneChange(over: 50, speed: 13.9))
    loop.plant = ReferencePlant(steeringDelay: 0.05 * corner.delay)
    loop.plant.steeringLag *= corner.steering
    loop.plant.understeer *= corner.tyres
    loop.plant.slip *= corner.tyres
    loop.plant.trailerSlip *= corner.tyres
    #expect(drive(&loop, from: 13.9, metres: 250) < 0.2)
    loop.lateral = []
    #expect(drive(&loop, from: loop.plant.u, metres: 350) < 0.12)
    loop.lateral = []
    #expect(drive(&loop, from: loop.plant.u, metres: 450) < 0.02)
  }
}
