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

  /// As `numpy.save` writes other arrays: the file, where in it, what was read, what is allowed.
  @Test(arguments: [
    ("'<f4', 'fortran_order': False, 'shape': (2,), }", "descr in {'descr': '<f4'", "'<f8'"),
    ("'>f8', 'fortran_order': False, 'shape': (2,), }", "descr in {'descr': '>f8'", "'<f8'"),
    ("'<i8', 'fortran_order': False, 'shape': (2,), }", "descr in {'descr': '<i8'", "'<f8'"),
    ("'<f8', 'fortran_order': Maybe, 'shape': (2,), }", "fortran_order in", "False, True"),
    ("'<f8', 'fortran_order': False, 'shape': (-2,), }", "shape in", "(rows,) or (rows, columns)"),
    ("'<f8', 'fortran_order': False, 'shape': (), }", "shape in", "(rows,) or (rows, columns)"),
    ("'<f8', 'fortran_order': False, 'shape': (1, 1, 2), }", "shape in", "(rows, columns)"),
    ("'<f8', 'fortran_order': False}", "shape in", "(rows,) or (rows, columns)"),
    ("'<f8', 'fortran_order': False, 'shape': (3,), }", "16 bytes for shape [3]", ""),
    ("'<f8', 'fortran_order': True, 'shape': (1,), }", "16 bytes for shape [1]", ""),
    ("'<f8', 'fortran_order': False, 'shape': (9223372036854775807, 2), }", "16 bytes for", ""),
  ])
  func `another layout is refused with its offset`(header: String, read: String, allowed: String) {
    let refusal = #expect(throws: ReplayRefused.self) {
      try NumPyArray(file("{'descr': " + header, [1, 2]), name: "a.npy")
    }
    let text = refusal?.description ?? ""
    #expect(text.hasPrefix("a.npy: offset ") && text.contains(read), "\(text)")
    #expect(text.hasSuffix(allowed), "\(text)")
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

/// A segment whose arrays do not belong together is none.
@Suite struct CommaSegmentTests {
  private static func array(_ shape: String, _ values: [Double]) -> [UInt8] {
    file("{'descr': '<f8', 'fortran_order': False, 'shape': \(shape), }", values)
  }

  /// Two readings of everything.
  private static let whole: [String: [UInt8]] = {
    var files: [String: [UInt8]] = [:]
    for (name, columns) in [
      ("CAN_wheel_speed", 4), ("CAN_speed", 1), ("CAN_steering_angle", 1), ("IMU_gyro", 3),
      ("IMU_accelerometer", 3), ("GNSS_live_gnss_ublox", 6),
    ] {
      files[name + "_t.npy"] = array("(2,)", [10, 11])
      files[name + "_value.npy"] = array(
        "(2, \(columns))", [Double](repeating: 1, count: 2 * columns))
    }
    files["global_pose_frame_times.npy"] = array("(2,)", [10, 11])
    for name in ["positions", "velocities"] {
      files["global_pose_frame_\(name).npy"] = array("(2, 3)", [1, 2, 3, 4, 5, 6])
    }
    return files
  }()

  private func read(_ files: [String: [UInt8]]) throws -> CommaSegment {
    try CommaSegment { name in try #require(files[name], "\(name)") }
  }

  @Test func `what belongs together is read`() throws {
    let segment = try read(Self.whole)
    #expect(segment.wheelSpeeds.values.shape == [2, 4] && segment.reference.count == 2)
  }

  @Test(
    arguments: [
      ("CAN_wheel_speed_value.npy", "(4, 2)", [1, 1, 1, 1, 1, 1, 1, 1], "allowed: 2 rows of 4"),
      ("CAN_wheel_speed_value.npy", "(2, 3)", [1, 1, 1, 1, 1, 1], "allowed: 2 rows of 4"),
      (
        "CAN_speed_value.npy", "(3,)", [1, 1, 1],
        "shape [3] beside times of shape [2], allowed: 2 rows"
      ),
      ("IMU_gyro_t.npy", "(1,)", [1], "IMU_gyro_value.npy: shape [2, 3] beside times of shape [1]"),
      ("IMU_gyro_t.npy", "(2,)", [11, 10], "IMU_gyro_t.npy: times that are not in order"),
      ("IMU_gyro_t.npy", "(2,)", [.nan, 10], "IMU_gyro_t.npy: times that are not in order"),
      (
        "global_pose_frame_times.npy", "(1, 2)", [10, 11],
        "shape [1, 2], allowed: one time in each row"
      ),
      (
        "global_pose_frame_velocities.npy", "(3, 2)", [1, 1, 1, 1, 1, 1],
        "not three columns for each time"
      ),
    ] as [(String, String, [Double], String)])
  func `arrays of other shapes are refused by name`(
    name: String, shape: String, values: [Double], says: String
  ) {
    var files = Self.whole
    files[name] = Self.array(shape, values)
    let refusal = #expect(throws: ReplayRefused.self) { try read(files) }
    #expect(refusal?.description.contains(says) == true, "\(refusal?.description ?? "")")
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
