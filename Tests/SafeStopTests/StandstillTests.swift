import SafeStop
import Signals
import Testing
import Units
import WireCodec

/// S-6: the parking brakes are for a truck that stands, whatever its sensors say.
@Suite struct StandstillTests {
  /// A truck whose motion is given, its frames, and the detector.
  struct Run {
    var truck = TestTruck()
    var detector = StandstillDetector()
    var brake = 0.0
    private var store = SignalStore()
    private var decoder = FrameDecoder()
    private let table = TestTable().frames
    private let configuration = SafeStopConfiguration()

    init(speed: Double) {
      truck.speed = speed
      truck.tractorParkingBrake = false
      truck.trailerParkingBrake = false
    }

    /// Ten milliseconds with this acceleration; answers whether it now counts as standing.
    @discardableResult
    mutating func step(_ acceleration: Double = 0) -> Bool {
      truck.time += 10
      let next = max(truck.speed + acceleration * 0.01, 0)
      truck.acceleration = (next - truck.speed) * 100
      truck.speed = next
      let frames = truck.status()
      for i in 0..<frames.count { decoder.decode(frames[i], table: table, into: &store) }
      let now = Instant(nanoseconds: truck.time * 1_000_000)
      detector.step(
        Feedback(store, table: table, at: now), brakeDemand: MetresPerSecondSquared(brake),
        at: now, configuration: configuration)
      return detector.isStandstill
    }

    mutating func run(_ seconds: Double, _ acceleration: Double = 0) {
      for _ in 0..<Int(seconds * 100) { step(acceleration) }
    }
  }

  @Test(
    "S-6, R-MRM-3: a braked truck stands one second after it came to rest",
    arguments: [
      0.5, 1.5, 5.0,
    ] as [Double])
  func stops(_ deceleration: Double) {
    var run = Run(speed: 7)
    run.run(1)
    run.brake = deceleration
    var restedAt: Int64?
    for _ in 0..<3000 {
      let stands = run.step(-deceleration)
      if run.truck.speed == 0, restedAt == nil { restedAt = run.truck.time }
      if stands { break }
      #expect(run.detector.boundedSpeed.value >= run.truck.speed - 0.02)
    }
    let delay = run.truck.time - (restedAt ?? 0)
    #expect(run.detector.isStandstill)
    #expect(delay >= 900 && delay < 2600)
  }

  @Test(
    "S-6: locked wheels on ice read zero; the truck still slides",
    arguments: [
      (3.0, 0.8), (7, 0.8), (7, 0.4), (8.3, 0.5),
    ] as [(Double, Double)])
  func lockedWheels(_ speed: Double, _ slide: Double) {
    var run = Run(speed: speed)
    run.run(1)
    run.brake = 1.5
    var shown = speed
    for _ in 0..<4000 {
      shown = max(shown - 0.14, 0)
      run.truck.shownWheelSpeed = min(shown, run.truck.speed)
      run.truck.shownAxleSpeed = min(shown, run.truck.speed)
      let stands = run.step(-slide)
      #expect(!stands || run.truck.speed <= 0.3)
    }
    #expect(run.detector.isStandstill)
  }

  @Test("S-6: sensors that cut out below 3 km/h do not make a crawl a standstill")
  func cutOut() {
    var run = Run(speed: 2)
    run.run(1)
    for i in 0..<6000 {
      let acceleration = run.truck.speed > 0.6 ? -0.2 : 0.0
      if run.truck.speed < 0.83 {
        run.truck.shownWheelSpeed = 0
        run.truck.shownAxleSpeed = 0
      }
      if i > 4000 { run.brake = 1.5 }
      let stands = run.step(i > 4000 ? -0.4 : acceleration)
      #expect(!stands || run.truck.speed <= 0.3)
    }
    #expect(run.detector.isStandstill)
  }

  @Test("S-6: a source frozen at zero does not stand against another that moves")
  func frozen() {
    var run = Run(speed: 4)
    run.run(0.5)
    run.truck.shownWheelSpeed = 0
    run.brake = 1.5
    run.run(10)
    #expect(!run.detector.isStandstill)
  }

  @Test("S-5, S-6: a source frozen in motion is left out, and the truck still comes to stand")
  func frozenInMotion() {
    var run = Run(speed: 5)
    run.run(1)
    run.truck.shownWheelSpeed = 5
    run.brake = 1.5
    for _ in 0..<1500 {
      let stands = run.step(-1.5)
      #expect(!stands || run.truck.speed <= 0.3)
      #expect(run.detector.boundedSpeed.value >= run.truck.speed - 0.02)
    }
    #expect(run.detector.isStandstill)
  }

  @Test("S-6: without any source only a long braked time ends a stop")
  func blind() {
    var run = Run(speed: 6)
    run.run(1)
    run.truck.silenced = [true, true, true, true, true, true]
    run.run(15)
    #expect(!run.detector.isStandstill)
    run.brake = 5
    for _ in 0..<2500 {
      let stands = run.step(-0.5)
      #expect(!stands || run.truck.speed <= 0.3)
    }
    #expect(run.detector.isStandstill)
  }

  @Test("S-6, R-MRM-6: motion while held is counted from standstill, and forgiven at a move-off")
  func rollBack() {
    var run = Run(speed: 1)
    run.brake = 1.5
    run.run(4, -1)
    #expect(run.detector.isStandstill)
    run.truck.speed = 0.1
    run.run(3)
    #expect(run.detector.movedAtStandstill.value > 0.2)
    run.detector.forgiveMotion()
    #expect(run.detector.movedAtStandstill == .zero)
    run.brake = 0
    run.run(3)
    #expect(run.detector.movedAtStandstill == .zero)
  }

  @Test("S-6: a truck that turns or is pulled does not stand, though all speeds read zero")
  func turnsOrIsPulled() {
    var turning = Run(speed: 1)
    (turning.truck.shownWheelSpeed, turning.truck.shownAxleSpeed) = (0, 0)
    turning.truck.curvature = 0.1
    for _ in 0..<500 {
      let stands = turning.step()
      #expect(!stands)
    }
    var pulled = Run(speed: 0)
    (pulled.truck.shownWheelSpeed, pulled.truck.shownAxleSpeed) = (0, 0)
    for _ in 0..<300 {
      let stands = pulled.step(2)
      #expect(!stands)
    }
  }

  @Test("S-6: one speed source alone does not bring an unbraked truck to stand")
  func oneSourceAlone() {
    var run = Run(speed: 6)
    (run.truck.silenced[1], run.truck.silenced[2]) = (true, true)
    for i in 0..<1500 {
      run.truck.shownWheelSpeed = max(6 - Double(i) * 0.01, 0)
      let stands = run.step()
      #expect(!stands)
    }
  }

  @Test("A truck that was never heard of does not stand")
  func unheard() {
    var run = Run(speed: 0)
    run.truck.silenced = [true, true, true, true, true, true]
    run.brake = 5
    run.run(30)
    #expect(!run.detector.isStandstill)
  }
}
