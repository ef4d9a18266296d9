import DriveConfiguration
import Logbook
import Recording
import Records
import Signals

/// The recording of this process: what the control thread hands over to, and who writes it.
package final class DriveRecord: Sendable {
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
  ///
  /// - Parameter faults: that the core found.
  func refusal(_ faults: Faults) -> String? {
    state(faults) == .failed ? "recording: \(summary(faults))" : nil
  }

  /// As the core sees it: a writer that hangs in its disk cannot say so itself.
  private func state(_ faults: Faults) -> RecordingState {
    Self.state(handover.state, faults)
  }

  package static func state(_ told: RecordingState, _ faults: Faults) -> RecordingState {
    faults.contains(.recordingFailed) ? .failed : told
  }

  /// In one line: what a person asks first.
  func summary(_ faults: Faults) -> String {
    let status = keeper.latest
    switch state(faults) {
    case .none: return "starting"
    case .failed where status.problem.isEmpty: return "failed: the disk takes no cycles"
    case .failed: return "failed: \(status.problem)"
    case .kept: return "kept"
    case .short:
      return status.unprotected.isEmpty
        ? "kept, less than a tenth of the disk is free"
        : "kept, \(status.unprotected.count) not locked"
    }
  }

  func json(_ faults: Faults) -> String {
    let status = keeper.latest
    let members = [
      "\"state\":\(JSONText.quoted("\(state(faults))"))",
      "\"summary\":\(JSONText.quoted(summary(faults)))",
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
