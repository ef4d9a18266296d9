import ActuatorGate
import Testing
import Units

/// The limits written a second time, from domain.md and the steering of the truck, so that a slip
/// of the pen in one place is found by the other.
@Suite struct GateTableTests {
  @Test(
    "R-MOT-1, R-MOT-12, S-18: the default limits at each speed",
    arguments: [
      // m/s, 1/m, 1/(m s), share, m/s2
      (0.0, 0.17, 0.15, 1.0, 6.0), (0.5, 0.17, 0.15, 1.0, 6.0), (1, 0.17, 0.15, 1, 6),
      (2, 0.17, 0.15, 1, 6), (3, 0.17, 0.15, 1, 6), (3.6, 0.1415, 0.14, 1, 6),
      (4.2, 0.113, 0.13, 1, 6), (4.9, 0.0885, 0.115, 1, 6), (5.6, 0.064, 0.10, 1, 6),
      (7, 0.041, 0.07, 1, 6), (7.7, 0.0345, 0.06, 1, 6), (8.4, 0.028, 0.05, 1, 6),
      (20, 0.028, 0.05, 1, 6), (.infinity, 0.028, 0.05, 1, 6), (.nan, 0.028, 0.05, 1, 6),
      (-1, 0.17, 0.15, 1, 6),
    ] as [(Double, Double, Double, Double, Double)])
  func rows(_ row: (Double, Double, Double, Double, Double)) {
    let found = GateLimits().row(at: MetresPerSecond(row.0))
    #expect(abs(found.curvature.value - row.1) < 1e-9)
    #expect(abs(found.curvatureRate.value - row.2) < 1e-9)
    #expect(abs(found.driveTorque.value - row.3) < 1e-9)
    #expect(abs(found.brakeDeceleration.value - row.4) < 1e-9)
  }

  @Test("R-MOT-1, R-MOT-8, R-MOT-14: the default scalars")
  func scalars() {
    let limits = GateLimits()
    #expect(limits.speedCap.value == 8.33)
    #expect(limits.authorityDeceleration.value == 1.5)
    #expect(limits.authorityDeadTime == .milliseconds(500))
    #expect(limits.handOver.duration == .milliseconds(1000))
    for i in 0..<GateLimits.rowCount {
      #expect(limits.rows[i].lateralAcceleration.value == 2)
      #expect(limits.rows[i].lateralJerk.value == 4)
      #expect(i == 0 || limits.rows[i].speed > limits.rows[i - 1].speed)
    }
  }

  @Test(
    "R-MOT-14: the braking curve against its closed form",
    arguments: [
      // distance, deceleration, dead time, speed
      (27.62, 1.0, 0.5, 6.94), (19.52, 1.5, 0.5, 6.94), (10.78, 1.0, 0.5, 4.17), (0.0, 1.0, 0.5, 0),
      (-5, 1, 0.5, 0), (10, 0, 0.5, 0), (10, -1, 0.5, 0), (.nan, 1, 0.5, 0), (10, .nan, 0.5, 0),
      (8, 1, 0, 4),
    ] as [(Double, Double, Double, Double)])
  func curve(_ row: (Double, Double, Double, Double)) {
    let speed = ActuatorGate.permittedSpeed(
      within: Metres(row.0), deceleration: MetresPerSecondSquared(row.1),
      deadTime: .seconds(row.2))
    #expect(abs(speed.value - row.3) < 0.01)
  }

  @Test("Needed deceleration is v2/2d, and all there is when no way is left")
  func needed() {
    let speed = MetresPerSecond(4)
    #expect(ActuatorGate.neededDeceleration(speed, within: Metres(8)).value == 1)
    #expect(ActuatorGate.neededDeceleration(speed, within: Metres(0)).value == 100)
    #expect(ActuatorGate.neededDeceleration(speed, within: Metres(.nan)).value == 100)
  }
}
