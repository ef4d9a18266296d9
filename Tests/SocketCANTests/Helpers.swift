import CAN
import Foundation
import SocketCAN
import Testing

/// The folder of the built programs: the test process runs beside them.
let productFolder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent()

/// A `tulpar bus` of one test, killed when the test ends.
final class Bus {
  let path: String
  private let process = Process()

  init(path: String? = nil, rate: Int? = nil) throws {
    self.path =
      path ?? NSTemporaryDirectory() + "tulpar-bus-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    process.executableURL = productFolder.appending(path: "tulpar")
    process.arguments = ["bus", self.path] + (rate.map { ["--rate", "\($0)"] } ?? [])
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    // The first line says that it listens.
    _ = output.fileHandleForReading.availableData
  }

  var interface: String { "unix:" + path }

  func kill() {
    guard process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(atPath: path)
  }
}

extension LinuxCANPort {
  /// The next frame, waiting for it at most so long; nil when none came.
  func next(within seconds: Double = 2) throws -> CANReception? {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
      if let reception = try receive() { return reception }
      usleep(500)
    }
    return nil
  }

  /// Everything until nothing has come for a while.
  func drain(quiet seconds: Double = 0.2) throws -> [CANReception] {
    var all: [CANReception] = []
    while let reception = try next(within: seconds) { all.append(reception) }
    return all
  }

  /// The first change of the link that is thrown within the time.
  func linkError(within seconds: Double = 2) -> CANPortError? {
    do {
      let end = Date(timeIntervalSinceNow: seconds)
      while Date() < end {
        _ = try receive()
        usleep(500)
      }
      return nil
    } catch {
      return error
    }
  }

  /// Sends, waiting while the queue is full, as no real-time sender would.
  func sendPatiently(_ frame: CANFrame) -> CANSendOutcome {
    for _ in 0..<20_000 {
      let outcome = send(frame)
      if outcome != .dropped { return outcome }
      usleep(100)
    }
    return .dropped
  }
}

func frame(_ identifier: UInt32, _ bytes: [UInt8] = [], extended: Bool = true) -> CANFrame {
  CANFrame(identifier: identifier, isExtended: extended, bytes: bytes)
}

@discardableResult
func run(_ command: String...) throws -> Int32 {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = command
  try process.run()
  process.waitUntilExit()
  return process.terminationStatus
}
