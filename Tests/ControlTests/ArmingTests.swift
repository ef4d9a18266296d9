import Control
import Signals
import Testing
import Units
import WireCodec

/// Facts with which every row of the arming table is met, as on a commissioned truck.
private func sound() -> ArmingFacts {
  var facts = ArmingFacts()
  facts.records.vehicle = .matches
  facts.records.components = .matches
  facts.records.commissioning = .valid
  facts.records.shadow = .valid
  facts.records.recording = .kept
  facts.profileObstacles = 0
  facts.hasActuators = true
  facts.hasBrakePath = true
  facts.inputsAreReady = true
  facts.inputsReason = .none
  facts.busesAreRecognised = true
  facts.guardianIsAlive = true
  facts.isStandstill = true
  facts.parkingBrakesAreConfirmed = true
  facts.headingIsObserved = true
  facts.positionIsTrusted = true
  facts.isOnRoute = true
  facts.hasAirPressure = true
  facts.brakesAreSound = true
  facts.steeringIsSound = true
  facts.keyIsOn = true
  facts.driverIsAway = true
  facts.addressIsOurs = true
  facts.trailer = soundTrailer()
  return facts
}

private func soundTrailer() -> TrailerVerdict {
  var trailer = TrailerVerdict()
  trailer.isDeclared = true
  trailer.isWithinRange = true
  trailer.massIsContradicted = false
  trailer.antiLockIsKnown = true
  trailer.antiLockIsContradicted = false
  trailer.brakeTest = .valid
  return trailer
}

/// One fact that is wrong, and what the table must say of it.
private struct Wrong: Sendable, CustomTestStringConvertible {
  let check: ArmingCheck
  let requirement: String
  let reason: Reason
  let spoil: @Sendable (inout ArmingFacts) -> Void
  var testDescription: String { "\(check) \(requirement)" }

  init(
    _ check: ArmingCheck, _ requirement: String, _ reason: Reason,
    _ spoil: @escaping @Sendable (inout ArmingFacts) -> Void
  ) {
    self.check = check
    self.requirement = requirement
    self.reason = reason
    self.spoil = spoil
  }
}

/// S-1, S-2, S-9, S-22 to S-25: what arming needs, each refused alone and by name.
@Suite struct Arming {
  private static let wrongs: [Wrong] = [
    Wrong(.profile, "S-1, S-2", .configurationInvalid) { $0.profileObstacles = 1 },
    Wrong(.actuators, "S-2", .configurationInvalid) { $0.hasActuators = false },
    Wrong(.brakePath, "S-1", .configurationInvalid) { $0.hasBrakePath = false },
    Wrong(.inputsFresh, "S-5", .steeringStale) {
      $0.inputsAreReady = false
      $0.inputsReason = .steeringStale
    },
    Wrong(.busContents, "S-25", .busExchanged) { $0.busesAreRecognised = false },
    Wrong(.guardian, "S-22", .guardianLost) { $0.guardianIsAlive = false },
    Wrong(.standstill, "S-6, S-23", .notArmed) { $0.isStandstill = false },
    Wrong(.parkingBrakes, "S-23", .notArmed) { $0.parkingBrakesAreConfirmed = false },
    Wrong(.noStop, "S-15", .emergencyStopPressed) { $0.stopReason = .emergencyStopPressed },
    Wrong(.noStop, "S-15", .notAcknowledged) { $0.guardianStops = true },
    Wrong(.vehicle, "S-25", .identityUnconfirmed) { $0.records.vehicle = .unknown },
    Wrong(.vehicle, "S-25", .identityUnconfirmed) { $0.records.vehicle = .differs },
    Wrong(.components, "S-25", .identityUnconfirmed) { $0.records.components = .unknown },
    Wrong(.components, "S-25", .identityUnconfirmed) { $0.records.components = .differs },
    Wrong(.commissioning, "S-25", .uncommissioned) { $0.records.commissioning = .missing },
    Wrong(.commissioning, "S-25", .uncommissioned) { $0.records.commissioning = .other },
    Wrong(.shadow, "S-24", .uncommissioned) { $0.records.shadow = .incomplete },
    Wrong(.heading, "S-9", .headingUnknown) { $0.headingIsObserved = false },
    Wrong(.position, "S-9", .gnssLost) { $0.positionIsTrusted = false },
    Wrong(.route, "S-9", .offPath) { $0.isOnRoute = false },
    Wrong(.airPressure, "S-8", .airPressureLow) { $0.hasAirPressure = false },
    Wrong(.brakes, "S-8", .brakesWorn) { $0.brakesAreSound = false },
    Wrong(.steering, "S-25", .steeringNotObeyed) { $0.steeringIsSound = false },
    Wrong(.key, "S-23", .keyRemoved) { $0.keyIsOn = false },
    Wrong(.driverAway, "S-23", .driverInput) { $0.driverIsAway = false },
    Wrong(.sourceAddress, "S-4", .sourceAddressLost) { $0.addressIsOurs = false },
    Wrong(.trailer, "S-7, S-22", .trailerUnverified) { $0.trailer.isDeclared = false },
    Wrong(.trailer, "S-7, S-22", .trailerUnverified) { $0.trailer.isWithinRange = false },
    Wrong(.trailerMass, "S-7", .trailerUnverified) { $0.trailer.massIsContradicted = true },
    Wrong(.trailerAntiLock, "S-7, S-22", .trailerUnverified) {
      $0.trailer.antiLockIsKnown = false
    },
    Wrong(.trailerAntiLock, "S-7, S-22", .trailerUnverified) {
      $0.trailer.antiLockIsContradicted = true
    },
    Wrong(.trailerBrakeTest, "S-22, S-26", .brakeTestDue) { $0.trailer.brakeTest = .due },
    Wrong(.recording, "R-REC-1", .recordingFailed) { $0.records.recording = .failed },
    Wrong(.recording, "R-REC-1", .recordingFailed) { $0.records.recording = .none },
    Wrong(.trailerBrakeTest, "S-22, S-26", .brakeTestDue) { $0.trailer.brakeTest = .unknown },
  ]

  @Test func aSoundTruckIsRefusedNothing() {
    #expect(sound().judge() == (0, .none))
  }

  /// Whatever is not told is not assumed: facts that nobody filled in refuse on every row but
  /// those that need no fact.
  @Test func whatNobodyToldIsNotAssumed() {
    let (refused, _) = ArmingFacts().judge()
    #expect(
      refused == (1 << UInt64(ArmingCheck.count)) - 1 - (1 << UInt64(ArmingCheck.noStop.rawValue)))
  }

  @Test(arguments: wrongs)
  private func eachCheckRefusesAlone(_ wrong: Wrong) {
    var facts = sound()
    wrong.spoil(&facts)
    let (refused, first) = facts.judge()
    #expect(refused == 1 << UInt64(wrong.check.rawValue))
    #expect(first == wrong.reason)
    let row = wrong.check.row(facts)
    #expect("\(row.requirement)" == wrong.requirement)
    #expect(row.name.utf8CodeUnitCount > 2 && row.satisfiedBy.utf8CodeUnitCount > 5)
  }

  @Test func everyRowHasATest() {
    #expect(Set(Self.wrongs.map(\.check)).count == ArmingCheck.count)
    #expect(ArmingCheck(rawValue: UInt8(ArmingCheck.count)) == nil)
  }

  /// S-24, S-25: a bench asks for no records; but what is known there and wrong is refused.
  @Test func aBenchNeedsNoRecordsButContradictsNone() {
    var facts = sound()
    facts.records = TruckRecords()
    #expect(facts.judge().refused != 0)
    facts.records.isBench = true
    #expect(facts.judge().refused == 0)
    facts.records.vehicle = .differs
    #expect(facts.judge().refused == 1 << UInt64(ArmingCheck.vehicle.rawValue))
    facts.records.vehicle = .matches
    facts.records.components = .differs
    #expect(facts.judge().refused == 1 << UInt64(ArmingCheck.components.rawValue))
    facts.records.components = .matches
    facts.records.recording = .failed
    #expect(facts.judge().refused == 1 << UInt64(ArmingCheck.recording.rawValue))
    facts.records.recording = .short
    #expect(facts.judge().refused == 0)
  }
}

/// S-7, S-22 C12: the trailer of a trip in the arming table.
@Suite struct TrailerInTheTable {
  private func refused(_ spoil: (inout ArmingFacts) -> Void) -> Set<ArmingCheck> {
    var facts = sound()
    spoil(&facts)
    let bits = facts.judge().refused
    return Set(
      (0..<ArmingCheck.count).filter { bits & 1 << UInt64($0) != 0 }.compactMap(ArmingCheck.check))
  }

  /// A bench may leave the trailer undeclared; what is declared there and wrong is refused.
  @Test func aBenchNeedsNoTrailerButNoFalseOne() {
    func onBench(_ spoil: @escaping (inout TrailerVerdict) -> Void) -> Set<ArmingCheck> {
      refused {
        $0.records.isBench = true
        $0.trailer = TrailerVerdict()
        $0.trailer.massIsContradicted = false
        $0.trailer.antiLockIsContradicted = false
        spoil(&$0.trailer)
      }
    }
    #expect(onBench { _ in } == [])
    #expect(onBench { $0.isDeclared = true } == [.trailer])
    #expect(onBench { $0.massIsContradicted = true } == [.trailerMass])
    #expect(onBench { $0.antiLockIsContradicted = true } == [.trailerAntiLock])
    #expect(onBench { $0.brakeTest = .due } == [.trailerBrakeTest])
  }

  @Test func aRigidTruckIsAskedForNone() {
    #expect(
      refused {
        $0.trailer = TrailerVerdict()
        $0.trailer.isPulled = false
      } == [])
  }

  /// Known to be faulty is known: such a trailer may go to its repair, without the retarder.
  @Test func aFaultyAntiLockThatIsDeclaredDoesNotKeepItFromMoving() {
    #expect(refused { $0.trailer.antiLockIsSound = false } == [])
  }
}

/// S-25: each bus by what it carries.
@Suite struct BusesByContent {
  /// Two buses with one message each, 20 ms apart, told on the interfaces that are given.
  private func report(_ places: [(identifier: UInt32, bus: UInt8)]) -> ArmingReport {
    var configuration = ControllerConfiguration()
    for (bus, identifier) in [(UInt8(0), UInt32(0x100)), (1, 0x200)] {
      var row = configuration.frames.receive[0]
      row.identifier = identifier
      row.mask = 0x7FF
      row.isExtended = false
      row.bus = bus
      configuration.frames.receive[Int(bus)] = row
    }
    configuration.frames.receiveCount = 2
    var controller = Controller(configuration: configuration)
    var outputs = Outputs()
    var inputs = Inputs()
    for cycle in 1...200 {
      inputs.beginCycle(at: Instant(nanoseconds: Int64(cycle) * 10_000_000))
      for place in places {
        var frame = ReceivedFrame()
        frame.identifier = place.identifier
        frame.bus = place.bus
        frame.length = 8
        inputs.frames.append(frame)
        inputs.buses[Int(place.bus)].framesSeen += 1
      }
      let route: [RoutePiece] = []
      outputs = controller.step(inputs, route: route.span)
    }
    return outputs.arming
  }

  private func isRefused(_ report: ArmingReport) -> Bool {
    report.refused & 1 << UInt64(ArmingCheck.busContents.rawValue) != 0
  }

  @Test func plugsInTheirPlacesAreRecognised() {
    let report = report([(0x100, 0), (0x200, 1)])
    #expect(report.place(ofBus: 0) == .own && report.place(ofBus: 1) == .own)
    #expect(!isRefused(report))
  }

  @Test func exchangedPlugsAreFoundAndNamed() {
    let report = report([(0x100, 1), (0x200, 0)])
    #expect(report.place(ofBus: 0) == .onBus1 && report.place(ofBus: 1) == .onBus0)
    #expect(isRefused(report))
  }

  @Test func aBusOfAnotherTruckIsForeign() {
    let report = report([(0x100, 0), (0x333, 1)])
    #expect(report.place(ofBus: 0) == .own && report.place(ofBus: 1) == .foreign)
    #expect(isRefused(report))
  }

  @Test func aSilentBusIsNotTakenForItself() {
    let report = report([(0x100, 0)])
    #expect(report.place(ofBus: 1) == .unknown)
    #expect(isRefused(report))
  }
}
