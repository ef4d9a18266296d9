import CAN
import ReproducibleMath

/// The controllers of the truck: what they obey, and what they do when nobody commands.
///
/// All of them release on silence (S-1): no torque, no braking, a free wheel. Only the body keeps
/// its last state.
struct ElectronicControlUnits: Sendable {
  var engine = CommandReceiver(identifier: 0x0C00_0027, check: .torqueSpeedControl, timeout: 100)
  var retarder = CommandReceiver(identifier: 0x0C00_1027, check: .torqueSpeedControl, timeout: 100)
  var brake = CommandReceiver(identifier: 0x0C04_0B27, check: .externalBrake, timeout: 100)
  var steering: SteeringController
  var body = BodyController()
  /// Frames that nobody here listens to.
  private(set) var unheard: UInt64 = 0
  /// Controllers without power: they neither obey nor send.
  var silenced = NodeSet()

  /// The brake controller takes no external demand.
  var refusesBrakeDemand = false
  /// What the engine gives, whatever is asked.
  var runawayTorque: Double?

  /// Share of reference torque, 0...1.
  private(set) var driveTorque = 0.0
  private(set) var retarderTorque = 0.0
  /// m/s2.
  private(set) var brakeDemand = 0.0

  init(wheelbase: Double) { steering = SteeringController(wheelbase: wheelbase) }

  mutating func receive(_ frame: CANFrame, at now: Int64) {
    guard frame.isExtended, !frame.isError else {
      unheard += 1
      return
    }
    let identifier = frame.identifier
    if engine.matches(identifier) {
      if !silenced.contains(.engine) { receiveEngine(frame, now) }
    } else if retarder.matches(identifier) {
      if !silenced.contains(.retarder) { receiveRetarder(frame, now) }
    } else if brake.matches(identifier) {
      if !silenced.contains(.brakes) { receiveBrake(frame, now) }
    } else if steering.receiver.matches(identifier) {
      if !silenced.contains(.steering) { steering.receive(frame, at: now) }
    } else if body.receiver.matches(identifier) {
      if !silenced.contains(.body) { body.receive(frame, at: now) }
    } else {
      unheard += 1
    }
  }

  private mutating func receiveEngine(_ frame: CANFrame, _ now: Int64) {
    guard let payload = engine.admit(frame, at: now, isPlausible: isTorqueControl) else { return }
    driveTorque = payload.field(0, 2) == 2 ? max(torque(payload), 0) : 0
  }

  private mutating func receiveRetarder(_ frame: CANFrame, _ now: Int64) {
    guard let payload = retarder.admit(frame, at: now, isPlausible: isTorqueControl) else { return }
    retarderTorque = payload.field(0, 2) == 2 ? max(-torque(payload), 0) : 0
  }

  private mutating func receiveBrake(_ frame: CANFrame, _ now: Int64) {
    let admitted = brake.admit(frame, at: now) {
      $0.field(0, 16) <= 0xFAFF && ($0.field(20, 2) == 0 || $0.field(20, 2) == 2)
    }
    guard let payload = admitted else { return }
    let demand = 15.687 - Double(payload.field(0, 16)) / 2048
    // Half a bit of the field is no demand.
    brakeDemand = payload.field(20, 2) == 2 && demand > 0.000_25 ? demand : 0
  }

  /// Once a millisecond: what was not renewed is released.
  mutating func advance(to now: Int64, speed: Double) {
    engine.checkTimeout(at: now)
    retarder.checkTimeout(at: now)
    brake.checkTimeout(at: now)
    if !engine.isLive || silenced.contains(.engine) { driveTorque = 0 }
    if !retarder.isLive || silenced.contains(.retarder) { retarderTorque = 0 }
    if !brake.isLive || silenced.contains(.brakes) || refusesBrakeDemand { brakeDemand = 0 }
    if let runawayTorque { driveTorque = runawayTorque }
    steering.advance(to: now, hasPower: !silenced.contains(.steering))
    body.advance(to: now, speed: speed)
  }

  var rejects: RejectCounts {
    engine.rejects + retarder.rejects + brake.rejects + steering.receiver.rejects
      + body.receiver.rejects
  }

  func ages(at now: Int64) -> CommandAges {
    var ages = CommandAges()
    ages.engine = engine.age(at: now)
    ages.retarder = retarder.age(at: now)
    ages.brake = brake.age(at: now)
    ages.steering = steering.receiver.age(at: now)
    ages.body = body.receiver.age(at: now)
    return ages
  }
}

/// Only "override disabled" and "torque control" are known here, with a torque that is a number.
private func isTorqueControl(_ payload: Payload) -> Bool {
  payload.field(24, 8) <= 0xFA && (payload.field(0, 2) == 0 || payload.field(0, 2) == 2)
}

private func torque(_ payload: Payload) -> Double {
  (Double(payload.field(24, 8)) - 125) / 100
}

/// A controller on the bus.
package enum ControlNode: UInt8, Sendable, CaseIterable {
  case engine, transmission, brakes, retarder, steering, body

  var address: UInt8 {
    switch self {
    case .engine: 0x00
    case .transmission: 0x03
    case .brakes: 0x0B
    case .retarder: 0x10
    case .steering: 0x13
    case .body: 0x21
    }
  }
}

struct NodeSet: Sendable, Equatable {
  private var bits: UInt8 = 0
  func contains(_ node: ControlNode) -> Bool { bits & 1 << node.rawValue != 0 }
  mutating func set(_ node: ControlNode, _ isMember: Bool) {
    if isMember { bits |= 1 << node.rawValue } else { bits &= ~(1 << node.rawValue) }
  }
}
