/// Solves a `ChainProgram` by the dual active-set method of Goldfarb and Idnani.
///
/// Every iterate is the optimum for the constraints in its working set, so the unconstrained case
/// costs one factorisation, and a working set left from the last cycle costs little to go on from.
/// Constraints are kept as the solutions y of L y = a, with H = L L': their Gram matrix is then that
/// of the multipliers (D. Arnstrom, A. Bemporad, D. Axehill: A dual active-set solver for embedded
/// quadratic programming using recursive LDL' updates, 2022).
package struct ChainSolver {
  /// Working sets tried before the search is given up.
  package static var iterationLimit: Int { 80 }
  private static var rowLength: Int { 32 }

  private let count: Int
  private let bounds: ChainBounds
  /// L, rows of 32; its diagonal is kept as reciprocals, and so is that of the other factor.
  private var factor = InlineArray<1024, Double>(repeating: 0)
  /// The optimum without constraints, before the back substitution by L'.
  private var free = InlineArray<32, Double>(repeating: 0)
  // The working set: constraint, its row y, the Gram matrix and its Cholesky factor.
  private var size = 0
  private var members = InlineArray<32, ChainConstraint>(repeating: ChainConstraint())
  private var rows = InlineArray<1024, Double>(repeating: 0)
  private var gram = InlineArray<1024, Double>(repeating: 0)
  private var cholesky = InlineArray<1024, Double>(repeating: 0)
  /// The last member depends on those before it.
  private var isSingular = false
  private var multipliers = InlineArray<32, Double>(repeating: 0)
  private var values = InlineArray<32, Double>(repeating: 0)

  private init(_ program: borrowing @_addressable ChainProgram) {
    count = program.count
    bounds = ChainBounds(program)
  }

  /// The solution; `active` is where the search begins, and is left as it ended.
  package static func solve(
    _ program: borrowing @_addressable ChainProgram, from active: inout ActiveSet
  ) -> ChainSolution {
    var solution = ChainSolution()
    guard program.isWellFormed() else {
      active = ActiveSet()
      let held = program.previous.isFinite ? program.previous : 0
      solution.values = InlineArray(repeating: held)
      return solution
    }
    var solver = ChainSolver(program)
    guard solver.factorise(program) else {
      active = ActiveSet()
      solution.outcome = .indefinite
      solution.values = solver.bounds.nearest(InlineArray(repeating: program.previous), program)
      return solution
    }
    solver.begin(active, program)
    solution.iterations = solver.search(program)
    let isDone = solution.iterations <= iterationLimit
    solution.outcome = !isDone ? .limited : solver.bounds.wasRelaxed ? .relaxed : .optimal
    active = isDone ? solver.activeSet() : ActiveSet()
    // Off the bounds by no more than rounding when done; the answer is within them to the last bit.
    solution.values = solver.bounds.nearest(solver.values, program)
    return solution
  }

  // MARK: - The optimum without constraints

  private mutating func factorise(_ program: borrowing @_addressable ChainProgram) -> Bool {
    for i in 0..<count {
      for j in 0...i {
        var sum = program[i, j]
        for k in 0..<j { sum -= factor[32 * i + k] * factor[32 * j + k] }
        if i > j {
          factor[32 * i + j] = sum * factor[33 * j]
        } else {
          guard sum > 1e-13 * program[i, i] else { return false }
          factor[33 * i] = 1 / sum.squareRoot()
        }
      }
    }
    for i in 0..<count {
      var sum = -program.gradient[i]
      for k in 0..<i { sum -= factor[32 * i + k] * free[k] }
      free[i] = sum * factor[33 * i]
    }
    return true
  }

  /// x for the multipliers at hand.
  private mutating func evaluate() {
    var right = free
    for m in 0..<size {
      let multiplier = multipliers[m]
      for i in members[m].first..<count { right[i] -= multiplier * rows[32 * m + i] }
    }
    for i in stride(from: count - 1, through: 0, by: -1) {
      var sum = right[i]
      for k in (i + 1)..<max(count, i + 1) { sum -= factor[32 * k + i] * values[k] }
      values[i] = sum * factor[33 * i]
    }
  }

  // MARK: - The search

  private mutating func begin(
    _ active: ActiveSet, _ program: borrowing @_addressable ChainProgram
  ) {
    for i in 0..<count {
      let bit: UInt32 = 1 << UInt32(i)
      take(active.atLower & bit, ChainConstraint(index: i, isChange: false, side: -1), program)
      take(active.atUpper & bit, ChainConstraint(index: i, isChange: false, side: 1), program)
      guard i > 0 else { continue }
      take(active.atLeastChange & bit, ChainConstraint(index: i, isChange: true, side: -1), program)
      take(active.atMostChange & bit, ChainConstraint(index: i, isChange: true, side: 1), program)
    }
  }

  private mutating func take(
    _ bit: UInt32, _ constraint: ChainConstraint,
    _ program: borrowing @_addressable ChainProgram
  ) {
    guard bit != 0, size < count, bound(constraint, program).isFinite else { return }
    add(constraint)
    // What depends on the others can wait until it is violated.
    if isSingular { remove(size - 1) }
  }

  /// The number of working sets tried; one more than the limit when the search did not end.
  private mutating func search(_ program: borrowing @_addressable ChainProgram) -> Int {
    for iteration in 1...Self.iterationLimit {
      if isSingular {
        guard makeRoom() else { break }
        continue
      }
      let target = balanced(program)
      if let blocking = step(to: target) {
        remove(blocking)
        continue
      }
      evaluate()
      guard let violated = mostViolated(program) else { return iteration }
      guard size < Self.rowLength else { break }
      add(violated)
    }
    evaluate()
    return Self.iterationLimit + 1
  }

  /// The multipliers that keep all members at equality.
  @_addressableSelf private func balanced(
    _ program: borrowing @_addressable ChainProgram
  ) -> InlineArray<32, Double> {
    var result = InlineArray<32, Double>(repeating: 0)
    for m in 0..<size {
      // y'v of the free optimum is a'x of it.
      var sum = -bound(members[m], program) * members[m].side
      for i in members[m].first..<count { sum += rows[32 * m + i] * free[i] }
      for k in 0..<m { sum -= cholesky[32 * m + k] * result[k] }
      result[m] = sum * cholesky[33 * m]
    }
    return backSubstituted(result, size)
  }

  @_addressableSelf private func backSubstituted(
    _ right: InlineArray<32, Double>, _ size: Int
  ) -> InlineArray<32, Double> {
    var result = right
    for m in stride(from: size - 1, through: 0, by: -1) {
      var sum = result[m]
      for k in (m + 1)..<max(size, m + 1) { sum -= cholesky[32 * k + m] * result[k] }
      result[m] = sum * cholesky[33 * m]
    }
    return result
  }

  /// Moves the multipliers as far as they stay positive; the member that blocks, if one does.
  private mutating func step(to target: InlineArray<32, Double>) -> Int? {
    var largest = 0.0
    for m in 0..<size { largest = max(largest, target[m].magnitude) }
    var share = 1.0
    var lowest = 0.0
    var blocking: Int?
    for m in 0..<size where target[m] < -1e-12 * largest {
      let reach = multipliers[m] / (multipliers[m] - target[m])
      // Of those that block at once, as after a warm start, the one that is most in the way.
      guard blocking == nil || reach < share || reach == share && target[m] < lowest else {
        continue
      }
      (share, lowest, blocking) = (reach, target[m], m)
    }
    for m in 0..<size {
      multipliers[m] = max(multipliers[m] + share * (target[m] - multipliers[m]), 0)
    }
    return blocking
  }

  /// The last member can be kept by none of the multipliers: exchanges it for one of the others.
  private mutating func makeRoom() -> Bool {
    let last = size - 1
    var right = InlineArray<32, Double>(repeating: 0)
    for m in 0..<last { right[m] = -cholesky[32 * last + m] }
    let direction = backSubstituted(right, last)
    var reach = Double.infinity
    var blocking: Int?
    for m in 0..<last where direction[m] < -1e-9 {
      let length = -multipliers[m] / direction[m]
      if length < reach { (reach, blocking) = (length, m) }
    }
    guard let blocking else { return false }
    for m in 0..<last { multipliers[m] = max(multipliers[m] + reach * direction[m], 0) }
    multipliers[last] += reach
    remove(blocking)
    return true
  }

  /// Members hold by construction; what they miss their bounds by is rounding.
  @_addressableSelf private func mostViolated(
    _ program: borrowing @_addressable ChainProgram
  ) -> ChainConstraint? {
    let active = activeSet()
    var worst = bounds.tolerance
    var result: ChainConstraint?
    for i in 0..<count {
      let bit: UInt32 = 1 << UInt32(i)
      let above = values[i] - bounds.upper[i]
      if above > worst, active.atUpper & bit == 0 {
        worst = above
        result = ChainConstraint(index: i, isChange: false, side: 1)
      }
      let below = bounds.lower[i] - values[i]
      if below > worst, active.atLower & bit == 0 {
        worst = below
        result = ChainConstraint(index: i, isChange: false, side: -1)
      }
      guard i > 0 else { continue }
      let change = values[i] - values[i - 1]
      if change - program.mostChange[i] > worst, active.atMostChange & bit == 0 {
        worst = change - program.mostChange[i]
        result = ChainConstraint(index: i, isChange: true, side: 1)
      }
      if program.leastChange[i] - change > worst, active.atLeastChange & bit == 0 {
        worst = program.leastChange[i] - change
        result = ChainConstraint(index: i, isChange: true, side: -1)
      }
    }
    return result
  }
}

// MARK: - The working set

extension ChainSolver {
  @_addressableSelf private func bound(
    _ constraint: ChainConstraint, _ program: borrowing @_addressable ChainProgram
  ) -> Double {
    let i = constraint.index
    if constraint.isChange {
      return constraint.side > 0 ? program.mostChange[i] : program.leastChange[i]
    }
    return constraint.side > 0 ? bounds.upper[i] : bounds.lower[i]
  }

  private mutating func add(_ constraint: ChainConstraint) {
    let m = size
    members[m] = constraint
    multipliers[m] = 0
    let first = constraint.first
    for i in first..<count {
      var sum = i == constraint.index ? constraint.side : i == first ? -constraint.side : 0
      for k in first..<i { sum -= factor[32 * i + k] * rows[32 * m + k] }
      rows[32 * m + i] = sum * factor[33 * i]
    }
    for k in 0...m {
      var sum = 0.0
      for i in max(first, members[k].first)..<count { sum += rows[32 * m + i] * rows[32 * k + i] }
      gram[32 * m + k] = sum
    }
    size += 1
    decompose(from: m)
  }

  private mutating func remove(_ member: Int) {
    for m in member..<max(size - 1, member) {
      members[m] = members[m + 1]
      multipliers[m] = multipliers[m + 1]
      for i in 0..<count { rows[32 * m + i] = rows[32 * (m + 1) + i] }
      for k in 0...m {
        gram[32 * m + k] = gram[32 * (m + 1) + (k < member ? k : k + 1)]
      }
    }
    size -= 1
    decompose(from: member)
  }

  private mutating func decompose(from first: Int) {
    isSingular = false
    for m in first..<max(size, first) {
      for j in 0...m {
        var sum = gram[32 * m + j]
        for k in 0..<j { sum -= cholesky[32 * m + k] * cholesky[32 * j + k] }
        if j < m {
          cholesky[32 * m + j] = sum * cholesky[33 * j]
        } else {
          // Only the newest can depend on the others; an older one is so by rounding alone.
          let least = 1e-12 * gram[33 * m]
          if sum <= least { isSingular = m == size - 1 }
          cholesky[33 * m] = 1 / max(sum, least).squareRoot()
        }
      }
    }
  }

  @_addressableSelf private func activeSet() -> ActiveSet {
    var result = ActiveSet()
    for m in 0..<size {
      let bit: UInt32 = 1 << UInt32(members[m].index)
      switch (members[m].isChange, members[m].side > 0) {
      case (false, false): result.atLower |= bit
      case (false, true): result.atUpper |= bit
      case (true, false): result.atLeastChange |= bit
      case (true, true): result.atMostChange |= bit
      }
    }
    return result
  }
}

/// One side of a bound: side * a'x <= side * bound.
struct ChainConstraint {
  var index = 0
  /// Of the step from the value before, else of the value itself.
  var isChange = false
  /// 1 for an upper bound, -1 for a lower.
  var side = 1.0

  /// The first value that takes part.
  var first: Int { isChange ? index - 1 : index }
}
