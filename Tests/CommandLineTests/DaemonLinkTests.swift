import CLinux
import Foundation
import TestSupport
import Testing

/// What the daemon knows of its buses, and that it is the only one.
@Suite(.realTime, .timeLimit(.minutes(30))) struct DaemonLinkTests {
  private func bus(_ bench: TruckBench) -> [String: Any] {
    (bench.tell("status")["buses"] as? [[String: Any]])?.first ?? [:]
  }

  /// A stand-in is no truck's bus, however a release was started.
  @Test func aStandInBusNeedsBench() throws {
    let bench = try TruckBench()
    let result = try BuiltPrograms.run(
      "tulpard",
      [
        "--configuration", bench.folder.path + "/blob", "--can", "can0=" + bench.bus, "--page",
        bench.page, "--control", bench.control,
      ])
    #expect(result.status == 2)
    #expect(result.errors.contains("allowed with --bench only"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: bench.page))
  }

  /// Simulated fixes are for buses of which the kernel says that they are virtual: the loopback
  /// lies beside vcan in sysfs, as a serial line's interface does.
  @Test(arguments: [
    ("lo", "is not a virtual interface"), ("can9", "does not exist on this machine"),
    ("slcan0", "does not exist on this machine"),
  ])
  func onlyVirtualCANIsVirtual(_ interface: String, _ why: String) throws {
    let bench = try TruckBench()
    let result = try BuiltPrograms.run(
      "tulpard",
      [
        "--configuration", bench.folder.path + "/blob", "--can", "can0=" + interface, "--page",
        bench.page, "--control", bench.control, "--bench",
      ])
    #expect(result.status == 2)
    #expect(result.errors.contains("\(interface) \(why)"), "\(result.errors)")
  }

  @Test func aSecondDaemonIsRefused() throws {
    let bench = try TruckBench()
    try bench.startBus()
    let first = try bench.startDaemon()
    let second = try BuiltPrograms.run(
      "tulpard",
      [
        "--configuration", bench.folder.path + "/blob", "--can", "can0=" + bench.bus, "--page",
        bench.page, "--control", bench.control, "--bench",
      ])
    #expect(second.status == 1)
    #expect(second.errors.contains("another tulpard runs here"), "\(second.errors)")
    #expect(bench.tell("status")["ok"] as? Bool == true)
    // The kernel frees the lock of a killed one.
    kill(first.processIdentifier, SIGKILL)
    first.waitUntilExit()
    try bench.startDaemon("third")
  }

  /// R-MRM-8: more idle clients than the socket serves, and an operator's stop is answered at once.
  @Test func idleClientsDoNotKeepAStopWaiting() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startDaemon()
    var idle: [Int32] = []
    defer { for client in idle { _ = tl_close(client) } }
    // The backlog of the socket is short, so they come one by one.
    for _ in 0..<40 {
      idle.append(unsafe bench.control.withCString { unsafe tl_unix_connect($0, 3_000) })
      Thread.sleep(forTimeInterval: 0.005)
    }
    let began = Date.now
    let body = Array(#"{"do":"stop"}"#.utf8)
    let client = unsafe bench.control.withCString { unsafe tl_unix_connect($0, 3_000) }
    try #require(client >= 0)
    defer { _ = tl_close(client) }
    let message = [UInt8(body.count), 0, 0, 0] + body
    #expect(unsafe tl_write_all(client, message, message.count) == 0)
    var head = [UInt8](repeating: 0, count: 4)
    #expect(unsafe tl_read_exactly(client, &head, 4) == 1)
    // 35 ms of it are the three cycles that the answer waits for.
    #expect(Date.now.timeIntervalSince(began) < 0.5)
  }

  /// What the helper writes is in the status; a bus-off is the fault of a bus that is down; a
  /// helper that is silent says nothing.
  @Test func theStateOfTheLinkIsToldAndBusOffIsAFault() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startDaemon()
    #expect(bus(bench)["link"] is NSNull)
    #expect(bus(bench)["controller"] as? String == "unknown")
    let file = URL(filePath: bench.folder.path + "/link-bus")
    func publishing(_ words: String) -> Beating {
      Beating { _ in
        try? Data("tulpar-link-1 \(tl_monotonic_ns()) \(words)\n".utf8).write(
          to: file, options: .atomic)
      }
    }
    var helper = publishing("up passive 250000 130 12 1")
    try bench.waitUntil("the link") { !(bus(bench)["link"] is NSNull) }
    let told = bus(bench)
    #expect(told["link"] as? String == "up")
    #expect(told["controller"] as? String == "passive")
    #expect(told["bitRate"] as? Int == 250_000)
    #expect(told["transmitErrors"] as? Int == 130)
    #expect(told["receiveErrors"] as? Int == 12)
    #expect(told["restarts"] as? Int == 1)
    #expect((bench.tell("status")["faults"] as? [String])?.contains("busDown") == false)
    helper.end()
    helper = publishing("waitingForStandstill busOff 250000 255 0 1")
    try bench.waitUntil("the fault") {
      (bench.tell("status")["faults"] as? [String])?.contains("busDown") == true
    }
    #expect(bus(bench)["link"] as? String == "waitingForStandstill")
    helper.end()
    try bench.waitUntil("the silence") { bus(bench)["link"] is NSNull }
    #expect(bus(bench)["controller"] as? String == "unknown")
    #expect(bench.log("daemon").contains("controller busOff"))
    for garbage in ["", "tulpar-link-1", String(repeating: "x", count: 10_000)] {
      try Data(garbage.utf8).write(to: file)
      Thread.sleep(forTimeInterval: 0.15)
      #expect(bus(bench)["link"] is NSNull)
    }
  }

  /// S-4: the guardian alone can tell its frames from those that somebody sends in its name.
  @Test func aForeignFrameInOurNameIsTold() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startGuardian()
    try bench.startDaemon()
    try bench.waitUntil("the guardian") { bench.tell("status")["guardian"] as? String == "idle" }
    Thread.sleep(forTimeInterval: 0.3)
    #expect(bus(bench)["foreign"] as? Int == 0)
    let spoofer = unsafe bench.bus.withCString { unsafe tl_can_open($0, nil, 0, 0) }
    try #require(spoofer >= 0)
    defer { _ = tl_close(spoofer) }
    for identifier in [0x18FF_1128, 0x18FF_1127] as [UInt32] {
      var frame = tl_can_frame()
      frame.id = identifier
      frame.flags = UInt8(TL_CAN_EXTENDED)
      frame.length = 8
      #expect(unsafe tl_can_send(spoofer, &frame) == 0)
    }
    try bench.waitUntil("the count") { bus(bench)["foreign"] as? Int == 1 }
    #expect(bench.log("daemon").contains("the last 0x18ff1127"))
  }
}
