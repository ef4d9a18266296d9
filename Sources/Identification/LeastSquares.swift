/// Parameters that fit measurements best, and how sure they are.
struct Fit {
  var parameters: [Double]
  /// As if as many fewer residuals were measured as hang together.
  var standardErrors: [Double]
  /// Of the confidence intervals, by the number of independent residuals.
  var quantile: Double
  /// Root mean square of the residuals.
  var scatter: Double

  func estimate(_ index: Int, scale: Double = 1) -> Estimate {
    Estimate(
      parameters[index] * scale, standardError: standardErrors[index] * scale.magnitude,
      quantile: quantile)
  }
}

/// What a model leaves of the measurements.
struct Residuals {
  var values: [Double] = []
  /// Where a block begins that has nothing to do with the one before.
  var blocks: [Int] = []

  /// How many residuals in a row say the same: 1 for white noise.
  ///
  /// The integrated autocorrelation time, summed as far as five times itself (Sokal 1989). A model's
  /// own errors last, and would else make its parameters look surer than they are.
  var correlationTime: Double {
    let total = dot(values, values)
    guard total > 0, total.isFinite else { return 1 }
    var time = 1.0
    for lag in 1...400 {
      guard Double(lag) <= 5 * time else { break }
      time = max(time + 2 * product(lag: lag) / total, 1)
    }
    return time
  }

  private func product(lag: Int) -> Double {
    var sum = 0.0
    for number in 0..<max(blocks.count, 1) {
      let begin = blocks.isEmpty ? 0 : blocks[number]
      let end = number + 1 < blocks.count ? blocks[number + 1] : values.count
      var i = begin + lag
      while i < end {
        sum += values[i] * values[i - lag]
        i += 1
      }
    }
    return sum
  }
}

/// Gauss-Newton steps with Marquardt's damping; the derivatives are differences.
struct LeastSquares {
  /// Of each parameter: where to begin, the step of the difference, and what it cannot leave.
  struct Parameter {
    var start: Double
    var step: Double
    var range: ClosedRange<Double> =
      -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
  }

  static func fit(
    _ parameters: [Parameter], rounds: Int = 40, _ residuals: ([Double]) -> Residuals
  ) -> Fit? {
    var at = parameters.map(\.start)
    var current = residuals(at)
    guard current.values.count > 2 * parameters.count else { return nil }
    var cost = squares(current.values)
    var damping = 1e-3
    for _ in 0..<rounds {
      let slopes = jacobian(parameters, at, current, residuals)
      let gradient = slopes.map { dot($0, current.values) }
      var improved = false
      for _ in 0..<8 {
        var matrix = normalMatrix(slopes)
        for i in at.indices { matrix[i][i] = matrix[i][i] * (1 + damping) + 1e-300 }
        guard let change = solve(matrix, gradient) else { break }
        let next = zip(zip(at, change), parameters).map {
          min(max($0.0 - $0.1, $1.range.lowerBound), $1.range.upperBound)
        }
        let trial = residuals(next)
        let trialCost = squares(trial.values)
        guard trialCost < cost else {
          damping *= 8
          continue
        }
        let isSmall = cost - trialCost < 1e-9 * cost
        at = next
        current = trial
        cost = trialCost
        damping = max(damping / 8, 1e-9)
        improved = !isSmall
        break
      }
      if !improved { break }
    }
    return judged(at, jacobian(parameters, at, current, residuals), current)
  }

  /// Values explained by columns, linearly.
  static func linear(columns: [[Double]], values: [Double], blocks: [Int]) -> Fit? {
    guard values.count > 2 * columns.count,
      let at = solve(normalMatrix(columns), columns.map { dot($0, values) })
    else { return nil }
    var residuals = Residuals(values: values, blocks: blocks)
    for row in values.indices {
      for i in at.indices { residuals.values[row] -= at[i] * columns[i][row] }
    }
    return judged(at, columns.map { $0.map { -$0 } }, residuals)
  }

  private static func judged(
    _ at: [Double], _ slopes: [[Double]], _ residuals: Residuals
  ) -> Fit? {
    let count = at.count
    let matrix = normalMatrix(slopes)
    var inverse: [[Double]] = []
    for i in 0..<count {
      var unit = [Double](repeating: 0, count: count)
      unit[i] = 1
      guard let column = solve(matrix, unit) else { return nil }
      inverse.append(column)
    }
    let cost = squares(residuals.values)
    let samples = residuals.values.count
    let variance = cost / Double(max(samples - count, 1))
    let repeated = residuals.correlationTime
    let errors = (0..<count).map { (variance * inverse[$0][$0] * repeated).squareRoot() }
    guard errors.allSatisfy({ $0.isFinite }) else { return nil }
    return Fit(
      parameters: at, standardErrors: errors,
      quantile: studentQuantile(Int(Double(samples) / repeated) - count),
      scatter: (cost / Double(max(samples, 1))).squareRoot())
  }

  private static func jacobian(
    _ parameters: [Parameter], _ at: [Double], _ current: Residuals,
    _ residuals: ([Double]) -> Residuals
  ) -> [[Double]] {
    at.indices.map { i in
      var moved = at
      let up = at[i] + parameters[i].step
      moved[i] = up <= parameters[i].range.upperBound ? up : at[i] - parameters[i].step
      let step = moved[i] - at[i]
      let there = residuals(moved).values
      return zip(there, current.values).map { ($0 - $1) / step }
    }
  }

  private static func normalMatrix(_ columns: [[Double]]) -> [[Double]] {
    columns.map { a in columns.map { dot(a, $0) } }
  }
}

func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for i in 0..<min(a.count, b.count) { sum += a[i] * b[i] }
  return sum
}

private func squares(_ values: [Double]) -> Double {
  let sum = dot(values, values)
  return sum.isNaN ? .infinity : sum
}

/// Of symmetric positive definite equations, by Cholesky's factors; nil when they tell too little.
private func solve(_ matrix: [[Double]], _ values: [Double]) -> [Double]? {
  let count = values.count
  let scale = (0..<count).map { matrix[$0][$0].squareRoot() }
  guard scale.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
  var lower = matrix
  for i in 0..<count {
    for j in 0...i {
      var sum = matrix[i][j] / (scale[i] * scale[j])
      for k in 0..<j { sum -= lower[i][k] * lower[j][k] }
      if i == j {
        // The columns are the same to twelve digits.
        guard sum > 1e-12 else { return nil }
        lower[i][i] = sum.squareRoot()
      } else {
        lower[i][j] = sum / lower[j][j]
      }
    }
  }
  var x = (0..<count).map { values[$0] / scale[$0] }
  for i in 0..<count {
    for k in 0..<i { x[i] -= lower[i][k] * x[k] }
    x[i] /= lower[i][i]
  }
  for i in stride(from: count - 1, through: 0, by: -1) {
    for k in i + 1..<max(count, i + 1) { x[i] -= lower[k][i] * x[k] }
    x[i] /= lower[i][i]
  }
  return (0..<count).map { x[$0] / scale[$0] }
}
