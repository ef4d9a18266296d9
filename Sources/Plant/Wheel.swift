/// The wheels of one side of an axle: their turning, their brake and the contact below.
struct Wheel: Sendable {
  /// Speed of the tread against the axle, m/s.
  var rim: Double
  /// Share of the brake pressure that the anti-lock valve lets through.
  private(set) var pressure = 1.0
  /// Of the axle over ground, at the start of the step, m/s.
  private(set) var along = 0.0
  /// Of the road on the wheel, N.
  private(set) var force = 0.0
  /// How much of the friction is used; sliding begins at 3.
  private(set) var use = 0.0

  private var rate = 0.0
  private var torque = Torque()
  private var mass = 1.0

  /// What acts on the wheel's turning, as forces at the tread, N.
  struct Torque: Sendable {
    var drive = 0.0
    /// The most that brakes and rolling resistance take; they stop a wheel but never turn it.
    var brake = 0.0
    /// Retarder, N for each m/s.
    var drag = 0.0
  }

  /// What the contact does to the truck: a force forwards, and rates against its velocities.
  struct Contact {
    var push = 0.0
    var resistAlong = 0.0
    var resistAcross = 0.0
  }

  init(rim: Double) { self.rim = rim }

  /// The wheel's turning is solved together with the truck's motion: what depends on the velocity
  /// at the end of the step becomes a rate.
  mutating func engage(
    _ tyre: Tyre, load: Double, grip: Double, velocity: (along: Double, across: Double),
    torque: Torque, mass: Double, step h: Double
  ) -> Contact {
    let rates = tyre.rates(
      load: load, grip: grip, rim: rim, along: velocity.along, across: velocity.across)
    along = velocity.along
    rate = rates.along
    use = rates.use
    self.torque = torque
    self.mass = mass
    let free = freeMomentum(velocity.along, h)
    let held = h * torque.brake
    guard free.magnitude > held else {
      return Contact(push: 0, resistAlong: rate, resistAcross: rates.across)
    }
    let total = mass + h * (rate + torque.drag)
    let turning = torque.drive - (free > 0 ? torque.brake : -torque.brake)
    return Contact(
      push: rate * (mass * rim + h * turning) / total,
      resistAlong: rate * (mass + h * torque.drag) / total, resistAcross: rates.across)
  }

  mutating func turn(along newAlong: Double, step h: Double) {
    let free = freeMomentum(newAlong, h)
    let held = h * torque.brake
    let total = mass + h * (rate + torque.drag)
    rim = free > held ? (free - held) / total : free < -held ? (free + held) / total : 0
    force = rate * (rim - newAlong)
    along = newAlong
  }

  private func freeMomentum(_ along: Double, _ h: Double) -> Double {
    mass * rim + h * (torque.drive + rate * along)
  }

  mutating func stand() {
    rim = 0
    along = 0
    force = 0
    use = 0
  }

  /// The tread is slower than the ground by this share.
  var slip: Double { along == 0 ? 0 : 1 - rim / along }

  /// Anti-lock control: lets pressure go while the wheel slips by more than a fifth, and brings it
  /// back when the wheel runs again.
  ///
  /// True while it acts.
  mutating func modulate(isWorking: Bool, isBraked: Bool, step h: Double) -> Bool {
    guard isWorking, isBraked, along.magnitude > AntiLock.slowest else {
      pressure = min(pressure + AntiLock.refill * h, 1)
      return false
    }
    if slip > AntiLock.highSlip {
      pressure = max(pressure - AntiLock.release * h, 0)
      return true
    }
    if slip < AntiLock.lowSlip { pressure = min(pressure + AntiLock.build * h, 1) }
    return pressure < 1
  }
}

/// Figures of an anti-lock system of the class; pressures as shares a second.
enum AntiLock {
  /// It lets wheels lock below this speed, m/s: 7 km/h.
  static let slowest = 2.0
  static let highSlip = 0.2
  static let lowSlip = 0.12
  static let release = 12.0
  static let build = 2.0
  static let refill = 5.0
}
