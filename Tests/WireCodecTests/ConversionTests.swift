import Foundation
import Signals
import TestSupport
import Testing
import Units
import WireCodec

/// What a profile may say beside scale and offset: a steering angle, codes, FD payloads.
@Suite struct Conversions {
  private static let geometry = SteeringGeometry(wheelbase: Metres(3), limit: Radians(0.6))

  /// Against libm; rising everywhere, and back again.
  @Test func roadWheelAngleIsTheArctangentOfWheelbaseTimesCurvature() {
    var previous = -Double.infinity
    for step in -220...220 {
      let curvature = Double(step) * 0.001
      let angle = Self.geometry.roadWheelAngle(of: Curvature(curvature)).value
      #expect((angle - atan(3 * curvature)).magnitude < 1e-12)
      #expect(angle > previous)
      previous = angle
      let back = Self.geometry.curvature(of: Radians(angle)).value
      #expect((back - curvature).magnitude < 1e-12)
    }
  }

  /// Bounded by the steering stop; what is no number must not become a full lock.
  @Test func theSteeringStopBoundsTheAngle() {
    #expect(Self.geometry.roadWheelAngle(of: Curvature(5)) == Radians(0.6))
    #expect(Self.geometry.roadWheelAngle(of: Curvature(-.infinity)) == Radians(-0.6))
    #expect(Self.geometry.roadWheelAngle(of: Curvature(.nan)) == .zero)
    #expect(Self.geometry.curvature(of: Radians(1.6)).value.isNaN)
    #expect(Self.geometry.curvature(of: Radians(.nan)).value.isNaN)
  }

  @Test func codesStandForNumbersAndOthersForNone() {
    var codes = CodeTable()
    #expect(codes.isEmpty)
    codes[3] = 1
    codes[0] = 0
    #expect(!codes.isEmpty)
    #expect(codes[3] == 1 && codes[0] == 0 && codes[1] == nil && codes[15] == nil)
    #expect(codes[16] == nil && codes[.max] == nil)
    codes[3] = nil
    #expect(codes[3] == nil && codes[0] == 0)
  }

  /// One FD message each way: 48 bytes, a big-endian and a coded signal, a CRC of 16 bits.
  private static var table: FrameTable {
    var table = FrameTable()
    var angle = BitField(start: 263, length: 16)
    angle.isBigEndian = true
    angle.isSigned = true
    let check = FrameCheck(
      .crc16CCITT, field: BitField(start: 368, length: 16), dataIdentifier: 0x0A0B)

    var steering = SignalField()
    steering.channel = .roadWheelAngle
    steering.bits = angle
    steering.scale = 0.0001
    var gear = SignalField()
    gear.channel = .currentGear
    gear.bits = BitField(start: 304, length: 4)
    gear.codes[5] = 1
    gear.codes[2] = 0
    table.fields[0] = steering
    table.fields[1] = gear
    table.fieldCount = 2
    var receive = ReceiveRow()
    receive.identifier = 0x120
    receive.mask = 0x7FF
    receive.minimumLength = 48
    receive.fieldCount = 2
    receive.check = check
    table.receive[0] = receive
    table.receiveCount = 1

    var command = CommandField()
    command.channel = .roadWheelAngle
    command.bits = angle
    command.scale = 0.0001
    command.lowestRaw = -6_000
    command.highestRaw = 6_000
    var selector = CommandField()
    selector.channel = .gear
    selector.bits = gear.bits
    selector.codes[0] = 2
    selector.codes[1] = 5
    var mode = CommandField()
    mode.channel = .constant
    mode.bits = BitField(start: 320, length: 8)
    mode.lowestRaw = 0x5A
    mode.highestRaw = 0x5A
    table.transmitFields[0] = command
    table.transmitFields[1] = selector
    table.transmitFields[2] = mode
    table.transmitFieldCount = 3
    var send = TransmitRow()
    send.identifier = 0x120
    send.length = 48
    send.isFD = true
    send.bitRateSwitch = true
    send.fill = 0
    send.fieldCount = 3
    send.check = check
    table.transmit[0] = send
    table.transmitCount = 1
    return table
  }

  private func sent(_ command: Command) -> OutgoingFrame {
    var encoder = FrameEncoder()
    return encoder.encode(
      0, table: Self.table, values: CommandValues(command, geometry: Self.geometry), enable: true)
  }

  @Test func anFDFrameCarriesWhatItIsGiven() {
    var command = Command()
    command.curvature = Curvature(0.1)
    command.gear = .drive
    let frame = sent(command)
    #expect(frame.isFD && frame.bitRateSwitch && frame.length == 48)
    // 0x0B63 = 2915 = atan(0.3) in tenths of a milliradian, high byte first in byte 32.
    #expect(frame.words[4] & 0xFFFF == 0x630B)
    #expect(frame.words[4] >> 48 & 0xF == 5)
    #expect(frame.words[5] & 0xFF == 0x5A)
    #expect(frame.words[0] == 0 && frame.words[7] == 0)
  }

  @Test func anFDFrameIsReadBack() {
    var command = Command()
    command.curvature = Curvature(-0.1)
    let frame = sent(command)
    var received = ReceivedFrame()
    received.identifier = frame.identifier
    received.length = frame.length
    received.words = frame.words
    received.receivedAt = Instant(nanoseconds: 1)
    var decoder = FrameDecoder()
    var store = SignalStore()
    #expect(decoder.decode(received, table: Self.table, into: &store) == 0)
    #expect((store[.roadWheelAngle].value + 0.2915).magnitude < 1e-12)
    #expect(store[.currentGear].value == 0 && store[.currentGear].state == .valid)
    received.words[3] ^= 1
    decoder.decode(received, table: Self.table, into: &store)
    #expect(store[.roadWheelAngle].state == .badChecksum)
  }

  @Test func aCodeThatIsNotListedIsNotAvailable() {
    var received = ReceivedFrame()
    received.identifier = 0x120
    received.length = 48
    let field = BitField(start: 304, length: 4)
    field.insert(9, into: &received.words)
    Self.table.receive[0].check.seal(
      &received.words, identifier: 0x120, length: 48, counter: 0)
    var decoder = FrameDecoder()
    var store = SignalStore()
    decoder.decode(received, table: Self.table, into: &store)
    #expect(store[.currentGear].state == .notAvailable)
    #expect(store[.roadWheelAngle].state == .valid)
  }

  @Test(.enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"))
  func fdFramesAllocateNothing() {
    let table = Self.table
    let values = CommandValues(Command(), geometry: Self.geometry)
    var encoder = FrameEncoder()
    var decoder = FrameDecoder()
    var store = SignalStore()
    func work() {
      let frame = encoder.encode(0, table: table, values: values, enable: true)
      var received = ReceivedFrame()
      received.identifier = frame.identifier
      received.length = frame.length
      received.words = frame.words
      decoder.decode(received, table: table, into: &store)
    }
    // The first use builds the runtime's generic metadata.
    work()
    #expect(heapCalls { for _ in 0..<1_000 { work() } } == 0)
    #expect(store[.roadWheelAngle].state == .valid)
  }
}
