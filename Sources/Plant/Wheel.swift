/// The wheels of one side of an axle: their turning, their brake and the contact below.
struct Wheel: Sendable {
  /// Speed of the tread against the axle, m/s.
  var rim: Double
  private(set) var antiLock = AntiLock()
  /// Of the axle over ground, at the start of the step, m/s.
  private(set) var along = 0.0
  /// Of the road on the wheel, N.
  private(set) var force = 0.0
  /// How much of the friction is used; sliding begins at 3.
  private(set) var use = 0.0

  private var rate = 0.0
  /// Change of the tread's speed in the last step, m/s2.
  private var spin = 0.0
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
    let newRim = free > held ? (free - held) / total : free < -held ? (free + held) / total : 0
    spin = (newRim - rim) / h
    rim = newRim
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
    spin = 0
    antiLock.open()
  }

  /// The tread is slower than the ground by this share.
  var slip: Double { along == 0 ? 0 : 1 - rim / along }

  /// True while anti-lock control acts.
  ///
  /// `service` is what the brake would give without, N.
  mutating func modulate(isWorking: Bool, service: Double, step h: Double) -> Bool {
    guard isWorking, service > Self.leastService, along.magnitude > AntiLock.slowest else {
      antiLock.release(supply: service, step: h)
      return false
    }
    antiLock.modulate(slip: slip, spin: along > 0 ? spin : -spin, supply: service, step: h)
    return antiLock.isActing
  }

  private static var leastService: Double { 100 }
}
