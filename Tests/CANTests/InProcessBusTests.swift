import CAN
import Testing

@Suite struct InProcessBusTests {
  private let frame = CANFrame(identifier: 0x18FE_F100, isExtended: true, bytes: [1, 2, 3])

  @Test("the others receive in order, stamped with the bus's time; the sender does not")
  func delivery() throws {
    let bus = InProcessBus()
    let sender = bus.port()
    let receivers = [bus.port(), bus.port()]
    bus.now = 42
    for index in 0..<3 {
      var frame = frame
      frame[0] = UInt8(index)
      #expect(sender.send(frame) == .sent)
    }
    for receiver in receivers {
      for index in 0..<3 {
        let reception = try #require(try receiver.receive())
        #expect(reception.frame[0] == UInt8(index) && reception.receivedAt == 42)
        #expect(!reception.isOwn)
      }
      #expect(try receiver.receive() == nil)
    }
    #expect(try sender.receive() == nil)
    #expect(sender.statistics.sent == 3 && receivers[0].statistics.received == 3)
  }

  @Test("all kinds of frames pass unchanged, and what no bus carries is refused")
  func kinds() throws {
    let bus = InProcessBus()
    let sender = bus.port()
    let receiver = bus.port()
    let kinds = [
      CANFrame(identifier: 1, isExtended: false),
      .remote(identifier: 0x7FF, isExtended: false, length: 5),
      .flexible(identifier: 2, isExtended: true, bytes: [UInt8](0..<64), errorStateIndicator: true),
      .error(classes: 0x88, bytes: [0, 4, 2, 0, 0, 0, 1, 2]),
    ]
    for frame in kinds { #expect(sender.send(frame) == .sent) }
    for frame in kinds { #expect(try receiver.receive()?.frame == frame) }
    #expect(receiver.statistics.errorFrames == 1)
    var long = CANFrame(identifier: 1, isExtended: false, bytes: [UInt8](0..<9))
    #expect(sender.send(long) == .failed(errno: 22))
    long.isFD = true
    #expect(sender.send(long) == .failed(errno: 22))
    #expect(try receiver.receive() == nil)
  }

  @Test("a port that asks for its own frames gets them marked")
  func echo() throws {
    let bus = InProcessBus()
    let port = bus.port(echo: true)
    _ = port.send(frame)
    #expect(try port.receive()?.isOwn == true)
  }

  @Test("a full queue drops the newest and counts; filters count nothing")
  func overflow() throws {
    let bus = InProcessBus()
    let sender = bus.port()
    let small = bus.port(capacity: 2)
    let filtered = bus.port()
    filtered.accepts = { $0.identifier == 0 }
    for _ in 0..<3 { _ = sender.send(frame) }
    #expect(small.statistics.receiveDropped == 1 && small.statistics.received == 2)
    #expect(try filtered.receive() == nil)
  }

  @Test("a bus that is down refuses to send, says so once, and comes back")
  func down() throws {
    let bus = InProcessBus()
    let port = bus.port()
    let other = bus.port()
    bus.isUp = false
    #expect(port.send(frame) == .down)
    #expect(throws: CANPortError.interfaceDown) { try other.receive() }
    #expect(try other.receive() == nil)
    bus.isUp = true
    #expect(port.send(frame) == .sent)
    #expect(try other.receive() != nil)
    #expect(other.statistics.timesDown == 1)
  }

  @Test("a port that outlives its bus says that it is gone")
  func gone() {
    var bus: InProcessBus? = InProcessBus()
    let port = bus?.port()
    bus = nil
    #expect(port?.send(frame) == .gone)
    #expect(throws: CANPortError.interfaceGone) { try port?.receive() }
  }
}
