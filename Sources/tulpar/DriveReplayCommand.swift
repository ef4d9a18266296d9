import DriveConfiguration
import Foundation
import Recording
import Replay
import Signals
import Units
import Vehicle

/// `tulpar replay` of a drive.mcap: the core again, bit for bit.
struct RecordedDriveReplay {
  let log: String
  let profile: String?
  let mission: String?
  /// Seconds since the first cycle from which on it is replayed.
  var from: Double?

  /// Whether the file begins as recordings do, or is named as they are.
  ///
  /// Only a regular file can be looked into: what is read of a pipe is gone.
  static func takes(_ path: String) throws(CommandFailure) -> Bool {
    guard path != "-" else { return false }
    let isNamedSo = path.hasSuffix(".mcap")
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      guard isNamedSo else { return false }
      throw .badInput("\(path): \(systemError())")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      guard isNamedSo else { return false }
      throw .badInput("\(path): a recording is read from a regular file only")
    }
    guard !isNamedSo, let file = FileHandle(forReadingAtPath: path) else { return isNamedSo }
    defer { try? file.close() }
    return (try? file.read(upToCount: MCAP.magic.count))?.elementsEqual(MCAP.magic) ?? false
  }

  /// What is to be printed; a difference is the failure of the command.
  ///
  /// - Parameter record: a file for what is decided now.
  func run(recording record: String? = nil) throws -> Report {
    try explaining {
      let replay = try opened()
      let recorder = try record.map {
        try DriveRecorder(
          RecordingSink(creating: $0), replay.contents(software: "tulpar \(softwareVersion)"))
      }
      let began = Date()
      let comparison = try replay.run(from: from, recording: recorder)
      guard comparison.cycles > 0 else {
        throw ReplayRefused("holds no cycle: there is nothing to replay")
      }
      return Report(
        log, replay.configuration, comparison, missingBefore: replay[fact: "missing cycles"],
        damage: replay.damage,
        wall: Date().timeIntervalSince(began))
    }
  }

  /// The drive, whose profile and mission are those that were named.
  func opened() throws -> DriveReplay {
    let drive = try DriveLog(ByteSource(opening: log))
    let replay = try DriveReplay(drive)
    if profile != nil || mission != nil {
      try NamedConfiguration(log: log, profile: profile, mission: mission)
        .check(drive, replay.configuration)
    }
    return replay
  }

  func explaining<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as RecordingError {
      throw CommandFailure.unreadable(error)
    } catch let error as ReplayRefused {
      throw CommandFailure.badInput("\(log): \(error)")
    } catch let error as ConfigurationRefused {
      throw CommandFailure.badInput("\(error)")
    }
  }

  struct Report: Codable {
    let log: String
    let profile: String
    let mission: String
    let configurationHash: String
    let identical: Bool
    /// Cycles of the drive that nothing recorded, before this file and in it.
    let missingCycles: [String]
    /// Both in words.
    let verdict: String
    let cycles: UInt64
    let frames: UInt64
    /// Where it began, s since the first cycle of the recording.
    let from: Double
    /// Recorded states of the core that were met.
    let keyframes: Int
    /// Of the drive, s.
    let duration: Double
    let outputHash: String
    /// The first difference.
    let difference: Difference?
    /// Of the file that this one was recovered from: what is after it is in neither.
    let damage: String?
    /// The difference in words.
    let found: String?
    /// Of this run, s; and the drive's time by it.
    let computing: Double
    let timesRealTime: Double

    struct Difference: Codable {
      let cycle: UInt64
      let time: Double
      let field: String
      let recorded: String
      let replayed: String
    }

    init(
      _ log: String, _ configuration: DriveConfiguration, _ comparison: DriveComparison,
      missingBefore: String?, damage: String?, wall: Double
    ) {
      missingCycles = comparison.missingCycles(before: missingBefore)
      verdict = comparison.verdict(missingBefore: missingBefore)
      self.damage = damage
      self.log = log
      profile = configuration.profileName
      mission = configuration.missionName
      configurationHash = hexadecimal(configuration.hash)
      identical = comparison.difference == nil
      cycles = comparison.cycles
      frames = comparison.frames
      from = comparison.startedAt
      keyframes = comparison.keyframes
      duration = comparison.duration.seconds
      outputHash = hexadecimal(comparison.outputHash.hash)
      difference = comparison.difference.map {
        Difference(
          cycle: $0.cycle, time: Double($0.time.nanoseconds) * 1e-9, field: $0.field,
          recorded: $0.recorded, replayed: $0.replayed)
      }
      found = comparison.difference?.description
      computing = wall
      timesRealTime = wall > 0 ? comparison.duration.seconds / wall : 0
    }

    func json() throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    var text: String {
      let pace = String(
        format: "%llu cycles, %llu frames, %.2f s of driving in %.2f s: %.0f x real time", cycles,
        frames, duration, computing, timesRealTime)
      let start = from > 0 ? String(format: "from %.2f s, ", from) : ""
      let broken = damage.map { "recovered from a damaged file: \($0)\n" } ?? ""
      return "\(verdict): \(start)\(pace)\noutput hash \(outputHash)\n\(broken)"
    }
  }
}
