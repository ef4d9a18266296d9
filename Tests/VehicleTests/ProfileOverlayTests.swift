import DriveConfiguration
import Foundation
import PathFollowing
import Testing
import Units
import Vehicle

/// `tuning.yaml` beside a profile: values in the place of the profile's own.
struct ProfileOverlayTests {
  private func load(
    _ overlay: String?, own: String = ""
  ) throws -> (profile: VehicleProfile?, messages: [String]) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "overlay-\(UUID())").path
    try FileManager.default.copyItem(atPath: firstProfile, toPath: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    if !own.isEmpty {
      let file = folder + "/profile.yaml"
      let text = try String(contentsOfFile: file, encoding: .utf8) + "\n" + own
      try Data(text.utf8).write(to: URL(filePath: file))
    }
    if let overlay { try Data(overlay.utf8).write(to: URL(filePath: folder + "/tuning.yaml")) }
    let findings = Findings()
    let profile = VehicleProfile.load(folder: folder, findings: findings)
    return (
      profile, findings.all.map { $0.description.replacingOccurrences(of: folder + "/", with: "") }
    )
  }

  private let head = "format: 1\nprofile: j1939-tractor-semitrailer\n"

  @Test(arguments: ["", "path_following:\n  lateral_damping: 0.7\n  stop_short: 0.3 m\n"])
  func `its values take the place of the profile's, others stay`(_ own: String) throws {
    let overlay = head + "path_following:\n  lateral_damping: 1.25\n  lateral_length: 4.5 m\n"
    let (profile, messages) = try load(overlay, own: own)
    let tuned = try #require(profile, "\(messages)")
    #expect(messages.isEmpty)
    #expect(tuned.tuning.pathFollowing.lateralDamping == 1.25)
    #expect(tuned.tuning.pathFollowing.lateralLength == Metres(4.5))
    #expect(tuned.tuning.pathFollowing.stopShort == (own.isEmpty ? Metres(0.16) : Metres(0.3)))
    let plain = try #require(try load(nil, own: own).profile)
    // Nothing else is decided by it.
    let changed = ConfigurationDifference.between(plain.entries, tuned.entries).map(\.key)
    #expect(Set(changed) == ["path_following.lateral_damping", "path_following.lateral_length"])
    let entry = try #require(
      tuned.entries.first { $0.key == "path_following.lateral_damping" })
    #expect(entry.origin.description.hasSuffix("/tuning.yaml:4"))
    #expect(tuned.entries.count { $0.key == "path_following.lateral_damping" } == 1)
  }

  @Test(arguments: [
    (
      "format: 1\nprofile: border-agv\npath_following: {lateral_damping: 1}\n",
      "tuning.yaml:2: error: profile: read \"border-agv\"; allowed: the profile beside it, "
        + "\"j1939-tractor-semitrailer\""
    ),
    (
      "format: 2\nprofile: j1939-tractor-semitrailer\n",
      "tuning.yaml:1: error: format: read \"2\"; allowed"
    ),
    ("format: 1\n", "tuning.yaml:1: error: profile: missing key"),
    (
      "format: 1\nprofile: j1939-tractor-semitrailer\ngeometry: {}\n",
      "tuning.yaml:3: error: geometry: unknown key"
    ),
    (
      "format: 1\nprofile: j1939-tractor-semitrailer\npath_following:\n  lateral_dampin: 1\n",
      "tuning.yaml:4: error: path_following.lateral_dampin: unknown key \"lateral_dampin\"; did you "
        + "mean lateral_damping?"
    ),
    (
      "format: 1\nprofile: j1939-tractor-semitrailer\npath_following:\n  lateral_length: 4\n",
      "tuning.yaml:4: error: path_following.lateral_length: read \"4\" without a unit"
    ),
    (
      "format: 1\nprofile: j1939-tractor-semitrailer\npath_following:\n  cruise_speed: 4 m/s\n",
      "tuning.yaml:4: error: path_following.cruise_speed: unknown key"
    ),
    ("{", "tuning.yaml:"),
  ])
  func `what is no tuning of this profile is refused`(_ overlay: String, _ words: String) throws {
    let (profile, messages) = try load(overlay)
    #expect(profile == nil)
    #expect(messages.contains { $0.hasPrefix(words) }, "\(messages)")
  }
}
