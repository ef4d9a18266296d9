import Signals
import Units

/// Ends a recording, and does not wait for ever: a disk may hang.
package struct KeeperEnd: Sendable {
  package enum Answer: Sendable { case waits, closed, givenUp }

  /// Flash disks were seen to keep a writer waiting for five seconds.
  package static var patience: Interval { .milliseconds(10_000) }
  private var askedAt = Instant.never

  package init() {}

  package mutating func ask(_ keeper: DriveKeeper, at now: Instant) -> Answer {
    if keeper.hasFinished { return .closed }
    if askedAt == .never {
      askedAt = now
      keeper.end()
    }
    return now - askedAt < Self.patience ? .waits : .givenUp
  }
}
