import Foundation
import Recording
import SiteMap
import Vehicle

/// Where a configuration is read from: a folder, or the files that a recording carries.
struct ConfigurationSource {
  enum Kind: String, CaseIterable {
    case profile, mission
  }

  private let path: String
  /// What is there, and in which folder.
  private let folders: [Kind: String]
  /// Of the recording's common configuration, as in its header.
  let recordedHash: String?
  private let unpacked: Unpacked?

  /// The files of a recording for as long as they are needed.
  private final class Unpacked {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tulpar-\(UUID())")
    deinit { try? FileManager.default.removeItem(at: folder) }
  }

  init(_ path: String) throws {
    guard try RecordedDriveReplay.takes(path) else {
      try self.init(folder: path)
      return
    }
    let log: DriveLog
    do { log = try DriveLog(ByteSource(opening: path)) } catch {
      throw CommandFailure.unreadable(error)
    }
    try self.init(path, log)
  }

  private init(folder path: String) throws {
    self.path = path
    let manager = FileManager.default
    unpacked = nil
    recordedHash = nil
    if manager.fileExists(atPath: path + "/profile.yaml") {
      folders = [.profile: path]
    } else if manager.fileExists(atPath: path + "/mission.yaml") {
      folders = [.mission: path]
    } else {
      throw CommandFailure.badInput(
        "\(path): a folder with profile.yaml or mission.yaml, or a drive.mcap, is due")
    }
  }

  /// What a recording carries.
  init(_ path: String, _ log: DriveLog) throws {
    self.path = path
    let manager = FileManager.default
    let unpacked = Unpacked()
    var folders: [Kind: String] = [:]
    for kind in Kind.allCases {
      let files = log.attachments.filter { $0.name.hasPrefix(kind.rawValue + "/") }
      guard !files.isEmpty else { continue }
      let folder = unpacked.folder.appending(path: kind.rawValue)
      try manager.createDirectory(at: folder, withIntermediateDirectories: true)
      folders[kind] = folder.path
      for file in files {
        // A recording is input like any other: only plain names are files of a folder.
        let name = file.name.dropFirst(kind.rawValue.count + 1)
        guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
          throw CommandFailure.badInput("\(path): attachment \(file.name) is no plain file name")
        }
        try Data(file.data).write(to: folder.appending(path: String(name)))
      }
    }
    guard !folders.isEmpty else {
      throw CommandFailure.badInput(
        "\(path): carries neither profile/ nor mission/ as attachments, allowed: a drive that "
          + "`tulpar drive` or tulpard recorded from folders")
    }
    self.folders = folders
    self.unpacked = unpacked
    recordedHash = log.facts["configuration"]
  }

  /// Where the files of a kind are, for as long as this is; nil where there are none.
  func folder(of kind: Kind) -> String? { folders[kind] }

  /// Of all that is there, or of what the other has too; findings become the failure.
  func entries(matching other: ConfigurationSource? = nil) throws -> [ConfigurationEntry] {
    let kinds = Kind.allCases.filter { kind in
      folders[kind] != nil && (other.map { $0.folders[kind] != nil } ?? true)
    }
    guard !kinds.isEmpty else {
      throw CommandFailure.badInput(
        "\(path) is a \(names), \(other?.path ?? "") a \(other?.names ?? ""): nothing to compare")
    }
    return try kinds.flatMap { kind in
      let entries = try entries(of: kind, in: folders[kind] ?? path)
      // Both have a name and a format.
      guard other != nil, kinds.count > 1 else { return entries }
      return entries.map {
        ConfigurationEntry(
          key: "\(kind): \($0.key)", text: $0.text, written: $0.written, origin: $0.origin)
      }
    }
  }

  private var names: String {
    Kind.allCases.filter { folders[$0] != nil }.map(\.rawValue).joined(separator: " and ")
  }

  private func entries(of kind: Kind, in folder: String) throws -> [ConfigurationEntry] {
    let findings = Findings()
    let entries: [ConfigurationEntry]? =
      switch kind {
      case .profile: VehicleProfile.load(folder: folder, findings: findings)?.entries
      case .mission: Mission.load(folder: folder, findings: findings)?.entries
      }
    guard let entries else {
      let text = findings.errors.map(\.description).joined(separator: "\n")
      throw CommandFailure.badInput(told(text))
    }
    guard unpacked != nil else { return entries }
    return entries.map { entry in
      guard case .file(let file, let line) = entry.origin else { return entry }
      return ConfigurationEntry(
        key: entry.key, text: entry.text, written: entry.written,
        origin: .file(told(file), line: line))
    }
  }

  /// With the recording's name in the place of the folder that its files are in for a moment.
  func told(_ text: String) -> String {
    guard let unpacked else { return text }
    return text.replacingOccurrences(of: unpacked.folder.path + "/", with: path + ":")
  }
}
