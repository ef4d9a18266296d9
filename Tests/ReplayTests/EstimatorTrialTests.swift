import Foundation
import Replay
import TestSupport
import Testing

private let segmentFolder: String = {
  let shared =
    ProcessInfo.processInfo.environment["TULPAR_SHARED"]
    ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared").path
  return shared + "/data/comma2k19"
}()
private let hasSegment = FileManager.default.fileExists(
  atPath: segmentFolder + "/IMU_gyro_value.npy")

/// A file of numpy, as it writes one.
private func file(_ header: String, _ values: [Double], version: UInt8 = 1) -> [UInt8] {
  let text = Array((header + "\n").utf8)
  var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
  bytes += [UInt8(text.count & 255), UInt8(text.count >> 8)]
  if version == 2 { bytes += [0, 0] }
  bytes += text
  for value in values {
    for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> (8 * byte))) }
  }
  return bytes
}

@Suite struct NumPyArrayTests {
  @Test func `rows and columns of both orders`() throws {
    let rows = try NumPyArray(
      file("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", [1, 2, 3, 4, 5, 6]),
      name: "a.npy")
    #expect(rows.shape == [2, 3])
    #expect(rows[1, 0] == 4)
    let columns = try NumPyArray(
      file(
        "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", [1, 4, 2, 5, 3, 6],
        version: 2), name: "a.npy")
    #expect(columns.values == rows.values)
    let single = try NumPyArray(
      file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", [7, 8]), name: "a.npy")
    #expect(single.columns == 1 && single[1] == 8)
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (2,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 2), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 2), }",
    "{'descr': '<f8', 'fortran_order': False}",
  ])
  func `another layout is refused with its offset`(header: String) {
    let refusal = #expect(throws: ReplayRefused.self) {
      try NumPyArray(file(header, [1, 2]), name: "a.npy")
    }
    #expect(refusal?.description.hasPrefix("a.npy: offset ") == true)
  }

  @Test func `no length of a cut file is taken`() {
    let whole = file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", [1, 2])
    for length in 0..<whole.count {
      #expect(throws: ReplayRefused.self) {
        try NumPyArray(Array(whole[..<length]), name: "a.npy")
      }
    }
  }
}

/// The estimator over real GNSS, wheel speed, steering and gyro, against a reference pose that others
/// computed; the bounds are what was measured, not what is wished.
@Suite(.enabled(if: hasSegment, "needs ../shared/data/comma2k19"))
struct EstimatorTrialTests {
  private func trial() throws -> EstimatorTrial {
    let segment = try CommaSegment {
      [UInt8](try Data(contentsOf: URL(filePath: segmentFolder + "/" + $0)))
    }
    return EstimatorTrial(segment, EstimatorTrial.passengerCar)
  }

  @Test func `error against the reference pose, with the receiver and without it`() throws {
    let trial = try trial()
    let receiver = ErrorSummary(trial.receiver.position)
    let whole = trial.run()
    let position = ErrorSummary(whole.position)
    let heading = ErrorSummary(whole.heading)
    // numpy from the same arrays, with WGS-84 written once more: 0.5357, 0.7495, 0.8983 m.
    #expect(abs(receiver.median - 0.5357) < 0.01, "\(receiver)")
    #expect(abs(receiver.percentile95 - 0.7495) < 0.02, "\(receiver)")
    #expect(abs(receiver.worst - 0.8983) < 0.02, "\(receiver)")
    // No worse than the receiver on its own: measured 0.55, 0.68, 0.74 m and 0.09 degrees.
    #expect(position.count > 1_000)
    #expect(position.median < 0.65 && position.percentile95 < 0.8, "\(position)")
    #expect(heading.median < 0.005 && heading.percentile95 < 0.01, "\(heading)")
    let short = ErrorSummary(trial.run(outage: 20..<25, counts: 24.5..<25).position)
    let long = ErrorSummary(trial.run(outage: 20..<50, counts: 49.5..<50).position)
    #expect(short.count > 5 && long.count > 5)
    #expect(short.median < 1.2, "\(short)")
    #expect(long.median < 3, "30 s of dead reckoning over some 400 m: \(long)")
  }

  /// Were the outage not one, its errors would be those of the whole.
  @Test func `fixes within an outage do not arrive`() throws {
    let trial = try trial()
    let with = trial.run(counts: 49..<50).position
    let without = trial.run(outage: 20..<50, counts: 49..<50).position
    #expect(with != without)
  }
}
