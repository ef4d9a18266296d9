import ReproducibleMath
import Signals
import Units

/// What a GNSS fix says about motion along the truck; a guardian without a receiver has none.
package struct SignedMotion: Sendable {
  /// A fix arrived in this cycle.
  package var isNew = false
  /// Along the truck, forward positive; NaN unknown.
  package var speed = MetresPerSecond(.nan)
  package var east = Metres(.nan)
  package var north = Metres(.nan)
  /// One sigma of the position.
  package var sigma = Metres(.infinity)
  package var heading = Radians(.nan)

  package init() {}
}

/// Finds a truck that rolls backwards (S-6): speeds on J1939 are unsigned, so that a truck which
/// rolls back at a move-off looks like one that drives.
///
/// Three signed witnesses, each enough: the velocity of the GNSS fix along the heading, at once; its
/// displacement since standstill, for a creep; and, from standstill to the first motion, the
/// accelerometer against what it read while the truck stood, which needs no satellite. A direction
/// bit, where a tachograph sends one, is a fourth.
package struct RollBackDetector: Sendable, Visitable {
  package private(set) var isRollingBack = false
  /// Backwards, by the witness that found it.
  package private(set) var speed = MetresPerSecond.zero
  private var backwardFixes = 0
  private var creepingFixes = 0
  private var anchorEast = Double.nan
  private var anchorNorth = Double.nan
  private var lastEast = Double.nan
  private var lastNorth = Double.nan
  /// Specific force while standing: the slope, and the sensor's offset.
  private var standing = Double.nan
  private var stoodFor = 0.0
  /// m/s by the accelerometer since standstill, forward positive.
  private var felt = 0.0
  private var awaitsMotion = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isRollingBack", &isRollingBack)
    visitor.visit("speed", &speed)
    visitor.visitCount("backwardFixes", &backwardFixes, limit: 10)
    visitor.visitCount("creepingFixes", &creepingFixes, limit: 13)
    visitor.visit("anchorEast", &anchorEast)
    visitor.visit("anchorNorth", &anchorNorth)
    visitor.visit("lastEast", &lastEast)
    visitor.visit("lastNorth", &lastNorth)
    visitor.visit("standing", &standing)
    visitor.visit("stoodFor", &stoodFor)
    visitor.visit("felt", &felt)
    visitor.visit("awaitsMotion", &awaitsMotion)
  }

  mutating func step(
    _ feedback: @_addressable Feedback, _ motion: SignedMotion, isStandstill: Bool,
    _ elapsed: Double
  ) {
    stoodFor = isStandstill ? stoodFor + elapsed : 0
    feel(feedback, isStandstill: isStandstill, elapsed)
    if motion.isNew { look(motion, isStandstill: isStandstill) }
    // A fix every 100 ms; 0.15 m/s is five sigmas of its speed.
    let byVelocity = backwardFixes >= 2
    let byForce = awaitsMotion && felt < -0.2
    let byDirection = feedback[.travelDirection] == 1 && feedback.highestSpeed > 0.1
    isRollingBack = byVelocity || creepingFixes >= 2 || byForce || byDirection
    if !isRollingBack { speed = .zero }
    if byForce { speed = max(speed, MetresPerSecond(-felt)) }
    if byDirection { speed = max(speed, MetresPerSecond(feedback.highestSpeed)) }
  }

  private mutating func look(_ motion: SignedMotion, isStandstill: Bool) {
    if motion.speed.value < -0.15 {
      backwardFixes = min(backwardFixes + 1, 10)
      speed = max(speed, MetresPerSecond(-motion.speed.value))
    } else {
      backwardFixes = 0
    }
    let isExact = motion.sigma.value <= 0.05
    let step = distance(motion.east.value - lastEast, motion.north.value - lastNorth)
    lastEast = motion.east.value
    lastNorth = motion.north.value
    // Nothing that rolls moves half a metre in 100 ms: a jump of the solution starts anew.
    guard isExact, motion.heading.value.isFinite, step < 0.5 else {
      anchorEast = .nan
      creepingFixes = 0
      return
    }
    if !anchorEast.isFinite {
      // Fixes are late: the first after half a second was taken at standstill.
      guard isStandstill, stoodFor > 0.5 else { return }
      anchorEast = lastEast
      anchorNorth = lastNorth
    }
    let along =
      (lastEast - anchorEast) * cosine(motion.heading.value)
      + (lastNorth - anchorNorth) * sine(motion.heading.value)
    if along > 0.3 {
      // Drove off.
      anchorEast = .nan
      creepingFixes = 0
      return
    }
    creepingFixes = along < -0.13 ? min(creepingFixes, 12) + 1 : 0
    // Told for a second, and latched by then: from here only a further creep is one.
    if creepingFixes > 12 {
      (anchorEast, anchorNorth) = (lastEast, lastNorth)
      creepingFixes = 0
    }
    if creepingFixes >= 2 { speed = max(speed, MetresPerSecond(0.1)) }
    // A solution drifts by centimetres in half a minute; what creeps is quicker.
    if isStandstill, along.magnitude < 0.08 {
      anchorEast += (lastEast - anchorEast) * 0.003
      anchorNorth += (lastNorth - anchorNorth) * 0.003
    }
  }

  private mutating func feel(
    _ feedback: @_addressable Feedback, isStandstill: Bool, _ elapsed: Double
  ) {
    let force = feedback[.longitudinalAcceleration]
    guard force.isFinite else { return }
    if isStandstill, feedback.highestSpeed < 0.05, stoodFor > 0.5 || standing.isNaN {
      let share = stoodFor < 1.5 ? 0.5 : 10.0
      standing = standing.isNaN ? force : standing + (force - standing) * min(elapsed / share, 1)
      awaitsMotion = true
    }
    guard awaitsMotion, standing.isFinite else { return }
    let difference = force - standing
    // Half a step of VDC2's resolution and the offset's drift are no motion.
    let counted = difference.magnitude > 0.08 ? difference : 0
    felt += counted * elapsed - felt * min(elapsed / 3, 1)
    let drives = felt > 0.15 && feedback.highestSpeed > 0.15
    if drives || !felt.isFinite {
      awaitsMotion = false
      felt = 0
      standing = .nan
    }
  }

  private func distance(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }
}
