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

  @Test(arguments: [[], ["nowhere"], ["/etc"], ["--schema", "nothing"]])
  func wrongUseIsStatusTwo(arguments: [String]) throws {
    let result = try BuiltPrograms.run("tulpar", ["check"] + arguments)
    #expect(result.status == 2)
    #expect(!result.errors.isEmpty)
  }
}
