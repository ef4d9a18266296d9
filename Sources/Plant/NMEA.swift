import ReproducibleMath

/// The receiver's sentences for one epoch: GGA, RMC, GSA and HDT.
///
/// No GST: gpsd 3.22 loses every heading when GST comes before HDT. Minutes carry eight decimals
/// (0.02 mm); gpsd refuses sentences of more than 91 characters, so the other fields are short.
package func appendNMEA(of fix: GNSSFix, geoidSeparation: Double, to text: inout [UInt8]) {
  let utc = CivilTime(fix.validAtUTC)
  text = sentence(text) { line in
    line.put("GPGGA,")
    line.put(timeOf: utc)
    line.put(positionOf: fix)
    line.put(",")
    line.put(Int64(fix.quality))
    line.put(",12,0.6,")
    line.put(fix.height - geoidSeparation, decimals: 2)
    line.put(",M,")
    line.put(geoidSeparation, decimals: 1)
    line.put(",M,,")
  }
  text = sentence(text) { line in
    line.put("GPRMC,")
    line.put(timeOf: utc)
    line.put(",A")
    line.put(positionOf: fix)
    line.put(",")
    line.put(fix.speed * 3600 / 1852, decimals: 3)
    line.put(",")
    line.put(clockwiseDegrees(fix.course), decimals: 2)
    line.put(",")
    line.put(digitsOf: utc.day, atLeast: 2)
    line.put(digitsOf: utc.month, atLeast: 2)
    line.put(digitsOf: utc.year % 100, atLeast: 2)
    line.put(",,,")
    line.put(byte: modeIndicator(fix.quality))
  }
  text = sentence(text) { line in
    line.put("GPGSA,A,3,02,05,07,09,13,15,18,20,24,27,29,30,1.1,0.6,0.9")
  }
  text = sentence(text) { line in
    line.put("GPHDT,")
    line.put(clockwiseDegrees(fix.heading), decimals: 3)
    line.put(",T")
  }
}

/// Dollar, body, star, the exclusive or of the body, line end.
private func sentence(_ text: consuming [UInt8], _ body: (inout TextOutput) -> Void) -> [UInt8] {
  var line = TextOutput(text)
  line.put("$")
  let start = line.bytes.count
  body(&line)
  var check: UInt8 = 0
  for byte in line.bytes[start...] { check ^= byte }
  line.put("*")
  line.put(hexadecimal: check)
  line.put("\r\n")
  return line.bytes
}

/// NMEA 4: R is RTK fixed, F float, D differential, A a fix of its own.
private func modeIndicator(_ quality: UInt8) -> UInt8 {
  switch quality {
  case 4: UInt8(ascii: "R")
  case 5: UInt8(ascii: "F")
  case 2: UInt8(ascii: "D")
  default: UInt8(ascii: "A")
  }
}

/// From counter-clockwise from east to clockwise from north, 0 up to 360.
private func clockwiseDegrees(_ angle: Double) -> Double {
  let degrees = 90 - wrapped(angle) * 180 / pi
  return degrees < 0 ? degrees + 360 : degrees
}

extension TextOutput {
  fileprivate mutating func put(timeOf utc: CivilTime) {
    put(digitsOf: utc.hour, atLeast: 2)
    put(digitsOf: utc.minute, atLeast: 2)
    put(digitsOf: utc.second, atLeast: 2)
    put(".")
    put(digitsOf: utc.millisecond, atLeast: 3)
  }

  fileprivate mutating func put(positionOf fix: GNSSFix) {
    put(",")
    put(angle: fix.latitude.magnitude, degreeDigits: 2)
    put(fix.latitude < 0 ? ",S," : ",N,")
    put(angle: fix.longitude.magnitude, degreeDigits: 3)
    put(fix.longitude < 0 ? ",W" : ",E")
  }

  /// Degrees and minutes; rounded first, so that 59.999999999 minutes never become 60.
  private mutating func put(angle: Double, degreeDigits: Int) {
    guard angle <= 360 else { return }
    let scale: UInt64 = 100_000_000
    let units = UInt64((angle * 60 * Double(scale)).rounded())
    put(digitsOf: units / (60 * scale), atLeast: degreeDigits)
    put(digitsOf: units / scale % 60, atLeast: 2)
    put(".")
    put(digitsOf: units % scale, atLeast: 8)
  }
}

/// Date and time of day of a UTC instant.
struct CivilTime: Sendable, Equatable {
  var year, month, day, hour, minute, second, millisecond: UInt64

  /// Nanoseconds since 1970, rounded to the millisecond; earlier instants become 1970.
  init(_ nanoseconds: Int64) {
    let milliseconds = UInt64(max(nanoseconds, 0) + 500_000) / 1_000_000
    millisecond = milliseconds % 1000
    second = milliseconds / 1000 % 60
    minute = milliseconds / 60_000 % 60
    hour = milliseconds / 3_600_000 % 24
    // Days from 0000-03-01 in 400-year eras, so that the leap day ends a year.
    let shifted = milliseconds / 86_400_000 + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }
}
