import Estimation
import Foundation
import Signals
import TestSupport
import Testing
import Units

/// What the receiver tells of time, height and satellites, at a truck that drives well.
@Suite struct ReceiverTests {
  private static func world(_ change: @escaping (inout GNSSReport, Double) -> Void) -> SensorWorld {
    var world = SensorWorld(seed: 4)
    world.hasVelocity = true
    world.alter = { report in
      report.validAtUTC = 1_795_000_000_000_000_000 + report.receivedAt.nanoseconds
      report.satellites.receivedAt = report.receivedAt
      report.satellites.used = 14
      report.satellites.systems = 0b1001101
      report.satellites.meanSignal = 42
      report.satellites.signalRange = 17
      report.satellites.lowestElevation = 11
      report.satellites.horizontalDilution = 0.7
      change(&report, report.receivedAt.nanoseconds > 15_000_000_000 ? 1 : 0)
    }
    world.start(speed: 5)
    return world
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var test: GNSSTest
    /// How long after the change it trips, s.
    var trips: ClosedRange<Double>
    var change: @Sendable (inout GNSSReport) -> Void

    init(
      _ name: String, _ test: GNSSTest, _ trips: ClosedRange<Double>,
      _ change: @escaping @Sendable (inout GNSSReport) -> Void
    ) {
      (testDescription, self.test, self.trips, self.change) = (name, test, trips, change)
    }
  }

  static let cases = [
    Case("height off", .height, 0.05...0.3) { $0.height = $0.height + Metres(25) },
    Case("time ahead", .clock, 0.1...2) { $0.validAtUTC += 60_000_000 },
    Case("time behind", .clock, 2...6) { $0.validAtUTC -= 60_000_000 },
    Case("time back", .clock, 0.05...0.3) { $0.validAtUTC -= 1_000_000_000 },
    Case("all alike", .signal, 3...3.5) { $0.satellites.signalRange = 2.9 },
    Case("stronger", .signal, 3...3.5) { $0.satellites.meanSignal += 7 },
    Case("weak", .signal, 3...3.5) { $0.satellites.meanSignal -= 11 },
    Case("few", .signal, 3...3.5) { $0.satellites.used = 4 },
    Case("one system", .constellation, 3...3.5) { $0.satellites.systems = 1 },
    Case("below the horizon", .geometry, 0.05...0.3) { $0.satellites.lowestElevation = -1 },
    Case("twice", .geometry, 0.05...0.3) { $0.satellites.hasDuplicate = true },
    Case("badly spread", .geometry, 0.05...0.3) { $0.satellites.horizontalDilution = 5.1 },
  ]

  /// R-GNSS-4: each trips in its time, alone, and makes the position suspect.
  @Test(arguments: cases) func aLieIsFound(_ lie: Case) {
    var world = Self.world { report, isLying in if isLying > 0 { lie.change(&report) } }
    world.run(10)
    #expect(world.state.integrity.tripped.isEmpty && world.state.trust == .trusted)
    var trips: Double?
    world.run(8) {
      guard trips == nil, !$0.state.integrity.tripped.isEmpty else { return }
      trips = Double($0.cycle) / 100 - 10
      var alone = GNSSTestSet()
      alone.insert(lie.test)
      #expect($0.state.integrity.tripped == alone && $0.state.trust == .suspect)
    }
    #expect(trips.map(lie.trips.contains) == true, "\(trips ?? .nan) s")
  }

  /// R-GNSS-4: what is within the limits is no lie, the host's own steady drift included.
  @Test func withinTheLimitsNothingTrips() {
    var world = Self.world { report, isLying in
      report.validAtUTC += report.receivedAt.nanoseconds / 40_000 + Int64(isLying * 40_000_000)
      report.height = report.height + Metres(14 * isLying)
      report.satellites.meanSignal += 5 * isLying
      report.satellites.signalRange = 3.2
      report.satellites.used = 5
      report.satellites.systems = isLying > 0 ? 0b1000001 : 0b1001101
      report.satellites.lowestElevation = 0
      report.satellites.horizontalDilution = 4.9
    }
    world.run(150) {
      // Fourteen metres come within one report: a step, and told as one.
      if $0.cycle < 1_010 || $0.cycle > 1_200 { #expect($0.state.integrity.tripped.isEmpty) }
    }
  }

  /// A receiver that does not say which satellites it uses has no test of them, and trips none.
  @Test func whatIsNotToldOfSatellitesIsNotTested() {
    var world = Self.world { report, _ in report.satellites.used = 0 }
    world.run(20)
    #expect(world.state.integrity.tripped.isEmpty)
    for test in [GNSSTest.signal, .constellation, .geometry] {
      #expect(world.state.integrity.untested.contains(test))
    }
    #expect(world.state.trust == .trusted)
  }

  /// R-GNSS-4: GNSS time that drifts by 10 ppm more than this host's clock has shown.
  @Test func driftingTimeIsFound() {
    var world = Self.world { report, _ in
      let late = max(report.receivedAt.nanoseconds - 100_000_000_000, 0)
      report.validAtUTC += report.receivedAt.nanoseconds / 50_000 + late / 100_000
    }
    world.run(95)
    #expect(world.state.integrity.tripped.isEmpty)
    var isFound = false
    world.run(75) { isFound = isFound || $0.state.integrity.tripped.contains(.clock) }
    #expect(isFound)
  }

  /// R-GNSS-4: two kinds of lie at once reject the position.
  @Test func twoLiesReject() {
    var world = Self.world { report, isLying in
      report.height = report.height + Metres(25 * isLying)
      if isLying > 0 { report.satellites.hasDuplicate = true }
    }
    world.run(11)
    #expect(world.state.trust == .deadReckoning)
  }
}

/// A receiver's error: white, and a Gauss-Markov process.
private struct Wander {
  var white: Double
  var slow: Double
  var time: Double
  var noise: SeededNoise
  private var east = 0.0
  private var north = 0.0

  init(white: Double, slow: Double, time: Double, seed: UInt64) {
    (self.white, self.slow, self.time) = (white, slow, time)
    noise = SeededNoise(seed: seed)
    (east, north) = (slow * noise.gauss(), slow * noise.gauss())
  }

  mutating func next(_ seconds: Double) -> (east: Double, north: Double) {
    let keep = exp(-seconds / time)
    let kick = slow * (1 - keep * keep).squareRoot()
    east = keep * east + kick * noise.gauss()
    north = keep * north + kick * noise.gauss()
    return (east + white * noise.gauss(), north + white * noise.gauss())
  }
}

extension GNSSTestSet {
  /// The filter's gate is a test of the filter as much as of the receiver.
  fileprivate var isGateAlone: Bool {
    var gate = GNSSTestSet()
    gate.insert(.innovation)
    return isEmpty || self == gate
  }
}

@Suite struct PullOffTests {
  private static var count: Int {
    ProcessInfo.processInfo.environment["TULPAR_PULL_OFFS"].flatMap(Int.init) ?? 4
  }
  private static var hours: Double {
    ProcessInfo.processInfo.environment["TULPAR_CLEAN_HOURS"].flatMap(Double.init) ?? 0.1
  }

  /// R-GNSS-4: a pull-off of 0.1 m/s across, with RTK noise and a baseline, is found before 2 m.
  @Test func aSlowPullOffIsFound() {
    var found: [Double] = []
    for seed in 1...Self.count {
      var world = SensorWorld(seed: UInt64(seed))
      var wander = Wander(white: 0.01, slow: 0.02, time: 30, seed: UInt64(seed) &+ 500)
      world.fixSigma = 0
      world.hasVelocity = true
      world.alter = { $0.sigma = Metres(0.02) }
      let speed = 3 + Double(seed % 6)
      world.start(speed: speed)
      var pulled = 0.0
      var detected: Double?
      world.run(55) {
        $0.steer = 0.02 * sin(Double($0.cycle) * 0.004 + Double(seed))
        if $0.cycle > 3_000 { pulled += 0.001 }
        let error = wander.next(0.01)
        let across = (east: -sin($0.plant.psi) * pulled, north: cos($0.plant.psi) * pulled)
        $0.fixOffset = (across.east + error.east, across.north + error.north)
        let tripped = $0.state.integrity.tripped
        if $0.cycle <= 3_000 { #expect(tripped.isGateAlone, "seed \(seed): \(tripped)") }
        if detected == nil, tripped.contains(.pullOff), $0.state.trust <= .deadReckoning {
          detected = $0.positionError
        }
      }
      found.append(detected ?? .infinity)
    }
    let late = found.filter { !($0 < 2) }.count
    #expect(late * 100 <= Self.count, "\(found.sorted())")
    if Self.count > 10 { print("pull-off found at \(found.sorted())") }
  }

  /// R-GNSS-4: clean driving with the noise of differential fixes at 5 Hz trips no test but the gate.
  @Test func differentialFixesRaiseNoAlarm() {
    let sigmas = [0.8, 0.32]
    for (index, sigma) in sigmas.enumerated() {
      var world = SensorWorld(seed: UInt64(index) &+ 70)
      var wander = Wander(white: 0.1, slow: 0.3, time: 120, seed: UInt64(index) &+ 90)
      world.fixSigma = 0
      world.fixPeriod = 20
      world.hasVelocity = true
      world.alter = { $0.sigma = Metres(sigma) }
      world.start(speed: 6)
      var alarms = 0
      var was = GNSSTestSet()
      world.run(Self.hours * 3_600 / Double(sigmas.count)) {
        // Straights, bends and stops.
        let phase = $0.cycle % 24_000
        $0.steer = phase < 12_000 ? 0.1 * sin(Double($0.cycle) * 0.002) : 0
        $0.acceleration = phase < 4_000 ? 0.1 : phase < 18_000 ? 0 : phase < 21_000 ? -0.5 : 0.1
        $0.plant.u = min($0.plant.u, 8)
        if $0.cycle % 20 == 0 { $0.fixOffset = wander.next(0.2) }
        let tripped = $0.state.integrity.tripped
        if !tripped.isGateAlone, tripped != was {
          alarms += 1
          if alarms < 20 { print("alarm \(tripped) at \($0.cycle), \($0.plant.u) m/s") }
        }
        was = tripped
      }
      #expect(alarms == 0, "sigma \(sigma): \(alarms)")
    }
  }
}
