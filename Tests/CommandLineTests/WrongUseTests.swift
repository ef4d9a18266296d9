import Foundation
import Recording
import Testing

/// Wrong use is told in words, with the status of the contract, and nothing is passed over.
@Suite struct WrongUseTests {
  @Test(arguments: ["tulpar", "tulpard", "tulpar-guardian"])
  func everyProgramTellsItsVersion(_ name: String) throws {
    let result = try BuiltPrograms.run(name, ["--version"])
    #expect(result.status == 0)
    let said = result.output + result.errors
    #expect(said == "\(name) \(Software.version)\n")
  }

  @Test(arguments: [
    (["frobnicate", "--help"], 2, "unknown command 'frobnicate'"),
    (["check", "/nonexistent"], 2, "/nonexistent: does not exist"),
    (["doctor", "--root", "/nonexistent"], 2, "--root: /nonexistent does not exist"),
    (["why", "/usr"], 2, "/usr: is no recording, nor a socket"),
    (["why", "/nonexistent"], 2, "/nonexistent: No such file"),
    (["j1939", "listen", "--can", "unix:/nonexistent"], 1, "no tulpar bus listens there"),
    (["j1939", "listen", "--can", "nope0"], 2, "nope0: "),
    (
      [
        "compile", "--profile", "hw-profiles/j1939-tractor-semitrailer", "--mission",
        "missions/rig-course", "--out", "/usr",
      ], 2, "/usr: is a folder"
    ),
    (
      [
        "drive", "missions/rig-course", "--profile", "hw-profiles/j1939-tractor-semitrailer",
        "--set", "steering-lag=1e300",
      ], 2, "--set steering-lag: read 1e+300, allowed is 0.001 to 10"
    ),
  ])
  func isTold(_ arguments: [String], _ status: Int32, _ text: String) throws {
    let result = try BuiltPrograms.run("tulpar", arguments)
    #expect(result.status == status, "\(arguments)")
    #expect(result.errors.contains(text), "\(result.errors)")
    #expect(!result.errors.contains("errno: "), "\(result.errors)")
    #expect(!result.errors.contains("NSCocoaErrorDomain"), "\(result.errors)")
  }

  /// S-25: what a bench may be hung on is a bus that is there.
  @Test func aMissingInterfaceIsNotTakenForARealOne() throws {
    let result = try BuiltPrograms.run(
      "tulpard",
      [
        "--profile", "hw-profiles/j1939-tractor-semitrailer", "--mission", "missions/rig-course",
        "--bench", "--can", "can0=vcan9", "--page", "/tmp/tulpar-none/page",
      ])
    #expect(result.status == 2)
    #expect(result.errors.contains("vcan9 does not exist on this machine"), "\(result.errors)")
  }
}
