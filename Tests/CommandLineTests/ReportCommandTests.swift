import Foundation
import TestSupport
import Testing

/// Whether the page can be seen here: a browser, and the Python that drives it.
private let seesPages: Bool = {
  let names = ["chromium", "chromium-browser", "google-chrome"]
  let folders = ["/usr/bin/", "/usr/local/bin/", "/snap/bin/"]
  let isThere =
    ProcessInfo.processInfo.environment["TULPAR_CHROMIUM"] != nil
    || folders.contains { folder in
      names.contains { FileManager.default.isExecutableFile(atPath: folder + $0) }
    }
  return isThere && referencePython != nil
}()

/// `tulpar report` as somebody sees it who opens the page: in a real headless Chromium, against the
/// `/status` messages of the recording as Python's `mcap` reads them.
@Suite(
  .serialized, .enabled(if: BuiltTool.path != nil, "tulpar is not built"),
  .enabled(if: seesPages, "no chromium, or no Python with the reference packages"))
struct ReportCommandTests {
  /// A zone and a hold line whose names would end the script in which they stand.
  static let zone = "</script><script>window.hacked=1</script><img src=x onerror=hacked=1>"
  static let line = "<!--<script>\"'&amp; {{data}} \u{2028}"

  private let folder = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID())")
  private let profile = BuiltTool.project
    .appending(path: "hw-profiles/j1939-tractor-semitrailer").path

  /// The demo with hostile names and another cruise speed, driven until an operator stops it.
  private func drive(_ name: String, seed: Int, cruise: Int) throws -> URL {
    let files = FileManager.default
    let mission = folder.appending(path: "mission-\(name)")
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    try files.copyItem(
      at: BuiltTool.project.appending(path: "missions/demo-crossing"), to: mission)
    try edit(mission.appending(path: "mission.yaml")) {
      $0.replacing("cruise_speed: 25 km/h", with: "cruise_speed: \(cruise) km/h")
    }
    try edit(mission.appending(path: "zones.geojson")) {
      $0.replacing("\"name\": \"YARD\"", with: "\"name\": \(quoted(Self.zone))")
        .replacing("\"name\": \"A-GATE\"", with: "\"name\": \(quoted(Self.line))")
    }
    let scenario = folder.appending(path: "\(name).yaml")
    try Data("name: early\nmust_complete: false\nevents:\n- {at: 16 s, do: stop}\n".utf8)
      .write(to: scenario)
    let out = folder.appending(path: name)
    let run = try BuiltTool.Run([
      "drive", mission.path, "--profile", profile, "--scenario", scenario.path, "--seed", "\(seed)",
      "--out", out.path,
    ])
    #expect(run.finish() == 0, "\(run.errors)")
    #expect(run.output.contains("report: \(out.appending(path: "report.html").path)"))
    return out
  }

  private func edit(_ file: URL, _ change: (String) -> String) throws {
    let before = try String(contentsOf: file, encoding: .utf8)
    let after = change(before)
    try #require(after != before || file.lastPathComponent == "mission.yaml")
    try Data(after.utf8).write(to: file)
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  private func seen<T: Decodable>(_ arguments: [String], as type: T.Type) throws -> T {
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "report_in_chromium.py").path
    return try JSONDecoder().decode(T.self, from: Data(runPython([script] + arguments).utf8))
  }

  private struct Drawn: Decodable {
    let id: String
    let count: Int
    let hash: Int
    let isEmpty: Bool
  }

  private struct SeenDrive: Decodable {
    struct Zoom: Decodable {
      let before: [Drawn]
      let after: [Drawn]
      let wheel: Double
      let drag: Double
      let all: Double
      let duration: Double
    }
    struct Linked: Decodable {
      let changed: [String]
      let map: Double
    }
    struct Values: Decodable {
      let compared: Int
      let worst: [String: Double]
    }
    struct Event: Decodable {
      let cursor: Double
      let at: Double
    }
    struct Narrow: Decodable {
      let width: Int
      let drawn: [Drawn]
    }
    /// The page as it opens.
    struct Start: Decodable {
      let cursor: Double
      let speed: String
      let ticks: [String: Int]
      let guides: [String]
      let cut: [String]
      let chips: [String]
      let causes: [String]
      let target: String
      let overlaps: Int
      let lines: Int
    }
    let start: Start
    let zoom: Zoom
    let linked: Linked
    let values: Values
    let event: Event
    let spike: Bool
    let text: String
    let hacked: String
    let ground: String
    let switched: String
    let systemDark: String
    let dark: [Drawn]
    let narrow: Narrow
    let problems: [String]
    let requests: [String]
  }

  private static let overTime = [
    "states", "speed", "way", "acceleration", "drive", "curvature", "lateral", "heading",
    "articulation", "sigma", "position-innovation", "heading-innovation", "wheel-innovation",
    "gnss-age", "steering-offset", "gyro-bias", "wheel-scale",
  ]

  @Test func theDriveIsSeenAsItWasRecorded() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let out = try drive("first", seed: 1, cruise: 25)
    let page = out.appending(path: "report.html").path
    let seen = try seen(
      ["drive", page, out.appending(path: "drive.mcap").path], as: SeenDrive.self)
    #expect(seen.problems == [])
    #expect(seen.requests == [URL(filePath: page).absoluteString])
    #expect(seen.spike, "one sample of 60,000 is not seen")
    judgeZoom(seen.zoom)
    // One cursor for all: every plot says other values where the mouse is elsewhere.
    #expect(Set(Self.overTime).isSubset(of: seen.linked.changed))
    #expect((seen.linked.map - 0.7 * seen.zoom.duration).magnitude < 1)
    #expect(seen.event.cursor == seen.event.at)
    judgeValues(seen.values)
    judgeColours(seen)
    // Names are text, whatever stands in them.
    #expect(seen.hacked == "undefined0")
    #expect(seen.text.contains(Self.zone))
    #expect(seen.text.contains("replays bit for bit"))
    #expect(seen.text.contains("stopped: operatorStop"))
    judgeStart(seen.start)
    for message in ["wheel_speeds", "engine_torque", "steering"] {
      #expect(seen.text.contains(message))
    }
  }

  /// It opens where there is something to read, and says what its lines, axes and stops are.
  private func judgeStart(_ start: SeenDrive.Start) {
    #expect(start.cursor > 16 && start.speed != "–")
    for (id, count) in start.ticks { #expect(count >= 3, "\(id) has \(count) marks") }
    #expect(start.ticks.count >= 15)
    #expect(start.guides.contains("95 %") && start.guides.contains { $0.hasPrefix("stop at ±") })
    #expect(start.cut == [], "names that are cut")
    #expect(start.chips.contains("1 stop elsewhere"))
    #expect(start.causes.count == 1, "\(start.causes)")
    for part in [
      "operatorStop", "an operator asked for a stop", "from the control socket", "clears",
    ] {
      #expect(start.causes.first?.contains(part) == true, "\(start.causes)")
    }
    #expect(start.target == "stop-0")
    #expect(start.overlaps == 0 && start.lines == 5, "labels of the map")
  }

  /// Every plot is drawn, otherwise so after each zoom; a double of the window shows all again.
  private func judgeZoom(_ zoom: SeenDrive.Zoom) {
    let before = Dictionary(uniqueKeysWithValues: zoom.before.map { ($0.id, $0) })
    let after = Dictionary(uniqueKeysWithValues: zoom.after.map { ($0.id, $0) })
    for id in Self.overTime + ["map", "loop"] {
      #expect((before[id]?.count ?? 0) > 500, "\(id) is not drawn")
      #expect(before[id]?.isEmpty == false, "\(id)")
      if id != "loop" { #expect(before[id]?.hash != after[id]?.hash, "\(id) does not follow") }
    }
    #expect(zoom.wheel < 0.6 * zoom.duration)
    #expect((zoom.drag / zoom.wheel - 0.22).magnitude < 0.05)
    #expect((zoom.all - zoom.duration).magnitude < 1e-6)
  }

  /// To the last digit that is shown, and the millimetre to which the page rounds.
  private func judgeValues(_ values: SeenDrive.Values) {
    #expect(values.compared >= 20)
    let allowed = [
      "speed": 0.0069, "speed cap": 0.052, "curvature": 5.6e-5, "front": 0.0056, "lateral": 0.0011,
      "to target": 0.0056,
    ]
    #expect(Set(values.worst.keys) == Set(allowed.keys))
    for (name, difference) in values.worst {
      #expect(difference < allowed[name] ?? 0, "\(name) differs by \(difference)")
    }
  }

  private func judgeColours(_ seen: SeenDrive) {
    #expect(seen.ground == "rgb(244, 244, 241)")
    #expect(seen.switched == "rgb(18, 21, 24)")
    #expect(seen.systemDark == seen.switched)
    #expect(seen.narrow.width <= 400)
    for drawn in seen.dark + seen.narrow.drawn {
      #expect(drawn.count > 300, "\(drawn.id) is not drawn")
    }
  }

  private struct SeenComparison: Decodable {
    let drawn: [Drawn]
    let readings: [String: [String]]
    let differences: [[String]]
    let settings: [[String]]
    let problems: [String]
    let requests: [String]
  }

  @Test func twoDrivesAreLaidOverOneAnother() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let logs = try [drive("a", seed: 1, cruise: 25), drive("b", seed: 2, cruise: 20)]
      .map { $0.appending(path: "drive.mcap").path }
    let page = folder.appending(path: "both.html").path
    let run = try BuiltTool.Run(["report", "--compare"] + logs + ["--out", page])
    #expect(run.finish() == 0, "\(run.errors)")
    #expect(run.output == page + "\n")
    let seen = try seen(["compare", page], as: SeenComparison.self)
    #expect(seen.problems == [])
    #expect(seen.requests == [URL(filePath: page).absoluteString])
    #expect(seen.drawn.count == 7)
    #expect(seen.drawn.allSatisfy { $0.count > 500 && !$0.isEmpty })
    #expect(seen.readings["lateral"]?.allSatisfy { $0 != "–" && !$0.isEmpty } == true)
    #expect(seen.differences.contains(["seed", "1", "2", ""]))
    #expect(seen.settings == [["mission", "limits.cruise_speed", "25 km/h", "20 km/h"]])
  }

  /// A drive that broke off after a second or two is a page too; what is no drive is refused.
  @Test func whatIsLeftOfADriveIsShown() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let out = try drive("whole", seed: 1, cruise: 25)
    let log = out.appending(path: "drive.mcap")
    let cut = out.appending(path: "cut.mcap")
    let rest = out.appending(path: "rest.mcap")
    let bytes = try Data(contentsOf: log)
    try bytes.prefix(bytes.count / 3).write(to: cut)
    let refused = try BuiltTool.Run(["report", cut.path])
    #expect(refused.finish() == 2)
    #expect(refused.errors.contains("tulpar recover keeps what is whole"))
    #expect(!FileManager.default.fileExists(atPath: out.appending(path: "cut.html").path))
    #expect(try BuiltTool.Run(["recover", cut.path, "--out", rest.path]).finish() == 0)
    let shown = try BuiltTool.Run(["report", rest.path])
    #expect(shown.finish() == 0, "\(shown.errors)")
    let page = out.appending(path: "rest.html").path
    let seen = try seen(["glance", page], as: Glance.self)
    #expect(seen.problems == [])
    #expect(seen.text.contains("replays bit for bit"))
    let cases = [
      ([log.path, log.path], "due: 1"), (["--compare", log.path], "due: 2"),
      ([out.appending(path: "summary.json").path], "is no drive.mcap"),
      (["/nonexistent.mcap"], "No such file"),
    ]
    for (arguments, message) in cases {
      let run = try BuiltTool.Run(["report"] + arguments)
      #expect(run.finish() == 2)
      #expect(run.errors.contains(message), "\(run.errors)")
    }
  }

  private struct Glance: Decodable {
    let text: String
    let problems: [String]
  }
}
