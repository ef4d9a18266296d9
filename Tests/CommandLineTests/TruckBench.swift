import Foundation
import TestSupport
import Testing

/// The whole truck on this machine: bus, simulated truck, gpsd, guardian and daemon as processes.
final class TruckBench {
  let folder: TemporaryFolder
  private var programs: [String: Process] = [:]
  private let port: Int

  static let profile = "hw-profiles/j1939-tractor-semitrailer"
  static let mission = "missions/rig-course"

  /// Two UDP ports of its own, so that suites may run beside one another.
  init(profile: String = TruckBench.profile) throws {
    folder = try TemporaryFolder()
    port = 20_000 + Int(UInt32.random(in: 0..<20_000)) * 2
    let compiled = try BuiltPrograms.run(
      "tulpar",
      [
        "compile", "--profile", profile, "--mission", Self.mission, "--out",
        folder.path + "/blob",
      ])
    try #require(compiled.status == 0, "\(compiled.errors)")
  }

  deinit {
    for program in programs.values where program.isRunning {
      kill(program.processIdentifier, SIGCONT)
      kill(program.processIdentifier, SIGKILL)
      program.waitUntilExit()
    }
  }

  var bus: String { "unix:" + folder.path + "/bus" }
  var control: String { folder.path + "/control.sock" }
  var page: String { folder.path + "/page" }

  private static let canRaisePriority = geteuid() == 0 && BuiltPrograms.exists("chrt")

  @discardableResult
  func start(_ label: String, _ path: String, _ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: BuiltPrograms.root)
    let log = try folder.handle(label + ".log")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = log
    process.standardError = log
    try process.run()
    programs[label] = process
    return process
  }

  /// The stand-in for the kernel's bus, which is never late.
  func startBus() throws {
    let words = [BuiltPrograms.path("tulpar"), "bus", folder.path + "/bus"]
    if Self.canRaisePriority {
      try start("bus", "/usr/bin/chrt", ["-f", "97"] + words)
    } else {
      try start("bus", words[0], Array(words.dropFirst()))
    }
    try waitUntil("the bus") { FileManager.default.fileExists(atPath: folder.path + "/bus") }
  }

  func startTruck() throws {
    try start(
      "gpsd", "/usr/sbin/gpsd",
      ["-N", "-n", "-S", String(port), "udp://127.0.0.1:\(port + 1)"])
    try start(
      "plant", BuiltPrograms.path("tulpar"),
      [
        "plant", "--can", bus, "--configuration", folder.path + "/blob", "--nmea",
        "udp://127.0.0.1:\(port + 1)", "--log", folder.path + "/plant.json", "--start-station",
        "20", "--realtime-priority",
      ])
  }

  @discardableResult
  func startGuardian(_ label: String = "guardian") throws -> Process {
    try start(label, BuiltPrograms.path("tulpar-guardian"), ["--page", page])
  }

  /// Where the daemon keeps its drives; set before it starts.
  var drives: String?

  @discardableResult
  func startDaemon(_ label: String = "daemon") throws -> Process {
    let process = try start(
      label, BuiltPrograms.path("tulpard"),
      [
        "--configuration", folder.path + "/blob", "--can", "can0=" + bus, "--gpsd",
        "127.0.0.1:\(port)", "--page", page, "--control", control, "--bench",
      ] + (drives.map { ["--drives", $0, "--drives-free", "1MB"] } ?? []))
    try waitUntil("the control socket") { tell("status")["ok"] as? Bool == true }
    return process
  }

  func process(_ label: String) -> Int32? { programs[label]?.processIdentifier }

  /// How a program ended, nil while it runs.
  func exitStatus(_ label: String) -> Int32? {
    guard let program = programs[label], !program.isRunning else { return nil }
    return program.terminationStatus
  }

  func log(_ label: String) -> String { folder.text(label + ".log") }

  /// The daemon's answer, empty when there is none.
  func tell(_ words: String...) -> [String: Any] {
    guard let result = try? BuiltPrograms.run("tulpar", ["tell", control] + words) else {
      return [:]
    }
    let object = try? JSONSerialization.jsonObject(with: Data(result.output.utf8))
    return object as? [String: Any] ?? [:]
  }

  /// Patience is for a busy machine; what has a time of its own says it.
  ///
  /// A truck that stopped because the machine paused is not waited for.
  func waitUntil(_ what: String, within seconds: Double = 60, _ condition: () -> Bool) throws {
    let begin = Date.now
    while !condition() {
      let patience = RealTimeTrial.isLate ? min(seconds, 15) : seconds
      try #require(Date.now < begin + patience, "\(what) took more than \(patience) s")
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  /// What the truck truly did, one record each 10 ms.
  func records() -> [PlantRecord] {
    folder.text("plant.json").split(separator: "\n").compactMap {
      try? JSONDecoder().decode(PlantRecord.self, from: Data($0.utf8))
    }
  }

  /// The latest record, read from the end of the log.
  func latest() -> PlantRecord? {
    guard let file = FileHandle(forReadingAtPath: folder.path + "/plant.json"),
      let end = try? file.seekToEnd(), (try? file.seek(toOffset: end - min(end, 4_096))) != nil,
      let data = try? file.readToEnd()
    else { return nil }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").reversed().lazy
      .compactMap { try? JSONDecoder().decode(PlantRecord.self, from: Data($0.utf8)) }.first
  }

  /// Everything up, armed and driving at `speed` m/s.
  func drive(to speed: Double) throws {
    try startBus()
    try startTruck()
    try startGuardian()
    try startDaemon()
    try waitUntil("readiness") { tell("status")["readyToArm"] as? Bool == true }
    let answer = tell("arm")
    try #require(answer["ok"] as? Bool == true, "\(answer)")
    try waitUntil("driving off") { (latest()?.speed ?? 0) > speed }
  }
}

/// One line of the plant's log, what is judged of it.
struct PlantRecord: Decodable {
  let mono: Double
  let speed: Double
  let frontStation: Double
  let lateral: Double
  let parkTractor: Bool
  let parkTrailer: Bool
  let hazard: Bool
  let demandBrake: Double
  let independentTripped: Bool
  let age: [String: Double?]
  let rejects: [String: Int]
}
