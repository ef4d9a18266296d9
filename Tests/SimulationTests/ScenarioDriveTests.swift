import Foundation
import Simulation
import Testing
import Vehicle

/// What a scenario file makes of a drive.
@Suite struct ScenarioDrives {
  private func scenario(_ action: String) throws -> Scenario {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "scenario-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("name: s\nmust_complete: false\nevents:\n  - at: 20 s\n    do: \(action)\n".utf8)
      .write(to: file)
    return try Scenario.load(file: file.path, configuration: try course())
  }

  /// S-12: a stop ends the drive soon after it is held, whoever holds it.
  @Test(arguments: ["stop", "gnss off", "kill daemon", "fault hrw off"])
  func aHeldStopIsAnEnd(_ action: String) throws {
    var drive = SimulatedDrive(
      configuration: try course(), scenario: try scenario(action), seed: 1)
    while drive.advance(), drive.loop.truth.time < 120 {}
    #expect(drive.loop.truth.time < 120)
    #expect(drive.succeeded, "\(drive.loop.monitor.violations)")
    #expect(!drive.isCompleted)
    let seen = drive.events.map(\.text)
    #expect(seen.contains("mode held") || seen.contains("guardian held"), "\(seen)")
  }

  /// A mistaken action is answered with everything that a scenario may say.
  @Test func anUnknownActionNamesTheKnownOnes() throws {
    #expect {
      _ = try scenario("explode")
    } throws: { error in
      ["explode", ":5:", "kill daemon", "revoke LINE", "fault NAME VALUE"]
        .allSatisfy("\(error)".contains)
    }
  }
}
