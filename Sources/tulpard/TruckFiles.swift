import Control
import DriveConfiguration
import Realtime
import Records
import Signals
import Synchronization
import Units

/// The files of this very truck: what was commissioned, what was driven in shadow, what its brakes
/// give (S-24, S-25, S-8).
///
/// Used by the main thread only.
final class TruckFiles {
  /// Long enough to spare a flash disk, short enough to lose little.
  private static let saveInterval = Interval.milliseconds(60_000)

  private let folder: String
  private let profileName: String
  private let profileHash: UInt64
  private let listensOnly: Bool
  let commissioning: CommissioningRecord?
  private var ledger: ShadowLedger
  /// What earlier drives gave; this one is added to it.
  private let records: TruckRecords
  private var savedAt = Instant.never
  private var saveFails = false
  private var brakings: UInt32 = 0

  init(_ arguments: Arguments, _ configuration: DriveConfiguration) {
    folder = arguments.stateFolder
    profileName = configuration.profileName
    profileHash = configuration.profileHash
    listensOnly = arguments.isShadow
    var records = TruckRecords()
    records.isBench = arguments.isBench
    records.listensOnly = arguments.isShadow
    (commissioning, records.commissioning) = Self.readCommissioning(
      folder + "/commissioning.json", profileHash)
    let here = ComputerIdentity.here()
    let found: ShadowRecord?
    (found, records.shadow) = Self.readShadow(
      folder + "/shadow.state", profileHash, commissioning?.vehicleNumber, here)
    ledger = ShadowLedger(
      found, profileHash: profileHash, computer: arguments.isBench ? nil : here)
    // A bench's plant has other brakes than a truck that the computer may be taken to.
    if !arguments.isBench {
      records.brakeShare = Self.readBrakes(folder + "/brakes.state")
    }
    shadowHours = records.shadow == .other ? 0 : found?.comparison.hours ?? 0
    self.records = records
  }

  /// As they were at the start; a new record counts from the next start on.
  var standing: TruckRecords { records }
  /// Driven before this start, of this truck with this profile.
  let shadowHours: Double
  /// Where this drive's comparison goes on.
  var comparison: ShadowComparison { ledger.record.comparison }

  private static func readCommissioning(
    _ path: String, _ hash: UInt64
  ) -> (CommissioningRecord?, RecordState) {
    do {
      guard let bytes = try RecordFile.read(path) else { return (nil, .missing) }
      let record = try CommissioningRecord(bytes)
      let here = ComputerIdentity.here()
      let state = record.state(profileHash: hash, computer: here)
      if record.profileHash == hash, state == .other {
        Journal.warning("\(path): commissioned on another computer; this one starts uncommissioned")
      } else if state == .other {
        Journal.warning(
          "\(path): commissioned for profile \(String(record.profileHash, radix: 16)), this one is "
            + String(hash, radix: 16))
      }
      if state == .incomplete {
        let steps = record.missingSteps.map(\.rawValue).joined(separator: ", ")
        Journal.warning("\(path): not passed: \(steps.isEmpty ? "no component is named" : steps)")
      }
      return (record, state)
    } catch let problem as CommissioningRecord.Problem {
      Journal.warning("\(path): \(problem)")
    } catch {
      Journal.warning("\(path): cannot be read (\(error))")
    }
    return (nil, .damaged)
  }

  private static func readShadow(
    _ path: String, _ hash: UInt64, _ vehicle: String?, _ here: UInt64?
  ) -> (ShadowRecord?, RecordState) {
    guard let bytes = try? RecordFile.read(path) else { return (nil, .missing) }
    guard let record = ShadowRecord(decoding: bytes) else {
      Journal.warning("\(path): damaged, its hours do not count")
      return (nil, .damaged)
    }
    let state = record.state(profileHash: hash, vehicle: vehicle, computer: here)
    if state == .other {
      let reason = record.nobodys ?? "driven with another profile, truck or computer"
      Journal.warning("\(path): \(reason), its hours do not count")
    }
    return (record, state)
  }

  private static func readBrakes(_ path: String) -> Fraction {
    do {
      guard let bytes = try RecordFile.read(path) else { return Fraction(.nan) }
      let record = try BrakeRecord(bytes)
      Journal.information(
        "\(path): the brakes gave \(JSONText.number(record.share.value)) of what was demanded; "
          + "after they are mended, remove the file while the daemon is stopped")
      return record.share
    } catch let problem as BrakeRecord.Problem {
      Journal.warning("\(path): \(problem); the brakes count for half until they are measured")
    } catch {
      Journal.warning("\(path): cannot be read (\(error)); the brakes count for half until then")
    }
    return BrakeRecord.unreadable.share
  }

  /// Keeps what each braking taught (S-8).
  func keepBrakes(_ found: BrakeAccount) {
    guard found.brakings != brakings, !records.isBench else { return }
    brakings = found.brakings
    do throws(RecordFileError) {
      try RecordFile.write(
        BrakeRecord(share: found.share).encoded, to: folder + "/brakes.state")
    } catch {
      Journal.failure("\(error.path): \(errorText(error.number))")
    }
  }

  /// Saves what was compared now and then, and when asked to.
  func look(_ state: DaemonState, at now: Instant, isEnd: Bool = false) {
    guard listensOnly, isEnd || now - savedAt >= Self.saveInterval else { return }
    defer { savedAt = now }
    guard savedAt != .never || isEnd else { return }
    // Control has not begun anew yet.
    guard
      state.shadowResetsDone.load(ordering: .acquiring)
        == state.shadowResets.load(ordering: .relaxed)
    else { return }
    switch ledger.take(state.shadow.read(), vehicle: state.vehicleHash.load(ordering: .relaxed)) {
    case .save: write(ledger.record)
    case .beginAnew:
      state.shadowResets.add(1, ordering: .relaxed)
      Journal.warning("the shadow hours so far are another truck's; this one's begin now")
    case .wait:
      if isEnd {
        Journal.warning("the shadow hours of this drive are not kept: nobody knows whose they are")
      }
    }
  }

  private func write(_ shadow: ShadowRecord) {
    do throws(RecordFileError) {
      try RecordFile.write(shadow.encoded(), to: folder + "/shadow.state")
      try RecordFile.write(
        Array(shadow.json(profile: profileName).utf8), to: folder + "/shadow.json")
      try RecordFile.write(
        Array(shadow.text(profile: profileName).utf8), to: folder + "/shadow.txt")
      saveFails = false
    } catch {
      // Once: a full disk would fill the journal too.
      if !saveFails { Journal.failure("\(error.path): \(errorText(error.number))") }
      saveFails = true
    }
  }
}
