/// Where a signal's bits are.
struct DBCBitRange {
  /// The lowest bit; of a big-endian signal the highest, counted in transmission order.
  let first: Int
  let length: Int
  let isBigEndian: Bool

  init(_ signal: DBCSignal) {
    isBigEndian = signal.isBigEndian
    length = signal.length
    first = isBigEndian ? signal.startBit / 8 * 8 + 7 - signal.startBit % 8 : signal.startBit
  }

  var end: Int { first + length }
  var bytes: ClosedRange<Int> { first / 8...(end - 1) / 8 }

  /// The bits of one payload byte that belong to the signal.
  func mask(byte: Int) -> UInt8 {
    let low = max(first, byte * 8) - byte * 8
    let high = min(end, byte * 8 + 8) - byte * 8
    guard low < high else { return 0 }
    let ones = UInt8(truncatingIfNeeded: (1 << (high - low)) - 1)
    return isBigEndian ? ones << UInt8(8 - high) : ones << UInt8(low)
  }

  func overlaps(_ other: DBCBitRange) -> Bool {
    guard bytes.overlaps(other.bytes) else { return false }
    for byte in bytes.clamped(to: other.bytes) where mask(byte: byte) & other.mask(byte: byte) != 0
    {
      return true
    }
    return false
  }
}

extension DBCBuilder {
  /// Refuses signals outside the payload and signals that share bits in one and the same frame.
  mutating func checkLayout(_ message: DBCMessage) throws(DBCError) {
    let ranges = message.signals.map(DBCBitRange.init)
    for (signal, range) in zip(message.signals, ranges) where range.end > message.length * 8 {
      try complain(
        .misfit, signal.line,
        "signal \(signal.name) (start \(signal.startBit), \(signal.length) bits) does not fit in "
          + "message \(message.name) of \(message.length) bytes")
    }
    let chains = DBCMultiplexChains(message.signals)
    for (index, range) in ranges.enumerated() {
      for other in 0..<index where range.overlaps(ranges[other]) {
        guard !chains.exclude(index, other) else { continue }
        let signal = message.signals[index]
        try complain(
          .overlap, signal.line,
          "signals \(message.signals[other].name) and \(signal.name) overlap in message "
            + "\(message.name)")
      }
    }
  }
}

/// The multiplexers that a signal depends on, from the nearest outwards.
private struct DBCMultiplexChains {
  private var parents: [Int?] = []
  private var ranges: [[ClosedRange<UInt64>]] = []

  init(_ signals: [DBCSignal]) {
    var indices: [String: Int] = [:]
    for (index, signal) in signals.enumerated() { indices[signal.name] = index }
    for signal in signals {
      parents.append(signal.multiplexing.flatMap { indices[$0.multiplexer] })
      ranges.append(signal.multiplexing?.ranges ?? [])
    }
  }

  /// Whether two signals can never be in one frame: they need different values of one multiplexer.
  func exclude(_ a: Int, _ b: Int) -> Bool {
    var step = a
    while let parent = parents[step] {
      var other = b
      while let otherParent = parents[other] {
        if parent == otherParent, step != other {
          let disjoint = !ranges[step].contains { range in
            ranges[other].contains { $0.overlaps(range) }
          }
          if disjoint { return true }
        }
        other = otherParent
      }
      step = parent
    }
    return false
  }
}
