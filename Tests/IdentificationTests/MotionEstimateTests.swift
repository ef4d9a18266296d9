import Foundation
import Identification
import Testing
import Units

/// Counts how often an interval holds the truth.
private struct Coverage {
  private(set) var inside: [String: Int] = [:]
  private(set) var enough: [String: Int] = [:]

  mutating func note(_ name: String, _ estimate: Estimate, truth: Double) {
    inside[name, default: 0] += estimate.contains(truth) ? 1 : 0
    enough[name, default: 0] += estimate.isEnough ? 1 : 0
  }

  /// 90 to 99 % of `runs`, and every run told enough.
  func check(of runs: Int) {
    for (name, count) in inside {
      #expect(isHonest(count), "\(name): \(count) of \(runs) inside")
    }
    for (name, count) in enough { #expect(count == runs, "\(name): \(count) of \(runs) enough") }
  }
}

/// Each estimator against a closed form of the motion: an interval of 95 % holds the truth in 90 to
/// 99 % of 200 seeded runs.
@Suite struct MotionEstimateTests {
  /// Speed that swells and falls; its derivative is known.
  private static func speed(_ t: Double) -> Double {
    6 + 2.5 * sin(0.35 * t) + 1.2 * sin(0.9 * t + 1)
  }
  private static func acceleration(_ t: Double) -> Double {
    2.5 * 0.35 * cos(0.35 * t) + 1.2 * 0.9 * cos(0.9 * t + 1)
  }

  /// Five, ten seconds apart.
  private static func pulses(
    from begin: Double, to end: Double, _ level: Double
  ) -> [(at: Double, level: Double)] {
    var steps: [(at: Double, level: Double)] = []
    for pulse in 0..<5 {
      steps.append((Double(pulse) * 10 + begin, level))
      steps.append((Double(pulse) * 10 + end, 0))
    }
    return steps
  }

  @Test func `wheel scale and GNSS latency from speeds that change`() {
    var coverage = Coverage()
    for seed in 0..<coverageRuns {
      var noise = Noise(UInt64(seed))
      let scale = 0.98 + 0.04 * noise.uniform()
      let latency = 0.05 + 0.25 * noise.uniform()
      let wheels = (0..<3000).map {
        let t = Double($0) * 0.02
        return WheelSpeedSample(
          time: t, speed: scale * Self.speed(t) + noise.next(0.014), yawRate: 0)
      }
      let fixes = (5..<590).map {
        let t = Double($0) * 0.1
        return SpeedFix(receivedAt: t + latency, speed: Self.speed(t) + noise.next(0.03))
      }
      let found = GroundSpeed.identify(wheels: wheels, fixes: fixes)
      coverage.note("scale", found.scale, truth: scale)
      coverage.note("latency", found.latency, truth: latency)
    }
    coverage.check(of: coverageRuns)
  }

  /// Driven wheels read more while they push: else 1 % of slip were a tenth of a second of latency.
  @Test func `slip in proportion to acceleration is not taken for latency`() {
    var noise = Noise(3)
    let wheels = (0..<6000).map {
      let t = Double($0) * 0.02
      let slip = 1 + 0.02 * max(Self.acceleration(t), 0)
      return WheelSpeedSample(
        time: t, speed: slip * Self.speed(t) + noise.next(0.014), yawRate: 0)
    }
    let fixes = (5..<1190).map {
      let t = Double($0) * 0.1
      return SpeedFix(receivedAt: t + 0.15, speed: Self.speed(t) + noise.next(0.03))
    }
    let found = GroundSpeed.identify(wheels: wheels, fixes: fixes)
    #expect(found.latency.contains(0.15), "\(found.latency)")
    #expect(abs(found.scale.value - 1) < 0.002, "\(found.scale)")
  }

  @Test func `steady driving tells the scale, and says that it does not tell the latency`() {
    var noise = Noise(4)
    let wheels = (0..<3000).map {
      WheelSpeedSample(time: Double($0) * 0.02, speed: 6.06 + noise.next(0.014), yawRate: 0)
    }
    let fixes = (5..<590).map {
      SpeedFix(receivedAt: Double($0) * 0.1, speed: 6 + noise.next(0.03))
    }
    let found = GroundSpeed.identify(wheels: wheels, fixes: fixes)
    #expect(!found.latency.isEnough)
    #expect(!GroundSpeed.identify(wheels: [], fixes: fixes).scale.isEnough)
  }

  /// Brake steps from rolling, a lag that is integrated piece by piece; grade changes from one
  /// application to the next.
  @Test func `brake dead time, build-up and gain; engine lag and mass`() {
    var coverage = Coverage()
    for seed in 0..<coverageRuns {
      var noise = Noise(UInt64(seed) + 50)
      let mass = 15_000 + 20_000 * noise.uniform()
      let brake = StepAnswer(
        delay: 0.1 + 0.15 * noise.uniform(), lag: 0.2 + 0.3 * noise.uniform(),
        steps: Self.pulses(from: 6, to: 9, 1.2))
      let drive = StepAnswer(
        delay: 0.1, lag: 0.4,
        steps: Self.pulses(from: 1, to: 5, 30_000))
      let gain = 0.8 + 0.3 * noise.uniform()
      var samples: [LongitudinalSample] = []
      var speed = 8.0
      for step in 0..<50_000 {
        let t = Double(step) * 0.001
        if step % 20 == 0 {
          samples.append(
            LongitudinalSample(
              time: t, speed: speed + noise.next(0.014), brake: brake.command(at: t),
              drive: drive.command(at: t)))
        }
        // The grade steps where no piece is compared across it.
        speed += 0.001 * (drive.value(at: t) / mass - gain * brake.value(at: t) - 0.06)
      }
      let found = LongitudinalResponse.identify(samples)
      coverage.note("brake delay", found.brakeDelay, truth: brake.delay)
      coverage.note("brake lag", found.brakeLag, truth: brake.lag)
      coverage.note("brake gain", found.brakeGain, truth: gain)
      coverage.note("drive delay", found.driveDelay, truth: 0.1)
      coverage.note("drive lag", found.driveLag, truth: 0.4)
      coverage.note("mass", found.mass, truth: mass)
    }
    coverage.check(of: coverageRuns)
  }

  @Test func `a drive that never brakes tells nothing of the brake`() {
    let samples = (0..<3000).map {
      LongitudinalSample(time: Double($0) * 0.02, speed: 5, brake: 0, drive: 5_000)
    }
    let found = LongitudinalResponse.identify(samples)
    #expect(!found.brakeDelay.isEnough && !found.brakeGain.isEnough && !found.mass.isEnough)
  }

  @Test func `antenna, heading offset and rear slip from bends`() {
    var coverage = Coverage()
    for seed in 0..<coverageRuns {
      var noise = Noise(UInt64(seed) + 300)
      let forward = 4 * noise.uniform()
      let left = noise.uniform() - 0.5
      let samples = (0..<900).map {
        let t = Double($0) * 0.1
        let v = Self.speed(t)
        let yawRate = 0.25 * sin(0.2 * t) + 0.1 * sin(0.7 * t)
        let along = v - left * yawRate
        let across = forward * yawRate - 0.012 * v * v * yawRate
        return AntennaSample(
          time: t, speed: (along * along + across * across).squareRoot() + noise.next(0.03),
          course: 0.2 * t + 0.004 + atan2(across, along),
          heading: 0.2 * t + noise.next(0.0035),
          yawRate: yawRate + noise.next(0.001), wheelSpeed: 1.004 * v + noise.next(0.005))
      }
      let found = AntennaMounting.identify(samples)
      coverage.note("forward", found.forward, truth: forward)
      coverage.note("left", found.left, truth: left)
      coverage.note("heading offset", found.headingOffset, truth: 0.004)
      coverage.note("slip", found.rearAxleSlip, truth: 0.012)
    }
    coverage.check(of: coverageRuns)
  }

  /// Wheels that slip a little more while they turn: a bend to one side calls that an antenna beside
  /// the middle.
  @Test func `bends to one side do not tell where the antenna is across`() {
    func found(_ turn: (Double) -> Double) -> AntennaMounting {
      var noise = Noise(9)
      var heading = 0.0
      return AntennaMounting.identify(
        (0..<600).map {
          let yawRate = turn(Double($0) * 0.1)
          heading += yawRate * 0.1
          return AntennaSample(
            time: Double($0) * 0.1, speed: 5 + noise.next(0.03), course: heading,
            heading: heading + noise.next(0.0035), yawRate: yawRate + noise.next(0.001),
            wheelSpeed: 5 + 0.1 * yawRate.magnitude + noise.next(0.005))
        })
    }
    let one = found { $0 > 20 && $0 < 30 ? 0.15 : 0 }.left
    guard case .notEnough(let advice) = one.excitation else {
      Issue.record("one bend told \(one)")
      return
    }
    #expect(advice.hasPrefix("bends to both sides"))
    let both = found { $0 > 20 && $0 < 30 ? 0.15 : $0 > 40 && $0 < 50 ? -0.15 : 0 }.left
    #expect(both.isEnough && abs(both.value) < 0.05, "\(both)")
  }

  @Test func `gyro bias from rest, scale from turns`() {
    var coverage = Coverage()
    for seed in 0..<coverageRuns {
      var noise = Noise(UInt64(seed) + 700)
      let bias = 0.01 * (noise.uniform() - 0.5)
      let scale = 0.98 + 0.04 * noise.uniform()
      let samples = (0..<5000).map {
        let t = Double($0) * 0.02
        let turning = t > 10
        let rate = turning ? 0.3 * sin(0.25 * (t - 10)) : 0
        let heading = turning ? 0.3 / 0.25 * (1 - cos(0.25 * (t - 10))) : 0
        return GyroSample(
          time: t, yawRate: scale * rate + bias + noise.next(0.003), isStanding: !turning,
          heading: $0 % 5 == 0 ? heading + noise.next(0.0035) : .nan)
      }
      let found = GyroCalibration.identify(samples)
      coverage.note("bias", found.bias, truth: bias)
      coverage.note("scale", found.scale, truth: scale)
    }
    coverage.check(of: coverageRuns)
  }

  /// The angle is a ramp in pieces, for which a first-order lag has a closed form.
  @Test func `understeer gradient from bends at several speeds`() {
    var coverage = Coverage()
    for seed in 0..<coverageRuns {
      var noise = Noise(UInt64(seed) + 900)
      let gradient = 0.002 + 0.006 * noise.uniform()
      let offset = 0.004 * (noise.uniform() - 0.5)
      var samples: [YawSample] = []
      for piece in 0..<6 {
        let v = [2.0, 8.0, 5.0][piece % 3]
        let length = 3.6 + gradient * v * v
        // yaw' = (v tan(angle) / length - yaw) / lag, tan(angle) = 0.05 sin(w t)
        let w = 0.6
        let lag = 0.12
        let z = (w * lag) * (w * lag) + 1
        for step in 0..<500 {
          let t = Double(step) * 0.02
          let tangent = 0.05 * sin(w * t)
          let steady = v / length * 0.05 * (sin(w * t) - w * lag * cos(w * t)) / z
          samples.append(
            YawSample(
              time: Double(piece) * 20 + t, speed: v, angle: atan(tangent) - offset,
              yawRate: steady + 0.002 + noise.next(0.003)))
        }
      }
      let found = UndersteerResponse.identify(samples, wheelbase: Metres(3.6))
      coverage.note("gradient", found.gradient, truth: gradient)
      coverage.note("offset", found.steeringOffset, truth: offset)
      coverage.note("bias", found.gyroBias, truth: 0.002)
      coverage.note("lag", found.yawLag, truth: 0.12)
    }
    coverage.check(of: coverageRuns)
  }
}
