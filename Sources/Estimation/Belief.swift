import Signals

/// Mean and covariance of what is estimated.
///
/// Every update is scalar, so nothing is inverted; the covariance is written symmetrically and its
/// diagonal never falls below a floor.
package struct Belief: Sendable, Visitable {
  package static var size: Int { 12 }
  typealias Row = InlineArray<12, Double>
  // Places in the state: m, m, rad, m/s, m/s2, rad/s, share, rad, m, m, and rad per
  // m/s2 twice.
  static var east: Int { 0 }
  static var north: Int { 1 }
  static var heading: Int { 2 }
  static var speed: Int { 3 }
  static var acceleration: Int { 4 }
  static var gyroBias: Int { 5 }
  static var wheelScale: Int { 6 }
  static var steeringOffset: Int { 7 }
  /// What the receiver errs by for minutes on end: ionosphere, multipath, ephemeris.
  static var fixErrorEast: Int { 8 }
  static var fixErrorNorth: Int { 9 }
  /// Of the rear axle, beyond what the vehicle's parameters say.
  static var rearAxleSlip: Int { 10 }
  /// Understeer gradient, likewise.
  static var understeer: Int { 11 }

  package var mean = InlineArray<12, Double>(repeating: 0)
  /// Row by row.
  package var covariance = InlineArray<144, Double>(repeating: 0)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("mean", &mean, count: Self.size)
    visitor.visit("covariance", &covariance, count: Self.size * Self.size)
  }

  @_addressableSelf package func variance(_ i: Int) -> Double { covariance[i * (Self.size + 1)] }

  /// Forgets what was known of one state: no correlation, the given variance.
  mutating func reset(_ i: Int, to value: Double, variance: Double) {
    mean[i] = value
    for j in 0..<Self.size {
      covariance[i * Self.size + j] = 0
      covariance[j * Self.size + i] = 0
    }
    covariance[i * (Self.size + 1)] = variance
  }

  mutating func addNoise(_ i: Int, _ variance: Double) {
    covariance[i * (Self.size + 1)] += variance
  }

  /// Row and column operation of a transition whose row `i` gains `factor` times row `j`.
  private mutating func shear(_ i: Int, _ j: Int, _ factor: Double) {
    let n = Self.size
    for k in 0..<n { covariance[i * n + k] += factor * covariance[j * n + k] }
    for k in 0..<n { covariance[k * n + i] += factor * covariance[k * n + j] }
  }

  /// Covariance over one cycle of motion with the velocity (`east`, `north`) in the site frame and
  /// the direction of the truck; `slipping` is its speed to the right per rad per m/s2 of slip.
  mutating func propagate(
    _ seconds: Double, velocityEast: Double, velocityNorth: Double, cosine: Double, sine: Double,
    slipping: Double, turning: Bool
  ) {
    // The position takes up the old heading and speed before those change themselves.
    shear(Self.east, Self.heading, -velocityNorth * seconds)
    shear(Self.north, Self.heading, velocityEast * seconds)
    shear(Self.east, Self.speed, cosine * seconds)
    shear(Self.north, Self.speed, sine * seconds)
    if slipping != 0 {
      shear(Self.east, Self.rearAxleSlip, sine * slipping * seconds)
      shear(Self.north, Self.rearAxleSlip, -cosine * slipping * seconds)
    }
    if turning { shear(Self.heading, Self.gyroBias, -seconds) }
    shear(Self.speed, Self.acceleration, seconds)
  }

  /// A position that is a fix: what the fix errs by, the position errs by.
  mutating func place(
    east: Double, north: Double, noise: Double, slowError: Double, added: Double = 0
  ) {
    forgetFixError(slowError)
    let whole = noise * noise + slowError * slowError + added * added
    reset(Self.east, to: east, variance: whole)
    reset(Self.north, to: north, variance: whole)
    correlate(Self.east, Self.fixErrorEast, -slowError * slowError)
    correlate(Self.north, Self.fixErrorNorth, -slowError * slowError)
  }

  /// Another receiver, or the same in another mode, has another error.
  mutating func forgetFixError(_ sigma: Double) {
    reset(Self.fixErrorEast, to: 0, variance: sigma * sigma)
    reset(Self.fixErrorNorth, to: 0, variance: sigma * sigma)
  }

  /// The slow error of the fixes over the time between two, a first-order Gauss-Markov process.
  mutating func ageFixError(share: Double, sigma: Double) {
    let left = 1 - share
    for i in Self.fixErrorEast...Self.fixErrorNorth {
      mean[i] *= left
      for k in 0..<Self.size { covariance[i * Self.size + k] *= left }
      for k in 0..<Self.size { covariance[k * Self.size + i] *= left }
      addNoise(i, (1 - left * left) * sigma * sigma)
    }
  }

  private mutating func correlate(_ i: Int, _ j: Int, _ value: Double) {
    covariance[i * Self.size + j] = value
    covariance[j * Self.size + i] = value
  }

  /// The product of the covariance and a measurement row.
  @_addressableSelf func product(_ row: Row) -> Row {
    var result = Row(repeating: 0)
    for j in 0..<Self.size where row[j] != 0 {
      for i in 0..<Self.size { result[i] += covariance[j * Self.size + i] * row[j] }
    }
    return result
  }

  static func dot(_ a: Row, _ b: Row) -> Double {
    var sum = 0.0
    for i in 0..<size { sum += a[i] * b[i] }
    return sum
  }

  /// Corrects by one scalar measurement; refuses it beyond the gate on the normalised innovation
  /// squared, which is returned.
  @discardableResult
  mutating func correct(
    row: Row, innovation: Double, variance: Double, gate: Double
  ) -> Double {
    let ph = product(row)
    let s = variance + Self.dot(row, ph)
    guard s > 0, innovation.isFinite, s.isFinite else { return .infinity }
    let inverse = 1 / s
    let nis = innovation * innovation * inverse
    guard nis <= gate else { return nis }
    for i in 0..<Self.size {
      let gain = ph[i] * inverse
      mean[i] += gain * innovation
      for j in i..<Self.size {
        let value = covariance[i * Self.size + j] - gain * ph[j]
        covariance[i * Self.size + j] = value
        covariance[j * Self.size + i] = value
      }
      if covariance[i * (Self.size + 1)] < 1e-12 { covariance[i * (Self.size + 1)] = 1e-12 }
    }
    return nis
  }

  /// Corrects by a state measured directly.
  @discardableResult
  mutating func correct(
    _ i: Int, innovation: Double, variance: Double, gate: Double = .infinity
  ) -> Double {
    var row = Row(repeating: 0)
    row[i] = 1
    return correct(row: row, innovation: innovation, variance: variance, gate: gate)
  }

  var isFinite: Bool {
    @_addressableSelf get {
      for i in 0..<Self.size where !(mean[i].isFinite && variance(i).isFinite) { return false }
      return true
    }
  }
}
