import Signals

/// Mean and covariance of what is estimated.
///
/// Every update is scalar, so nothing is inverted; the covariance is written symmetrically and its
/// diagonal never falls below a floor.
package struct Belief: Sendable, Visitable {
  package static var size: Int { 8 }
  // Places in the state: m, m, rad, m/s, m/s2, rad/s, share, rad.
  static var east: Int { 0 }
  static var north: Int { 1 }
  static var heading: Int { 2 }
  static var speed: Int { 3 }
  static var acceleration: Int { 4 }
  static var gyroBias: Int { 5 }
  static var wheelScale: Int { 6 }
  static var steeringOffset: Int { 7 }

  package var mean = InlineArray<8, Double>(repeating: 0)
  /// Row by row.
  package var covariance = InlineArray<64, Double>(repeating: 0)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("mean", &mean, count: Self.size)
    visitor.visit("covariance", &covariance, count: Self.size * Self.size)
  }

  @_addressableSelf package func variance(_ i: Int) -> Double { covariance[i * 9] }

  /// Forgets what was known of one state: no correlation, the given variance.
  mutating func reset(_ i: Int, to value: Double, variance: Double) {
    mean[i] = value
    for j in 0..<8 {
      covariance[i * 8 + j] = 0
      covariance[j * 8 + i] = 0
    }
    covariance[i * 9] = variance
  }

  mutating func addNoise(_ i: Int, _ variance: Double) { covariance[i * 9] += variance }

  /// Row and column operation of a transition whose row `i` gains `factor` times row `j`.
  private mutating func shear(_ i: Int, _ j: Int, _ factor: Double) {
    for k in 0..<8 { covariance[i * 8 + k] += factor * covariance[j * 8 + k] }
    for k in 0..<8 { covariance[k * 8 + i] += factor * covariance[k * 8 + j] }
  }

  /// Covariance over one cycle of motion with the velocity (`east`, `north`) in the site frame and
  /// the direction of the truck.
  mutating func propagate(
    _ seconds: Double, velocityEast: Double, velocityNorth: Double, cosine: Double, sine: Double,
    turning: Bool
  ) {
    // The position takes up the old heading and speed before those change themselves.
    shear(Self.east, Self.heading, -velocityNorth * seconds)
    shear(Self.north, Self.heading, velocityEast * seconds)
    shear(Self.east, Self.speed, cosine * seconds)
    shear(Self.north, Self.speed, sine * seconds)
    if turning { shear(Self.heading, Self.gyroBias, -seconds) }
    shear(Self.speed, Self.acceleration, seconds)
  }

  /// The product of the covariance and a measurement row.
  @_addressableSelf func product(_ row: InlineArray<8, Double>) -> InlineArray<8, Double> {
    var result = InlineArray<8, Double>(repeating: 0)
    for j in 0..<8 where row[j] != 0 {
      for i in 0..<8 { result[i] += covariance[j * 8 + i] * row[j] }
    }
    return result
  }

  /// Corrects by one scalar measurement; refuses it beyond the gate on the normalised innovation
  /// squared, which is returned.
  @discardableResult
  mutating func correct(
    row: InlineArray<8, Double>, innovation: Double, variance: Double, gate: Double
  ) -> Double {
    let ph = product(row)
    var s = variance
    for j in 0..<8 { s += row[j] * ph[j] }
    guard s > 0, innovation.isFinite, s.isFinite else { return .infinity }
    let inverse = 1 / s
    let nis = innovation * innovation * inverse
    guard nis <= gate else { return nis }
    for i in 0..<8 {
      let gain = ph[i] * inverse
      mean[i] += gain * innovation
      for j in i..<8 {
        let value = covariance[i * 8 + j] - gain * ph[j]
        covariance[i * 8 + j] = value
        covariance[j * 8 + i] = value
      }
      if covariance[i * 9] < 1e-12 { covariance[i * 9] = 1e-12 }
    }
    return nis
  }

  /// Corrects by a state measured directly.
  @discardableResult
  mutating func correct(
    _ i: Int, innovation: Double, variance: Double, gate: Double = .infinity
  ) -> Double {
    var row = InlineArray<8, Double>(repeating: 0)
    row[i] = 1
    return correct(row: row, innovation: innovation, variance: variance, gate: gate)
  }

  var isFinite: Bool {
    @_addressableSelf get {
      for i in 0..<8 where !(mean[i].isFinite && covariance[i * 9].isFinite) { return false }
      return true
    }
  }
}
