import ControlTuning
import ReproducibleMath
import Testing

/// The measures of motions whose rms values are known in closed form.
struct DriveMeterTests {
  /// 60 s of a path error, a wheel angle and a lateral acceleration as functions of time.
  private func measures(
    speed: (Double) -> Double = { _ in 5 }, lateral: (Double) -> Double = { _ in 0 },
    angle: (Double) -> Double = { _ in 0 }, acceleration: (Double) -> Double = { _ in 0 }
  ) -> DriveMeasures {
    var meter = DriveMeter()
    for k in 0..<6_000 {
      let t = Double(k) * 0.01
      var sample = DriveSample()
      sample.speed = speed(t)
      sample.lateral = lateral(t)
      sample.roadWheelAngle = angle(t)
      sample.lateralAcceleration = acceleration(t)
      meter.add(sample)
    }
    return meter.measures
  }

  @Test func `a sine gives its amplitude over the root of two`() {
    let w = 2 * pi / 10
    let found = measures(
      lateral: { 0.2 * sine(w * $0) }, angle: { 0.05 * sine(w * $0) },
      acceleration: { 0.5 * sine(w * $0) })
    let root = 2.0.squareRoot()
    #expect((found.errorRMS * root / 0.2 - 1).magnitude < 0.002)
    #expect((found.errorMax - 0.2).magnitude < 1e-4)
    #expect((found.steeringRateRMS * root / (0.05 * w) - 1).magnitude < 0.002)
    #expect((found.lateralJerkRMS * root / (0.5 * w) - 1).magnitude < 0.01)
    #expect(found.fault == nil)
  }

  /// A rattle at 50 Hz is not what shakes a load.
  @Test func `the jerk of a rattle is averaged out`() {
    var sign = 1.0
    let found = measures(acceleration: { _ in
      sign = -sign
      return 0.5 * sign
    })
    #expect(found.lateralJerkRMS < 1e-9)
  }

  @Test func `a standing truck counts nothing`() {
    let found = measures(
      speed: { $0 < 30 ? 5 : 0 }, lateral: { $0 < 30 ? 0.1 : 3 }, angle: { $0 < 30 ? 0 : $0 })
    #expect((found.errorRMS - 0.1).magnitude < 1e-9)
    #expect(found.steeringRateRMS == 0)
    #expect(measures(speed: { _ in 0 }).fault == "the truck did not move")
  }

  @Test(arguments: [(2.0, 0.02, true), (2.0, 0.003, false), (10.0, 0.02, false)])
  func `a lasting oscillation of the wheel is told from noise and bends`(
    _ period: Double, _ amplitude: Double, _ oscillates: Bool
  ) {
    let found = measures(angle: { amplitude * sine(2 * pi * $0 / period) })
    #expect((found.fault != nil) == oscillates, "\(found)")
    if oscillates { #expect(found.fault?.contains("oscillates") == true) }
  }
}
