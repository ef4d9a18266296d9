import ReproducibleMath

/// The motion of both bodies under the forces of their tyres, gravity and wind.
///
/// Implicit in what the tyres resist: with falling speed their rates grow until the wheels roll
/// without slip, which is the kinematic truck; at rest Coulomb friction holds it, exactly.
extension TruckDynamics {
  /// Below this a truck whose brakes hold it stands, m/s.
  private static var standstill: Double { 0.002 }

  /// Velocities that the axles and bodies pick out of (along, across, yaw rate, trailer yaw rate).
  private struct Directions {
    let along: InlineArray<3, Velocities>
    let across: InlineArray<3, Velocities>
    /// Of the articulation angle.
    let bend, straight: Double

    init(_ c: ChassisModel, steering: Double, articulation: Double) {
      let (cs, ss) = cosineAndSine(steering)
      let (ca, sa) = cosineAndSine(articulation)
      along = [
        Velocities(cs, ss, c.wheelbase * ss, 0), Velocities(1, 0, 0, 0),
        Velocities(ca, -sa, -c.fifthWheel * sa, 0),
      ]
      across = [
        Velocities(-ss, cs, c.wheelbase * cs, 0), Velocities(0, 1, 0, 0),
        Velocities(sa, ca, c.fifthWheel * ca, -c.trailerLength),
      ]
      bend = sa
      straight = ca
    }

    /// Along one side's wheels of an axle.
    func wheel(_ index: Int, _ halfTrack: Double) -> Velocities {
      let axle = index / 2
      var direction = along[axle]
      let left = index & 1 == 0 ? halfTrack : -halfTrack
      if axle == 2 { direction.trailerYaw -= left } else { direction.yaw -= left }
      return direction
    }
  }

  private var velocity: Velocities {
    Velocities(speed, lateralSpeed, yawRate, trailerYawRate)
  }

  mutating func moveOnTyres() {
    let h = Self.stepSeconds
    if isStanding {
      if brakesHold {
        rest()
        return
      }
      isStanding = false
    }
    let directions = Directions(
      chassis, steering: roadWheelAngle + steeringBias,
      articulation: heading - trailerHeading)
    var system = MotionSystem(
      chassis, sine: directions.bend, cosine: directions.straight, velocity: velocity, step: h)
    addBodies(directions, to: &system)
    addWheels(directions, to: &system)
    addStop(to: &system)
    let next = system.solved()
    turnWheels(directions, next)
    settle(next, directions)
    let middle = heading + h / 2 * next.yaw
    let (c, s) = cosineAndSine(middle)
    east += h * (next.along * c - next.across * s)
    north += h * (next.along * s + next.across * c)
    heading += h * next.yaw
    trailerHeading += h * next.trailerYaw
    (speed, lateralSpeed) = (next.along, next.across)
    (yawRate, trailerYawRate) = (next.yaw, next.trailerYaw)
    if !chassis.hasTrailer { (trailerHeading, trailerYawRate) = (heading, yawRate) }
    comeToRest()
  }

  // Gravity, wind, air and what comes from turning axes.
  private func addBodies(_ d: Directions, to system: inout MotionSystem) {
    let c = chassis
    let (u, v, r, q) = (speed, lateralSpeed, yawRate, trailerYawRate)
    let downhill = -Self.gravity * grade
    let aside = Self.gravity * bank
    let front = c.tractorCentre
    system.push(Velocities(1, 0, 0, 0), c.tractorMass * (downhill + v * r + front * r * r))
    system.push(Velocities(0, 1, front, 0), c.tractorMass * (aside - u * r))
    let drag = vehicle.mass * (vehicle.untoldDrag + vehicle.airResistance * u * u)
    system.push(Velocities(1, 0, 0, 0), u > 0 ? -drag : u < 0 ? drag : 0)
    let wind = sideWindForces
    system.push(Velocities(0, 1, c.wheelbase / 2, 0), wind.tractor)
    guard c.hasTrailer else { return }
    let rear = c.trailerCentre
    let swing = rear * q * q
    let x =
      downhill * d.straight + aside * d.bend + v * r + c.fifthWheel * r * r - swing * d.straight
    let y = -downhill * d.bend + aside * d.straight - u * r + swing * d.bend
    system.push(Velocities(1, 0, 0, -rear * d.bend), c.trailerMass * x)
    system.push(Velocities(0, 1, c.fifthWheel, -rear * d.straight), c.trailerMass * y)
    system.push(
      Velocities(d.bend, d.straight, c.fifthWheel * d.straight, -c.trailerSideCentre), wind.trailer)
  }

  /// Force coefficient 1.1 of a box broadside, half the density of air 0.6125 kg/m3.
  private var sideWindForces: (tractor: Double, trailer: Double) {
    let pressure = 0.6125 * 1.1 * sideWind * sideWind.magnitude
    return (pressure * chassis.tractorSideArea, pressure * chassis.trailerSideArea)
  }

  private mutating func addWheels(_ d: Directions, to system: inout MotionSystem) {
    let half = chassis.track / 2
    for index in 0..<(chassis.hasTrailer ? 6 : 4) {
      let axle = index / 2
      let direction = d.wheel(index, half)
      let load = loads.wheel(axle, isLeft: index & 1 == 0)
      let tyre = chassis.tyres[axle]
      let contact = wheels[index].engage(
        tyre, load: load, grip: tyre.grip(load: load, friction: wheelFriction[index]),
        velocity: (
          along: direction.dot(velocity), across: d.across[axle].dot(velocity)
        ),
        torque: torque(index, load: load), mass: chassis.wheelMasses[axle],
        step: Self.stepSeconds)
      system.push(direction, contact.push)
      system.resist(direction, contact.resistAlong)
      system.resist(d.across[axle], contact.resistAcross)
    }
  }

  /// At the tread of one side's wheels.
  private func torque(_ index: Int, load: Double) -> Wheel.Torque {
    let axle = index / 2
    var torque = Wheel.Torque()
    torque.brake =
      vehicle.rollingResistance * load
      + brakes.share(axle)
      * (wheels[index].antiLock.force(serviceForce(axle) / 2) + springForce(axle) / 2)
    guard axle == 1 else { return torque }
    torque.drive = driveAcceleration * vehicle.mass / 2
    let rim = max(wheels[index].rim.magnitude, 2)
    torque.drag = retarderDeceleration * vehicle.mass / 2 / rim
    return torque
  }

  /// The electronic brake system meets the demand for the mass that it knows, turning wheels
  /// included, and shares it among the axles as they stand loaded.
  private func serviceForce(_ axle: Int) -> Double {
    let share = chassis.staticLoads[axle] / (chassis.mass * Self.gravity)
    let supply = axle == 2 ? min(trailerAirShare / max(airShare, 1e-3), 1) : 1
    return brakeDeceleration * (chassis.mass + chassis.rotatingMass) * share * supply
  }

  private func springForce(_ axle: Int) -> Double {
    switch axle {
    case 1: tractorSpring * vehicle.tractorParkingForce
    case 2: trailerSpring * vehicle.trailerParkingForce
    default: 0
    }
  }

  /// At a right angle the cab meets the trailer: an inelastic stop.
  private func addStop(to system: inout MotionSystem) {
    let angle = heading - trailerHeading
    guard chassis.hasTrailer, angle.magnitude > Self.largestArticulation else { return }
    let closing = angle > 0 ? yawRate - trailerYawRate : trailerYawRate - yawRate
    if closing > 0 { system.resist(Velocities(0, 0, 1, -1), 1e9) }
  }

  private mutating func turnWheels(_ d: Directions, _ next: Velocities) {
    let half = chassis.track / 2
    let h = Self.stepSeconds
    var acts = (tractor: false, trailer: false)
    for index in 0..<(chassis.hasTrailer ? 6 : 4) {
      let axle = index / 2
      wheels[index].turn(along: d.wheel(index, half).dot(next), step: h)
      let supply = serviceForce(axle) / 2
      let acted = wheels[index].modulate(
        isWorking: brakes.works(axle), service: supply, step: h)
      if acted, axle == 2 { acts.trailer = true }
      if acted, axle < 2 { acts.tractor = true }
      let applied = wheels[index].antiLock.force(supply) + springForce(axle) / 2
      brakes.heat(
        axle, power: brakes.share(axle) * applied * wheels[index].rim.magnitude, chassis, step: h)
    }
    brakes.noteActing(tractor: acts.tractor, trailer: acts.trailer)
  }

  private mutating func settle(_ next: Velocities, _ d: Directions) {
    let c = chassis
    var rate = Velocities(0, 0, 0, 0)
    rate.add(1 / Self.stepSeconds, next)
    rate.add(-1 / Self.stepSeconds, velocity)
    let (u, v, r, q) = (speed, lateralSpeed, yawRate, trailerYawRate)
    acceleration = rate.along
    lateralAcceleration = rate.across + u * r
    let swing = c.trailerCentre * q * q
    let back = c.trailerCentre * rate.trailerYaw
    let x = rate.along - v * r - c.fifthWheel * r * r - back * d.bend + swing * d.straight
    let y = rate.across + u * r + c.fifthWheel * rate.yaw - back * d.straight - swing * d.bend
    let wind = sideWindForces
    var feeling = AxleLoads.Feeling()
    feeling.along = rate.along - v * r + Self.gravity * grade
    feeling.tractorAcross =
      lateralAcceleration + c.tractorCentre * rate.yaw - Self.gravity * bank
    feeling.trailerAcross = x * d.bend + y * d.straight - Self.gravity * bank
    feeling.trailerForce = wheels[4].force + wheels[5].force
    feeling.tractorWind = wind.tractor * c.sideHeight
    feeling.trailerWind = wind.trailer * c.sideHeight
    loads.settle(feeling, c, Self.stepSeconds)
  }

  /// Whether brakes and friction can take what pushes the truck at rest.
  private var brakesHold: Bool {
    var hold = 0.0
    var grip = 0.0
    var drive = 0.0
    for index in 0..<(chassis.hasTrailer ? 6 : 4) {
      let axle = index / 2
      let load = loads.wheel(axle, isLeft: index & 1 == 0)
      let most = chassis.tyres[axle].grip(load: load, friction: wheelFriction[index])
      let torque = torque(index, load: load)
      hold += min(torque.brake, most)
      grip += most
      drive += torque.drive
    }
    let weight = chassis.mass * Self.gravity
    let along = drive - weight * grade
    let wind = sideWindForces
    let across = weight * bank + wind.tractor + wind.trailer
    return along.magnitude <= hold && along * along + across * across <= grip * grip
  }

  private mutating func comeToRest() {
    guard speed.magnitude < Self.standstill, lateralSpeed.magnitude < 0.02,
      (yawRate * chassis.wheelbase).magnitude < 0.02,
      (trailerYawRate * chassis.trailerLength).magnitude < 0.02, brakesHold
    else { return }
    isStanding = true
    rest()
  }

  private mutating func rest() {
    (speed, lateralSpeed, yawRate, trailerYawRate) = (0, 0, 0, 0)
    acceleration = 0
    lateralAcceleration = 0
    for index in 0..<6 { wheels[index].stand() }
    let wind = sideWindForces
    var feeling = AxleLoads.Feeling()
    feeling.along = Self.gravity * grade
    feeling.tractorAcross = -Self.gravity * bank
    feeling.trailerAcross = -Self.gravity * bank
    feeling.trailerForce = chassis.trailerMass * Self.gravity * grade
    feeling.tractorWind = wind.tractor * chassis.sideHeight
    feeling.trailerWind = wind.trailer * chassis.sideHeight
    loads.settle(feeling, chassis, Self.stepSeconds)
  }
}
