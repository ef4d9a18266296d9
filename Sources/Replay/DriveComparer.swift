import Control
import Recording
import Signals

/// Holds what the core decides, decodes and remembers against the record, cycle by cycle.
struct DriveComparer {
  private(set) var comparison = DriveComparison()
  private var fields = FieldComparer()
  /// Signals that were decoded otherwise: the next recorded state tells which.
  private var unnamed: DriveDifference?

  init(startedAt: Double) { comparison.startedAt = startedAt }

  /// The state that the cycle in hand starts from; answers whether to go on.
  mutating func compare(_ walk: inout DriveWalk, with keyframe: RecordedKeyframe) -> Bool {
    let hashes = keyframe.hashes
    if comparison.cycles == 0 { fields = FieldComparer(continuing: hashes.outputs) }
    if unnamed == nil {
      guard same(hashes.outputs, fields.hash.hash, "outputs (hash over all)", walk.cycle) else {
        return false
      }
      comparison.keyframes += 1
    }
    guard keyframe.isOurs else { return true }
    var own = FieldWords()
    walk.controller.visit(&own)
    guard own.words != keyframe.words else { return true }
    var names = FieldNames()
    walk.controller.visit(&names)
    if let unnamed {
      comparison.difference = named(unnamed, names.names, keyframe.words, own.words)
      self.unnamed = nil
      return false
    }
    comparison.difference = DriveDifference(
      walk.cycle, in: "state.", names: names.names, keyframe.words, own.words)
    return false
  }

  /// What the cycle in hand decoded and decided; answers whether to go on.
  mutating func compare(_ walk: inout DriveWalk) -> Bool {
    guard unnamed == nil else { return true }
    comparison.count(walk.cycle.inputs)
    let (inputHash, found) = (walk.cycle.inputHash, walk.cycle.foundInputHash)
    guard same(inputHash, found, "inputs (hash over all)", walk.cycle) else { return false }
    if let recorded = walk.cycle.decodedHash, recorded != walk.controller.decodedHash {
      let difference = DriveDifference(
        walk.cycle, field: "decoded signals (hash over all)", hexadecimal(recorded),
        hexadecimal(walk.controller.decodedHash))
      comparison.difference = difference
      unnamed = difference
      return true
    }
    fields.begin(walk.cycle.outputWords)
    walk.outputs.visit(&fields)
    comparison.outputHash = fields.hash
    guard fields.isSame else {
      var replayed = FieldWords()
      walk.outputs.visit(&replayed)
      var names = FieldNames()
      walk.outputs.visit(&names)
      comparison.difference = DriveDifference(
        walk.cycle, names: names.names, walk.cycle.outputWords, replayed.words)
      return false
    }
    let outputHash = walk.cycle.outputHash
    return same(outputHash, fields.hash.hash, "outputs (hash over all)", walk.cycle)
  }

  private mutating func same(
    _ recorded: UInt64, _ replayed: UInt64, _ field: String,
    _ cycle: borrowing @_addressable RecordedCycle
  ) -> Bool {
    guard recorded != replayed else { return true }
    comparison.difference = DriveDifference(
      cycle, field: field, hexadecimal(recorded), hexadecimal(replayed))
    return false
  }

  /// Which signals differ, where the next recorded state still shows it.
  private func named(
    _ difference: DriveDifference, _ names: [String], _ recorded: [UInt64], _ replayed: [UInt64]
  ) -> DriveDifference {
    var signals: [String] = []
    for (place, name) in names.enumerated() where name.hasPrefix("signals.samples[") {
      guard place < recorded.count, recorded[place] != replayed[place] else { continue }
      let number = name.dropFirst("signals.samples[".count).prefix { $0 != "]" }
      guard let channel = UInt8(number).flatMap(SignalChannel.init(rawValue:)) else { continue }
      if signals.last != "\(channel)" { signals.append("\(channel)") }
    }
    guard !signals.isEmpty else { return difference }
    return difference.renamed("decoded signals (" + signals.joined(separator: ", ") + ")")
  }
}
