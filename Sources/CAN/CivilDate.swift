/// Dates of log headers, which name no zone and are taken as UTC, and of papers.
package enum CivilDate {
  package static let nanosecondsPerDay: Int64 = 86_400_000_000_000

  /// Days from 1970-01-01 in the Gregorian calendar, after Hinnant's days_from_civil.
  package static func days(year: Int, month: Int, day: Int) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era * 146_097 + dayOfEra - 719_468)
  }

  package static func date(days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(days) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  /// Days and the nanoseconds in them, never negative.
  static func split(_ nanoseconds: Int64) -> (days: Int64, rest: Int64) {
    var days = nanoseconds / nanosecondsPerDay
    if nanoseconds % nanosecondsPerDay < 0 { days -= 1 }
    return (days, nanoseconds - days * nanosecondsPerDay)
  }

  /// English as Vector and log2asc write them, and the German months that Vector's tools also do.
  static let months: [[String]] = [
    ["Jan"], ["Feb"], ["Mar", "Mär", "Mrz"], ["Apr"], ["May", "Mai"], ["Jun"], ["Jul"], ["Aug"],
    ["Sep"], ["Oct", "Okt"], ["Nov"], ["Dec", "Dez"],
  ]
  static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
}
