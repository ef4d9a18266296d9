import Foundation
import Plant
import Signals
import Testing
import Units

/// The truck on its tyres, against closed forms.
@Suite struct TyreMotion {
  private var parameters: VehicleParameters {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(36_000)
    parameters.dragArea = 0
    parameters.brakeDeceleration = MetresPerSecondSquared(20)
    return parameters
  }

  private func truck(
    speed: Double, friction: Double = 0.8, _ parameters: VehicleParameters? = nil
  ) -> TruckDynamics {
    var settings = TruckSettings()
    settings.friction = friction
    return TruckDynamics(
      parameters: parameters ?? self.parameters, settings: settings,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
  }

  /// Mean deceleration from one speed to another, by the distance between them.
  private func deceleration(
    _ truck: inout TruckDynamics, _ demand: ActuatorDemand, from high: Double, to low: Double
  ) -> Double {
    for _ in 0..<60_000 where truck.speed > high { truck.step(demand) }
    let (start, first) = (truck.east, truck.speed)
    for _ in 0..<60_000 where truck.speed > low { truck.step(demand) }
    return (first * first - truck.speed * truck.speed) / (2 * (truck.east - start))
  }

  /// Locked wheels slide: 75 % of the friction coefficient times g, whatever is demanded.
  @Test(arguments: [Surface.dry, .wet, .snow, .ice])
  func lockedStop(surface: Surface) {
    var truck = truck(speed: 22, friction: surface.left)
    truck.setAntiLock(tractor: false, trailer: false)
    var demand = ActuatorDemand()
    demand.brakeDeceleration = 20
    let found = deceleration(&truck, demand, from: 12, to: 4)
    // What the tyres lose by load where load moves forward: 5 % of the moved share.
    #expect((found / (0.75 * surface.left * 9.81) - 1).magnitude < 0.02)
    #expect(truck.frontRim == 0 && truck.driveRim == 0 && truck.trailerRim == 0)
  }

  /// Whatever is steered and braked, what accelerates the whole combination is friction alone: at most
  /// mu g, and 5 % more where wheels carry less than their static load.
  @Test(arguments: [0.0, 3.0])
  func frictionBoundsTheBend(brake: Double) {
    var truck = truck(speed: 12, friction: 0.1)
    var demand = ActuatorDemand()
    demand.roadWheelAngle = 0.3
    demand.brakeDeceleration = brake
    // Centres of gravity: 8 t at 0.65 of the wheelbase, 28 t at 0.66 of the trailer's length.
    func centre(_ truck: TruckDynamics) -> (east: Double, north: Double) {
      let tractor = truck.point(ahead: 0.65 * 3.6, left: 0)
      let pin = truck.point(ahead: 0.6, left: 0)
      let axle = truck.trailerAxle
      return (
        (8 * tractor.east + 28 * (0.34 * pin.east + 0.66 * axle.east)) / 36,
        (8 * tractor.north + 28 * (0.34 * pin.north + 0.66 * axle.north)) / 36
      )
    }
    var places: [(east: Double, north: Double)] = []
    var most = 0.0
    for step in 0..<5_000 {
      truck.step(demand)
      guard step % 20 == 0, truck.speed > 1 else { continue }
      places.append(centre(truck))
      guard places.count > 2 else { continue }
      let (a, b, c) = (places[places.count - 3], places[places.count - 2], places[places.count - 1])
      let east = (a.east - 2 * b.east + c.east) / 0.0004
      let north = (a.north - 2 * b.north + c.north) / 0.0004
      most = max(most, (east * east + north * north).squareRoot())
    }
    #expect(most < 0.1 * 9.81 * 1.05)
    #expect(most > 0.1 * 9.81 * (brake > 0 ? 0.85 : 0.3))
  }

  /// Yaw rate in a steady bend is u tan(delta) / (L + K u^2), K the profile's understeer gradient.
  @Test(arguments: [3.0, 6.0, 10.0, 14.0, 20.0])
  func steadyCurvatureGain(speed: Double) {
    var parameters = parameters
    parameters.rollingResistance = 0
    var truck = truck(speed: speed, parameters)
    var demand = ActuatorDemand()
    let angle = 1.0 / (speed * speed) * (3.6 + 0.004 * speed * speed)
    demand.roadWheelAngle = angle
    for _ in 0..<6_000 { truck.step(demand) }
    let u = truck.speed
    let expected = u * tan(angle) / (3.6 + 0.004 * u * u)
    // The side force bends the brush tyre's line by 5 % at a tenth of the friction.
    #expect((truck.yawRate / expected - 1).magnitude < 0.03)
  }

  /// Springs stop at their force over the mass, turning wheels included, and rolling resistance.
  @Test func springBrakeStop() {
    var truck = truck(speed: 15)
    var demand = ActuatorDemand()
    demand.tractorParkingBrake = true
    demand.trailerParkingBrake = true
    let found = deceleration(&truck, demand, from: 12, to: 4)
    let expected = (140_000 + 0.006 * 9.81 * 36_000) / 36_720
    #expect((found / expected - 1).magnitude < 0.01)
  }

  /// On ice the braked axles hold what friction lets them: the front axle has no springs.
  @Test func holdsByFriction() {
    func holds(_ slope: Double) -> (Bool, loads: (front: Double, rest: Double)) {
      var truck = truck(speed: 0, friction: 0.1)
      truck.grade = slope
      var demand = ActuatorDemand()
      demand.tractorParkingBrake = true
      demand.trailerParkingBrake = true
      for _ in 0..<3_000 { truck.step(demand) }
      let loads = truck.axleLoads
      return (truck.east == 0, (loads[0], loads[1] + loads[2]))
    }
    var (low, high) = (0.02, 0.2)
    for _ in 0..<20 {
      let middle = (low + high) / 2
      if holds(middle).0 { low = middle } else { high = middle }
    }
    let loads = holds(low).loads
    let expected = (0.1 * loads.rest + 0.006 * loads.front) / (36_000 * 9.81)
    #expect((low / expected - 1).magnitude < 0.02)
  }

  /// Braking with ice under one side turns the truck to the other, and mirrored the other way.
  @Test func splitFriction() throws {
    func heading(_ surface: String) throws -> Double {
      var truck = Truck(
        parameters: parameters, settings: .ideal, seed: 1,
        start: TruckStart(east: 0, north: 0, heading: 0, speed: 12))
      truck.apply(try FaultCommand("road surface \(surface)"))
      var sender = CommandSender()
      for tick in 0..<200 {
        truck.receive(sender.brake(3))
        if tick % 2 == 0 { truck.receive(sender.steer(0)) }
        truck.step(milliseconds: 10)
      }
      return truck.record.heading
    }
    let left = try heading("split-left")
    #expect(left < -0.01)
    #expect((left + (try heading("split-right"))).magnitude < 1e-9)
    #expect(try heading("ice").magnitude < 1e-9)
  }

  /// Rims and ground agree at a crawl and the truck turns as geometry says: no slip at low speed.
  @Test(arguments: [0.02, 0.1, 0.5])
  func kinematicAtACrawl(speed: Double) {
    var parameters = parameters
    parameters.rollingResistance = 0
    var truck = truck(speed: speed, parameters)
    var demand = ActuatorDemand()
    demand.roadWheelAngle = 0.3
    for _ in 0..<4_000 { truck.step(demand) }
    #expect(truck.speed > 0.5 * speed)
    let expected = truck.speed * 0.30934 / 3.6
    #expect((truck.yawRate / expected - 1).magnitude < 0.01)
    #expect((truck.driveRim / truck.speed - 1).magnitude < 0.01)
    #expect(truck.lateralSpeed.magnitude < 0.01 * truck.speed)
  }

  /// Hot linings brake less: a third is lost at 500 degrees, and a little more as the stop heats them.
  @Test func fade() throws {
    func found(_ degrees: Double) -> Double {
      var truck = truck(speed: 15)
      var demand = ActuatorDemand()
      demand.brakeDeceleration = 2
      truck.setBrakeHeat(degrees)
      return deceleration(&truck, demand, from: 12, to: 6)
    }
    let rolling = 0.006 * 9.81 * 36_000 / 36_720
    let ratio = (found(500) - rolling) / (found(20) - rolling)
    // 36 t from 15 to 12 m/s, and on the mean half of what is left to 6, by the axles' shares of the
    // brake force (19, 30 and 51 %), 60 kJ/K each; rolling resistance takes 4 % of it.
    let lost: Double = 225 - 144 + (144 - 36) / 2
    let shares: Double = 0.189 * 0.189 + 0.298 * 0.298 + 0.513 * 0.513
    let rise = 0.96 * 36_720 / 2 * lost / 60_000 * shares
    let expected = 1 - (500 + rise - 300) / 600
    #expect((ratio - expected).magnitude < 0.01)
  }

  /// What the brakes take of the motion heats them: the trailer's, with 51 % of the force, the most.
  @Test func brakesHeat() {
    var truck = truck(speed: 20)
    var demand = ActuatorDemand()
    demand.brakeDeceleration = 3
    for _ in 0..<20_000 where truck.speed > 0 { truck.step(demand) }
    let braked: Double = 1 - 0.006 * 9.81 / 3
    let energy = 36_720.0 / 2 * 400 * braked
    let expected = 15 + 0.513 * energy / 60_000
    #expect((truck.motionRecord.brakeTemperature / expected - 1).magnitude < 0.03)
  }

  /// A trailer whose own tank holds half of what braking needs gives half of its share, 51 %.
  @Test func emptyTrailerTank() {
    func found(_ share: Double) -> Double {
      var truck = truck(speed: 15)
      truck.trailerAirShare = share
      var demand = ActuatorDemand()
      demand.brakeDeceleration = 2
      return deceleration(&truck, demand, from: 12, to: 6)
    }
    let rolling = 0.006 * 9.81 * 36_000 / 36_720
    let ratio = (found(0.5) - rolling) / (found(1) - rolling)
    #expect((ratio - (1 - 0.5 * 0.513)).magnitude < 0.01)
  }
}
