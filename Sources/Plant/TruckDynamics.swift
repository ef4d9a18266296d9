import ReproducibleMath
import Signals
import Units

/// What the actuators are told for a step.
package struct ActuatorDemand: Sendable {
  /// Road-wheel angle, rad; nil when nobody holds the wheel.
  package var roadWheelAngle: Double? = 0
  /// Share of the engine's reference torque, 0...1.
  package var driveTorque = 0.0
  package var retarderTorque = 0.0
  /// Service brake, m/s2, >= 0.
  package var brakeDeceleration = 0.0
  package var tractorParkingBrake = false
  package var trailerParkingBrake = false
  package var inDrive = true

  package init() {}
}

/// Which equations move the truck.
package enum MotionModel: Sendable {
  /// Bodies, tyres and wheels.
  case tyres
  /// The reference plant's.
  case quasiSteady
}

/// Tractor and semitrailer in steps of 1 ms: their state, and the actuators that act on it.
///
/// The engine has delay, lag and a power limit, retarder and service brake dead time and build-up.
/// How the truck moves under them is in TyreMotion.swift.
package struct TruckDynamics: Sendable {
  package static var stepSeconds: Double { 0.001 }
  static var gravity: Double { 9.81 }
  /// Where the cab meets the trailer, rad.
  static var largestArticulation: Double { 1.57 }

  // Tractor rear-axle centre, m; yaw of tractor and trailer, rad; speed along and across, m/s.
  package var east: Double
  package var north: Double
  package var heading: Double
  package var speed: Double
  package internal(set) var lateralSpeed = 0.0
  package var trailerHeading: Double
  package internal(set) var yawRate = 0.0
  package internal(set) var trailerYawRate = 0.0
  package private(set) var roadWheelAngle = 0.0
  /// Of the last step, of the rear axle's centre along and across the truck, m/s2.
  package internal(set) var acceleration = 0.0
  package internal(set) var lateralAcceleration = 0.0
  /// Friction holds it.
  package internal(set) var isStanding: Bool
  /// What engine, service brake and retarder are set to give, as accelerations of the combination,
  /// m/s2.
  package private(set) var driveAcceleration = 0.0
  package private(set) var brakeDeceleration = 0.0
  package private(set) var retarderDeceleration = 0.0
  /// How far the spring brakes have come on, 0...1.
  package private(set) var tractorSpring = 0.0
  package private(set) var trailerSpring = 0.0

  /// Sine of the slope under the truck, uphill positive, and across it, falling to the left positive.
  package var grade = 0.0
  package var bank = 0.0
  /// Of the air from the right, m/s.
  package var sideWind = 0.0
  package var friction: Double {
    didSet { wheelFriction = InlineArray(repeating: friction) }
  }
  /// Front, drive, trailer, left before right.
  var wheelFriction: InlineArray<6, Double>
  package var brakeEffectiveness: Double
  package var steeringBias: Double
  /// What air pressure leaves of the service brake, 0...1.
  package var airShare = 1.0
  /// What the trailer's own tank leaves its axles besides.
  package var trailerAirShare = 1.0

  var wheels: InlineArray<6, Wheel>
  var loads: AxleLoads
  var brakes = BrakeSystem()
  private(set) var angleBefore = 0.0
  private var isRetarderCut = false
  private var steeringQueue: DelayLine
  private var driveQueue: DelayLine
  private var brakeQueue: DelayLine
  private var retarderQueue: DelayLine
  let vehicle: VehicleModel
  let chassis: ChassisModel
  private let motion: MotionModel

  package init(parameters: VehicleParameters, settings: TruckSettings, start: TruckStart) {
    vehicle = VehicleModel(parameters, settings)
    chassis = ChassisModel(parameters, settings)
    loads = AxleLoads(chassis)
    motion = settings.motion
    east = start.east
    north = start.north
    heading = start.heading
    trailerHeading = start.heading
    speed = start.speed
    isStanding = start.speed == 0
    wheels = InlineArray(repeating: Wheel(rim: start.speed))
    friction = settings.friction
    wheelFriction = InlineArray(repeating: settings.friction)
    brakeEffectiveness = settings.brakeEffectiveness
    steeringBias = settings.steeringBias
    steeringQueue = DelayLine(parameters.steeringDelay)
    driveQueue = DelayLine(parameters.driveDelay)
    brakeQueue = DelayLine(parameters.brakeDelay)
    retarderQueue = DelayLine(parameters.driveDelay)
    if start.speed == 0 {
      tractorSpring = 1
      trailerSpring = 1
    }
  }

  /// Advances by 1 ms with the demand held.
  package mutating func step(_ demand: ActuatorDemand) {
    let wheelRate = steeringRate(demand.roadWheelAngle)
    angleBefore = roadWheelAngle
    roadWheelAngle += Self.stepSeconds * wheelRate
    moveActuators(demand)
    switch motion {
    case .tyres: moveOnTyres()
    case .quasiSteady: moveQuasiSteadily()
    }
  }

  private mutating func steeringRate(_ angle: Double?) -> Double {
    let v = vehicle
    guard let angle else {
      // Caster brings a released wheel back to straight while the truck rolls.
      _ = steeringQueue.push(roadWheelAngle)
      return speed.magnitude > 0.1 ? limited(-roadWheelAngle / v.casterSeconds, v.steeringRate) : 0
    }
    let target = steeringQueue.push(limited(angle, v.steeringLimit))
    return limited((target - roadWheelAngle) / v.steeringLag, v.steeringRate)
  }

  /// Engine, service brake and retarder follow their demands with dead time and lag.
  private mutating func moveActuators(_ demand: ActuatorDemand) {
    let h = Self.stepSeconds
    let v = vehicle
    let pace = max(speed.magnitude, driveRim.magnitude)
    let torque = demand.inDrive ? min(max(demand.driveTorque, 0), 1) : 0
    let force = driveQueue.push(torque) * v.driveForce
    let powered = pace > 0.1 ? min(force, v.drivePower / pace) : force
    let wanted = min(max(demand.brakeDeceleration, 0), v.brakeLimit)
    let braked = brakeQueue.push(wanted) * brakeEffectiveness * airShare
    let asked = demand.inDrive ? min(max(demand.retarderTorque, 0), 1) : 0
    cutRetarder(asked)
    let retarder = retarderQueue.push(asked) * v.retarderForce
    let retarded = isRetarderCut ? 0 : retarder
    driveAcceleration += h * (powered / v.mass - driveAcceleration) / v.driveLag
    brakeDeceleration += h * (braked - brakeDeceleration) / v.brakeLag
    retarderDeceleration += h * (retarded / v.mass - retarderDeceleration) / v.retarderLag
    moveSprings(demand)
  }

  /// Anti-lock control drops the retarder when it drags the drive wheels, until it is asked anew.
  private mutating func cutRetarder(_ asked: Double) {
    let isDragged = max(wheels[2].slip, wheels[3].slip) > AntiLock.recoveredSlip
    if asked == 0 {
      isRetarderCut = false
    } else if brakes.tractorAntiLockWorks, speed.magnitude > AntiLock.slowest, isDragged {
      isRetarderCut = true
      retarderDeceleration = 0
    }
  }

  private mutating func moveSprings(_ demand: ActuatorDemand) {
    // Chambers vent in about 0.3 s and fill in about 0.5 s.
    let h = Self.stepSeconds
    tractorSpring = springPosition(tractorSpring, demand.tractorParkingBrake, h)
    trailerSpring = springPosition(trailerSpring, demand.trailerParkingBrake, h)
  }
}

private func springPosition(_ position: Double, _ applied: Bool, _ h: Double) -> Double {
  applied ? min(position + h / 0.3, 1) : max(position - h / 0.5, 0)
}

private func limited(_ x: Double, _ bound: Double) -> Double { min(max(x, -bound), bound) }

extension TruckDynamics {
  /// What the wheels show of the speed, m/s: means of both sides.
  package var frontRim: Double { (wheels[0].rim + wheels[1].rim) / 2 }
  package var driveRim: Double { (wheels[2].rim + wheels[3].rim) / 2 }
  package var trailerRim: Double { (wheels[4].rim + wheels[5].rim) / 2 }
  package var articulation: Double { heading - trailerHeading }
  var isCabAtTrailer: Bool { articulation.magnitude >= Self.largestArticulation }

  /// Of the trailer's equivalent axle, along and across the trailer, m/s.
  var trailerAxleVelocity: (along: Double, across: Double) {
    let (c, s) = cosineAndSine(articulation)
    let hitch = lateralSpeed + vehicle.fifthWheel * yawRate
    return (
      speed * c - hitch * s, speed * s + hitch * c - vehicle.trailerLength * trailerYawRate
    )
  }

  package var isAntiLockActing: Bool { brakes.tractorAntiLockActs || brakes.trailerAntiLockActs }
  package var hasWorkingAntiLock: Bool {
    brakes.tractorAntiLockWorks && brakes.trailerAntiLockWorks
  }
  /// At 1 or -1 the wheels of one side carry nothing.
  package var tractorLoadTransfer: Double { loads.tractorTransfer }
  package var trailerLoadTransfer: Double { loads.trailerTransfer }
  /// Front, drive, trailer, N.
  package var axleLoads: InlineArray<3, Double> { loads.axles }

  package mutating func setBrake(axle: Int, _ share: Double) { brakes.condition[axle] = share }
  package mutating func setBrakeHeat(_ degrees: Double) { brakes.setTemperature(degrees) }

  mutating func mendBrakes() {
    setAntiLock(tractor: true, trailer: true)
    brakes.condition = InlineArray(repeating: 1)
  }

  package mutating func setAntiLock(tractor: Bool? = nil, trailer: Bool? = nil) {
    if let tractor { brakes.tractorAntiLockWorks = tractor }
    if let trailer { brakes.trailerAntiLockWorks = trailer }
  }

  /// Centre of the trailer's equivalent axle; the tractor's rear axle when there is no trailer.
  package var trailerAxle: (east: Double, north: Double) {
    guard vehicle.hasTrailer else { return (east, north) }
    let hitchEast = east + vehicle.fifthWheel * cosine(heading)
    let hitchNorth = north + vehicle.fifthWheel * sine(heading)
    return (
      hitchEast - vehicle.trailerLength * cosine(trailerHeading),
      hitchNorth - vehicle.trailerLength * sine(trailerHeading)
    )
  }

  /// A point `ahead` of the rear axle and `left` of the centre line.
  package func point(ahead: Double, left: Double) -> (east: Double, north: Double) {
    let (c, s) = cosineAndSine(heading)
    return (east + ahead * c - left * s, north + ahead * s + left * c)
  }
}

/// The parameters as plain numbers, in SI units.
struct VehicleModel: Sendable {
  var wheelbase, fifthWheel, trailerLength: Double
  var understeer, rearSlip, trailerSlip, yawLagAtRest, yawLagPerSpeed: Double
  var steeringLag, steeringRate, steeringLimit: Double
  var mass, driveForce, drivePower, driveLag, retarderForce, brakeLag, brakeLimit: Double
  var rollingResistance, airResistance, untoldDrag: Double
  var tractorParkingForce, trailerParkingForce: Double
  var hasTrailer: Bool
  let retarderLag = 0.3
  let casterSeconds = 1.2

  init(_ p: VehicleParameters, _ settings: TruckSettings) {
    // A lag below the step would make the explicit Euler step unstable.
    let shortest = 2 * TruckDynamics.stepSeconds
    wheelbase = p.wheelbase.value
    fifthWheel = p.fifthWheelOffset.value
    trailerLength = p.kingPinToTrailerAxle.value
    understeer = p.understeerGradient
    rearSlip = p.rearAxleSlip
    trailerSlip = p.trailerAxleSlip
    yawLagAtRest = max(p.yawLagAtRest.seconds, shortest)
    yawLagPerSpeed = p.yawLagPerSpeed
    steeringLag = max(p.steeringLag.seconds, shortest)
    steeringRate = p.steeringRate.value
    steeringLimit = p.roadWheelAngleLimit.value
    mass = max(p.mass.value, 1)
    driveForce = p.driveForce.value
    drivePower = p.drivePower.value
    driveLag = max(p.driveLag.seconds, shortest)
    retarderForce = p.retarderForce.value
    brakeLag = max(p.brakeLag.seconds, shortest)
    brakeLimit = p.brakeDeceleration.value
    rollingResistance = p.rollingResistance
    // Half the density of air at 15 degrees, 1.225 kg/m3.
    airResistance = 0.6125 * p.dragArea / mass
    untoldDrag = settings.untoldDrag
    tractorParkingForce = settings.tractorParkingForce
    trailerParkingForce = p.hasTrailer ? settings.trailerParkingForce : 0
    hasTrailer = p.hasTrailer
  }
}

/// A first-in first-out delay of whole milliseconds, at most 2 s, initially full of zeros.
struct DelayLine: Sendable {
  private var values: [Double]
  private var index = 0

  init(_ delay: Interval) {
    let milliseconds = (delay.seconds * 1000).rounded()
    let count = milliseconds > 0 ? Int(min(milliseconds, 2000)) : 0
    values = [Double](repeating: 0, count: count)
  }

  mutating func push(_ value: Double) -> Double {
    guard !values.isEmpty else { return value }
    let oldest = values[index]
    values[index] = value
    index += 1
    if index == values.count { index = 0 }
    return oldest
  }
}
