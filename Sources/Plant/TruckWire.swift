import CAN

/// Whose messages the controllers of the simulated truck speak.
///
/// Each wire is written here a second time, from the message description and not from the stack's
/// codec, so that an error in one does not cancel in the other.
package enum TruckWire: UInt8, Sendable, CaseIterable {
  case j1939, yardTractor, borderCarrier

  /// The wire whose controllers listen to most of these command frames, J1939 when none does: a
  /// profile under another name drives the same truck.
  package init(commandedBy frames: [CANFrame]) {
    func heard(_ wire: Self) -> Int {
      frames.count { frame in
        CommandMessage.allCases.contains { CommandReceiver(wire.layout($0)).matches(frame) }
      }
    }
    var best = Self.j1939
    for wire in Self.allCases where heard(wire) > heard(best) { best = wire }
    self = best
  }

  /// By the name that `--wire` takes.
  package init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  package var name: String {
    switch self {
    case .j1939: "j1939"
    case .yardTractor: "yard-tractor"
    case .borderCarrier: "border-carrier"
    }
  }
}

/// A command message as a controller listens to it.
struct CommandLayout: Sendable {
  var identifier: UInt32 = 0
  /// Bits of the identifier that must match.
  var mask: UInt32 = 0x1FFF_FFFF
  var isExtended = true
  /// The only address that may command, in the identifier's last byte.
  var commander: UInt8?
  var isFD = false
  var length: UInt8 = 8
  var proof = MessageProof.none
  /// Milliseconds.
  var timeout: Int64 = 100

  /// Nobody listens.
  static var absent: CommandLayout {
    var layout = CommandLayout()
    layout.identifier = .max
    return layout
  }
}

/// The messages in which commands arrive; a wire has some of them.
enum CommandMessage: UInt8, Sendable, CaseIterable {
  case engine, retarder, brake, steering, gear, body
  /// Several units in one.
  case motion
}

/// What a command frame asks for; nil where it says nothing.
struct CommandRequest: Sendable {
  /// Share of reference torque, 0...1.
  var driveTorque: Double?
  var retarderTorque: Double?
  /// m/s2.
  var brakeDeceleration: Double?
  var steering: SteeringRequest?
  var driveSelected: Bool?
  var tractorParkingBrake: Bool?
  var trailerParkingBrake: Bool?
  var hazardLamps: Bool?
  var brakeLamps: Bool?
  var horn: Bool?
  /// Level of the signal that must keep changing.
  var enable: Bool?
}

/// Left positive.
struct SteeringRequest: Sendable {
  enum Target: Sendable {
    /// 1/m.
    case curvature(Double)
    /// rad.
    case roadWheelAngle(Double)
  }

  var target: Target
  var intends: Bool
}

extension TruckWire {
  func layout(_ message: CommandMessage) -> CommandLayout {
    switch self {
    case .j1939: J1939Wire.layout(message)
    case .yardTractor: YardWire.layout(message)
    case .borderCarrier: CarrierWire.layout(message)
    }
  }

  /// Nil when the content is nothing to act on.
  func request(_ message: CommandMessage, _ payload: Payload) -> CommandRequest? {
    switch self {
    case .j1939: J1939Wire.request(message, payload)
    case .yardTractor: YardWire.request(message, payload)
    case .borderCarrier: CarrierWire.request(message, payload)
    }
  }

  /// The message that a unit takes its commands from.
  func source(of node: ControlNode) -> CommandMessage {
    switch self {
    case .j1939, .yardTractor:
      switch node {
      case .engine: .engine
      case .retarder: .retarder
      case .brakes: .brake
      case .steering: .steering
      case .transmission: self == .yardTractor ? .gear : .body
      case .body, .protection: .body
      }
    case .borderCarrier: node == .body ? .body : .motion
    }
  }

  /// How a status message goes out; nil when this truck does not send it.
  func format(_ message: StatusMessage) -> StatusFormat? {
    switch self {
    case .j1939: J1939Wire.format(message)
    case .yardTractor: YardWire.format(message)
    case .borderCarrier: CarrierWire.format(message)
    }
  }
}

/// Identifier, period in milliseconds, sender and protection of a status message.
struct StatusFormat: Sendable {
  var identifier: UInt32
  var isExtended = true
  var period: Int64
  var node: ControlNode
  var isFD = false
  var proof = MessageProof.none
}
