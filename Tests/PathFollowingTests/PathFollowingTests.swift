import Foundation
import PathFollowing
import Signals
import TestSupport
import Testing
import Units

@Suite struct RouteCursorTests {
  /// The quadrature against integration at a millimetre.
  @Test func clothoidsAreEvaluatedExactly() {
    var piece = RoutePiece()
    piece.length = Metres(120)
    piece.heading = Radians(0.7)
    piece.curvature = Curvature(-0.02)
    piece.sharpness = 0.0007
    var (x, y) = (0.0, 0.0)
    for i in 0..<120_000 {
      let s = (Double(i) + 0.5) * 0.001
      let angle = 0.7 + s * (-0.02 + 0.5 * 0.0007 * s)
      x += 0.001 * cos(angle)
      y += 0.001 * sin(angle)
    }
    let point = piece.point(at: 120)
    #expect((point.east - x).magnitude < 1e-6 && (point.north - y).magnitude < 1e-6)
  }

  /// S-10: front, rear axle and trailer rear, each by name.
  @Test func everyReferencePointHasItsOwnStation() {
    var loop = ClosedLoop(route: RouteMaker.straight(200))
    loop.plant.x = 50
    loop.plant.y = 0.4
    loop.step()
    #expect(loop.path.isOnRoute)
    #expect((loop.path.station.value - 50).magnitude < 1e-6)
    #expect((loop.path.frontStation.value - 55).magnitude < 1e-6)
    let rear = loop.path.rearStation.value
    #expect((rear - 39.0).magnitude < 1e-6)
    #expect((loop.path.lateralDeviation.value - 0.4).magnitude < 1e-6)
  }

  @Test func aTruckFarFromTheRouteIsNotOnIt() {
    var loop = ClosedLoop(route: RouteMaker.straight(200))
    loop.plant.y = 40
    loop.step()
    #expect(!loop.path.isOnRoute)
    loop.plant.y = 0
    loop.plant.psi = 3
    loop.step()
    #expect(!loop.path.isOnRoute)
  }

  @Test func anEmptyRouteHoldsTheTruck() {
    var follower = PathFollower()
    let route: [RoutePiece] = []
    var loop = ClosedLoop(route: RouteMaker.straight(10))
    let state = loop.state()
    let path = follower.locate(
      state: state, route: route.span, parameters: VehicleParameters(),
      configuration: FollowerConfiguration())
    let output = follower.step(
      request: .drive, state: state, path: path, route: route.span, limits: MotionLimits(),
      parameters: VehicleParameters(), configuration: FollowerConfiguration())
    #expect(!path.isOnRoute)
    #expect(output.command.driveTorque == .zero && output.command.brakeDeceleration > .zero)
  }
}

@Suite struct LateralTests {
  @Test func bendsAreFollowedWithinCentimetres() {
    var loop = ClosedLoop(route: RouteMaker.winding())
    loop.plant.u = 10
    for _ in 0..<3_500 { loop.step() }
    #expect(loop.lateralRMS < 0.03)
    #expect(loop.lateral.allSatisfy { $0.magnitude < 0.1 })
  }

  /// What nobody tells: wheel offset, understeer and steering lag 20 % off, noise.
  @Test(arguments: [(0.005, 1.0, 1.0), (0, 1.2, 1), (0, 0.8, 1), (0, 1, 1.2), (-0.005, 1, 0.8)])
  func modelErrorsStayInsideTheLane(offset: Double, understeer: Double, lag: Double) {
    var loop = ClosedLoop(route: RouteMaker.winding())
    loop.plant.steeringOffset = offset
    loop.plant.understeer *= understeer
    loop.plant.steeringLag *= lag
    loop.isNoisy = true
    loop.plant.u = 10
    for _ in 0..<3_500 { loop.step() }
    #expect(loop.lateralRMS < 0.08)
    #expect(loop.lateral.allSatisfy { $0.magnitude < 0.4 })
  }

  @Test func aTruckBesideThePathComesBackWithoutSwinging() {
    var loop = ClosedLoop(route: RouteMaker.straight(600))
    loop.plant.y = 2
    loop.plant.u = 8
    for _ in 0..<3_000 { loop.step() }
    #expect(loop.plant.y.magnitude < 0.03)
    #expect((loop.lateral.min() ?? -1) > -0.25)
  }

  /// The wheel stands still with the truck and starts from where it stands.
  @Test func standstillDoesNotMoveTheWheel() {
    var loop = ClosedLoop(route: RouteMaker.winding())
    loop.isNoisy = true
    loop.request = .hold
    loop.step()
    let first = loop.output.command.curvature
    for _ in 0..<200 {
      loop.step()
      #expect(loop.output.command.curvature == first)
    }
  }
}

@Suite struct SpeedTests {
  /// R-MOT-6: within 0.5 m before the line, never past it; over noise, drag and grade that nobody
  /// told.
  @Test(arguments: 1...12) func stopsShortOfTheLineAndNeverPastIt(seed: Int) {
    var loop = ClosedLoop(route: RouteMaker.straight(400))
    loop.noise = SeededNoise(seed: UInt64(seed))
    loop.isNoisy = true
    loop.plant.drag = 0.3 * loop.noise.uniform()
    loop.plant.slope = 0.02 * (loop.noise.uniform() - 0.5)
    let line = 60 + 200 * loop.noise.uniform()
    loop.limits.authority.stopTarget = Metres(line)
    loop.limits.authority.supervisedLimit = Metres(line + 3)
    loop.runToStop(seconds: 120)
    let front = loop.plant.x + 5
    #expect(loop.plant.u == 0)
    #expect(front <= line && front >= line - 0.5, "front \(front), line \(line)")
  }

  /// It goes on when authority grows, and stops again.
  @Test func movesOffWhenAuthorityGrows() {
    var loop = ClosedLoop(route: RouteMaker.straight(400))
    loop.limits.authority.stopTarget = Metres(60)
    loop.limits.authority.supervisedLimit = Metres(63)
    loop.runToStop(seconds: 60)
    #expect(loop.output.isHolding && loop.output.command.driveTorque == .zero)
    loop.limits.authority.stopTarget = Metres(120)
    loop.limits.authority.supervisedLimit = Metres(123)
    loop.runToStop(seconds: 60)
    #expect(loop.plant.x + 5 > 119.5 && loop.plant.x + 5 <= 120)
  }

  /// R-MOT-8: acceleration and jerk of the reference; caps are kept where they begin.
  @Test func capsAheadAreKeptAndJerkIsBounded() {
    var loop = ClosedLoop(route: RouteMaker.straight(600))
    loop.limits.append(CapAhead(station: Metres(200), cap: MetresPerSecond(4)))
    var before = 0.0
    for _ in 0..<6_000 {
      loop.limits.speedCapHere = MetresPerSecond(loop.plant.x + 5 >= 200 ? 4 : 13)
      loop.step()
      let acceleration = loop.output.targetAcceleration.value
      #expect((acceleration - before).magnitude <= 0.8 * 0.01 + 1e-9)
      before = acceleration
      if loop.plant.x + 5 >= 200 { #expect(loop.plant.u <= 4.15) }
    }
    #expect(loop.plant.x > 210)
  }

  /// S-11: with less net deceleration than 0.3 m/s2 the cap is zero.
  @Test func iceOnASlopeHoldsTheTruck() {
    var loop = ClosedLoop(route: RouteMaker.straight(400, grade: -0.06))
    loop.parameters.assumedDeceleration = MetresPerSecondSquared(0.8)
    for _ in 0..<500 { loop.step() }
    #expect(loop.plant.x < 3)
    #expect(loop.output.command.driveTorque == .zero)
  }

  /// S-11: the planner's curve stays below the supervised one, dead time included.
  @Test func plannedSpeedStaysBelowTheSupervisedCurve() {
    var loop = ClosedLoop(route: RouteMaker.straight(500))
    loop.plant.u = 13
    loop.limits.authority.stopTarget = Metres(200)
    loop.limits.authority.supervisedLimit = Metres(203)
    for _ in 0..<4_000 {
      loop.step()
      let room = max(203 - (loop.plant.x + 5) - 2, 0)
      let (a, dead) = (1.5, 0.5)
      let permitted = -a * dead + ((a * dead) * (a * dead) + 2 * a * room).squareRoot()
      #expect(loop.plant.u <= permitted + 0.3)
    }
  }

  /// A stop asked for is made with its deceleration, and held.
  @Test func aStopRequestBrakesToStandstill() {
    var loop = ClosedLoop(route: RouteMaker.straight(500))
    loop.plant.u = 7
    for _ in 0..<100 { loop.step() }
    loop.request = .stop
    loop.limits.stopDeceleration = MetresPerSecondSquared(1.5)
    let from = loop.plant.x
    for _ in 0..<1_000 {
      loop.step()
      #expect(loop.output.command.driveTorque == .zero)
    }
    #expect(loop.plant.u == 0 && loop.output.isHolding)
    // v2/2a, and the jerk ramp and dead time of a second.
    let distance: Double = loop.plant.x - from
    #expect(distance < 24)
  }

  /// S-7: no retarder unless it is allowed.
  @Test func retarderIsUsedOnlyWhenAllowed() {
    for allowed in [false, true] {
      var loop = ClosedLoop(route: RouteMaker.straight(500))
      loop.plant.u = 12
      loop.limits.authority.stopTarget = Metres(150)
      loop.limits.retarderAllowed = allowed
      var used = false
      for _ in 0..<800 {
        loop.step()
        if loop.output.command.retarderTorque > .zero { used = true }
      }
      #expect(used == allowed)
    }
  }
}

@Suite struct RobustnessTests {
  /// Whatever the state holds, the command stays finite and inside the wheel's limit.
  @Test func garbageNeverReachesTheCommand() {
    let odd = [Double.nan, .infinity, -.infinity, 1e300, -1e300, 0, Double.leastNonzeroMagnitude]
    var noise = SeededNoise(seed: 7)
    var loop = ClosedLoop(route: RouteMaker.winding())
    let route = loop.route
    for _ in 0..<5_000 {
      var state = loop.state()
      func pick() -> Double { odd[Int(noise.next() % UInt64(odd.count))] }
      if noise.next() % 3 == 0 { state.east = Metres(pick()) }
      if noise.next() % 3 == 0 { state.heading = Radians(pick()) }
      if noise.next() % 3 == 0 { state.speed = MetresPerSecond(pick()) }
      if noise.next() % 3 == 0 { state.yawRate = RadiansPerSecond(pick()) }
      if noise.next() % 3 == 0 { state.curvature = Curvature(pick()) }
      if noise.next() % 3 == 0 { state.acceleration = MetresPerSecondSquared(pick()) }
      if noise.next() % 5 == 0 { loop.limits.authority.stopTarget = Metres(pick()) }
      if noise.next() % 5 == 0 { loop.limits.speedCapHere = MetresPerSecond(pick()) }
      let path = loop.follower.locate(
        state: state, route: route.span, parameters: loop.parameters,
        configuration: loop.configuration)
      let command = loop.follower.step(
        request: .drive, state: state, path: path, route: route.span, limits: loop.limits,
        parameters: loop.parameters, configuration: loop.configuration
      ).command
      #expect(command.curvature.isFinite && command.curvature.value.magnitude < 0.2)
      #expect(command.driveTorque.value >= 0 && command.driveTorque.value <= 1)
      #expect(command.brakeDeceleration.isFinite && command.brakeDeceleration >= .zero)
    }
    // And it drives again afterwards.
    loop.limits = MotionLimits()
    loop.limits.authority.stopTarget = Metres(200)
    loop.limits.authority.supervisedLimit = Metres(203)
    for _ in 0..<3_000 { loop.step() }
    #expect(loop.plant.x > 50)
  }

  /// Two runs from one seed are equal in every field.
  @Test func runsAreReproducible() {
    func run() -> UInt64 {
      var loop = ClosedLoop(route: RouteMaker.winding())
      loop.isNoisy = true
      for _ in 0..<1_000 { loop.step() }
      var hash = FieldHash()
      loop.follower.visit(&hash)
      return hash.hash
    }
    #expect(run() == run())
  }

  @Test(.enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"))
  func stepMakesNoHeapCalls() {
    var loop = ClosedLoop(route: RouteMaker.winding())
    loop.plant.u = 8
    for _ in 0..<10 { loop.step() }
    let state = loop.state()
    let route = loop.route
    let limits = loop.limits
    var follower = loop.follower
    let calls = heapCalls {
      for _ in 0..<1_000 {
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
