import Estimation
import Foundation
import Signals
import TestSupport
import Testing
import Units

/// What the estimator finds out of truck and receiver on the way.
@Suite struct LearningTests {
  /// A rear axle that slips by a third more or less than the profile says is found in bends, to the
  /// side that it errs to, and the pose does not suffer from it.
  @Test(arguments: [0.008, 0.016]) func theRearAxlesSlipIsLearntInBends(slip: Double) {
    var world = SensorWorld(seed: 6)
    world.plant.slip = slip
    world.start(speed: 12)
    var worst = 0.0
    world.run(60) {
      $0.steer = 0.03 * sin(Double($0.cycle) * 0.01 * 0.7)
      if $0.cycle > 2_000 { worst = max(worst, $0.positionError) }
    }
    let learnt = world.state.rearAxleSlipLearnt
    #expect((learnt - (slip - world.parameters.rearAxleSlip)).magnitude < 0.001, "\(learnt)")
    #expect(worst < 0.09, "\(worst)")
  }

  /// The yaw rate in bends tells how much more the truck understeers than the profile says.
  @Test(arguments: [0.0028, 0.0052]) func theUndersteerIsLearntInBends(understeer: Double) {
    var world = SensorWorld(seed: 6)
    world.plant.understeer = understeer
    world.start(speed: 15)
    world.run(120) { $0.steer = 0.03 * sin(Double($0.cycle) * 0.01 * 0.4) }
    let error = world.state.understeerLearnt - (understeer - world.parameters.understeerGradient)
    #expect(error.magnitude < 0.0007, "\(error)")
  }

  /// Where nothing shows it, nothing is learnt.
  @Test func nothingIsLearntOfTyresOnAStraight() {
    var world = SensorWorld(seed: 6)
    world.plant.slip = 0.02
    world.start(speed: 12)
    world.run(60)
    #expect(world.state.rearAxleSlipLearnt.magnitude < 0.001)
    #expect(world.state.understeerLearnt.magnitude < 0.0005)
  }

  /// Fixes that are off by what a receiver's slow error may be do not move a truck that knows where
  /// it started, and one that does not know says that it may be off by that much.
  @Test(arguments: [true, false]) func aSlowErrorOfTheFixesIsNotTheTrucks(isTold: Bool) {
    var world = SensorWorld(seed: 8)
    world.fixSigma = 0.1
    world.reportedSigma = 0.35
    world.fixOffset = (0.3, -0.2)
    if isTold { world.start(speed: 5) } else { world.plant.u = 5 }
    world.run(20)
    if isTold {
      #expect(world.positionError < 0.15, "\(world.positionError)")
      // In 20 s a third of what lasts a minute may have changed.
      #expect(world.state.sigmaEast.value < 0.3)
    } else {
      let off = (east: world.state.east.value - world.plant.x, world.state.north.value)
      #expect((off.east - 0.3).magnitude < 0.15)
      #expect(world.state.sigmaEast.value > 0.2 && world.state.sigmaNorth.value > 0.2)
    }
  }

  /// A receiver that gives no sigma is judged by how its fixes scatter.
  @Test(arguments: [0.02, 0.1, 0.3]) func aSilentReceiverIsJudgedByItsScatter(sigma: Double) {
    var world = SensorWorld(seed: 9)
    world.fixSigma = sigma
    world.reportedSigma = .nan
    world.start(speed: 5)
    world.run(10)
    var squares = 0.0
    var count = 0.0
    var last = world.estimator.innovations.position.count
    world.run(60) {
      let innovation = $0.estimator.innovations.position
      guard innovation.count != last else { return }
      last = innovation.count
      squares += innovation.square
      count += 1
    }
    // Two degrees of freedom, by a noise that is half as much again.
    #expect(squares / count > 1 && squares / count < 2.6, "\(squares / count)")
    // What scatters by 0.3 m may be off by more than a trusted position may.
    #expect(world.state.trust == (sigma < 0.2 ? .trusted : .suspect))
  }

  /// A correction reaches the pose by the time the next is due, and no cycle takes it all.
  @Test func aCorrectionIsSpreadOverTheReceiversPeriod() {
    var world = SensorWorld(seed: 10)
    world.fixSigma = 0.15
    world.reportedSigma = .nan
    world.start(speed: 0)
    world.run(10)
    world.plant.u = 5
    var worst = 0.0
    var turned = 0.0
    world.run(5)
    var before = world.state
    world.run(15) {
      let east = $0.state.east.value - before.east.value - $0.state.speed.value * 0.01
      worst = max(worst, east.magnitude)
      turned = max(turned, (before.heading.value - $0.state.heading.value).magnitude)
      before = $0.state
    }
    // All of it at once would be several times that.
    #expect(worst < 0.02, "\(worst)")
    #expect(turned < 0.001, "\(turned)")
  }
}
