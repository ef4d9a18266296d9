import Recording
import Signals
import Units

/// How two runs decide differently, cycle by cycle and field by field.
package struct DriveDivergence {
  /// One output field in all cycles.
  package struct Field: Sendable, Equatable {
    package let name: String
    /// Cycles in which it differs.
    package fileprivate(set) var cycles: UInt64 = 0
    /// Of its two values; infinite where one of them is no number.
    package fileprivate(set) var largest = 0.0
    /// When it differed first.
    package fileprivate(set) var time = Instant.never
    /// When it differed last.
    fileprivate var latest = Instant.never
  }

  /// Cycles that both runs have.
  package private(set) var cycles: UInt64 = 0
  package private(set) var differing: UInt64 = 0
  /// Cycles that only one of them has.
  package private(set) var unpaired: UInt64 = 0
  package private(set) var first: DriveDifference?
  /// The first cycle in which the two consumed different inputs: what differs from there on need not
  /// come from the software.
  package private(set) var otherInputsSince: UInt64?
  /// Which fields of the outputs, and of the inputs, were compared, where the two recordings have
  /// not the same; nil where they have.
  package internal(set) var decisions: FieldOverlap?
  package internal(set) var consumed: FieldOverlap?
  private var found: [Field] = []
  /// As `FieldNames` tells them, parallel to `found`.
  private var kinds: [String] = []
  private var numbers: [String: Int] = [:]
  /// The fields of outputs with so many words: only one list among them varies in length.
  private var shapes: [Int: [Int]] = [:]

  package init() {}

  package var isSame: Bool { differing == 0 && unpaired == 0 }

  /// The fields that differ, the most often different first; of a list of numbers, its worst.
  package var differences: [Field] {
    found.filter { $0.cycles > 0 }.sorted { ($0.cycles, $1.time) > ($1.cycles, $0.time) }
  }

  /// Takes a cycle of both.
  ///
  /// - Parameters:
  ///   - outputs: what the first run decided in it.
  ///   - words: the same as `FieldWords`.
  mutating func take(
    _ cycle: borrowing @_addressable RecordedCycle, outputs: borrowing @_addressable Outputs,
    words: [UInt64],
    other: borrowing @_addressable RecordedCycle
  ) {
    if otherInputsSince == nil, cycle.inputHash != other.inputHash {
      otherInputsSince = cycle.inputs.cycle
    }
    take(cycle, outputs: outputs, words: words, others: other.outputs, theirs: other.outputWords)
  }

  /// Takes what two runs decided from the same inputs.
  mutating func take(
    _ cycle: borrowing @_addressable RecordedCycle, outputs: borrowing @_addressable Outputs,
    words: [UInt64], others: borrowing @_addressable Outputs, theirs: [UInt64]
  ) {
    cycles += 1
    guard words != theirs else { return }
    differing += 1
    let shape = shape(outputs, words.count)
    guard words.count != theirs.count else {
      for place in words.indices where words[place] != theirs[place] {
        note(shape[place], words[place], theirs[place], cycle.inputs.cycle, cycle.inputs.now)
      }
      return
    }
    let named = Dictionary(
      grouping: zip(self.shape(others, theirs.count), theirs), by: \.0)
    var taken: [Int: Int] = [:]
    for (field, word) in zip(shape, words) {
      let place = taken[field, default: 0]
      taken[field] = place + 1
      guard let others = named[field], place < others.count, others[place].1 != word else {
        continue
      }
      note(field, word, others[place].1, cycle.inputs.cycle, cycle.inputs.now)
    }
  }

  mutating func takeUnpaired() { unpaired += 1 }

  /// Takes a cycle of both by the names of their fields.
  ///
  /// - Parameter differing: the outputs that differ, with the words of both.
  mutating func take(
    _ cycle: NamedCycle, differing fields: [(field: NamedField, word: UInt64, other: UInt64)],
    hasSameInputs: Bool
  ) {
    if otherInputsSince == nil, !hasSameInputs { otherInputsSince = cycle.number }
    cycles += 1
    guard !fields.isEmpty else { return }
    differing += 1
    for (field, word, other) in fields {
      note(
        number(of: field.description), word, other, cycle.number, Instant(nanoseconds: cycle.time))
    }
  }

  private mutating func shape(_ outputs: borrowing @_addressable Outputs, _ count: Int) -> [Int] {
    if let known = shapes[count] { return known }
    var names = FieldNames()
    var outputs = copy outputs
    outputs.visit(&names)
    let shape = names.names.map { number(of: $0) }
    shapes[count] = shape
    return shape
  }

  /// - Parameter name: as `FieldNames` tells it.
  private mutating func number(of name: String) -> Int {
    if let known = numbers[name] { return known }
    let parts = name.split(separator: " ")
    found.append(Field(name: parts.first.map(String.init) ?? ""))
    kinds.append(parts.last.map(String.init) ?? "")
    numbers[name] = found.count - 1
    return found.count - 1
  }

  private mutating func note(
    _ field: Int, _ word: UInt64, _ other: UInt64, _ cycle: UInt64, _ now: Instant
  ) {
    let kind = kinds[field]
    if first == nil {
      first = DriveDifference(
        cycle: cycle, time: now, field: found[field].name,
        recorded: DriveDifference.text(word, kind), replayed: DriveDifference.text(other, kind))
    }
    if found[field].cycles == 0 { found[field].time = now }
    // A list of numbers has one name.
    if found[field].cycles == 0 || found[field].latest != now { found[field].cycles += 1 }
    found[field].latest = now
    let difference = (Self.number(word, kind) - Self.number(other, kind)).magnitude
    found[field].largest = max(found[field].largest, difference.isNaN ? .infinity : difference)
  }

  private static func number(_ word: UInt64, _ kind: String) -> Double {
    switch kind {
    case "double": Double(bitPattern: word)
    case "int64": Double(Int64(bitPattern: word))
    default: Double(word)
    }
  }
}

extension DriveReplay {
  /// What this build decides from the inputs of the drive, beside what another recording says that
  /// was decided from them.
  package func compare(with other: DriveLog) throws -> DriveDivergence {
    var divergence = DriveDivergence()
    var words = FieldWords()
    var pairing = Pairing(other)
    var again = try walk()
    while try again.next() {
      words.removeAll()
      again.outputs.visit(&words)
      try pairing.pair(
        again.cycle, outputs: again.outputs, words: words.words, into: &divergence)
    }
    try pairing.finish(&divergence)
    return divergence
  }
}

extension DriveDivergence {
  /// What two recordings say that was decided.
  package static func of(_ log: DriveLog, _ other: DriveLog) throws(RecordingError)
    -> DriveDivergence
  {
    var divergence = DriveDivergence()
    var cycle = RecordedCycle()
    var pairing = Pairing(other)
    while try log.next(&cycle) {
      try pairing.pair(
        cycle, outputs: cycle.outputs, words: cycle.outputWords, into: &divergence)
    }
    try pairing.finish(&divergence)
    return divergence
  }
}

/// Finds the cycle of another recording with the same number.
private struct Pairing {
  private let log: DriveLog
  private var cycle = RecordedCycle()
  private var isThere = true
  private var hasBegun = false

  init(_ log: DriveLog) { self.log = log }

  mutating func pair(
    _ wanted: borrowing @_addressable RecordedCycle, outputs: borrowing @_addressable Outputs,
    words: [UInt64],
    into divergence: inout DriveDivergence
  ) throws(RecordingError) {
    if !hasBegun { isThere = try log.next(&cycle) }
    hasBegun = true
    while isThere, cycle.inputs.cycle < wanted.inputs.cycle {
      divergence.takeUnpaired()
      isThere = try log.next(&cycle)
    }
    guard isThere, cycle.inputs.cycle == wanted.inputs.cycle else {
      return divergence.takeUnpaired()
    }
    divergence.take(wanted, outputs: outputs, words: words, other: cycle)
    isThere = try log.next(&cycle)
  }

  mutating func finish(_ divergence: inout DriveDivergence) throws(RecordingError) {
    if !hasBegun { isThere = try log.next(&cycle) }
    hasBegun = true
    while isThere {
      divergence.takeUnpaired()
      isThere = try log.next(&cycle)
    }
  }
}
