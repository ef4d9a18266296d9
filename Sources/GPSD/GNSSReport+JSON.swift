import Signals
import Units

extension GNSSReport {
  /// The members of a JSON object, without braces; what is absent is `null`.
  package var jsonMembers: String {
    let time = validAtUTC == 0 ? "null" : "\"\(iso8601(validAtUTC))\""
    return "\"time\":\(time),\"mode\":\(mode),\"status\":\(status)"
      + ",\"lat\":\(jsonNumber(latitude.value)),\"lon\":\(jsonNumber(longitude.value))"
      + ",\"altHAE\":\(jsonNumber(height.value)),\"speed\":\(jsonNumber(speed.value))"
      + ",\"track\":\(jsonNumber(track.value)),\"heading\":\(jsonNumber(heading.value))"
      + ",\"sigma\":\(jsonNumber(sigma.value))"
  }
}

extension GNSSRefusal {
  package var jsonMembers: String {
    "\"refused\":\"\(reason.name)\",\"measured\":\(jsonNumber(measured))"
      + ",\"allowed\":\(jsonNumber(allowed)),\(report.jsonMembers)"
  }
}

/// A number as JSON has it; it has no NaN and no infinity.
package func jsonNumber(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }
