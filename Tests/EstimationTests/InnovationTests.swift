import Estimation
import Foundation
import Signals
import TestSupport
import Testing
import Units

/// What a report shows of the estimator is what the estimator judged by.
@Suite struct InnovationTests {
  /// A jump of 3 m east and 2 m north shows as that, refused beyond R-GNSS-4's gate.
  @Test func aJumpShowsAsLongAsItIs() {
    var world = SensorWorld(seed: 2)
    world.start(speed: 5)
    world.run(10)
    let before = world.estimator.innovations.position
    #expect(before.count > 90)
    #expect(before.isAccepted)
    world.fixOffset = (3, 2)
    world.run(0.3)
    let after = world.estimator.innovations.position
    #expect(after.count > before.count)
    #expect((after.east.value - 3).magnitude < 0.3)
    #expect((after.north.value - 2).magnitude < 0.3)
    #expect(after.square > world.configuration.positionGate)
    #expect(!after.isAccepted)
  }

  /// Sensors that are as noisy as they say give innovations of about unit variance.
  @Test func soundSensorsScatterByTheirSigma() {
    var world = SensorWorld(seed: 7)
    world.fixSigma = 0.05
    world.start(speed: 5)
    world.run(10)
    var squares = (fix: 0.0, heading: 0.0)
    var counts = (fix: 0.0, heading: 0.0)
    var last = world.estimator.innovations
    world.run(100) {
      let now = $0.estimator.innovations
      if now.position.count != last.position.count {
        squares.fix += now.position.square
        counts.fix += 1
      }
      if now.heading.count != last.heading.count {
        squares.heading += now.heading.normalised * now.heading.normalised
        counts.heading += 1
      }
      last = now
    }
    #expect(counts.fix > 900 && counts.heading > 900)
    // Two degrees of freedom, and one.
    #expect(squares.fix / counts.fix > 1 && squares.fix / counts.fix < 3)
    #expect(squares.heading / counts.heading > 0.3 && squares.heading / counts.heading < 2)
  }

  /// A step of the wheel speed that a truck could just do is beyond any 99 % bound; its sign shows.
  @Test(arguments: [0.3, -0.3]) func aStepOfTheWheelSpeedShowsItsSign(step: Double) {
    var world = SensorWorld(seed: 3)
    world.start(speed: 5)
    world.run(10)
    world.shownSpeed = world.plant.u * world.wheelScale + step
    world.run(0.02)
    let shown = world.estimator.innovations.wheelSpeed.normalised
    #expect(shown.magnitude > 2.58)
    #expect((shown > 0) == (step > 0))
  }
}
