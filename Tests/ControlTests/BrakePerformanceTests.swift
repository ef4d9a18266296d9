import Control
import Signals
import Testing
import Units

/// A truck of which nothing but its brakes slows it, cycle by cycle.
private struct Braking {
  var performance = BrakePerformance()
  /// What the brakes give of what is demanded.
  var share: Double
  var slope = 0.0
  /// What the map says of the slope.
  var mapped = 0.0
  var speed = 7.0
  private var built = 0.0

  init(share: Double, slope: Double = 0) {
    self.share = share
    self.slope = slope
    mapped = slope
  }

  /// From `speed` with a demand until the truck is slower than `end`, or for `seconds`.
  mutating func brake(
    from start: Double = 7, demand: Double = 1, to end: Double = 0, seconds: Double = 30,
    isAlone: Bool = true, hasAccelerometer: Bool = true
  ) {
    speed = start
    built = 0
    step(demand: 0, cycles: 200, isAlone: isAlone, hasAccelerometer)
    speed = start
    var left = Int(seconds * 100)
    while speed > end, left > 0 {
      step(demand: demand, cycles: 1, isAlone: isAlone, hasAccelerometer)
      left -= 1
    }
    step(demand: 0, cycles: 300, isAlone: isAlone, hasAccelerometer)
  }

  private mutating func step(
    demand: Double, cycles: Int, isAlone: Bool, _ hasAccelerometer: Bool
  ) {
    for _ in 0..<cycles {
      built += (demand - built) * 0.01 / 0.5
      let acceleration = speed > 0 ? -share * built - 9.81 * slope : 0
      speed = max(speed + acceleration * 0.01, 0)
      var sample = BrakeSample()
      sample.elapsed = .milliseconds(10)
      sample.speed = MetresPerSecond(speed)
      sample.demand = MetresPerSecondSquared(demand)
      sample.slope = MetresPerSecondSquared(9.81 * mapped)
      sample.resistance = sample.slope
      if hasAccelerometer {
        sample.felt = MetresPerSecondSquared(acceleration + 9.81 * slope)
      }
      sample.isAlone = isAlone
      performance.learn(sample)
    }
  }

  var account: BrakeAccount { performance.account }
}

/// S-8: what each stop teaches about the brakes.
@Suite struct BrakePerformances {
  /// S-8: one stop tells what the brakes gave, corrected for the slope.
  @Test(arguments: [1, 0.9, 0.7, 0.55, 0.3], [-0.08, 0, 0.05])
  func aStopTellsWhatTheBrakesGave(share: Double, slope: Double) {
    var braking = Braking(share: share, slope: slope)
    // Enough to stop downhill.
    braking.brake(demand: 4)
    #expect(braking.account.brakings == 1)
    let found = braking.account.lastShare.value
    #expect(abs(found - share) < 0.03, "\(found)")
    // Worse is believed by six tenths at once.
    #expect(abs(braking.account.share.value - (1 - 0.6 * (1 - found))) < 1e-9)
  }

  /// S-8: several stops come to what the brakes give, and back up when they are mended.
  @Test func stopsAreFiltered() {
    var braking = Braking(share: 0.4)
    braking.brake(demand: 2)
    #expect(braking.account.share.value < 0.8 && !braking.account.endsTrip)
    for _ in 0..<3 { braking.brake(demand: 2) }
    #expect(abs(braking.account.share.value - 0.4) < 0.05)
    #expect(braking.account.endsTrip)
    braking.share = 1
    for _ in 0..<2 { braking.brake(demand: 2) }
    #expect(!braking.account.endsTrip)
    for _ in 0..<6 { braking.brake(demand: 2) }
    #expect(braking.account.share.value > 0.9 && braking.performance.believedShare == 1)
  }

  /// S-8: too weak, too short, too slow, or not by the brakes alone: nothing is learnt.
  @Test func whatTellsNothingIsNotCounted() {
    var braking = Braking(share: 0.3)
    braking.brake(demand: 0.4)
    braking.brake(demand: 2, seconds: 0.3)
    braking.brake(from: 1.4, demand: 2)
    braking.brake(demand: 2, isAlone: false)
    #expect(braking.account.brakings == 0 && braking.account.share == Fraction(1))
    braking.brake(demand: 2)
    #expect(braking.account.brakings == 1)
  }

  /// S-8: a slope that map and accelerometer tell differently is not known; without an
  /// accelerometer the map is believed.
  @Test func anUnknownSlopeTeachesNothing() {
    var braking = Braking(share: 1, slope: -0.04)
    braking.mapped = 0
    braking.brake(demand: 1)
    #expect(braking.account.brakings == 0)
    braking.brake(demand: 1, hasAccelerometer: false)
    #expect(braking.account.brakings == 1 && braking.account.share.value < 0.8)
  }

  /// S-8: under 80 % less is counted on, in motion by and by, at standstill at once; never more
  /// before the truck stands.
  @Test func whatIsCountedOnComesDown() {
    let sound = MetresPerSecondSquared(3)
    var performance = BrakePerformance()
    performance.count(on: sound, isStandstill: false, .milliseconds(10))
    #expect(performance.account.assumed == sound)
    performance.begin(remembered: Fraction(0.6))
    var before = 3.0
    for _ in 0..<1_500 {
      performance.count(on: sound, isStandstill: false, .milliseconds(10))
      let now = performance.account.assumed.value
      #expect(now <= before && now >= before - 0.0501)
      before = now
    }
    #expect(abs(before - 2.1) < 0.051, "\(before)")
    performance.count(on: sound, isStandstill: true, .milliseconds(10))
    #expect(abs(performance.account.assumed.value - 1.8) < 1e-9)
    performance.count(on: MetresPerSecondSquared(4), isStandstill: false, .milliseconds(10))
    #expect(performance.account.assumed.value <= 1.8)
  }

  /// What covers less than a fifth is S-11's four fifths; a memory that is no number is none.
  @Test func aLittleLessChangesNothing() {
    var performance = BrakePerformance()
    performance.begin(remembered: Fraction(0.81))
    performance.count(on: MetresPerSecondSquared(3), isStandstill: true, .zero)
    #expect(performance.account.assumed.value == 3 && !performance.account.endsTrip)
    // The first memory is the one that counts.
    performance.begin(remembered: Fraction(0.1))
    #expect(performance.account.share == Fraction(0.81))
    for text in [Double.nan, .infinity] {
      var other = BrakePerformance()
      other.begin(remembered: Fraction(text))
      #expect(other.account.share == Fraction(1))
    }
    var weak = BrakePerformance()
    weak.begin(remembered: Fraction(-3))
    #expect(weak.account.share == .zero && weak.account.endsTrip)
  }

  /// Samples that are no numbers neither trap nor teach.
  @Test func absurdSamplesAreHarmless() {
    let absurd = [Double.nan, .infinity, -.infinity, 1e300, -1e300, 0]
    var performance = BrakePerformance()
    for a in absurd {
      for b in absurd {
        for c in absurd {
          var sample = BrakeSample()
          sample.elapsed = .milliseconds(10)
          sample.speed = MetresPerSecond(a)
          sample.demand = MetresPerSecondSquared(b)
          sample.resistance = MetresPerSecondSquared(c)
          sample.slope = MetresPerSecondSquared(a)
          sample.felt = MetresPerSecondSquared(c)
          sample.isAlone = true
          for _ in 0..<150 { performance.learn(sample) }
          performance.count(on: MetresPerSecondSquared(a), isStandstill: b > 0, .milliseconds(10))
        }
      }
    }
    #expect((0...1).contains(performance.account.share.value))
  }
}
