import Signals
import Units

/// What a profile does not tell of a truck's body: the figures are of the class.
package struct ChassisSettings: Sendable {
  /// Centre of gravity above ground, m.
  package var tractorHeight = 1.0
  package var trailerHeight = 2.0
  package var fifthWheelHeight = 1.25
  /// Centre of gravity ahead of the rear axle over the wheelbase, and behind the king-pin over the
  /// distance to the trailer's axles.
  package var tractorBalance = 0.65
  package var trailerBalance = 0.66
  /// Inertia of one side's wheels on the front, drive and trailer axles, as mass at the tread, kg.
  package var frontWheelMass = 60.0
  package var driveWheelMass = 120.0
  package var trailerWheelMass = 180.0
  /// Slip stiffness along over load.
  package var slipStiffness = 15.0
  /// Pitch and roll settle with this lag, s.
  package var bodyLag = 0.15
  package var tractorSideArea = 9.0
  package var sideHeight = 2.0
  /// Heat capacity of all brakes of an axle, J/K, and cooling, s.
  package var brakeHeatCapacity = 60_000.0
  package var coolingSeconds = 900.0

  package init() {}
}

/// The bodies, axles and tyres as constants, derived once.
struct ChassisModel: Sendable {
  let tractorMass, trailerMass, mass: Double
  let tractorInertia, trailerInertia: Double
  /// Ahead of the rear axle, and behind the king-pin, m.
  let tractorCentre, trailerCentre: Double
  let wheelbase, fifthWheel, trailerLength, track: Double
  let tractorHeight, trailerHeight, fifthWheelHeight: Double
  let bodyLag, brakeHeatCapacity, coolingSeconds: Double
  /// Side area, m2, its centre behind the king-pin and above ground, m.
  let trailerSideArea, trailerSideCentre, tractorSideArea, sideHeight: Double
  let tyres: InlineArray<3, Tyre>
  /// Front, drive, trailer: N standing on level ground.
  let staticLoads: InlineArray<3, Double>
  let wheelMasses: InlineArray<3, Double>
  let hasTrailer: Bool

  /// All that turns with the wheels, as mass at the tread, kg.
  var rotatingMass: Double { 2 * (wheelMasses[0] + wheelMasses[1] + wheelMasses[2]) }

  init(_ p: VehicleParameters, _ settings: TruckSettings) {
    let chassis = settings.chassis
    let g = TruckDynamics.gravity
    hasTrailer = p.hasTrailer
    mass = max(p.mass.value, 1)
    tractorMass = p.hasTrailer ? min(settings.tractorMass, 0.6 * mass) : mass
    trailerMass = mass - tractorMass
    wheelbase = max(p.wheelbase.value, 0.5)
    fifthWheel = p.fifthWheelOffset.value
    trailerLength = max(p.kingPinToTrailerAxle.value, 0.5)
    track = max(settings.trackWidth, 0.5)
    tractorCentre = (p.hasTrailer ? chassis.tractorBalance : 0.5) * wheelbase
    trailerCentre = chassis.trailerBalance * trailerLength
    tractorInertia = tractorMass * tractorCentre * (wheelbase - tractorCentre)
    // A box that overhangs the king-pin by 1.4 m.
    let box = trailerLength + p.trailerAxleToRear.value + 1.4
    let width = p.width.value
    trailerInertia = trailerMass * (box * box + width * width) / 12
    tractorHeight = chassis.tractorHeight
    trailerHeight = chassis.trailerHeight
    fifthWheelHeight = chassis.fifthWheelHeight
    bodyLag = max(chassis.bodyLag, 2 * TruckDynamics.stepSeconds)
    brakeHeatCapacity = max(chassis.brakeHeatCapacity, 1)
    coolingSeconds = max(chassis.coolingSeconds, 1)
    trailerSideArea = p.hasTrailer ? box * 2.8 : 0
    trailerSideCentre = box / 2 - 1.4
    tractorSideArea = chassis.tractorSideArea
    sideHeight = chassis.sideHeight

    let onTrailer = trailerMass * g * trailerCentre / trailerLength
    let onKingPin = trailerMass * g - onTrailer
    let front = (tractorMass * g * tractorCentre + onKingPin * fifthWheel) / wheelbase
    staticLoads = [front, tractorMass * g + onKingPin - front, onTrailer]
    wheelMasses = [
      max(chassis.frontWheelMass, 1), max(chassis.driveWheelMass, 1),
      p.hasTrailer ? max(chassis.trailerWheelMass, 1) : 0,
    ]
    // Steady slip per lateral acceleration is the profile's: understeer is what the front axle
    // slips more than the rear.
    let slips: InlineArray<3, Double> = [
      p.rearAxleSlip + p.understeerGradient, p.rearAxleSlip, p.trailerAxleSlip,
    ]
    var tyres = InlineArray<3, Tyre>(
      repeating: Tyre(stiffnessAlong: 1, stiffnessAcross: 1, nominalLoad: 1))
    for axle in 0..<3 {
      let across = 1 / (g * max(slips[axle], 0.002))
      tyres[axle] = Tyre(
        stiffnessAlong: max(chassis.slipStiffness, across), stiffnessAcross: across,
        nominalLoad: max(staticLoads[axle] / 2, 1))
    }
    self.tyres = tyres
  }
}
