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

/// Tractor and semitrailer: explicit Euler at 1 ms.
///
/// Lateral motion is the reference plant's, equation by equation. Along the road it is extended: an
/// engine with delay, lag and a power limit, a retarder, a service brake with dead time and
/// build-up, spring brakes, grade, rolling and air resistance, friction, standstill and roll-back.
/// Every right-hand side uses the state at the start of the step.
package struct TruckDynamics: Sendable {
  package static var stepSeconds: Double { 0.001 }
  static var gravity: Double { 9.81 }

  // Tractor rear-axle centre, m; yaw of tractor and trailer, rad; speed, m/s.
  package var east: Double
  package var north: Double
  package var heading: Double
  package var speed: Double
  package var trailerHeading: Double
  package private(set) var yawRate = 0.0
  package private(set) var trailerYawRate = 0.0
  package private(set) var roadWheelAngle = 0.0
  /// Of the last step, along the truck, m/s2.
  package private(set) var acceleration = 0.0
  /// What engine, service brake and retarder give, as accelerations of the combination, m/s2.
  package private(set) var driveAcceleration = 0.0
  package private(set) var brakeDeceleration = 0.0
  package private(set) var retarderDeceleration = 0.0
  /// How far the spring brakes have come on, 0...1.
  package private(set) var tractorSpring = 0.0
  package private(set) var trailerSpring = 0.0
  package private(set) var lateralAcceleration = 0.0

  /// Sine of the slope under the truck, uphill positive.
  package var grade = 0.0
  package var friction: Double
  package var brakeEffectiveness: Double
  package var steeringBias: Double
  /// What air pressure leaves of the service brake, 0...1.
  package var airShare = 1.0

  private var steeringQueue: DelayLine
  private var driveQueue: DelayLine
  private var brakeQueue: DelayLine
  private var retarderQueue: DelayLine
  let vehicle: VehicleModel

  package init(parameters: VehicleParameters, settings: TruckSettings, start: TruckStart) {
    vehicle = VehicleModel(parameters, settings)
    east = start.east
    north = start.north
    heading = start.heading
    trailerHeading = start.heading
    speed = start.speed
    friction = settings.friction
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
    let h = Self.stepSeconds
    let v = vehicle
    let wheelRate = steeringRate(demand.roadWheelAngle)

    // Tractor.
    let u = speed
    let lag = v.yawLagAtRest + v.yawLagPerSpeed * u.magnitude
    let targetYawRate =
      u * tangent(roadWheelAngle + steeringBias) / (v.wheelbase + v.understeer * u * u)
    let slipSpeed = -u * tangent(v.rearSlip * u * yawRate)
    let c = cosine(heading)
    let s = sine(heading)
    let eastRate = u * c - slipSpeed * s
    let northRate = u * s + slipSpeed * c
    // Trailer.
    let articulation = heading - trailerHeading
    let ca = cosine(articulation)
    let sa = sine(articulation)
    let hitch = slipSpeed + v.fifthWheel * yawRate
    let trailerSpeed = u * ca - hitch * sa
    let hitchAcross = u * sa + hitch * ca
    let targetTrailerRate =
      (hitchAcross + v.trailerSlip * trailerSpeed * trailerSpeed * trailerYawRate) / v.trailerLength

    lateralAcceleration = u * yawRate
    east += h * eastRate
    north += h * northRate
    heading += h * yawRate
    trailerHeading += h * trailerYawRate
    yawRate += h * (targetYawRate - yawRate) / lag
    trailerYawRate += h * (targetTrailerRate - trailerYawRate) / lag
    roadWheelAngle += h * wheelRate
    moveActuators(demand)
    moveAlong()
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
    let pace = speed.magnitude
    let torque = demand.inDrive ? min(max(demand.driveTorque, 0), 1) : 0
    let force = driveQueue.push(torque) * v.driveForce
    let powered = pace > 0.1 ? min(force, v.drivePower / pace) : force
    let wanted = min(max(demand.brakeDeceleration, 0), v.brakeLimit)
    let braked = brakeQueue.push(wanted) * brakeEffectiveness * airShare
    // A retarder works through the turning driveline and fades below walking pace.
    let asked = demand.inDrive ? min(max(demand.retarderTorque, 0), 1) : 0
    let retarded = retarderQueue.push(asked) * v.retarderForce * min(pace / 2, 1)
    driveAcceleration += h * (powered / v.mass - driveAcceleration) / v.driveLag
    brakeDeceleration += h * (braked - brakeDeceleration) / v.brakeLag
    retarderDeceleration += h * (retarded / v.mass - retarderDeceleration) / v.retarderLag
    moveSprings(demand)
  }

  /// What resists can stop the truck and hold it, but never push it.
  ///
  /// As in the reference plant's code, the speed uses the actuators' new state.
  private mutating func moveAlong() {
    let h = Self.stepSeconds
    let v = vehicle
    let u = speed
    let grip = friction * Self.gravity
    let springs =
      (tractorSpring * v.tractorParkingForce + trailerSpring * v.trailerParkingForce) / v.mass
    let drag = u == 0 ? 0 : v.untoldDrag + v.airResistance * u * u
    let resistance =
      min(brakeDeceleration + retarderDeceleration + springs, grip)
      + v.rollingResistance * Self.gravity + drag
    let push = min(driveAcceleration, grip) - Self.gravity * grade
    if u == 0 {
      let excess = push.magnitude - resistance
      speed = excess > 0 ? h * (push > 0 ? excess : -excess) : 0
    } else {
      let next = u + h * (push - (u > 0 ? resistance : -resistance))
      speed = (next > 0) == (u > 0) ? next : 0
    }
    acceleration = (speed - u) / h
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
    let c = cosine(heading)
    let s = sine(heading)
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
