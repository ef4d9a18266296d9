/// Symmetric positive equations whose unknowns touch at most three neighbours on each side, with
/// two right-hand sides: solved in time linear in their number.
struct BandedSystem {
  private static let band = 4
  private let count: Int
  /// Row by row: the diagonal, then the entries one, two and three to the left of it.
  private var rows: [Double]
  private var right: [(Double, Double)]

  init(count: Int) {
    self.count = count
    rows = Array(repeating: 0, count: count * Self.band)
    right = Array(repeating: (0, 0), count: count)
  }

  /// Adds one weighted equation over four neighbouring unknowns from `first`.
  mutating func add(
    _ first: Int, _ factors: (Double, Double, Double, Double), weight: Double,
    _ values: (Double, Double)
  ) {
    let all = [factors.0, factors.1, factors.2, factors.3]
    for i in 0..<4 {
      let row = first + i
      right[row].0 += weight * all[i] * values.0
      right[row].1 += weight * all[i] * values.1
      for j in 0...i { rows[row * Self.band + i - j] += weight * all[i] * all[j] }
    }
  }

  /// By Cholesky's decomposition; nil when the equations do not determine every unknown.
  consuming func solution() -> [(Double, Double)]? {
    for i in 0..<count {
      for back in stride(from: min(3, i), through: 0, by: -1) {
        let j = i - back
        var sum = rows[i * Self.band + back]
        for k in max(0, i - 3, j - 3)..<max(j, 0, i - 3, j - 3) {
          sum -= rows[i * Self.band + i - k] * rows[j * Self.band + j - k]
        }
        if back == 0 {
          guard sum > 0, sum.isFinite else { return nil }
          rows[i * Self.band] = sum.squareRoot()
        } else {
          rows[i * Self.band + back] = sum / rows[j * Self.band]
        }
      }
      var value = right[i]
      for back in 1..<4 where back <= i {
        value.0 -= rows[i * Self.band + back] * right[i - back].0
        value.1 -= rows[i * Self.band + back] * right[i - back].1
      }
      right[i] = (value.0 / rows[i * Self.band], value.1 / rows[i * Self.band])
    }
    for i in stride(from: count - 1, through: 0, by: -1) {
      var value = right[i]
      for ahead in 1..<4 where i + ahead < count {
        let factor = rows[(i + ahead) * Self.band + ahead]
        value.0 -= factor * right[i + ahead].0
        value.1 -= factor * right[i + ahead].1
      }
      right[i] = (value.0 / rows[i * Self.band], value.1 / rows[i * Self.band])
    }
    return right.allSatisfy { $0.0.isFinite && $0.1.isFinite } ? right : nil
  }
}
