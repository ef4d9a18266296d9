import DriveConfiguration
import Recording
import Units
import WireCodec

/// What became of one message of the truck or of ours over a drive; times in s.
package struct MessageHealth: Encodable {
  package let name: String
  package let bus: String
  /// Hexadecimal, as candump writes it.
  package let identifier: String
  package let isSent: Bool
  /// As the profile declares it; nil for a frame that it does not list.
  package let period: Double?
  /// Older than this it is stale.
  package let freshness: Double?
  package let frames: Int
  package let least: Double?
  package let median: Double?
  package let percentile99: Double?
  package let most: Double?
  /// When the longest gap began.
  package let longestAt: Double?
  /// Intervals longer than the freshness, and frames that did not come in their periods.
  package let gaps: Int
  package let missing: Int
  package let badCounters: Int
  package let badChecksums: Int
  package let tooShort: Int
}

/// Collects when each message came.
package struct MessageWatch {
  private var arrivals: [Key: Arrivals] = [:]
  private let table: FrameTable

  private struct Key: Hashable {
    let isSent: Bool
    let bus: UInt8
    let identifier: UInt32
    let isExtended: Bool
    /// Of the frame table; -1 for none.
    let row: Int
  }

  private struct Arrivals {
    /// With its priority, which a profile leaves open.
    let identifier: UInt32
    var times: [Int64] = []
  }

  /// Frames of more undeclared messages than are listed.
  private var unlisted = 0
  private var undeclared = 0

  /// What a bus with random identifiers may cost.
  private static let capacity = 512

  package init(_ table: FrameTable) { self.table = table }

  /// The frames of one message of `DriveSchema.canTopic`, as `PublishedSchemas.can` has them.
  package mutating func take(_ bytes: ArraySlice<UInt8>) {
    var place = bytes.startIndex
    while place + 16 <= bytes.endIndex {
      let length = Int(bytes[place + 3])
      let identifier = UInt32(truncatingIfNeeded: number(bytes, place + 4, 4))
      let time = Int64(bitPattern: number(bytes, place + 8, 8))
      let (isSent, isExtended) = (bytes[place] == 1, bytes[place + 2] & 1 == 1)
      add(identifier, isExtended, bus: bytes[place + 1], isSent: isSent, at: time)
      place += 16 + length
    }
  }

  private func number(_ bytes: ArraySlice<UInt8>, _ place: Int, _ size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
  }

  private mutating func add(
    _ identifier: UInt32, _ isExtended: Bool, bus: UInt8, isSent: Bool, at time: Int64
  ) {
    let row =
      isSent
      ? (0..<table.transmitCount).first {
        table.transmit[$0].identifier == identifier && table.transmit[$0].bus == bus
          && table.transmit[$0].isExtended == isExtended
      }
      : (0..<table.receiveCount).first {
        table.receive[$0].identifier == identifier & table.receive[$0].mask
          && table.receive[$0].bus == bus && table.receive[$0].isExtended == isExtended
      }
    let key = Key(
      isSent: isSent, bus: bus, identifier: row == nil || isSent ? identifier : 0,
      isExtended: isExtended, row: row ?? -1)
    if row == nil, arrivals[key] == nil {
      guard undeclared < Self.capacity else {
        unlisted += 1
        return
      }
      undeclared += 1
    }
    arrivals[key, default: Arrivals(identifier: identifier)].times.append(time)
  }

  /// What the list leaves out.
  package var facts: [(name: String, value: String)] {
    unlisted == 0
      ? []
      : [
        (
          "CAN frames not listed",
          "\(unlisted), of more than \(Self.capacity) messages that no profile declares"
        )
      ]
  }

  /// Declared messages first, in the order of the profile; those that never came are among them.
  package func health(
    start: Int64, end: Int64, decoder: FrameDecoder, buses: [String], receiveNames: [String],
    sendNames: [String]
  ) -> [MessageHealth] {
    func bus(_ number: UInt8) -> String {
      Int(number) < buses.count ? buses[Int(number)] : "bus \(number)"
    }
    func arrived(_ row: Int, isSent: Bool) -> Arrivals? {
      arrivals.first { $0.key.row == row && $0.key.isSent == isSent }?.value
    }
    var result: [MessageHealth] = []
    for row in 0..<table.receiveCount {
      let (expected, found) = (table.receive[row], decoder.rows[row])
      let arrived = arrived(row, isSent: false)
      let counts = (Int(found.badCounters), Int(found.badChecksums), Int(found.shortFrames))
      result.append(
        MessageHealth(
          name: row < receiveNames.count ? receiveNames[row] : "", bus: bus(expected.bus),
          identifier: arrived?.identifier ?? expected.identifier,
          isExtended: expected.isExtended, isSent: false, period: expected.period.seconds,
          freshness: expected.freshness.seconds, times: arrived?.times ?? [], start: start,
          end: end, counts: counts))
    }
    for row in 0..<table.transmitCount {
      let ours = table.transmit[row]
      result.append(
        MessageHealth(
          name: row < sendNames.count ? sendNames[row] : "", bus: bus(ours.bus),
          identifier: ours.identifier, isExtended: ours.isExtended, isSent: true,
          period: ours.period.seconds, freshness: nil,
          times: arrived(row, isSent: true)?.times ?? [], start: start, end: end,
          counts: (0, 0, 0)))
    }
    let others = arrivals.filter { $0.key.row < 0 }.sorted {
      ($0.key.isSent ? 1 : 0, $0.key.bus, $0.key.identifier)
        < ($1.key.isSent ? 1 : 0, $1.key.bus, $1.key.identifier)
    }
    for (key, arrived) in others {
      result.append(
        MessageHealth(
          name: "", bus: bus(key.bus), identifier: key.identifier, isExtended: key.isExtended,
          isSent: key.isSent, period: nil, freshness: nil, times: arrived.times, start: start,
          end: end, counts: (0, 0, 0)))
    }
    return result
  }
}

extension MessageHealth {
  init(
    name: String, bus: String, identifier: UInt32, isExtended: Bool, isSent: Bool,
    period: Double?, freshness: Double?, times: [Int64], start: Int64, end: Int64,
    counts: (counters: Int, checksums: Int, short: Int)
  ) {
    let steps = zip(times, times.dropFirst()).map { (at: $0, length: Double($1 - $0) * 1e-9) }
    let sorted = steps.map(\.length).sorted()
    // Of what the truck must tell; our own messages are silent while nobody drives.
    let silences = freshness == nil ? [] : Self.silences(times, start, end)
    let longest = (steps + silences).max { $0.length < $1.length }
    self.name = name
    self.bus = bus
    self.identifier = hexadecimal(UInt64(identifier), digits: isExtended ? 8 : 3).uppercased()
    self.isSent = isSent
    self.period = period
    self.freshness = freshness
    frames = times.count
    least = sorted.first
    median = sorted.isEmpty ? nil : sorted[sorted.count / 2]
    percentile99 = sorted.isEmpty ? nil : sorted[min(sorted.count * 99 / 100, sorted.count - 1)]
    most = longest?.length
    longestAt = longest.map { Double($0.at - start) * 1e-9 }
    gaps =
      freshness.map { limit in
        sorted.filter { $0 > limit }.count + silences.filter { $0.length > limit }.count
      } ?? 0
    missing =
      period.map { period in
        guard period > 0 else { return 0 }
        return sorted.filter { $0 > 1.5 * period }.reduce(0) {
          $0 + Int(min(($1 / period).rounded(), 1e9)) - 1
        }
          + silences.filter { $0.length > 1.5 * period }.reduce(0) {
            $0 + Int(min($1.length / period, 1e9))
          }
      } ?? 0
    badCounters = counts.counters
    badChecksums = counts.checksums
    tooShort = counts.short
  }

  /// Before the first frame and after the last, or all of the record where none came.
  private static func silences(
    _ times: [Int64], _ start: Int64, _ end: Int64
  ) -> [(at: Int64, length: Double)] {
    let ends = [(start, times.first ?? end)] + (times.last.map { [($0, end)] } ?? [])
    return ends.filter { $0.0 < $0.1 }.map { (at: $0.0, length: Double($0.1 - $0.0) * 1e-9) }
  }
}
