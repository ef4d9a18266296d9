import ArgumentParser
import CAN
import Control
import DBC
import DriveConfiguration
import Foundation
import Plant
import Signals
import Simulation
import SiteMap
import Units
import Vehicle

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract:
      "Measure the step, the demo crossing, replay and CAN decoding, with peers in the same run.",
    discussion: "Numbers move from machine to machine: quote the ratios of one run.")

  @Option(help: "Profile folder.") var profile = "hw-profiles/j1939-tractor-semitrailer"
  @Option(help: "Mission folder.") var mission = "missions/demo-crossing"
  @Option(help: ArgumentHelp("What to decode with; else the profile's.", valueName: "FILE"))
  var dbc: String?
  @Option(help: "Frames to decode.") var frames = 100_000
  @Option(help: ArgumentHelp("The script that times the peers.", valueName: "FILE"))
  var peers = "Tests/Bench/can_peers.py"

  @Option(help: ArgumentHelp("The script that times the lateral solver's peer.", valueName: "FILE"))
  var solverPeer = "Tests/Bench/daqp_peer.py"

  @Option(help: "Seconds of the real-time window; 0 leaves it out.") var window = 20.0
  @Option(help: ArgumentHelp("The bare loops to compile.", valueName: "FILE"))
  var companion = "Tests/Bench/companion.c"

  mutating func run() throws {
    guard window == 0 || (1...3_600).contains(window) else {
      throw CommandFailure.badInput("--window: read \(window), allowed is 0, or 1 to 3600 s")
    }
    guard (1_000...1_000_000).contains(frames) else {
      throw CommandFailure.badInput("--frames: read \(frames), allowed is 1000 to 1000000")
    }
    let configuration: DriveConfiguration
    do {
      configuration = try compileDrive(profile: profile, mission: mission)
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    print("| what | measured | budget |\n|---|---|---|")
    measureStep(configuration)
    measureSolver()
    measureCrossing(configuration)
    try measureReplay(configuration)
    try measureDecoding()
    let bus = BenchBus(configuration: configuration).measure()
    row(
      "reassembly, decoding and freshness of a full 500 kbit/s bus",
      String(
        format: "%.2f %% of a core (%d frames/s, %llu transfers)", 100 * bus.share,
        bus.framesPerSecond, bus.transfers), "2 %")
    if window > 0 { measureWindow(configuration) }
  }

  /// Left out, with the reason on standard error, where the parts cannot run.
  private func measureWindow(_ configuration: DriveConfiguration) {
    let bench = BenchWindow(configuration: configuration, seconds: window, source: companion)
    do {
      let seen = try bench.measure()
      for (what, measured, budget) in bench.rows(seen) { row(what, measured, budget) }
      bench.printHistogram(seen)
    } catch {
      let reason = (error as? CommandFailure)?.message ?? "\(error)"
      FileHandle.standardError.write(
        Data("tulpar: real-time window not measured: \(reason)\n".utf8))
    }
  }

  /// The step over the first 75 s of the mission, whose inputs are recorded beforehand.
  private func measureStep(_ configuration: DriveConfiguration) {
    let inputs = recordedInputs(configuration, cycles: 7_500)
    let route = configuration.route
    var times: [UInt64] = []
    times.reserveCapacity(3 * inputs.count)
    for _ in 0..<3 {
      var controller = Controller(configuration: configuration.controller)
      for input in inputs {
        let start = now()
        _ = controller.step(input, route: route.span)
        times.append(now() - start)
      }
    }
    times.sort()
    let mean = Double(times.reduce(0, +)) / Double(times.count) / 1_000
    let p99 = Double(times[times.count * 99 / 100]) / 1_000
    row("Controller.step, mean", String(format: "%.1f us", mean), "15 us")
    row("Controller.step, 99 %", String(format: "%.1f us", p99), "100 us")
    let handover = BenchHandover(inputs, configuration, now: now)
    row(
      "handing a cycle to the recorder, mean and worst",
      String(format: "%.2f us, %.1f us", handover.mean, handover.worst), "5 us")
    row(
      "the same with the core's state, each 10 s", String(format: "%.0f us", handover.withState),
      "100 us")
  }

  private func measureSolver() {
    let seen = BenchQuadratic(script: solverPeer, now: now).measure()
    let peer = seen.peer.map {
      String(
        format: "DAQP, called from Python: %.1f us, same answers to %.0e rad", $0.microseconds,
        $0.worstDifference)
    }
    row(
      "lateral programme, 30 values, limits active, 99 %",
      String(format: "%.1f us (%@)", seen.own, peer ?? "peer not measured"), "50 us")
  }

  private func recordedInputs(_ configuration: DriveConfiguration, cycles: Int) -> [Inputs] {
    let loop = ClosedLoop(
      configuration: configuration,
      start: TruckStart(on: configuration.route, station: configuration.startStation.value),
      seed: 1, releaseAfter: .milliseconds(2_000))
    return (0..<cycles).map { _ in
      loop.step()
      return loop.inputs
    }
  }

  private func measureCrossing(_ configuration: DriveConfiguration) {
    var drive = SimulatedDrive(configuration: configuration, scenario: Scenario(), seed: 1)
    let start = now()
    while drive.advance() {}
    let seconds = Double(now() - start) / 1e9
    let simulated = drive.loop.truth.time
    row(
      String(format: "the whole crossing, %.0f s of driving", simulated),
      String(format: "%.2f s (%.0f x real time)", seconds, simulated / seconds), "5 s")
  }

  private func measureReplay(_ configuration: DriveConfiguration) throws {
    let bench = BenchReplay(configuration: configuration, now: now)
    for frames in [nil, 2_000] {
      let seen = try bench.measure(frames: frames)
      guard seen.isIdentical else { throw CommandFailure.failed("a replay is not its drive") }
      row(
        String(format: "replay of a drive with %.0f frames/s", seen.framesPerSecond),
        String(format: "%.0f x real time", seen.timesRealTime), "300 x")
    }
  }

  private func measureDecoding() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "tulpar-bench-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try dbc ?? profileDatabase()
    let database = try loadDatabase(path, lenient: false)
    let log = randomLog(database)
    let file = folder.appending(path: "bench.log")
    try Data(log).write(to: file)
    let result: DecodeBenchmark.Result
    do {
      result = try DecodeBenchmark(database: database, log: log, nanoseconds: now).run()
    } catch {
      throw CommandFailure.failed("\(error)")
    }
    report(result, peers: measurePeers(dbc: path, log: file.path))
  }

  private func profileDatabase() throws -> String {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: profile)) ?? []
    guard let name = files.sorted().first(where: { $0.hasSuffix(".dbc") }) else {
      throw CommandFailure.badInput("\(profile): holds no .dbc file")
    }
    return profile + "/" + name
  }

  private func report(_ result: DecodeBenchmark.Result, peers: Peers?) {
    func ratio(_ text: String, _ peer: Double?) -> String {
      peer == nil ? "peer not measured" : text
    }
    let c = peers?.generatedC ?? .nan
    let python = peers?.python ?? .nan
    row(
      "decode all signals of a frame",
      String(format: "%.1f ns", result.decode)
        + ratio(
          String(format: ", %.2f x cantools' C (%.1f ns)", result.decode / c, c), peers?.generatedC),
      "3 x")
    row(
      "log text to values",
      String(format: "%.1f ns a frame", result.textToValues)
        + ratio(
          String(
            format: ", %.0f x faster than python-can + cantools (%.0f ns)",
            python / result.textToValues, python), peers?.python), "30 x")
  }

  private struct Peers: Decodable {
    let generatedC: Double
    let python: Double
    enum CodingKeys: String, CodingKey {
      case generatedC = "generated_c"
      case python
    }
  }

  /// Nil, with the reason on standard error, when the peers cannot be run here.
  private func measurePeers(dbc: String, log: String) -> Peers? {
    do {
      return try JSONDecoder().decode(Peers.self, from: Self.runPeer(peers, [dbc, log]))
    } catch {
      FileHandle.standardError.write(
        Data("tulpar: peers not measured with \(peers): \(error)\n".utf8))
      return nil
    }
  }

  /// What a script of peers prints with the reference Python.
  static func runPeer(_ script: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    let python =
      ProcessInfo.processInfo.environment["TULPAR_PYTHON"]
      ?? FileManager.default.currentDirectoryPath + "/.venv/bin/python3"
    process.executableURL = URL(filePath: python)
    process.arguments = [script] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileReadUnknown) }
    return data
  }

  /// Frames of every message in turn with valid random bytes, as candump -l text.
  private func randomLog(_ database: DBCDatabase) -> [UInt8] {
    let messages = database.messages.filter { $0.length == 8 }
    var text = ""
    text.reserveCapacity(48 * frames)
    var state: UInt64 = 1
    for index in 0..<frames where !messages.isEmpty {
      let message = messages[index % messages.count]
      text += String(
        format: "(%.6f) can0 %08X#", 1_700_000_000 + Double(index) * 0.0005,
        message.identifier)
      for _ in 0..<8 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += String(format: "%02X", Int((state >> 33) % 250))
      }
      text += "\n"
    }
    return Array(text.utf8)
  }

  private func row(_ what: String, _ measured: String, _ budget: String) {
    print("| \(what) | \(measured) | \(budget) |")
  }

  private func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
}
