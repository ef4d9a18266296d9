import DriveConfiguration
import Logbook
import Recording
import Records
import Signals

/// The recording of this process: what the control thread hands over to, and who writes it.
final class DriveRecord: Sendable {
  let handover = CycleHandover()
  let keeper: DriveKeeper

  /// Nil where nobody asked for one.
  static func make(
    _ arguments: Arguments, _ configuration: DriveConfiguration
  ) throws(StartFailure) -> DriveRecord? {
    guard let folder = arguments.drives else { return nil }
    var folders: [(path: String, name: String)] = []
    if let profile = arguments.profile { folders.append((profile, "profile")) }
    if let mission = arguments.mission { folders.append((mission, "mission")) }
    do throws(RecordingError) {
      var contents = try RecordingContents(
        configuration, software: "tulpard \(Software.version)", folders: folders)
      contents.attach(
        identity: "tulpard", version: Software.version, computer: ComputerIdentity.here())
      return DriveRecord(folder, arguments.driveLimits, contents)
    } catch {
      throw .badInput("\(error)")
    }
  }

  private init(_ folder: String, _ limits: DriveLimits, _ contents: RecordingContents) {
    keeper = DriveKeeper(
      DriveDisk(folder: folder), limits: limits, contents: contents, handover: handover
    ) { weight, text in
      switch weight {
      case .information: Journal.information(text)
      case .warning: Journal.warning(text)
      case .failure: Journal.failure(text)
      }
    }
  }

  /// Why a release is not taken, nil while drives are kept (domain.md 2.4).
  var refusal: String? {
    handover.state == .failed ? "recording: failed: \(keeper.latest.problem)" : nil
  }

  /// In one line: what a person asks first.
  var summary: String {
    let status = keeper.latest
    switch handover.state {
    case .none: return "starting"
    case .failed: return "failed: \(status.problem)"
    case .kept: return "kept"
    case .short:
      return status.unprotected.isEmpty
        ? "kept, less than a tenth of the disk is free"
        : "kept, \(status.unprotected.count) not locked"
    }
  }

  var json: String {
    let status = keeper.latest
    let members = [
      "\"state\":\(JSONText.quoted("\(handover.state)"))",
      "\"summary\":\(JSONText.quoted(summary))",
      "\"file\":\(JSONText.quoted(status.file))",
      "\"cycles\":\(status.cycles)",
      "\"bytes\":\(status.bytes)",
      "\"drops\":\(handover.drops)",
      "\"lost\":\(status.lost)",
      "\"files\":\(status.files)",
      "\"lockedFiles\":\(status.lockedFiles)",
      "\"lockedBytes\":\(status.lockedBytes)",
      "\"notLocked\":[\(status.unprotected.map(JSONText.quoted).joined(separator: ","))]",
      "\"freeBytes\":\(status.free)",
    ]
    return "{" + members.joined(separator: ",") + "}"
  }
}
