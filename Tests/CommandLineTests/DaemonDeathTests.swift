import CLinux
import Foundation
import TestSupport
import Testing

private let hasGPSD = BuiltPrograms.exists("gpsd")

/// How a part of the stack ends while the truck drives.
enum Ending: String, CaseIterable, Sendable {
  case daemonKilled, daemonStopped, controlTrapped, daemonTerminated
  case guardianKilled, guardianReplaced, guardianTerminated, bothKilled
}

/// Kills what drives, on the stand-in bus: what the truck did is read from the plant's log.
@Suite(.serialized, .realTime, .timeLimit(.minutes(60))) struct DaemonDeathTests {
  /// S-15, S-16, S-19: whatever dies, the truck stops and is held, and no frame is refused.
  @Test(.enabled(if: hasGPSD, "gpsd is not installed"), arguments: Ending.allCases)
  func theTruckStopsAndIsHeld(_ ending: Ending) throws {
    let bench = try TruckBench()
    try bench.drive(to: 2.5)
    let start = try #require(bench.latest())
    try happen(ending, on: bench)
    try bench.waitUntil("standstill with parking brakes") {
      guard let record = bench.latest() else { return false }
      return record.speed == 0 && record.parkTractor && record.parkTrailer
    }
    Thread.sleep(forTimeInterval: 1.5)
    let records = bench.records().filter { $0.mono >= start.mono }
    let last = try #require(records.last)
    #expect(last.speed == 0)
    #expect(last.hazard)
    #expect(last.frontStation - start.frontStation < 15)
    #expect(records.allSatisfy { abs($0.lateral) < 0.3 })
    #expect(last.rejects["counter"] == 0)
    #expect(last.rejects["checksum"] == 0)
    // The shortest time-out of the units is 100 ms.
    let gap = records.flatMap { $0.age.values.compactMap { $0 } }.max() ?? .infinity
    let allowed = ending == .bothKilled ? 1_000.0 : 100.0
    #expect(gap < allowed, "longest gap between accepted frames: \(gap) ms")
    try expectNoMoveOff(ending, bench)
  }

  private func happen(_ ending: Ending, on bench: TruckBench) throws {
    let daemon = try #require(bench.process("daemon"))
    let guardian = try #require(bench.process("guardian"))
    switch ending {
    case .daemonKilled: kill(daemon, SIGKILL)
    case .daemonStopped: kill(daemon, SIGSTOP)
    case .daemonTerminated: kill(daemon, SIGTERM)
    case .controlTrapped: try trap(daemon)
    case .guardianKilled: kill(guardian, SIGKILL)
    case .guardianTerminated: kill(guardian, SIGTERM)
    case .bothKilled:
      // As the service manager would start them again.
      kill(daemon, SIGKILL)
      kill(guardian, SIGKILL)
      Thread.sleep(forTimeInterval: 0.1)
      try bench.startGuardian("guardian2")
      try bench.startDaemon("daemon2")
    case .guardianReplaced:
      kill(guardian, SIGKILL)
      Thread.sleep(forTimeInterval: 0.1)
      try bench.startGuardian("guardian2")
    }
  }

  /// SIGILL for the control thread alone, as a Swift trap raises it.
  private func trap(_ process: Int32) throws {
    let tasks = "/proc/\(process)/task"
    let thread = try FileManager.default.contentsOfDirectory(atPath: tasks).first {
      let name = try? String(contentsOfFile: "\(tasks)/\($0)/comm", encoding: .utf8)
      return name == "control\n"
    }
    let identifier = try #require(thread.flatMap { Int($0) })
    typealias Call = @convention(c) (Int, Int, Int, Int) -> Int
    guard let symbol = unsafe dlsym(nil, "syscall") else { throw CocoaError(.featureUnsupported) }
    let call = unsafe unsafeBitCast(symbol, to: Call.self)
    let result = call(234, Int(process), identifier, Int(SIGILL))
    #expect(result == 0)
  }

  /// Nothing moves again by itself, not even when a stopped daemon goes on or a new one starts.
  private func expectNoMoveOff(_ ending: Ending, _ bench: TruckBench) throws {
    let before = try #require(bench.latest()).frontStation
    switch ending {
    case .daemonStopped:
      kill(try #require(bench.process("daemon")), SIGCONT)
    case .daemonKilled, .controlTrapped, .bothKilled:
      if ending != .bothKilled { try bench.startDaemon("daemon2") }
      // All else is well again: the one thing that is missing is a person's word.
      try bench.waitUntil("a stop that waits for its acknowledge") {
        let status = bench.tell("status")
        return status["notReady"] as? String == "notAcknowledged"
          && status["headingObserved"] as? Bool == true
      }
      let refusal = bench.tell("arm")
      #expect(refusal["ok"] as? Bool == false)
      #expect((refusal["error"] as? String)?.contains("no stop in force") == true, "\(refusal)")
    case .daemonTerminated:
      try bench.waitUntil("the daemon's end") { bench.exitStatus("daemon") != nil }
      #expect(bench.exitStatus("daemon") == 0)
    case .guardianTerminated:
      try bench.waitUntil("the guardian's end") { bench.exitStatus("guardian") != nil }
      #expect(bench.exitStatus("guardian") == 0)
    case .guardianKilled, .guardianReplaced: break
    }
    Thread.sleep(forTimeInterval: 2)
    let record = try #require(bench.latest())
    #expect(record.speed == 0)
    #expect(abs(record.frontStation - before) < 0.01)
    #expect(record.parkTractor && record.parkTrailer)
  }
}
