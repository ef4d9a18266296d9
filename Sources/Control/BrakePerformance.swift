import Signals
import Units

/// What a cycle tells of the service brake.
package struct BrakeSample: Sendable {
  package var elapsed = Interval.zero
  package var speed = MetresPerSecond(.nan)
  /// As sent to the brakes.
  package var demand = MetresPerSecondSquared.zero
  /// Of the demand until it acts.
  package var lag = Interval.milliseconds(500)
  /// By which slope, rolling and air slow the truck, by the map.
  package var resistance = MetresPerSecondSquared.zero
  /// Of it, the slope.
  package var slope = MetresPerSecondSquared.zero
  /// What the accelerometer feels along the truck; NaN where there is none.
  package var felt = MetresPerSecondSquared(.nan)
  /// Nothing else drives or brakes the truck, and it is known where it is.
  package var isAlone = false

  package init() {}
}

/// Learns from each braking what the brakes give of what is demanded, and tells what may be counted
/// on (S-8).
package struct BrakePerformance: Sendable, Visitable {
  package private(set) var account = BrakeAccount()
  private var hasBegun = false
  private var window = BrakingWindow()
  /// The demand as the brake builds it up, m/s2.
  private var demanded = 0.0
  /// How long the brake has been alone: engine and retarder go on for a while, s.
  private var aloneFor = 0.0
  /// What is counted on before it is rounded down, m/s2.
  private var ramp = Double.nan

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("account", &account)
    visitor.visit("hasBegun", &hasBegun)
    visitor.visit("window", &window)
    visitor.visit("demanded", &demanded)
    visitor.visit("aloneFor", &aloneFor)
    visitor.visit("ramp", &ramp)
  }

  /// Under this share the brakes are counted on for less; the rest is what S-11's four fifths cover.
  private static var lowering: Double { 0.8 }
  /// Under this share the trip ends at the next hold.
  private static var ending: Double { 0.5 }
  /// Of a braking's result: what is worse is believed sooner than what is better.
  private static var weightDown: Double { 0.6 }
  private static var weightUp: Double { 0.3 }
  /// How fast the curves come down in motion, m/s3: at once they would make an excess of speed of
  /// what was right a moment ago.
  private static var fall: Double { 0.06 }
  /// The curves change in steps, m/s2: the planner looks at its route anew for each.
  private static var resolution: Double { 0.05 }
  /// Until the driveline has let go, s.
  private static var quiet: Double { 1 }

  /// What the brakes are to be believed to give of a demand.
  package var believedShare: Double {
    account.share.value < Self.lowering ? account.share.value : 1
  }

  /// What earlier drives of this truck found, in the first cycle; NaN where nothing is known.
  package mutating func begin(remembered: Fraction) {
    guard !hasBegun else { return }
    hasBegun = true
    guard remembered.value.isFinite else { return }
    account.share = Fraction(min(max(remembered.value, 0), 1))
    account.endsTrip = account.share.value < Self.ending
  }

  /// What is counted on from now on.
  ///
  /// In motion it comes down slowly and does not rise.
  ///
  /// - Parameter sound: what sound brakes may be counted on for on this road.
  package mutating func count(
    on sound: MetresPerSecondSquared, isStandstill: Bool, _ time: Interval
  ) {
    let target = sound.value * believedShare
    let mayJump = isStandstill || !ramp.isFinite
    ramp = mayJump ? target : min(ramp, max(target, ramp - Self.fall * max(time.seconds, 0)))
    let isWhole = ramp == sound.value
    // Bounded, so that the conversion cannot trap; 1e-9 is rounding.
    let steps = min(max(ramp / Self.resolution, 0), 1_000) + 1e-9
    let rounded = steps.isFinite ? Double(Int(steps)) * Self.resolution : 0
    account.assumed = MetresPerSecondSquared(isWhole ? ramp : rounded)
  }

  package mutating func judge(comfort: MetresPerSecondSquared, emergency: MetresPerSecondSquared) {
    account.comfort = comfort
    account.emergency = emergency
  }

  /// One cycle of what the brakes did.
  package mutating func learn(_ sample: borrowing @_addressable BrakeSample) {
    let time = min(max(sample.elapsed.seconds, 0), 0.1)
    let wanted = sample.demand.value.isFinite ? max(sample.demand.value, 0) : 0
    demanded += (wanted - demanded) * min(time / max(sample.lag.seconds, 0.05), 1)
    aloneFor = sample.isAlone ? min(aloneFor + time, 10) : 0
    let isJudged = aloneFor >= Self.quiet && sample.speed.value.isFinite
    guard isJudged, window.take(sample, demanded: demanded, time) else {
      if let share = window.share { note(share) }
      window = BrakingWindow()
      return
    }
  }

  private mutating func note(_ share: Double) {
    let weight = share < account.share.value ? Self.weightDown : Self.weightUp
    account.lastShare = Fraction(share)
    account.share = Fraction(account.share.value + (share - account.share.value) * weight)
    account.brakings &+= 1
    account.endsTrip = account.share.value < Self.ending
  }
}

/// One braking, from when it is strong and fast enough until it is not.
struct BrakingWindow: Sendable, Visitable {
  private var isOpen = false
  private var hasFelt = true
  private var from = 0.0
  private var to = 0.0
  private var seconds = 0.0
  // Integrals over time, m/s.
  private var demand = 0.0
  private var resistance = 0.0
  private var slope = 0.0
  private var felt = 0.0

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isOpen", &isOpen)
    visitor.visit("hasFelt", &hasFelt)
    visitor.visit("from", &from)
    visitor.visit("to", &to)
    visitor.visit("seconds", &seconds)
    visitor.visit("demand", &demand)
    visitor.visit("resistance", &resistance)
    visitor.visit("slope", &slope)
    visitor.visit("felt", &felt)
  }

  // m/s2 and m/s: at less, what is not known of drag and slope is as large as the brake; at a crawl
  // wheel sensors read nothing. Lower ones while it lasts, so that noise does not end it.
  private static var leastDemand: Double { 0.5 }
  private static var leastSpeed: Double { 1.5 }
  private static var lasting: Double { 0.75 }
  /// s, and m/s that were demanded; wheel speeds err by 0.02 m/s.
  private static var leastTime: Double { 1 }
  private static var leastFall: Double { 1 }
  /// Map and accelerometer may differ by this share of the demand, and by the accelerometer's own
  /// error, m/s2; beyond it the slope is not known.
  private static var slopeShare: Double { 0.15 }
  private static var accelerometerError: Double { 0.05 }

  /// Whether the braking goes on.
  mutating func take(
    _ sample: borrowing @_addressable BrakeSample, demanded: Double, _ time: Double
  ) -> Bool {
    let share = isOpen ? Self.lasting : 1
    guard demanded >= share * Self.leastDemand, sample.speed.value >= share * Self.leastSpeed else {
      return false
    }
    to = sample.speed.value
    guard isOpen else {
      from = to
      isOpen = true
      return true
    }
    seconds = min(seconds + time, 600)
    demand += demanded * time
    resistance += sample.resistance.value * time
    slope += sample.slope.value * time
    felt += sample.felt.value * time
    if !sample.felt.value.isFinite { hasFelt = false }
    return true
  }

  /// Achieved over demanded deceleration, 0 to 1; nil where the braking tells nothing.
  var share: Double? {
    guard isOpen, seconds >= Self.leastTime, demand >= Self.leastFall else { return nil }
    let fallen = from - to
    if hasFelt {
      let unknown = (felt + fallen - slope).magnitude
      guard unknown <= Self.slopeShare * demand + Self.accelerometerError * seconds else {
        return nil
      }
    }
    let share = (fallen - resistance) / demand
    return share.isFinite ? min(max(share, 0), 1) : nil
  }
}
