import ActuatorGate
import Signals
import TestSupport
import Testing
import Units

/// Each clamp at its boundary: what is inside passes unchanged, what is outside is cut to it and
/// reported.
@Suite struct GateClampTests {
  @Test("A command inside every limit passes unchanged and unreported")
  func passes() {
    var bench = GateBench.settled()
    bench.command.driveTorque = Fraction(0.01)
    #expect(bench.apply() == bench.command)
    #expect(bench.verdict.clamps.isEmpty)
  }

  @Test(
    "S-18: curvature by speed",
    arguments: [
      (1.0, 0.17), (4.2, 0.113), (5.6, 2.0 / 5.6 / 5.6), (7, 2.0 / 49), (8.4, 0.028),
    ] as [(Double, Double)])
  func curvature(_ speed: Double, _ limit: Double) {
    for sign in [1.0, -1] {
      var bench = GateBench.settled(speed: speed)
      for _ in 0..<1000 {
        bench.command.curvature = Curvature(sign)
        bench.measured.curvature = bench.apply().curvature
      }
      #expect(abs(bench.verdict.command.curvature.value - sign * limit) < 1e-3)
      #expect(bench.verdict.clamps.contains(.curvature))
    }
  }

  @Test(
    "S-18: curvature rate, and half of it on lateral jerk at speed",
    arguments: [
      (1.0, 0.15), (4.2, 0.13), (7, 0.07), (8.4, 0.05),
    ] as [(Double, Double)])
  func curvatureRate(_ speed: Double, _ rate: Double) {
    var bench = GateBench.settled(speed: speed)
    bench.command.curvature = Curvature(0.02)
    #expect(abs(bench.apply().curvature.value - rate * 0.01) < 1e-9)
    #expect(bench.verdict.clamps.contains(.curvatureRate))
    bench.limits.rows[7].lateralJerk = MetresPerSecondCubed(0)
    bench.measured.speed = MetresPerSecond(9)
    let before = bench.verdict.command.curvature
    #expect(bench.apply().curvature == before)
  }

  @Test("The command is not ahead of the measured curvature by more than the lead")
  func lead() {
    var bench = GateBench.settled(speed: 1)
    bench.command.curvature = Curvature(0.15)
    let command = bench.apply(times: 200)
    #expect(abs(command.curvature.value - 0.08) < 1e-9)
    #expect(bench.verdict.clamps.contains(.curvatureLead))
  }

  @Test("S-14, S-23: the first command starts at the measured curvature, at the hand-over's rate")
  func handOver() {
    var bench = GateBench(speed: 3, curvature: 0.05)
    bench.command.curvature = .zero
    #expect(abs(bench.apply().curvature.value - 0.0495) < 1e-9)
    #expect(bench.verdict.clamps.contains(.handOver))
    bench.command.driveTorque = Fraction(1)
    #expect(abs(bench.apply(times: 50).driveTorque.value - 0.3) < 1e-9)
    #expect(bench.apply(times: 100).driveTorque.value == 1)
    #expect(!bench.verdict.clamps.contains(.handOver))
    bench.gate.beginHandOver()
    bench.measured.curvature = Curvature(0.02)
    #expect(abs(bench.apply().curvature.value - 0.0195) < 1e-9)
  }

  @Test("An unknown curvature at the start is not steered at")
  func steeringUnknown() {
    var bench = GateBench(speed: 3)
    bench.measured.curvature = Curvature(.nan)
    bench.command.curvature = Curvature(0.03)
    bench.command.driveTorque = Fraction(0.5)
    let command = bench.apply()
    #expect(!command.steeringEngaged)
    #expect(command.driveTorque == .zero)
    #expect(bench.verdict.clamps.contains(.steeringUnknown))
    bench.measured.curvature = Curvature(0.01)
    #expect(bench.apply().steeringEngaged)
    // Lost later: the command goes on from what was commanded.
    bench.measured.curvature = Curvature(.nan)
    #expect(bench.apply().steeringEngaged)
  }

  @Test("While steering is not engaged the gate follows the wheel")
  func released() {
    var bench = GateBench.settled(speed: 1)
    bench.command.steeringEngaged = false
    bench.measured.curvature = Curvature(0.1)
    bench.command.curvature = Curvature(0.1)
    #expect(abs(bench.apply().curvature.value - 0.1) < 1e-9)
  }

  @Test("Torque rises no faster than the row allows and falls at once")
  func torqueRate() {
    var bench = GateBench.settled()
    bench.command.driveTorque = Fraction(1)
    #expect(abs(bench.apply().driveTorque.value - 0.015) < 1e-9)
    #expect(bench.verdict.clamps.contains(.driveTorqueRate))
    #expect(bench.apply(times: 100).driveTorque.value == 1)
    bench.limits.rows[4].driveTorque = Fraction(0.4)
    bench.limits.rows[5].driveTorque = Fraction(0.4)
    #expect(bench.apply().driveTorque.value == 0.4)
    #expect(bench.verdict.clamps.contains(.driveTorque))
    bench.command.driveTorque = .zero
    #expect(bench.apply().driveTorque == .zero)
    bench.command.driveTorque = Fraction(-1)
    #expect(bench.apply().driveTorque == .zero)
  }

  @Test("Torque needs everything: each missing condition inhibits it", arguments: 0..<9)
  func torqueInhibited(_ condition: Int) {
    var bench = GateBench.settled()
    bench.command.driveTorque = Fraction(0.2)
    #expect(bench.apply().driveTorque > .zero)
    switch condition {
    case 0: bench.command.gear = .neutral
    case 1: bench.command.steeringEngaged = false
    case 2: bench.command.brakeDeceleration = MetresPerSecondSquared(0.5)
    case 3: bench.distance = Metres(.nan)
    case 4: bench.distance = Metres(0)
    case 5: bench.measured.speed = MetresPerSecond(8.33)
    case 6:
      bench.measured.speed = MetresPerSecond(.nan)
      bench.measured.secondSpeed = MetresPerSecond(.nan)
    case 7:
      bench.measured.isStandstill = true
      bench.command.tractorParkingBrake = true
    default:
      bench.measured.isStandstill = true
      bench.command.trailerParkingBrake = true
    }
    #expect(bench.apply().driveTorque == .zero)
    #expect(bench.verdict.clamps.contains(.driveInhibited))
  }

  @Test(
    "A move-off may build torque against the brake, below its speed only",
    arguments: [
      (0.0, true), (0.49, true), (0.5, false),
    ] as [(Double, Bool)])
  func moveOff(_ speed: Double, _ allowed: Bool) {
    var bench = GateBench.settled(speed: speed)
    bench.command.driveTorque = Fraction(0.2)
    bench.command.brakeDeceleration = MetresPerSecondSquared(1)
    #expect((bench.apply().driveTorque > .zero) == allowed)
  }

  @Test(
    "R-MOT-1: over the cap no torque, over its tolerance a brake",
    arguments: [
      (8.3, false), (8.6, false), (8.7, true), (20, true),
    ] as [(Double, Bool)])
  func overSpeed(_ speed: Double, _ brakes: Bool) {
    var bench = GateBench.settled(speed: speed)
    #expect((bench.apply().brakeDeceleration > .zero) == brakes)
    #expect(bench.verdict.clamps.contains(.overSpeed) == brakes)
    #expect(bench.verdict.command.brakeLamps == brakes)
  }

  @Test("The faster of two speeds counts, and one alone is enough to brake on")
  func twoSpeeds() {
    var bench = GateBench.settled()
    bench.measured.secondSpeed = MetresPerSecond(9)
    #expect(bench.apply().brakeDeceleration.value >= 1)
    bench.measured.speed = MetresPerSecond(.nan)
    #expect(bench.apply().brakeDeceleration.value >= 1)
    bench.measured.secondSpeed = MetresPerSecond(-3)
    bench.apply()
    #expect(bench.verdict.clamps.contains(.speedUnknown))
  }

  @Test(
    "S-10, S-11: above the curve to the limit the gate brakes as hard as is needed",
    arguments: [
      // distance left, least brake expected
      (100.0, 0.0), (14, 0.0), (10, 1.5), (6.5, 2.0), (3, 4.9), (0.5, 6), (-1, 6),
    ] as [(Double, Double)])
  func authority(_ distance: Double, _ least: Double) {
    var bench = GateBench.settled(speed: 5)
    bench.distance = Metres(distance)
    let brake = bench.apply().brakeDeceleration.value
    #expect(brake >= least)
    #expect(least > 0 || brake == 0)
    #expect(bench.verdict.clamps.contains(.authority) == (least > 0))
  }

  @Test("Without any authority a moving truck is braked, a standing one is left alone")
  func noAuthority() {
    var bench = GateBench.settled(speed: 5)
    bench.distance = Metres(.nan)
    #expect(bench.apply().brakeDeceleration.value == 1.5)
    var standing = GateBench.settled(speed: 0)
    standing.distance = Metres(.nan)
    #expect(standing.apply().brakeDeceleration == .zero)
  }

  @Test("A brake is never weakened below its maximum and is released gradually")
  func brake() {
    var bench = GateBench.settled()
    bench.command.brakeDeceleration = MetresPerSecondSquared(4)
    #expect(bench.apply().brakeDeceleration.value == 4)
    bench.command.brakeDeceleration = .zero
    #expect(abs(bench.apply().brakeDeceleration.value - 3.94) < 1e-9)
    #expect(bench.verdict.clamps.contains(.brakeRelease))
    bench.command.brakeDeceleration = MetresPerSecondSquared(9)
    #expect(bench.apply().brakeDeceleration.value == 6)
    #expect(bench.verdict.clamps.contains(.brakeMaximum))
  }

  @Test("S-23: the brake that the truck has at the hand-over is released gradually too")
  func brakeAtHandOver() {
    var bench = GateBench()
    bench.measured.brakeDeceleration = MetresPerSecondSquared(2)
    #expect(abs(bench.apply().brakeDeceleration.value - 1.94) < 1e-9)
  }

  @Test("Retarder within its share")
  func retarder() {
    var bench = GateBench.settled()
    bench.command.retarderTorque = Fraction(2)
    #expect(bench.apply().retarderTorque.value == 1)
    #expect(bench.verdict.clamps.contains(.retarderTorque))
    bench.command.retarderTorque = Fraction(-1)
    #expect(bench.apply().retarderTorque == .zero)
  }

  @Test("S-7: no retarder while anti-lock control acts or the trailer's is faulty, no engine brake")
  func barredRetarder() {
    var bench = GateBench.settled()
    bench.command.retarderTorque = Fraction(0.5)
    #expect(bench.apply().retarderTorque.value == 0.5)
    bench.measured.retarderIsBarred = true
    #expect(bench.apply().retarderTorque == .zero)
    #expect(bench.verdict.clamps.contains(.retarderTorque))
    bench.command.driveTorque = Fraction(-0.5)
    #expect(bench.apply().driveTorque == .zero)
  }

  @Test("S-6: a parking brake goes on at standstill only, and once on may stay on")
  func parkingBrakes() {
    var bench = GateBench.settled(speed: 0)
    bench.command.tractorParkingBrake = true
    bench.command.trailerParkingBrake = true
    #expect(!bench.apply().tractorParkingBrake)
    #expect(!bench.verdict.command.trailerParkingBrake)
    #expect(bench.verdict.clamps.contains(.parkingBrakeInMotion))
    bench.measured.isStandstill = true
    #expect(bench.apply().tractorParkingBrake)
    bench.measured.isStandstill = false
    #expect(bench.apply().tractorParkingBrake)
    #expect(bench.verdict.command.trailerParkingBrake)
    bench.command.tractorParkingBrake = false
    #expect(!bench.apply().tractorParkingBrake)
  }

  @Test("S-19: a parking brake found on at the hand-over stays on")
  func parkedAtHandOver() {
    var bench = GateBench(speed: 0)
    bench.measured.tractorParkingBrake = true
    bench.command.tractorParkingBrake = true
    #expect(bench.apply().tractorParkingBrake)
  }

  @Test(
    "What is no number becomes what is safe",
    arguments: [
      Double.nan, .infinity, -.infinity,
    ] as [Double])
  func notANumber(_ value: Double) {
    var bench = GateBench.settled(curvature: 0.01)
    bench.command.curvature = Curvature(value)
    bench.command.driveTorque = Fraction(value)
    bench.command.brakeDeceleration = MetresPerSecondSquared(value)
    bench.command.retarderTorque = Fraction(value)
    let command = bench.apply()
    #expect(abs(command.curvature.value - 0.01) < 1e-9)
    #expect(command.driveTorque == .zero)
    #expect(command.brakeDeceleration.value == 3)
    #expect(command.retarderTorque == .zero)
    #expect(bench.verdict.clamps.contains(.notANumber))
  }

  @Test(
    "Any bits in any field: the output is finite and inside the hard limits",
    arguments: [2, 6, 16] as [UInt64])
  func anyBits(_ share: UInt64) {
    var fields = RandomFields(random: RandomWords(seed: 3 + share), share: share)
    for i in 0..<20_000 {
      var bench = GateBench()
      bench.gate.visit(&fields)
      bench.command.visit(&fields)
      fields.visit("speed", &bench.measured.speed.value)
      fields.visit("speed", &bench.measured.secondSpeed.value)
      fields.visit("curvature", &bench.measured.curvature.value)
      fields.visit("distance", &bench.distance.value)
      let command = bench.apply()
      #expect(command.driveTorque.value >= 0 && command.driveTorque.value <= 1)
      #expect(command.brakeDeceleration.value >= 0 && command.brakeDeceleration.value <= 6)
      #expect(command.retarderTorque.value >= 0 && command.retarderTorque.value <= 1)
      let proposed = bench.command.brakeDeceleration.value
      #expect(!(proposed >= 0 && proposed <= 6) || command.brakeDeceleration.value >= proposed)
      let mayDrive = bench.distance.value > 0 && bench.measured.highestSpeed.value < 8.33
      #expect(mayDrive || command.driveTorque == .zero)
      if i % 4 == 0 {
        bench.limits.visit(&fields)
        bench.apply()
      }
    }
  }
}
