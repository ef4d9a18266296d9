import Signals
import Units

/// The supervised limit without what a stop does to it (S-12), in a coordinate that stands still.
///
/// A stop shrinks the published limit to where its own plan ends, and a truck that brakes less than
/// planned, downhill or on wet road, must not be braked harder for that. What is revoked meanwhile
/// counts: that changes the revision of the authority. What is released counts after the stop (I-7).
struct LimitMemory: Sendable, Visitable {
  private(set) var limit = Metres(.nan)
  private var published = Metres(.nan)
  private var revision: UInt32 = 0

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("limit", &limit)
    visitor.visit("published", &published)
    visitor.visit("revision", &revision)
  }

  /// - Parameter tolerance: by which the coordinate may be off from one cycle to the next.
  mutating func follow(
    _ new: Metres, revision newRevision: UInt32, isStopping: Bool, tolerance: Metres
  ) {
    let isRevoked = newRevision != revision && new < published - tolerance
    revision = newRevision
    published = new
    if !isStopping || limit.value.isNaN {
      limit = new
    } else if isRevoked {
      limit = min(limit, new)
    }
  }
}
