import CAN
import DBC

/// The latest values of each message of each sender.
///
/// Several ECUs send the same parameter group, one a speed and another "not available"; values are
/// therefore kept by message, source and destination address, and never mixed. Once a sender has been
/// seen, an update allocates nothing.
package struct J1939SignalStore: Sendable {
  package struct Row: Sendable {
    package let message: Int
    package let source: UInt8
    /// 255 unless the group is sent to one ECU.
    package let destination: UInt8
    package fileprivate(set) var updatedAt: Int64
    package fileprivate(set) var frames: UInt64
    /// In the order of the message's signals.
    package fileprivate(set) var values: [DBCValue]
  }

  package let database: DBCDatabase
  package private(set) var rows: [Row] = []
  private var rowOfKey: [Int: Int] = [:]

  package init(database: DBCDatabase) { self.database = database }

  /// Decodes a frame into its row; returns what the frame was.
  @discardableResult
  package mutating func receive(_ frame: CANFrame, at now: Int64) -> DBCMatch {
    let match = database.match(frame)
    guard case .message(let message) = match else { return match }
    let addresses = J1939Identifier(frame.isExtended ? frame.identifier : 0)
    let key = message << 16 | Int(addresses.destination) << 8 | Int(addresses.source)
    let index: Int
    if let known = rowOfKey[key] {
      index = known
    } else {
      index = rows.count
      let count = database.messages[message].signals.count
      rows.append(
        Row(
          message: message, source: addresses.source, destination: addresses.destination,
          updatedAt: now, frames: 0, values: [DBCValue](repeating: .absent, count: count)))
      rowOfKey[key] = index
    }
    rows[index].updatedAt = now
    rows[index].frames += 1
    var values = rows[index].values.mutableSpan
    _ = database.codec.decode(message, frame.words.span, into: &values)
    return match
  }

  package func row(_ message: String, source: UInt8, destination: UInt8? = nil) -> Row? {
    rows.first {
      $0.source == source && database.messages[$0.message].name == message
        && $0.destination == destination ?? $0.destination
    }
  }

  package func value(_ message: String, _ signal: String, source: UInt8) -> DBCValue? {
    guard
      let row = row(message, source: source),
      let slot = database.messages[row.message].signals.firstIndex(where: { $0.name == signal })
    else { return nil }
    return row.values[slot]
  }
}
