import Signals
import Units

/// How bytes on the wire become canonical signals and how commands become bytes: plain tables,
/// compiled from a profile and its DBC, the same in daemon, guardian and replay.
package struct FrameTable: Sendable, Visitable {
  package static var receiveCapacity: Int { 40 }
  package static var fieldCapacity: Int { 96 }
  package static var transmitCapacity: Int { 12 }
  package static var transmitFieldCapacity: Int { 48 }

  package var receive = InlineArray<40, ReceiveRow>(repeating: ReceiveRow())
  package var receiveCount = 0
  package var fields = InlineArray<96, SignalField>(repeating: SignalField())
  package var fieldCount = 0
  package var transmit = InlineArray<12, TransmitRow>(repeating: TransmitRow())
  package var transmitCount = 0
  package var transmitFields = InlineArray<48, CommandField>(repeating: CommandField())
  package var transmitFieldCount = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visitCount("receiveCount", &receiveCount, limit: Self.receiveCapacity)
    visitor.visit("receive", &receive, count: receiveCount)
    visitor.visitCount("fieldCount", &fieldCount, limit: Self.fieldCapacity)
    visitor.visit("fields", &fields, count: fieldCount)
    visitor.visitCount("transmitCount", &transmitCount, limit: Self.transmitCapacity)
    visitor.visit("transmit", &transmit, count: transmitCount)
    visitor.visitCount("transmitFieldCount", &transmitFieldCount, limit: Self.transmitFieldCapacity)
    visitor.visit("transmitFields", &transmitFields, count: transmitFieldCount)
  }
}

extension FrameTable {
  /// Whether a frame speaks in our name (S-4).
  @_addressableSelf package func isOurs(identifier: UInt32, isExtended: Bool, bus: UInt8) -> Bool {
    let rows = transmit.span
    for i in 0..<min(max(transmitCount, 0), Self.transmitCapacity)
    where rows[i].bus == bus && rows[i].isExtended == isExtended {
      let mask = rows[i].senderMask
      if identifier & mask == rows[i].identifier & mask { return true }
    }
    return false
  }
}

/// Where in a payload a number sits.
package struct BitField: Sendable, Visitable {
  /// DBC numbering: the least significant bit for Intel order, the most significant for Motorola.
  package var start: UInt16 = 0
  /// 1...64.
  package var length: UInt8 = 1
  package var isBigEndian = false
  package var isSigned = false

  package init() {}
  package init(start: UInt16, length: UInt8) {
    self.start = start
    self.length = length
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("start", &start)
    visitor.visit("length", &length)
    visitor.visit("isBigEndian", &isBigEndian)
    visitor.visit("isSigned", &isSigned)
  }
}

/// One expected message from one source.
package struct ReceiveRow: Sendable, Visitable {
  package var identifier: UInt32 = 0
  /// Bits of the identifier that must match.
  package var mask: UInt32 = 0
  package var isExtended = false
  package var bus: UInt8 = 0
  package var minimumLength: UInt8 = 0
  package var firstField = 0
  package var fieldCount = 0
  /// As the profile declares and start-up verifies (S-5).
  package var period = Interval.milliseconds(100)
  /// Older than this is stale.
  package var freshness = Interval.milliseconds(500)
  /// What its loss demands, and the reason given.
  package var lossLevel = StopLevel.nominal
  package var lossReason = Reason.none
  package var check = FrameCheck()
  package var hasCounter = false
  package var counter = BitField()
  /// Counter values run 0..<modulus.
  package var counterModulus: UInt8 = 16

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("identifier", &identifier)
    visitor.visit("mask", &mask)
    visitor.visit("isExtended", &isExtended)
    visitor.visit("bus", &bus)
    visitor.visit("minimumLength", &minimumLength)
    visitor.visitCount("firstField", &firstField, limit: FrameTable.fieldCapacity)
    visitor.visitCount("fieldCount", &fieldCount, limit: FrameTable.fieldCapacity - firstField)
    visitor.visit("period", &period)
    visitor.visit("freshness", &freshness)
    visitor.visit("lossLevel", &lossLevel)
    visitor.visit("lossReason", &lossReason)
    visitor.visit("check", &check)
    visitor.visit("hasCounter", &hasCounter)
    visitor.visit("counter", &counter)
    visitor.visit("counterModulus", &counterModulus)
  }
}

/// Which number of ours a code on the wire stands for, or the other way round: sixteen codes of four
/// bits, where 15 is none.
package struct CodeTable: Sendable, Visitable {
  private var nibbles = UInt64.max

  package init() {}

  /// Without entries a raw number stands for itself.
  package var isEmpty: Bool { nibbles == .max }

  /// 15 or more is no code and stands for nothing.
  package subscript(_ code: UInt64) -> UInt64? {
    get {
      guard code < 16 else { return nil }
      let meaning = nibbles >> (4 * code) & 15
      return meaning == 15 ? nil : meaning
    }
    set {
      guard code < 16 else { return }
      let meaning = min(newValue ?? 15, 15)
      nibbles = nibbles & ~(15 << (4 * code)) | meaning << (4 * code)
    }
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("nibbles", &nibbles)
  }
}

/// One signal of a received message: `value = raw * scale + offset` in the channel's unit, or what
/// `codes` says that the raw number stands for.
package struct SignalField: Sendable, Visitable {
  package var channel = SignalChannel.vehicleSpeed
  package var bits = BitField()
  package var scale = 1.0
  package var offset = 0.0
  /// Raw values at or above are "not available", from `errorFrom` up to it "error"; `UInt64.max`
  /// where the message has no such ranges.
  package var notAvailableFrom = UInt64.max
  package var errorFrom = UInt64.max
  /// Values outside are refused as out of range.
  package var lowest = -Double.infinity
  package var highest = Double.infinity
  package var codes = CodeTable()

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("channel", &channel)
    visitor.visit("bits", &bits)
    visitor.visit("scale", &scale)
    visitor.visit("offset", &offset)
    visitor.visit("notAvailableFrom", &notAvailableFrom)
    visitor.visit("errorFrom", &errorFrom)
    visitor.visit("lowest", &lowest)
    visitor.visit("highest", &highest)
    visitor.visit("codes", &codes)
  }
}

/// What an actuator does when its command frames stop (S-1).
package enum SilenceBehaviour: UInt8, Sendable {
  case releases, holds, brakes
}

/// One frame that we send.
package struct TransmitRow: Sendable, Visitable {
  package var identifier: UInt32 = 0
  /// Bits of the identifier that name the sender: whoever else sends them speaks in our name (S-4).
  ///
  /// All of them where only the whole identifier is ours.
  package var senderMask: UInt32 = 0x1FFF_FFFF
  package var isExtended = false
  package var bus: UInt8 = 0
  /// Bytes; beyond eight the frame is an FD frame.
  package var length: UInt8 = 8
  package var isFD = false
  /// Whether the payload of an FD frame goes at the bus's data bit rate.
  package var bitRateSwitch = false
  package var period = Interval.milliseconds(10)
  /// Each eight bytes before the fields are filled in; J1939 fills the rest with ones.
  package var fill: UInt64 = .max
  package var firstField = 0
  package var fieldCount = 0
  package var check = FrameCheck()
  package var hasCounter = false
  package var counter = BitField()
  package var counterModulus: UInt8 = 16
  package var onSilence = SilenceBehaviour.releases

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("identifier", &identifier)
    visitor.visit("senderMask", &senderMask)
    visitor.visit("isExtended", &isExtended)
    visitor.visit("bus", &bus)
    visitor.visit("length", &length)
    visitor.visit("isFD", &isFD)
    visitor.visit("bitRateSwitch", &bitRateSwitch)
    visitor.visit("period", &period)
    visitor.visit("fill", &fill)
    visitor.visitCount("firstField", &firstField, limit: FrameTable.transmitFieldCapacity)
    visitor.visitCount(
      "fieldCount", &fieldCount, limit: FrameTable.transmitFieldCapacity - firstField)
    visitor.visit("check", &check)
    visitor.visit("hasCounter", &hasCounter)
    visitor.visit("counter", &counter)
    visitor.visit("counterModulus", &counterModulus)
    visitor.visit("onSilence", &onSilence)
  }
}

/// One field of a sent frame: `raw = (value - offset) / scale`, rounded, kept inside
/// `lowestRaw...highestRaw`.
package struct CommandField: Sendable, Visitable {
  package var channel = CommandChannel.engineTorque
  package var bits = BitField()
  package var scale = 1.0
  package var offset = 0.0
  package var lowestRaw: Int64 = 0
  package var highestRaw: Int64 = 0
  /// Raw number of each of our codes; linear where empty.
  package var codes = CodeTable()

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("channel", &channel)
    visitor.visit("bits", &bits)
    visitor.visit("scale", &scale)
    visitor.visit("offset", &offset)
    visitor.visit("lowestRaw", &lowestRaw)
    visitor.visit("highestRaw", &highestRaw)
    visitor.visit("codes", &codes)
  }
}
