import Signals
import Units

/// Stands in for operator and authorities in a simulated drive: arms the truck when it is ready,
/// and releases each hold line some time after the truck has come to rest at it.
///
/// It speaks through the same facts that signed releases will use.
package struct ScriptedAuthority: Sendable {
  private let lineCount: Int
  private let dwell: Interval
  private var restingSince: Instant?
  private var restingAt: Int64 = -1
  private var released: Set<Int64> = []

  package init(lineCount: Int, dwell: Interval) {
    self.lineCount = lineCount
    self.dwell = dwell
  }

  package mutating func facts(_ outputs: @_addressable Outputs, at now: Instant) -> [Fact] {
    var facts: [Fact] = []
    if outputs.mode == .manual, outputs.readyToArm { facts.append(fact(.arm, 0)) }
    let line = outputs.holdLine
    let rests =
      outputs.mode == .autonomous && outputs.state.isStandstill && line >= 0
      && outputs.authority.stopTarget - outputs.path.frontStation < Metres(2)
    guard rests, line == restingAt, let since = restingSince else {
      restingAt = rests ? line : -1
      restingSince = rests ? now : nil
      return facts
    }
    if now - since >= dwell, line < Int64(lineCount - 1), released.insert(line).inserted {
      facts.append(fact(.release, UInt32(clamping: line)))
    }
    return facts
  }

  private func fact(_ kind: FactKind, _ argument: UInt32) -> Fact {
    var fact = Fact()
    fact.kind = kind
    fact.argument = argument
    return fact
  }
}
