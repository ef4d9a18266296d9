import Control
import Signals
import Units

/// What a truck drove in shadow, with what it was compared to (S-24).
///
/// Kept as words under a hash, so that the next shadow drive goes on where this one ended; beside it
/// go a JSON and a text for people.
package struct ShadowRecord: Sendable {
  /// S-24: before the first arming of a truck and profile.
  package static var hoursNeeded: Double { 8 }
  /// "TULPARSH" in ASCII.
  private static var magic: UInt64 { 0x4853_5241_504C_5554 }
  /// Version 1 has neither the places of the worst differences nor readiness, versions 1 and 2 name
  /// no computer; they are read, and what they lack is zero.
  private static var version: UInt64 { 3 }
  private static var capacity: Int { 768 }

  package var profileHash: UInt64
  /// Hash of the vehicle number, 0 while no controller told it.
  package var vehicle: UInt64
  /// On which they were driven; 0 on a bench, whose hours are no truck's.
  package var computer: UInt64
  package var comparison = ShadowComparison()

  package init(profileHash: UInt64, vehicle: UInt64 = 0, computer: UInt64 = 0) {
    self.profileHash = profileHash
    self.vehicle = vehicle
    self.computer = computer
  }

  package static func hash(ofVehicle number: String) -> UInt64 {
    var hash = FieldHash()
    for byte in number.utf8 { hash.mix(UInt64(byte)) }
    return hash.hash
  }

  /// Nil for bytes that are no such record or are damaged.
  package init?(decoding bytes: [UInt8]) {
    guard bytes.count % 8 == 0, bytes.count / 8 >= 5, bytes.count / 8 <= Self.capacity else {
      return nil
    }
    var words: [UInt64] = []
    for start in stride(from: 0, to: bytes.count, by: 8) {
      words.append((0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) })
    }
    guard words[0] == Self.magic, (1...Self.version).contains(words[1]),
      Self.hash(of: words.dropLast()) == words[words.count - 1]
    else { return nil }
    self.init(profileHash: words[2], vehicle: words[3])
    var fixed = InlineArray<768, UInt64>(repeating: 0)
    let hasComputer = words[1] >= 3
    if hasComputer { computer = words[words.count - 2] }
    let content = words[4..<(words.count - (hasComputer ? 2 : 1))]
    for (index, word) in content.enumerated() { fixed[index] = word }
    var reader = WordReader<768>(fixed, count: content.count)
    if words[1] == 1 { comparison.visitFirst(&reader) } else { comparison.visit(&reader) }
    guard !reader.failed, reader.count == content.count, comparison.seconds.isFinite else {
      return nil
    }
  }

  package func encoded() -> [UInt8] {
    var copy = comparison
    var writer = WordWriter<768>()
    copy.visit(&writer)
    var words = [Self.magic, Self.version, profileHash, vehicle]
    for i in 0..<writer.count { words.append(writer.words[i]) }
    words.append(computer)
    words.append(Self.hash(of: words[...]))
    return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
  }

  private static func hash(of words: ArraySlice<UInt64>) -> UInt64 {
    var hash = FieldHash()
    for word in words { hash.mix(word) }
    return hash.hash
  }

  /// What the record is worth for the profile in use on this computer, and the vehicle that was
  /// commissioned: hours of nobody knows which truck are nobody's.
  package func state(
    profileHash hash: UInt64, vehicle number: String?, computer here: UInt64?
  ) -> RecordState {
    guard hash == profileHash, nobodys == nil, computer == here else { return .other }
    if let number, vehicle != Self.hash(ofVehicle: number) { return .other }
    return comparison.hours >= Self.hoursNeeded ? .valid : .incomplete
  }
}

// MARK: - For people

extension ShadowRecord {
  /// Why the hours are no truck's; nil where they are one's.
  package var nobodys: String? {
    if computer == 0 { return "driven on a bench, or noted by a version that named no computer" }
    return vehicle == 0 ? "no controller told whose truck it was" : nil
  }
}

extension ShadowRecord {
  struct Line {
    let key: String
    let title: String
    let unit: String
    let scale: Double
    let difference: ShadowDifference
    let worst: ShadowPlace
  }

  var lines: [Line] {
    [
      Line(
        key: "curvature", title: "steering (curvature)", unit: "1/km", scale: 1_000,
        difference: comparison.curvature, worst: comparison.worstCurvature),
      Line(
        key: "deceleration", title: "brake (deceleration)", unit: "m/s2", scale: 1,
        difference: comparison.deceleration, worst: comparison.worstDeceleration),
      Line(
        key: "speed", title: "speed", unit: "m/s", scale: 1, difference: comparison.speed,
        worst: comparison.worstSpeed),
      Line(
        key: "accelerator", title: "drive torque, accelerator", unit: "%", scale: 100,
        difference: comparison.accelerator, worst: comparison.worstAccelerator),
    ]
  }

  var lonelyPerHour: Double {
    comparison.hours > 0 ? Double(comparison.lonelyStops) / comparison.hours : .nan
  }

  var readyShare: Double {
    comparison.allSeconds > 0 ? comparison.readySeconds / comparison.allSeconds : .nan
  }

  var gatePerHour: Double {
    comparison.hours > 0 ? Double(comparison.gateInterventions) / comparison.hours : .nan
  }

  package func json(profile: String) -> String {
    let number = JSONText.number
    var members = [
      "\"format\":1", "\"profile\":\(JSONText.quoted(profile))",
      "\"profileHash\":\(JSONText.quoted(String(profileHash, radix: 16)))",
      "\"vehicleKnown\":\(vehicle != 0)", "\"computerKnown\":\(computer != 0)",
      "\"hours\":\(number(comparison.hours))",
      "\"hoursNeeded\":\(number(Self.hoursNeeded))",
      "\"allHours\":\(number(comparison.allSeconds / 3_600))",
      "\"distance_m\":\(number(comparison.metres))",
    ]
    for line in lines {
      let of = line.difference
      members.append(
        "\"\(line.key)\":{\"unit\":\"\(line.unit)\",\"mean\":\(number(of.mean * line.scale)),"
          + "\"rms\":\(number(of.rootMeanSquare * line.scale)),"
          + "\"p50\":\(number(of.percentile(0.5) * line.scale)),"
          + "\"p95\":\(number(of.percentile(0.95) * line.scale)),"
          + "\"p99\":\(number(of.percentile(0.99) * line.scale)),"
          + "\"worst\":\(number(of.worst * line.scale)),"
          + "\"worstAt_s\":\(number(line.worst.seconds)),"
          + "\"worstFront_m\":\(number(line.worst.frontStation.value))}")
    }
    members += [
      "\"gateInterventions\":\(comparison.gateInterventions)",
      "\"gateInterventionsPerHour\":\(number(gatePerHour))",
      "\"gateSeconds\":\(number(comparison.gateSeconds))",
      "\"stopsOfBoth\":\(comparison.agreedStops)",
      "\"stopsOfOursAlone\":\(comparison.lonelyStops)",
      "\"stopsOfDriverAlone\":\(comparison.driverStops)",
      "\"stopsOfOursAlonePerHour\":\(number(lonelyPerHour))",
      "\"readyShare\":\(number(readyShare))",
      "\"firstStopsOfOursAlone\":[\(stopsText.joined(separator: ","))]",
    ]
    return "{" + members.joined(separator: ",\n ") + "}\n"
  }

  private var stopsText: [String] {
    (0..<comparison.stopCount).map { index in
      let stop = comparison.stop(index)
      return "{\"at_s\":\(JSONText.number(stop.seconds)),\"reason\":\"\(stop.reason)\","
        + "\"level\":\"\(stop.level)\",\"speed_m_s\":\(JSONText.number(stop.speed.value)),"
        + "\"front_m\":\(JSONText.number(stop.frontStation.value))}"
    }
  }
}
