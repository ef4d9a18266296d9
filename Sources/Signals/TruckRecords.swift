import Units

/// Whether something that was seen is what the records say.
@usableFromInline package enum IdentityMatch: UInt8, Sendable {
  case unknown, matches, differs
}

/// What a file that arming needs is worth.
@usableFromInline package enum RecordState: UInt8, Sendable {
  case missing
  /// Not to be read, or not in its format.
  case damaged
  /// Of another truck, profile or component.
  case other
  /// Not all that it must hold: steps failed or left out, too few hours.
  case incomplete
  case valid
}

/// Whether this drive is being kept (R-REC-1, domain.md 2.4).
@usableFromInline package enum RecordingState: UInt8, Sendable {
  /// Nobody records; for benches and simulated time.
  case none
  case kept
  /// Kept, but less than a tenth of the disk is free.
  case short
  /// Nothing can be appended.
  case failed
}

/// What the host knows of this very truck; facts, not judgements (S-24, S-25).
@usableFromInline package struct TruckRecords: Sendable, Visitable {
  /// A bench that cannot open a real interface: records are not asked for.
  package var isBench = false
  /// The host only listens, and there is no transmit socket (S-24).
  package var listensOnly = false
  /// Vehicle identification number against the commissioning record's.
  package var vehicle = IdentityMatch.unknown
  /// Names and software of the controllers against the commissioning record's.
  package var components = IdentityMatch.unknown
  package var commissioning = RecordState.missing
  /// Driven in shadow for long enough.
  package var shadow = RecordState.missing
  package var recording = RecordingState.none
  /// What earlier drives found of its brakes; NaN where nothing is known (S-8).
  package var brakeShare = Fraction(.nan)

  package init() {}

  /// Whether authority may grow: what nobody could read afterwards is not begun (domain.md 2.4).
  package var keepsTheDrive: Bool {
    switch recording {
    case .none: isBench
    case .kept, .short: true
    case .failed: false
    }
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isBench", &isBench)
    visitor.visit("listensOnly", &listensOnly)
    visitor.visit("vehicle", &vehicle)
    visitor.visit("components", &components)
    visitor.visit("commissioning", &commissioning)
    visitor.visit("shadow", &shadow)
    visitor.visit("recording", &recording)
    visitor.visit("brakeShare", &brakeShare)
  }
}

/// Where the messages that make a bus recognisable were seen.
@usableFromInline package enum BusPlace: UInt8, Sendable {
  /// Nothing that tells.
  case unknown
  case own
  /// Frames, but none of the profile's.
  case foreign
  /// On the interface of another bus of the profile.
  case onBus0, onBus1, onBus2, onBus3
}

/// Which arming checks fail, one bit each; the bits are `ArmingCheck`'s.
@usableFromInline package struct ArmingReport: Sendable, Equatable, Visitable {
  package var refused: UInt64 = 0
  package var busPlaces = (
    BusPlace.unknown, BusPlace.unknown, BusPlace.unknown, BusPlace.unknown
  )

  package init() {}

  @usableFromInline package static func == (a: Self, b: Self) -> Bool {
    a.refused == b.refused && a.busPlaces == b.busPlaces
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("refused", &refused)
    visitor.visit("busPlace0", &busPlaces.0)
    visitor.visit("busPlace1", &busPlaces.1)
    visitor.visit("busPlace2", &busPlaces.2)
    visitor.visit("busPlace3", &busPlaces.3)
  }

  /// Of the bus with this index, unknown for one that no profile can have.
  package func place(ofBus index: Int) -> BusPlace {
    switch index {
    case 0: busPlaces.0
    case 1: busPlaces.1
    case 2: busPlaces.2
    case 3: busPlaces.3
    default: .unknown
    }
  }
}
