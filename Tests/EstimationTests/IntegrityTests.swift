import Estimation
import Foundation
import Signals
import TestSupport
import Testing
import Units

/// A world in motion whose receiver tells all that it can.
private func drive(speed: Double = 5, seed: UInt64 = 1) -> SensorWorld {
  var world = SensorWorld(seed: seed)
  world.hasVelocity = true
  world.alter = { report in
    report.validAtUTC = 1_795_000_000_000_000_000 + report.receivedAt.nanoseconds
    report.satellites = goodSky(at: report.receivedAt)
  }
  world.start(speed: speed)
  world.run(10)
  return world
}

private func goodSky(at now: Instant) -> SatelliteSummary {
  var sky = SatelliteSummary()
  sky.receivedAt = now
  sky.used = 14
  sky.systems = 0b1001101
  sky.meanSignal = 42
  sky.signalRange = 17
  sky.lowestElevation = 11
  sky.horizontalDilution = 0.7
  return sky
}

private func set(_ tests: GNSSTest...) -> GNSSTestSet {
  var set = GNSSTestSet()
  for test in tests { set.insert(test) }
  return set
}

extension SensorWorld {
  fileprivate var tripped: GNSSTestSet { state.integrity.tripped }

  /// Changes what the receiver tells from now on.
  fileprivate mutating func spoil(_ change: @escaping (inout GNSSReport) -> Void) {
    let before = alter
    alter = {
      before(&$0)
      change(&$0)
    }
  }
}

@Suite struct IntegrityTests {
  /// R-GNSS-4: a sound receiver trips nothing, whatever the truck does, and every test that has data
  /// is made.
  @Test(arguments: 1...3) func aSoundReceiverTripsNothing(seed: Int) {
    var world = drive(speed: 10, seed: UInt64(seed))
    world.parameters.antennaForward = Metres(3.2)
    world.parameters.antennaLeft = Metres(-0.8)
    world.start(speed: 10)
    world.run(90) {
      $0.steer = 0.08 * sin(Double($0.cycle) * 0.004)
      $0.acceleration = $0.cycle % 4_000 < 2_000 ? -0.25 : 0.25
      #expect($0.tripped == GNSSTestSet(), "\($0.tripped) at \($0.cycle)")
    }
    #expect(world.state.trust == .trusted)
    #expect(world.state.integrity.untested == set(.stationary, .corridor))
  }

  /// R-GNSS-4: what a receiver does not tell is not held against it, and is seen to be untested.
  @Test func aMissingDatumTripsNothing() {
    var world = drive()
    world.spoil {
      $0.validAtUTC = 0
      $0.satellites = SatelliteSummary()
      $0.height = Metres(.nan)
      $0.speed = MetresPerSecond(.nan)
      $0.track = Degrees(.nan)
      $0.heading = Degrees(.nan)
    }
    world.run(20)
    #expect(world.tripped.isEmpty && world.state.trust == .trusted)
    #expect(
      world.state.integrity.untested
        == set(
          .speed, .course, .stationary, .height, .clock, .signal, .constellation, .geometry,
          .dualAntenna, .corridor))
  }

  /// R-GNSS-4: a jump of 3 m is a jump and leaves dead reckoning; one of 1 m is not.
  @Test func aJumpLeavesDeadReckoning() {
    var world = drive()
    world.fixOffset = (0, 1)
    world.run(0.5)
    #expect(!world.tripped.contains(.jump))
    world = drive()
    world.fixOffset = (0, 3)
    world.run(0.5)
    #expect(world.tripped.contains(.jump) && world.state.trust == .deadReckoning)
    #expect(world.positionError < 0.2)
  }

  /// R-GNSS-4: 0.5 m/s and 5 % off the wheels, for 2 s.
  @Test func aWrongSpeedIsSuspect() {
    var world = drive()
    world.spoil { $0.speed = $0.speed + MetresPerSecond(0.6) }
    world.run(4)
    #expect(world.tripped.isEmpty)
    world.spoil { $0.speed = $0.speed + MetresPerSecond(0.5) }
    world.run(1.9)
    #expect(world.tripped.isEmpty)
    world.run(0.5)
    #expect(world.tripped == set(.speed) && world.state.trust == .suspect)
  }

  /// R-GNSS-4: 10 degrees off the heading for 2 s; a lever arm, slip and reversing are no reason.
  @Test func aWrongCourseIsSuspect() {
    var world = drive()
    world.spoil { $0.track = Degrees($0.track.value + 9) }
    world.run(4)
    #expect(world.tripped.isEmpty)
    world.spoil { $0.track = Degrees($0.track.value + 3) }
    world.run(2.4)
    #expect(world.tripped == set(.course) && world.state.trust == .suspect)
  }

  /// R-GNSS-4: the antenna of a truck that backs up moves against its heading.
  @Test func reversingIsNoWrongCourse() {
    var world = drive(speed: 0)
    let back = -2.0
    world.run(8) {
      $0.plant.x += 0.01 * back * cos($0.plant.psi)
      $0.plant.y += 0.01 * back * sin($0.plant.psi)
      $0.shownSpeed = -back
      $0.set(.currentGear, -1)
      $0.alter = {
        $0.speed = MetresPerSecond(-back)
        $0.track = Degrees($0.track.value + 180)
      }
      if $0.cycle > 1_100 { #expect(!$0.tripped.contains(.course)) }
    }
    #expect(!world.state.integrity.untested.contains(.course))
  }

  /// R-GNSS-4: fixes that wander by 2 m, or say that they move, while the wheels stand.
  @Test func wanderingAtStandstillIsRejected() {
    var world = drive(speed: 0)
    #expect(world.tripped.isEmpty && !world.state.integrity.untested.contains(.stationary))
    world.spoil { $0.speed = MetresPerSecond(0.4) }
    world.run(0.8)
    #expect(world.tripped.isEmpty)
    world.run(0.8)
    #expect(world.tripped.contains(.stationary) && world.state.trust == .deadReckoning)

    world = drive(speed: 0)
    world.run(80) {
      // 0.04 m/s is less than odometry may drift.
      $0.fixOffset.east += 0.0004
      if $0.fixOffset.east < 1.7 { #expect(!$0.tripped.contains(.stationary)) }
      if $0.fixOffset.east > 2.3, $0.fixOffset.east < 2.301 {
        #expect($0.tripped.contains(.stationary))
      }
    }
  }

  /// R-GNSS-4: the baseline 5 degrees off the gyro.
  @Test func aTurnedBaselineIsSuspect() {
    var world = drive()
    world.spoil { $0.heading = Degrees($0.heading.value + 7) }
    world.run(1)
    #expect(world.tripped == set(.dualAntenna) && world.state.trust == .suspect)
    #expect(world.state.heading.value.magnitude < 0.02)
  }

  /// R-GNSS-4: more than 15 m beside the route, for 1 s, while odometry stays on it.
  @Test func aFixBesideTheRouteIsRejected() {
    var world = drive()
    world.run(1) { $0.estimator.noteRoute(deviation: Metres(0.1), isOnRoute: true) }
    #expect(!world.state.integrity.untested.contains(.corridor))
    world.fixOffset = (0, 14)
    world.run(2)
    #expect(!world.tripped.contains(.corridor))
    world.fixOffset = (0, 17)
    world.run(2.2)
    #expect(world.tripped.contains(.corridor))
  }

  /// R-GNSS-4: trust returns only after 10 s of clean tests.
  @Test func trustReturnsAfterTenCleanSeconds() {
    var world = drive()
    world.spoil { $0.heading = Degrees($0.heading.value + 7) }
    world.run(2)
    #expect(world.state.trust == .suspect)
    world.spoil { $0.heading = Degrees($0.heading.value - 7) }
    world.run(9.9)
    #expect(world.state.trust == .suspect)
    #expect(world.tripped.isEmpty && world.state.integrity.sinceTrusted == set(.dualAntenna))
    world.run(6)
    #expect(world.state.trust == .trusted, "\(world.state)")
    #expect(world.state.integrity.sinceTrusted.isEmpty)
  }
}
