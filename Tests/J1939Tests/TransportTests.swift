import CAN
import J1939
import NetworkManagement
import TestSupport
import Testing
import Units

private let millisecond: Int64 = 1_000_000

private func frame(_ identifier: UInt32, _ bytes: [UInt8]) -> CANFrame {
  CANFrame(identifier: identifier, isExtended: true, bytes: bytes)
}

private func announcement(_ source: UInt32, length: UInt8, packets: UInt8) -> CANFrame {
  frame(0x1CEC_FF00 | source, [0x20, length, 0, packets, 0xFF, 0xCA, 0xFE, 0])
}

private func packet(_ source: UInt32, _ sequence: UInt8) -> CANFrame {
  frame(0x1CEB_FF00 | source, [sequence] + (1...7).map { sequence &* 10 &+ $0 })
}

/// J1939-21 broadcasts, and S-2 of the page's fact "TP.CM, TP.DT" (can-gnss.md section 7).
@Suite struct BroadcastTests {
  @Test("a broadcast becomes one message of its length")
  func broadcast() {
    var transport = J1939Transport()
    #expect(transport.receive(announcement(0, length: 10, packets: 2), at: 5) == nil)
    #expect(transport.receive(packet(0, 1), at: 6) == nil)
    guard case .completed(let transfer)? = transport.receive(packet(0, 2), at: 7) else {
      Issue.record("not completed")
      return
    }
    #expect(transfer.parameterGroup == 65226 && transfer.startedAt == 5)
    #expect(transport.payload(of: transfer) == [11, 12, 13, 14, 15, 16, 17, 21, 22, 23])
    #expect(transport.completed == 1 && transport.open == 0)
  }

  @Test("senders do not disturb each other")
  func interleaved() {
    var transport = J1939Transport()
    for source: UInt32 in [0, 3] {
      _ = transport.receive(announcement(source, length: 9, packets: 2), at: 0)
    }
    for sequence: UInt8 in [1, 2] {
      for source: UInt32 in [0, 3] { _ = transport.receive(packet(source, sequence), at: 1) }
    }
    #expect(transport.completed == 2 && transport.failed == 0)
  }

  @Test("a packet that comes twice is taken once; an older one ends the broadcast")
  func duplicates() {
    var transport = J1939Transport()
    _ = transport.receive(announcement(0, length: 20, packets: 3), at: 0)
    for sequence: UInt8 in [1, 1, 2, 2] {
      #expect(transport.receive(packet(0, sequence), at: 1) == nil)
    }
    guard case .completed(let transfer)? = transport.receive(packet(0, 3), at: 2) else {
      Issue.record("not completed")
      return
    }
    #expect(transport.payload(of: transfer)[7] == 21)
    _ = transport.receive(announcement(0, length: 20, packets: 3), at: 3)
    for sequence: UInt8 in [1, 2] { _ = transport.receive(packet(0, sequence), at: 4) }
    #expect(
      transport.receive(packet(0, 1), at: 5)
        == .failed(.wrongSequence(expected: 3, found: 1), source: 0))
  }

  @Test("gaps, contradictions and late packets end a transfer with a reason")
  func failures() {
    var transport = J1939Transport()
    #expect(
      transport.receive(announcement(1, length: 10, packets: 3), at: 0)
        == .failed(.badAnnouncement, source: 1))
    #expect(transport.receive(packet(1, 1), at: 0) == .failed(.unannounced, source: 1))
    _ = transport.receive(announcement(1, length: 20, packets: 3), at: 0)
    #expect(
      transport.receive(packet(1, 2), at: 1)
        == .failed(.wrongSequence(expected: 1, found: 2), source: 1))
    _ = transport.receive(announcement(1, length: 20, packets: 3), at: 0)
    #expect(
      transport.receive(packet(1, 1), at: 750 * millisecond + 1)
        == .failed(.timedOut, source: 1))
    _ = transport.receive(announcement(1, length: 20, packets: 3), at: 0)
    #expect(
      transport.receive(announcement(1, length: 20, packets: 3), at: 1)
        == .failed(.superseded, source: 1))
    var late: [J1939TransportEvent] = []
    transport.tick(at: 2_000 * millisecond) { late.append($0) }
    #expect(late == [.failed(.timedOut, source: 1)])
    #expect(transport.open == 0)
  }

  @Test("a bus full of announcements keeps a bounded number")
  func bounded() {
    var transport = J1939Transport(capacity: 4)
    for source: UInt32 in 0..<200 {
      _ = transport.receive(announcement(source, length: 20, packets: 3), at: 0)
    }
    #expect(transport.open == 4 && transport.failed == 196)
    // What waited too long makes room.
    #expect(
      transport.receive(announcement(250, length: 20, packets: 3), at: 1_000 * millisecond) == nil)
    var expired = 0
    transport.tick(at: 1_000 * millisecond) { _ in expired += 1 }
    #expect(transport.open == 1 && expired == 3)
  }

  @Test(
    "reassembly makes no heap call", .enabled(if: canCountHeapCalls, "heap calls are not counted"))
  func allocation() {
    var transport = J1939Transport()
    let announced = announcement(0, length: 10, packets: 2)
    let packets = [packet(0, 1), packet(0, 2)]
    let calls = heapCalls {
      for cycle in 0..<1_000 {
        let now = Int64(cycle) * millisecond
        _ = transport.receive(announced, at: now)
        for index in packets.indices { _ = transport.receive(packets[index], at: now) }
        transport.tick(at: now) { _ in }
      }
    }
    #expect(transport.completed == 1_000)
    #expect(calls == 0)
  }
}

/// Two stations, the frames between them in flight for one step of a millisecond.
private struct Pair {
  var sender: J1939Transport
  var receiver: J1939Transport
  var now: Int64 = 0
  var events: [J1939TransportEvent] = []
  var frames: [CANFrame] = []
  /// Frames whose index in the order of sending is in here are lost.
  var losses: Set<Int> = []

  init(blockLimit: UInt8 = 255) {
    sender = J1939Transport(address: 0x80, blockLimit: blockLimit)
    receiver = J1939Transport(address: 0x90, blockLimit: blockLimit)
  }

  mutating func run(_ milliseconds: Int) {
    for _ in 0..<milliseconds {
      now += millisecond
      var events = events
      sender.tick(at: now) { events.append($0) }
      receiver.tick(at: now) { events.append($0) }
      while let frame = sender.nextFrame() {
        frames.append(frame)
        guard !losses.contains(frames.count - 1) else { continue }
        if let event = receiver.receive(frame, at: now) { events.append(event) }
      }
      while let frame = receiver.nextFrame() {
        frames.append(frame)
        guard !losses.contains(frames.count - 1) else { continue }
        if let event = sender.receive(frame, at: now) { events.append(event) }
      }
      self.events = events
    }
  }

  var received: [UInt8]? {
    for case .completed(let transfer) in events { return receiver.payload(of: transfer) }
    return nil
  }

  /// First bytes of the connection management frames.
  var controls: [UInt8] {
    frames.filter { $0.identifier >> 16 & 0xFF == 0xEC }.map { $0[0] }
  }
}

private func message(_ length: Int) -> [UInt8] {
  (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
}

@Suite struct ConnectionTests {
  @Test("messages of any length arrive, by connection", arguments: [9, 14, 15, 1_784, 1_785])
  func lengths(length: Int) throws {
    var pair = Pair(blockLimit: 16)
    try pair.sender.send(message(length), parameterGroup: 0x1_2300, to: 0x90, at: 0)
    pair.run(600)
    #expect(pair.received == message(length))
    #expect(pair.events.contains(.sent(parameterGroup: 0x1_2300, destination: 0x90)))
    #expect(pair.controls.first == 0x10 && pair.controls.last == 0x13)
    // One clear-to-send for each 16 packets.
    let blocks = (TransportSize.packets(length) + 15) / 16
    #expect(pair.controls.filter { $0 == 0x11 }.count == blocks)
  }

  @Test("messages of any length arrive, by broadcast of 50 ms", arguments: [9, 20, 1_785])
  func broadcasts(length: Int) throws {
    var pair = Pair()
    try pair.sender.send(message(length), parameterGroup: 65226, to: 255, at: 0)
    pair.run(51 * (TransportSize.packets(length) + 1))
    #expect(pair.received == message(length))
    #expect(pair.frames[0].identifier == 0x1CEC_FF80)
    #expect(pair.frames[1].identifier == 0x1CEB_FF80)
  }

  @Test("refused are messages that fit in a frame, are too long, or have no station to go from")
  func refusals() throws {
    var station = J1939Transport(address: 1)
    for length in [0, 8, 1_786] {
      #expect(throws: J1939SendError.badLength) {
        try station.send(message(length), parameterGroup: 0, to: 2, at: 0)
      }
    }
    var listener = J1939Transport()
    #expect(throws: J1939SendError.noAddress) {
      try listener.send(message(9), parameterGroup: 0, to: 2, at: 0)
    }
    try station.send(message(9), parameterGroup: 0, to: 2, at: 0)
    #expect(throws: J1939SendError.busy) {
      try station.send(message(9), parameterGroup: 0, to: 2, at: 0)
    }
    try station.send(message(9), parameterGroup: 0, to: 3, at: 0)
  }

  @Test("a lost packet is asked for again, twice at most")
  func retransmission() throws {
    // 0 RTS, 1 CTS, 2... packets.
    var pair = Pair()
    pair.losses = [3]
    try pair.sender.send(message(70), parameterGroup: 65226, to: 0x90, at: 0)
    pair.run(200)
    #expect(pair.received == message(70))
    // The second clear-to-send asks from packet 2 on.
    let clears = pair.frames.filter { $0.identifier >> 16 & 0xFF == 0xEC && $0[0] == 0x11 }
    #expect(clears.count == 2 && clears[1][1] == 9 && clears[1][2] == 2)

    var broken = Pair()
    broken.losses = [3, 13, 23]
    try broken.sender.send(message(70), parameterGroup: 65226, to: 0x90, at: 0)
    broken.run(3_000)
    #expect(broken.received == nil)
    let abort = broken.frames.last { $0[0] == 0xFF }
    #expect(abort?[1] == TransportAbort.retransmitLimit.rawValue)
    #expect(broken.events.contains(.failed(.retransmitLimit, source: 0x80)))
    #expect(
      broken.events.contains(
        .notSent(.aborted(reason: 5), parameterGroup: 65226, destination: 0x90)))
  }

  @Test("a new request to send replaces the old message; nothing of it is mixed in")
  func replaced() {
    var station = J1939Transport(address: 0x90)
    func request(_ length: UInt8, _ packets: UInt8) -> CANFrame {
      frame(0x1CEC_9080, [0x10, length, 0, packets, 0xFF, 0x00, 0xEF, 0])
    }
    func data(_ sequence: UInt8, _ byte: UInt8) -> CANFrame {
      frame(0x1CEB_9080, [sequence] + [UInt8](repeating: byte, count: 7))
    }
    _ = station.receive(request(20, 3), at: 0)
    _ = station.receive(data(1, 0xAA), at: 0)
    #expect(station.receive(request(9, 2), at: 1) == .failed(.superseded, source: 0x80))
    _ = station.receive(data(1, 0xBB), at: 2)
    guard case .completed(let transfer)? = station.receive(data(2, 0xCC), at: 3) else {
      Issue.record("not completed")
      return
    }
    #expect(station.payload(of: transfer) == [UInt8](repeating: 0xBB, count: 7) + [0xCC, 0xCC])
  }

  @Test("more senders than places are told that we are busy")
  func busy() {
    var station = J1939Transport(address: 0x90, capacity: 2)
    for source: UInt32 in 1...3 {
      _ = station.receive(
        frame(0x1CEC_9000 | source, [0x10, 20, 0, 3, 0xFF, 0, 0xEF, 0]), at: 0)
    }
    var answers: [CANFrame] = []
    while let frame = station.nextFrame() { answers.append(frame) }
    #expect(answers.map { $0[0] } == [0x11, 0x11, 0xFF])
    #expect(answers[2].identifier == 0x1CEC_0390 && answers[2][1] == 1)
  }

  @Test("an announcement over 1785 bytes is ended with reason 9")
  func tooLong() {
    var station = J1939Transport(address: 0x90)
    _ = station.receive(frame(0x1CEC_9001, [0x10, 0xFA, 0x06, 255, 0xFF, 0, 0xEF, 0]), at: 0)
    let answer = station.nextFrame()
    #expect(answer?[0] == 0xFF && answer?[1] == TransportAbort.tooLong.rawValue)
    #expect(station.open == 0)
  }

  @Test("connections between others are heard without a word of ours")
  func overheard() throws {
    var pair = Pair()
    var listener = J1939Transport()
    try pair.sender.send(message(100), parameterGroup: 0xEF00, to: 0x90, at: 0)
    pair.run(100)
    var heard: [UInt8]?
    for frame in pair.frames {
      if case .completed(let transfer)? = listener.receive(frame, at: 1) {
        heard = listener.payload(of: transfer)
      }
    }
    #expect(heard == message(100) && listener.nextFrame() == nil)
  }
}
