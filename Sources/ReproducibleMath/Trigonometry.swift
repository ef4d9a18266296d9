// Sine, cosine and arctangent from + - * / alone, so that every CPU gives the same bits: glibc's
// differ with and without FMA (swift-realtime.md 3.3). Coefficients are the Taylor and
// argument-halving schemes below; errors are stated per function and tested against glibc.

/// pi as the nearest double, and what is left of it, for argument reduction.
package let pi = 3.141592653589793
private let halfPiHigh = 1.5707963267341256
private let halfPiMiddle = 6.077100506303966e-11
private let halfPiLow = 2.0222662487959506e-21

/// The sine of `x` radians, within 1e-15 for |x| < 1e5; NaN for what is not finite.
package func sine(_ x: Double) -> Double {
  let (quadrant, r) = reduce(x)
  switch quadrant & 3 {
  case 0: return kernelSine(r)
  case 1: return kernelCosine(r)
  case 2: return -kernelSine(r)
  default: return -kernelCosine(r)
  }
}

/// The cosine of `x` radians, within 1e-15 for |x| < 1e5; NaN for what is not finite.
package func cosine(_ x: Double) -> Double {
  let (quadrant, r) = reduce(x)
  switch quadrant & 3 {
  case 0: return kernelCosine(r)
  case 1: return -kernelSine(r)
  case 2: return -kernelCosine(r)
  default: return kernelSine(r)
  }
}

/// Both of one angle, the same bits as each alone for the price of one and a half.
package func cosineAndSine(_ x: Double) -> (cosine: Double, sine: Double) {
  let (quadrant, r) = reduce(x)
  let (c, s) = (kernelCosine(r), kernelSine(r))
  switch quadrant & 3 {
  case 0: return (c, s)
  case 1: return (-s, c)
  case 2: return (-c, -s)
  default: return (s, -c)
  }
}

/// The tangent of `x` radians.
package func tangent(_ x: Double) -> Double {
  let (c, s) = cosineAndSine(x)
  return s / c
}

/// The angle in (-pi/2, pi/2) whose tangent is `x`, within 1e-15.
package func arctangent(_ x: Double) -> Double {
  if x != x { return .nan }
  let negative = x < 0
  let t = x.magnitude
  // atan t = pi/2 - atan(1/t), and two angle halvings bring the series' argument below 0.2.
  let angle = t > 1 ? pi / 2 - kernelArctangent(1 / t) : kernelArctangent(t)
  return negative ? -angle : angle
}

/// The angle of the vector (x, y) in (-pi, pi]; 0 for the zero vector.
package func arctangent(y: Double, x: Double) -> Double {
  if x > 0 { return arctangent(y / x) }
  if x < 0 { return y < 0 ? arctangent(y / x) - pi : arctangent(y / x) + pi }
  if y > 0 { return pi / 2 }
  if y < 0 { return -pi / 2 }
  return x == 0 && y == 0 ? 0 : .nan
}

/// The angle in [-pi/2, pi/2] whose sine is `x`; NaN outside -1...1.
package func arcsine(_ x: Double) -> Double {
  guard x >= -1, x <= 1 else { return .nan }
  return arctangent(y: x, x: ((1 - x) * (1 + x)).squareRoot())
}

/// The same direction in (-pi, pi]; NaN for what is not finite.
package func wrapped(_ angle: Double) -> Double {
  guard angle.magnitude < 1e15 else { return .nan }
  let turns = ((angle + pi) / (2 * pi)).rounded(.down)
  let result = angle - turns * (2 * pi)
  return result > pi ? result - 2 * pi : result <= -pi ? result + 2 * pi : result
}

/// Multiples of a quarter turn and the remainder in [-pi/4, pi/4] (Cody and Waite).
private func reduce(_ x: Double) -> (quadrant: Int, remainder: Double) {
  guard x.magnitude < 1e9 else { return (0, .nan) }
  let quarters = (x * (2 / pi)).rounded()
  let r = ((x - quarters * halfPiHigh) - quarters * halfPiMiddle) - quarters * halfPiLow
  return (Int(quarters), r)
}

/// Taylor series to x^17: the next term is below 1e-18 for |x| <= pi/4.
private func kernelSine(_ x: Double) -> Double {
  let z = x * x
  var p = 1.0 / 355_687_428_096_000
  p = p * z - 1.0 / 1_307_674_368_000
  p = p * z + 1.0 / 6_227_020_800
  p = p * z - 1.0 / 39_916_800
  p = p * z + 1.0 / 362_880
  p = p * z - 1.0 / 5_040
  p = p * z + 1.0 / 120
  p = p * z - 1.0 / 6
  return x + x * z * p
}

/// Taylor series to x^16.
private func kernelCosine(_ x: Double) -> Double {
  let z = x * x
  var p = 1.0 / 20_922_789_888_000
  p = p * z - 1.0 / 87_178_291_200
  p = p * z + 1.0 / 479_001_600
  p = p * z - 1.0 / 3_628_800
  p = p * z + 1.0 / 40_320
  p = p * z - 1.0 / 720
  p = p * z + 1.0 / 24
  p = p * z - 0.5
  return 1 + z * p
}

/// For 0 <= t <= 1: two halvings by atan t = 2 atan(t / (1 + sqrt(1 + t^2))), then the series.
private func kernelArctangent(_ t: Double) -> Double {
  let half = t / (1 + (1 + t * t).squareRoot())
  let quarter = half / (1 + (1 + half * half).squareRoot())
  let z = quarter * quarter
  // |quarter| <= tan(pi/16) = 0.199, so the term after z^12 is below 1e-18.
  var sum = 0.0
  for k in stride(from: 12, through: 1, by: -1) {
    let term = 1 / Double(2 * k + 1)
    sum = (k & 1 == 0 ? term : -term) + sum * z
  }
  return 4 * (quarter + quarter * z * sum)
}
