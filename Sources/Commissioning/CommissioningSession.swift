import Control
import DriveConfiguration
import Records
import Signals

/// A record in the making: begun anew or resumed, one step at a time.
package struct CommissioningSession: Sendable {
  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  package private(set) var record: CommissioningRecord
  private let context: CommissioningContext

  /// - Parameter old: the record of a session that stopped; steps that passed in it stay.
  package init(
    _ configuration: DriveConfiguration, _ context: CommissioningContext, person: String,
    computer: UInt64, resuming old: CommissioningRecord? = nil
  ) throws(Refusal) {
    self.context = context
    var record = old ?? CommissioningRecord()
    if let old {
      guard old.profileHash == configuration.profileHash else {
        throw Refusal(
          description:
            "the record is of profile \(String(old.profileHash, radix: 16)), this one is "
            + "\(String(configuration.profileHash, radix: 16)); begin a new record")
      }
      guard old.computer == computer else {
        throw Refusal(
          description:
            "the record was made on another computer; a swapped computer starts uncommissioned")
      }
    }
    record.profile = configuration.profileName
    record.profileHash = configuration.profileHash
    record.computer = computer
    record.person = person
    self.record = record
  }

  /// What is still to be done, in the order of the list.
  package var stepsLeft: [Step] { record.missingSteps }

  /// The truck's number, as it tells it or as a person reads it from the chassis.
  package mutating func set(vehicle number: String) throws(Refusal) {
    guard VehicleNumber.isValid(number) else {
      throw Refusal(
        description: "vehicle number: read '\(number)', allowed are 17 capital letters (not I, O, "
          + "Q) and digits")
    }
    guard record.vehicleNumber.isEmpty || record.vehicleNumber == number else {
      throw Refusal(
        description: "the truck says that it is \(number), the record is of "
          + "\(record.vehicleNumber); begin a new record")
    }
    record.vehicleNumber = number
  }

  /// Who is on the buses; what rests on a replaced or newly told part is to be done again (S-25).
  package mutating func meet(
    _ seen: [CommissioningRecord.Component]
  ) -> (replaced: [CommissioningRecord.Component], voided: [Step]) {
    var (replaced, voided) = record.update(components: seen)
    // A part that was not known when a step was done may have been another one then.
    for step in Step.allCases {
      guard let entry = record.entries[step] else { continue }
      let restsOn = context.components(of: step, known: record.components)
      guard !Set(restsOn).isSubset(of: entry.components) else { continue }
      record.entries[step] = nil
      voided.append(step)
    }
    return (replaced, voided)
  }

  /// - Parameter time: UTC, as in 2026-11-22T05:40:00Z.
  package mutating func note(_ entry: CommissioningEntry, of step: Step, at time: String) {
    var entry = entry
    entry.time = time
    entry.person = record.person
    entry.components = context.components(of: step, known: record.components)
    record.entries[step] = entry
    record.date = String(time.prefix(10))
  }
}
