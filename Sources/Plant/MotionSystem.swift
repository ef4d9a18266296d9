/// The velocities of the truck, or what an axle or a body picks out of them.
struct Velocities: Sendable {
  /// At the tractor's rear axle, m/s.
  var along, across: Double
  /// Of tractor and trailer, rad/s.
  var yaw, trailerYaw: Double

  init(_ along: Double, _ across: Double, _ yaw: Double, _ trailerYaw: Double) {
    self.along = along
    self.across = across
    self.yaw = yaw
    self.trailerYaw = trailerYaw
  }

  func dot(_ other: Self) -> Double {
    along * other.along + across * other.across + yaw * other.yaw + trailerYaw * other.trailerYaw
  }

  mutating func add(_ factor: Double, _ other: Self) {
    along += factor * other.along
    across += factor * other.across
    yaw += factor * other.yaw
    trailerYaw += factor * other.trailerYaw
  }
}

/// Four linear equations for the velocities at the end of a step.
///
/// Forces that grow with velocity go into the matrix (implicit Euler), the others to the right-hand
/// side. The matrix is symmetric and positive definite, so that no pivot is needed.
struct MotionSystem {
  private struct Equation {
    var row: Velocities
    var value = 0.0

    mutating func subtract(_ factor: Double, _ other: Self) {
      row.add(-factor, other.row)
      value -= factor * other.value
    }
  }
  private var along, across, yaw, trailerYaw: Equation
  private let h: Double

  /// Inertia of the two bodies for the articulation angle whose sine and cosine are given.
  init(_ c: ChassisModel, sine: Double, cosine: Double, velocity: Velocities, step: Double) {
    let m2 = c.trailerMass
    let l = c.trailerCentre
    let uq = -m2 * l * sine
    let vr = c.tractorMass * c.tractorCentre + m2 * c.fifthWheel
    let vq = -m2 * l * cosine
    let rr =
      c.tractorInertia + c.tractorMass * c.tractorCentre * c.tractorCentre
      + m2 * c.fifthWheel * c.fifthWheel
    let rq = -m2 * c.fifthWheel * l * cosine
    let qq = c.hasTrailer ? c.trailerInertia + m2 * l * l : 1
    along = Equation(row: Velocities(c.mass, 0, 0, uq))
    across = Equation(row: Velocities(0, c.mass, vr, vq))
    yaw = Equation(row: Velocities(0, vr, rr, rq))
    trailerYaw = Equation(row: Velocities(uq, vq, rq, qq))
    h = step
    along.value = along.row.dot(velocity)
    across.value = across.row.dot(velocity)
    yaw.value = yaw.row.dot(velocity)
    trailerYaw.value = trailerYaw.row.dot(velocity)
  }

  /// A force along the velocity that `direction` picks out.
  mutating func push(_ direction: Velocities, _ force: Double) {
    let k = h * force
    along.value += k * direction.along
    across.value += k * direction.across
    yaw.value += k * direction.yaw
    trailerYaw.value += k * direction.trailerYaw
  }

  /// A force against that velocity, N for each m/s.
  mutating func resist(_ direction: Velocities, _ rate: Double) {
    let k = h * rate
    along.row.add(k * direction.along, direction)
    across.row.add(k * direction.across, direction)
    yaw.row.add(k * direction.yaw, direction)
    trailerYaw.row.add(k * direction.trailerYaw, direction)
  }

  /// Gauss's elimination.
  consuming func solved() -> Velocities {
    let first = along
    var second = across
    var third = yaw
    var fourth = trailerYaw
    second.subtract(second.row.along / first.row.along, first)
    third.subtract(third.row.along / first.row.along, first)
    fourth.subtract(fourth.row.along / first.row.along, first)
    third.subtract(third.row.across / second.row.across, second)
    fourth.subtract(fourth.row.across / second.row.across, second)
    fourth.subtract(fourth.row.yaw / third.row.yaw, third)
    var x = Velocities(0, 0, 0, fourth.value / fourth.row.trailerYaw)
    x.yaw = (third.value - third.row.dot(x)) / third.row.yaw
    x.across = (second.value - second.row.dot(x)) / second.row.across
    x.along = (first.value - first.row.dot(x)) / first.row.along
    return x
  }
}
