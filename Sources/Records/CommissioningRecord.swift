import Signals

/// What a person measured on one truck before it was first armed (S-25).
///
/// One flat JSON object of strings, so that it can be read, compared and signed as it is:
///
///     {"format": "2", "profile": "j1939-tractor-semitrailer", "profile_hash": "8f3c...",
///      "vin": "WTULPAR0000000001", "computer": "0123456789abcdef", "person": "A. Akhmetova",
///      "date": "2026-11-21",
///      "component.brakes": "can0 0x0B name 0x8000A40B12345678 software EBS 7.2",
///      "step.steering_zero": "passed 0.012 rad +- 0.002 rad; at 2026-11-21T05:40:00Z;
///      by A. Akhmetova; with brakes"}
///
/// Format 1 named no computer, so that it would arm any.
package struct CommissioningRecord: Sendable, Equatable {
  /// What S-25 asks to be measured.
  package enum Step: String, CaseIterable, Sendable {
    case steeringZero = "steering_zero"
    case steeringSign = "steering_sign"
    case steeringDelay = "steering_delay"
    case leverArm = "lever_arm"
    case overhang
    case wheelScale = "wheel_scale"
    case gyroMounting = "gyro_mounting"
    case brakeDelay = "brake_delay"
    case brakeDeceleration = "brake_deceleration"
    case parkingHold = "parking_hold"
    case emergencyStop = "emergency_stop"
    case messagePeriods = "message_periods"
  }

  /// A controller that was on the truck then; a replaced one voids the record.
  package struct Component: Sendable, Equatable {
    package var label: String
    package var bus: String
    package var address: UInt8
    /// Of its address claim, nil where it has none.
    package var name: UInt64?
    package var software: String?
  }

  package struct Problem: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  package var profile = ""
  package var profileHash: UInt64 = 0
  package var vehicleNumber = ""
  /// Of the computer that it was made for; nil while the record is being made.
  package var computer: UInt64?
  package var person = ""
  package var date = ""
  package var components: [Component] = []
  package var entries: [Step: CommissioningEntry] = [:]
  /// Steps that are not recorded as passed.
  package var missingSteps: [Step] {
    Step.allCases.filter { !(entries[$0]?.hasPassed ?? false) }
  }

  /// A new one, nothing done yet.
  package init() {}

  /// - Parameter bytes: of the file; every fault of form is refused by key and value.
  package init(_ bytes: [UInt8]) throws(Problem) {
    let members: [String: String]
    do throws(JSONText.Problem) {
      members = try JSONText.strings(in: bytes, what: "commissioning record")
    } catch {
      throw Problem(description: error.message)
    }
    guard members["format"] == "2" else {
      throw Self.refused("format", members["format"], "2; commission anew")
    }
    for key in ["person", "date", "profile"] where (members[key] ?? "").isEmpty {
      throw Self.refused(key, members[key], "a text that is not empty")
    }
    profile = members["profile"] ?? ""
    person = members["person"] ?? ""
    date = members["date"] ?? ""
    profileHash = try Self.hash("profile_hash", members)
    computer = try Self.hash("computer", members)
    let number = members["vin"] ?? ""
    guard VehicleNumber.isValid(number) else {
      throw Self.refused("vin", members["vin"], "17 capital letters (not I, O, Q) and digits")
    }
    vehicleNumber = number
    try readDetails(members)
  }

  private static func hash(
    _ key: String, _ members: [String: String]
  ) throws(Problem) -> UInt64 {
    guard let text = members[key], text.utf8.count <= 16, let hash = UInt64(text, radix: 16) else {
      throw refused(key, members[key], "1 to 16 hex digits")
    }
    return hash
  }

  private mutating func readDetails(_ members: [String: String]) throws(Problem) {
    let plain: Set<String> = [
      "format", "person", "date", "profile", "profile_hash", "vin", "computer",
    ]
    for (key, value) in members.sorted(by: { $0.key < $1.key }) where !plain.contains(key) {
      if key.hasPrefix("component.") {
        components.append(try Self.component(key, value))
      } else if key.hasPrefix("step."), let step = Step(rawValue: String(key.dropFirst(5))) {
        guard let entry = CommissioningEntry(value) else {
          throw Self.refused(
            key, value,
            "passed VALUE UNIT +- UNCERTAINTY UNIT; at TIME; by PERSON or failed [WHY], then "
              + "perhaps \"; limit ...\", with, note")
        }
        entries[step] = entry
      } else {
        throw Problem(description: "\(key): unknown key")
      }
    }
    let labels = Set(components.map(\.label))
    for step in Step.allCases {
      for label in entries[step]?.components ?? [] where !labels.contains(label) {
        throw Self.refused("step.\(step.rawValue)", "with \(label)", "a label of a component")
      }
    }
  }

  /// `BUS ADDRESS [name NUMBER] [software TEXT]`.
  private static func component(_ key: String, _ value: String) throws(Problem) -> Component {
    let words = value.split(separator: " ", omittingEmptySubsequences: true)
    let allowed = "BUS 0xADDRESS [name 0xNAME] [software TEXT]"
    guard words.count >= 2, let address = hexadecimal(words[1]).flatMap(UInt8.init(exactly:)) else {
      throw refused(key, value, allowed)
    }
    var component = Component(
      label: String(key.dropFirst("component.".count)), bus: String(words[0]), address: address)
    var rest = words.dropFirst(2)
    if rest.first == "name" {
      guard let name = rest.dropFirst().first.flatMap(hexadecimal) else {
        throw refused(key, value, allowed)
      }
      component.name = name
      rest = rest.dropFirst(2)
    }
    if rest.first == "software", rest.count > 1 {
      component.software = rest.dropFirst().joined(separator: " ")
      rest = []
    }
    guard rest.isEmpty, !component.label.isEmpty else { throw refused(key, value, allowed) }
    return component
  }

  private static func hexadecimal(_ word: Substring) -> UInt64? {
    word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : nil
  }

  private static func refused(_ key: String, _ value: String?, _ allowed: String) -> Problem {
    Problem(
      description: "\(key): read \(value.map { "'\($0)'" } ?? "nothing"), allowed is \(allowed)")
  }

  /// What the record is worth for the profile in use on this computer; S-25: a swapped computer
  /// starts uncommissioned, also when somebody brought the file along.
  package func state(profileHash hash: UInt64, computer here: UInt64?) -> RecordState {
    guard hash == profileHash, let computer, computer == here else { return .other }
    return missingSteps.isEmpty && !components.isEmpty ? .valid : .incomplete
  }
}

// MARK: - Writing

extension CommissioningRecord.Component {
  package init(label: String, bus: String, address: UInt8) {
    self.label = label
    self.bus = bus
    self.address = address
  }

  /// As in the file.
  package var text: String {
    var text = "\(bus) 0x\(String(address, radix: 16))"
    if let name { text += " name 0x" + String(name, radix: 16) }
    if let software, !software.isEmpty { text += " software \(software)" }
    return text
  }
}

extension CommissioningRecord {
  /// As it is read, one member a line; needs a computer.
  package var encoded: [UInt8] {
    var members = [
      ("format", "2"), ("profile", profile), ("profile_hash", String(profileHash, radix: 16)),
      ("vin", vehicleNumber), ("computer", String(computer ?? 0, radix: 16)), ("person", person),
      ("date", date),
    ]
    members += components.sorted { $0.label < $1.label }.map { ("component.\($0.label)", $0.text) }
    for step in Step.allCases {
      if let entry = entries[step] { members.append(("step.\(step.rawValue)", entry.text)) }
    }
    let lines = members.map { "\(JSONText.quoted($0)): \(JSONText.quoted($1))" }
    return Array("{\(lines.joined(separator: ",\n "))}\n".utf8)
  }

  /// Takes what the truck's controllers tell now.
  ///
  /// A part that is another than it was voids what was found with it (S-25); answers the replaced
  /// parts and the steps that are to be done again.
  package mutating func update(
    components seen: [Component]
  ) -> (replaced: [Component], voided: [Step]) {
    var replaced: [Component] = []
    for new in seen {
      guard let index = components.firstIndex(where: { $0.label == new.label }) else {
        components.append(new)
        continue
      }
      var merged = new
      // What a part did not tell this time is as it was.
      merged.name = new.name ?? components[index].name
      merged.software = new.software ?? components[index].software
      if merged.isOther(than: components[index]) { replaced.append(merged) }
      components[index] = merged
    }
    let labels = replaced.map(\.label)
    let voided = Step.allCases.filter { step in
      labels.contains { steps(restingOn: $0).contains(step) }
    }
    for step in voided { entries[step] = nil }
    return (replaced, voided)
  }

  /// What a replaced component voids.
  package func steps(restingOn label: String) -> [Step] {
    Step.allCases.filter { entries[$0]?.components.contains(label) ?? false }
  }
}

extension CommissioningRecord.Component {
  /// What is told for the first time makes no other part.
  fileprivate func isOther(than old: Self) -> Bool {
    bus != old.bus || address != old.address || (old.name != nil && name != old.name)
      || (old.software != nil && software != old.software)
  }
}

/// A vehicle identification number after ISO 3779.
package enum VehicleNumber {
  package static func isValid(_ text: String) -> Bool {
    text.utf8.count == 17
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "I"), UInt8(ascii: "O"), UInt8(ascii: "Q"): false
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
      }
  }
}
