import Control
import SafeStop
import Signals
import Testing
import Units
import WireCodec

/// A truck with a table that carries the mass of the combination and the trailer's ABS lamp.
private struct Bench {
  var configuration = ControllerConfiguration()
  var trip: Trip
  var signals = SignalStore()
  private static let now = Instant(nanoseconds: 1_000_000_000)
  /// Noon of 22 November 2026, UTC.
  static let noon: Int64 = 1_795_348_800_000_000_000

  init() {
    configuration.vehicle.mass = Kilograms(36_000)
    configuration.frames.receive[0].freshness = .seconds(10)
    configuration.frames.receive[0].fieldCount = 2
    configuration.frames.receiveCount = 1
    configuration.frames.fields[0].channel = .combinationMass
    configuration.frames.fields[1].channel = .trailerABSFaulty
    configuration.frames.fieldCount = 2
    trip = Trip(configuration)
  }

  mutating func tell(_ channel: SignalChannel, _ value: Double) {
    signals[channel].value = value
    signals[channel].state = .valid
    signals[channel].validAt = Self.now
    signals[channel].receivedAt = Self.now
  }

  mutating func couple(_ trailer: TrailerFacts, mode: Mode = .manual, isStandstill: Bool = true) {
    trip.take(trailer, mode: mode, isStandstill: isStandstill, configuration: configuration)
  }

  func verdict(utc: Int64? = noon) -> TrailerVerdict {
    trip.judge(
      Feedback(signals, table: configuration.frames, at: Self.now), utc: utc,
      configuration: configuration)
  }

  var allowsRetarder: Bool { trip.allowsRetarder(verdict()) }
}

private func trailer(_ change: (inout TrailerFacts) -> Void = { _ in }) -> TrailerFacts {
  var facts = TrailerFacts()
  facts.identifier[0] = UInt8(ascii: "T")
  facts.length = Metres(12)
  facts.kingPinToAxle = Metres(7)
  facts.overhang = Metres(3.5)
  facts.axles = 3
  facts.mass = Kilograms(26_000)
  facts.load = .laden
  facts.antiLock = .working
  facts.brakeTestAt = Bench.noon - 3_600_000_000_000
  change(&facts)
  return facts
}

/// S-7: the trailer of a trip, the road, and what they allow.
@Suite struct TripFacts {
  @Test func anUnknownTrailerIsTheLongestAndHeaviest() {
    let bench = Bench()
    #expect(bench.trip.vehicle.kingPinToTrailerAxle == Metres(8.1))
    #expect(bench.trip.vehicle.mass == Kilograms(36_000))
  }

  @Test func aTrailerIsTakenAtStandstillOnly() {
    var bench = Bench()
    bench.couple(trailer(), isStandstill: false)
    #expect(!bench.trip.trailer.isDeclared)
    for mode in [Mode.armed, .autonomous, .stopping] {
      bench.couple(trailer(), mode: mode)
      #expect(!bench.trip.trailer.isDeclared, "\(mode)")
    }
    bench.couple(trailer())
    #expect(bench.trip.vehicle.kingPinToTrailerAxle == Metres(7))
    #expect(bench.trip.vehicle.trailerAxleToRear == Metres(3.5))
    #expect(bench.trip.vehicle.mass == Kilograms(34_000))
    bench.couple(trailer { $0.mass = Kilograms(29_000) })
    #expect(bench.trip.vehicle.mass == Kilograms(36_000), "outside the profile: the heaviest")
    #expect(!bench.verdict().isWithinRange)
  }

  private struct Misfit: Sendable {
    let measure: TrailerMeasure
    let spoil: @Sendable (inout TrailerFacts) -> Void
    init(_ measure: TrailerMeasure, _ spoil: @escaping @Sendable (inout TrailerFacts) -> Void) {
      (self.measure, self.spoil) = (measure, spoil)
    }
  }
  private static let misfits = [
    Misfit(.length) { $0.length = Metres(13.7) },
    Misfit(.kingPinToAxle) { $0.kingPinToAxle = Metres(3.9) },
    Misfit(.kingPinToAxle) { $0.kingPinToAxle = Metres(.nan) },
    Misfit(.overhang) { $0.overhang = Metres(4) },
    Misfit(.frontOverhang) { $0.length = Metres(13) },
    Misfit(.frontOverhang) { $0.length = Metres(10) },
    Misfit(.axles) { $0.axles = 4 },
    Misfit(.axles) { $0.axles = 0 },
    Misfit(.mass) { $0.mass = Kilograms(1_900) },
    Misfit(.mass) { $0.mass = Kilograms(28_001) },
  ]

  @Test(arguments: misfits)
  private func eachMeasureIsHeldAgainstTheProfile(_ misfit: Misfit) {
    #expect(TrailerRange().firstOutside(trailer()) == nil)
    #expect(TrailerRange().firstOutside(trailer(misfit.spoil)) == misfit.measure)
  }

  /// S-7: the retarder brakes on a dry road with a laden trailer whose ABS works, and never else.
  @Test func theRetarderNeedsEveryOneOfItsConditions() {
    func allows(
      _ surface: RoadSurface = .dry, lamp: Double = 0, measured: Double = 34_000,
      _ change: (inout TrailerFacts) -> Void = { _ in }
    ) -> Bool {
      var bench = Bench()
      bench.couple(trailer(change))
      bench.trip.surfaceReceived(UInt32(surface.rawValue), isStandstill: true)
      bench.tell(.trailerABSFaulty, lamp)
      bench.tell(.combinationMass, measured)
      return bench.allowsRetarder
    }
    #expect(allows())
    for surface in [RoadSurface.unknown, .wet, .slippery] { #expect(!allows(surface)) }
    #expect(!allows { $0.load = .unladen })
    #expect(!allows(measured: 19_900) { $0.mass = Kilograms(11_900) }, "lighter than laden ones")
    #expect(!allows { $0.antiLock = .faulty })
    #expect(!allows { $0.antiLock = .unknown })
    #expect(!allows(lamp: 1))
    #expect(!allows(lamp: .nan), "a lamp that tells nothing")
    #expect(!allows(measured: 24_000), "the axles carry less than was declared")
    #expect(!allows { $0.identifier = TrailerIdentifier() })
  }

  @Test func aRigidTruckNeedsADryRoadOnly() {
    var bench = Bench()
    bench.configuration.vehicle.hasTrailer = false
    #expect(!bench.allowsRetarder)
    bench.trip.surfaceReceived(UInt32(RoadSurface.dry.rawValue), isStandstill: true)
    #expect(bench.allowsRetarder)
  }

  @Test func rainIsBelievedAtOnceAndADryRoadAtStandstill() {
    var bench = Bench()
    bench.trip.surfaceReceived(UInt32(RoadSurface.dry.rawValue), isStandstill: false)
    #expect(bench.trip.surface == .unknown)
    bench.trip.surfaceReceived(UInt32(RoadSurface.dry.rawValue), isStandstill: true)
    #expect(bench.trip.surface == .dry)
    bench.trip.surfaceReceived(UInt32(RoadSurface.wet.rawValue), isStandstill: false)
    #expect(bench.trip.surface == .wet)
    bench.trip.surfaceReceived(77, isStandstill: true)
    #expect(bench.trip.surface == .unknown)
    bench.trip.surfaceReceived(UInt32(RoadSurface.dry.rawValue), isStandstill: true)
    bench.couple(trailer { $0.mass = Kilograms(25_000) })
    #expect(bench.trip.surface == .unknown)
  }

  /// S-7: the declared mass against the axles; 10 % of the combination either way.
  @Test func aMassThatTheAxlesDenyIsContradicted() {
    var bench = Bench()
    #expect(!bench.verdict().massIsContradicted, "nothing is measured")
    bench.tell(.combinationMass, 39_700)
    #expect(bench.verdict().massIsContradicted, "heavier than the heaviest")
    bench.tell(.combinationMass, 15_000)
    #expect(!bench.verdict().massIsContradicted, "an unknown trailer may be light")
    bench.couple(trailer())
    #expect(bench.verdict().massIsContradicted)
    for (measured, isContradicted) in [
      (30_500.0, true), (30_700, false), (37_300, false), (37_500, true),
    ] {
      bench.tell(.combinationMass, measured)
      #expect(bench.verdict().massIsContradicted == isContradicted, "\(measured)")
    }
  }

  @Test func aLitLampContradictsAWorkingAntiLockOnly() {
    var bench = Bench()
    bench.couple(trailer())
    bench.tell(.trailerABSFaulty, 1)
    #expect(bench.verdict().antiLockIsContradicted)
    bench.couple(trailer { $0.antiLock = .faulty })
    #expect(!bench.verdict().antiLockIsContradicted && bench.verdict().antiLockIsKnown)
    bench.couple(trailer { $0.antiLock = .unknown })
    #expect(!bench.verdict().antiLockIsKnown)
  }

  /// S-26: 24 hours, by a clock that is trusted.
  @Test func aBrakeTestCountsForADay() {
    var bench = Bench()
    let hour: Int64 = 3_600_000_000_000
    for (age, state) in [
      (Int64(1), BrakeTestState.valid), (24 * hour, .valid), (24 * hour + 1, .due),
      (-hour / 60, .valid), (-hour / 60 - 1, .due), (.min, .due),
    ] {
      bench.couple(trailer { $0.brakeTestAt = age == .min ? .max : Bench.noon - age })
      #expect(bench.verdict(utc: age == .min ? -10 : Bench.noon).brakeTest == state, "\(age)")
      #expect(bench.verdict(utc: nil).brakeTest == .unknown)
    }
    bench.couple(trailer { $0.brakeTestAt = 0 })
    #expect(bench.verdict().brakeTest == .unknown)
  }

  @Test func anIdentifierKeepsItsCharacters() {
    var identifier = TrailerIdentifier()
    #expect(identifier.isEmpty)
    for index in 0..<30 { identifier[index] = UInt8(65 + index) }
    #expect((0..<30).allSatisfy { identifier[$0] == ($0 < 24 ? UInt8(65 + $0) : 0) })
    for byte in UInt8(0)...UInt8.max {
      let character = Character(Unicode.Scalar(byte))
      let isWord =
        character.isASCII && (character.isLetter || character.isNumber || character == "-")
      #expect(TrailerIdentifier.allows(byte) == isWord, "\(byte)")
    }
  }

  /// R-MOT-13, S-11: each road has what may be counted on there, and an unknown one the least; no
  /// road gives more than the profile's brakes.
  @Test func theRoadBoundsWhatIsCountedOn() {
    var bench = Bench()
    func counted(_ surface: RoadSurface, _ declared: Double = 3, isBench: Bool = false) -> Double {
      bench.configuration.vehicle.assumedDeceleration = MetresPerSecondSquared(declared)
      bench.trip = Trip(bench.configuration)
      bench.trip.surfaceReceived(UInt32(surface.rawValue), isStandstill: true)
      return bench.trip.assumedDeceleration(isBench: isBench).value
    }
    #expect(counted(.dry) == 3 && counted(.wet) == 1.5 && counted(.slippery) == 0.8)
    #expect(counted(.unknown) == 0.8 && counted(.unknown, isBench: true) == 3)
    #expect(counted(.wet, isBench: true) == 1.5)
    #expect(counted(.wet, 1.2) == 1.2 && counted(.unknown, 0.5) == 0.5)
  }
}
