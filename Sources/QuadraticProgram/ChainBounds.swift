/// The bounds of a chain, made consistent, and the nearest chain within them.
struct ChainBounds {
  let count: Int
  private(set) var lower: InlineArray<32, Double>
  private(set) var upper: InlineArray<32, Double>
  private(set) var wasRelaxed = false
  /// Below this a violation is rounding.
  private(set) var tolerance: Double

  /// Which values can be reached step by step tells whether any chain keeps all bounds; where none
  /// does, the bound of the value gives way, because the actuator cannot change faster.
  init(_ program: borrowing @_addressable ChainProgram) {
    count = program.count
    lower = program.lower
    upper = program.upper
    var scale = 0.0
    for i in 0..<count {
      scale = max(scale, max(Self.size(lower[i]), Self.size(upper[i])))
      scale = max(scale, max(Self.size(program.leastChange[i]), Self.size(program.mostChange[i])))
    }
    tolerance = max(1e-9 * scale, 1e-15)
    // The first change is a bound of the first value.
    var low = program.previous + program.leastChange[0]
    var high = program.previous + program.mostChange[0]
    for i in 0..<count {
      if i > 0 {
        low += program.leastChange[i]
        high += program.mostChange[i]
      }
      // Wider than rounding, so that a chain of changes that just gets there is not also bounded.
      if lower[i] > high {
        wasRelaxed = true
        lower[i] = high - 10 * tolerance
        upper[i] = max(upper[i], high)
      } else if upper[i] < low {
        wasRelaxed = true
        upper[i] = low + 10 * tolerance
        lower[i] = min(lower[i], low)
      }
      low = max(low, lower[i])
      high = min(high, upper[i])
      if i == 0 { (lower[0], upper[0]) = (low, high) }
    }
  }

  private static func size(_ bound: Double) -> Double { bound.isFinite ? bound.magnitude : 0 }

  /// A chain within all bounds, from the wish moved by as little as the last value allows, then the
  /// last but one.
  @_addressableSelf func nearest(
    _ wish: InlineArray<32, Double>, _ program: borrowing @_addressable ChainProgram
  ) -> InlineArray<32, Double> {
    var low = lower
    var high = upper
    for i in 1..<max(count, 1) {
      low[i] = max(low[i], low[i - 1] + program.leastChange[i])
      high[i] = min(high[i], high[i - 1] + program.mostChange[i])
    }
    var result = wish
    for i in stride(from: count - 1, through: 0, by: -1) {
      var least = low[i]
      var most = high[i]
      if i + 1 < count {
        least = max(least, result[i + 1] - program.mostChange[i + 1])
        most = min(most, result[i + 1] - program.leastChange[i + 1])
      }
      let wanted = wish[i].isFinite ? wish[i] : program.previous
      result[i] = min(max(wanted, least), most)
    }
    return result
  }
}
