import Signals
import TestSupport
import Testing
import Units
import WireCodec

/// Wheel speeds in, XBR out: two rows of the kind a profile compiles to.
private func table() -> FrameTable {
  var table = FrameTable()
  var speed = SignalField()
  speed.channel = .vehicleSpeed
  speed.bits = BitField(start: 8, length: 16)
  speed.scale = 1.0 / 256 / 3.6
  speed.errorFrom = 0xFE00
  speed.notAvailableFrom = 0xFF00
  speed.highest = 70
  table.fields[0] = speed
  table.fieldCount = 1
  var row = ReceiveRow()
  row.identifier = 0x00FE_F100
  row.mask = 0x03FF_FFFF
  row.isExtended = true
  row.minimumLength = 8
  row.fieldCount = 1
  table.receive[0] = row
  var protected = row
  protected.identifier = 0x00FF_1121
  protected.check = FrameCheck(.xbr, field: BitField(start: 60, length: 4))
  protected.hasCounter = true
  protected.counter = BitField(start: 56, length: 4)
  table.receive[1] = protected
  table.receiveCount = 2
  var demand = CommandField()
  demand.channel = .brakeDeceleration
  demand.bits = BitField(start: 0, length: 16)
  demand.scale = -1.0 / 2048
  demand.offset = 15.687
  demand.highestRaw = 0xFAFF
  table.transmitFields[0] = demand
  table.transmitFieldCount = 1
  var send = TransmitRow()
  send.identifier = 0x0C04_0B27
  send.isExtended = true
  send.fieldCount = 1
  send.check = FrameCheck(.xbr, field: BitField(start: 60, length: 4))
  send.hasCounter = true
  send.counter = BitField(start: 56, length: 4)
  table.transmit[0] = send
  table.transmitCount = 1
  return table
}

private let geometry = SteeringGeometry(wheelbase: Metres(3.6), limit: Radians(0.55))

private func frame(_ identifier: UInt32, _ bytes: [UInt8], at milliseconds: Int64 = 0)
  -> ReceivedFrame
{
  var frame = ReceivedFrame()
  frame.identifier = identifier
  frame.isExtended = true
  frame.length = UInt8(bytes.count)
  frame.receivedAt = Instant(nanoseconds: milliseconds * 1_000_000)
  for (i, byte) in bytes.enumerated() { frame.words[i / 8] |= UInt64(byte) << UInt64(8 * (i % 8)) }
  return frame
}

@Suite struct Decoding {
  /// can-gnss.md 9: the first CCVS1 of the engine in a real recording.
  @Test func aRealSpeed() {
    var decoder = FrameDecoder()
    var store = SignalStore()
    let bytes: [UInt8] = [0xFF, 0x34, 0x17, 0xFC, 0xFF, 0x68, 0x00, 0xCF]
    #expect(decoder.decode(frame(0x18FE_F100, bytes), table: table(), into: &store) == 0)
    #expect((store[.vehicleSpeed].value - 23.203125 / 3.6).magnitude < 1e-12)
  }

  @Test(arguments: [
    ([UInt8]([0xFF, 0x00, 0xFF]), SignalState.notAvailable), ([0xFF, 0x00, 0xFE], .errorIndicated),
    ([0xFF, 0xFF, 0xFD], .outOfRange),
  ])
  func invalidRangesPublishNothing(bytes: [UInt8], state: SignalState) {
    var decoder = FrameDecoder()
    var store = SignalStore()
    decoder.decode(
      frame(0x18FE_F100, bytes + Array(repeating: 0xFF, count: 5)), table: table(), into: &store)
    #expect(store[.vehicleSpeed].state == state)
    #expect(store[.vehicleSpeed].validAt == .never)
  }

  @Test func otherSourcesAndBusesAreNotThisRow() {
    var decoder = FrameDecoder()
    var store = SignalStore()
    var other = frame(0x18FE_F131, Array(repeating: 0, count: 8))
    #expect(decoder.decode(other, table: table(), into: &store) == -1)
    other.identifier = 0x18FE_F100
    other.bus = 1
    #expect(decoder.decode(other, table: table(), into: &store) == -1)
    #expect(decoder.unmatched == 2)
  }

  @Test func shortFramesPublishNothing() {
    var decoder = FrameDecoder()
    var store = SignalStore()
    decoder.decode(frame(0x18FE_F100, [0xFF, 0, 0x10]), table: table(), into: &store)
    #expect(store[.vehicleSpeed].state == .outOfRange && decoder.rows[0].shortFrames == 1)
  }

  /// Counter and checksum are checked before anything is published (opendbc #977).
  @Test func protectedFramesNeedChecksumAndCounterProgress() {
    var decoder = FrameDecoder()
    var store = SignalStore()
    var encoder = FrameEncoder()
    var sender = table()
    sender.transmit[0].identifier = 0x18FF_1121
    let first = encoder.encode(0, table: sender, values: CommandValues(), enable: true)
    var received = ReceivedFrame()
    received.identifier = first.identifier
    received.isExtended = true
    received.length = 8
    received.words = first.words
    decoder.decode(received, table: table(), into: &store)
    #expect(decoder.rows[1].badChecksums == 0 && decoder.rows[1].validAt == received.receivedAt)
    decoder.decode(received, table: table(), into: &store)
    #expect(store[.vehicleSpeed].state == .frozenCounter)
    received.words[0] ^= 0x0100
    decoder.decode(received, table: table(), into: &store)
    #expect(store[.vehicleSpeed].state == .badChecksum && decoder.rows[1].badChecksums == 1)
  }

  /// can-gnss.md 9: the zero frame of identifier 0, which passes both formulas, is no row's; and a row
  /// that had that identifier would refuse it for a counter that stands still.
  @Test(arguments: [ChecksumKind.tsc1, .xbr])
  func theZeroFrameIsRefused(kind: ChecksumKind) {
    var decoder = FrameDecoder()
    var store = SignalStore()
    var rows = table()
    let zero = frame(0, [UInt8](repeating: 0, count: 8))
    #expect(decoder.decode(zero, table: rows, into: &store) == -1)
    rows.receive[1].identifier = 0
    rows.receive[1].check = FrameCheck(kind, field: BitField(start: 60, length: 4))
    for milliseconds in Int64(0)..<20 {
      let again = frame(0, [UInt8](repeating: 0, count: 8), at: 10 * milliseconds)
      #expect(decoder.decode(again, table: rows, into: &store) == 1)
      #expect(decoder.rows[1].badChecksums == 0)
      #expect(milliseconds == 0 || store[.vehicleSpeed].state == .frozenCounter)
    }
    #expect(decoder.rows[1].validAt == Instant(nanoseconds: 0))
  }

  @Test(.enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"))
  func decodingAndEncodingAllocateNothing() {
    var decoder = FrameDecoder()
    var store = SignalStore()
    var encoder = FrameEncoder()
    let rows = table()
    let input = frame(0x18FE_F100, [0xFF, 0x34, 0x17, 0xFC, 0xFF, 0x68, 0x00, 0xCF])
    func work() {
      decoder.decode(input, table: rows, into: &store)
      _ = encoder.encode(0, table: rows, values: CommandValues(), enable: true)
    }
    // The first use builds the runtime's generic metadata.
    work()
    #expect(heapCalls { for _ in 0..<10_000 { work() } } == 0)
    var sink: [Int] = []
    #expect(heapCalls { sink.append(1) } > 0)
  }
}

@Suite struct Encoding {
  /// can-gnss.md 9: -2.0 m/s2 is raw 28031 = 7F 6D.
  @Test func twoMetresPerSecondSquaredOfBraking() {
    var command = Command()
    command.brakeDeceleration = MetresPerSecondSquared(2)
    var encoder = FrameEncoder()
    let sent = encoder.encode(
      0, table: table(), values: CommandValues(command, geometry: geometry), enable: true)
    #expect(sent.words[0] & 0xFFFF == 0x6D7F)
  }

  /// can-gnss.md 9: raw 32127 is 0 m/s2.
  @Test func noBraking() {
    var encoder = FrameEncoder()
    let sent = encoder.encode(
      0, table: table(), values: CommandValues(Command(), geometry: geometry), enable: true)
    #expect(sent.words[0] & 0xFFFF == 32_127)
  }

  @Test func countersRunWithoutAGap() {
    var encoder = FrameEncoder()
    for expected in 0..<40 {
      let sent = encoder.encode(0, table: table(), values: CommandValues(), enable: true)
      #expect(BitField(start: 56, length: 4).extract(sent.words) == UInt64(expected % 16))
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300])
  func whatIsNoNumberStaysInsideTheField(_ value: Double) {
    var command = Command()
    command.brakeDeceleration = MetresPerSecondSquared(value)
    var encoder = FrameEncoder()
    let sent = encoder.encode(
      0, table: table(), values: CommandValues(command, geometry: geometry), enable: true)
    #expect(sent.words[0] & 0xFFFF <= 0xFAFF)
  }
}
