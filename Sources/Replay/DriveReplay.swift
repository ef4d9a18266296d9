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

  package subscript(attachment name: String) -> [UInt8]? { log[attachment: name] }
  package subscript(fact name: String) -> String? { log.facts[name] }

  /// Of the broken file that the recording was recovered from; known once it was read to its end.
  package var damage: String? { log.damage }

  /// The core over every recorded cycle.
  ///
  /// - Parameter seconds: since the first cycle; it begins with the last recorded state up to there.
  package func walk(from seconds: Double? = nil) throws(RecordingError) -> DriveWalk {
    try DriveWalk(self, log, from: seconds)
  }

  /// The same, each cycle held against the record.
  ///
  /// - Parameter goesOn: beyond the first difference.
  package func comparedWalk(
    from seconds: Double? = nil, goesOn: Bool = false
  ) throws(RecordingError) -> ComparedWalk {
    ComparedWalk(try walk(from: seconds), goesOn: goesOn)
  }

  /// What a recording of the replay says of itself: whatever the record says, and who replayed it.
  package func contents(software: String) -> RecordingContents {
    var contents = RecordingContents()
    contents.software = software
    contents.attachments = log.attachments
    contents.maps = log.attachments.filter { $0.name.hasSuffix(".geojson") }.map(\.data)
    contents.facts =
      log.facts.pairs.filter {
        !["schema", "layout", "replayed by"].contains($0.key)
          && !$0.key.hasPrefix(DriveSchema.hashPrefix)
      } + [MCAPPair("replayed by", software)]
    contents.describe(configuration)
    return contents
  }

  /// The whole drive, or up to the first difference.
  ///
  /// - Parameters:
  ///   - seconds: from the last recorded state of the core at or before this time since the first
  ///     cycle.
  ///   - recorder: takes what is decided now, after a difference too.
  package func run(
    from seconds: Double? = nil, recording recorder: DriveRecorder? = nil
  ) throws -> DriveComparison {
    var compared = try comparedWalk(from: seconds, goesOn: recorder != nil)
    var again = RecordedCycle()
    while try compared.next() {
      guard let recorder else { continue }
      again.inputs = compared.walk.cycle.inputs
      again.outputs = compared.walk.outputs
      again.decodedHash = compared.walk.controller.decodedHash
      try recorder.record(&again)
    }
    try recorder?.finish()
    return compared.comparison
  }
}

/// How a replay compares with its record.
package struct DriveComparison {
  package private(set) var cycles: UInt64 = 0
  package private(set) var frames: UInt64 = 0
  package private(set) var start = Instant.never
  package private(set) var end = Instant.never
  /// Numbers of cycles that the record does not have, between those that it has.
  package private(set) var missing: [ClosedRange<UInt64>] = []
  private var lastCycle: UInt64 = 0
  /// Of the first cycle, s since that of the recording.
  package var startedAt = 0.0
  /// Recorded states of the core that were compared, or gone on from.
  package var keyframes = 0
  /// Over every output field of every cycle of the drive, as in its summary.
  package var outputHash = FieldHash()
  /// The first field that differs; nil when the drive is the same bit for bit.
  package var difference: DriveDifference?

  package init() {}

  package var duration: Interval { cycles == 0 ? .zero : end - start }

  /// Numbers of cycles that nothing recorded.
  ///
  /// - Parameter before: those that the header says are missing before the first.
  package func missingCycles(before: String?) -> [String] {
    (before.map { [$0] } ?? []) + missing.map { "\($0.lowerBound) to \($0.upperBound)" }
  }

  /// In words; a drive of which cycles are missing is not simply identical.
  package func verdict(missingBefore before: String?) -> String {
    guard difference == nil else { return "NOT identical" }
    let list = missingCycles(before: before).joined(separator: ", ")
    return list.isEmpty ? "identical" : "identical where recorded (cycles \(list) are missing)"
  }

  mutating func count(_ inputs: borrowing @_addressable Inputs) {
    if cycles == 0 { start = inputs.now }
    if cycles > 0, inputs.cycle > lastCycle &+ 1 {
      missing.append((lastCycle + 1)...(inputs.cycle - 1))
    }
    lastCycle = inputs.cycle
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

  init(
    _ cycle: borrowing @_addressable RecordedCycle, field: String, _ recorded: String,
    _ replayed: String
  ) {
    self.cycle = cycle.inputs.cycle
    time = cycle.inputs.now
    self.field = field
    self.recorded = recorded
    self.replayed = replayed
  }

  /// - Parameter names: of the fields, as `FieldNames` has them.
  init(
    _ cycle: borrowing @_addressable RecordedCycle, in value: String = "", names: [String],
    _ recorded: [UInt64], _ replayed: [UInt64]
  ) {
    let place = zip(recorded, replayed).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    guard let place, place < names.count else {
      self.init(
        cycle, field: value + "count of fields", "\(recorded.count)", "\(replayed.count)")
      return
    }
    let name = names[place].split(separator: " ").map(String.init)
    let kind = name.last ?? ""
    self.init(
      cycle, field: value + (name.first ?? ""), Self.text(recorded[place], kind),
      Self.text(replayed[place], kind))
  }

  func renamed(_ field: String) -> DriveDifference {
    DriveDifference(
      cycle: cycle, time: time, field: field, recorded: recorded, replayed: replayed)
  }

  init(
    cycle: UInt64, time: Instant, field: String, recorded: String, replayed: String
  ) {
    (self.cycle, self.time, self.field) = (cycle, time, field)
    (self.recorded, self.replayed) = (recorded, replayed)
  }

  static func text(_ word: UInt64, _ kind: String) -> String {
    switch kind {
    case "double": "\(Double(bitPattern: word))"
    case "int64" where Int64(bitPattern: word) == Instant.never.nanoseconds: "never"
    case "int64": "\(Int64(bitPattern: word))"
    default: "\(word)"
    }
  }

  package var place: String { "cycle \(cycle) at \(Double(time.nanoseconds) / 1e9) s: \(field)" }

  package var description: String {
    "\(place) was recorded as \(recorded), replayed as \(replayed)"
  }
}

extension RecordingContents {
  /// What general tools are shown of a configuration.
  package mutating func describe(_ configuration: DriveConfiguration) {
    originLatitude = configuration.controller.originLatitude
    originLongitude = configuration.controller.originLongitude
    originHeight = configuration.controller.originHeight
    zoneNames = configuration.zoneNames
    holdLineNames = configuration.holdLineNames
  }
}
