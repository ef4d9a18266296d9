/// A date and time of day in UTC, proleptic Gregorian; leap seconds do not exist here.
struct CivilTime: Equatable {
  var year: Int64 = 1970
  var month: Int64 = 1
  var day: Int64 = 1
  /// Nanoseconds since midnight.
  var timeOfDay: Int64 = 0

  /// Nanoseconds since 1970, nil for what is no date or lies outside 1970...2255.
  var utc: Int64? {
    guard (1970...2255).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.days(inMonth: month, of: year),
      (0..<86_401_000_000_000).contains(timeOfDay)
    else { return nil }
    // Days from civil after Howard Hinnant: years start in March, so that a leap day ends one.
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return (era * 146_097 + dayOfEra - 719_468) * 86_400_000_000_000 + timeOfDay
  }

  init() {}

  init(utc: Int64) {
    let length: Int64 = 86_400_000_000_000
    let days = utc >= 0 ? utc / length : (utc - length + 1) / length
    timeOfDay = utc - days * length
    let shifted = days + 719_468
    let era = shifted >= 0 ? shifted / 146_097 : (shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }
}

/// UTC nanoseconds as `2026-11-21T18:49:39.900Z`, with as many digits in groups of three as needed.
package func iso8601(_ utc: Int64) -> String {
  let time = CivilTime(utc: utc)
  let seconds = time.timeOfDay / 1_000_000_000
  var fraction = time.timeOfDay % 1_000_000_000
  var digits = 9
  while digits > 3, fraction % 1_000 == 0 {
    fraction /= 1_000
    digits -= 3
  }
  return "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))T"
    + "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))."
    + "\(padded(fraction, digits))Z"
}

private func padded(_ number: Int64, _ width: Int) -> String {
  let digits = "\(number)"
  return String(repeating: "0", count: max(width - digits.count, 0)) + digits
}

/// Reads `2026-11-21T18:49:39.900Z` with no or up to nine digits of fraction; nil for anything else.
func utc(iso8601 text: ArraySlice<UInt8>) -> Int64? {
  var rest = text
  var time = CivilTime()
  guard let year = number(&rest, 4), skip(&rest, "-"), let month = number(&rest, 2),
    skip(&rest, "-"), let day = number(&rest, 2), skip(&rest, "T"),
    let hour = number(&rest, 2), skip(&rest, ":"), let minute = number(&rest, 2),
    skip(&rest, ":"), let second = number(&rest, 2), hour < 24, minute < 60, second < 61
  else { return nil }
  var fraction: Int64 = 0
  if skip(&rest, ".") {
    var scale: Int64 = 1_000_000_000
    while let digit = number(&rest, 1) {
      guard scale > 1 else { return nil }
      scale /= 10
      fraction += digit * scale
    }
    guard scale < 1_000_000_000 else { return nil }
  }
  guard skip(&rest, "Z"), rest.isEmpty else { return nil }
  time.year = year
  time.month = month
  time.day = day
  time.timeOfDay = ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + fraction
  return time.utc
}

/// Exactly `count` digits off the front.
func number(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> Int64? {
  var value: Int64 = 0
  var end = rest.startIndex
  for _ in 0..<count {
    guard end != rest.endIndex, (48...57).contains(rest[end]) else { return nil }
    value = value * 10 + Int64(rest[end] - 48)
    end = rest.index(after: end)
  }
  rest = rest[end...]
  return value
}

private func skip(_ rest: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
  guard let first = rest.first, first == UInt8(truncatingIfNeeded: character.value) else {
    return false
  }
  rest = rest.dropFirst()
  return true
}
