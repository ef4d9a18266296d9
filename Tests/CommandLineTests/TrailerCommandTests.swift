import Foundation
import TestSupport
import Testing

private let hasGPSD = BuiltPrograms.exists("gpsd")

/// S-7: the trailer of a trip as an operator tells it.
@Suite(.serialized, .timeLimit(.minutes(60))) struct TrailerCommands {
  private static let trailer = "missions/rig-course/trailer.yaml"

  private func copy(_ old: String, _ new: String, in folder: TemporaryFolder) throws -> String {
    let text = try String(
      contentsOfFile: BuiltPrograms.root + "/" + Self.trailer, encoding: .utf8)
    let path = folder.path + "/trailer.yaml"
    try text.replacingOccurrences(of: old, with: new)
      .write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func aTrailerIsCheckedAloneAndAgainstAProfile() throws {
    let alone = try BuiltPrograms.run("tulpar", ["check", Self.trailer])
    #expect(alone.status == 0, "\(alone.errors)")
    #expect(
      alone.output == Self.trailer
        + ": trailer TULPAR-0001, 13.6 m, 28 t, ABS working, no brake test told\n")
    let rigid = try BuiltPrograms.run(
      "tulpar", ["check", Self.trailer, "--profile", "hw-profiles/border-agv"])
    #expect(rigid.status == 2)
    #expect(rigid.errors.contains("profile border-agv pulls no trailer (trailer.kind: none)"))
    let folder = try TemporaryFolder()
    let heavy = try BuiltPrograms.run(
      "tulpar",
      ["check", try copy("mass: 28 t", "mass: 30 t", in: folder), "--profile", TruckBench.profile])
    #expect(heavy.status == 2)
    #expect(
      heavy.errors.contains(
        "trailer.yaml:9: error: mass: read 30 t; allowed: 2 t to 28 t by profile "
          + "j1939-tractor-semitrailer"), "\(heavy.errors)")
  }

  @Test func aDriveRefusesATrailerThatItsTruckMayNotPull() throws {
    let result = try BuiltPrograms.run(
      "tulpar",
      [
        "drive", TruckBench.mission, "--profile", "hw-profiles/border-agv", "--trailer",
        Self.trailer,
      ])
    #expect(result.status == 2)
    #expect(result.errors.contains("profile border-agv pulls no trailer"), "\(result.errors)")
  }

  /// S-28: the daemon tells by what it trusts UTC, and how far receiver and system are apart.
  private func expectClock(_ bench: TruckBench) throws {
    func clock() -> [String: Any] { bench.tell("status")["clock"] as? [String: Any] ?? [:] }
    func trust() -> String { clock()["trust"] as? String ?? "unknown" }
    try bench.waitUntil("a judged clock") { trust() != "unknown" }
    let told = clock()
    #expect(
      told.keys.sorted() == [
        "allowsCommit", "gnssLatency_s", "gnssOffset_s", "gnssSpread_s", "gnssSteps", "meaning",
        "systemSteps", "trust",
      ])
    // A system clock that nothing keeps is compared with nothing.
    if told["trust"] as? String == "systemUnsynchronised" {
      #expect(told["gnssOffset_s"] is NSNull, "\(told)")
      #expect((told["meaning"] as? String)?.contains("synchronised") == true, "\(told)")
    }
    #expect((told["meaning"] as? String)?.isEmpty == false)
    #expect(told["systemSteps"] is Int && told["allowsCommit"] is Bool, "\(told)")
  }

  /// Told at standstill before arming and refused on the way, each with its reason.
  @Test(.realTime, .enabled(if: hasGPSD, "gpsd is not installed"))
  func aTrailerIsToldAtStandstillOnly() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startTruck()
    try bench.startGuardian()
    try bench.startDaemon()
    try bench.waitUntil("readiness") { bench.tell("status")["readyToArm"] as? Bool == true }
    #expect(bench.tell("status")["trailerTold"] as? String == "")
    try expectClock(bench)
    let heavy = try copy("mass: 28 t", "mass: 28.5 t", in: bench.folder)
    let refused = bench.tell("trailer", heavy)
    #expect(
      refused["error"] as? String
        == "mass: read 28500 kg; allowed: 2000 kg to 28000 kg by the profile")
    let told = bench.tell("trailer", Self.trailer)
    #expect(
      told["ok"] as? Bool == true && told["trailerTold"] as? String == "TULPAR-0001", "\(told)")
    #expect(bench.log("daemon").contains("operator: trailer TULPAR-0001, 13.6 m, 28000 kg"))
    let dry = bench.tell("surface", "dry")
    #expect(dry["surface"] as? String == "dry" && dry["retarderAllowed"] as? Bool == true, "\(dry)")
    #expect(
      (bench.tell("surface", "damp")["error"] as? String)
        == #"surface: read "damp"; allowed: dry | wet | slippery | unknown"#)
    try #require(bench.tell("arm")["ok"] as? Bool == true)
    try bench.waitUntil("driving off") { (bench.latest()?.speed ?? 0) > 1 }
    let moving = bench.tell("trailer", Self.trailer)["error"] as? String ?? ""
    #expect(
      moving == "a trailer is told at standstill in manual, shadow or held; this truck is in "
        + "autonomous and moves, or may move")
    #expect(bench.tell("surface", "wet")["surface"] as? String == "wet")
    #expect(
      bench.tell("surface", "dry")["error"] as? String
        == "a dry road is told at standstill; this truck moves, or may move")
  }
}
