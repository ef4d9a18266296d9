import Commissioning
import DriveConfiguration
import Records
import Signals
import Testing

private typealias Step = CommissioningRecord.Step

private func component(
  _ label: String, _ address: UInt8, name: UInt64? = nil, software: String? = nil
) -> CommissioningRecord.Component {
  var component = CommissioningRecord.Component(label: label, bus: "can0", address: address)
  component.name = name
  component.software = software
  return component
}

private let parts = [
  component("engine", 0x00, name: 1), component("brakes", 0x0B, name: 2, software: "EBS 7.2"),
  component("steering", 0x13, name: 3), component("body", 0x21, name: 4), receiver(7),
]

private func receiver(_ number: Int) -> CommissioningRecord.Component {
  var component = CommissioningRecord.Component(
    label: "gnss", bus: IdentityWatch.receiverBus, address: 0)
  component.software = "u-blox at /dev/serial/by-id/\(number), ZED-F9P, HPG 1.32"
  return component
}

/// S-25: the record that the procedures leave, and what arming makes of it.
@Suite struct Sessions {
  private func complete(
    _ drive: DriveConfiguration, computer: UInt64 = 0xC0FFEE
  ) throws -> CommissioningSession {
    let context = CommissioningContext(drive, rowNames: [])
    var session = try CommissioningSession(
      drive, context, person: "A. Akhmetova", computer: computer)
    try session.set(vehicle: "WTULPAR0000000001")
    _ = session.meet(parts)
    for step in Step.allCases {
      var entry = CommissioningEntry()
      entry.hasPassed = true
      entry.quantity = .init(0.0012, uncertainty: 0.0003, unit: "rad")
      entry.limit = "0 +- 0.0175 rad"
      entry.note = "semicolons; are commas"
      session.note(entry, of: step, at: "2026-11-22T05:40:00Z")
    }
    return session
  }

  @Test func theFinishedRecordIsAcceptedAtArming() throws {
    let drive = try configuration()
    let session = try complete(drive)
    let record = try CommissioningRecord(session.record.encoded)
    #expect(record.state(profileHash: drive.profileHash, computer: 0xC0FFEE) == .valid)
    #expect(record.encoded == session.record.encoded)
    let entry = try #require(record.entries[.steeringZero])
    #expect(entry.person == "A. Akhmetova")
    #expect(entry.time == "2026-11-22T05:40:00Z")
    #expect(entry.note == "semicolons, are commas")
    #expect(entry.quantity == .init(0.0012, uncertainty: 0.0003, unit: "rad"))
  }

  /// The hash that is recorded is that of the profile with any mission.
  @Test func itIsRefusedWhereAnythingIsAnother() throws {
    let drive = try configuration()
    let record = try complete(drive).record
    #expect(record.state(profileHash: drive.profileHash &+ 1, computer: 0xC0FFEE) == .other)
    // S-25: a swapped computer starts uncommissioned.
    #expect(record.state(profileHash: drive.profileHash, computer: 0xC0FFEF) == .other)
    #expect(record.state(profileHash: drive.profileHash, computer: nil) == .other)
    for step in Step.allCases {
      var partial = record
      partial.entries[step] = nil
      let read = try CommissioningRecord(partial.encoded)
      #expect(read.state(profileHash: drive.profileHash, computer: 0xC0FFEE) == .incomplete)
      #expect(read.missingSteps == [step])
    }
  }

  /// S-25: a replaced part voids what was found with it, and only that.
  @Test func aReplacedPartVoidsWhatRestsOnIt() throws {
    let drive = try configuration()
    let context = CommissioningContext(drive, rowNames: [])
    let old = try complete(drive).record
    func voided(_ part: CommissioningRecord.Component) throws -> Set<Step> {
      var session = try CommissioningSession(
        drive, context, person: "B", computer: 0xC0FFEE, resuming: old)
      let change = session.meet([part])
      #expect(change.replaced.map(\.label) == [part.label])
      #expect(Set(session.stepsLeft) == Set(change.voided))
      return Set(change.voided)
    }
    // VDC2, EBC1 and HRW are the brake controller's, so that its replacement costs nearly all.
    let brakes = try voided(component("brakes", 0x0B, name: 99))
    #expect(brakes.isSuperset(of: [.brakeDelay, .brakeDeceleration, .wheelScale, .gyroMounting]))
    #expect(!brakes.contains(.emergencyStop) && !brakes.contains(.overhang))
    let body = try voided(component("body", 0x21, name: 99))
    #expect(body == [.parkingHold, .emergencyStop, .messagePeriods])
    let engine = try voided(component("engine", 0x00, name: 99))
    #expect(engine == [.messagePeriods])
    // The antenna's place, and how late the receiver is.
    #expect(try voided(receiver(8)) == [.leverArm, .wheelScale])
    // The same part says the same again, and says more: nothing is lost.
    var session = try CommissioningSession(
      drive, context, person: "B", computer: 0xC0FFEE, resuming: old)
    #expect(session.meet([component("body", 0x21, name: 4, software: "1.0")]).voided.isEmpty)
    #expect(session.meet([component("steering", 0x13)]).voided.isEmpty)
    #expect(session.stepsLeft.isEmpty)
  }

  /// S-25: who was not known when a step was done may have been another part then.
  @Test func aPartThatIsToldLaterVoidsWhatRestsOnIt() throws {
    let drive = try configuration()
    let context = CommissioningContext(drive, rowNames: [])
    var session = try CommissioningSession(
      drive, context, person: "A. Akhmetova", computer: 0xC0FFEE)
    try session.set(vehicle: "WTULPAR0000000001")
    for step in Step.allCases {
      var entry = CommissioningEntry()
      entry.hasPassed = true
      entry.quantity = .init(0, uncertainty: 0, unit: "m")
      session.note(entry, of: step, at: "2026-11-22T05:40:00Z")
    }
    #expect(session.stepsLeft.isEmpty)
    let change = session.meet(parts)
    #expect(change.replaced.isEmpty)
    #expect(change.voided.contains(.brakeDelay) && change.voided.contains(.steeringZero))
    #expect(Set(change.voided) == Set(session.stepsLeft))
    #expect(session.record.state(profileHash: drive.profileHash, computer: 0xC0FFEE) != .valid)
  }

  @Test func aStoppedSessionGoesOnWithTheStepsLeft() throws {
    let drive = try configuration()
    let context = CommissioningContext(drive, rowNames: [])
    var first = try CommissioningSession(drive, context, person: "A", computer: 1)
    try first.set(vehicle: "WTULPAR0000000001")
    _ = first.meet(parts)
    var entry = CommissioningEntry()
    entry.hasPassed = true
    entry.quantity = .init(0, uncertainty: 0, unit: "m")
    first.note(entry, of: .overhang, at: "2026-11-22T05:40:00Z")
    entry.hasPassed = false
    entry.reason = "too weak"
    first.note(entry, of: .parkingHold, at: "2026-11-22T05:41:00Z")
    let kept = try CommissioningRecord(first.record.encoded)
    let second = try CommissioningSession(
      drive, context, person: "B", computer: 1, resuming: kept)
    #expect(!second.stepsLeft.contains(.overhang))
    #expect(second.stepsLeft.contains(.parkingHold) && second.stepsLeft.count == 11)
    #expect(kept.entries[.parkingHold]?.reason == "too weak")
  }

  @Test func aRecordOfSomethingElseIsNotGoneOnWith() throws {
    let drive = try configuration()
    let context = CommissioningContext(drive, rowNames: [])
    let old = try complete(drive).record
    #expect(throws: CommissioningSession.Refusal.self) {
      try CommissioningSession(drive, context, person: "B", computer: 2, resuming: old)
    }
    let other = try configuration("yard-tractor-dbw")
    #expect(throws: CommissioningSession.Refusal.self) {
      try CommissioningSession(
        other, CommissioningContext(other, rowNames: []), person: "B", computer: 0xC0FFEE,
        resuming: old)
    }
    var session = try complete(drive)
    #expect(throws: CommissioningSession.Refusal.self) {
      try session.set(vehicle: "WTULPAR0000000002")
    }
  }
}
