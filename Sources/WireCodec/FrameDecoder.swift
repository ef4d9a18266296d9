import Signals
import Units

/// Decodes received frames into the signal store: row found by masked identifier, then checksum and
/// counter, then values; nothing is published from a frame that failed a check.
package struct FrameDecoder: Sendable, Visitable {
  /// What became of each receive row.
  package var rows = InlineArray<40, RowState>(repeating: RowState())
  /// Frames that matched no row.
  package var unmatched: UInt64 = 0

  package init() {}

  package struct RowState: Sendable, Visitable {
    package var receivedAt = Instant.never
    package var validAt = Instant.never
    package var frames: UInt64 = 0
    package var badChecksums: UInt32 = 0
    package var badCounters: UInt32 = 0
    package var shortFrames: UInt32 = 0
    var lastCounter: UInt8 = 0xFF

    package init() {}

    package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
      visitor.visit("receivedAt", &receivedAt)
      visitor.visit("validAt", &validAt)
      visitor.visit("frames", &frames)
      visitor.visit("badChecksums", &badChecksums)
      visitor.visit("badCounters", &badCounters)
      visitor.visit("shortFrames", &shortFrames)
      visitor.visit("lastCounter", &lastCounter)
    }
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("rows", &rows, count: FrameTable.receiveCapacity)
    visitor.visit("unmatched", &unmatched)
  }

  /// Decodes the frames of a cycle, in order.
  package mutating func decode(
    _ frames: borrowing @_addressable FrameBatch, table: borrowing @_addressable FrameTable,
    into store: inout SignalStore
  ) {
    let rows = table.receive.span
    let fields = table.fields.span
    for i in 0..<frames.count {
      decode(frames[i], rows, count: table.receiveCount, fields, &store)
    }
  }

  /// Decodes one frame; answers the row that it matched, -1 for none.
  @discardableResult
  package mutating func decode(
    _ frame: ReceivedFrame, table: borrowing @_addressable FrameTable, into store: inout SignalStore
  ) -> Int {
    decode(
      frame, table.receive.span, count: table.receiveCount, table.fields.span, &store)
  }

  @discardableResult
  private mutating func decode(
    _ frame: ReceivedFrame, _ rows: borrowing Span<ReceiveRow>, count: Int,
    _ fields: borrowing Span<SignalField>, _ store: inout SignalStore
  ) -> Int {
    for index in 0..<count {
      guard frame.identifier & rows[index].mask == rows[index].identifier else { continue }
      guard frame.bus == rows[index].bus, frame.isExtended == rows[index].isExtended else {
        continue
      }
      publish(frame, rows[index], index, fields, &store)
      return index
    }
    unmatched &+= 1
    return -1
  }

  private mutating func publish(
    _ frame: ReceivedFrame, _ row: ReceiveRow, _ index: Int,
    _ fields: borrowing Span<SignalField>, _ store: inout SignalStore
  ) {
    self.rows[index].receivedAt = frame.receivedAt
    self.rows[index].frames &+= 1
    let verdict = check(frame, row, index)
    if verdict == .valid { self.rows[index].validAt = frame.receivedAt }
    for i in row.firstField..<(row.firstField + row.fieldCount) {
      store[fields[i].channel].accept(frame, fields[i], verdict)
    }
  }

  private mutating func check(
    _ frame: ReceivedFrame, _ row: ReceiveRow, _ index: Int
  ) -> SignalState {
    guard frame.length >= row.minimumLength else {
      Self.saturate(&rows[index].shortFrames)
      return .outOfRange
    }
    guard row.hasCounter || row.check.kind != .none else { return .valid }
    let counter = row.hasCounter ? row.counter.extract(frame.words) : 0
    if row.check.kind != .none {
      let expected = row.check.value(
        identifier: frame.identifier, words: frame.words, length: frame.length, counter: counter)
      guard row.check.field.extract(frame.words) == expected else {
        Self.saturate(&rows[index].badChecksums)
        return .badChecksum
      }
    }
    guard row.hasCounter else { return .valid }
    let value = UInt8(truncatingIfNeeded: counter)
    let previous = rows[index].lastCounter
    rows[index].lastCounter = value
    guard value != previous else {
      Self.saturate(&rows[index].badCounters)
      return .frozenCounter
    }
    return .valid
  }

  private static func saturate(_ count: inout UInt32) { if count < .max { count += 1 } }
}

extension SignalSample {
  fileprivate mutating func accept(
    _ frame: ReceivedFrame, _ field: SignalField, _ verdict: SignalState
  ) {
    receivedAt = frame.receivedAt
    guard verdict == .valid else {
      state = verdict
      return
    }
    let raw = field.bits.extract(frame.words)
    if raw >= field.notAvailableFrom {
      state = .notAvailable
      return
    }
    if raw >= field.errorFrom {
      state = .errorIndicated
      return
    }
    guard field.codes.isEmpty else { return accept(frame, field.codes[raw]) }
    let number =
      field.bits.isSigned ? Double(field.bits.extractSigned(frame.words)) : Double(raw)
    let scaled = number * field.scale + field.offset
    guard scaled >= field.lowest, scaled <= field.highest else {
      state = .outOfRange
      return
    }
    value = scaled
    validAt = frame.receivedAt
    state = .valid
  }

  /// A code that the profile does not list tells nothing.
  private mutating func accept(_ frame: ReceivedFrame, _ meaning: UInt64?) {
    guard let meaning else {
      state = .notAvailable
      return
    }
    value = Double(meaning)
    validAt = frame.receivedAt
    state = .valid
  }
}
