import Units

/// What a trip's papers say of the trailer's load.
@usableFromInline package enum TrailerLoad: UInt8, Sendable {
  case unknown, unladen, laden
}

/// What a trip's papers say of the trailer's anti-lock braking.
@usableFromInline package enum AntiLockState: UInt8, Sendable {
  case unknown, working, faulty
}

/// The road of this trip, as an operator tells it.
@usableFromInline package enum RoadSurface: UInt8, Sendable {
  case unknown, dry, wet, slippery
}

/// The number that a trailer is known by: up to 24 letters, digits and hyphens, as a vehicle
/// identification number has 17.
@usableFromInline package struct TrailerIdentifier: Sendable, Equatable, Visitable {
  package static var capacity: Int { 24 }
  /// Character 0 in the least significant byte of the first word; zero after the last.
  private var words = (UInt64(0), UInt64(0), UInt64(0))

  package init() {}

  package var isEmpty: Bool { words == (0, 0, 0) }

  package static func allows(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: true
    default: false
    }
  }

  /// Zero past the end.
  @usableFromInline package subscript(_ index: Int) -> UInt8 {
    get {
      let shift = UInt64(8 * (index & 7))
      return switch index {
      case 0..<8: UInt8(truncatingIfNeeded: words.0 >> shift)
      case 8..<16: UInt8(truncatingIfNeeded: words.1 >> shift)
      case 16..<24: UInt8(truncatingIfNeeded: words.2 >> shift)
      default: 0
      }
    }
    set {
      let shift = UInt64(8 * (index & 7))
      let (hole, byte) = (~(UInt64(0xFF) << shift), UInt64(newValue) << shift)
      switch index {
      case 0..<8: words.0 = words.0 & hole | byte
      case 8..<16: words.1 = words.1 & hole | byte
      case 16..<24: words.2 = words.2 & hole | byte
      default: return
      }
    }
  }

  @usableFromInline package static func == (a: Self, b: Self) -> Bool { a.words == b.words }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("word0", &words.0)
    visitor.visit("word1", &words.1)
    visitor.visit("word2", &words.2)
  }
}

/// The trailer of this trip as declared (S-7); a standing fact of the host, empty until somebody
/// declares one.
@usableFromInline package struct TrailerFacts: Sendable, Equatable, Visitable {
  package var identifier = TrailerIdentifier()
  /// Front to rear.
  package var length = Metres.zero
  /// From the king-pin to the centre of the bogie, and from there to the rearmost part.
  package var kingPinToAxle = Metres.zero
  package var overhang = Metres.zero
  package var axles: UInt8 = 0
  /// With its load.
  package var mass = Kilograms.zero
  package var load = TrailerLoad.unknown
  package var antiLock = AntiLockState.unknown
  /// When its brakes were last tested and passed, UTC nanoseconds since 1970; 0 when unknown.
  package var brakeTestAt: Int64 = 0

  package init() {}

  package var isDeclared: Bool { !identifier.isEmpty }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("identifier", &identifier)
    visitor.visit("length", &length)
    visitor.visit("kingPinToAxle", &kingPinToAxle)
    visitor.visit("overhang", &overhang)
    visitor.visit("axles", &axles)
    visitor.visit("mass", &mass)
    visitor.visit("load", &load)
    visitor.visit("antiLock", &antiLock)
    visitor.visit("brakeTestAt", &brakeTestAt)
  }
}

/// What of a trailer is held against the profile.
///
/// The names are those of the trip's file.
@usableFromInline package enum TrailerMeasure: UInt8, Sendable {
  case length, kingPinToAxle, overhang, frontOverhang, axles, mass
  package static var count: Int { 6 }

  package var name: StaticString {
    switch self {
    case .length: "length"
    case .kingPinToAxle: "king_pin_to_axle"
    case .overhang: "overhang"
    case .frontOverhang: "length - king_pin_to_axle - overhang"
    case .axles: "axles"
    case .mass: "mass"
    }
  }
}

/// Which trailers a profile's truck may pull; one that is not known is the longest and heaviest of
/// them (S-7).
@usableFromInline package struct TrailerRange: Sendable, Visitable {
  package var lengthLimit = Metres(13.6)
  package var kingPinToAxleLeast = Metres(4)
  package var kingPinToAxleLimit = Metres(8.1)
  package var overhangLimit = Metres(3.9)
  package var axleLimit: UInt8 = 3
  /// With its load.
  package var massLimit = Kilograms(28_000)
  /// A trailer lighter than this may jack-knife under a retarder whatever its papers call it.
  package var unladenBelow = Kilograms(12_000)
  /// Between what is declared and what the axles carry, of the combination.
  package var massTolerance = Fraction(0.1)

  package init() {}

  /// ISO 1726: nothing of a semitrailer is farther ahead of its king-pin.
  private static var frontOverhangLimit: Double { 2.04 }
  /// Lighter than any semitrailer.
  private static var leastMass: Double { 2_000 }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("lengthLimit", &lengthLimit)
    visitor.visit("kingPinToAxleLeast", &kingPinToAxleLeast)
    visitor.visit("kingPinToAxleLimit", &kingPinToAxleLimit)
    visitor.visit("overhangLimit", &overhangLimit)
    visitor.visit("axleLimit", &axleLimit)
    visitor.visit("massLimit", &massLimit)
    visitor.visit("unladenBelow", &unladenBelow)
    visitor.visit("massTolerance", &massTolerance)
  }

  /// In metres, kilograms or a number.
  package func bounds(_ measure: TrailerMeasure) -> (least: Double, most: Double) {
    switch measure {
    case .length: (kingPinToAxleLeast.value, lengthLimit.value)
    case .kingPinToAxle: (kingPinToAxleLeast.value, kingPinToAxleLimit.value)
    case .overhang: (0, overhangLimit.value)
    case .frontOverhang: (0, Self.frontOverhangLimit)
    case .axles: (1, Double(axleLimit))
    case .mass: (Self.leastMass, massLimit.value)
    }
  }

  /// The first measure that this truck may not pull; nil for a trailer that it may.
  package func firstOutside(_ trailer: TrailerFacts) -> TrailerMeasure? {
    for raw in 0..<UInt8(TrailerMeasure.count) {
      guard let measure = TrailerMeasure(rawValue: raw) else { continue }
      let (least, most) = bounds(measure)
      // A millimetre or a gram is rounding of decimal text.
      let value = trailer.value(measure)
      guard value >= least - 0.001, value <= most + 0.001 else { return measure }
    }
    return nil
  }

  package func isUnladen(_ trailer: TrailerFacts) -> Bool {
    trailer.load == .unladen || !(trailer.mass >= unladenBelow)
  }
}

extension TrailerFacts {
  package func value(_ measure: TrailerMeasure) -> Double {
    switch measure {
    case .length: length.value
    case .kingPinToAxle: kingPinToAxle.value
    case .overhang: overhang.value
    case .frontOverhang: (length - kingPinToAxle - overhang).value
    case .axles: Double(axles)
    case .mass: mass.value
    }
  }
}

extension VehicleParameters {
  /// The same truck with the trailer of a trip.
  ///
  /// A profile's parameters are those with the longest and heaviest trailer; so they stay for one
  /// that is not declared, or not within what the profile allows (S-7).
  package func pulling(_ trailer: TrailerFacts, within range: TrailerRange) -> VehicleParameters {
    guard hasTrailer, trailer.isDeclared, range.firstOutside(trailer) == nil else { return self }
    var vehicle = self
    vehicle.kingPinToTrailerAxle = trailer.kingPinToAxle
    vehicle.trailerAxleToRear = trailer.overhang
    vehicle.mass = mass - range.massLimit + trailer.mass
    return vehicle
  }
}
