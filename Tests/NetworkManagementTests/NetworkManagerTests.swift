import CAN
import J1939
import NetworkManagement
import Signals
import TestSupport
import Testing
import Units
import WireCodec

/// The network side of the sender at address 0x27, and a peer's view of what it sends.
private struct Bench {
  var manager = NetworkManager()
  var configuration = NetworkConfiguration()
  var circumstances = NetworkCircumstances()
  var now = Instant(nanoseconds: 5_000_000_000)
  var peer = J1939Transport(address: 0xF9)
  var sent: [(frame: CANFrame, at: Instant)] = []
  var messages: [[UInt8]] = []
  private var waiting = FrameBatch()

  init() {
    configuration.isPresent = true
    configuration.address = 0x27
    configuration.name = 0x1000_FF00_0000_0001
    circumstances.isParked = true
  }

  mutating func hear(_ identifier: UInt32, _ bytes: [UInt8]) {
    var frame = ReceivedFrame()
    frame.identifier = identifier
    frame.isExtended = true
    frame.length = UInt8(bytes.count)
    for (index, byte) in bytes.enumerated() {
      frame.words[0] |= UInt64(byte) << UInt64(8 * index)
    }
    waiting.append(frame)
  }

  mutating func cycle() {
    now = now + .milliseconds(10)
    circumstances.now = now
    manager.step(circumstances, frames: waiting, configuration: configuration)
    waiting.removeAll()
    for i in 0..<manager.frameCount {
      var frame = CANFrame(identifier: manager.frames[i].identifier, isExtended: true)
      frame.setPayload(manager.frames[i].words, length: 8)
      sent.append((frame, now))
      if frame.identifier >> 8 & 0x3FFFF == 65226 { messages.append(frame.bytes) }
      if case .completed(let transfer)? = peer.receive(frame, at: now.nanoseconds) {
        messages.append(peer.payload(of: transfer))
      }
    }
    peer.tick(at: now.nanoseconds) { _ in }
    while let answer = peer.nextFrame() { hear(answer.identifier, answer.bytes) }
  }

  mutating func run(_ milliseconds: Int) {
    for _ in 0..<milliseconds / 10 { cycle() }
  }

  mutating func arm() {
    circumstances.wantsAddress = true
    run(300)
  }

  mutating func fail(_ reasons: [Reason], isStopping: Bool = false) {
    var faults = Faults()
    for reason in reasons { faults.insert(reason) }
    manager.note(faults, isStopping: isStopping)
  }

  func frames(of group: UInt32) -> [CANFrame] {
    sent.map(\.frame).filter { J1939Identifier($0.identifier).parameterGroup == group }
  }
}

@Suite struct NetworkManagerTests {
  @Test("in MANUAL and SHADOW nothing is transmitted, whatever is asked (S-23)")
  func silent() {
    var bench = Bench()
    bench.fail([.brakeNotObeyed, .steeringNotObeyed])
    for _ in 0..<200 {
      bench.hear(0x18EA_FFF9, [0x00, 0xEE, 0x00])
      bench.hear(0x18EA_27F9, [0xCA, 0xFE, 0x00])
      bench.hear(0x18EA_27F9, [0x00, 0xEF, 0x00])
      bench.hear(0x18EE_FF27, [0, 0, 0, 0, 0, 0, 0, 0x70])
      bench.hear(0x1CEC_27F9, [0x10, 20, 0, 3, 0xFF, 0, 0xEF, 0])
      bench.cycle()
    }
    #expect(bench.sent.isEmpty && bench.manager.state == .silent)
  }

  @Test("a truck without J1939 sends nothing and is ready at once")
  func absent() {
    var bench = Bench()
    bench.configuration.isPresent = false
    bench.arm()
    #expect(bench.sent.isEmpty && bench.manager.isReady && bench.manager.state == .absent)
  }

  @Test("the claim is 18EEFF27 with the NAME little-endian; commands wait for it")
  func claim() {
    var bench = Bench()
    bench.circumstances.wantsAddress = true
    bench.run(200)
    #expect(!bench.manager.isReady && bench.manager.mayFinishStop)
    bench.run(100)
    #expect(bench.manager.isReady)
    let claims = bench.frames(of: 60928)
    #expect(claims.count == 1 && claims.first?.identifier == 0x18EE_FF27)
    #expect(claims.first.flatMap { J1939Name($0.bytes) }?.value == bench.configuration.name)
  }

  /// address_claim.log: NAME 0 beats any NAME; the engine answers 18EEFFFE and is silent.
  @Test("the forged claim of the recorded truck evicts us at standstill, as it did its engine")
  func evicted() {
    var bench = Bench()
    bench.arm()
    bench.run(1_000)
    bench.hear(0x18EE_FF27, [0, 0, 0, 0, 0, 0, 0, 0])
    bench.run(300)
    #expect(bench.manager.state == .cannotClaim && !bench.manager.mayFinishStop)
    #expect(bench.manager.demand == StopDemand(.comfortStop, .sourceAddressLost))
    #expect(bench.sent.last?.frame.identifier == 0x18EE_FFFE)
    let count = bench.sent.count
    bench.run(5_000)
    #expect(bench.sent.count == count)
    bench.manager.retry()
    bench.run(300)
    #expect(bench.manager.isReady && bench.manager.demand.level == .nominal)
  }

  @Test("lost in motion: a stop is demanded and sent, nothing of our own is said (S-4)")
  func lostInMotion() {
    var bench = Bench()
    bench.arm()
    bench.circumstances.isParked = false
    bench.hear(0x18EE_FF27, [0, 0, 0, 0, 0, 0, 0, 0])
    let count = bench.sent.count
    bench.run(3_000)
    #expect(bench.manager.demand == StopDemand(.comfortStop, .sourceAddressLost))
    #expect(bench.manager.mayFinishStop && bench.sent.count == count)
  }

  @Test("a commanded address is refused: neither broadcast nor connection moves us")
  func commandedAddress() {
    var bench = Bench()
    bench.arm()
    let name = (0..<8).map { UInt8(truncatingIfNeeded: bench.configuration.name >> (8 * $0)) }
    let command = name + [0x55]
    bench.hear(0x1CEC_FFF9, [0x20, 9, 0, 2, 0xFF, 0xD8, 0xFE, 0])
    bench.hear(0x1CEB_FFF9, [1] + command.prefix(7))
    bench.hear(0x1CEB_FFF9, [2] + command.suffix(2) + [UInt8](repeating: 0xFF, count: 5))
    bench.hear(0x1CEC_27F9, [0x10, 9, 0, 2, 0xFF, 0xD8, 0xFE, 0])
    bench.run(1_000)
    #expect(bench.manager.state == .claimed)
    #expect(bench.sent.allSatisfy { $0.frame.identifier & 0xFF == 0x27 })
    let answer = bench.frames(of: 60416)
    #expect(answer.map(\.identifier) == [0x1CEC_F927])
    #expect(answer.first?.bytes == [0xFF, 2, 0xFF, 0xFF, 0xFF, 0xD8, 0xFE, 0])
  }

  @Test("a request for what we do not have is refused, if only we were asked")
  func negativeAcknowledgment() {
    var bench = Bench()
    bench.arm()
    bench.hear(0x18EA_FFF9, [0x00, 0xEF, 0x00])
    bench.cycle()
    #expect(bench.frames(of: 59392).isEmpty)
    bench.hear(0x18EA_27F9, [0x00, 0xEF, 0x00])
    bench.cycle()
    let answers = bench.frames(of: 59392)
    #expect(answers.map(\.identifier) == [0x18E8_FF27])
    #expect(answers.first?.bytes == [1, 0xFF, 0xFF, 0xFF, 0xF9, 0x00, 0xEF, 0x00])
  }

  @Test("DM1 once a second; without a fault it says so (can-gnss.md section 7)")
  func noFault() {
    var bench = Bench()
    bench.arm()
    bench.run(5_000)
    #expect((5...6).contains(bench.messages.count))
    #expect(bench.messages.allSatisfy { $0 == [0, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF] })
    #expect(bench.frames(of: 65226).allSatisfy { $0.identifier == 0x18FE_CA27 })
  }

  @Test("one fault is one frame, at once, with its code, lamp and count")
  func oneFault() throws {
    var bench = Bench()
    var code = DiagnosticCode()
    (code.reason, code.suspectParameter, code.failureMode) = (.brakeNotObeyed, 523_000, 7)
    code.lamp = .redStop
    bench.configuration.codes[0] = code
    bench.configuration.codeCount = 1
    bench.arm()
    bench.run(1_500)
    bench.messages = []
    bench.fail([.brakeNotObeyed])
    bench.cycle()
    let message = try #require(bench.messages.last.flatMap { DiagnosticMessage($0) })
    #expect(
      message.troubles == [
        DiagnosticTrouble(suspectParameterNumber: 523_000, failureMode: 7, occurrences: 1)
      ])
    #expect(message.redStop == .on && message.amberWarning == .off)
    bench.fail([])
    bench.run(2_000)
    bench.fail([.brakeNotObeyed])
    bench.run(20)
    #expect(DiagnosticMessage(bench.messages.last ?? [])?.troubles.first?.occurrences == 2)
  }

  @Test("a fault that flickers sends no more than one message more a second")
  func flicker() {
    var bench = Bench()
    bench.arm()
    bench.messages = []
    for step in 0..<1_000 {
      bench.fail(step % 2 == 0 ? [.brakeNotObeyed] : [])
      bench.cycle()
    }
    #expect((10...21).contains(bench.messages.count))
  }

  @Test("several faults go out as a broadcast, its packets 50 to 200 ms apart, whole each second")
  func broadcast() throws {
    var bench = Bench()
    bench.arm()
    bench.run(1_000)
    bench.messages = []
    let reasons: [Reason] = [.brakeNotObeyed, .wheelSpeedStale, .gnssLost]
    bench.fail(reasons, isStopping: true)
    bench.run(5_000)
    let message = try #require(bench.messages.last.flatMap { DiagnosticMessage($0) })
    #expect(message.troubles.count == 3 && message.redStop == .on && message.amberWarning == .on)
    let base = NetworkConfiguration.firstOwnParameter
    #expect(
      Set(message.troubles.map(\.suspectParameterNumber))
        == Set(reasons.map { base + UInt32($0.rawValue) }))
    #expect((4...6).contains(bench.messages.count))
    let packets = bench.sent.filter { $0.frame.identifier == 0x1CEB_FF27 }
    let gaps = zip(packets, packets.dropFirst()).filter { $1.frame[0] != 1 }.map { $1.at - $0.at }
    #expect(gaps.allSatisfy { $0 >= .milliseconds(50) && $0 <= .milliseconds(200) })
  }

  @Test("every fault at once still fits into its second, sixteen codes of them")
  func everything() {
    var bench = Bench()
    bench.arm()
    bench.run(1_000)
    let all = (0..<UInt8(Reason.count)).compactMap { Reason(rawValue: $0) }
    bench.fail(all)
    bench.run(700)
    bench.messages = []
    bench.run(10_000)
    #expect((9...11).contains(bench.messages.count))
    #expect(bench.messages.allSatisfy { DiagnosticMessage($0)?.troubles.count == 16 })
  }

  @Test("who asks for several codes gets them by connection, alone")
  func requestedByConnection() {
    var bench = Bench()
    bench.arm()
    bench.run(1_000)
    bench.fail([.brakeNotObeyed, .wheelSpeedStale, .gnssLost])
    bench.run(700)
    bench.messages = []
    bench.hear(0x18EA_27F9, [0xCA, 0xFE, 0x00])
    bench.run(200)
    #expect(bench.messages.count == 1)
    #expect(DiagnosticMessage(bench.messages.last ?? [])?.troubles.count == 3)
    let controls = bench.frames(of: 60416).filter { $0.identifier == 0x1CEC_F927 }
    #expect(controls.first?[0] == 0x10)
    // The connection is over: the next second is a broadcast again.
    bench.run(1_500)
    #expect(bench.messages.count >= 2)
  }
}

@Suite struct NetworkFuzzTests {
  @Test("any frames leave at most one claim in 100 ms and at most four frames a cycle")
  func anything() {
    let failures = Fuzz("J1939 network management", cases: 5_000).run { random in
      var bench = Bench()
      var claimedAt = Instant.never
      var claims = 0
      for _ in 0..<50 {
        for _ in 0..<4 {
          let word = random.next()
          let group: UInt32 = [0x18EE_FF00, 0x18EA_2700, 0x18EA_FF00, 0x1CEC_2700][
            Int(word & 3)]
          let bytes = (0..<8).map { UInt8(truncatingIfNeeded: random.next() >> (8 * $0)) }
          bench.hear(group | UInt32(word >> 2 & 3 == 0 ? 0x27 : word >> 8 & 0xFF), bytes)
        }
        let choice = random.next()
        if choice & 7 == 0 { bench.circumstances.isParked.toggle() }
        if choice >> 3 & 3 == 0 { bench.circumstances.wantsAddress.toggle() }
        if choice >> 5 & 7 == 0 { bench.manager.retry() }
        bench.cycle()
        guard bench.manager.frameCount <= 4 else { return .broken("too many frames") }
        for i in 0..<bench.manager.frameCount
        where bench.manager.frames[i].identifier == 0x18EE_FF27 {
          claims += 1
          guard claimedAt == .never || bench.now - claimedAt >= .milliseconds(100) else {
            return .broken("claims too close together")
          }
          claimedAt = bench.now
        }
      }
      return claims > 0 ? .accepted : .refused
    }
    #expect(failures == [])
  }
}
