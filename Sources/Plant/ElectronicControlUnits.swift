import CAN

/// The controllers of the truck: what they obey, and what they do when nobody commands.
///
/// All of them release on silence (S-1): no torque, no braking, a free wheel. Only the body and the
/// gear keep their last state.
struct ElectronicControlUnits: Sendable {
  private let wire: TruckWire
  private var receivers: InlineArray<7, CommandReceiver>
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

  init(wire: TruckWire, wheelbase: Double) {
    self.wire = wire
    steering = SteeringController(wheelbase: wheelbase)
    receivers = InlineArray(repeating: CommandReceiver(.absent))
    for message in CommandMessage.allCases {
      receivers[Int(message.rawValue)] = CommandReceiver(wire.layout(message))
    }
  }

  mutating func receive(_ frame: CANFrame, at now: Int64) {
    guard !frame.isError else {
      unheard += 1
      return
    }
    for message in CommandMessage.allCases {
      let index = Int(message.rawValue)
      guard receivers[index].matches(frame) else { continue }
      guard hasListener(message) else { return }
      let wire = wire
      let admitted = receivers[index].admit(frame, at: now) { wire.request(message, $0) }
      if let admitted { obey(admitted, at: now) }
      return
    }
    unheard += 1
  }

  /// Whether the unit that the message is for has power; several units listen to one in common.
  private func hasListener(_ message: CommandMessage) -> Bool {
    switch message {
    case .engine: !silenced.contains(.engine)
    case .retarder: !silenced.contains(.retarder)
    case .brake: !silenced.contains(.brakes)
    case .steering: !silenced.contains(.steering)
    case .gear: !silenced.contains(.transmission)
    case .body: !silenced.contains(.body)
    case .motion: true
    }
  }

  private mutating func obey(_ request: CommandRequest, at now: Int64) {
    if let torque = request.driveTorque, !silenced.contains(.engine) { driveTorque = torque }
    if let torque = request.retarderTorque, !silenced.contains(.retarder) {
      retarderTorque = torque
    }
    if let demand = request.brakeDeceleration, !silenced.contains(.brakes) { brakeDemand = demand }
    if let wish = request.steering, !silenced.contains(.steering) { steering.obey(wish) }
    body.obey(request, at: now)
  }

  /// Whether the unit's commands are fresh.
  func isLive(_ node: ControlNode) -> Bool { receivers[Int(wire.source(of: node).rawValue)].isLive }

  /// Once a millisecond: what was not renewed is released.
  mutating func advance(to now: Int64, speed: Double) {
    for index in receivers.indices { receivers[index].checkTimeout(at: now) }
    if !isLive(.engine) || silenced.contains(.engine) { driveTorque = 0 }
    if !isLive(.retarder) || silenced.contains(.retarder) { retarderTorque = 0 }
    if !isLive(.brakes) || silenced.contains(.brakes) || refusesBrakeDemand { brakeDemand = 0 }
    if let runawayTorque { driveTorque = runawayTorque }
    steering.advance(isLive: isLive(.steering), hasPower: !silenced.contains(.steering))
    body.advance(to: now, speed: speed)
  }

  var rejects: RejectCounts {
    var sum = RejectCounts()
    for index in receivers.indices { sum = sum + receivers[index].rejects }
    return sum
  }

  func ages(at now: Int64) -> CommandAges { ages { $0.age(at: now) } }

  /// Longest time between two accepted frames of each commander, ms.
  var longestGaps: CommandAges { ages { $0.longestGap } }

  private func ages(_ age: (CommandReceiver) -> Int64) -> CommandAges {
    func of(_ node: ControlNode) -> Int64 { age(receivers[Int(wire.source(of: node).rawValue)]) }
    var ages = CommandAges()
    ages.engine = of(.engine)
    ages.retarder = of(.retarder)
    ages.brake = of(.brakes)
    ages.steering = of(.steering)
    ages.body = of(.body)
    return ages
  }
}

/// A controller on the bus.
package enum ControlNode: UInt8, Sendable, CaseIterable {
  case engine, transmission, brakes, retarder, steering, body
  /// Of persons: it only sends.
  case protection
}

struct NodeSet: Sendable, Equatable {
  private var bits: UInt8 = 0
  func contains(_ node: ControlNode) -> Bool { bits & 1 << node.rawValue != 0 }
  mutating func set(_ node: ControlNode, _ isMember: Bool) {
    if isMember { bits |= 1 << node.rawValue } else { bits &= ~(1 << node.rawValue) }
  }
}
