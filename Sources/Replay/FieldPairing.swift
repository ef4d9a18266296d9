import Recording
import Signals
import Units

/// Which fields of two recordings were compared and which were not, where their builds name them
/// differently.
package struct FieldOverlap: Sendable {
  /// Fields that both have; an array of numbers is one.
  package fileprivate(set) var compared = 0
  /// Not compared: those that only one of the two has.
  package fileprivate(set) var onlyHere: [String] = []
  package fileprivate(set) var onlyThere: [String] = []
  /// Not compared: both have the name, but not for the same kind of value.
  package fileprivate(set) var otherKind: [String] = []
  /// Compared as far as both go: arrays of numbers with another length.
  package fileprivate(set) var otherLength: [String] = []

  init(_ first: [NamedField], _ second: [NamedField]) {
    let (own, others) = (Self.lengths(first), Self.lengths(second))
    var told: Set<String> = []
    for field in first where told.insert(field.name).inserted {
      guard let (theirs, length) = others[field.name] else {
        onlyHere.append(field.name)
        continue
      }
      guard theirs == field else {
        otherKind.append("\(field.name) (\(Self.text(field)) here, \(Self.text(theirs)) there)")
        continue
      }
      compared += 1
      let ours = own[field.name]?.length ?? 0
      if ours != length { otherLength.append("\(field.name) (\(ours) here, \(length) there)") }
    }
    for field in second where told.insert(field.name).inserted { onlyThere.append(field.name) }
  }

  private static func lengths(_ fields: [NamedField]) -> [String: (NamedField, length: Int)] {
    Dictionary(fields.map { ($0.name, ($0, length: 1)) }) { known, _ in
      (known.0, length: known.length + 1)
    }
  }

  private static func text(_ field: NamedField) -> String {
    "\(field.kind)" + (field.counter.map { ", counted by \($0)," } ?? "")
  }
}

/// Which words of two cycles stand for the same field.
private struct FieldPairing {
  struct Pair {
    let first: Int
    let second: Int
    let field: NamedField
  }

  private var known: [[Int]: [Pair]] = [:]

  /// - Parameters:
  ///   - counts: of the lists of both; by them alone the fields of a layout vary.
  ///   - fields: of the words of each.
  mutating func pairs(
    _ counts: [Int], _ fields: () -> (first: [NamedField], second: [NamedField])
  ) -> [Pair] {
    if let pairs = known[counts] { return pairs }
    let (first, second) = fields()
    let places = Dictionary(grouping: second.indices) { second[$0] }
    // An array of numbers has one name: the first goes with the first, and so on.
    var taken: [NamedField: Int] = [:]
    var pairs: [Pair] = []
    for (place, field) in first.enumerated() {
      let number = taken[field, default: 0]
      taken[field] = number + 1
      guard let others = places[field], number < others.count else { continue }
      pairs.append(Pair(first: place, second: others[number], field: field))
    }
    known[counts] = pairs
    return pairs
  }
}

extension DriveDivergence {
  /// What two recordings say that was decided, whose builds have other fields: field by field those
  /// that both have.
  package static func byName(_ log: DriveLog, _ other: DriveLog) throws -> DriveDivergence {
    var divergence = DriveDivergence()
    var inputs = FieldPairing()
    var outputs = FieldPairing()
    var (cycle, theirs) = (NamedCycle(), NamedCycle())
    var isHere = try log.next(&cycle)
    var isThere = try other.next(&theirs)
    let decisions = FieldOverlap(log.outputFields([]), other.outputFields([]))
    guard decisions.compared > 0 || !isHere || !isThere else {
      throw ReplayRefused("the two recordings have no field of their decisions in common")
    }
    divergence.decisions = decisions
    divergence.consumed = FieldOverlap(log.inputFields([]), other.inputFields([]))
    while isHere || isThere {
      if isHere, !isThere || cycle.number < theirs.number {
        divergence.takeUnpaired()
        isHere = try log.next(&cycle)
        continue
      }
      if isThere, !isHere || theirs.number < cycle.number {
        divergence.takeUnpaired()
        isThere = try other.next(&theirs)
        continue
      }
      let consumed = inputs.pairs(cycle.inputs.counts + theirs.inputs.counts) {
        (log.inputFields(cycle.inputs.counts), other.inputFields(theirs.inputs.counts))
      }
      let decided = outputs.pairs(cycle.outputs.counts + theirs.outputs.counts) {
        (log.outputFields(cycle.outputs.counts), other.outputFields(theirs.outputs.counts))
      }
      divergence.take(
        cycle,
        differing: decided.compactMap {
          let (word, other) = (cycle.outputs.words[$0.first], theirs.outputs.words[$0.second])
          return word == other ? nil : ($0.field, word, other)
        },
        hasSameInputs: consumed.allSatisfy {
          cycle.inputs.words[$0.first] == theirs.inputs.words[$0.second]
        })
      isHere = try log.next(&cycle)
      isThere = try other.next(&theirs)
    }
    return divergence
  }
}
