import Control
import DriveConfiguration
import Recording
import Replay
import Signals
import Testing
import Units
import WireCodec

/// Architecture, sections 3 and 4: a replay starts mid-drive from a recorded state of the core, and
/// holds against the record what is decoded and remembered too.
@Suite struct KeyframeReplayTests {
  @Test(arguments: [(0.0, 0.0), (9.98, 0), (9.99, 9.99), (12, 9.99), (13.99, 9.99)])
  func aReplayFromATimeEndsWithTheHashOfTheDrive(time: Double, start: Double) throws {
    let drive = try RecordedDrive.short.get()
    let comparison = try replay(drive.bytes, from: time)
    #expect(comparison.difference == nil)
    #expect(comparison.startedAt == start)
    #expect(comparison.cycles == UInt64(drive.cycles) - UInt64((start * 100).rounded()))
    #expect(comparison.keyframes == (start > 0 ? 1 : 2))
    #expect(comparison.outputHash.hash == drive.outputHash)
  }

  @Test(arguments: [-0.01, 14, 1e300, .infinity, -.infinity, .nan])
  func aTimeOutsideTheDriveIsRefusedWithItsRange(time: Double) throws {
    let bytes = try RecordedDrive.short.get().bytes
    let error = #expect(throws: RecordingError.self) { try replay(bytes, from: time) }
    #expect(error?.problem.contains("allowed is 0 to 13.99 s") == true, "\(time)")
  }

  @Test func aFileThatIsNotWholeHasNoTimes() throws {
    let bytes = try RecordedDrive.short.get().bytes
    let error = #expect(throws: RecordingError.self) {
      try replay(Array(bytes.dropLast(3_000)), from: 10)
    }
    #expect(error?.isTruncation == true)
  }

  /// Rotation: the second file goes on where the first ends, state and hashes.
  @Test func aFileThatBeginsMidDriveReplays() throws {
    let drive = try RecordedDrive.short.get()
    for hasKeyframe in [true, false] {
      let log = try DriveLog(ByteSource(bytes: drive.bytes, name: "drive.mcap"))
      var contents = RecordingContents()
      contents.attachments = log.attachments
      let sinks = (RecordingSink(), RecordingSink())
      var recorder = try DriveRecorder(sinks.0, contents)
      var cycle = RecordedCycle()
      while try log.next(&cycle) {
        if cycle.inputs.cycle == 1_000 {
          try recorder.finish()
          recorder = try DriveRecorder(sinks.1, contents, continuing: recorder.hashes)
        }
        if hasKeyframe, let keyframe = log.keyframe?.state {
          try recorder.record(keyframe, before: cycle)
        }
        try recorder.record(&cycle)
      }
      try recorder.finish()
      let first = try replay(sinks.0.memory)
      #expect(first.difference == nil && first.cycles == 999)
      let second = try replay(sinks.1.memory)
      #expect((second.difference == nil) == hasKeyframe)
      guard hasKeyframe else { continue }
      #expect(second.cycles == UInt64(drive.cycles) - 999)
      #expect(second.outputHash.hash == drive.outputHash)
    }
  }

  @Test func aStateOtherThanTheCoresIsNamed() throws {
    let drive = try RecordedDrive.short.get()
    var controller = Controller(configuration: ControllerConfiguration())
    var names = FieldNames()
    controller.visit(&names)
    let place = try #require(names.names.firstIndex { $0 == "estimator.odometer double" })
    let bytes = try drive.changed(state: { cycle, words in
      if cycle == 1_000 { words[place] = 7.25.bitPattern }
    })
    let difference = try #require(try replay(bytes).difference)
    #expect(difference.cycle == 1_000)
    #expect(difference.field == "state.estimator.odometer")
    #expect(difference.recorded == "7.25")
    // Taken for true, it leads to another drive.
    let late = try replay(bytes, from: 10)
    #expect(late.difference?.cycle == 1_000)
    #expect(try replay(bytes, from: 9).difference?.field == "state.estimator.odometer")
  }

  @Test func aStateWithWordsThatNoFieldHoldsIsRefused() throws {
    let drive = try RecordedDrive.short.get()
    for words in [[], [1, 2, 3], [UInt64](repeating: .max, count: 9_000)] as [[UInt64]] {
      let bytes = try drive.changed(state: { _, state in
        state = words.isEmpty ? state.map { _ in .max } : words
      })
      #expect(throws: ReplayRefused.self) { try replay(bytes, from: 10) }
    }
  }

  /// A frame that is decoded otherwise shows in the cycle that it came in, and by its signals.
  @Test func signalsThatAreDecodedOtherwiseAreNamed() throws {
    let drive = try RecordedDrive.short.get()
    let log = try DriveLog(ByteSource(bytes: drive.bytes, name: "drive.mcap"))
    var configuration = try DriveConfiguration(
      decoding: try #require(log[attachment: DriveSchema.configuration]))
    let fields = configuration.controller.frames.fieldCount
    for i in 0..<fields
    where configuration.controller.frames.fields[i].channel == .engineSpeed {
      configuration.controller.frames.fields[i].offset += 1e-9
    }
    let bytes = try drive.changed(attachments: [
      MCAPAttachment(
        name: DriveSchema.configuration, mediaType: "application/octet-stream",
        data: configuration.encoded())
    ])
    let difference = try #require(try replay(bytes).difference)
    #expect(difference.cycle < 20)
    #expect(difference.field == "decoded signals (engineSpeed)", "\(difference)")
  }

  @Test func aHashOfTheSignalsThatNothingExplainsIsADifference() throws {
    let bytes = try RecordedDrive.short.get().changed { cycle in
      if cycle.inputs.cycle == 77 { cycle.decodedHash = cycle.decodedHash.map { $0 ^ 1 } }
    }
    let difference = try #require(try replay(bytes).difference)
    #expect(difference.cycle == 77)
    #expect(difference.field == "decoded signals (hash over all)")
  }

  /// A build whose core remembers something else replays the drive from its start, not from its
  /// middle.
  @Test func aStateOfOtherSoftwareIsOnlyRefusedWhereItIsNeeded() throws {
    let bytes = try RecordedDrive.short.get().repacked(keyframeLayout: [1])
    #expect(try replay(bytes).difference == nil)
    let error = #expect(throws: ReplayRefused.self) { try replay(bytes, from: 10) }
    #expect(error?.description.contains("other software") == true)
  }
}

/// Architecture, section 4: what a replay gives depends on the record alone.
@Suite struct ReplayIdentityTests {
  @Test(arguments: [1, 700, 64 << 10, 64 << 20])
  func anyChunkSizeGivesTheSameHash(size: Int) throws {
    let drive = try RecordedDrive.short.get()
    let bytes = try drive.repacked(chunkSize: size)
    #expect(bytes != drive.bytes)
    let comparison = try replay(bytes)
    #expect(comparison.difference == nil)
    #expect(comparison.outputHash.hash == drive.outputHash)
  }

  /// More threads than processors, each with its own replay of the same bytes.
  @Test func anyLoadGivesTheSameHash() async throws {
    let drive = try RecordedDrive.short.get()
    let hashes = try await withThrowingTaskGroup(of: UInt64.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let comparison = try replay(drive.bytes)
          return comparison.difference == nil ? comparison.outputHash.hash : 0
        }
      }
      return try await group.reduce(into: [UInt64]()) { $0.append($1) }
    }
    #expect(hashes == [UInt64](repeating: drive.outputHash, count: 6))
  }
}
