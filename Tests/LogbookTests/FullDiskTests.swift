import Foundation
import Logbook
import Recording
import Replay
import Signals
import Testing
import Units

/// A file system of a megabyte, in memory.
private final class SmallDisk {
  let folder: URL

  static var isPossible: Bool { (try? SmallDisk()) != nil }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "tulpar-disk-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let mounted = try run("/bin/mount", "-t", "tmpfs", "-o", "size=2m", "none", folder.path)
    guard mounted else {
      try FileManager.default.removeItem(at: folder)
      throw CocoaError(.fileWriteNoPermission)
    }
  }

  deinit {
    _ = try? run("/bin/umount", folder.path)
    try? FileManager.default.removeItem(at: folder)
  }

  private var free: Int {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
    return (attributes?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
  }

  /// Somebody else's file takes all but these kilobytes.
  func leave(_ kilobytes: Int) throws {
    try Data(count: max(free - kilobytes << 10, 0)).write(to: folder.appending(path: "other"))
  }
  func empty() throws { try FileManager.default.removeItem(at: folder.appending(path: "other")) }
}

private func run(_ path: String, _ arguments: String...) throws -> Bool {
  let process = Process()
  process.executableURL = URL(filePath: path)
  process.arguments = arguments
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  return process.terminationStatus == 0
}

/// domain.md 2.4, on a disk that really is full.
@Suite(.enabled(if: SmallDisk.isPossible, "no file system can be mounted here"))
struct FullDisks {
  @Test func theDriveGoesOnAndSoDoesTheRecordOnceThereIsRoom() throws {
    let disk = try SmallDisk()
    var limits = DriveLimits()
    limits.minimumFree = 0
    let drive = try KeptDrive(limits, folder: disk.folder)
    drive.run(cycles: 200)
    #expect(drive.handover.state == .kept)
    try disk.leave(40)
    var failedAt: UInt64 = 0
    for _ in 0..<200 where failedAt == 0 {
      drive.run(cycles: 5)
      if drive.handover.state == .failed { failedAt = drive.cycles }
    }
    try #require(failedAt > 0)
    drive.run(cycles: 300)
    let status = drive.keeper.latest
    #expect(status.problem.contains("No space left on device"), "\(status.problem)")
    #expect(status.lost > 250)
    #expect(drive.outputs.faults.contains(.recordingFailed))
    #expect(drive.journal.lines.count { $0.contains("recording: failed") } == 1)
    #expect(drive.handover.drops == 0)
    try disk.empty()
    drive.run(cycles: 1_000)
    // Of a disk of two megabytes little is free.
    #expect(drive.handover.state != .failed)
    #expect(!drive.outputs.faults.contains(.recordingFailed))
    drive.end()
    #expect(drive.keeper.latest.lost + drive.keeper.latest.cycles == drive.cycles)
    let name = try #require(try drive.names(".mcap").first)
    let log = try drive.log(name)
    #expect(log.facts["missing cycles"] != nil)
    #expect(try log.replayed().difference == nil)
  }

  /// What must stay free for others ends the recording before the disk is full, and the file is
  /// whole.
  @Test func whatMustStayFreeStaysFree() throws {
    let disk = try SmallDisk()
    var limits = DriveLimits()
    limits.minimumFree = 300 << 10
    let drive = try KeptDrive(limits, folder: disk.folder)
    drive.run(cycles: 200)
    try disk.leave(250)
    drive.run(cycles: 300)
    #expect(drive.handover.state == .failed)
    #expect(
      drive.keeper.latest.problem.contains("must stay free"), "\(drive.keeper.latest.problem)")
    #expect(drive.keeper.latest.free >= 150 << 10)
    let name = try #require(try drive.names(".mcap").first)
    #expect(try drive.log(name).replayed().difference == nil)
  }

  /// At the limit itself a recording would begin and end a file each second.
  @Test func itGoesOnWhenThereIsRoomAgainAndNotBefore() throws {
    let disk = try SmallDisk()
    var limits = DriveLimits()
    limits.minimumFree = 300 << 10
    let drive = try KeptDrive(limits, folder: disk.folder)
    drive.run(cycles: 110)
    try disk.leave(250)
    drive.run(cycles: 220)
    #expect(drive.handover.state == .failed)
    let files = try drive.names(".mcap").count
    try disk.empty()
    try disk.leave(340)
    drive.run(cycles: 300)
    #expect(drive.handover.state == .failed, "\(drive.keeper.latest)")
    #expect(try drive.names(".mcap").count == files)
    try disk.empty()
    drive.run(cycles: 300)
    #expect(drive.handover.state != .failed)
  }

  /// Less than a tenth free is told.
  @Test func aShortDiskIsTold() throws {
    let disk = try SmallDisk()
    var limits = DriveLimits()
    limits.minimumFree = 0
    let drive = try KeptDrive(limits, folder: disk.folder)
    drive.run(cycles: 100)
    try disk.leave(150)
    drive.run(cycles: 110)
    #expect(drive.handover.state == .short)
  }
}
