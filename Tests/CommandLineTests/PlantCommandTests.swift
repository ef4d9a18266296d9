import Foundation
import Testing

/// The built command, beside the test bundle.
private let tool: String? = {
  var folders = CommandLine.arguments.prefix(1) + Bundle.allBundles.map(\.bundlePath)
  folders += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
  return folders.map {
    URL(filePath: $0).deletingLastPathComponent().appending(path: "tulpar").path
  }
  .first { FileManager.default.isExecutableFile(atPath: $0) }
}()

/// `tulpar plant` as a process, on a bus that nobody else is on.
@Suite(.enabled(if: tool != nil, "tulpar is not built")) struct PlantCommandTests {
  private func run(
    _ arguments: [String], input: String = ""
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = URL(filePath: tool ?? "/nonexistent")
    process.arguments = ["plant"] + arguments
    let (feed, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = feed
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    try feed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try feed.fileHandleForWriting.close()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let told = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: printed, as: UTF8.self),
      String(decoding: told, as: UTF8.self)
    )
  }

  private func bus() -> String { "unix:/tmp/tulpar-\(UUID().uuidString.prefix(8))" }

  @Test("the log has a line every 10 ms, on the monotonic clock")
  func log() throws {
    let result = try run(["--can", bus(), "--log", "-", "--duration", "1"])
    #expect(result.status == 0)
    let rows = try result.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(rows.count == 100)
    let times = rows.compactMap { $0["mono"] as? Double }
    #expect(times.count == rows.count)
    for (a, b) in zip(times, times.dropFirst()) { #expect((b - a - 0.01).magnitude < 2e-6) }
    let keys = [
      "t", "x", "y", "heading", "speed", "accel", "roadWheel", "trailerHeading", "frontStation",
      "lateral", "trailerLateral", "demandBrake", "torque", "parkTractor", "parkTrailer", "hazard",
      "brakeLamps", "independentTripped", "age", "rejects",
    ]
    for key in keys { #expect(rows[0][key] != nil, "\(key)") }
    #expect(rows[0]["parkTractor"] as? Bool == true)
    #expect(rows[0]["frontStation"] as? Double == 5)
  }

  @Test("lines on standard input break the truck and end it")
  func commands() throws {
    let result = try run(
      ["--can", bus(), "--duration", "60"], input: "fault wheelspeed off\nnonsense\nquit\n")
    #expect(result.status == 0)
    #expect(result.output.contains("fault wheelspeed off"))
    #expect(result.errors.contains("unknown command \"nonsense\""))
  }

  @Test(
    "bad input ends with 2 and says what is allowed",
    arguments: [
      (["--period", "3"], "1, 2, 5 or 10"), (["--nmea", "localhost:1"], "udp://A.B.C.D:PORT"),
      (["--nmea", "udp://127.0.0.1:0"], "1 to 65535"), (["--set", "mass"], "NAME=NUMBER"),
      (["--set", "colour=1"], "known are"), (["--start-station", "1e9"], "route reaches"),
      (["--configuration", "/dev/null"], "not a compiled configuration"),
      (["--profile", "/nonexistent"], "--mission"), (["--duration=-1"], "above 0"),
    ])
  func badInput(arguments: [String], says: String) throws {
    let result = try run(["--can", bus()] + arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains(says))
    #expect(result.output.isEmpty)
  }

  @Test("an interface that does not exist ends with 1")
  func noInterface() throws {
    let result = try run(["--can", "nosuchcan9"])
    #expect(result.status == 1 && result.errors.contains("nosuchcan9"))
  }
}
