import Foundation

/// The tractor-semitrailer of the path-tracking yardstick: explicit Euler at 1 ms, steering and
/// drive with dead time and lag, quasi-steady tyre slip.
///
/// x, y: tractor rear-axle centre, m; psi: yaw; u: speed; psi2: trailer yaw; left positive.
public struct ReferencePlant: Sendable {
  public var x = 0.0, y = 0.0, psi = 0.0, u = 0.0, psi2 = 0.0
  public var delta = 0.0, a = 0.0, r = 0.0, q = 0.0
  public var wheelbase = 3.6, fifthWheel = 0.6, trailer = 8.1
  public var understeer = 0.004, slip = 0.012, trailerSlip = 0.012
  public var steeringLag = 0.3, steeringRate = 0.35, driveLag = 0.4
  /// What nobody is told: constant deceleration while moving, road-wheel offset, grade.
  public var drag = 0.1, steeringOffset = 0.0, slope = 0.0
  private var steeringQueue: [Double]
  private var driveQueue: [Double]
  private var steeringIndex = 0
  private var driveIndex = 0

  public init(steeringDelay: Double = 0.05, driveDelay: Double = 0.1) {
    steeringQueue = Array(repeating: 0, count: max(Int((steeringDelay * 1000).rounded()), 1))
    driveQueue = Array(repeating: 0, count: max(Int((driveDelay * 1000).rounded()), 1))
  }

  /// Advances 10 ms with the commands held.
  public mutating func step(steer: Double, acceleration: Double) {
    for _ in 0..<10 {
      let steerNow = steeringQueue[steeringIndex]
      steeringQueue[steeringIndex] = min(max(steer, -0.55), 0.55)
      steeringIndex = (steeringIndex + 1) % steeringQueue.count
      let driveNow = driveQueue[driveIndex]
      driveQueue[driveIndex] = min(max(acceleration, -6), 1.5)
      driveIndex = (driveIndex + 1) % driveQueue.count
      advance(0.001, steerNow, driveNow)
    }
  }

  private mutating func advance(_ h: Double, _ steerNow: Double, _ driveNow: Double) {
    let turn = min(max((steerNow - delta) / steeringLag, -steeringRate), steeringRate)
    let lag = 0.05 + 0.01 * u
    let steady = u * tan(delta + steeringOffset) / (wheelbase + understeer * u * u)
    let lateral = -u * tan(slip * u * r)
    let (c, s) = (cos(psi), sin(psi))
    let (dx, dy) = (u * c - lateral * s, u * s + lateral * c)
    let phi = psi - psi2
    let w = lateral + fifthWheel * r
    let u2 = u * cos(phi) - w * sin(phi)
    let across = u * sin(phi) + w * cos(phi)
    let trailerSteady = (across + trailerSlip * u2 * u2 * q) / trailer
    x += h * dx
    y += h * dy
    psi += h * r
    psi2 += h * q
    let push = (driveNow - a) / driveLag
    r += h * (steady - r) / lag
    q += h * (trailerSteady - q) / lag
    delta += h * turn
    a += h * push
    u = max(u + h * (a - (u > 0 ? drag + 9.81 * slope : 0)), 0)
  }
}

/// splitmix64 with Box-Muller: the same stream everywhere.
public struct SeededNoise: Sendable, RandomNumberGenerator {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In 0..<1.
  public mutating func uniform() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  public mutating func gauss() -> Double {
    let first = max(uniform(), 1e-300)
    return (-2 * log(first)).squareRoot() * cos(2 * Double.pi * uniform())
  }
}
