import Estimation
import Foundation
import Signals
import TestSupport
import Testing
import Units

@Suite struct TrackingTests {
  /// Winding at 12 m/s with delayed fixes: the delay alone would be 1.2 m.
  @Test(arguments: 1...5) func delayedFixesLeaveNoLag(seed: Int) {
    var world = SensorWorld(seed: UInt64(seed))
    world.start(speed: 12)
    var errors: [Double] = []
    world.run(60) {
      $0.steer = 0.03 * sin(Double($0.cycle) * 0.01 * 0.7)
      if $0.cycle > 300 { errors.append($0.positionError) }
    }
    let rms = (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
    #expect(rms < 0.04, "\(rms)")
    #expect(world.state.trust == .trusted && world.state.headingObserved)
  }

  /// Gyro bias, wheel scale and steering offset are found from GNSS.
  @Test func biasesAreLearnt() {
    var world = SensorWorld(seed: 3)
    world.hasVelocity = true
    world.wheelScale = 1.01
    world.gyroBias = 0.004
    world.plant.steeringOffset = 0.006
    world.start(speed: 10)
    world.run(180) { $0.steer = 0.02 * sin(Double($0.cycle) * 0.01 * 0.4) - 0.006 }
    #expect((world.estimator.gyroBias.value - 0.004).magnitude < 0.0007)
    #expect((world.estimator.wheelScale - 1.01).magnitude < 0.004)
    #expect((world.estimator.steeringOffset.value - 0.006).magnitude < 0.003)
  }

  /// The antenna is not the rear axle.
  @Test func leverArmIsTakenOff() {
    var world = SensorWorld(seed: 4)
    world.parameters.antennaForward = Metres(3.2)
    world.parameters.antennaLeft = Metres(-0.8)
    world.start(speed: 4)
    world.steer = 0.25
    var worst = 0.0
    world.run(30) { worst = max(worst, $0.positionError) }
    #expect(worst < 0.15)
  }

  /// Normalised errors of position stay near what the covariance claims: neither a filter that
  /// believes itself too much nor one that never trusts.
  @Test func covarianceIsHonest() {
    var squared = 0.0
    var count = 0.0
    for seed in 1...8 {
      var world = SensorWorld(seed: UInt64(seed))
      world.start(speed: 10)
      world.run(40) {
        $0.steer = 0.03 * sin(Double($0.cycle) * 0.01 * 0.5)
        guard $0.cycle > 500, $0.cycle % 50 == 0 else { return }
        let sigma = $0.state.sigmaEast.value * $0.state.sigmaNorth.value
        squared += $0.positionError * $0.positionError / sigma
        count += 1
      }
    }
    // Two degrees of freedom; the fixes' sigma is raised to the floor on purpose.
    #expect(squared / count < 3 && squared / count > 0.2, "\(squared / count)")
  }

  @Test func articulationFollowsTheTrailer() {
    var world = SensorWorld(seed: 5)
    world.start(speed: 3)
    world.steer = 0.2
    world.run(40)
    let truth = world.plant.psi - world.plant.psi2
    #expect((world.state.articulation.value - truth).magnitude < 0.02)
    #expect(truth > 0.3)
  }
}

@Suite struct HeadingTests {
  /// S-9: a parked truck with one antenna knows its position and not its heading.
  @Test func headingOfAParkedTruckIsUnknown() {
    var world = SensorWorld(seed: 1)
    world.hasHeading = false
    world.run(20)
    #expect(!world.state.headingObserved)
  }

  /// S-9: it is known after a straight creep.
  @Test func aStraightCreepTellsTheHeading() {
    var world = SensorWorld(seed: 2)
    world.hasHeading = false
    world.plant.psi = 2.2
    world.plant.psi2 = 2.2
    world.run(5)
    world.plant.u = 1
    world.run(5)
    #expect(!world.state.headingObserved)
    world.run(15)
    #expect(world.state.headingObserved)
    #expect((world.state.heading.value - 2.2).magnitude < 0.03)
  }

  /// A creep in a bend tells nothing.
  @Test func aBendIsNoCreep() {
    var world = SensorWorld(seed: 2)
    world.hasHeading = false
    world.plant.u = 1.5
    world.steer = 0.3
    world.plant.delta = 0.3
    world.run(20)
    #expect(!world.state.headingObserved)
  }

  @Test func aBaselineTellsTheHeadingAtOnce() {
    var world = SensorWorld(seed: 2)
    world.plant.psi = -1.2
    world.run(2)
    #expect(world.state.headingObserved)
    #expect((world.state.heading.value + 1.2).magnitude < 0.02)
    #expect(world.positionError < 0.1)
  }
}

@Suite struct TrustTests {
  /// R-DR-1: dead reckoning is bounded by time and distance, and then is no position.
  @Test func anOutageEndsInLost() {
    var world = SensorWorld(seed: 1)
    world.start(speed: 5)
    world.run(10)
    #expect(world.state.trust == .trusted)
    world.hasFix = false
    world.run(4)
    #expect(world.state.trust == .deadReckoning)
    #expect(world.positionError < 0.5)
    world.run(7)
    #expect(world.state.trust == .lost)
    world.hasFix = true
    world.run(4)
    #expect(world.state.trust == .trusted)
    #expect(world.positionError < 0.15)
  }

  /// R-GNSS-4: a receiver that jumps is not followed.
  @Test func aJumpOfTheReceiverIsRefused() {
    var world = SensorWorld(seed: 2)
    world.start(speed: 5)
    world.run(10)
    world.fixOffset = (3, 2)
    world.run(3)
    #expect(world.positionError < 0.3)
    #expect(world.state.trust.rawValue < PositionTrust.trusted.rawValue)
  }

  /// One outlier is left out and costs no trust.
  @Test func aSingleOutlierIsLeftOut() {
    var world = SensorWorld(seed: 2)
    world.start(speed: 5)
    world.run(10)
    world.fixOffset = (5, 0)
    world.run(0.1)
    world.fixOffset = (0, 0)
    world.run(1)
    #expect(world.state.trust == .trusted)
    #expect(world.positionError < 0.1)
  }

  /// A receiver that stays elsewhere for ten seconds, in agreement with odometry, is believed.
  @Test func aConsistentReceiverIsBelievedAgain() {
    var world = SensorWorld(seed: 3)
    world.start(speed: 3)
    world.run(5)
    world.fixOffset = (4, 0)
    world.run(30)
    let east = world.state.east.value - world.plant.x
    #expect((east - 4).magnitude < 0.3)
  }

  /// Half a second without wheel speed, then the slow message alone.
  @Test func slowSpeedReplacesWheelSpeed() {
    var world = SensorWorld(seed: 4)
    world.start(speed: 8)
    world.run(5)
    world.hasSpeed = false
    world.run(10) { $0.acceleration = -0.3 }
    #expect((world.state.speed.value - world.plant.u).magnitude < 0.3)
  }
}

@Suite struct StandstillTests {
  /// S-6: two sources, for a time.
  @Test func standstillNeedsTwoSources() {
    var world = SensorWorld(seed: 1)
    world.run(2.01)
    #expect(world.state.isStandstill && world.state.speed == .zero)
    world.set(.vehicleSpeed, 2)
    world.step()
    #expect(!world.state.isStandstill)
  }

  /// The gyro's bias is learnt while standing, and the heading stands with the truck.
  @Test func standingTeachesTheGyroBias() {
    var world = SensorWorld(seed: 2)
    world.gyroBias = 0.008
    world.start(speed: 0)
    world.run(30)
    #expect((world.estimator.gyroBias.value - 0.008).magnitude < 0.001)
    #expect(world.state.heading.value.magnitude < 0.01)
  }

  /// S-6: wheels that read zero at once are locked or cut out; the truck is not at rest.
  @Test func lockedWheelsAreNoStandstill() {
    var world = SensorWorld(seed: 3)
    world.start(speed: 8)
    world.run(3)
    world.shownSpeed = 0
    world.run(2)
    #expect(!world.state.isStandstill)
    #expect(world.state.speed.value > 3)
  }
}

@Suite struct EstimatorRobustnessTests {
  /// Garbage in every field, for a hundred seconds: finite state, symmetric positive covariance.
  @Test(arguments: 1...4) func garbageNeverCorruptsTheState(seed: Int) {
    let odd = [Double.nan, .infinity, -.infinity, 1e308, -1e308, 1e9, -5]
    var world = SensorWorld(seed: UInt64(seed))
    world.start(speed: 6)
    var noise = SeededNoise(seed: UInt64(seed) &+ 99)
    for k in 0..<10_000 {
      if noise.next() % 4 == 0 {
        let channel = SignalChannel(rawValue: UInt8(noise.next() % 45)) ?? .yawRate
        world.set(channel, odd[Int(noise.next() % 7)])
      }
      world.fixOffset = noise.next() % 5 == 0 ? (odd[Int(noise.next() % 7)], 1e4) : (0, 0)
      world.step()
      let state = world.state
      #expect(state.east.isFinite && state.north.isFinite && state.heading.isFinite)
      #expect(state.speed.isFinite && state.yawRate.isFinite && state.curvature.isFinite)
      #expect(state.articulation.isFinite && state.odometer.isFinite)
      if k % 100 == 0 { expectPositive(world.estimator.belief) }
    }
  }

  /// Cholesky's decomposition exists only for a symmetric positive matrix.
  private func expectPositive(_ belief: Belief) {
    let n = Belief.size
    var lower = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        let asymmetry = belief.covariance[i * n + j] - belief.covariance[j * n + i]
        #expect(asymmetry.magnitude <= 1e-9 * (1 + belief.covariance[i * (n + 1)]))
        var sum = belief.covariance[i * n + j]
        for k in 0..<j { sum -= lower[i * n + k] * lower[j * n + k] }
        if i == j {
          #expect(sum > 0)
          lower[i * n + i] = max(sum, 1e-30).squareRoot()
        } else {
          lower[i * n + j] = sum / lower[j * n + j]
        }
      }
    }
  }

  @Test func runsAreReproducible() {
    func run() -> UInt64 {
      var world = SensorWorld(seed: 11)
      world.start(speed: 9)
      world.run(20) { $0.steer = 0.05 * sin(Double($0.cycle) * 0.01) }
      var hash = FieldHash()
      world.estimator.visit(&hash)
      return hash.hash
    }
    #expect(run() == run())
  }

  @Test(.enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"))
  func stepMakesNoHeapCalls() {
    var world = SensorWorld(seed: 1)
    world.start(speed: 5)
    world.run(1)
    var estimator = world.estimator
    var report = GNSSReport()
    report.mode = 3
    report.latitude = Degrees(46.68)
    report.longitude = Degrees(82.8)
    report.sigma = Metres(0.02)
    let calls = heapCalls {
      for k in 0..<1_000 {
        let now = world.now + .milliseconds(Int64(k) * 10)
        report.receivedAt = now
        let reports = InlineArray<4, GNSSReport>(repeating: report)
        _ = estimator.step(
          now: now, signals: world.signals, gnss: reports, gnssCount: 4,
          parameters: world.parameters, frame: world.frame, configuration: world.configuration)
      }
    }
    #expect(calls == 0)
  }
}
