import DriveConfiguration
import Records
import Signals
import Units

/// The trailer of a trip as it comes over the control socket: checked values in metres and
/// kilograms, held against the profile again because whoever sent them may be anybody (S-7).
package enum TrailerRequest {
  package static let members = [
    "do", "id", "length", "king_pin_to_axle", "overhang", "axles", "mass", "load", "abs",
    "brake_test",
  ]

  package static func facts(
    _ request: [String: String], within range: TrailerRange
  ) throws(JSONText.Problem) -> TrailerFacts {
    var facts = TrailerFacts()
    facts.identifier = try identifier(request["id"])
    facts.length = Metres(try number("length", request, "m"))
    facts.kingPinToAxle = Metres(try number("king_pin_to_axle", request, "m"))
    facts.overhang = Metres(try number("overhang", request, "m"))
    facts.mass = Kilograms(try number("mass", request, "kg"))
    guard let axles = request["axles"].flatMap({ UInt8($0) }) else {
      throw refusal("axles", request["axles"], "a whole number from 1 to \(range.axleLimit)")
    }
    facts.axles = axles
    facts.load = try word(
      "load", request, ["unknown": .unknown, "unladen": .unladen, "laden": .laden])
    facts.antiLock = try word(
      "abs", request, ["unknown": .unknown, "working": .working, "faulty": .faulty])
    guard let test = request["brake_test"].map({ Int64($0) }) ?? 0, test >= 0 else {
      throw refusal("brake_test", request["brake_test"], "nanoseconds since 1970, 0 for none")
    }
    facts.brakeTestAt = test
    guard let outside = range.firstOutside(facts) else { return facts }
    let (least, most) = range.bounds(outside)
    let unit = outside == .mass ? " kg" : outside == .axles ? "" : " m"
    throw refusal(
      "\(outside.name)", JSONText.number(facts.value(outside)) + unit,
      "\(JSONText.number(least))\(unit) to \(JSONText.number(most))\(unit) by the profile")
  }

  /// In words, for the journal.
  package static func text(_ facts: TrailerFacts) -> String {
    "\(facts.identifier.text), \(JSONText.number(facts.length.value)) m, "
      + "\(JSONText.number(facts.mass.value)) kg, ABS \(facts.antiLock)"
  }

  private static func refusal(_ name: String, _ read: String?, _ allowed: String)
    -> JSONText.Problem
  {
    guard let read else { return JSONText.Problem(message: "'trailer' needs the member '\(name)'") }
    return JSONText.Problem(message: "\(name): read \(read); allowed: \(allowed)")
  }

  private static func identifier(_ text: String?) throws(JSONText.Problem) -> TrailerIdentifier {
    guard let identifier = TrailerIdentifier(text ?? "") else {
      throw refusal("id", text.map { JSONText.quoted($0) }, TrailerIdentifier.allowed)
    }
    return identifier
  }

  private static func number(
    _ name: String, _ request: [String: String], _ unit: String
  ) throws(JSONText.Problem) -> Double {
    guard let value = request[name].flatMap({ Double($0) }), value.isFinite else {
      throw refusal(name, request[name].map { JSONText.quoted($0) }, "a number of \(unit)")
    }
    return value
  }

  private static func word<T>(
    _ name: String, _ request: [String: String], _ words: [String: T]
  ) throws(JSONText.Problem) -> T {
    guard let value = request[name].flatMap({ words[$0] }) else {
      throw refusal(
        name, request[name].map { JSONText.quoted($0) },
        words.keys.sorted().joined(separator: " | "))
    }
    return value
  }
}
