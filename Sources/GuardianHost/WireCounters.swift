import SharedPage
import Signals
import WireCodec

/// Keeps the rolling counters gapless on the wire across senders.
///
/// A core counts what it decided to send. What the bus saw may differ: the kernel refuses a frame,
/// or another process sent until now. The page knows the last counter that went out; the
/// difference is added here, at the wire, and the checksum made anew. A gap in a rolling counter
/// hard-faults real units.
struct WireCounters: Sendable {
  private var offsets = InlineArray<12, UInt8>(repeating: 0)
  private var isAligned = InlineArray<12, Bool>(repeating: false)

  /// A transmit row and the counter that its frame now carries.
  struct Mark {
    let row: Int
    let counter: UInt8
    let modulus: UInt8
  }

  /// Puts the right counter into a frame; nil for a row that has none.
  mutating func align(
    _ frame: inout OutgoingFrame, table: borrowing @_addressable FrameTable, page: SharedPage
  ) -> Mark? {
    guard let index = row(of: frame, table), table.transmit.span[index].hasCounter else {
      return nil
    }
    let row = table.transmit.span[index]
    let modulus = max(row.counterModulus, 1)
    let decided = UInt8(truncatingIfNeeded: row.counter.extract(frame.words)) % modulus
    if !isAligned[index] {
      isAligned[index] = true
      let next = page.sentCounter(row: index).map { Self.sum($0, 1, modulus) } ?? decided
      offsets[index] = Self.sum(next, modulus - decided, modulus)
    }
    let counter = Self.sum(decided, offsets[index], modulus)
    if counter != decided {
      row.counter.insert(UInt64(counter), into: &frame.words)
      row.check.seal(
        &frame.words, identifier: row.identifier, length: row.length, counter: UInt64(counter))
    }
    return Mark(row: index, counter: counter, modulus: modulus)
  }

  /// Remembers what went out; a counter that did not is used again.
  mutating func note(_ mark: Mark?, isSent: Bool, page: SharedPage) {
    guard let mark else { return }
    if isSent {
      page.setSentCounter(mark.counter, row: mark.row)
    } else {
      offsets[mark.row] = Self.sum(offsets[mark.row], mark.modulus - 1, mark.modulus)
    }
  }

  /// Wider than a counter, as some count to 254.
  private static func sum(_ a: UInt8, _ b: UInt8, _ modulus: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt16(a) + UInt16(b)) % UInt16(modulus))
  }

  private func row(of frame: OutgoingFrame, _ table: borrowing @_addressable FrameTable) -> Int? {
    let rows = table.transmit.span
    for i in 0..<min(max(table.transmitCount, 0), FrameTable.transmitCapacity) {
      let candidate = rows[i]
      if candidate.identifier == frame.identifier, candidate.bus == frame.bus { return i }
    }
    return nil
  }
}
