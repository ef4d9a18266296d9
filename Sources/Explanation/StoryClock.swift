import GPSD
import Records
import Signals
import Units

/// Times as a person reads them: into the drive, and of the day.
package struct StoryClock: Sendable {
  package let start: Instant
  package var utcOffset: Interval

  package init(start: Instant, utcOffset: Interval) {
    self.start = start
    self.utcOffset = utcOffset
  }

  package func seconds(_ instant: Instant) -> Double { (instant - start).seconds }

  /// Empty where the host had no date.
  package func utc(_ instant: Instant) -> String {
    utcOffset.nanoseconds < 100_000_000_000_000_000
      ? "" : iso8601((instant + utcOffset).nanoseconds)
  }

  package func text(_ instant: Instant) -> String {
    let date = utc(instant)
    let milliseconds = Int64((seconds(instant) * 1_000).rounded())
    let rest = String(milliseconds.magnitude % 1_000)
    let zeros = String(repeating: "0", count: 3 - rest.count)
    return (milliseconds < 0 ? "-" : "") + "\(milliseconds.magnitude / 1_000).\(zeros)\(rest) s"
      + (date.isEmpty ? "" : " (\(date))")
  }
}

/// The members of one JSON object.
struct JSONList {
  private var members: [String] = []

  mutating func add(_ name: String, raw: String) {
    members.append(JSONText.quoted(name) + ":" + raw)
  }
  mutating func add(_ name: String, _ text: String) { add(name, raw: JSONText.quoted(text)) }
  mutating func add(_ name: String, _ number: Double) {
    // Curvatures need more decimals than `JSONText.number` gives.
    add(name, raw: number.isFinite ? "\(number)" : "null")
  }
  mutating func add(_ name: String, _ objects: [String]) {
    add(name, raw: "[" + objects.joined(separator: ",") + "]")
  }

  var text: String { "{" + members.joined(separator: ",") + "}" }
}
