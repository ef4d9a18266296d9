import Control
import Units

// What a person reads before the first arming (S-24).
extension ShadowRecord {
  package func text(profile: String) -> String {
    let number = JSONText.number
    var text = """
      Shadow of \(profile), profile \(String(profileHash, radix: 16))
      compared    \(number(comparison.hours)) h and \(number(comparison.metres / 1_000)) km in \
      motion on the route
      listened    \(number(comparison.allSeconds / 3_600)) h in all
      \(verdict)

      ours minus the driver's: mean; not exceeded in 50 %, 95 %, 99 %; worst, when and where

      """
    for line in lines {
      let of = line.difference
      guard of.count > 0 else {
        text += "  \(line.title): nothing to compare with\n"
        continue
      }
      let shares = [0.5, 0.95, 0.99].map { number(of.percentile($0) * line.scale) }
      text +=
        "  \(line.title): \(number(of.mean * line.scale)); \(shares.joined(separator: ", ")); "
        + "\(number(of.worst * line.scale)) \(line.unit) at \(number(line.worst.seconds)) s, "
        + "front \(number(line.worst.frontStation.value)) m\n"
    }
    text += """

      gate        \(comparison.gateInterventions) interventions, \(number(gatePerHour)) an hour, \
      \(number(comparison.gateSeconds)) s
      stops       both \(comparison.agreedStops), the driver's alone \(comparison.driverStops)
      false stops \(comparison.lonelyStops) of ours alone, \(number(lonelyPerHour)) an hour

      """
    for index in 0..<comparison.stopCount {
      let stop = comparison.stop(index)
      text +=
        "  \(stop.level) because \(stop.reason) at \(number(stop.seconds)) s, "
        + "\(number(stop.speed.value)) m/s, front \(number(stop.frontStation.value)) m\n"
    }
    let told = UInt64(comparison.stopCount)
    if comparison.lonelyStops > told {
      text +=
        "  and \(comparison.lonelyStops - told) later ones, of which only the number is kept\n"
    }
    return text + readiness
  }

  /// S-24: whether these hours suffice, and what is missing.
  private var verdict: String {
    let missing = Self.hoursNeeded - comparison.hours
    if let nobodys { return "NOT COUNTED \(nobodys)" }
    return missing <= 0
      ? "enough      \(JSONText.number(Self.hoursNeeded)) h are needed before the first arming"
      : "NOT ENOUGH  \(JSONText.number(missing)) h are missing of the "
        + "\(JSONText.number(Self.hoursNeeded)) h before the first arming"
  }

  private var readiness: String {
    let share = JSONText.number(100 * readyShare)
    var text = "\nready       \(share) % of the time, driver and papers apart; not ready for:\n"
    let unmet = (0..<UInt8(ArmingCheck.count)).compactMap { ArmingCheck(rawValue: $0) }
      .map { (check: $0, seconds: comparison.unmetSeconds($0)) }
      .filter { $0.seconds > 0 }.sorted { $0.seconds > $1.seconds }
    for entry in unmet {
      let part = JSONText.number(100 * entry.seconds / max(comparison.allSeconds, 1e-9))
      text += "  \(entry.check.row(ArmingFacts()).name): \(part) %\n"
    }
    return unmet.isEmpty ? text + "  nothing\n" : text
  }
}
