import CLinux
import Foundation
import SharedPage
import Signals
import TestSupport
import Testing

/// The daemon's edges: its command line, its configuration, its control socket.
@Suite(.realTime, .timeLimit(.minutes(30))) struct DaemonEdgeTests {
  /// Exit status 2 with a message and nothing opened (architecture.md section 9).
  @Test(arguments: [
    (["--bogus"], "unknown option '--bogus'"),
    ([], "--profile is missing"),
    (["--profile", TruckBench.profile], "--mission is missing"),
    (["--profile"], "--profile: a value is missing"),
    (["--gpsd", "10.0.0.1:2947"], "allowed is this machine"),
    (["--gpsd", "127.0.0.1:99999"], "expected HOST:PORT"),
    (["--can", "can0"], "expected NAME=INTERFACE"),
    (["--can", "a=b", "--can", "a=c"], "given twice"),
    (["--timing-scale", "0"], "allowed is 1 to 20"),
    (["--configuration", "/nonexistent"], "No such file"),
    (["--configuration", "Package.swift"], "not a compiled configuration"),
    (["--profile", "/nonexistent", "--mission", TruckBench.mission], "no such file"),
  ])
  func badInputEndsTheDaemon(_ arguments: [String], _ message: String) throws {
    let folder = try TemporaryFolder()
    let page = folder.path + "/page"
    let result = try BuiltPrograms.run(
      "tulpard", ["--page", page, "--control", folder.path + "/socket"] + arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: page))
  }

  @Test func aBusThatTheProfileDoesNotHaveIsRefused() throws {
    let bench = try TruckBench()
    let result = try BuiltPrograms.run(
      "tulpard",
      [
        "--configuration", bench.folder.path + "/blob", "--can", "can7=vcan0", "--page",
        bench.page, "--control", bench.control,
      ])
    #expect(result.status == 2)
    #expect(result.errors.contains("the profile has no bus 'can7'; it has can0"))
  }

  /// Stretched time-outs are a bench's: on a bus that may be a truck's they are refused.
  @Test func aTimingScaleIsForVirtualBusesOnly() throws {
    let bench = try TruckBench()
    let blob = bench.folder.path + "/scaled"
    let compiled = try BuiltPrograms.run(
      "tulpar",
      [
        "compile", "--profile", TruckBench.profile, "--mission", TruckBench.mission,
        "--timing-scale", "5", "--out", blob,
      ])
    try #require(compiled.status == 0)
    let result = try BuiltPrograms.run(
      "tulpard",
      ["--configuration", blob, "--can", "can0=can9", "--page", bench.page])
    #expect(result.status == 2)
    #expect(result.errors.contains("timing scale 5: can9 is not a virtual interface"))
  }

  @Test func aDamagedConfigurationIsRefused() throws {
    let bench = try TruckBench()
    let path = bench.folder.path + "/blob"
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    bytes[bytes.count / 2] ^= 1
    try Data(bytes).write(to: URL(filePath: path))
    let result = try BuiltPrograms.run("tulpard", ["--configuration", path, "--page", bench.page])
    #expect(result.status == 2)
    #expect(result.errors.contains("damaged"))
  }

  /// Requests of every wrong kind are answered with an error, and the daemon goes on.
  @Test func theControlSocketSurvivesHostileRequests() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startDaemon()
    let requests: [(String, String)] = [
      ("", "a request has 1 to 4096 bytes"),
      ("nonsense", "not a request"),
      ("{}", "'do' is missing"),
      (#"{"do":"fly"}"#, "unknown command 'fly'"),
      (#"{"do":"status","line":"x"}"#, "takes no member 'line'"),
      (#"{"do":"release"}"#, "needs the member 'line'"),
      (#"{"do":"release","line":"ATLANTIS"}"#, "unknown hold line 'ATLANTIS'"),
      (#"{"do":"stop","do":"arm"}"#, "given twice"),
      (#"{"do":1}"#, "expected a string"),
      (#"{"do":"\ud800"}"#, "no character"),
      (#"{"do":"stop"} x"#, "text after the object"),
      (#"{"do":"arm"}"#, "not ready to arm"),
      ("{\"do\":\"\u{1}\"}", "control character"),
    ]
    for (request, message) in requests {
      let answer = try #require(exchange(bench, frame(Array(request.utf8))))
      #expect(answer.contains(message), "\(request): \(answer)")
      #expect(answer.contains("\"ok\":false"))
    }
    #expect(exchange(bench, frame(Array(repeating: 0x20, count: 4_097)))?.contains("4096") == true)
    #expect(exchange(bench, [0xFF, 0xFF, 0xFF, 0xFF])?.contains("4096") == true)
    // Half a request, then silence: the daemon gives up on it, not on others.
    #expect(exchange(bench, [10, 0, 0, 0, 0x7B]) == nil)
    #expect(bench.tell("status")["ok"] as? Bool == true)
    #expect(bench.tell("stop")["ok"] as? Bool == true)
    #expect(bench.tell("status")["mode"] as? String == "manual")
  }

  /// A client that trickles its request byte by byte loses its turn long before it is through, so
  /// that an operator's stop gets one (R-MRM-8).
  @Test func aTricklingClientDoesNotKeepTheControlSocket() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startDaemon()
    let client = unsafe bench.control.withCString { unsafe tl_unix_connect($0, 3_000) }
    try #require(client >= 0)
    defer { _ = tl_close(client) }
    var sent = 0
    // 1,000 bytes announced, one each 50 ms: 50 s if nobody minds.
    var bytes: [UInt8] = [0xE8, 0x03, 0, 0]
    while sent < 200, unsafe tl_write_all(client, bytes, bytes.count) == 0 {
      bytes = [0x20]
      sent += 1
      Thread.sleep(forTimeInterval: 0.05)
    }
    #expect(sent < 200, "the daemon still listens to the trickle")
    #expect(bench.tell("stop")["ok"] as? Bool == true)
  }

  /// Who may speak is the kernel's word, whatever the socket's access bits became.
  @Test(.enabled(if: geteuid() == 0 && BuiltPrograms.exists("setpriv"), "needs root and setpriv"))
  func anotherUserIsRefused() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startDaemon()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: bench.folder.path)
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: bench.control)
    let result = try ProgramResult.of(
      "/usr/bin/setpriv",
      [
        "--reuid=65534", "--clear-groups", BuiltPrograms.path("tulpar"), "tell", bench.control,
        "stop",
      ])
    #expect(result.status == 1)
    #expect(result.errors.contains("user 65534 may not control this truck"), "\(result.errors)")
    #expect(bench.log("daemon").contains("user 65534"))
  }

  /// MANUAL: nothing is transmitted, and SIGTERM has nothing to wait for (S-23).
  @Test func inManualNothingIsSentAndTheDaemonEndsAtOnce() throws {
    let bench = try TruckBench()
    try bench.startBus()
    let port = try CANSniffer(bench.bus)
    try bench.startGuardian()
    let daemon = try bench.startDaemon()
    #expect(port.frames(for: 1.5) == 0)
    kill(daemon.processIdentifier, SIGTERM)
    try bench.waitUntil("the daemon's end", within: 3) { !daemon.isRunning }
    #expect(daemon.terminationStatus == 0)
  }

  /// A guardian that never took part ends when asked; a second one waits for the sender lock.
  @Test func guardiansShareOneLock() throws {
    let bench = try TruckBench()
    let first = try bench.startGuardian()
    try bench.waitUntil("the lock") { bench.log("guardian").contains("holds the sender lock") }
    try bench.startGuardian("second")
    Thread.sleep(forTimeInterval: 0.3)
    #expect(!bench.log("second").contains("sender lock"))
    kill(first.processIdentifier, SIGTERM)
    try bench.waitUntil("the guardian's end") { !first.isRunning }
    #expect(first.terminationStatus == 0)
    try bench.waitUntil("the second's turn") {
      bench.log("second").contains("holds the sender lock")
    }
  }

  @Test func theGuardianRefusesWhatItDoesNotKnow() throws {
    let folder = try TemporaryFolder()
    #expect(try BuiltPrograms.run("tulpar-guardian", ["--nonsense"]).status == 2)
    #expect(try BuiltPrograms.run("tulpar-guardian", ["--page"]).status == 2)
    let long = folder.path + "/" + String(repeating: "x", count: 200)
    #expect(try BuiltPrograms.run("tulpar-guardian", ["--page", long]).status == 2)
    let garbage = folder.path + "/garbage"
    try Data(repeating: 0x41, count: 100_000).write(to: URL(filePath: garbage))
    #expect(try BuiltPrograms.run("tulpar-guardian", ["--page", garbage]).status == 1)
  }

  private func frame(_ body: [UInt8]) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
  }

  /// Sends bytes as they are; the answer's text, nil when there is none.
  private func exchange(_ bench: TruckBench, _ bytes: [UInt8]) -> String? {
    let client = unsafe bench.control.withCString { unsafe tl_unix_connect($0, 3_000) }
    guard client >= 0 else { return nil }
    defer { _ = tl_close(client) }
    _ = unsafe tl_write_all(client, bytes, bytes.count)
    var head = [UInt8](repeating: 0, count: 4)
    guard unsafe tl_read_exactly(client, &head, 4) == 1 else { return nil }
    let length = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    guard length > 0, length < 100_000 else { return nil }
    var body = [UInt8](repeating: 0, count: length)
    guard unsafe tl_read_exactly(client, &body, length) == 1 else { return nil }
    return String(decoding: body, as: UTF8.self)
  }
}

/// Counts frames on a bus.
private final class CANSniffer {
  private let descriptor: Int32

  init(_ bus: String) throws {
    descriptor = unsafe bus.withCString { unsafe tl_can_open($0, nil, 0, 0) }
    try #require(descriptor >= 0)
  }

  deinit { _ = tl_close(descriptor) }

  func frames(for seconds: Double) -> Int {
    var count = 0
    let end = tl_monotonic_ns() + Int64(seconds * 1e9)
    while tl_monotonic_ns() < end {
      var frame = tl_can_frame()
      if unsafe tl_can_receive(descriptor, &frame) == 1 {
        count += 1
      } else {
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
    return count
  }
}
