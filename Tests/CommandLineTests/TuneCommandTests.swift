import Foundation
import Testing

/// What `tulpar tune identify` finds on plant drives, whose truth is known here and not to it.
@Suite(.enabled(if: BuiltTool.path != nil, "tulpar is not built"))
struct TuneCommandTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "tune-\(UUID())")
  private let profile = BuiltTool.project
    .appending(path: "hw-profiles/j1939-tractor-semitrailer").path
  private let mission = BuiltTool.project.appending(path: "missions/rig-course").path

  /// What one row of a parts file says, in SI units.
  private struct Row {
    let value: Double
    let lower: Double
    let upper: Double
    let isEnough: Bool
  }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  private func drive(_ name: String, _ options: [String]) throws -> BuiltTool.Run {
    try BuiltTool.Run(
      ["drive", mission, "--profile", profile, "--record", path(name)] + options)
  }

  private func rows(_ name: String) throws -> [String: Row] {
    let text = try String(contentsOfFile: path(name) + ".parts", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").last)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let findings = try #require(object["findings"] as? [String: [String: Any]])
    return findings.mapValues {
      let value = $0["value"] as? Double ?? .nan
      let error = $0["standardError"] as? Double ?? .infinity
      let shared = $0["systematic"] as? Double ?? 0
      let half = (error * error + shared * shared).squareRoot() * ($0["quantile"] as? Double ?? 2)
      return Row(
        value: value, lower: value - half, upper: value + half, isEnough: $0["advice"] == nil)
    }
  }

  /// Truths that are the profile's, and three trucks that are not.
  @Test func `the truth of four vehicles lies within the intervals`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let light = try String(contentsOfFile: mission + "/trailer.yaml", encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("mass:") ? "mass: 18 t" : String($0) }.joined(separator: "\n")
    try Data(light.utf8).write(to: folder.appending(path: "light.yaml"))
    let vehicles: [(options: [String: Double], truth: [String: Double], trailer: String?)] = [
      (
        [:],
        [
          "steering dead time": 0.05, "steering lag": 0.3, "brake dead time": 0.15,
          "brake build-up": 0.35, "engine dead time": 0.1, "engine lag": 0.4,
          "wheel-speed scale": 1.003, "GNSS latency": 0.1, "brake gain": 1, "gyro bias": 0.002,
          "mass": 36_720,
        ], nil
      ),
      (
        [
          "steering-delay": 0.12, "steering-lag": 0.2, "brake-delay": 0.25, "wheel-scale": 1.01,
          "gnss-latency": 0.18,
        ],
        [
          "steering dead time": 0.12, "steering lag": 0.2, "brake dead time": 0.25,
          "brake build-up": 0.35, "wheel-speed scale": 1.01, "GNSS latency": 0.18,
        ], nil
      ),
      (
        [
          "steering-delay": 0.03, "steering-lag": 0.4, "brake-delay": 0.08, "brake-lag": 0.5,
          "wheel-scale": 0.985, "gnss-latency": 0.06,
        ],
        [
          "steering dead time": 0.03, "steering lag": 0.4, "brake dead time": 0.08,
          "brake build-up": 0.5, "wheel-speed scale": 0.985, "GNSS latency": 0.06,
          // Wheels and their inertia included.
          "mass": 26_720,
        ], path("light.yaml")
      ),
      (
        ["steering-rate": 0.05, "understeer": 0.006],
        ["steering lag": 0.3, "steering rate limit": 0.05, "understeer gradient": 0.006], nil
      ),
    ]
    let drives = try vehicles.enumerated().map { number, vehicle in
      try drive(
        "\(number).mcap",
        ["--seed", "\(number + 1)"]
          + vehicle.options.flatMap { ["--set", "\($0.key)=\($0.value)"] }
          + (vehicle.trailer.map { ["--trailer", $0] } ?? []))
    }
    var table = "vehicle, quantity: truth, found, interval\n"
    for (number, vehicle) in vehicles.enumerated() {
      #expect(drives[number].finish(within: 1_800) == 0, "\(drives[number].errors)")
      let out = "\(number).yaml"
      let tune = try BuiltTool.Run([
        "tune", "identify", path("\(number).mcap"), "--profile", profile, "--out", path(out),
      ])
      #expect(tune.finish(within: 1_800) == 0, "\(tune.errors)")
      let rows = try rows(out)
      for (quantity, truth) in vehicle.truth.sorted(by: { $0.key < $1.key }) {
        let row = try #require(rows[quantity])
        table += "\(number), \(quantity): \(truth), \(row.value), \(row.lower) to \(row.upper)\n"
        #expect(row.isEnough, "vehicle \(number), \(quantity)")
        #expect(
          row.lower <= truth && truth <= row.upper,
          "vehicle \(number), \(quantity): \(truth) is not in \(row.lower) to \(row.upper)")
      }
      // The other trucks turn their wheels faster than anything on this course asks for.
      let isShown = vehicle.truth["steering rate limit"] != nil
      #expect(rows["steering rate limit"]?.isEnough == isShown)
      #expect(tune.output.contains("not enough: needs steps of the commanded angle") != isShown)
      try merge(out, tune)
    }
    print(table)
  }

  /// The proposed lines, put where the output says, make a profile that `check` takes.
  private func merge(_ out: String, _ tune: BuiltTool.Run) throws {
    let copy = folder.appending(path: "merged-" + out)
    try FileManager.default.copyItem(atPath: profile, toPath: copy.path)
    let file = copy.appending(path: "profile.yaml")
    var lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    let change = try Regex<(Substring, Substring, Substring, Substring)>(
      "profile\\.yaml:([0-9]+): (.+) -> (.+)")
    for line in tune.output.split(separator: "\n") {
      guard let match = line.firstMatch(of: change) else { continue }
      let number = (Int(match.output.1) ?? 1) - 1
      let (before, after) = (String(match.output.2), String(match.output.3))
      #expect(lines[number].contains(before), "line \(number + 1) is \(lines[number])")
      lines[number] = lines[number].replacingOccurrences(of: before, with: after)
      #expect(try String(contentsOfFile: path(out), encoding: .utf8).contains(after))
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    let check = try BuiltTool.Run(["check", copy.path])
    #expect(check.finish() == 0, "\(check.output)\(check.errors)")
  }

  /// 100 drives are long; what was known before a stop is not computed again.
  @Test func `a killed run goes on where it was`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let scenario = folder.appending(path: "early.yaml")
    try Data("name: early\nmust_complete: false\nevents:\n- {at: 9 s, do: stop}\n".utf8)
      .write(to: scenario)
    let drives = try (0..<3).map {
      try drive("\($0).mcap", ["--scenario", scenario.path, "--seed", "\($0)"])
    }
    for drive in drives { #expect(drive.finish(within: 600) == 0, "\(drive.errors)") }
    let arguments =
      ["tune", "identify"] + (0..<3).map { path("\($0).mcap") } + ["--out", path("p.yaml")]
    let killed = try BuiltTool.Run(arguments)
    let parts = path("p.yaml.parts")
    func lines() -> [Substring] {
      ((try? String(contentsOfFile: parts, encoding: .utf8)) ?? "").split(separator: "\n")
    }
    let end = Date() + 600
    while lines().isEmpty, killed.process.isRunning, Date() < end { usleep(5_000) }
    kill(killed.process.processIdentifier, SIGKILL)
    killed.process.waitUntilExit()
    let kept = lines()
    try #require((1...2).contains(kept.count), "killed too late: \(kept.count) drives are done")
    // The kill may have cut a line.
    let torn = try FileHandle(forWritingTo: URL(filePath: parts))
    try torn.seekToEnd()
    try torn.write(contentsOf: Data("{\"version\":".utf8))
    try torn.close()
    // A mark in a kept number shows whether it is read or computed again.
    var text = try String(contentsOfFile: parts, encoding: .utf8)
    let mark = try #require(text.firstRange(of: "\"quantile\":"))
    text.insert(contentsOf: "7", at: mark.upperBound)
    try Data(text.utf8).write(to: URL(filePath: parts))
    let resumed = try BuiltTool.Run(arguments)
    #expect(resumed.finish(within: 600) == 0, "\(resumed.errors)")
    #expect(lines().count == 3)
    #expect(lines()[0].contains("\"quantile\":7"), "the first drive was computed again")
    #expect(!resumed.errors.contains("\u{1B}"), "a bar where no terminal is")
    #expect(resumed.output.contains("3 drives"))
  }

  @Test func `what is no recording of this truck is refused`() throws {
    let none = try BuiltTool.Run(["tune", "identify", "/nonexistent.mcap"])
    #expect(none.finish() == 2)
    #expect(none.errors.contains("/nonexistent.mcap"))
    let text = try BuiltTool.Run(["tune", "identify", profile + "/profile.yaml"])
    #expect(text.finish() == 2)
    #expect(!text.errors.isEmpty)
    let truth = try BuiltTool.Run(["drive", mission, "--profile", profile, "--set", "colour=3"])
    #expect(truth.finish() == 2)
    #expect(truth.errors.contains("known are steering-bias"), "\(truth.errors)")
  }
}
