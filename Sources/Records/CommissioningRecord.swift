import Signals

/// What a person measured on one truck before it was first armed (S-25).
///
/// One flat JSON object of strings, so that it can be read, compared and signed as it is:
///
///     {"format": "1", "profile": "j1939-tractor-semitrailer", "profile_hash": "8f3c...",
///      "vin": "WTULPAR0000000001", "person": "A. Akhmetova", "date": "2026-11-21",
///      "component.brakes": "can0 0x0B name 0x8000A40B12345678 software EBS 7.2",
///      "step.steering_zero": "passed 0.012 rad +- 0.002 rad"}
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

  package private(set) var profile = ""
  package private(set) var profileHash: UInt64 = 0
  package private(set) var vehicleNumber = ""
  package private(set) var components: [Component] = []
  /// Steps that are not recorded as passed.
  package private(set) var missingSteps: [Step] = []

  /// - Parameter bytes: of the file; every fault of form is refused by key and value.
  package init(_ bytes: [UInt8]) throws(Problem) {
    let members: [String: String]
    do throws(JSONText.Problem) {
      members = try JSONText.strings(in: bytes)
    } catch {
      throw Problem(description: error.message)
    }
    guard members["format"] == "1" else {
      throw Self.refused("format", members["format"], "1")
    }
    for key in ["person", "date", "profile"] where (members[key] ?? "").isEmpty {
      throw Self.refused(key, members[key], "a text that is not empty")
    }
    profile = members["profile"] ?? ""
    guard let text = members["profile_hash"], text.utf8.count <= 16,
      let hash = UInt64(text, radix: 16)
    else { throw Self.refused("profile_hash", members["profile_hash"], "1 to 16 hex digits") }
    profileHash = hash
    let number = members["vin"] ?? ""
    guard VehicleNumber.isValid(number) else {
      throw Self.refused("vin", members["vin"], "17 capital letters (not I, O, Q) and digits")
    }
    vehicleNumber = number
    try readDetails(members)
  }

  private mutating func readDetails(_ members: [String: String]) throws(Problem) {
    let plain: Set<String> = ["format", "person", "date", "profile", "profile_hash", "vin"]
    var passed: Set<Step> = []
    for (key, value) in members.sorted(by: { $0.key < $1.key }) where !plain.contains(key) {
      if key.hasPrefix("component.") {
        components.append(try Self.component(key, value))
      } else if key.hasPrefix("step."), let step = Step(rawValue: String(key.dropFirst(5))) {
        if try Self.isPassed(key, value) { passed.insert(step) }
      } else {
        throw Problem(description: "\(key): unknown key")
      }
    }
    missingSteps = Step.allCases.filter { !passed.contains($0) }
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

  /// `passed VALUE UNIT +- UNCERTAINTY UNIT`, `passed` alone for what is seen and not measured, or
  /// `failed ...`.
  private static func isPassed(_ key: String, _ value: String) throws(Problem) -> Bool {
    let words = value.split(separator: " ")
    let allowed = "passed [VALUE UNIT +- UNCERTAINTY UNIT] or failed [WHY]"
    guard let verdict = words.first, verdict == "passed" || verdict == "failed" else {
      throw refused(key, value, allowed)
    }
    guard verdict == "passed", words.count > 1 else { return verdict == "passed" }
    guard words.count == 6, words[3] == "+-", words[2] == words[5],
      let result = Double(words[1]), let uncertainty = Double(words[4]), result.isFinite,
      uncertainty.isFinite, uncertainty >= 0
    else { throw refused(key, value, allowed) }
    return true
  }

  private static func refused(_ key: String, _ value: String?, _ allowed: String) -> Problem {
    Problem(
      description: "\(key): read \(value.map { "'\($0)'" } ?? "nothing"), allowed is \(allowed)")
  }

  /// What the record is worth for the profile in use.
  package func state(profileHash hash: UInt64) -> RecordState {
    guard hash == profileHash else { return .other }
    return missingSteps.isEmpty && !components.isEmpty ? .valid : .incomplete
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
