import Foundation
import TestSupport
import Testing

private let rtkLog = sharedData("data/gpsd-3.22/nmea-rtk.log")
private let hasGPSD = ["/usr/bin/gpsfake", "/usr/sbin/gpsd"].allSatisfy(
  FileManager.default.isExecutableFile(atPath:))

@Suite(.realTime, .enabled(if: BuiltTool.path != nil, "tulpar is not built"))
struct GNSSCommandTests {
  @Test func anAbsentGpsdFailsWhenTimeIsOver() throws {
    let run = try BuiltTool.Run(["gnss", "--port", "1", "--timeout", "0.4"])
    #expect(run.finish() == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("gpsd at 127.0.0.1:1 cannot be reached"))
    #expect(run.errors.contains("gave 0 reports within 0.4 s"))
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func aSignalEndsItCleanly(_ signal: Int32) throws {
    let run = try BuiltTool.Run(["gnss", "--port", "1"])
    let end = Date() + 60
    while !run.errors.contains("cannot be reached"), Date() < end { usleep(20_000) }
    kill(run.process.processIdentifier, signal)
    #expect(run.finish() == 0)
    #expect(run.process.terminationReason == .exit)
  }

  @Test(arguments: [["--count", "0"], ["--timeout", "-1"], ["--port", "65536"], ["--what"]])
  func badOptionsAreRefused(_ options: [String]) throws {
    let run = try BuiltTool.Run(["gnss"] + options)
    #expect(run.finish() == 2)
    #expect(run.output.isEmpty)
  }

  /// The contract's form: one object a report, every key always there.
  @Test(
    .enabled(if: hasGPSD && rtkLog != nil, "needs gpsd, gpsfake and its logs"),
    .timeLimit(.minutes(30)))
  func reportsAreLinesOfJSON() throws {
    let port = UInt16.random(in: 20_000...29_999)
    let copy = FileManager.default.temporaryDirectory.appending(path: "gnss-\(port).log")
    defer { try? FileManager.default.removeItem(at: copy) }
    let log = try Data(contentsOf: URL(filePath: try #require(rtkLog)))
    // gpsfake waits, so that the client is there from the first sentence on.
    try (Data("# %Delay: 5\n".utf8) + log).write(to: copy)
    let fake = Process()
    fake.executableURL = URL(filePath: "/usr/bin/gpsfake")
    fake.arguments = ["-q", "-1", "-n", "-s", "38400", "-P", "\(port)", copy.path]
    fake.standardError = FileHandle.nullDevice
    try fake.run()
    defer { end(fake) }
    let run = try BuiltTool.Run(
      ["gnss", "--bench", "--port", "\(port)", "--count", "20", "--timeout", "60"])
    #expect(run.finish() == 0)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count >= 20)
    for line in lines {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      guard object["refused"] == nil else { continue }
      #expect(
        Set(object.keys) == [
          "time", "mode", "status", "lat", "lon", "altHAE", "speed", "track", "heading", "sigma",
        ])
      #expect(object["heading"] is NSNull)
      #expect(object["status"] as? Int == 2 && object["sigma"] as? Double == 0.8)
    }
    #expect(run.errors.contains("connected to gpsd at 127.0.0.1:\(port)"))
  }

  /// gpsfake may spin once its gpsd is gone: both are killed, gpsd first.
  private func end(_ fake: Process) {
    let pid = fake.processIdentifier
    let children = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
    for child in (children ?? "").split(separator: " ").compactMap({ pid_t($0) }) {
      kill(child, SIGKILL)
    }
    kill(pid, SIGKILL)
    fake.waitUntilExit()
  }
}
