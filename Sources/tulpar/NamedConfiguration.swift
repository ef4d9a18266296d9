import DriveConfiguration
import Recording
import Signals
import SiteMap
import Vehicle

/// Folders that were named beside a recording: they must be those that it was made with.
struct NamedConfiguration {
  let log: String
  let profile: String?
  let mission: String?

  /// What is not named is what the recording carries.
  func check(_ drive: DriveLog, _ recorded: DriveConfiguration) throws {
    if let profile { try check(profile: profile, recorded) }
    let carried =
      drive.attachments.contains { $0.name.hasPrefix("profile/") || $0.name.hasPrefix("mission/") }
      ? try ConfigurationSource(log, drive) : nil
    guard let truck = profile ?? carried?.folder(of: .profile) else {
      throw CommandFailure.badInput(
        "--mission: \(log) carries no profile to resolve it with; give --profile too")
    }
    // A recording of a CAN log was made without a mission.
    guard let route = mission ?? carried?.folder(of: .mission) else { return }
    // The carried files are there as long as `carried` is.
    let named = try withExtendedLifetime(carried) {
      do {
        return try compileDrive(
          profile: truck, mission: route, timingScale: recorded.timingScale)
      } catch {
        throw CommandFailure.badInput(carried?.told("\(error)") ?? "\(error)")
      }
    }
    guard named.hash != recorded.hash else { return }
    let words = [
      profile.map { "--profile \($0)" }, mission.map { "--mission \($0)" },
    ].compactMap { $0 }
    throw CommandFailure.badInput(
      "\(log): recorded with configuration \(hexadecimal(recorded.hash)) (profile "
        + "\(recorded.profileName), mission \(recorded.missionName)); "
        + "\(words.joined(separator: " and ")) \(words.count > 1 ? "give" : "gives") "
        + "\(hexadecimal(named.hash)) (profile \(named.profileName), mission "
        + "\(named.missionName)); \(advice)")
  }

  private func check(profile: String, _ recorded: DriveConfiguration) throws {
    let findings = Findings()
    guard let loaded = VehicleProfile.load(folder: profile, findings: findings),
      !findings.hasErrors
    else { throw ConfigurationRefused(findings: findings.errors) }
    let named = compileReplay(loaded, timingScale: recorded.timingScale)
    guard named.profileHash != recorded.profileHash else { return }
    throw CommandFailure.badInput(
      "\(log): recorded with profile \(recorded.profileName), hash "
        + "\(hexadecimal(recorded.profileHash)); --profile \(profile) is \(named.profileName), hash "
        + "\(hexadecimal(named.profileHash)); \(advice)")
  }

  private var advice: String {
    "what differs: tulpar config diff \(log) \(profile ?? mission ?? "")"
  }
}
