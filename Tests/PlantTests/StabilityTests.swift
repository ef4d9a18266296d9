import Plant
import Signals
import Testing
import Units

/// Roll-over, jack-knife, trailer slide and roll-back: they can happen, for the reasons that make
/// them happen to trucks, and are noted.
@Suite struct Stability {
  private func rolling(_ speed: Double, friction: Double = 1.2) -> TruckDynamics {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(36_000)
    var settings = TruckSettings()
    settings.friction = friction
    return TruckDynamics(
      parameters: parameters, settings: settings,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
  }

  /// A rigid unit tips where the slope across is t / 2h: 2 m / 4 m for the trailer.
  @Test(arguments: [(0.1, -0.2), (0.49, -0.98), (-0.3, 0.6)])
  func tiltTable(slope: Double, expected: Double) {
    var truck = rolling(0)
    truck.bank = slope
    var demand = ActuatorDemand()
    demand.tractorParkingBrake = true
    demand.trailerParkingBrake = true
    for _ in 0..<2_000 { truck.step(demand) }
    #expect((truck.trailerLoadTransfer - expected).magnitude < 0.002)
    #expect(truck.east == 0 && truck.north == 0)
  }

  @Test(arguments: [(0.48, Int64(0)), (0.52, 1)])
  func rollOverIsNoted(slope: Double, count: Int64) throws {
    var settings = TruckSettings.ideal
    settings.friction = 1.2
    var truck = Truck(
      parameters: VehicleParameters(), settings: settings, seed: 1, start: TruckStart())
    truck.apply(try FaultCommand("road bank \(slope)"))
    truck.step(milliseconds: 3_000)
    #expect(truck.count(.rollOverOnset) == count)
    // A road that falls to the left loads the left wheels.
    #expect((truck.record.motion.trailerTransfer + 2 * slope).magnitude < 0.01)
  }

  /// Where the bank is steeper than the friction, the parked truck slides to the low side with g times
  /// what the locked tyres, 75 % of the peak, do not hold.
  @Test(arguments: [0.1, -0.1])
  func slidesDownTheBank(slope: Double) {
    var truck = rolling(0, friction: 0.05)
    truck.bank = slope
    var demand = ActuatorDemand()
    demand.tractorParkingBrake = true
    demand.trailerParkingBrake = true
    for _ in 0..<1_000 { truck.step(demand) }
    let expected = 9.81 * (0.1 - 0.75 * 0.05) * (slope > 0 ? 1 : -1)
    #expect((truck.lateralSpeed / expected - 1).magnitude < 0.05, "\(truck.lateralSpeed)")
    #expect(truck.articulation.magnitude < 0.05)
  }

  /// In a bend the ratio is a 2h / g t with the trailer's own lateral acceleration.
  @Test func loadTransferInABend() {
    var truck = rolling(14)
    var demand = ActuatorDemand()
    demand.roadWheelAngle = 0.06
    for _ in 0..<5_000 { truck.step(demand) }
    let trailer = truck.trailerYawRate * truck.speed
    #expect(trailer > 2)
    #expect((truck.trailerLoadTransfer / (trailer * 4 / (9.81 * 2)) - 1).magnitude < 0.04)
  }

  /// Wind of 30 m/s from the right: half rho c A v^2 at 2 m tips to the left.
  @Test func sideWind() {
    var truck = rolling(0)
    truck.sideWind = 30
    for _ in 0..<2_000 { truck.step(ActuatorDemand()) }
    let force = 0.6125 * 1.1 * 900 * (8.1 + 3.5 + 1.4) * 2.8
    let expected = -force * 2 / (28_000 * 9.81)
    #expect((truck.trailerLoadTransfer - expected).magnitude < 0.01)
    #expect(truck.north == 0)
    var moving = rolling(20)
    moving.sideWind = 20
    for _ in 0..<3_000 { moving.step(ActuatorDemand()) }
    #expect(moving.north > 0.05)
  }

  /// The same wind by the line of a scenario, on a truck that stands on the road.
  @Test func windOnTheRoad() throws {
    var truck = Truck(
      parameters: ladenTruck, settings: .ideal, seed: 1, start: TruckStart())
    truck.apply(try FaultCommand("road wind 30"))
    truck.step(milliseconds: 2_000)
    let force = 0.6125 * 1.1 * 900 * (8.1 + 3.5 + 1.4) * 2.8
    #expect((truck.record.motion.trailerTransfer + force * 2 / (28_000 * 9.81)).magnitude < 0.01)
  }

  private var ladenTruck: VehicleParameters {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(36_000)
    return parameters
  }

  private func last(_ manoeuvre: Manoeuvre) -> (truck: TruckDynamics, articulation: [Double]) {
    var truck = manoeuvre.truck()
    var angles: [Double] = []
    manoeuvre.run {
      truck = $1
      angles.append($1.articulation)
    }
    return (truck, angles)
  }

  /// S-7: a retarder that locks the drive axle on ice folds the combination; cut in time it does not.
  @Test func jackKnife() {
    let folded = last(.jackKnife)
    #expect(folded.articulation.contains { $0.magnitude > 1.2 })
    // It grows by itself, to the side of the nudge.
    #expect(folded.articulation[300] > 2 * folded.articulation[200])
    #expect(folded.articulation[200] > 2 * folded.articulation[100])
    #expect(folded.truck.trailerRim > 5)
    let kept = last(.jackKnifePrevented)
    #expect(kept.articulation.allSatisfy { $0.magnitude < 0.02 })
  }

  /// Locked trailer wheels let the trailer swing; the tractor goes on as it is steered.
  @Test func trailerSwing() {
    let swung = last(.trailerSwing)
    #expect(swung.truck.trailerRim == 0 && swung.truck.driveRim > 5)
    #expect(swung.truck.articulation.magnitude > 0.03)
    #expect((swung.truck.heading - 0.0085).magnitude < 0.004)
  }

  @Test func jackKnifeAndRollBackAreNoted() throws {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(36_000)
    var truck = Truck(
      parameters: parameters, settings: .ideal, seed: 1,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: 15))
    truck.apply(try FaultCommand("road surface ice"))
    truck.apply(try FaultCommand("fault abs-tractor off"))
    var sender = CommandSender()
    for tick in 0..<500 {
      truck.receive(sender.torque(-100, to: 0x10))
      if tick % 2 == 0 {
        truck.receive(sender.steer(tick < 50 ? 0.002 : 0))
        truck.receive(sender.body())
      }
      truck.step(milliseconds: 10)
    }
    #expect(truck.count(.jackKnife) >= 1 && truck.count(.rollBack) == 0)

    var parked = Truck(
      parameters: parameters, settings: .ideal, seed: 1, start: TruckStart())
    parked.apply(try FaultCommand("road grade 0.08"))
    parked.step(milliseconds: 1_000)
    #expect(parked.count(.rollBack) == 0)
    for _ in 0..<100 {
      parked.receive(sender.body())
      parked.step(milliseconds: 20)
    }
    #expect(parked.count(.rollBack) == 1 && parked.record.speed < -0.1)
    #expect(parked.events.first?.kind == .rollBack)
  }

  /// S-2: 44 t on 8 % either way stays for half an hour while the air leaks to nothing.
  @Test(arguments: [0.08, -0.08])
  func holdsWithoutAir(slope: Double) throws {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(44_000)
    var truck = Truck(parameters: parameters, seed: 1, start: TruckStart())
    truck.apply(try FaultCommand("road grade \(slope)"))
    truck.apply(try FaultCommand("fault air-leak 1000"))
    // Unoptimised code would take minutes over it.
    let seconds = _isDebugAssertConfiguration() ? 60 : 1_800
    for _ in 0..<seconds { truck.step(milliseconds: 1_000) }
    #expect(truck.record.east == 0)
    if seconds == 1_800 { #expect(truck.record.airPressure == 0) }
  }

  /// A burst hose sets the trailer's springs alone; the tractor still has its air.
  @Test func trailerHose() throws {
    var truck = Truck(
      parameters: VehicleParameters(), settings: .ideal, seed: 1,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: 10))
    truck.apply(try FaultCommand("fault trailer-air-leak 300000"))
    truck.step(milliseconds: 2_500)
    let record = truck.record
    #expect(record.trailerParkingBrake && !record.tractorParkingBrake)
    #expect(record.airPressure > 800_000 && record.trailerAirPressure < 450_000)
    truck.step(milliseconds: 6_000)
    #expect(truck.record.speed == 0)
  }
}
