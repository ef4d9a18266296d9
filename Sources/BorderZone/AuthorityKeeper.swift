import Signals
import Units

/// Turns releases and revocations of hold lines into movement authority.
///
/// Lines are released strictly in order: a release beyond an unreleased line is kept and takes
/// effect when the lines before it are released. Authority ends at the first line that is not
/// released. A release is used up when the front has passed its line, so it cannot be revoked then.
package struct AuthorityKeeper: Sendable, Visitable {
  private var released = InlineArray<16, Bool>(repeating: false)
  /// The first line that the front has not passed.
  package private(set) var nextLine = 0
  package private(set) var revision: UInt32 = 0
  /// Releases and revocations that named no line ahead.
  package private(set) var refused: UInt32 = 0
  private var commitGuard = CommitGuard()

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for i in 0..<ZoneTable.lineCapacity { visitor.visit("released", &released[i]) }
    visitor.visitCount("nextLine", &nextLine, limit: ZoneTable.lineCapacity)
    visitor.visit("revision", &revision)
    visitor.visit("refused", &refused)
    visitor.visit("commitGuard", &commitGuard)
  }

  package mutating func releaseReceived(line: UInt32, zones: borrowing @_addressable ZoneTable) {
    guard let index = ahead(line, zones), index < zones.lineCount - 1 else {
      refused &+= 1
      return
    }
    if !released[index] { revision &+= 1 }
    released[index] = true
  }

  package mutating func revocationReceived(line: UInt32, zones: borrowing @_addressable ZoneTable) {
    guard let index = ahead(line, zones) else {
      refused &+= 1
      return
    }
    if released[index] { revision &+= 1 }
    released[index] = false
  }

  @_addressableSelf private func ahead(_ line: UInt32, _ zones: borrowing @_addressable ZoneTable)
    -> Int?
  {
    guard let index = Int(exactly: line), index >= nextLine, index < zones.lineCount else {
      return nil
    }
    return index
  }

  /// Whether the next line is released, and yet not to be passed.
  package var isWithheld: Bool { commitGuard.isWithheld }

  /// The authority for a front bumper at `front`; nothing ahead means to stay where it is.
  package mutating func authority(
    front: Metres, zones: borrowing @_addressable ZoneTable, commit: Commitment = Commitment()
  ) -> (authority: MovementAuthority, line: Int) {
    // Passing is counted at the danger point, and only for released lines: an overrun of an
    // unreleased line must not turn into authority.
    while nextLine < zones.lineCount, released[nextLine],
      front > zones.lines[nextLine].supervisedLimit
    {
      nextLine += 1
    }
    var authority = MovementAuthority()
    authority.revision = revision
    authority.stopTarget = front
    authority.supervisedLimit = front
    if nextLine < zones.lineCount {
      commitGuard.judge(
        nextLine, room: zones.lines[nextLine].stopTarget - front,
        isReleased: released[nextLine], commit)
    }
    var line = -1
    for i in nextLine..<max(zones.lineCount, nextLine) {
      line = i
      authority.stopTarget = zones.lines[i].stopTarget
      authority.supervisedLimit = zones.lines[i].supervisedLimit
      if !released[i] || commitGuard.isWithheld { break }
    }
    return (authority, line)
  }
}
