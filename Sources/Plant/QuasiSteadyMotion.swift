import ReproducibleMath

/// The reference plant, equation by equation: the tyres' slip follows lateral acceleration, friction
/// bounds only what acts along the road. A yardstick in its range, to some 3 m/s2.
///
/// Explicit Euler; every right-hand side uses the state at the start of the step, but the speed the
/// actuators' new state, as in the reference plant's code.
extension TruckDynamics {
  mutating func moveQuasiSteadily() {
    let h = Self.stepSeconds
    let v = vehicle
    // Tractor.
    let u = speed
    let lag = v.yawLagAtRest + v.yawLagPerSpeed * u.magnitude
    let targetYawRate =
      u * tangent(angleBefore + steeringBias) / (v.wheelbase + v.understeer * u * u)
    let slipSpeed = -u * tangent(v.rearSlip * u * yawRate)
    let (c, s) = cosineAndSine(heading)
    let eastRate = u * c - slipSpeed * s
    let northRate = u * s + slipSpeed * c
    // Trailer.
    let articulation = heading - trailerHeading
    let (ca, sa) = cosineAndSine(articulation)
    let hitch = slipSpeed + v.fifthWheel * yawRate
    let trailerSpeed = u * ca - hitch * sa
    let hitchAcross = u * sa + hitch * ca
    let targetTrailerRate =
      (hitchAcross + v.trailerSlip * trailerSpeed * trailerSpeed * trailerYawRate) / v.trailerLength

    lateralAcceleration = u * yawRate
    lateralSpeed = slipSpeed
    east += h * eastRate
    north += h * northRate
    heading += h * yawRate
    trailerHeading += h * trailerYawRate
    yawRate += h * (targetYawRate - yawRate) / lag
    trailerYawRate += h * (targetTrailerRate - trailerYawRate) / lag
    moveAlong()
    for index in 0..<6 { wheels[index].rim = speed }
  }

  /// What resists can stop the truck and hold it, but never push it.
  private mutating func moveAlong() {
    let h = Self.stepSeconds
    let v = vehicle
    let u = speed
    let grip = friction * Self.gravity
    let springs =
      (tractorSpring * v.tractorParkingForce + trailerSpring * v.trailerParkingForce) / v.mass
    let drag = u == 0 ? 0 : v.untoldDrag + v.airResistance * u * u
    let retarded = retarderDeceleration * min(u.magnitude / 2, 1)
    let resistance =
      min(brakeDeceleration + retarded + springs, grip)
      + v.rollingResistance * Self.gravity + drag
    let push = min(driveAcceleration, grip) - Self.gravity * grade
    if u == 0 {
      let excess = push.magnitude - resistance
      speed = excess > 0 ? h * (push > 0 ? excess : -excess) : 0
    } else {
      let next = u + h * (push - (u > 0 ? resistance : -resistance))
      speed = (next > 0) == (u > 0) ? next : 0
    }
    isStanding = speed == 0
    acceleration = (speed - u) / h
  }
}
