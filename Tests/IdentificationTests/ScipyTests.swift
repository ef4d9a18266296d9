import Foundation
import Identification
import TestSupport
import Testing

/// The same series fitted by scipy, with other integrators: the same estimates.
@Suite(
  .enabled(if: referencePython != nil, "needs Python with scipy (TULPAR_PYTHON or .venv)"))
struct IdentifiedByScipy {
  private func fit(_ kind: String, _ series: [String: [Double]]) throws -> [Double] {
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "identified_by_scipy.py").path
    let file = FileManager.default.temporaryDirectory
      .appending(path: "series-\(UUID().uuidString).json")
    try JSONEncoder().encode(series).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let printed = try runPython([script, kind, file.path])
    return try JSONDecoder().decode([Double].self, from: Data(printed.utf8))
  }

  @Test func `steering with a rate limit`() throws {
    var noise = Noise(11)
    let answer = StepAnswer(
      delay: 0.07, lag: 0.25, rate: 0.3, steps: SteeringResponseTests.steps(0.25, &noise))
    let samples = SteeringResponseTests.samples(answer, offset: 0.003, sigma: 0.002, &noise)
    let found = SteeringResponse.identify(samples)
    let reference = try fit(
      "steering",
      [
        "time": samples.map(\.time), "commanded": samples.map(\.commanded),
        "measured": samples.map(\.measured), "start": [0.06, 0.22, 0, 0.27],
      ])
    try #require(reference.count == 4)
    #expect(abs(found.delay.value - reference[0]) < 0.002)
    #expect(abs(found.lag.value - reference[1]) < 0.004)
    #expect(abs(found.offset.value - reference[2]) < 0.0002)
    #expect(abs(found.rateLimit.value - reference[3]) < 0.004)
  }

  @Test func `wheel scale and latency`() throws {
    var noise = Noise(12)
    func speed(_ t: Double) -> Double { 6 + 2.5 * sin(0.35 * t) + 1.2 * sin(0.9 * t + 1) }
    let wheels = (0..<3000).map {
      let t = Double($0) * 0.02
      return WheelSpeedSample(time: t, speed: 1.01 * speed(t) + noise.next(0.01), yawRate: 0)
    }
    let fixes = (20..<580).map {
      let t = Double($0) * 0.1
      return SpeedFix(receivedAt: t + 0.18, speed: speed(t) + noise.next(0.03))
    }
    let found = GroundSpeed.identify(wheels: wheels, fixes: fixes)
    let reference = try fit(
      "ground_speed",
      [
        "time": wheels.map(\.time), "speed": wheels.map(\.speed),
        "fixes": fixes.map(\.receivedAt), "fixed": fixes.map(\.speed),
      ])
    try #require(reference.count == 2)
    #expect(abs(found.scale.value - reference[0]) < found.scale.halfWidth)
    #expect(abs(found.latency.value - reference[1]) < found.latency.halfWidth)
  }
}
