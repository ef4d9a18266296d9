import CAN
import DriveConfiguration
import Signals
import Units

/// The file that tells the trailer of one trip (S-7): what a `trailer.yaml` may hold.
package enum TrailerSchema {
  package static var keys: [Key] {
    [
      Key("format", .integer(1...1), "Version of this file format."),
      Key("id", .text, "Number that the trailer is known by: letters, digits and -, at most 24."),
      Key("length", .quantity(.length, 2...25), "Front to rear."),
      Key("king_pin_to_axle", .quantity(.length, 1...20), "To the centre of the bogie."),
      Key("overhang", .quantity(.length, 0...15), "From there to the rearmost part."),
      Key("axles", .integer(1...10), "How many."),
      Key("mass", .quantity(.mass, 1_000...150_000), "With its load."),
      Key(
        "load", .choice(["laden", "unladen"]), required: false,
        "From the mass when absent; a light trailer counts as unladen whatever this says."),
      Key(
        "abs", .choice(["working", "faulty", "unknown"]),
        "Its anti-lock braking; unknown does not drive."),
      Key(
        "brake_test", .text, required: false,
        "When its brakes were last tested and passed, UTC, as 2026-11-22T06:10Z."),
    ]
  }
}

extension TrailerFacts {
  package static func load(
    file: String, for profile: VehicleProfile?, findings: Findings
  ) -> TrailerFacts? {
    guard let bytes = readFile(file, findings: findings) else { return nil }
    return read(bytes, file: file, for: profile, findings: findings)
  }

  /// Every fault goes to `findings`; nil when there was an error among them.
  ///
  /// - Parameter profile: the truck that is to pull it; nil checks the file alone.
  package static func read(
    _ bytes: [UInt8], file: String, for profile: VehicleProfile?, findings: Findings
  ) -> TrailerFacts? {
    guard let root = readYAML(bytes, file: file, findings: findings) else { return nil }
    let reader = ConfigurationReader(file: file, findings: findings)
    guard let checked = reader.read(root, as: .mapping(TrailerSchema.keys)) else { return nil }
    var facts = TrailerFacts()
    _ = checked["format"]?.integer
    facts.readIdentifier(checked["id"])
    facts.length = Metres(checked["length"]?.number ?? 0)
    facts.kingPinToAxle = Metres(checked["king_pin_to_axle"]?.number ?? 0)
    facts.overhang = Metres(checked["overhang"]?.number ?? 0)
    facts.axles = UInt8(clamping: checked["axles"]?.integer ?? 0)
    facts.mass = Kilograms(checked["mass"]?.number ?? 0)
    switch checked["load"]?.text {
    case "laden": facts.load = .laden
    case "unladen": facts.load = .unladen
    default: facts.load = .unknown
    }
    switch checked["abs"]?.text {
    case "working": facts.antiLock = .working
    case "faulty": facts.antiLock = .faulty
    default: facts.antiLock = .unknown
    }
    if let test = checked["brake_test"] { facts.readBrakeTest(test) }
    if !findings.hasErrors { checked.reportUnconsumed() }
    if !findings.hasErrors { facts.compare(with: profile, checked) }
    return findings.hasErrors ? nil : facts
  }

  private mutating func readIdentifier(_ place: CheckedValue?) {
    guard let place, let text = place.text else { return }
    guard let read = TrailerIdentifier(text) else {
      return place.refuse(read: quoted(text), allowed: TrailerIdentifier.allowed)
    }
    identifier = read
  }

  private mutating func readBrakeTest(_ place: CheckedValue) {
    guard let text = place.text else { return }
    guard let time = Self.time(text) else {
      return place.refuse(read: quoted(text), allowed: "a time in UTC, as 2026-11-22T06:10Z")
    }
    brakeTestAt = time
  }

  /// `YYYY-MM-DDThh:mm[:ss]Z` as nanoseconds since 1970.
  private static func time(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 17 || bytes.count == 20, bytes.last == UInt8(ascii: "Z") else {
      return nil
    }
    let pattern = Array("dddd-dd-ddTdd:dd:dd".utf8)
    var numbers = [0]
    for (byte, expected) in zip(bytes.dropLast(), pattern) {
      if expected == UInt8(ascii: "d") {
        guard (0x30...0x39).contains(byte) else { return nil }
        numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(byte) - 0x30
      } else {
        guard byte == expected else { return nil }
        numbers.append(0)
      }
    }
    if numbers.count == 5 { numbers.append(0) }
    let days = CivilDate.days(year: numbers[0], month: numbers[1], day: numbers[2])
    // Of a month that is none, or a day that it has not, something else comes back.
    guard CivilDate.date(days: days) == (numbers[0], numbers[1], numbers[2]),
      (1971...2200).contains(numbers[0]), numbers[3] < 24, numbers[4] < 60, numbers[5] < 60
    else { return nil }
    let seconds = Int64(numbers[3] * 3_600 + numbers[4] * 60 + numbers[5])
    return days * CivilDate.nanosecondsPerDay + seconds * 1_000_000_000
  }

  /// Within what the profile's truck may pull, and not at odds with itself.
  private func compare(with profile: VehicleProfile?, _ checked: CheckedValue) {
    let parts = kingPinToAxle + overhang
    if length.value < parts.value - 0.001 {
      checked["length"]?.refuse(
        read: formatted(length.value, .length),
        allowed: "at least king_pin_to_axle and overhang, \(formatted(parts.value, .length))")
      return
    }
    guard let profile else { return }
    guard profile.parameters.hasTrailer else {
      return checked.report("profile \(profile.name) pulls no trailer (trailer.kind: none)")
    }
    if let outside = profile.trailer.firstOutside(self) {
      let (least, most) = profile.trailer.bounds(outside)
      let dimension: Dimension =
        switch outside {
        case .mass: .mass
        case .axles: .pure
        case .length, .kingPinToAxle, .overhang, .frontOverhang: .length
        }
      let place = outside == .frontOverhang ? checked["length"] : checked["\(outside.name)"]
      let what = outside == .frontOverhang ? "\(outside.name) = " : ""
      place?.refuse(
        read: what + formatted(value(outside), dimension),
        allowed: "\(formatted(least, dimension)) to \(formatted(most, dimension)) by profile "
          + profile.name)
    } else if load == .laden, profile.trailer.isUnladen(self) {
      checked["load"]?.report(
        "\(formatted(mass.value, .mass)) counts as unladen below "
          + "\(formatted(profile.trailer.unladenBelow.value, .mass)) by profile \(profile.name)",
        .warning)
    }
  }
}
