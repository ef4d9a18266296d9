import ControlTuning
import Testing

/// The search on objectives whose optimum is known.
struct WeightSearchTests {
  /// A bowl in the logarithms of the weights, 1 at its bottom.
  private func bowl(_ point: [Int], bottom: [Double], scales: [Double]) -> Double {
    var sum = 1.0
    for (axis, value) in point.enumerated() {
      // Nearly the logarithm of the ratio, from + - * / alone.
      let ratio = Double(value) / bottom[axis]
      let distance = 2 * (ratio - 1) / (ratio + 1)
      sum += scales[axis] * distance * distance
    }
    return sum
  }

  private func run(
    _ search: WeightSearch, _ cost: ([Int]) -> Double
  ) -> [(point: [Int], cost: Double)] {
    search.run { $0.map(cost) }
  }

  private let ranges = [50...600, 100...1_000, 40...200, 10...400]

  @Test(arguments: [[130.0, 520, 110, 45], [480, 120, 60, 300], [52, 990, 42, 12]])
  func `a bowl's bottom is found`(_ bottom: [Double]) throws {
    let search = WeightSearch(ranges: ranges, start: [250, 350, 90, 100], budget: 200)
    let found = run(search) { bowl($0, bottom: bottom, scales: [1, 2, 0.5, 1]) }
    let best = try #require(found.min { $0.cost < $1.cost })
    for (axis, value) in best.point.enumerated() {
      #expect((Double(value) / bottom[axis] - 1).magnitude < 0.03, "\(best)")
    }
  }

  @Test func `every point lies in its range and is asked for once`() {
    let search = WeightSearch(ranges: ranges, start: [250, 350, 90, 100], budget: 150)
    // Its bottom lies in a corner that is outside.
    let found = run(search) { bowl($0, bottom: [900, 50, 300, 5], scales: [1, 1, 1, 1]) }
    for one in found {
      for (axis, value) in one.point.enumerated() { #expect(ranges[axis].contains(value)) }
    }
    #expect(Set(found.map(\.point)).count == found.count)
    #expect(found.min { $0.cost < $1.cost }?.point == [600, 100, 200, 10])
  }

  @Test(arguments: [1, 2, 3, 17, 60]) func `the budget is kept and the start is the first`(
    _ budget: Int
  ) {
    let search = WeightSearch(ranges: ranges, start: [250, 350, 90, 100], budget: budget)
    var asked = 0
    let found = search.run { points in
      asked += points.count
      return points.map { bowl($0, bottom: [130, 520, 110, 45], scales: [1, 1, 1, 1]) }
    }
    #expect(asked == found.count)
    #expect(found.count <= budget && found.count >= min(budget, 17))
    #expect(found[0].point == [250, 350, 90, 100])
  }

  /// So that a search with more evaluations takes up the drives of one with fewer.
  @Test func `the even spread of a larger budget begins with that of a smaller one`() {
    let few = WeightSearch(ranges: ranges, start: [250, 350, 90, 100], budget: 20)
    let many = WeightSearch(ranges: ranges, start: [250, 350, 90, 100], budget: 80)
    // All alike: only the spread and one round of steps for each length.
    let a = run(few) { _ in 1 }.prefix(10).map(\.point)
    let b = run(many) { _ in 1 }.prefix(10).map(\.point)
    #expect(a == b)
    #expect(Set(b.map { $0[0] < 173 }).count == 2, "not spread: \(b)")
  }

  @Test func `points that must not be are stepped around`() throws {
    let search = WeightSearch(ranges: [10...1_000, 10...1_000], start: [20, 20], budget: 120)
    let found = run(search) { point in
      point[0] > 400 ? .infinity : bowl(point, bottom: [500, 300], scales: [1, 1])
    }
    let best = try #require(found.min { $0.cost < $1.cost })
    #expect(best.point[0] <= 400 && best.point[0] > 380, "\(best)")
    #expect((290...310).contains(best.point[1]), "\(best)")
  }

  @Test func `where nothing may be the search ends`() {
    let search = WeightSearch(ranges: ranges, start: [250, 350, 90, 100], budget: 40)
    #expect(run(search) { _ in .infinity }.count == 20)
  }

  @Test func `the front holds what nothing betters`() {
    let points: [[Double]] = [
      [1, 5], [2, 3], [2, 4], [3, 3], [4, 1], [2, 3], [.nan, 0], [.infinity, 0],
    ]
    #expect(paretoFront(points) == [0, 1, 4])
    #expect(paretoFront([]) == [])
    #expect(paretoFront([[1, 1, 1]]) == [0])
  }
}
