import Units

/// What the receiver's reports are tested for (R-GNSS-4, domain.md 6.2).
///
/// The raw value is the bit in a `GNSSTestSet`.
@usableFromInline package enum GNSSTest: UInt8, Sendable {
  /// Fixes that the filter's gate refuses.
  case innovation
  /// A fix that odometry cannot reach from the ones before it.
  case jump
  /// Ground speed against wheel speed.
  case speed
  /// Course over ground against heading.
  case course
  /// Fixes that wander while the wheels stand.
  case stationary
  /// Height against the map's, and its steps.
  case height
  /// The receiver's time against the monotonic clock.
  case clock
  /// Carrier-to-noise ratios: all alike or stronger at once, or weak and few.
  case signal
  /// One satellite system where there were three.
  case constellation
  /// Satellites below the horizon or twice, or badly spread.
  case geometry
  /// The baseline's heading against the gyro.
  case dualAntenna
  /// A fix off the route while odometry stays on it.
  case corridor
  /// A slow pull-off: fixes that part from odometry, summed up.
  case pullOff

  package static var count: Int { 13 }
}

/// A set of tests.
@usableFromInline package struct GNSSTestSet: Sendable, Equatable, Visitable {
  package private(set) var bits: UInt16 = 0

  package init() {}

  package var isEmpty: Bool { bits == 0 }

  package func contains(_ test: GNSSTest) -> Bool { bits & 1 << UInt16(test.rawValue) != 0 }

  package mutating func insert(_ test: GNSSTest) { bits |= 1 << UInt16(test.rawValue) }

  package mutating func formUnion(_ other: GNSSTestSet) { bits |= other.bits }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("bits", &bits)
  }
}

// The protocol brings arrays, which the guardian's build refuses.
#if !hasFeature(Embedded)
  extension GNSSTestSet: Sequence {
    /// In the order of the tests.
    @usableFromInline package struct Iterator: IteratorProtocol {
      private let tests: GNSSTestSet
      private var bit: UInt8 = 0

      init(_ tests: GNSSTestSet) { self.tests = tests }

      @usableFromInline package mutating func next() -> GNSSTest? {
        while let test = GNSSTest(rawValue: bit) {
          bit += 1
          if tests.contains(test) { return test }
        }
        return nil
      }
    }

    @usableFromInline package func makeIterator() -> Iterator { Iterator(self) }

    /// In one of both alone.
    package func symmetricDifference(_ other: GNSSTestSet) -> GNSSTestSet {
      var result = self
      result.bits ^= other.bits
      return result
    }
  }
#endif

/// What the tests of the receiver say.
@usableFromInline package struct GNSSIntegrity: Sendable, Equatable, Visitable {
  /// What trips now.
  package var tripped = GNSSTestSet()
  /// What has tripped since the position was last trusted: why it is not.
  package var sinceTrusted = GNSSTestSet()
  /// What cannot be tested, for want of data; such a test never trips.
  package var untested = GNSSTestSet()

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("tripped", &tripped)
    visitor.visit("sinceTrusted", &sinceTrusted)
    visitor.visit("untested", &untested)
  }
}

/// The satellites behind a fix, as far as the receiver tells; what it does not tell is NaN.
@usableFromInline package struct SatelliteSummary: Sendable, Equatable, Visitable {
  /// When it was received; `.never` where the receiver tells nothing of satellites.
  package var receivedAt = Instant.never
  /// Satellites used in the fix.
  package var used: UInt8 = 0
  /// One bit for each satellite system in use, by gpsd's gnssid; 0 where that is not told.
  package var systems: UInt8 = 0
  /// Whether one signal of one satellite is used twice.
  package var hasDuplicate = false
  /// Mean carrier-to-noise ratio of the used satellites, dB-Hz.
  package var meanSignal = Double.nan
  /// Strongest less weakest of them, dB.
  package var signalRange = Double.nan
  /// Lowest elevation of a used satellite, degrees.
  package var lowestElevation = Double.nan
  package var horizontalDilution = Double.nan

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("receivedAt", &receivedAt)
    visitor.visit("used", &used)
    visitor.visit("systems", &systems)
    visitor.visit("hasDuplicate", &hasDuplicate)
    visitor.visit("meanSignal", &meanSignal)
    visitor.visit("signalRange", &signalRange)
    visitor.visit("lowestElevation", &lowestElevation)
    visitor.visit("horizontalDilution", &horizontalDilution)
  }
}
