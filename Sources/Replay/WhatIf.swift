import Control
import DriveConfiguration
import Recording
import Signals
import WireCodec

/// What the core decides from recorded inputs with another configuration.
///
/// Open loop: the inputs stay those of the drive, whatever is decided otherwise.
package struct WhatIf {
  /// From what the same build decides with the recorded configuration.
  package fileprivate(set) var divergence = DriveDivergence()
  /// Of that with the record: where they differ, so does the software.
  package fileprivate(set) var comparison = DriveComparison()
}

extension DriveReplay {
  /// Both configurations over the whole drive.
  ///
  /// - Parameter messageNames: of the other's receive rows, in order.
  package func whatIf(
    _ other: DriveConfiguration, messageNames: [String]
  ) throws -> WhatIf {
    if let reason = reasonAgainst(other, messageNames) { throw ReplayRefused(reason) }
    var result = WhatIf()
    var controller = Controller(configuration: other.controller)
    let route = other.route
    var recorded = FieldWords()
    var changed = FieldWords()
    var compared = try comparedWalk(goesOn: true)
    while try compared.next() {
      // Such a state holds what the recorded configuration has led to.
      if result.divergence.cycles == 0, let keyframe = compared.walk.keyframe,
        keyframe.hashes != DriveHashes()
      {
        throw ReplayRefused(
          "begins within its drive, with a state that the recorded configuration has led to: "
            + "another one can be tried from the start of a drive only")
      }
      var outputs = controller.step(compared.walk.cycle.inputs, route: route.span)
      recorded.removeAll()
      compared.walk.outputs.visit(&recorded)
      changed.removeAll()
      outputs.visit(&changed)
      result.divergence.take(
        compared.walk.cycle, outputs: compared.walk.outputs, words: recorded.words,
        others: outputs, theirs: changed.words)
    }
    result.comparison = compared.comparison
    return result
  }

  /// Why the recorded frames cannot be read with another configuration; nil where they can.
  private func reasonAgainst(_ other: DriveConfiguration, _ names: [String]) -> String? {
    let rows = configuration.controller.frames.receive.span
    let theirs = other.controller.frames.receive.span
    var missing: [String] = []
    for i in 0..<other.controller.frames.receiveCount {
      let wanted = theirs[i]
      var isReceived = false
      for j in 0..<configuration.controller.frames.receiveCount {
        isReceived = isReceived || rows[j].takes(theFramesOf: wanted)
      }
      guard !isReceived else { continue }
      let identifier = String(wanted.identifier, radix: 16, uppercase: true)
      let bus = Int(wanted.bus)
      let interface = bus < other.buses.count ? other.buses[bus].interface : "bus \(bus)"
      missing.append(
        "\(i < names.count ? names[i] : "message \(i)") (\(identifier) on \(interface))")
    }
    guard !missing.isEmpty else { return nil }
    let more = missing.count > 3 ? " and \(missing.count - 3) more" : ""
    return "recorded with \(configuration.profileName), which does not receive "
      + missing.prefix(3).joined(separator: ", ") + "\(more) of \(other.profileName)"
  }
}

extension ReceiveRow {
  fileprivate func takes(theFramesOf other: ReceiveRow) -> Bool {
    identifier == other.identifier && mask == other.mask && isExtended == other.isExtended
      && bus == other.bus
  }
}
