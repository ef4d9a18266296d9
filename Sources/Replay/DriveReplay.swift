import Control
import DriveConfiguration
import Recording
import Signals
import Units

/// Runs the core again over what a recorded drive consumed, and compares every field that it
/// decides with the record, bit for bit.
package struct DriveReplay {
  package let configuration: DriveConfiguration
  private let log: DriveLog

  package init(_ log: DriveLog) throws(ReplayRefused) {
    self.log = log
    guard let bytes = log[attachment: DriveSchema.configuration] else {
      throw ReplayRefused(
        "the recording holds no \(DriveSchema.configuration), with which its core was built")
    }
    do throws(DriveConfigurationError) {
      configuration = try DriveConfiguration(decoding: bytes)
    } catch {
      throw ReplayRefused("\(DriveSchema.configuration) in the recording: \(error)")
    }
  }

  /// Steps the core over every recorded cycle, and shows it after each: the controller with what it
  /// decoded and estimated, the cycle as recorded, and what the core decided now.
  ///
  /// - Parameter look: answers whether to go on.
  package func walk(
    _ look: (borrowing Controller, borrowing RecordedCycle, inout Outputs) throws -> Bool
  ) throws {
    var controller = Controller(configuration: configuration.controller)
    var cycle = RecordedCycle()
    while try log.next(&cycle) {
      var outputs = controller.step(cycle.inputs, route: configuration.route.span)
      guard try look(controller, cycle, &outputs) else { return }
    }
  }

  /// The whole drive, or up to the first difference.
  package func run() throws -> DriveComparison {
    var comparison = DriveComparison()
    var comparer = FieldComparer()
    try walk { _, cycle, outputs in
      comparison.count(cycle.inputs)
      guard cycle.foundInputHash == cycle.inputHash else {
        comparison.difference = DriveDifference(
          cycle, field: "inputs (hash over all)", hexadecimal(cycle.inputHash),
          hexadecimal(cycle.foundInputHash))
        return false
      }
      comparer.begin(cycle.outputWords)
      outputs.visit(&comparer)
      comparison.outputHash = comparer.hash
      guard comparer.isSame else {
        var replayed = FieldWords()
        outputs.visit(&replayed)
        comparison.difference = DriveDifference(cycle, &outputs, cycle.outputWords, replayed.words)
        return false
      }
      guard comparer.hash.hash == cycle.outputHash else {
        comparison.difference = DriveDifference(
          cycle, field: "outputs (hash over all)", hexadecimal(cycle.outputHash),
          hexadecimal(comparer.hash.hash))
        return false
      }
      return true
    }
    return comparison
  }
}

/// How a replay compares with its record.
package struct DriveComparison {
  package private(set) var cycles: UInt64 = 0
  package private(set) var frames: UInt64 = 0
  package private(set) var start = Instant.never
  package private(set) var end = Instant.never
  /// Over every output field of every cycle, as in the summary of the drive.
  package var outputHash = FieldHash()
  /// The first field that differs; nil when the drive is the same bit for bit.
  package var difference: DriveDifference?

  package var duration: Interval { cycles == 0 ? .zero : end - start }

  mutating func count(_ inputs: borrowing Inputs) {
    if cycles == 0 { start = inputs.now }
    end = inputs.now
    cycles += 1
    frames += UInt64(inputs.frames.count)
  }
}

/// The first field in which a replay and its record differ.
package struct DriveDifference: Sendable, CustomStringConvertible {
  package let cycle: UInt64
  package let time: Instant
  package let field: String
  package let recorded: String
  package let replayed: String

  init(_ cycle: borrowing RecordedCycle, field: String, _ recorded: String, _ replayed: String) {
    self.cycle = cycle.inputs.cycle
    time = cycle.inputs.now
    self.field = field
    self.recorded = recorded
    self.replayed = replayed
  }

  init(
    _ cycle: borrowing RecordedCycle, _ outputs: inout Outputs, _ recorded: [UInt64],
    _ replayed: [UInt64]
  ) {
    var names = FieldNames()
    outputs.visit(&names)
    let place = zip(recorded, replayed).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    guard let place, place < names.names.count else {
      self.init(
        cycle, field: "count of fields", "\(recorded.count)", "\(replayed.count)")
      return
    }
    let name = names.names[place].split(separator: " ").map(String.init)
    let kind = name.last ?? ""
    self.init(
      cycle, field: name.first ?? "", Self.text(recorded[place], kind),
      Self.text(replayed[place], kind))
  }

  private static func text(_ word: UInt64, _ kind: String) -> String {
    switch kind {
    case "double": "\(Double(bitPattern: word))"
    case "int64": "\(Int64(bitPattern: word))"
    default: "\(word)"
    }
  }

  package var description: String {
    "cycle \(cycle) at \(Double(time.nanoseconds) * 1e-9) s: \(field) was recorded as \(recorded), "
      + "replayed as \(replayed)"
  }
}
