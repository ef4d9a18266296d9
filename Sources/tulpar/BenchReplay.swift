import CAN
import Control
import DriveConfiguration
import Recording
import Replay
import Signals
import Simulation
import Units

/// How fast a recorded drive is replayed on one core, each field held against the record.
struct BenchReplay {
  struct Result {
    /// By the wall clock, the fastest of the runs.
    let timesRealTime: Double
    let framesPerSecond: Double
    let isIdentical: Bool
  }

  let configuration: DriveConfiguration
  let now: () -> UInt64

  /// Seconds of driving: the truck is armed, moves off and takes the first bends.
  private static var length: Int { 200 }

  /// - Parameter frames: a second on the bus, whatever the truck sends of them itself; foreign ones
  ///   are of random content, which nothing makes smaller.
  func measure(frames: Int? = nil) throws -> Result {
    let recorded = try record(frames: frames)
    var fastest = UInt64.max
    var comparison = DriveComparison()
    for _ in 0..<3 {
      let replay = try DriveReplay(DriveLog(ByteSource(bytes: recorded, name: "bench.mcap")))
      let start = now()
      comparison = try replay.run()
      fastest = min(fastest, now() - start)
    }
    let driven = comparison.duration.seconds
    return Result(
      timesRealTime: driven / (Double(fastest) / 1e9),
      framesPerSecond: Double(comparison.frames) / driven,
      isIdentical: comparison.difference == nil)
  }

  private func record(frames: Int?) throws -> [UInt8] {
    var contents = RecordingContents()
    contents.attachments = [
      MCAPAttachment(
        name: DriveSchema.configuration, mediaType: "application/octet-stream",
        data: configuration.encoded())
    ]
    let sink = RecordingSink()
    let recorder = try DriveRecorder(sink, contents)
    var drive = SimulatedDrive(configuration: configuration, scenario: Scenario(), seed: 1)
    drive.loop.keyframePeriod = DriveSchema.keyframePeriod
    var traffic = Traffic()
    var cycle = RecordedCycle()
    var seen = 0
    for number in 1...100 * Self.length {
      if let frames { traffic.fill(drive.loop, frames * number / 100 - seen) }
      guard drive.advance() else { break }
      cycle.inputs = drive.loop.inputs
      cycle.outputs = drive.loop.outputs
      cycle.decodedHash = drive.loop.decodedHash
      if let keyframe = drive.loop.keyframe { try recorder.record(keyframe, before: cycle) }
      try recorder.record(&cycle)
      seen += cycle.inputs.frames.count
    }
    try recorder.finish()
    return sink.memory
  }

  /// Sixteen messages that the profile does not know.
  private struct Traffic {
    private var state: UInt64 = 1

    mutating func fill(_ loop: ClosedLoop, _ count: Int) {
      for index in 0..<max(count, 0) {
        var frame = CANFrame(identifier: 0x18FF_2021 + UInt32(index % 16) << 8, isExtended: true)
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        for byte in 0..<8 { frame.append(UInt8(truncatingIfNeeded: state >> UInt64(8 * byte))) }
        loop.inject(frame)
      }
    }
  }
}
