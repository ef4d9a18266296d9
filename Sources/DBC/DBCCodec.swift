/// The compiled form of all messages: flat tables that decode without touching the heap.
package struct DBCCodec: Sendable {
  /// Most signals in any message: the size of buffer that is always enough.
  package let largestSignalCount: Int
  let messages: [CompiledMessage]
  let signals: [CompiledSignal]
  let conditions: [CompiledCondition]
  let ranges: [ClosedRange<UInt64>]
  private let exact: IdentifierTable
  private let groups: IdentifierTable

  struct CompiledMessage {
    var first: Int
    var count: Int
    var isMultiplexed: Bool
    /// Only unsigned little-endian signals in the first eight bytes, as nearly all of J1939.
    var isSimple: Bool
    var length: Int
  }

  /// Thirty-two bytes, so that two signals share a cache line.
  struct CompiledSignal {
    var scale: Double
    var offset: Double
    /// Raw values from here on are codes of J1939, not measurements.
    var codesFrom: Int64
    /// Of these, from here on "error", then "not available".
    var errorFrom: Int64
    var notAvailableFrom: Int64
    /// Index into the payload's 64-bit words.
    var word: UInt16
    /// Index into the message's signals.
    var slot: UInt16
    /// Brings the signal's highest bit to the top...
    var leftShift: UInt8
    /// ...and its lowest to the bottom.
    var rightShift: UInt8
    var kind: Kind
    var length: UInt8
  }

  enum Kind: UInt8 {
    case littleUnsigned
    case littleSigned
    case bigUnsigned
    case bigSigned
    /// Two words, 64 unsigned bits, whole numbers beyond 53 bits, or a float.
    case general
  }

  /// What a multiplexed signal needs, and what the slow path needs to know.
  struct CompiledCondition {
    var isBigEndian: Bool
    var isSigned: Bool
    var floatKind: DBCFloatKind
    /// First bit as in `DBCBitRange`.
    var firstBit: Int
    /// Exact scale and offset where the products do not fit a double.
    var integerScale: Int64
    var integerOffset: Int64
    var isWide: Bool
    /// The multiplexer's slot, -1 for none.
    var parent: Int
    var parentLength: UInt8
    var firstRange: Int
    var rangeCount: Int
  }

  init(messages: [DBCMessage]) {
    var tables = Tables()
    for message in messages { tables.add(message) }
    self.messages = tables.messages
    signals = tables.signals
    conditions = tables.conditions
    ranges = tables.ranges
    largestSignalCount = messages.map(\.signals.count).max() ?? 0
    exact = IdentifierTable(messages.enumerated().map { ($1.rawIdentifier, $0) })
    groups = IdentifierTable(
      messages.enumerated().filter(\.element.isJ1939).map {
        (Self.parameterGroup($1.identifier), $0)
      })
  }

  /// The identifier without priority, source and, below PDU format 240, destination.
  @inline(__always)
  static func parameterGroup(_ identifier: UInt32) -> UInt32 {
    identifier & (identifier & 0x00FF_0000 < 0x00F0_0000 ? 0x03FF_0000 : 0x03FF_FF00)
  }

  /// The message with this identifier, else the J1939 message with its parameter group.
  @inline(__always)
  func find(_ identifier: UInt32, isExtended: Bool) -> Int? {
    let found = exact.find(identifier | (isExtended ? 0x8000_0000 : 0))
    if found >= 0 { return found }
    guard isExtended else { return nil }
    let group = groups.find(Self.parameterGroup(identifier))
    return group >= 0 ? group : nil
  }
}

/// Identifier to message, by open addressing; at most half full.
private struct IdentifierTable: Sendable {
  private struct Slot {
    var key: UInt32
    var message: Int32
  }

  private let slots: [Slot]
  private let shift: UInt32

  /// The first of equal keys wins.
  init(_ entries: [(key: UInt32, message: Int)]) {
    var bits: UInt32 = 3
    while 1 << bits < entries.count * 2 { bits += 1 }
    shift = 32 - bits
    var slots = [Slot](repeating: Slot(key: 0, message: -1), count: 1 << Int(bits))
    for entry in entries {
      var index = Int(Self.hash(entry.key) >> shift)
      while slots[index].message >= 0, slots[index].key != entry.key {
        index = (index + 1) & (slots.count - 1)
      }
      guard slots[index].message < 0 else { continue }
      slots[index] = Slot(key: entry.key, message: Int32(clamping: entry.message))
    }
    self.slots = slots
  }

  @inline(__always)
  private static func hash(_ key: UInt32) -> UInt32 { key &* 0x9E37_79B1 }

  /// -1 where there is none.
  @inline(__always)
  func find(_ key: UInt32) -> Int {
    let slots = slots.span
    var index = Int(Self.hash(key) >> shift)
    while true {
      let slot = slots[index]
      if slot.message < 0 || slot.key == key { return Int(slot.message) }
      index = (index &+ 1) & (slots.count &- 1)
    }
  }
}
