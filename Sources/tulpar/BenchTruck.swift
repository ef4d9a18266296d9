import DriveConfiguration
import Foundation

/// The whole truck as processes of this machine for a benchmark: bus, plant, gpsd, guardian, daemon.
final class BenchTruck {
  let folder: String
  private let programs: String
  private var processes: [Process] = []
  private let port = 20_000 + Int(getpid()) % 20_000

  var bus: String { folder + "/bus" }
  var page: String { folder + "/page" }

  init(_ configuration: DriveConfiguration) throws {
    folder = "/tmp/tulpar-bench-\(getpid())"
    programs =
      URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(configuration.encoded()).write(to: URL(filePath: folder + "/blob"))
  }

  deinit {
    for process in processes.reversed() where process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Starts everything, arms, and waits until the truck drives.
  func drive() throws(CommandFailure) {
    let nmea = "udp://127.0.0.1:\(port + 1)"
    // As the wire is: never late.
    try start("/usr/bin/chrt", ["-f", "97", programs + "/tulpar", "bus", bus])
    try wait(5, "the bus") { FileManager.default.fileExists(atPath: bus) }
    try start("/usr/sbin/gpsd", ["-N", "-n", "-S", "\(port)", nmea])
    try start(
      programs + "/tulpar",
      [
        "plant", "--can", "unix:" + bus, "--configuration", folder + "/blob", "--nmea", nmea,
        "--realtime-priority",
      ])
    try start(programs + "/tulpar-guardian", ["--page", page])
    try start(
      programs + "/tulpard",
      [
        "--configuration", folder + "/blob", "--can", "can0=unix:" + bus, "--gpsd",
        "127.0.0.1:\(port)", "--page", page, "--control", folder + "/control", "--bench",
      ])
    try wait(30, "readiness to arm") { tell("status")["readyToArm"] as? Bool == true }
    let answer = tell("arm")
    guard answer["ok"] as? Bool == true else {
      throw .failed("bench: arming is refused: \(answer["error"] ?? "no answer")")
    }
    try wait(30, "driving off") { (tell("status")["speed"] as? Double ?? 0) > 1 }
  }

  /// A C program of Tests/Bench, beside the truck.
  func companion(_ source: String, _ arguments: [String], output: String) throws(CommandFailure)
    -> Companion
  {
    let binary = folder + "/companion"
    if !FileManager.default.fileExists(atPath: binary) {
      let compiler = Process()
      compiler.executableURL = URL(filePath: "/usr/bin/env")
      compiler.arguments = ["cc", "-O2", "-o", binary, source]
      guard (try? compiler.run()) != nil else { throw .failed("bench: there is no C compiler") }
      compiler.waitUntilExit()
      guard compiler.terminationStatus == 0 else {
        throw .failed("bench: \(source) does not compile")
      }
    }
    return try Companion(binary, arguments, output: folder + "/" + output)
  }

  private func start(_ path: String, _ arguments: [String]) throws(CommandFailure) {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let name = folder + "/\(processes.count).log"
    _ = FileManager.default.createFile(atPath: name, contents: nil)
    let log = FileHandle(forWritingAtPath: name)
    process.standardOutput = log
    process.standardError = log
    do { try process.run() } catch { throw .failed("bench: \(path) cannot be started") }
    processes.append(process)
  }

  private func wait(
    _ seconds: Double, _ what: String, _ condition: () -> Bool
  ) throws(CommandFailure) {
    let end = Date.now + seconds
    while !condition() {
      guard Date.now < end else {
        throw .failed("bench: \(what) took more than \(seconds) s; logs: \(logs())")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  private func logs() -> String {
    processes.indices.map {
      (try? String(contentsOfFile: folder + "/\($0).log", encoding: .utf8))?.suffix(300) ?? ""
    }.joined(separator: " | ")
  }

  private func tell(_ request: String) -> [String: Any] {
    let process = Process()
    process.executableURL = URL(filePath: programs + "/tulpar")
    process.arguments = ["tell", folder + "/control", request]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return [:] }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
  }
}

/// A program that runs beside the truck until it is told to end.
final class Companion {
  private let process = Process()
  private let input = Pipe()
  private let output: String

  init(_ path: String, _ arguments: [String], output: String) throws(CommandFailure) {
    self.output = output
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = input
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    process.standardOutput = FileHandle(forWritingAtPath: output)
    do { try process.run() } catch { throw .failed("bench: \(path) cannot be started") }
  }

  /// Ends it; what it printed.
  func finish() -> String {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    return (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
  }

  deinit { if process.isRunning { process.terminate() } }
}
