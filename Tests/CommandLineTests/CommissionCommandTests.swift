import Foundation
import Testing

/// `tulpar commission --from`: steps from a recorded drive, of this truck and computer only (S-25).
@Suite(.enabled(if: BuiltTool.path != nil, "tulpar is not built"))
struct CommissionCommandTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "first-\(UUID())")
  private let profile = BuiltTool.project
    .appending(path: "hw-profiles/j1939-tractor-semitrailer").path
  private let number = "WTULPAR0000000042"

  private var record: URL { folder.appending(path: "commissioning.json") }

  private func commission(_ options: [String]) throws -> BuiltTool.Run {
    let run = try BuiltTool.Run(
      ["commission", "--profile", profile, "--person", "A. Akhmetova", "--out", record.path]
        + options)
    _ = run.finish(within: 600)
    return run
  }

  @Test func `a drive tells the steering's delay, and only of its own truck and computer`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let log = folder.appending(path: "drive.mcap")
    let drive = try BuiltTool.Run([
      "drive", BuiltTool.project.appending(path: "missions/rig-course").path, "--profile", profile,
      "--record", log.path,
    ])
    #expect(drive.finish(within: 1_200) == 0, "\(drive.errors)")
    let step = ["--from", log.path, "--step", "steering_delay"]

    // J1939 says who it is when the ignition is turned on, and this drive began later.
    let nameless = try commission(step)
    #expect(nameless.process.terminationStatus == 2)
    #expect(nameless.errors.contains("does not say which truck drove"), "\(nameless.errors)")

    let made = try commission(step + ["--vin", number])
    // The other steps are left.
    #expect(made.process.terminationStatus == 1, "\(made.errors)")
    let members = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: record)) as? [String: String])
    let delay = try #require(members["step.steering_delay"])
    #expect(delay.hasPrefix("passed 0.0"), "\(delay)")
    #expect(members["vin"] == number)
    let words = delay.split(separator: " ")
    let (found, uncertainty) = (Double(words[1]) ?? .nan, Double(words[4]) ?? .nan)
    // The simulated truck's is the profile's.
    #expect((found - 0.05).magnitude <= uncertainty, "\(delay)")

    let other = try commission(step + ["--resume", "--vin", "WTULPAR0000000043"])
    #expect(other.process.terminationStatus == 2)
    for part in ["WTULPAR0000000043", number] {
      #expect(other.errors.contains(part), "\(other.errors)")
    }
    try anotherComputersDrive(log, try #require(members["computer"]))
  }

  /// One digit of the header's fact is another.
  private func anotherComputersDrive(_ log: URL, _ here: String) throws {
    let name = String(repeating: "0", count: 16 - here.count) + here
    var bytes = try Data(contentsOf: log)
    let place = try #require(bytes.range(of: Data(name.utf8)))
    let digit = bytes[place.lowerBound]
    bytes[place.lowerBound] = digit == UInt8(ascii: "f") ? UInt8(ascii: "e") : UInt8(ascii: "f")
    let moved = folder.appending(path: "moved.mcap")
    try bytes.write(to: moved)
    let run = try commission(
      ["--from", moved.path, "--step", "steering_delay", "--resume", "--vin", number])
    #expect(run.process.terminationStatus == 2)
    #expect(run.errors.contains("recorded on "), "\(run.errors)")
    #expect(run.errors.contains("this computer is \(name)"), "\(run.errors)")
  }
}
