import CAN
import GPSD
import Signals
import Units

/// Why a recording cannot be replayed; names file and line where there is one.
package struct ReplayRefused: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// The frames of a log on the buses of a profile, in the order they were logged.
package struct RecordedFrames {
  package struct Item {
    package var frame: ReceivedFrame
    /// Counted, but not decoded.
    package var isError = false
    package var isRemote = false
  }

  package private(set) var items: [Item] = []
  /// What must be added to the times of the items to have the log's own, ns: 0 unless these are
  /// dates.
  package private(set) var base: Int64 = 0
  /// Frames that stand before an earlier one, by at most `reorderLimit`; they were taken in the
  /// order of the log.
  package private(set) var reordered = 0

  /// Interfaces that log at once may be a little out of order.
  private static var reorderLimit: Int64 { 50_000_000 }
  private static var longest: Int64 { 86_400_000_000_000 }

  /// - Parameter buses: interface names by bus number; a single one takes any single interface.
  package init(_ bytes: [UInt8], name: String, buses: [String]) throws(ReplayRefused) {
    let reader: CANLogReader
    do { reader = try CANLogReader(bytes: bytes, name: name) } catch {
      throw ReplayRefused("\(error)")
    }
    try self.init(reader, name: name, buses: buses)
  }

  /// The rest of an open log of any format.
  package init(_ reader: CANLogReader, name: String, buses: [String]) throws(ReplayRefused) {
    do { try read(reader, name, buses) } catch let error as LogError {
      throw ReplayRefused("\(error)")
    } catch let error as ReplayRefused {
      throw error
    } catch {
      throw ReplayRefused("\(name): \(error)")
    }
    guard !items.isEmpty else { throw ReplayRefused("\(name): holds no frame") }
  }

  package var start: Instant { items.first?.frame.receivedAt ?? Instant(nanoseconds: 0) }
  package var end: Instant { items.last?.frame.receivedAt ?? Instant(nanoseconds: 0) }

  private mutating func read(_ log: CANLogReader, _ name: String, _ buses: [String]) throws {
    var reader = log
    var busOfInterface: [UInt8] = []
    var latest = Int64.min
    while let record = try reader.next() {
      if items.isEmpty {
        // Ten years: more can only be a date.
        base = record.nanoseconds > 315_360_000_000_000_000 ? record.nanoseconds : 0
        latest = record.nanoseconds
      }
      if record.interface >= busOfInterface.count {
        busOfInterface.append(
          try Self.bus(of: reader.interfaces[record.interface], buses, reader.line, name))
        guard buses.count > 1 || busOfInterface.count == 1 else {
          throw ReplayRefused(
            "\(name):\(reader.line): a second interface \(reader.interfaces[record.interface]), "
              + "but the profile has one bus")
        }
      }
      guard record.nanoseconds >= latest - Self.reorderLimit else {
        throw ReplayRefused(
          "\(name):\(reader.line): time steps back by "
            + "\(Double(latest &- record.nanoseconds) * 1e-9) s; allowed is 0.05 s")
      }
      if record.nanoseconds < latest { reordered += 1 }
      latest = max(latest, record.nanoseconds)
      let frame = Self.received(
        record.frame, bus: busOfInterface[record.interface], at: latest - base)
      let first = items.first?.frame.receivedAt.nanoseconds ?? frame.receivedAt.nanoseconds
      guard frame.receivedAt.nanoseconds - first <= Self.longest else {
        throw ReplayRefused("\(name):\(reader.line): the log is longer than 24 h")
      }
      items.append(
        Item(frame: frame, isError: record.frame.isError, isRemote: record.frame.isRemote))
    }
  }

  private static func bus(
    of interface: String, _ buses: [String], _ line: Int, _ name: String
  ) throws(ReplayRefused) -> UInt8 {
    if buses.count == 1 { return 0 }
    guard let index = buses.firstIndex(of: interface) else {
      throw ReplayRefused(
        "\(name):\(line): interface \(interface) is none of the profile's: "
          + buses.joined(separator: ", "))
    }
    return UInt8(clamping: index)
  }

  private static func received(
    _ frame: CANFrame, bus: UInt8, at nanoseconds: Int64
  ) -> ReceivedFrame {
    var received = ReceivedFrame()
    received.identifier = frame.identifier
    received.isExtended = frame.isExtended
    received.bus = bus
    received.length = frame.length
    received.receivedAt = Instant(nanoseconds: nanoseconds)
    received.words = frame.words
    return received
  }
}

/// A GNSS log laid beside the frames, fed to a judge in virtual time.
struct RecordedGNSS {
  private let log: GNSSLog
  private var times: [Instant] = []
  private var next = 0
  private var judge: GNSSJudge
  /// UTC less virtual time.
  let utcOffset: Interval

  /// The first line with a time is laid on `first`.
  init(
    _ log: GNSSLog, name: String, first: Instant, accuracy: GNSSAccuracy
  ) throws(ReplayRefused) {
    guard let begin = log.entries.first?.utc, begin != 0 else {
      throw ReplayRefused("\(name): no line tells a time, so none can be laid beside the frames")
    }
    self.log = log
    var policy = GNSSPolicy.recorded
    policy.accuracy = accuracy
    judge = GNSSJudge(policy)
    utcOffset = Interval(nanoseconds: begin &- first.nanoseconds)
    var latest = first
    for entry in log.entries {
      // A receiver whose time steps back still spoke later.
      latest = max(latest, Instant(nanoseconds: entry.utc &- utcOffset.nanoseconds))
      times.append(latest)
    }
  }

  /// Lines that would have come after the end.
  var unused: Int { log.entries.count - next }

  mutating func advance(to now: Instant, _ verdict: (GNSSVerdict) -> Void) {
    while next < times.count, times[next] <= now {
      switch log.entries[next].content {
      case .fix(let fix): judge.take(fix, at: times[next], verdict)
      case .heading(let degrees): judge.take(heading: degrees, at: times[next], verdict)
      case .satellites(let sky): judge.take(sky, at: times[next])
      }
      next += 1
    }
    judge.advance(to: now, verdict)
  }
}

extension GNSSLog {
  /// Where the first fix was, for a site frame without a map.
  var firstPosition: (latitude: Double, longitude: Double, height: Double)? {
    for entry in entries {
      guard case .fix(let fix) = entry.content, fix.mode >= 2, fix.hasPosition else { continue }
      return (fix.latitude, fix.longitude, fix.height)
    }
    return nil
  }
}
