import ReproducibleMath

/// The steering controller: obeys a curvature or an angle after a handshake as that of ISO 11783
/// guidance.
///
/// It steers while the sender intends to, is fresh, and nothing locks it out. Once it has let go it
/// engages again only after the sender took its intent back.
struct SteeringController: Sendable {
  private(set) var isEngaged = false
  private(set) var exitReason = ExitReason.allClear
  /// As commanded, or that of the commanded curvature, rad, left positive.
  private(set) var roadWheelAngle = 0.0
  private let wheelbase: Double
  /// A driver's hands or a fault: the controller refuses to steer.
  var isLockedOut = false
  private var intends = false
  private var mustReleaseFirst = false
  private var hasPower = true

  /// Why it let go, in the numbering of ISO 11783-7 annex B.
  enum ExitReason: UInt64, Sendable {
    case allClear = 0
    case operatorOverride = 2
    case commandTimeout = 4
    case functionFault = 7
  }

  init(wheelbase: Double) { self.wheelbase = wheelbase }

  mutating func obey(_ request: SteeringRequest) {
    switch request.target {
    case .curvature(let curvature): roadWheelAngle = arctangent(curvature * wheelbase)
    case .roadWheelAngle(let angle): roadWheelAngle = angle
    }
    intends = request.intends
    if !intends {
      isEngaged = false
      mustReleaseFirst = false
      exitReason = .allClear
    }
  }

  mutating func advance(isLive: Bool, hasPower: Bool) {
    self.hasPower = hasPower
    if isEngaged {
      if !hasPower {
        release(.functionFault)
      } else if isLockedOut {
        release(.operatorOverride)
      } else if !isLive {
        release(.commandTimeout)
      }
    } else if intends, isLive, isReady {
      isEngaged = true
      exitReason = .allClear
    }
  }

  var isReady: Bool { hasPower && !isLockedOut && !mustReleaseFirst }

  private mutating func release(_ reason: ExitReason) {
    isEngaged = false
    intends = false
    mustReleaseFirst = reason != .commandTimeout
    exitReason = reason
  }
}
