import DriveConfiguration
import Foundation
import Testing

private let repository = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

private let good = "TULPAR_PROFILE=/p\nTULPAR_MISSION=/m\n"

private func fault(_ text: String) -> String {
  do {
    _ = try SettingsFile(Array(text.utf8), file: "t.conf")
    return "taken"
  } catch { return error.description }
}

/// `/etc/tulpar/tulpar.conf`: systemd takes every key in silence, so we say which there are.
@Suite struct SettingsFiles {
  @Test func theOneThatIsInstalledIsTakenAndNamesEveryKey() throws {
    let file = repository + "/systemd/tulpar.conf"
    let data = try #require(FileManager.default.contents(atPath: file))
    let settings = try SettingsFile([UInt8](data), file: file)
    #expect(settings.values[.profile]?.hasSuffix("/j1939-tractor-semitrailer") == true)
    #expect(settings.values[.options] == "")
    let text = String(decoding: data, as: UTF8.self)
    for key in SettingsKey.allCases { #expect(text.contains(key.rawValue + "="), "\(key)") }
  }

  /// A key of the table that no unit uses would do nothing, and one that only a unit knows would be
  /// refused.
  @Test func everyKeyIsReadByAUnit() throws {
    let folder = repository + "/systemd"
    var used: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasSuffix(".service") {
      let unit = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
      for line in unit.split(separator: "\n") where line.hasPrefix("ExecStart=") {
        used.formUnion(line.matches(of: /\$\{?(TULPAR_[A-Z_]+)/).map { String($0.output.1) })
      }
    }
    #expect(used == Set(SettingsKey.allCases.map(\.rawValue)))
  }

  @Test func whatSystemdTakesIsTaken() throws {
    let text =
      "# a\n; b\n\n  TULPAR_PROFILE = \"/a b\"\r\nTULPAR_MISSION='/m'\nTULPAR_OPTIONS=--gpsd a=b"
    let settings = try SettingsFile(Array(text.utf8), file: "t.conf")
    #expect(
      settings.values == [.profile: "/a b", .mission: "/m", .options: "--gpsd a=b"])
  }

  @Test(arguments: [
    (
      good + "TULPAR_OPTION=--can a=b",
      "t.conf:3: error: TULPAR_OPTION: unknown key; allowed: TULPAR_PROFILE, TULPAR_MISSION, "
        + "TULPAR_OPTIONS, TULPAR_BUS_OPTIONS"
    ),
    (
      good + "\nTULPAR_MISSION=/n",
      "t.conf:4: error: TULPAR_MISSION: given in line 2 and again in line 4; allowed: once"
    ),
    (
      "TULPAR_PROFILE=p\nTULPAR_MISSION=/m",
      "t.conf:1: error: TULPAR_PROFILE: read 'p'; allowed: a path that begins with /"
    ),
    (
      "TULPAR_PROFILE=/p",
      "t.conf: error: TULPAR_MISSION: missing; a value is due: Folder of the mission, from the root."
    ),
    (good + "export", "t.conf:3: error: read 'export'; allowed: KEY=VALUE"),
    (
      good + "TULPAR_OPTIONS=--can \\\n a=b",
      "t.conf:3: error: TULPAR_OPTIONS: read '--can \\'; allowed: all of it in one line, without \\ "
        + "at its end\nt.conf:4: error: a: unknown key; allowed: TULPAR_PROFILE, TULPAR_MISSION, "
        + "TULPAR_OPTIONS, TULPAR_BUS_OPTIONS"
    ),
    (
      good + "TULPAR_OPTIONS=\u{7}",
      "t.conf:3: error: read what is no text; allowed: UTF-8 without control characters"
    ),
  ])
  func whatNothingReadsIsRefused(text: String, message: String) {
    #expect(fault(text) == message)
  }
}
