import ActuatorGate
import Control
import DriveConfiguration
import Foundation
import Recording
import Replay
import Signals
import SiteMap
import Testing
import Units

/// `tulpar replay --what-if`: the recorded inputs with another configuration, open loop.
@Suite struct WhatIfTests {
  private func replay(_ bytes: [UInt8]) throws -> DriveReplay {
    try DriveReplay(DriveLog(ByteSource(bytes: bytes, name: "drive.mcap")))
  }

  @Test func theRecordedConfigurationDecidesWhatWasDecided() throws {
    let drive = try RecordedDrive.short.get()
    let replay = try replay(drive.bytes)
    let found = try replay.whatIf(replay.configuration, messageNames: [])
    #expect(found.divergence.isSame)
    #expect(found.divergence.cycles == UInt64(drive.cycles))
    #expect(found.comparison.difference == nil)
    #expect(found.comparison.outputHash.hash == drive.outputHash)
  }

  /// Where, how often and by how much follows from the record: a cap of 1 m/s lowers what was above.
  @Test func aLowerSpeedCapIsNamedWhereTheRecordedOneWasAbove() throws {
    let drive = try RecordedDrive.short.get()
    let log = try DriveLog(ByteSource(bytes: drive.bytes, name: "drive.mcap"))
    var cycle = RecordedCycle()
    var lowered: [(time: Instant, by: Double)] = []
    while try log.next(&cycle) {
      let above = cycle.outputs.speedCap.value - 1
      if above > 0 { lowered.append((cycle.inputs.now, above)) }
    }
    try #require(!lowered.isEmpty)
    let replay = try replay(drive.bytes)
    var other = replay.configuration
    other.controller.limits.speedCap = MetresPerSecond(1)
    let found = try replay.whatIf(other, messageNames: [])
    let field = try #require(found.divergence.differences.first { $0.name == "speedCap" })
    #expect(field.cycles == UInt64(lowered.count))
    #expect(field.time == lowered.first?.time)
    #expect(field.largest == lowered.map(\.by).max())
    // The identity of this build with the record is told beside, and holds.
    #expect(found.comparison.difference == nil)
    #expect(found.comparison.outputHash.hash == drive.outputHash)
  }

  /// What the software decides otherwise is not taken for the work of the configuration.
  @Test func aRecordThatThisBuildDoesNotRepeatIsSaidSo() throws {
    let drive = try RecordedDrive.short.get()
    let bytes = try drive.changed { cycle in
      if cycle.inputs.cycle == 500 { cycle.outputs.holdLine = 7 }
    }
    let replay = try replay(bytes)
    let found = try replay.whatIf(replay.configuration, messageNames: [])
    #expect(found.divergence.isSame)
    #expect(found.comparison.difference?.field == "holdLine")
  }

  @Test func theProfileOfAnotherTruckIsRefusedWithItsMessages() throws {
    let drive = try RecordedDrive.short.get()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let other = try compileDrive(
      profile: root + "/hw-profiles/yard-tractor-dbw", mission: root + "/missions/demo-crossing")
    let replay = try replay(drive.bytes)
    let error = #expect(throws: ReplayRefused.self) {
      try replay.whatIf(other, messageNames: ["wheels"])
    }
    let text = error?.description ?? ""
    #expect(
      text.hasPrefix(
        "recorded with j1939-tractor-semitrailer, which does not receive wheels ("), "\(text)")
    #expect(text.hasSuffix(" more of yard-tractor-dbw"), "\(text)")
  }

  /// Its first state holds what the recorded configuration had led to.
  @Test func aFileThatBeginsWithinItsDriveIsRefused() throws {
    let drive = try RecordedDrive.short.get()
    let log = try DriveLog(ByteSource(bytes: drive.bytes, name: "drive.mcap"))
    var contents = RecordingContents()
    contents.attachments = log.attachments
    let sink = RecordingSink()
    var before = DriveHashes()
    before.inputs = 1
    let recorder = try DriveRecorder(sink, contents, continuing: before)
    var cycle = RecordedCycle()
    while try log.next(&cycle) {
      if let state = log.keyframe?.state { try recorder.record(state, before: cycle) }
      try recorder.record(&cycle)
    }
    try recorder.finish()
    let replay = try replay(sink.memory)
    let error = #expect(throws: ReplayRefused.self) {
      try replay.whatIf(replay.configuration, messageNames: [])
    }
    #expect(error?.description.hasPrefix("begins within its drive") == true)
  }
}
