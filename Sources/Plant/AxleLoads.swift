/// What the axles carry: quasi-static in pitch and roll, with one lag for the body's motion.
struct AxleLoads: Sendable {
  /// Front, drive, trailer, N.
  private(set) var axles: InlineArray<3, Double>
  /// Lateral load transfer ratio of tractor and trailer: at 1 the left wheels carry nothing, at -1
  /// the right ones.
  private(set) var tractorTransfer = 0.0
  private(set) var trailerTransfer = 0.0
  private var along = 0.0
  private var tractorAcross = 0.0
  private var trailerAcross = 0.0
  private var trailerPull = 0.0

  init(_ chassis: ChassisModel) { axles = chassis.staticLoads }

  /// What the bodies feel: accelerations less gravity's part along and across the road, m/s2.
  struct Feeling {
    var along = 0.0
    var tractorAcross = 0.0
    var trailerAcross = 0.0
    /// Force of the road on the trailer's wheels along the trailer, N.
    var trailerForce = 0.0
    /// Moments of the wind about the ground, to the left, N m.
    var tractorWind = 0.0
    var trailerWind = 0.0
  }

  mutating func settle(_ feeling: Feeling, _ c: ChassisModel, _ h: Double) {
    let share = h / c.bodyLag
    along += share * (feeling.along - along)
    tractorAcross += share * (feeling.tractorAcross - tractorAcross)
    trailerAcross += share * (feeling.trailerAcross - trailerAcross)
    let pull = c.trailerMass * feeling.along - feeling.trailerForce
    trailerPull += share * (pull - trailerPull)

    let g = TruckDynamics.gravity
    // Moments about the trailer axle's contact, then about the drive axle's.
    let leverage =
      c.trailerMass * (g * (c.trailerLength - c.trailerCentre) - along * c.trailerHeight)
      + trailerPull * c.fifthWheelHeight
    let onKingPin = c.hasTrailer ? leverage / c.trailerLength : 0
    let trailer = max(c.trailerMass * g - onKingPin, 0)
    let front =
      (c.tractorMass * (g * c.tractorCentre - along * c.tractorHeight)
        + onKingPin * c.fifthWheel - trailerPull * c.fifthWheelHeight) / c.wheelbase
    let tractor = max(c.tractorMass * g + onKingPin, 0)
    let frontLoad = min(max(front, 0), tractor)
    axles = [frontLoad, tractor - frontLoad, trailer]
    roll(onKingPin, feeling, c)
  }

  private mutating func roll(_ onKingPin: Double, _ feeling: Feeling, _ c: ChassisModel) {
    let g = TruckDynamics.gravity
    let half = c.track / 2
    // The fifth wheel hands its share of the trailer's moment to the tractor.
    let trailerMoment = c.trailerMass * trailerAcross * c.trailerHeight - feeling.trailerWind
    let weight = max(c.trailerMass * g, 1)
    let handed = trailerMoment * min(max(onKingPin / weight, 0), 1)
    let tractorMoment =
      c.tractorMass * tractorAcross * c.tractorHeight - feeling.tractorWind + handed
    trailerTransfer = c.hasTrailer ? (trailerMoment - handed) / max(axles[2] * half, 1) : 0
    tractorTransfer = tractorMoment / max((axles[0] + axles[1]) * half, 1)
  }

  /// Load of one side's wheels of an axle, N.
  func wheel(_ axle: Int, isLeft: Bool) -> Double {
    let transfer = min(max(axle == 2 ? trailerTransfer : tractorTransfer, -1), 1)
    return axles[axle] / 2 * (isLeft ? 1 - transfer : 1 + transfer)
  }
}
