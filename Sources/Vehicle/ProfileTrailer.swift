import Signals
import Units

extension ProfileSchema {
  /// Which trailers the truck may pull; each trip says which one it does (S-7).
  static var trailer: [Key] {
    [
      Key("kind", .choice(["semitrailer", "none"]), "none: this truck pulls none."),
      Key("length_limit", .quantity(.length, 4...25), required: false, "Longest, front to rear."),
      Key(
        "king_pin_to_axle_least", .quantity(.length, 2...20), required: false,
        "Shortest from king-pin to the centre of the bogie."),
      Key("king_pin_to_axle_limit", .quantity(.length, 2...20), required: false, "Longest."),
      Key(
        "overhang_limit", .quantity(.length, 0...10), required: false,
        "Longest from the centre of the bogie to the rearmost part."),
      Key("axle_limit", .integer(1...10), required: false, "Most axles."),
      Key(
        "mass_limit", .quantity(.mass, 2_000...150_000), required: false,
        "Heaviest, with its load."),
      Key(
        "unladen_below", .quantity(.mass, 2_000...150_000), required: false,
        "A lighter trailer counts as unladen whatever is said of it: no retarder."),
      Key(
        "mass_tolerance", .quantity(.fraction, 0.01...0.5), required: false,
        "Between the declared mass of the combination and the measured one; 10 % when absent."),
    ]
  }
}

extension ProfileBuilder {
  /// The parameters become those with the longest and heaviest trailer: what is not known of a
  /// trip's counts as that.
  func readTrailer(_ section: CheckedValue, kingPin: CheckedValue?) {
    let limits = ProfileSchema.trailer.map(\.name).filter { $0 != "kind" }
    let given = limits.filter { section[$0] != nil }
    profile.parameters.hasTrailer = section["kind"]?.text == "semitrailer"
    guard profile.parameters.hasTrailer else {
      if !given.isEmpty, section["kind"]?.text == "none" {
        section.refuse(
          read: "kind none with \(given.joined(separator: ", "))", allowed: "kind alone")
      }
      kingPin?.report("only a truck that pulls a trailer has a king-pin")
      return
    }
    let missing = limits.filter { !given.contains($0) && $0 != "mass_tolerance" }
    guard missing.isEmpty else {
      return section.refuse(
        read: "kind semitrailer without \(missing.joined(separator: ", "))",
        allowed: "kind semitrailer with all limits, or none")
    }
    if kingPin == nil {
      section.report("a semitrailer needs geometry.reference_points.king_pin")
    }
    FieldTable(profile.trailer).apply(section, to: &profile.trailer)
    check(section)
    profile.parameters.kingPinToTrailerAxle = profile.trailer.kingPinToAxleLimit
    profile.parameters.trailerAxleToRear = profile.trailer.overhangLimit
    profile.parameters.mass += profile.trailer.massLimit
  }

  private func check(_ section: CheckedValue) {
    let range = profile.trailer
    if range.kingPinToAxleLeast > range.kingPinToAxleLimit {
      section["king_pin_to_axle_least"]?.refuse(
        read: formatted(range.kingPinToAxleLeast.value, .length),
        allowed: "at most king_pin_to_axle_limit, "
          + formatted(range.kingPinToAxleLimit.value, .length))
    }
    if range.unladenBelow > range.massLimit {
      section["unladen_below"]?.refuse(
        read: formatted(range.unladenBelow.value, .mass),
        allowed: "at most mass_limit, \(formatted(range.massLimit.value, .mass))")
    }
    let truck = profile.parameters.mass
    if truck + range.massLimit > profile.parameters.massLimit {
      section["mass_limit"]?.refuse(
        read: formatted(range.massLimit.value, .mass),
        allowed: "with the truck's \(formatted(truck.value, .mass)) at most dynamics.mass_limit, "
          + formatted(profile.parameters.massLimit.value, .mass))
    }
  }
}
