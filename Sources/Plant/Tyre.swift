/// The force between a wheel and the road after the brush model: bristles stick up to the friction
/// limit and slide beyond it (Pacejka, Tyre and Vehicle Dynamics, chapter 3), less well the more they
/// slide.
///
/// Slip along and across share one friction circle. The answer is a pair of viscous rates, force per
/// slip velocity, because a rate can be used implicitly: that keeps the wheel's and the truck's
/// equations well-conditioned down to standstill, where slip itself is 0/0.
struct Tyre: Sendable {
  /// Slip stiffness over load, 1 (along) and 1/rad (across).
  var stiffnessAlong: Double
  var stiffnessAcross: Double
  /// Load at which those hold, N.
  var nominalLoad: Double

  /// Below this speed the slip is taken as viscous, m/s.
  static var slowest: Double { 0.1 }
  /// A locked tyre gives this share of what it can at the peak: trucks' give 0.7 to 0.85 on wet roads.
  static var slidingShare: Double { 0.75 }
  /// Stiffness and friction fall with load: shares lost for each nominal load above the nominal.
  static var stiffnessLoss: Double { 0.2 }
  static var frictionLoss: Double { 0.05 }

  struct Rates {
    /// N per m/s of slip.
    var along = 0.0
    var across = 0.0
    /// How much of the friction is used; sliding begins at 3.
    var use = 0.0
  }

  /// The most that the contact can carry, N.
  func grip(load: Double, friction: Double) -> Double {
    max(friction * load * (1 - Self.frictionLoss * (load / nominalLoad - 1)), 0)
  }

  /// `rim` is the tread's speed against the axle, `along` and `across` the contact's over ground.
  func rates(
    load: Double, grip: Double, rim: Double, along: Double, across: Double
  ) -> Rates {
    guard load > 1, grip > 0 else { return Rates() }
    let slip = rim - along
    let reference = max(along.magnitude, rim.magnitude, Self.slowest)
    let scale = load * max(1 - Self.stiffnessLoss * (load / nominalLoad - 1), 0.3) / reference
    let rateAlong = stiffnessAlong * scale
    let rateAcross = stiffnessAcross * scale
    let forceAlong = rateAlong * slip
    let forceAcross = rateAcross * across
    let use = (forceAlong * forceAlong + forceAcross * forceAcross).squareRoot() / grip
    let skid = (slip * slip + across * across).squareRoot()
    let share = use < 3 ? 1 - use / 3 + use * use / 27 : Self.slide(skid / reference, use) / use
    // A sliding tyre's force points against its slip, whatever its stiffnesses.
    let sliding = min(max((use - 1) / 2, 0), 1)
    guard sliding > 0 else {
      return Rates(along: share * rateAlong, across: share * rateAcross, use: use)
    }
    let slide = share * use * grip / skid
    return Rates(
      along: (1 - sliding) * share * rateAlong + sliding * slide,
      across: (1 - sliding) * share * rateAcross + sliding * slide, use: use)
  }

  /// What is left of the grip beyond its peak, falling in a straight line to that of locked wheels.
  private static func slide(_ slip: Double, _ use: Double) -> Double {
    let peak = 3 * slip / use
    return 1 - (1 - slidingShare) * min((slip - peak) / max(1 - peak, 0.1), 1)
  }
}
