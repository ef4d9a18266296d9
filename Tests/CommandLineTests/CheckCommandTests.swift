import Foundation
import Testing

/// `tulpar check` and `tulpar compile` as a script sees them: status, streams, files.
@Suite struct CheckAndCompile {
  private static let profile = "hw-profiles/j1939-tractor-semitrailer"
  private static let mission = "missions/rig-course"
  private static var isOptimised: Bool { !_isDebugAssertConfiguration() }

  @Test(arguments: [
    [profile], [mission], ["missions/demo-crossing", "--profile", profile],
    ["hw-profiles/kenworth-t270"], ["hw-profiles/yard-tractor-dbw"], ["hw-profiles/border-agv"],
    ["missions/demo-crossing", "--profile", "hw-profiles/yard-tractor-dbw"],
    ["missions/demo-crossing", "--profile", "hw-profiles/border-agv"],
    [profile + "/j1939-tractor-semitrailer.dbc"],
  ])
  func whatIsShippedPasses(arguments: [String]) throws {
    let result = try BuiltPrograms.run("tulpar", ["check"] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    #expect(!result.output.isEmpty)
    #expect(result.errors.isEmpty)
  }

  /// A copy of the first profile with one text replaced.
  private func copy(_ old: String, _ new: String, in folder: TemporaryFolder) throws -> String {
    let source = BuiltPrograms.root + "/" + Self.profile
    let target = folder.path + "/profile"
    try FileManager.default.copyItem(atPath: source, toPath: target)
    let text = try String(contentsOfFile: source + "/profile.yaml", encoding: .utf8)
    try text.replacingOccurrences(of: old, with: new)
      .write(toFile: target + "/profile.yaml", atomically: true, encoding: .utf8)
    return target
  }

  @Test func aBadProfileIsRefusedWithItsPlace() throws {
    let folder = try TemporaryFolder()
    let path = try copy("front_axle: 3.6 m", "front_axle: 3.6", in: folder)
    let result = try BuiltPrograms.run("tulpar", ["check", path])
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("profile.yaml:"))
    #expect(
      result.errors.contains("geometry.reference_points.front_axle: read \"3.6\" without a unit"))
  }

  /// S-2: usable, but not without a person: status 1, the missing part by name.
  @Test func anIncompleteActuatorSetFails() throws {
    let folder = try TemporaryFolder()
    let horn = """
        audible_warning:
          command: body
          feedback: [horn]
          on_silence: holds
          known_from: the body controller keeps the last state

      """
    let path = try copy(horn, "", in: folder)
    let result = try BuiltPrograms.run("tulpar", ["check", path])
    #expect(result.status == 1)
    #expect(result.output.contains("not for driverless use: actuator audible_warning is not bound"))
  }

  @Test func nothingIsHalfWritten() throws {
    let folder = try TemporaryFolder()
    let out = folder.path + "/drive.tdc"
    let bad = try copy("use: drive", "use: drove", in: folder)
    let refused = try BuiltPrograms.run(
      "tulpar", ["compile", "--profile", bad, "--mission", Self.mission, "--out", out])
    #expect(refused.status == 2)
    #expect(!FileManager.default.fileExists(atPath: out))
    let good = try BuiltPrograms.run(
      "tulpar", ["compile", "--profile", Self.profile, "--mission", Self.mission, "--out", out])
    #expect(good.status == 0, "\(good.errors)")
    let written = try Data(contentsOf: URL(filePath: out))
    #expect(written.starts(with: Array("TULPARDC".utf8)))
  }

  /// A refused DBC file is named with the folder that it was read from.
  @Test func aBrokenDatabaseIsNamedByItsPath() throws {
    let folder = try TemporaryFolder()
    let path = try copy("", "", in: folder)
    let database = path + "/j1939-tractor-semitrailer.dbc"
    try Data("garbage".utf8).write(to: URL(filePath: database))
    let result = try BuiltPrograms.run("tulpar", ["check", path])
    #expect(result.status == 2)
    #expect(result.errors.contains(database + ":1: error: "))
  }

  /// A truck of which only recordings are known cannot be driven, not even simulated.
  @Test func aProfileForReplayIsNotDriven() throws {
    let profile = BuiltTool.project.appending(path: "hw-profiles/kenworth-t270").path
    let result = try BuiltPrograms.run("tulpar", ["drive", Self.mission, "--profile", profile])
    #expect(result.status == 2)
    #expect(result.errors.contains("use: read replay: recorded frames only; allowed: drive"))
  }

  /// Nor compiled for a daemon.
  @Test func aProfileForReplayIsNotCompiled() throws {
    let profile = BuiltTool.project.appending(path: "hw-profiles/kenworth-t270").path
    let result = try BuiltPrograms.run(
      "tulpar", ["compile", "--profile", profile, "--mission", Self.mission, "--out", "-"])
    #expect(result.status == 2)
    #expect(result.errors.contains("use: read replay: recorded frames only; allowed: drive"))
  }

  @Test func anOutputThatCannotBeWrittenIsStatusTwo() throws {
    let profile = BuiltTool.project.appending(path: "hw-profiles/j1939-tractor-semitrailer").path
    let result = try BuiltPrograms.run(
      "tulpar",
      [
        "compile", "--profile", profile, "--mission", Self.mission, "--out",
        "/nowhere/configuration",
      ])
    #expect(result.status == 2)
    #expect(result.errors.contains("/nowhere/configuration"))
  }

  /// The demo's mission on each platform; a debug build, ten times slower, takes the shorter one.
  @Test(arguments: ["yard-tractor-dbw", "border-agv"])
  func eachPlatformDrivesTheDemo(profile: String) throws {
    let mission = Self.isOptimised ? "missions/demo-crossing" : Self.mission
    let folder = try TemporaryFolder()
    let result = try BuiltPrograms.run(
      "tulpar",
      ["drive", mission, "--profile", "hw-profiles/" + profile, "--out", folder.path + "/out"])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
    #expect(result.output.contains(", 0 refused") && result.output.contains("0 violations"))
    #expect(FileManager.default.fileExists(atPath: folder.path + "/out/summary.json"))
  }

  @Test func aFolderThatCannotBeMadeIsToldBeforeTheDrive() throws {
    let result = try BuiltPrograms.run(
      "tulpar", ["drive", Self.mission, "--profile", Self.profile, "--out", "/dev/null/out"])
    #expect(result.status == 2)
    #expect(result.errors.contains("/dev/null/out: cannot write") && result.output.isEmpty)
  }

  /// What editors are given is what the command prints, for each file that a user writes.
  @Test(arguments: [
    ("profile", "hw-profiles/profile"), ("tuning", "hw-profiles/tuning"),
    ("mission", "missions/mission"),
    ("route", "missions/route"), ("zones", "missions/zones"), ("trailer", "missions/trailer"),
    ("scenario", "missions/scenario"), ("conf", "systemd/tulpar.conf"),
  ])
  func eachSchemaIsTheOneThatIsShipped(kind: String, file: String) throws {
    let schema = try BuiltPrograms.run("tulpar", ["check", "--schema", kind])
    #expect(schema.status == 0, "\(schema.errors)")
    let shipped = BuiltPrograms.root + "/" + file + ".schema.json"
    #expect(
      schema.output == (try String(contentsOfFile: shipped, encoding: .utf8)),
      "write it anew: tulpar check --schema \(kind) > \(file).schema.json")
  }

  @Test func aScenarioIsHeldAgainstItsMission() throws {
    let shipped = "missions/scenarios/wheel-speeds-fail.yaml"
    let good = try BuiltPrograms.run("tulpar", ["check", shipped, "--mission", Self.mission])
    #expect(good.status == 0, "\(good.errors)")
    #expect(good.output.contains("scenario wheel speeds fail in the first bend, 1 event"))
    let alone = try BuiltPrograms.run("tulpar", ["check", shipped])
    #expect(alone.status == 2 && alone.errors.contains("give --mission"), "\(alone.errors)")
    let folder = try TemporaryFolder()
    let bad = folder.path + "/bad.yaml"
    try Data("name: s\nevents:\n  - {at: 1 s, do: release NOWHERE}\n".utf8)
      .write(to: URL(filePath: bad))
    let refused = try BuiltPrograms.run("tulpar", ["check", bad, "--mission", Self.mission])
    #expect(refused.status == 2)
    #expect(
      refused.errors.contains("\(bad):3: error: events[0].do: read hold line \"NOWHERE\""),
      "\(refused.errors)")
  }

  /// What systemd would pass on in silence is refused by the check, the daemon and the doctor.
  @Test func aKeyOfTheSettingsThatNothingReadsIsRefused() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/etc/tulpar/tulpar.conf"
    try FileManager.default.createDirectory(
      atPath: folder.path + "/etc/tulpar", withIntermediateDirectories: true)
    func write(_ more: String) throws {
      let root = BuiltPrograms.root
      try Data(
        "TULPAR_PROFILE=\(root)/\(Self.profile)\nTULPAR_MISSION=\(root)/\(Self.mission)\n\(more)"
          .utf8
      ).write(to: URL(filePath: file))
    }
    try write("TULPAR_OPTIONS=--bench\n")
    let good = try BuiltPrograms.run("tulpar", ["check", file])
    #expect(good.status == 0, "\(good.errors)")
    #expect(good.output.contains("profile j1939-tractor-semitrailer, mission rig-course"))
    try write("TULPAR_OPTION=--bench\n")
    let fault = "\(file):3: error: TULPAR_OPTION: unknown key; allowed: TULPAR_PROFILE, "
    let checked = try BuiltPrograms.run("tulpar", ["check", file])
    #expect(checked.status == 2 && checked.errors.contains(fault), "\(checked.errors)")
    let daemon = try BuiltPrograms.run(
      "tulpard", ["--settings", file, "--profile", Self.profile, "--mission", Self.mission])
    #expect(daemon.status == 2 && daemon.errors.contains(fault), "\(daemon.errors)")
    let doctor = try BuiltPrograms.run(
      "tulpar", ["doctor", "--root", folder.path, "--listen", "0"])
    #expect(doctor.output.contains("FAIL tulpar.conf: \(fault)"), "\(doctor.output)")
    try write("TULPAR_MISSION=/nowhere\n")
    let twice = try BuiltPrograms.run("tulpar", ["check", file])
    #expect(twice.errors.contains("given in line 2 and again in line 3"), "\(twice.errors)")
  }

  @Test(arguments: [[], ["nowhere"], ["/etc"], ["--schema", "nothing"]])
  func wrongUseIsStatusTwo(arguments: [String]) throws {
    let result = try BuiltPrograms.run("tulpar", ["check"] + arguments)
    #expect(result.status == 2)
    #expect(!result.errors.isEmpty)
  }
}
