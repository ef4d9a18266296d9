import Signals

/// What must hold before the truck is armed, one case for each row of the table below.
///
/// The raw value is the bit in `ArmingReport` and in logs.
package enum ArmingCheck: UInt8, Sendable {
  case profile, actuators, brakePath, inputsFresh, busContents
  case guardian, standstill, parkingBrakes, noStop
  case vehicle, components, commissioning, shadow
  case heading, position, route
  case airPressure, steering, key, driverAway
  case sourceAddress
  case trailer, trailerMass, trailerAntiLock, trailerBrakeTest
  case recording
  case brakes

  package static var count: Int { 27 }
}

/// A row of the arming table: which requirement asks for what, what an operator reads, what would
/// satisfy it, and whether it is satisfied now.
package struct ArmingRow: Sendable {
  package let requirement: StaticString
  package let name: StaticString
  package let satisfiedBy: StaticString
  /// In logs and in `notReady`.
  package let reason: Reason
  package let isMet: Bool

  init(
    _ requirement: StaticString, _ name: StaticString, by satisfiedBy: StaticString,
    _ reason: Reason, _ isMet: Bool
  ) {
    self.requirement = requirement
    self.name = name
    self.satisfiedBy = satisfiedBy
    self.reason = reason
    self.isMet = isMet
  }
}

extension ArmingCheck {
  /// The arming table.
  ///
  /// On a bench nobody has commissioned the truck or knows its number; what is known and wrong is
  /// refused there too.
  package func row(_ facts: ArmingFacts) -> ArmingRow {
    let isBench = facts.records.isBench
    switch self {
    case .profile:
      return ArmingRow(
        "S-1, S-2", "profile fit for driving without a person",
        by: "a profile without the obstacles that `tulpar check` names", .configurationInvalid,
        facts.profileObstacles == 0)
    case .actuators:
      return ArmingRow(
        "S-2", "complete set of actuators and their feedback",
        by: "a profile that binds brake, parking brakes, gear, lamps, horn, steering and engine",
        .configurationInvalid, facts.hasActuators)
    case .brakePath:
      return ArmingRow(
        "S-1", "independent brake path", by: "a profile that sends a dynamic enable",
        .configurationInvalid, facts.hasBrakePath)
    case .inputsFresh:
      return ArmingRow(
        "S-5", "every needed input fresh", by: "the missing messages, good for a second",
        facts.inputsReason == .none ? .waitingForInputs : facts.inputsReason,
        facts.inputsAreReady)
    case .busContents:
      return ArmingRow(
        "S-25", "each bus recognised by what it carries",
        by: "each plug on the interface that the profile names", .busExchanged,
        facts.busesAreRecognised)
    case .guardian:
      return ArmingRow(
        "S-22", "guardian alive", by: "a running tulpar-guardian", .guardianLost,
        facts.guardianIsAlive)
    case .standstill:
      return ArmingRow(
        "S-6, S-23", "standstill", by: "a truck that stands still for a second", .notArmed,
        facts.isStandstill)
    case .parkingBrakes:
      return ArmingRow(
        "S-23", "parking brakes set", by: "the parking brake lever pulled", .notArmed,
        facts.parkingBrakesAreConfirmed)
    case .noStop:
      return ArmingRow(
        "S-15", "no stop in force", by: "its cause gone, and an acknowledge where it is held",
        facts.stopReason == .none ? .notAcknowledged : facts.stopReason,
        facts.stopReason == .none && !facts.guardianStops)
    case .vehicle:
      return ArmingRow(
        "S-25", "vehicle identification number as commissioned",
        by: "the truck of the commissioning record", .identityUnconfirmed,
        isKnown(facts.records.vehicle, orBench: isBench))
    case .components:
      return ArmingRow(
        "S-25", "controllers and their software as commissioned",
        by: "the commissioned parts, or a new commissioning", .identityUnconfirmed,
        isKnown(facts.records.components, orBench: isBench))
    case .commissioning:
      return ArmingRow(
        "S-25", "commissioning record for this profile",
        by: "`tulpar commission`, with every step passed", .uncommissioned,
        isBench || facts.records.commissioning == .valid)
    case .shadow:
      return ArmingRow(
        "S-24", "eight hours driven in shadow", by: "`tulpard --shadow` on this truck",
        .uncommissioned, isBench || facts.records.shadow == .valid)
    case .heading:
      return ArmingRow(
        "S-9", "heading observed", by: "a dual antenna fix or a verified parked heading",
        .headingUnknown, facts.headingIsObserved)
    case .position:
      return ArmingRow(
        "S-9", "position trusted", by: "fixes that agree with the wheels", .gnssLost,
        facts.positionIsTrusted)
    case .route:
      return ArmingRow(
        "S-9", "truck on its route", by: "a truck within the start tolerance of the route",
        .offPath, facts.isOnRoute)
    case .airPressure:
      return ArmingRow(
        "S-8", "brake air pressure", by: "a running engine until the reservoirs are full",
        .airPressureLow, facts.hasAirPressure)
    case .steering:
      return ArmingRow(
        "S-25", "steering ready and calibrated",
        by: "a steering controller that is ready and agrees with the other angle sensor",
        .steeringNotObeyed, facts.steeringIsSound)
    case .key:
      return ArmingRow(
        "S-23", "key on", by: "the key for driverless operation turned on", .keyRemoved,
        facts.keyIsOn)
    case .driverAway:
      return ArmingRow(
        "S-23", "driver's controls released", by: "feet off the pedals, hands off the wheel",
        .driverInput, facts.driverIsAway)
    case .sourceAddress:
      return ArmingRow(
        "S-4", "source address on the vehicle's network",
        by: "no other controller at the address", .sourceAddressLost, facts.addressIsOurs)
    case .trailer: return trailerRow(facts.trailer, isBench: isBench)
    case .trailerMass:
      return ArmingRow(
        "S-7", "trailer's mass as measured", by: "a declared mass that the axles confirm",
        .trailerUnverified, !facts.trailer.isPulled || !facts.trailer.massIsContradicted)
    case .trailerAntiLock: return antiLockRow(facts.trailer, isBench: isBench)
    case .trailerBrakeTest: return brakeTestRow(facts.trailer, isBench: isBench)
    case .recording:
      return ArmingRow(
        "R-REC-1", "drive being recorded", by: "room on the disk of `tulpard --drives`",
        .recordingFailed, facts.records.keepsTheDrive)
    case .brakes:
      return ArmingRow(
        "S-8", "brakes that give half of what is demanded",
        by: "brakes that are mended, and the daemon started without `brakes.state`", .brakesWorn,
        facts.brakesAreSound)
    }
  }

  // What S-22 C12 asks of a trailer. A bench may leave it undeclared, and drives with the longest and
  // heaviest.

  private func trailerRow(_ trailer: TrailerVerdict, isBench: Bool) -> ArmingRow {
    let isMet = trailer.isDeclared ? trailer.isWithinRange : isBench
    return ArmingRow(
      "S-7, S-22", "trailer identified and within the profile",
      by: "`tulpar tell SOCKET trailer FILE` at standstill, before arming", .trailerUnverified,
      !trailer.isPulled || isMet)
  }

  private func antiLockRow(_ trailer: TrailerVerdict, isBench: Bool) -> ArmingRow {
    let isMet = !trailer.antiLockIsContradicted && (trailer.antiLockIsKnown || isBench)
    return ArmingRow(
      "S-7, S-22", "trailer's ABS known and not contradicted",
      by: "`abs: working`, or `abs: faulty` where its lamp is lit", .trailerUnverified,
      !trailer.isPulled || isMet)
  }

  private func brakeTestRow(_ trailer: TrailerVerdict, isBench: Bool) -> ArmingRow {
    let isMet = trailer.brakeTest == .valid || trailer.brakeTest == .unknown && isBench
    return ArmingRow(
      "S-22, S-26", "trailer's brakes tested in the last 24 hours",
      by: "a brake test, its time in UTC under `brake_test`, and a clock that is trusted",
      .brakeTestDue, !trailer.isPulled || isMet)
  }

  /// Asked again at every move-off (S-22, C12).
  package static var trailerRows: UInt64 {
    1 << UInt64(Self.trailer.rawValue) | 1 << UInt64(Self.trailerMass.rawValue)
      | 1 << UInt64(Self.trailerAntiLock.rawValue) | 1 << UInt64(Self.trailerBrakeTest.rawValue)
  }

  private func isKnown(_ match: IdentityMatch, orBench isBench: Bool) -> Bool {
    switch match {
    case .matches: true
    case .unknown: isBench
    case .differs: false
    }
  }

  /// Checks in the order of the table.
  package static func check(_ index: Int) -> ArmingCheck? {
    ArmingCheck(rawValue: UInt8(truncatingIfNeeded: index))
  }
}

/// What the arming table judges, each fact worked out elsewhere; nothing is taken for granted.
package struct ArmingFacts: Sendable {
  package var records = TruckRecords()
  /// What makes the profile unfit, counted when it was compiled.
  package var profileObstacles: UInt32 = 1
  package var hasActuators = false
  package var hasBrakePath = false
  package var inputsAreReady = false
  package var inputsReason = Reason.waitingForInputs
  package var busesAreRecognised = false
  package var guardianIsAlive = false
  /// The guardian has a stop in its hands.
  package var guardianStops = false
  package var isStandstill = false
  package var parkingBrakesAreConfirmed = false
  /// Of a demand for a stop, `none` without one.
  package var stopReason = Reason.none
  package var headingIsObserved = false
  package var positionIsTrusted = false
  package var isOnRoute = false
  package var hasAirPressure = false
  package var brakesAreSound = false
  package var steeringIsSound = false
  package var keyIsOn = false
  package var driverIsAway = false
  package var addressIsOurs = false
  package var trailer = TrailerVerdict()

  package init() {}

  /// Which rows are not met, and the reason of the first of them.
  package func judge() -> (refused: UInt64, first: Reason) {
    var refused: UInt64 = 0
    var first = Reason.none
    for index in 0..<ArmingCheck.count {
      guard let check = ArmingCheck.check(index) else { continue }
      let row = check.row(self)
      guard !row.isMet else { continue }
      refused |= 1 << UInt64(index)
      if first == .none { first = row.reason }
    }
    return (refused, first)
  }
}
