/// Whether the measurements could tell a quantity apart from its neighbours.
package enum Excitation: Sendable, Equatable {
  case enough
  /// What drive would tell it.
  case notEnough(String)
}

/// What measurements tell of one quantity.
package struct Estimate: Sendable, Equatable {
  /// In SI units; NaN when nothing was found.
  package var value: Double
  /// Standard deviation of the value.
  package var standardError: Double
  /// Half-width of the 95 % confidence interval over `standardError`: Student's for few blocks.
  package var quantile: Double
  package var excitation: Excitation

  package init(
    _ value: Double, standardError: Double, quantile: Double = Self.normalQuantile,
    excitation: Excitation = .enough
  ) {
    self.value = value
    self.standardError = standardError
    self.quantile = quantile
    self.excitation = excitation
  }

  /// Nothing was found; `advice` is the drive that would tell.
  package static func unknown(_ advice: String) -> Estimate {
    Estimate(.nan, standardError: .infinity, excitation: .notEnough(advice))
  }

  package static var normalQuantile: Double { 1.959964 }

  package var halfWidth: Double { quantile * standardError }
  package var lower: Double { value - halfWidth }
  package var upper: Double { value + halfWidth }
  package var isEnough: Bool { excitation == .enough }
  package func contains(_ truth: Double) -> Bool { truth >= lower && truth <= upper }

  /// Not enough unless the interval is narrower than `limit` on each side.
  func needing(halfWidth limit: Double, _ advice: String) -> Estimate {
    guard value.isFinite, halfWidth <= limit else {
      return Estimate(
        value, standardError: standardError, quantile: quantile, excitation: .notEnough(advice))
    }
    return self
  }

  /// With an error of `sigma` that more of the same measurements would not average away.
  package func adding(systematic sigma: Double) -> Estimate {
    let total = (standardError * standardError + sigma * sigma).squareRoot()
    // The quantile is that of the larger part.
    return Estimate(
      value, standardError: total,
      quantile: sigma > standardError ? Self.normalQuantile : quantile, excitation: excitation)
  }

  package func shifted(by offset: Double) -> Estimate {
    Estimate(
      value + offset, standardError: standardError, quantile: quantile, excitation: excitation)
  }

  /// Of several drives: weighted with the inverse variances, and widened where they scatter by more
  /// than they should (the scale factor of the Particle Data Group's averages).
  ///
  /// - Parameter systematic: an error that all of them share, one sigma.
  package static func pooled(_ all: [Estimate], systematic: Double = 0) -> Estimate? {
    let used = all.filter { $0.isEnough && $0.value.isFinite && $0.halfWidth > 0 }
    guard !used.isEmpty else { return all.first }
    var weights = 0.0
    var sum = 0.0
    for one in used {
      // As a normal one of the same interval.
      let sigma = one.halfWidth / normalQuantile
      weights += 1 / (sigma * sigma)
      sum += one.value / (sigma * sigma)
    }
    let mean = sum / weights
    var scatter = 0.0
    for one in used {
      let normalised = (one.value - mean) / (one.halfWidth / normalQuantile)
      scatter += normalised * normalised
    }
    let ratio = used.count > 1 ? (scatter / Double(used.count - 1)).squareRoot() : 1
    return Estimate(mean, standardError: (1 / weights).squareRoot() * max(ratio, 1))
      .adding(systematic: systematic)
  }
}

/// Student's 97.5 % quantile (Abramowitz and Stegun 26.7.5); 3 degrees of freedom are the least.
func studentQuantile(_ freedom: Int) -> Double {
  let n = Double(max(freedom, 3))
  let z = Estimate.normalQuantile
  let z2 = z * z
  let first = z * (z2 + 1) / 4
  let second = z * (5 * z2 * z2 + 16 * z2 + 3) / 96
  let third = z * (3 * z2 * z2 * z2 + 19 * z2 * z2 + 17 * z2 - 15) / 384
  return z + first / n + second / (n * n) + third / (n * n * n)
}
