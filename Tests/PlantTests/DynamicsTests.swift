import Foundation
import Plant
import Signals
import Testing
import Units

/// Closed forms that the dynamics must meet.
@Suite struct Dynamics {
  /// Dead time T, then v(t) = v - d (t - tau (1 - e^(-t / tau))) with build-up tau.
  @Test(arguments: [3.0, 10.0, 20.0], [1.0, 3.0, 5.0])
  func stoppingDistance(speed: Double, deceleration: Double) {
    var parameters = frictionless
    parameters.brakeDeceleration = MetresPerSecondSquared(5)
    var truck = rolling(parameters, speed)
    var demand = ActuatorDemand()
    demand.brakeDeceleration = deceleration
    var steps = 0
    while truck.speed > 0, steps < 60_000 {
      truck.step(demand)
      steps += 1
    }
    let build = parameters.brakeLag.seconds
    let slowing = { (t: Double) in deceleration * (t - build * (1 - exp(-t / build))) }
    var shortest = 0.0
    var longest = 60.0
    for _ in 0..<60 {
      let middle = (shortest + longest) / 2
      if slowing(middle) < speed { shortest = middle } else { longest = middle }
    }
    let t = shortest
    let lost =
      deceleration * (t * t / 2 - build * t + build * build * (1 - exp(-t / build)))
    // Braked wheels turn slower by their slip, and what that takes of their momentum, 720 kg of 20 t,
    // the truck keeps meanwhile. The brush tyre's slip for a force, inverted, is
    // 3 mu / C (1 - cube root of (1 - d / mu g)).
    var kept = 0.0
    for k in 0..<Int(t * 1_000) {
      let time = Double(k) / 1_000
      let braked = deceleration * (1 - exp(-time / build))
      let slip = 3 * 0.8 / 15 * (1 - cbrt(1 - braked / (0.8 * 9.81)))
      kept += 0.001 * 720 / 20_000 * slip * max(speed - slowing(time), 0)
    }
    let expected = speed * (parameters.brakeDelay.seconds + t) - lost + kept
    // Brake, speed and way are those at the end of each step: that is 1 + 1/2 ms early.
    #expect((truck.east - expected + 0.0015 * speed).magnitude < 0.0005 * speed)
    #expect(truck.speed == 0)
  }

  /// Brakes, springs or friction hold on a slope; without any the truck rolls back (S-6).
  @Test func holdsAndRollsBack() {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(44_000)
    var parked = TruckDynamics(
      parameters: parameters, settings: TruckSettings(), start: TruckStart())
    parked.grade = 0.08
    var demand = ActuatorDemand()
    demand.tractorParkingBrake = true
    demand.trailerParkingBrake = true
    for _ in 0..<60_000 { parked.step(demand) }
    #expect(parked.east == 0)

    demand.trailerParkingBrake = false
    for _ in 0..<60_000 { parked.step(demand) }
    #expect(parked.east == 0)

    demand.brakeDeceleration = 1.0
    for _ in 0..<2_000 { parked.step(demand) }
    demand.tractorParkingBrake = false
    for _ in 0..<60_000 { parked.step(demand) }
    #expect(parked.east == 0)

    demand.brakeDeceleration = 0
    for _ in 0..<5_000 { parked.step(demand) }
    #expect(parked.speed < -1)
    #expect(parked.east < -1)
  }

  @Test func rollingResistanceHoldsAlmostLevelGround() {
    var truck = rolling(VehicleParameters(), 0)
    truck.grade = -0.004
    for _ in 0..<10_000 { truck.step(ActuatorDemand()) }
    #expect(truck.east == 0)
    truck.grade = -0.02
    for _ in 0..<10_000 { truck.step(ActuatorDemand()) }
    #expect(truck.speed > 0.5)
  }

  /// Tractive force is bounded by power over speed.
  @Test func powerLimit() {
    var truck = rolling(VehicleParameters(), 0)
    var demand = ActuatorDemand()
    demand.driveTorque = 1
    for _ in 0..<120_000 { truck.step(demand) }
    let forceBalance = 20_000 * 9.81 * 0.006 + 0.6125 * 6 * truck.speed * truck.speed
    let expected = 300_000 / truck.speed / 20_000
    #expect((truck.driveAcceleration - expected).magnitude < 0.01)
    #expect(300_000 / truck.speed > forceBalance * 0.95)
  }

  /// Power is force times what the wheels turn, also when they spin on ice.
  @Test func powerLimitOfSpinningWheels() {
    var settings = TruckSettings()
    settings.friction = 0.1
    var truck = TruckDynamics(
      parameters: VehicleParameters(), settings: settings,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: 3))
    var demand = ActuatorDemand()
    demand.driveTorque = 1
    for _ in 0..<20_000 { truck.step(demand) }
    #expect(truck.driveRim > 2 * truck.speed)
    #expect((truck.driveAcceleration * 20_000 * truck.driveRim / 300_000 - 1).magnitude < 0.05)
  }

  @Test func neutralGivesNoForce() {
    var truck = rolling(VehicleParameters(), 0)
    var demand = ActuatorDemand()
    demand.driveTorque = 1
    demand.inDrive = false
    for _ in 0..<5_000 { truck.step(demand) }
    #expect(truck.east == 0)
  }

  /// The slope decelerates by g times its sine, turning wheels (720 kg at the tread) taken along.
  @Test func grade() {
    var truck = rolling(frictionless, 20)
    truck.grade = 0.05
    for _ in 0..<10_000 { truck.step(ActuatorDemand()) }
    let expected = 20 - 9.81 * 0.05 * 10 * 20_000 / 20_720
    // What turns them is slip, a ten-thousandth, that the rim is ahead.
    #expect((truck.speed - expected).magnitude < 2e-4)
  }

  /// In a steady circle without slip the trailer axle runs at the radius that geometry gives:
  /// hitch r2 = R2 + h2, trailer r2 = hitch r2 - L2.
  @Test(arguments: [10.0, 15.0, 25.0, 60.0])
  func offTracking(radius: Double) {
    var parameters = frictionless
    parameters.understeerGradient = 0
    parameters.rearAxleSlip = 0
    parameters.trailerAxleSlip = 0
    let wheelbase = parameters.wheelbase.value
    var truck = rolling(parameters, 2)
    var demand = ActuatorDemand()
    let angle =
      (wheelbase / radius / (1 + (wheelbase / radius) * (wheelbase / radius)).squareRoot())
    demand.roadWheelAngle = arcsineForTest(angle)
    var east = 0.0
    var north = 0.0
    var distances: [Double] = []
    for step in 0..<120_000 {
      truck.step(demand)
      guard step >= 80_000, step % 500 == 0 else { continue }
      let centre = truck.point(ahead: 0, left: radius)
      (east, north) = centre
      let axle = truck.trailerAxle
      let de = axle.east - east
      let dn = axle.north - north
      distances.append((de * de + dn * dn).squareRoot())
    }
    let length = parameters.kingPinToTrailerAxle.value
    let hitch = parameters.fifthWheelOffset.value
    let expected = (radius * radius + hitch * hitch - length * length).squareRoot()
    for distance in distances { #expect((distance - expected).magnitude < 0.01) }
  }

  /// A released wheel goes back to straight while the truck rolls, and stays while it stands.
  @Test func releasedWheel() {
    var truck = rolling(frictionless, 5)
    var demand = ActuatorDemand()
    demand.roadWheelAngle = 0.2
    for _ in 0..<3_000 { truck.step(demand) }
    #expect((truck.roadWheelAngle - 0.2).magnitude < 0.001)
    demand.roadWheelAngle = nil
    for _ in 0..<6_000 { truck.step(demand) }
    #expect(truck.roadWheelAngle.magnitude < 0.002)
  }

  private var frictionless: VehicleParameters {
    var parameters = VehicleParameters()
    parameters.rollingResistance = 0
    parameters.dragArea = 0
    return parameters
  }

  private func rolling(_ parameters: VehicleParameters, _ speed: Double) -> TruckDynamics {
    var settings = TruckSettings()
    settings.tractorParkingForce = speed == 0 ? 0 : settings.tractorParkingForce
    settings.trailerParkingForce = speed == 0 ? 0 : settings.trailerParkingForce
    return TruckDynamics(
      parameters: parameters, settings: settings,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
  }
}

/// Newton's method on sin x = s: the test brings its own mathematics.
private func arcsineForTest(_ s: Double) -> Double {
  var x = s
  for _ in 0..<30 {
    var term = x
    var sine = x
    var cosine = 1.0
    var evenTerm = 1.0
    for k in 1...10 {
      term *= -x * x / Double(2 * k * (2 * k + 1))
      evenTerm *= -x * x / Double((2 * k - 1) * 2 * k)
      sine += term
      cosine += evenTerm
    }
    x -= (sine - s) / cosine
  }
  return x
}
