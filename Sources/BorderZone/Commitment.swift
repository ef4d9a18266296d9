import Signals
import Units

/// Whether a truck may commit itself to passing a hold line now (R-GNSS-4).
package struct Commitment: Sendable {
  package var isAllowed = true
  /// Nearer than this the truck can no longer stop before a line in comfort; 0 while it stands.
  package var stoppingDistance = Metres.zero

  package init() {}
}

/// Withholds the next line, released or not, from a truck that may not commit itself to it.
///
/// It is decided once for each line: what was passed on cannot be taken back a metre before the line,
/// and what was withheld stays so until a commit is allowed again.
struct CommitGuard: Sendable, Visitable {
  enum Decision: UInt8, Sendable { case open, withheld, committed }
  private var decision = Decision.open
  private var line = 0

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("decision", &decision)
    visitor.visitCount("line", &line, limit: ZoneTable.lineCapacity)
  }

  var isWithheld: Bool { decision == .withheld }

  mutating func judge(_ next: Int, room: Metres, isReleased: Bool, _ commitment: Commitment) {
    if next != line || commitment.isAllowed || !isReleased { decision = .open }
    line = next
    guard isReleased, !commitment.isAllowed, decision == .open else { return }
    let isTooLate = commitment.stoppingDistance > .zero && room < commitment.stoppingDistance
    decision = isTooLate ? .committed : .withheld
  }
}
