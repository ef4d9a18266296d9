import Foundation

/// A derivative-free search of bounded cost: points spread evenly first, then a pattern search from
/// the best of them.
///
/// Nothing in it is random. The first points are a Halton sequence, which fills the box evenly for
/// whatever number of them is taken, so that a larger budget goes on where a smaller one ended.
/// The pattern search tries a step up and down along each axis (Hooke and Jeeves, without the pattern
/// move) and halves the step where none is better. Points are asked for in whole batches, so that what is
/// found does not depend on how many are computed at a time.
package struct WeightSearch: Sendable {
  /// Of each axis, both ends allowed; the axes are searched on a logarithmic scale.
  package let ranges: [ClosedRange<Int>]
  package let start: [Int]
  /// How many points may be asked for, the start included.
  package let budget: Int
  /// Share of the budget for the even spread.
  private static var spread: Double { 0.5 }
  /// Of an axis' logarithmic range: from neighbouring points of the spread to what drives can tell
  /// apart.
  private static var firstStep: Double { 0.125 }
  private static var lastStep: Double { 0.01 }

  package init(ranges: [ClosedRange<Int>], start: [Int], budget: Int) {
    self.ranges = ranges
    self.start = start
    self.budget = budget
  }

  /// The points in the order in which they were asked for, the start first.
  ///
  /// - Parameter costs: of each point of a batch, lower is better; infinite for one that must not be.
  package func run(
    costs: ([[Int]]) throws -> [Double]
  ) rethrows -> [(point: [Int], cost: Double)] {
    var found: [(point: [Int], cost: Double)] = []
    var known: Set<[Int]> = []
    func ask(_ points: [[Int]]) throws {
      var fresh: [[Int]] = []
      for point in points where found.count + fresh.count < budget {
        if known.insert(point).inserted { fresh.append(point) }
      }
      guard !fresh.isEmpty else { return }
      let values = try costs(fresh)
      for (point, cost) in zip(fresh, values) { found.append((point, cost)) }
    }
    let evenly = Int(Double(budget) * Self.spread)
    try ask([start] + (1..<max(evenly, 1)).map { halton($0) })
    var step = Self.firstStep
    while step >= Self.lastStep, found.count < budget, let centre = best(of: found) {
      try ask(neighbours(of: centre.point, step))
      guard let now = best(of: found), now.cost < centre.cost else {
        step /= 2
        continue
      }
    }
    return found
  }

  /// Nil when there is none that may be.
  private func best(of found: [(point: [Int], cost: Double)]) -> (point: [Int], cost: Double)? {
    // The first of equals, as it has been known the longest.
    var best: (point: [Int], cost: Double)?
    for one in found where one.cost < best?.cost ?? .infinity { best = one }
    return best
  }

  private func neighbours(of point: [Int], _ step: Double) -> [[Int]] {
    ranges.indices.flatMap { axis in
      [step, -step].map { step in
        var next = point
        let place = share(of: point[axis], axis) + step
        next[axis] = value(at: place, axis)
        // A step of less than a unit is a unit.
        if next[axis] == point[axis] {
          next[axis] = min(
            max(point[axis] + (step > 0 ? 1 : -1), ranges[axis].lowerBound),
            ranges[axis].upperBound)
        }
        return next
      }
    }
  }

  /// The radical inverse of the index in a prime of each axis.
  private func halton(_ index: Int) -> [Int] {
    let primes = [2, 3, 5, 7, 11, 13, 17, 19]
    return ranges.indices.map { axis in
      let base = primes[axis % primes.count]
      var rest = index
      var digit = 1.0
      var place = 0.0
      while rest > 0 {
        digit /= Double(base)
        place += digit * Double(rest % base)
        rest /= base
      }
      return value(at: place, axis)
    }
  }

  private func share(of value: Int, _ axis: Int) -> Double {
    let low = Double(ranges[axis].lowerBound)
    let high = Double(ranges[axis].upperBound)
    return log(max(Double(value), low) / low) / log(high / low)
  }

  private func value(at share: Double, _ axis: Int) -> Int {
    let low = Double(ranges[axis].lowerBound)
    let high = Double(ranges[axis].upperBound)
    let value = low * pow(high / low, min(max(share, 0), 1))
    return min(max(Int(value.rounded()), ranges[axis].lowerBound), ranges[axis].upperBound)
  }
}

/// Indices of the points that no other betters in every measure, in their order; lower is better.
package func paretoFront(_ points: [[Double]]) -> [Int] {
  points.indices.filter { i in
    guard points[i].allSatisfy(\.isFinite) else { return false }
    return !points.indices.contains { j in
      let pairs = zip(points[j], points[i])
      // Of equal points the first stays.
      return pairs.allSatisfy { $0 <= $1 } && (pairs.contains { $0 < $1 } || j < i)
    }
  }
}
