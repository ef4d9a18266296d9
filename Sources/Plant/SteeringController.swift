import CAN
import ReproducibleMath

/// The steering controller: obeys curvature after the ISO 11783 guidance handshake.
///
/// It steers while the sender intends to, is fresh, and nothing locks it out. Once it has let go it
/// engages again only after the sender took its intent back.
struct SteeringController: Sendable {
  var receiver = CommandReceiver(identifier: 0x0CAD_1327, check: .none, timeout: 150)
  private(set) var isEngaged = false
  private(set) var exitReason = ExitReason.allClear
  /// As commanded, 1/m, left positive.
  private(set) var curvature = 0.0
  /// The road-wheel angle of that curvature, rad.
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

  mutating func receive(_ frame: CANFrame, at now: Int64) {
    let admitted = receiver.admit(frame, at: now) {
      $0.field(0, 16) <= 0xFAFF && $0.field(16, 2) <= 1
    }
    guard let payload = admitted else { return }
    // ISO 11783-7 counts curvature to the driver's right as positive.
    curvature = 8.032 - Double(payload.field(0, 16)) * 0.000_25
    roadWheelAngle = arctangent(curvature * wheelbase)
    intends = payload.field(16, 2) == 1
    if !intends {
      isEngaged = false
      mustReleaseFirst = false
      exitReason = .allClear
    }
  }

  mutating func advance(to now: Int64, hasPower: Bool) {
    receiver.checkTimeout(at: now)
    self.hasPower = hasPower
    if isEngaged {
      if !hasPower {
        release(.functionFault)
      } else if isLockedOut {
        release(.operatorOverride)
      } else if !receiver.isLive {
        release(.commandTimeout)
      }
    } else if intends, receiver.isLive, isReady {
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
