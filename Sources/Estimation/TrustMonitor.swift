import Signals
import Units

/// Whether the position is to be believed, from the age and the innovations of the fixes
/// (R-GNSS-4) and the dead-reckoning budget (R-DR-1).
package struct TrustMonitor: Sendable, Visitable {
  package private(set) var trust = PositionTrust.unknown
  /// One bit per fix, the newest lowest; set when the gate refused it.
  private var refusals: UInt32 = 0
  private var fixes: UInt32 = 0
  package private(set) var lastAccepted = Instant.never
  private var odometerAtAccepted = 0.0
  private var cleanSince = Instant.never
  private var probation = Interval.zero

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("trust", &trust)
    visitor.visit("refusals", &refusals)
    visitor.visit("fixes", &fixes)
    visitor.visit("lastAccepted", &lastAccepted)
    visitor.visit("odometerAtAccepted", &odometerAtAccepted)
    visitor.visit("cleanSince", &cleanSince)
    visitor.visit("probation", &probation)
  }

  /// A position that was given, not measured.
  mutating func initialise(at now: Instant, odometer: Double) {
    self = TrustMonitor()
    trust = .trusted
    lastAccepted = now
    odometerAtAccepted = odometer
    cleanSince = now
  }

  mutating func fix(
    accepted: Bool, isStep: Bool, at now: Instant, odometer: Double,
    configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    refusals = refusals << 1 | (accepted ? 0 : 1)
    fixes = min(fixes &+ 1, 20)
    let recent = (refusals & 0x3FF).nonzeroBitCount
    let all = (refusals & 0xF_FFFF).nonzeroBitCount
    if accepted {
      if cleanSince == .never { cleanSince = now }
      lastAccepted = now
      odometerAtAccepted = odometer
    } else if isStep || recent >= 3 {
      // One in a hundred sound fixes is refused: a single one is no reason to begin anew.
      cleanSince = .never
    }
    if isStep || all >= 10 {
      // The receiver contradicts odometry: only odometry is left.
      demote(to: .deadReckoning)
      probation = configuration.retrustAfterRejection
    } else if recent >= 3 {
      demote(to: .suspect)
      probation = max(probation, configuration.retrustAfterOutage)
    }
  }

  /// Whether the gate refused three of the last ten fixes.
  package var refusesMany: Bool { (refusals & 0x3FF).nonzeroBitCount >= 3 }

  /// What the receiver's tests make of the trust: it comes back after they have been clean for
  /// `retrustAfterRejection`, with fixes that agree with odometry.
  mutating func follow(
    _ level: IntegrityLevel, configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    switch level {
    case .sound: return
    case .suspect: demote(to: .suspect)
    case .rejected: demote(to: .deadReckoning)
    }
    cleanSince = .never
    probation = max(probation, configuration.retrustAfterRejection)
  }

  /// Follows time and distance since the last accepted fix.
  mutating func advance(
    now: Instant, odometer: Double, sigma: Double, headingObserved: Bool,
    configuration: borrowing @_addressable EstimatorConfiguration
  ) {
    guard lastAccepted != .never else { return }
    let age = now - lastAccepted
    if age > configuration.gnssPeriod * 3 + configuration.gnssAgeLimit {
      demote(to: .deadReckoning)
      cleanSince = .never
      probation = max(probation, configuration.retrustAfterOutage)
    }
    // Standing still costs no accuracy.
    let driven = odometer - odometerAtAccepted
    let isOverTime = age > configuration.deadReckoningTime
    let isOverDistance = driven > configuration.deadReckoningDistance.value
    let isOverSigma = sigma > configuration.deadReckoningSigma.value
    if isOverDistance || isOverTime && driven > 0.5 || isOverSigma && trust == .deadReckoning {
      demote(to: .lost)
    }
    let clean = cleanSince != .never && now - cleanSince >= probation
    let isAccurate = sigma <= configuration.trustedSigma.value
    let isPrecise = isAccurate && headingObserved
    if clean, isPrecise, (refusals & 0x3FF).nonzeroBitCount < 3 {
      trust = .trusted
      probation = .zero
    } else if cleanSince != .never, trust.rawValue < PositionTrust.suspect.rawValue {
      trust = .suspect
    } else if trust == .trusted, !isPrecise {
      trust = .suspect
    }
  }

  /// Which budget is spent (R-DR-1); no number where no fix was ever accepted.
  func lossReading(
    at now: Instant, odometer: Double, sigma: Double,
    configuration: borrowing @_addressable EstimatorConfiguration
  ) -> Reading {
    guard lastAccepted != .never else { return Reading(.nan, .unknown, 0, .seconds) }
    let driven = Reading(
      odometer - odometerAtAccepted, .above, configuration.deadReckoningDistance.value, .metres)
    if driven.isCrossed { return driven }
    let age = Reading(
      (now - lastAccepted).seconds, .above, configuration.deadReckoningTime.seconds, .seconds)
    return age.isCrossed
      ? age : Reading(sigma, .above, configuration.deadReckoningSigma.value, .metres)
  }

  private mutating func demote(to worse: PositionTrust) {
    if trust == .unknown || trust.rawValue > worse.rawValue { trust = worse }
  }
}

extension Estimator {
  /// Which budget of dead reckoning is spent (R-DR-1), or that there never was a position.
  @_addressableSelf package func positionLoss(
    of state: VehicleState, isOnRoute: Bool, configuration: @_addressable EstimatorConfiguration
  ) -> Reading {
    guard state.trust >= .deadReckoning else {
      return monitor.lossReading(
        at: state.at, odometer: odometer, sigma: positionSigma, configuration: configuration)
    }
    return isOnRoute ? Reading() : Reading(0, .differs, 1, .state)
  }
}
