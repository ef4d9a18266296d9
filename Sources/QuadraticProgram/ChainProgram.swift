/// A strictly convex programme over a chain of values, each bounded, and each step between
/// neighbours bounded: minimise 1/2 x'Hx + g'x.
///
/// What an actuator with an end stop and a rate limit leaves of an optimal-control problem once the
/// states are eliminated.
package struct ChainProgram: Sendable {
  /// The most values that a programme may have.
  package static var capacity: Int { 32 }

  package let count: Int
  /// Rows of `capacity`; only the lower triangle is read.
  private var quadratic = InlineArray<1024, Double>(repeating: 0)
  package var gradient = InlineArray<32, Double>(repeating: 0)
  package var lower = InlineArray<32, Double>(repeating: -.infinity)
  package var upper = InlineArray<32, Double>(repeating: .infinity)
  /// Bounds of `x[k] - x[k - 1]`; those of `x[0]` are against `previous`.
  package var leastChange = InlineArray<32, Double>(repeating: -.infinity)
  package var mostChange = InlineArray<32, Double>(repeating: .infinity)
  package var previous = 0.0

  package init(count: Int) {
    self.count = min(max(count, 0), Self.capacity)
  }

  package subscript(row: Int, column: Int) -> Double {
    @_addressableSelf get { quadratic[32 * row + column] }
    set { quadratic[32 * row + column] = newValue }
  }

  /// False where a number that must be finite is not, or a bound is upside down or not a number.
  @_addressableSelf func isWellFormed() -> Bool {
    guard count > 0, previous.isFinite else { return false }
    for i in 0..<count {
      guard gradient[i].isFinite, lower[i] <= upper[i], leastChange[i] <= mostChange[i],
        lower[i] < .infinity, upper[i] > -.infinity, leastChange[i] < .infinity,
        mostChange[i] > -.infinity
      else { return false }
      for j in 0...i where !quadratic[32 * i + j].isFinite { return false }
    }
    return true
  }
}

/// The constraints that held with equality in the last solution, where the next search begins.
package struct ActiveSet: Equatable, Sendable {
  /// One bit for each value of the chain.
  package var atLower: UInt32 = 0
  package var atUpper: UInt32 = 0
  package var atLeastChange: UInt32 = 0
  package var atMostChange: UInt32 = 0

  package init() {}

  /// The same constraints seen `steps` later.
  package mutating func advance(by steps: Int) {
    let shift = UInt32(min(max(steps, 0), 32))
    atLower >>= shift
    atUpper >>= shift
    atLeastChange >>= shift
    atMostChange >>= shift
  }
}

package enum ChainOutcome: UInt8, Sendable {
  /// The optimum within all bounds.
  case optimal
  /// No chain keeps all bounds: the optimum with the values' bounds moved to where the changes allow.
  case relaxed
  /// Iterations ran out: within the bounds, not optimal.
  case limited
  /// Not a strictly convex programme: within the bounds, as near to `previous` as they allow.
  case indefinite
  /// Not numbers, or bounds upside down: `previous` throughout, zero if that is no number either.
  case refused
}

package struct ChainSolution: Sendable {
  package var outcome = ChainOutcome.refused
  package var values = InlineArray<32, Double>(repeating: 0)
  /// Working sets tried.
  package var iterations = 0

  package init() {}
}
