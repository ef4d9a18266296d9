import Plant
import Signals
import Testing
import Units

/// Anti-lock control on the truck's tyres, measured as UN R13 annex 13 measures it, and against what
/// friction allows in closed form.
@Suite struct AntiLockControl {
  private static let gravity = 9.81

  /// Brakes that can lock every wheel on every road.
  private func rolling(
    speed: Double, friction: Double, hasTrailer: Bool = true
  ) -> TruckDynamics {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(hasTrailer ? 36_000 : 18_000)
    parameters.hasTrailer = hasTrailer
    parameters.dragArea = 0
    parameters.brakeDeceleration = MetresPerSecondSquared(20)
    var settings = TruckSettings()
    settings.friction = friction
    return TruckDynamics(
      parameters: parameters, settings: settings,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
  }

  private func demand(_ deceleration: Double, angle: Double = 0) -> ActuatorDemand {
    var demand = ActuatorDemand()
    demand.brakeDeceleration = deceleration
    demand.roadWheelAngle = angle
    return demand
  }

  /// Seconds from one speed to another, and whether a wheel locked meanwhile.
  private func time(
    _ truck: inout TruckDynamics, _ demand: ActuatorDemand, from high: Double, to low: Double
  ) -> (seconds: Double, isLocked: Bool) {
    for _ in 0..<60_000 where truck.speed > high { truck.step(demand) }
    var steps = 0
    var isLocked = false
    while truck.speed > low, steps < 60_000 {
      truck.step(demand)
      steps += 1
      let slowest = min(truck.frontRim, truck.driveRim)
      if slowest < 0.2 * truck.speed { isLocked = true }
    }
    return (Double(steps) / 1_000, isLocked)
  }

  /// Appendix 2, 1.1: the largest braking rate with one axle braked and no anti-lock control, from
  /// the time between 40 and 20 km/h, and from it the axle's coefficient of adhesion.
  private func adhesion(axle: Int, friction: Double) -> Double {
    var best = 0.0
    var (low, high) = (0.1 * friction, 2 * friction)
    for _ in 0..<12 {
      let middle = (low + high) / 2
      var truck = rolling(speed: 50 / 3.6, friction: friction, hasTrailer: false)
      truck.setAntiLock(tractor: false, trailer: false)
      truck.setBrake(axle: 1 - axle, 0)
      let run = time(&truck, demand(middle * Self.gravity), from: 40 / 3.6, to: 20 / 3.6)
      if run.isLocked {
        high = middle
      } else {
        low = middle
        best = max(best, 0.566 / run.seconds)
      }
    }
    // The weight is 1; the other axle rolls with 0.6 %, where the regulation assumes 1 to 1.5 %.
    let shift = (axle == 0 ? 1.0 : -1.0) * best / 3.6
    return (best - 0.006 * (0.5 - shift)) / (0.5 + shift)
  }

  /// The tyre's peak is the friction coefficient, less 5 % for each static load more.
  @Test(arguments: [Surface.dry, .wet, .snow], [0, 1])
  func peakAdhesion(surface: Surface, axle: Int) {
    let found = adhesion(axle: axle, friction: surface.left)
    let shift = (axle == 0 ? 1.0 : -1.0) * found / 3.6
    let expected = surface.left * (1 - 0.05 * shift)
    #expect((found / expected - 1).magnitude < 0.04, "\(found) of \(expected)")
  }

  /// Annex 13, 5.2 and appendix 2: epsilon = z / k is 0.75 at least, on good and on bad roads.
  @Test(arguments: [Surface.dry, .wet, .snow, .ice])
  func adhesionUtilisation(surface: Surface) {
    let front = adhesion(axle: 0, friction: surface.left)
    let rear = adhesion(axle: 1, friction: surface.left)
    var truck = rolling(speed: 55 / 3.6, friction: surface.left, hasTrailer: false)
    let run = time(&truck, demand(20), from: 45 / 3.6, to: 15 / 3.6)
    let rate = 0.849 / run.seconds
    let shift = rate / 3.6
    let mean = front * (0.5 + shift) + rear * (0.5 - shift)
    #expect(rate / mean >= 0.75 && rate / mean < 1.02, "epsilon \(rate / mean)")
    #expect(!run.isLocked)
  }

  /// The combination too, with each of its axles: from 60 km/h, three quarters of what mu g allows,
  /// and on a wet road a stop that is clearly shorter than with locked wheels.
  @Test(arguments: [(Surface.dry, 0.97), (.wet, 0.92), (.snow, 0.87), (.ice, 0.85)])
  func stopsShorterThanLocked(surface: Surface, most: Double) {
    func stop(_ isWorking: Bool) -> Double {
      var truck = rolling(speed: 60 / 3.6, friction: surface.left)
      truck.setAntiLock(tractor: isWorking, trailer: isWorking)
      for _ in 0..<60_000 where truck.speed > 0 { truck.step(demand(20)) }
      return truck.east
    }
    let controlled = stop(true)
    let locked = stop(false)
    #expect(controlled < most * locked, "\(controlled) of \(locked) m")
    var truck = rolling(speed: 60 / 3.6, friction: surface.left)
    let run = time(&truck, demand(20), from: 45 / 3.6, to: 15 / 3.6)
    let rate = 0.849 / run.seconds
    #expect(rate > 0.75 * surface.left && rate < 1.02 * surface.left, "\(rate)")
  }

  /// The wheels cycle around the slip of the peak, which the brush tyre has at 3 mu over its slip
  /// stiffness, some times in each second, as valves of the class can.
  @Test(arguments: [Surface.wet, .snow])
  func cyclesAroundThePeak(surface: Surface) {
    var truck = rolling(speed: 70 / 3.6, friction: surface.left)
    let peak = 3 * surface.left / 15
    for _ in 0..<60_000 where truck.speed > 60 / 3.6 { truck.step(demand(20)) }
    var crossings = [0, 0, 0]
    var isPast = [false, false, false]
    var most = 0.0
    var steps = 0
    while truck.speed > 15 / 3.6, steps < 60_000 {
      truck.step(demand(20))
      steps += 1
      let rims = [truck.frontRim, truck.driveRim, truck.trailerRim]
      for axle in 0..<3 {
        let slip = 1 - rims[axle] / truck.speed
        most = max(most, slip)
        if slip > peak, !isPast[axle] { crossings[axle] += 1 }
        isPast[axle] = isPast[axle] ? slip > 0.5 * peak : slip > peak
      }
    }
    let seconds = Double(steps) / 1_000
    for count in crossings {
      #expect(
        Double(count) / seconds > 1 && Double(count) / seconds < 6, "\(count) in \(seconds) s")
    }
    #expect(most < 0.5)
  }

  /// A braked truck follows its wheel in a bend, and its trailer follows it (S-7); with locked wheels
  /// it goes straight on.
  @Test(arguments: [Surface.wet, .snow])
  func steersWhileItBrakes(surface: Surface) {
    func bend(_ isWorking: Bool) -> (turned: Double, articulation: Double) {
      var truck = rolling(speed: 50 / 3.6, friction: surface.left)
      truck.setAntiLock(tractor: isWorking, trailer: isWorking)
      // A quarter of the friction across, braked in full.
      let curvature = 0.25 * surface.left * Self.gravity / (truck.speed * truck.speed)
      let angle = 3.6 * curvature
      for _ in 0..<2_000 { truck.step(demand(0, angle: angle)) }
      let (heading, east, north) = (truck.heading, truck.east, truck.north)
      var most = 0.0
      var path = 0.0
      for _ in 0..<60_000 where truck.speed > 5 {
        truck.step(demand(20, angle: angle))
        path += truck.speed * 0.001
        most = max(most, (truck.articulation - 8.1 * curvature).magnitude)
      }
      #expect(truck.east != east || truck.north != north)
      return ((truck.heading - heading) / (curvature * path), most)
    }
    let controlled = bend(true)
    #expect(controlled.turned > 0.6 && controlled.turned < 1.4, "\(controlled.turned)")
    #expect(controlled.articulation < 10 * 0.01745)
    #expect(bend(false).turned < 0.5 * controlled.turned)
  }

  /// Each unit has its own control: where it failed, its wheels lock, and only those.
  @Test(arguments: [(true, false), (false, true), (true, true), (false, false)])
  func failsByUnit(tractor: Bool, trailer: Bool) {
    var truck = rolling(speed: 14, friction: Surface.wet.left)
    truck.setAntiLock(tractor: tractor, trailer: trailer)
    for _ in 0..<60_000 where truck.speed > 7 { truck.step(demand(20)) }
    #expect((truck.frontRim > 0.5 * truck.speed) == tractor)
    #expect((truck.driveRim > 0.5 * truck.speed) == tractor)
    #expect((truck.trailerRim > 0.5 * truck.speed) == trailer)
    #expect(truck.isAntiLockActing == (tractor || trailer))
  }

  /// It finds the better road again, and the worse one in time.
  @Test func followsTheRoad() {
    var truck = rolling(speed: 20, friction: Surface.ice.left)
    for _ in 0..<2_000 { truck.step(demand(20)) }
    truck.friction = Surface.dry.left
    for _ in 0..<1_500 { truck.step(demand(20)) }
    #expect(truck.acceleration < -0.7 * Surface.dry.left * Self.gravity, "\(truck.acceleration)")
    truck.friction = Surface.ice.left
    var locked = 0
    for _ in 0..<1_500 {
      truck.step(demand(20))
      if truck.driveRim < 0.5 * truck.speed { locked += 1 }
    }
    // The chamber exhausts from 0.8 to 0.075 of the load in 0.2 s, and then sliding friction turns
    // 120 kg up to half of 12 m/s in as much, slower for what the chamber still holds.
    #expect(truck.speed > 4)
    #expect(locked < 700)
  }

  /// Below 7 km/h it lets the wheels lock; a brake that the road can take never wakes it.
  @Test func endsAtACrawlAndStaysOut() {
    var slow = rolling(speed: 4, friction: Surface.ice.left)
    for _ in 0..<20_000 where slow.speed > 1 { slow.step(demand(20)) }
    #expect(slow.driveRim == 0 && slow.trailerRim == 0)
    var gentle = rolling(speed: 20, friction: Surface.dry.left)
    for _ in 0..<60_000 where gentle.speed > 0 {
      gentle.step(demand(5))
      #expect(!gentle.isAntiLockActing)
    }
  }
}
