/// NMEA 0183 sentences to fixes, as gpsd 3.22 numbers modes and statuses.
///
/// GGA, RMC, GSA and HDT are read from any talker; every sentence must carry a good checksum. The
/// date comes from RMC alone; GGA before the first RMC has none.
struct NMEAReader: Sendable {
  /// UTC nanoseconds of the latest sentence with a time, 0 before the first date.
  private(set) var utc: Int64 = 0
  private var date: CivilTime?
  private var timeOfDay: Int64 = 0

  /// One sentence without its line end; nil when it says nothing that is wanted.
  mutating func read(_ line: ArraySlice<UInt8>) throws(GNSSLineError) -> GNSSLog.Content? {
    let body = try Self.body(line)
    var fields = body.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard let address = fields.first, address.count >= 3 else {
      throw GNSSLineError("a sentence starts with $ and its address")
    }
    // Proprietary sentences may end in the same letters.
    guard address.count == 5, address.first != UInt8(ascii: "P") else { return nil }
    fields.removeFirst()
    switch String(decoding: address.suffix(3), as: UTF8.self) {
    case "GGA": return .fix(try readGGA(Sentence("GGA", fields, atLeast: 11)))
    case "RMC": return .fix(try readRMC(Sentence("RMC", fields, atLeast: 9)))
    case "GSA": return .fix(try readGSA(Sentence("GSA", fields, atLeast: 2)))
    case "HDT":
      let sentence = try Sentence("HDT", fields, atLeast: 2)
      let heading = try sentence.number(0, "heading", 0...360)
      return heading.isNaN ? nil : .heading(heading)
    default: return nil
    }
  }

  /// What lies between `$` and `*`, once the checksum is right.
  private static func body(_ line: ArraySlice<UInt8>) throws(GNSSLineError) -> ArraySlice<UInt8> {
    guard line.first == UInt8(ascii: "$") else {
      throw GNSSLineError("an NMEA sentence starts with '$'")
    }
    guard let star = line.lastIndex(of: UInt8(ascii: "*")), line.endIndex - star == 3 else {
      throw GNSSLineError("the sentence has no checksum: '*' and two digits are due at its end")
    }
    let body = line[(line.startIndex + 1)..<star]
    let digits = String(decoding: line[(star + 1)...], as: UTF8.self)
    let sum = body.reduce(0, ^)
    guard let given = UInt8(digits, radix: 16), !digits.hasPrefix("+"), !digits.hasPrefix("-")
    else { throw GNSSLineError("the checksum \"\(digits)\" is not hexadecimal") }
    guard given == sum else {
      throw GNSSLineError(
        "the checksum is \(digits), the sentence sums to \(sum < 16 ? "0" : "")"
          + String(sum, radix: 16, uppercase: true))
    }
    return body
  }

  private mutating func readGGA(_ sentence: Sentence) throws(GNSSLineError) -> GNSSFix {
    var fix = GNSSFix()
    fix.utc = try advance(to: sentence.timeOfDay(0))
    (fix.latitude, fix.longitude) = try sentence.position(1)
    let quality = try sentence.number(5, "quality", 0...9)
    let altitude = try sentence.number(8, "altitude", -20_000...100_000)
    let separation = try sentence.number(10, "geoid separation", -200...200)
    fix.height = altitude + separation
    switch quality {
    case 0: fix.mode = 1
    case 2, 9: fix.status = 2
    // Precise positioning service.
    case 3: fix.status = 9
    case 4: fix.status = 3
    case 5: fix.status = 4
    case 6: fix.status = 5
    case 7: fix.status = 7
    case 8: fix.status = 8
    default: break
    }
    if fix.mode == 0 { fix.mode = fix.hasPosition ? (altitude.isFinite ? 3 : 2) : 1 }
    return fix
  }

  private mutating func readRMC(_ sentence: Sentence) throws(GNSSLineError) -> GNSSFix {
    var fix = GNSSFix()
    let time = try sentence.timeOfDay(0)
    if let day = try sentence.date(8) {
      date = day
      timeOfDay = 0
    }
    fix.utc = try advance(to: time)
    (fix.latitude, fix.longitude) = try sentence.position(2)
    switch String(decoding: sentence.fields[1], as: UTF8.self) {
    case "A": fix.mode = fix.hasPosition ? 2 : 1
    case "V", "": fix.mode = 1
    default: throw sentence.error(1, "status", "A or V")
    }
    fix.speed = try sentence.number(6, "speed", 0...10_000) * 1_852 / 3_600
    fix.track = try sentence.number(7, "track", 0...360)
    return fix
  }

  private func readGSA(_ sentence: Sentence) throws(GNSSLineError) -> GNSSFix {
    var fix = GNSSFix()
    fix.utc = utc
    let mode = try sentence.number(1, "fix", 1...3)
    fix.mode = mode.isNaN ? 0 : Int32(mode)
    return fix
  }

  /// Joins a time of day to the date, which turns over at midnight before the next RMC says so.
  private mutating func advance(to time: Int64?) throws(GNSSLineError) -> Int64 {
    guard let time else { return 0 }
    guard var day = date else { return 0 }
    let halfDay: Int64 = 43_200_000_000_000
    if timeOfDay - time > halfDay, let known = day.utc {
      day = CivilTime(utc: known + 2 * halfDay)
      date = day
    }
    timeOfDay = time
    day.timeOfDay = time
    guard let full = day.utc else { throw GNSSLineError("the date is outside 1970 to 2255") }
    utc = full
    return full
  }
}

/// The fields of one sentence, counted from 0 after the address.
private struct Sentence {
  let name: String
  let fields: [ArraySlice<UInt8>]

  init(
    _ name: String, _ fields: [ArraySlice<UInt8>], atLeast count: Int
  ) throws(GNSSLineError) {
    guard fields.count >= count else {
      throw GNSSLineError("\(name) has \(fields.count) fields, at least \(count) are due")
    }
    self.name = name
    self.fields = fields
  }

  func error(_ index: Int, _ what: String, _ allowed: String) -> GNSSLineError {
    let read = String(decoding: fields[index], as: UTF8.self)
    return GNSSLineError("\(name) \(what): read \"\(read)\", allowed is \(allowed)")
  }

  /// NaN for an empty field.
  func number(
    _ index: Int, _ what: String, _ allowed: ClosedRange<Double>
  ) throws(GNSSLineError) -> Double {
    let field = fields[index]
    if field.isEmpty { return .nan }
    let isPlain = field.allSatisfy { (48...57).contains($0) || $0 == 0x2E || $0 == 0x2D }
    guard isPlain, let value = Double(String(decoding: field, as: UTF8.self)),
      allowed.contains(value)
    else {
      throw error(index, what, "a number from \(allowed.lowerBound) to \(allowed.upperBound)")
    }
    return value
  }

  /// `hhmmss.fff`; nil for an empty field.
  func timeOfDay(_ index: Int) throws(GNSSLineError) -> Int64? {
    var rest = fields[index]
    if rest.isEmpty { return nil }
    guard let hour = GPSD.number(&rest, 2), let minute = GPSD.number(&rest, 2),
      let second = GPSD.number(&rest, 2), hour < 24, minute < 60, second < 61
    else { throw error(index, "time", "hhmmss.sss") }
    var nanoseconds = ((hour * 60 + minute) * 60 + second) * 1_000_000_000
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      var scale: Int64 = 100_000_000
      while scale > 0, let digit = GPSD.number(&rest, 1) {
        nanoseconds += digit * scale
        scale /= 10
      }
    }
    guard rest.isEmpty else { throw error(index, "time", "hhmmss.sss") }
    return nanoseconds
  }

  /// `ddmmyy`, years 1980 to 2079; nil for an empty field.
  func date(_ index: Int) throws(GNSSLineError) -> CivilTime? {
    var rest = fields[index]
    if rest.isEmpty { return nil }
    var date = CivilTime()
    guard let day = GPSD.number(&rest, 2), let month = GPSD.number(&rest, 2),
      let year = GPSD.number(&rest, 2), rest.isEmpty
    else { throw error(index, "date", "ddmmyy") }
    date.day = day
    date.month = month
    date.year = year >= 80 ? 1900 + year : 2000 + year
    guard date.utc != nil else { throw error(index, "date", "a day that exists") }
    return date
  }

  /// `ddmm.mmm,N,dddmm.mmm,E` in degrees, NaN when empty.
  func position(_ index: Int) throws(GNSSLineError) -> (Double, Double) {
    guard fields.count > index + 3 else { throw GNSSLineError("\(name) has no position") }
    let north = try angle(index, "latitude", "N", "S", 90)
    let east = try angle(index + 2, "longitude", "E", "W", 180)
    return north.isNaN || east.isNaN ? (.nan, .nan) : (north, east)
  }

  private func angle(
    _ index: Int, _ what: String, _ plus: String, _ minus: String, _ limit: Double
  ) throws(GNSSLineError) -> Double {
    let raw = try number(index, what, 0...(limit * 100))
    if raw.isNaN { return .nan }
    let degrees = (raw / 100).rounded(.down)
    let minutes = raw - degrees * 100
    let value = degrees + minutes / 60
    guard minutes < 60, value <= limit else {
      throw error(index, what, "degrees up to \(limit) and minutes below 60")
    }
    switch String(decoding: fields[index + 1], as: UTF8.self) {
    case plus: return value
    case minus: return -value
    default: throw error(index + 1, "\(what)'s hemisphere", "\(plus) or \(minus)")
    }
  }
}
