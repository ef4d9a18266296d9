/// What was found in one procedure of the commissioning, as the record keeps it (S-25).
///
///     passed 0.0012 rad +- 0.0003 rad; limit 0.0175 rad; at 2026-11-22T05:40:00Z;
///     by A. Akhmetova; with brakes steering; note lag 0.31 s
///
/// The verdict comes first; `failed WHY` where it failed. What passed has value, time and person; the
/// rest may be absent.
package struct CommissioningEntry: Sendable, Equatable {
  /// A quantity with its uncertainty (coverage factor 2) in one unit.
  package struct Quantity: Sendable, Equatable {
    package var value: Double
    package var uncertainty: Double
    package var unit: String

    package init(_ value: Double, uncertainty: Double, unit: String) {
      self.value = value
      self.uncertainty = uncertainty
      self.unit = unit
    }

    package var text: String {
      "\(CommissioningEntry.number(value)) \(unit) +- "
        + "\(CommissioningEntry.number(uncertainty)) \(unit)"
    }
  }

  package var hasPassed = false
  package var quantity: Quantity?
  /// Why it failed.
  package var reason = ""
  /// What the result was held against.
  package var limit = ""
  /// UTC, as in 2026-11-22T05:40:00Z.
  package var time = ""
  package var person = ""
  /// Labels of the components whose replacement voids the result.
  package var components: [String] = []
  package var note = ""

  package init() {}

  /// Five significant digits at least as far as they matter: microradians and tenths of a
  /// millisecond.
  package static func number(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e12 else { return "nan" }
    let rounded = (value * 1e6).rounded() / 1e6
    return rounded == rounded.rounded() ? String(Int64(rounded)) : Self.plain(rounded)
  }

  /// Without an exponent, which small numbers would get.
  private static func plain(_ value: Double) -> String {
    let scaled = Int64((value.magnitude * 1e6).rounded())
    let digits = String(scaled % 1_000_000)
    var fraction = String(repeating: "0", count: 6 - digits.count) + digits
    while fraction.last == "0" { fraction.removeLast() }
    return (value < 0 ? "-" : "") + "\(scaled / 1_000_000).\(fraction)"
  }

  package var text: String {
    var parts = [hasPassed ? "passed" : "failed"]
    if let quantity, hasPassed { parts[0] += " " + quantity.text }
    if !hasPassed, !reason.isEmpty { parts[0] += " " + Self.clean(reason) }
    for (key, value) in [
      ("limit", limit), ("at", time), ("by", person), ("with", components.joined(separator: " ")),
      ("note", note),
    ] where !value.isEmpty { parts.append("\(key) \(Self.clean(value))") }
    return parts.joined(separator: "; ")
  }

  /// A semicolon would end the part.
  private static func clean(_ text: String) -> String {
    String(text.map { $0 == ";" ? "," : $0 })
  }

  /// Nil for what is no entry.
  package init?(_ text: String) {
    let parts = text.split(separator: ";").map { String($0).trimmed }
    guard let verdict = parts.first else { return nil }
    let words = verdict.split(separator: " ")
    switch words.first {
    case "passed":
      hasPassed = true
      guard words.count == 6, words[3] == "+-", words[2] == words[5],
        let result = Double(words[1]), let uncertainty = Double(words[4]), result.isFinite,
        uncertainty.isFinite, uncertainty >= 0
      else { return nil }
      quantity = Quantity(result, uncertainty: uncertainty, unit: String(words[2]))
    case "failed": reason = words.dropFirst().joined(separator: " ")
    default: return nil
    }
    for part in parts.dropFirst() {
      guard let space = part.firstIndex(of: " ") else { return nil }
      let value = String(part[part.index(after: space)...])
      switch part[..<space] {
      case "limit": limit = value
      case "at": time = value
      case "by": person = value
      case "with": components = value.split(separator: " ").map(String.init)
      case "note": note = value
      default: return nil
      }
    }
    // A result that nobody stands for was not found.
    guard !hasPassed || (!time.isEmpty && !person.isEmpty) else { return nil }
  }
}
