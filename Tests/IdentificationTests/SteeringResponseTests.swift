import Foundation
import Identification
import TestSupport
import Testing

/// Seeded runs of a coverage test; a debug build is thirty times slower.
#if DEBUG
  let coverageRuns = 20
#else
  let coverageRuns = 200
#endif

/// Whether intervals of 95 % held the truth in 90 to 99 % of the runs; of twenty, all may.
func isHonest(_ count: Int) -> Bool {
  #if DEBUG
    count >= 16
  #else
    (180...198).contains(count)
  #endif
}

/// Seeded normal numbers, by Box and Muller.
struct Noise {
  private var words: RandomWords
  init(_ seed: UInt64) { words = RandomWords(seed: seed) }

  mutating func uniform() -> Double { Double(words.next() >> 11) * 0x1p-53 }
  mutating func next(_ sigma: Double) -> Double {
    sigma * (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}

/// The analytical answer of a lag to steps, piece by piece.
struct StepAnswer {
  var delay = 0.08, lag = 0.3
  var rate = Double.infinity
  /// Time and level of each step.
  var steps: [(at: Double, level: Double)]

  func command(at time: Double) -> Double { steps.last { $0.at <= time }?.level ?? 0 }

  func value(at time: Double) -> Double {
    var x = 0.0
    for (number, step) in steps.enumerated() {
      let begin = step.at + delay
      guard time > begin else { break }
      let next = number + 1 < steps.count ? steps[number + 1].at + delay : .infinity
      let t = min(time, next) - begin
      let far = step.level - x
      // At the limit until the lag alone is slower.
      let limited = max((abs(far) - rate * lag) / rate, 0)
      if rate.isFinite, t <= limited {
        x += (far > 0 ? rate : -rate) * t
      } else {
        let start = rate.isFinite && limited > 0 ? x + (far > 0 ? rate : -rate) * limited : x
        let gone = rate.isFinite ? t - limited : t
        x = step.level + (start - step.level) * exp(-gone / lag)
      }
    }
    return x
  }
}

/// The steering as a planner counts on it: dead time, lag, rate limit and offset, each with an
/// interval that means what it says.
@Suite struct SteeringResponseTests {
  static func steps(_ size: Double, _ noise: inout Noise) -> [(at: Double, level: Double)] {
    (0..<12).map {
      (
        Double($0) * 2 + 0.02 * (noise.uniform() * 20).rounded(),
        $0 % 2 == 0 ? size * (0.5 + noise.uniform()) : -size * (0.5 + noise.uniform())
      )
    }
  }

  static func samples(
    _ answer: StepAnswer, offset: Double, sigma: Double, _ noise: inout Noise
  ) -> [SteeringSample] {
    (0..<1250).map {
      let time = Double($0) * 0.02
      return SteeringSample(
        time: time, commanded: answer.command(at: time),
        measured: answer.value(at: time) + offset + noise.next(sigma))
    }
  }

  @Test func `95 % intervals hold the truth in 90 to 99 % of seeded runs`() {
    var inside = [0, 0, 0]
    for seed in 0..<coverageRuns {
      var noise = Noise(UInt64(seed))
      let answer = StepAnswer(
        delay: 0.03 + 0.1 * noise.uniform(), lag: 0.15 + 0.3 * noise.uniform(),
        steps: Self.steps(0.02, &noise))
      let found = SteeringResponse.identify(
        Self.samples(answer, offset: 0.004, sigma: 0.001, &noise))
      if found.delay.contains(answer.delay) { inside[0] += 1 }
      if found.lag.contains(answer.lag) { inside[1] += 1 }
      if found.offset.contains(0.004) { inside[2] += 1 }
      #expect(found.delay.isEnough && found.lag.isEnough && found.offset.isEnough)
      #expect(!found.rateLimit.isEnough, "nothing in this drive meets a rate limit")
    }
    for count in inside { #expect(isHonest(count), "inside: \(inside) of \(coverageRuns)") }
  }

  @Test func `a rate limit is found where steps meet it`() {
    var inside = [0, 0, 0]
    for seed in 0..<coverageRuns * 3 / 10 {
      var noise = Noise(UInt64(1000 + seed))
      let answer = StepAnswer(
        delay: 0.05, lag: 0.2, rate: 0.25 + 0.2 * noise.uniform(),
        steps: Self.steps(0.25, &noise))
      let found = SteeringResponse.identify(
        Self.samples(answer, offset: -0.002, sigma: 0.002, &noise))
      if found.delay.contains(answer.delay) { inside[0] += 1 }
      if found.lag.contains(answer.lag) { inside[1] += 1 }
      if found.rateLimit.isEnough, found.rateLimit.contains(answer.rate) { inside[2] += 1 }
    }
    for count in inside { #expect(100 * count >= 25 * coverageRuns, "inside: \(inside)") }
  }

  @Test func `a drive without a change of command is said to tell nothing`() {
    var noise = Noise(7)
    let found = SteeringResponse.identify(
      (0..<2000).map {
        SteeringSample(time: Double($0) * 0.01, commanded: 0.01, measured: 0.01 + noise.next(0.001))
      })
    #expect(!found.delay.isEnough && !found.lag.isEnough && !found.rateLimit.isEnough)
    #expect(SteeringResponse.identify([]).delay.value.isNaN)
    let hostile = [
      SteeringSample(time: .nan, commanded: .infinity, measured: .nan),
      SteeringSample(time: 1, commanded: 1e300, measured: -1e300),
    ]
    #expect(!SteeringResponse.identify(hostile + hostile).lag.isEnough)
  }
}
