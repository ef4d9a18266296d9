import Signals
import Units

/// What was wrong with a line of a GNSS log.
package struct GNSSLogError: Error, Equatable, CustomStringConvertible {
  package var file: String
  package var line: Int
  package var text: String

  package var description: String { "\(file):\(line): \(text)" }
}

/// A recording of gpsd's JSON or of a receiver's NMEA, strictly read, to be fed to a `GNSSJudge`.
package struct GNSSLog: Sendable {
  package enum Content: Sendable {
    case fix(GNSSFix)
    /// Degrees clockwise from north.
    case heading(Double)
    /// Still without the time of receipt.
    case satellites(SatelliteSummary)
  }

  package struct Entry: Sendable {
    package var line: Int
    /// UTC nanoseconds of the epoch that it came with: its own, else that of the line before it.
    package var utc: Int64
    package var content: Content
  }

  package private(set) var entries: [Entry] = []
  /// Lines that were read and mean nothing here, such as PPS or GSV.
  package private(set) var otherLines = 0

  /// Reads gpsd JSON when the first line that is neither empty nor a comment starts with a brace,
  /// else NMEA.
  package init(_ bytes: [UInt8], file: String) throws(GNSSLogError) {
    var format: Format?
    var number = 0
    for raw in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      let line = raw.last == 0x0D ? raw.dropLast() : raw
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      guard line.count <= 10_240 else {
        throw GNSSLogError(
          file: file, line: number, text: "\(line.count) bytes long, allowed are 10240")
      }
      var reader = format ?? (first == UInt8(ascii: "{") ? .json(0) : .nmea(NMEAReader()))
      do {
        let contents = try reader.read(line)
        if contents.isEmpty { otherLines += 1 }
        entries += contents.map { Entry(line: number, utc: reader.utc, content: $0) }
      } catch {
        throw GNSSLogError(file: file, line: number, text: error.text)
      }
      format = reader
    }
    guard format != nil else {
      throw GNSSLogError(file: file, line: max(number, 1), text: "no line of gpsd JSON or NMEA")
    }
    dateLeadingEntries()
  }

  /// Lines before the first date belong to it as nearly as anything can.
  private mutating func dateLeadingEntries() {
    guard let first = entries.first(where: { $0.utc != 0 })?.utc else { return }
    for index in entries.indices {
      guard entries[index].utc == 0 else { return }
      entries[index].utc = first
    }
  }

  private enum Format {
    /// With the UTC of the latest TPV.
    case json(Int64)
    case nmea(NMEAReader)

    var utc: Int64 {
      switch self {
      case .json(let utc): utc
      case .nmea(let reader): reader.utc
      }
    }

    mutating func read(_ line: ArraySlice<UInt8>) throws(GNSSLineError) -> [Content] {
      switch self {
      case .json(let known):
        guard let content = try readGPSDLine(line) else { return [] }
        if case .fix(let fix) = content, fix.utc != 0 {
          self = .json(fix.utc)
        } else {
          self = .json(known)
        }
        return [content]
      case .nmea(var reader):
        let content = try reader.read(line)
        self = .nmea(reader)
        return content.map { [$0] } ?? []
      }
    }
  }
}

/// What is wrong with a line, before it is known which one it is.
struct GNSSLineError: Error {
  var text: String
  init(_ text: String) { self.text = text }
}

/// One line of gpsd; nil for classes that say nothing about the position.
func readGPSDLine(_ line: ArraySlice<UInt8>) throws(GNSSLineError) -> GNSSLog.Content? {
  let object: JSONObject
  do { object = try JSONObject(line) } catch {
    throw GNSSLineError("not a JSON object: column \(error.column): \(error.text)")
  }
  guard case .string(let name)? = object["class"] else {
    throw GNSSLineError("\"class\" is missing or no string")
  }
  switch String(decoding: name, as: UTF8.self) {
  case "TPV": return .fix(try GNSSFix(object))
  case "ATT":
    let heading = try object.number("heading")
    return heading.isNaN ? nil : .heading(heading)
  case "SKY": return try SatelliteSummary(object).map { .satellites($0) }
  default: return nil
  }
}

extension GNSSFix {
  fileprivate init(_ object: JSONObject) throws(GNSSLineError) {
    self.init()
    mode = Int32(try object.integer("mode", 0...3))
    status = Int32(try object.integer("status", 0...9))
    latitude = try object.number("lat")
    longitude = try object.number("lon")
    height = try object.number("altHAE")
    speed = try object.number("speed")
    track = try object.number("track")
    if let value = object["datum"] {
      guard case .string(let datum) = value else { throw GNSSLineError("\"datum\" is no string") }
      datumIsForeign =
        !datum.isEmpty && !datum.starts(with: "WGS84".utf8) && !datum.starts(with: "WGS 84".utf8)
    }
    if let value = object["time"] {
      guard case .string(let text) = value, let time = GPSD.utc(iso8601: text) else {
        throw GNSSLineError(
          "\"time\" is no UTC time of 1970 to 2255 such as \"2026-11-21T18:49:39.900Z\"")
      }
      utc = time
    }
  }
}

extension JSONObject {
  /// NaN when absent, as libgps has it.
  func number(_ name: String) throws(GNSSLineError) -> Double {
    guard let value = self[name] else { return .nan }
    guard case .number(let number) = value else { throw GNSSLineError("\"\(name)\" is no number") }
    return number
  }

  func integer(
    _ name: String, _ allowed: ClosedRange<Int>
  ) throws(GNSSLineError) -> Int {
    let number = try number(name)
    if number.isNaN { return 0 }
    guard let integer = Int(exactly: number), allowed.contains(integer) else {
      throw GNSSLineError(
        "\"\(name)\" is \(number), allowed is an integer from \(allowed.lowerBound) to "
          + "\(allowed.upperBound)")
    }
    return integer
  }
}
