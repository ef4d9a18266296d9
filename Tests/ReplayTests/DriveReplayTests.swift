import Control
import DriveConfiguration
import Foundation
import Recording
import Replay
import Signals
import Simulation
import SiteMap
import TestSupport
import Testing
import Units

/// A drive on the simulated truck, recorded as `tulpar drive` records it.
struct RecordedDrive {
  let bytes: [UInt8]
  let outputHash: UInt64
  let cycles: Int

  /// Long enough to be armed and to move off.
  static let short = Result { try RecordedDrive(seconds: 14) }

  init(seconds: Int) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let configuration = try compileDrive(
      profile: root + "/hw-profiles/j1939-tractor-semitrailer",
      mission: root + "/missions/demo-crossing")
    var contents = RecordingContents()
    contents.attachments = [
      MCAPAttachment(
        name: DriveSchema.configuration, mediaType: "application/octet-stream",
        data: configuration.encoded())
    ]
    let sink = RecordingSink()
    let recorder = try DriveRecorder(sink, contents)
    var drive = SimulatedDrive(configuration: configuration, scenario: Scenario(), seed: 3)
    drive.loop.keyframePeriod = DriveSchema.keyframePeriod
    var cycle = RecordedCycle()
    var count = 0
    for _ in 0..<seconds * 100 where drive.advance() {
      cycle.inputs = drive.loop.inputs
      cycle.outputs = drive.loop.outputs
      cycle.decodedHash = drive.loop.decodedHash
      if let keyframe = drive.loop.keyframe { try recorder.record(keyframe, before: cycle) }
      try recorder.record(&cycle)
      count += 1
    }
    try #require(drive.loop.outputs.state.speed.value > 0.3, "the truck does not move")
    try recorder.finish()
    bytes = sink.memory
    outputHash = drive.loop.outputHash.hash
    cycles = count
  }

  /// Recorded again, hashes and all, with cycles changed.
  ///
  /// - Parameter state: changes the words of a state of the core.
  func changed(
    attachments: [MCAPAttachment]? = nil,
    _ change: (inout RecordedCycle) -> Void = { _ in },
    state: (_ cycle: UInt64, inout [UInt64]) -> Void = { _, _ in }
  ) throws -> [UInt8] {
    let log = try DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"))
    var contents = RecordingContents()
    contents.attachments = attachments ?? log.attachments
    let sink = RecordingSink()
    let recorder = try DriveRecorder(sink, contents)
    var cycle = RecordedCycle()
    while try log.next(&cycle) {
      change(&cycle)
      if var words = log.keyframe?.words {
        state(cycle.inputs.cycle, &words)
        var keyframe = Keyframe()
        for var word in words { keyframe.visit("word", &word) }
        try recorder.record(keyframe, before: cycle)
      }
      try recorder.record(&cycle)
    }
    try recorder.finish()
    return sink.memory
  }

  /// The file packed again with its sums made right, cycle messages changed.
  func repacked(
    chunkSize: Int? = nil, keyframeLayout: [UInt8]? = nil,
    _ change: @escaping (_ number: Int, inout [UInt8]) -> Void = { _, _ in }
  ) throws -> [UInt8] {
    let sink = RecordingSink()
    var changes = RecordingChanges()
    if let keyframeLayout {
      changes.schema = { $0.name == DriveSchema.keyframeTopic ? keyframeLayout : $0.data }
    }
    changes.cycle = change
    try repack(
      ByteSource(bytes: bytes, name: "drive.mcap"), into: sink, chunkSize: chunkSize, changes)
    return sink.memory
  }
}

func replay(_ bytes: [UInt8], from seconds: Double? = nil) throws -> DriveComparison {
  try DriveReplay(DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"))).run(from: seconds)
}

/// Architecture, section 4: a replay has the bits of its record, and one changed byte shows.
@Suite struct DriveReplayTests {
  @Test func aReplayIsItsRecordBitForBit() throws {
    let drive = try RecordedDrive.short.get()
    let comparison = try replay(drive.bytes)
    #expect(comparison.difference == nil)
    #expect(comparison.cycles == UInt64(drive.cycles))
    #expect(comparison.outputHash.hash == drive.outputHash)
    #expect(comparison.frames > 5_000)
  }

  @Test func theSameDriveLeavesTheSameFile() throws {
    let again = try RecordedDrive(seconds: 14)
    #expect(try RecordedDrive.short.get().bytes == again.bytes)
  }

  /// One fix a hundredth of a microdegree further north, while the truck moves.
  @Test func aChangedInputChangesWhatIsDecided() throws {
    let drive = try RecordedDrive.short.get()
    var changedAt: UInt64 = 0
    let bytes = try drive.changed { cycle in
      guard changedAt == 0, cycle.outputs.state.speed.value > 0.2, cycle.inputs.gnssCount > 0 else {
        return
      }
      cycle.inputs.gnss[0].latitude = cycle.inputs.gnss[0].latitude + Degrees(1e-8)
      changedAt = cycle.inputs.cycle
    }
    try #require(changedAt > 0, "no fix while moving")
    let difference = try #require(try replay(bytes).difference)
    #expect((changedAt...changedAt + 20).contains(difference.cycle), "\(difference)")
    #expect(difference.field.hasPrefix("command.") || difference.field.hasPrefix("plan."))
  }

  @Test func aChangedOutputIsNamedWithBothValues() throws {
    let drive = try RecordedDrive.short.get()
    var expected = 0.0
    let bytes = try drive.changed { cycle in
      guard cycle.inputs.cycle == 1_034 else { return }
      expected = cycle.outputs.authority.stopTarget.value
      cycle.outputs.authority.stopTarget = Metres(-7.5)
    }
    let difference = try #require(try replay(bytes).difference)
    #expect(difference.cycle == 1_034)
    #expect(difference.field == "authority.stopTarget")
    #expect(difference.recorded == "-7.5")
    #expect(difference.replayed == "\(expected)")
    #expect(difference.time == Instant(nanoseconds: 10_340_000_000))
  }

  /// Even a byte that nothing is decided from: what was consumed is hashed too.
  @Test(arguments: [22, 40, 60])
  func oneFlippedByteOfTheInputsFails(place: Int) throws {
    let drive = try RecordedDrive.short.get()
    let untouched = try drive.repacked { _, _ in }
    #expect(try replay(untouched).difference == nil)
    for flipped in [0, 77, 303] {
      let bytes = try drive.repacked { number, data in
        if number == flipped { data[min(place, data.count - 1)] ^= 1 }
      }
      do {
        let comparison = try replay(bytes)
        #expect(comparison.difference != nil, "byte \(place) of cycle \(flipped)")
        #expect(comparison.cycles == UInt64(flipped + 1))
      } catch let error as RecordingError {
        #expect(error.record == "cycle message \(flipped)")
      }
    }
  }

  @Test func aRecordingWithoutItsConfigurationIsRefused() throws {
    let sink = RecordingSink()
    try DriveRecorder(sink, RecordingContents()).finish()
    #expect(throws: ReplayRefused.self) { try replay(sink.memory) }
    var contents = RecordingContents()
    contents.attachments = [
      MCAPAttachment(name: DriveSchema.configuration, mediaType: "text/plain", data: [1])
    ]
    let other = RecordingSink()
    try DriveRecorder(other, contents).finish()
    let error = #expect(throws: ReplayRefused.self) { try replay(other.memory) }
    #expect(error?.description.contains("not a compiled configuration") == true)
  }

  @Test func missingCyclesAreNotPassedOver() throws {
    let drive = try RecordedDrive.short.get()
    let reader = try MCAPReader(ByteSource(bytes: drive.bytes, name: "drive.mcap"))
    let summary = try #require(try reader.summary())
    let index = try #require(summary.chunks.dropFirst(5).first)
    var bytes = drive.bytes
    let first = Int(index.offset)
    bytes.removeSubrange(first..<first + Int(index.length + index.indexLength))
    let error = #expect(throws: RecordingError.self) { try replay(bytes) }
    #expect(error?.problem.contains("cycles are missing") == true)
  }

  /// What a kill leaves is made whole again: it replays, and says that it was recovered.
  @Test func aRecoveredDriveReplays() throws {
    let drive = try RecordedDrive.short.get()
    let cut = Array(drive.bytes[..<(drive.bytes.count * 2 / 3)])
    #expect(throws: RecordingError.self) { try replay(cut) }
    let sink = RecordingSink()
    let recovery = try Recovery(ByteSource(bytes: cut, name: "cut.mcap")) { sink }
    #expect(recovery.damage?.isTruncation == true)
    let comparison = try replay(sink.memory)
    #expect(comparison.difference == nil)
    #expect(comparison.cycles > UInt64(drive.cycles / 3))
    let again = RecordingSink()
    let whole = try Recovery(ByteSource(bytes: sink.memory, name: "whole.mcap")) { again }
    #expect(whole.damage == nil)
    #expect(again.memory == sink.memory)
  }
}
