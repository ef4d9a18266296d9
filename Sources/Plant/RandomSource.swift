import ReproducibleMath

/// The generator of the reference sensors, splitmix64 with Box and Muller: the same numbers on every
/// machine.
package struct RandomSource: Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Between 0 and 1, neither included.
  package mutating func uniform() -> Double {
    (Double(next() >> 11) + 0.5) / 9_007_199_254_740_992
  }

  /// Normally distributed, mean 0, standard deviation 1.
  package mutating func normal() -> Double {
    let radius = (-2 * naturalLogarithm(uniform())).squareRoot()
    return radius * cosine(2 * pi * uniform())
  }
}

private let logarithmOfTwo = 0.6931471805599453

/// The natural logarithm of a positive normal number, within 1e-15; from + - * / alone, because the
/// C library's differ between processors.
func naturalLogarithm(_ x: Double) -> Double {
  guard x > 0, x.isFinite else { return x == 0 ? -.infinity : .nan }
  var exponent = Double(x.exponent)
  var mantissa = x.significand
  // To 0.7...1.4, so that the series' argument stays below 0.172.
  if mantissa > 1.4142135623730951 {
    mantissa /= 2
    exponent += 1
  }
  // ln m = 2 artanh t; the term after t^21 is below 1e-17.
  let t = (mantissa - 1) / (mantissa + 1)
  let square = t * t
  var sum = 0.0
  for k in stride(from: 21, through: 1, by: -2) { sum = sum * square + 1 / Double(k) }
  return exponent * logarithmOfTwo + 2 * t * sum
}

/// e to the power `x` for -50 < x <= 0, within 1e-15: the factor of a first-order memory.
func decayFactor(_ x: Double) -> Double {
  // Series on x / 64, then six squarings.
  let z = max(x, -50) / 64
  var term = 1.0
  var sum = 1.0
  for k in 1...16 {
    term *= z / Double(k)
    sum += term
  }
  for _ in 0..<6 { sum *= sum }
  return sum
}
