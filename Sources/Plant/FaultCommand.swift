/// A line that breaks or mends something in the truck.
///
///     fault MESSAGE off|frozen|zero|corrupt|partial|on
///     fault engine|transmission|brakes|retarder|steering|body off|on
///     fault steering-offset RAD | steering-runaway RAD|off | steering-stuck on|off
///     fault lockout|flood|estop|brake-refused|parking-stuck on|off
///     fault engine-runaway SHARE|off | engine-source ADDRESS|off
///     fault brake SHARE | friction MU | air-leak PA_PER_S | yaw-bias RAD_PER_S
///     fault cutout METRES_PER_S | cutout-all METRES_PER_S
///     fault field-violated on|off | field-range METRES | attendant on|off | remote-stop on|off
///     fault aebs STATE | estop-wire sound|cut|unknown
///     fault clear
///     gnss on|off|frozen|fixed|float|single | gnss jump EAST NORTH
package enum FaultCommand: Sendable, Equatable {
  case message(StatusMessage, MessageFault)
  case node(ControlNode, isOff: Bool)
  case steeringOffset(Double)
  case steeringRunaway(Double?)
  case steeringStuck(Bool)
  case lockout(Bool)
  case flood(Bool)
  case emergencyStop(Bool)
  /// The brake controller takes no external demand, and says so.
  case brakeRefused(Bool)
  /// The parking brakes stay as they are.
  case parkingStuck(Bool)
  /// The engine gives this share of its torque, whatever is asked.
  case engineRunaway(Double?)
  /// Who controls the engine, by what EEC1 says.
  case engineSource(UInt8?)
  case brake(Double)
  case friction(Double)
  case airLeak(Double)
  case cutOut(Double)
  /// Of every speed sensor, not of those at the wheels alone.
  case cutOutAll(Double)
  case yawBias(Double)
  case protection(ProtectionCommand)
  case clear
  case gnssPower(Bool)
  case gnssFrozen
  case gnssQuality(UInt8)
  case gnssJump(Double, Double)
}

/// Why a fault command was refused: what was read and what is allowed.
package struct FaultCommandError: Error, Sendable, Equatable {
  package var message: String

  package init(message: String) { self.message = message }
}

extension FaultCommand {
  package init(_ line: String) throws(FaultCommandError) {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0.isNewline })
    switch words.first {
    case "fault": self = try Self.fault(words.dropFirst().map { $0 }, line)
    case "gnss": self = try Self.gnss(words.dropFirst().map { $0 }, line)
    default:
      throw FaultCommandError(message: "unknown command \"\(line)\"; known are fault and gnss")
    }
  }

  private static func fault(
    _ words: [Substring], _ line: String
  ) throws(FaultCommandError) -> FaultCommand {
    guard let name = words.first else {
      throw FaultCommandError(message: "fault needs a name in \"\(line)\"")
    }
    if words.count == 1 {
      if name == "clear" { return .clear }
      throw FaultCommandError(message: "fault \(name) needs a value in \"\(line)\"")
    }
    guard words.count == 2 else {
      throw FaultCommandError(message: "fault takes one name and one value, read \"\(line)\"")
    }
    let value = words[1]
    if let command = try messageOrNode(name, value) { return command }
    if let command = try protection(name, value) { return .protection(command) }
    switch name {
    case "steering-offset": return .steeringOffset(try number(value, -0.5, 0.5))
    case "steering-runaway":
      return .steeringRunaway(value == "off" ? nil : try number(value, -0.6, 0.6))
    case "steering-stuck": return .steeringStuck(try onOrOff(value))
    case "lockout": return .lockout(try onOrOff(value))
    case "flood": return .flood(try onOrOff(value))
    case "estop": return .emergencyStop(try onOrOff(value))
    case "brake-refused": return .brakeRefused(try onOrOff(value))
    case "parking-stuck": return .parkingStuck(try onOrOff(value))
    case "engine-runaway":
      return .engineRunaway(value == "off" ? nil : try number(value, 0, 1))
    case "engine-source":
      return .engineSource(value == "off" ? nil : UInt8(try number(value, 0, 253)))
    case "brake": return .brake(try number(value, 0, 2))
    case "friction": return .friction(try number(value, 0.01, 1.5))
    case "air-leak": return .airLeak(try number(value, 0, 1e6))
    case "cutout": return .cutOut(try number(value, 0, 10))
    case "cutout-all": return .cutOutAll(try number(value, 0, 10))
    case "yaw-bias": return .yawBias(try number(value, -1, 1))
    default:
      throw FaultCommandError(
        message: "unknown fault \"\(name)\"; known are \(StatusMessage.names) engine transmission "
          + "brakes retarder steering body steering-offset steering-runaway steering-stuck lockout "
          + "flood estop brake-refused parking-stuck engine-runaway engine-source brake friction air-leak cutout "
          + "cutout-all yaw-bias field-violated field-range attendant remote-stop aebs estop-wire "
          + "clear"
      )
    }
  }

  private static func messageOrNode(
    _ name: Substring, _ value: Substring
  ) throws(FaultCommandError) -> FaultCommand? {
    if let message = StatusMessage(name: name) {
      switch value {
      case "off": return .message(message, .off)
      case "frozen": return .message(message, .frozen)
      case "zero": return .message(message, .zero)
      case "corrupt": return .message(message, .corrupt)
      case "partial": return .message(message, .partial)
      case "on": return .message(message, .none)
      default:
        throw FaultCommandError(
          message:
            "fault \(name) takes off, frozen, zero, corrupt, partial or on, read \"\(value)\"")
      }
    }
    for node in ControlNode.allCases where name == "\(node)" {
      return .node(node, isOff: try !onOrOff(value))
    }
    return nil
  }

  private static func protection(
    _ name: Substring, _ value: Substring
  ) throws(FaultCommandError) -> ProtectionCommand? {
    switch name {
    case "field-violated": return .field(isViolated: try onOrOff(value))
    case "field-range": return .fieldRange(try number(value, 0, 50))
    case "attendant": return .attendant(enables: try onOrOff(value))
    case "remote-stop": return .remoteStop(isPressed: try onOrOff(value))
    case "aebs": return .emergencyBraking(UInt8(try number(value, 0, 15)))
    case "estop-wire":
      switch value {
      case "sound": return .emergencyStopWire(.sound)
      case "cut": return .emergencyStopWire(.cut)
      case "unknown": return .emergencyStopWire(.unknown)
      default:
        throw FaultCommandError(
          message: "fault estop-wire takes sound, cut or unknown, read \"\(value)\"")
      }
    default: return nil
    }
  }

  private static func gnss(
    _ words: [Substring], _ line: String
  ) throws(FaultCommandError) -> FaultCommand {
    switch words.first {
    case "on" where words.count == 1: return .gnssPower(true)
    case "off" where words.count == 1: return .gnssPower(false)
    case "frozen" where words.count == 1: return .gnssFrozen
    case "fixed" where words.count == 1: return .gnssQuality(4)
    case "float" where words.count == 1: return .gnssQuality(5)
    case "single" where words.count == 1: return .gnssQuality(1)
    case "jump" where words.count == 3:
      return .gnssJump(try number(words[1], -1e5, 1e5), try number(words[2], -1e5, 1e5))
    default:
      throw FaultCommandError(
        message: "gnss takes on, off, frozen, fixed, float, single or jump EAST NORTH, read "
          + "\"\(line)\"")
    }
  }

  private static func onOrOff(_ word: Substring) throws(FaultCommandError) -> Bool {
    switch word {
    case "on", "pressed": true
    case "off", "released": false
    default: throw FaultCommandError(message: "expected on or off, read \"\(word)\"")
    }
  }

  private static func number(
    _ word: Substring, _ lowest: Double, _ highest: Double
  ) throws(FaultCommandError) -> Double {
    guard let value = Double(word), value >= lowest, value <= highest else {
      throw FaultCommandError(
        message: "expected a number from \(lowest) to \(highest), read \"\(word)\"")
    }
    return value
  }
}

struct ScheduledCommand: Sendable {
  var at: Int64
  var command: FaultCommand
}

extension Truck {
  /// Carries a command out when the truck's time reaches `at`, ms.
  package mutating func schedule(_ command: FaultCommand, at time: Int64) {
    pendingCommands.append(ScheduledCommand(at: time, command: command))
  }

  mutating func runScheduledCommands() {
    guard !pendingCommands.isEmpty else { return }
    var index = 0
    while index < pendingCommands.count {
      if pendingCommands[index].at <= now {
        apply(pendingCommands.remove(at: index).command)
      } else {
        index += 1
      }
    }
  }

  package mutating func apply(_ command: FaultCommand) {
    switch command {
    case .message(let message, let fault): messageFaults[Int(message.rawValue)] = fault
    case .node(let node, let isOff): controls.silenced.set(node, isOff)
    case .steeringOffset(let angle): setSteeringBias(angle)
    case .steeringRunaway(let angle): runawayAngle = angle
    case .steeringStuck(let isStuck): isSteeringStuck = isStuck
    case .lockout(let isLockedOut): controls.steering.isLockedOut = isLockedOut
    case .flood(let isOn): isFlooded = isOn
    case .emergencyStop(let isPressed): isEmergencyStopPressed = isPressed
    case .brakeRefused(let isRefused): controls.refusesBrakeDemand = isRefused
    case .parkingStuck(let isStuck):
      stuckParkingBrakes = isStuck ? (isTractorBraked, isTrailerBraked) : nil
    case .engineRunaway(let share): controls.runawayTorque = share
    case .engineSource(let address): shownEngineSource = address
    case .brake(let share): setBrake(share)
    case .friction(let coefficient): setFriction(coefficient)
    case .airLeak(let rate): airLeak = rate
    case .cutOut(let speed): settings.sensors.wheelSpeedCutOut = speed
    case .cutOutAll(let speed): settings.sensors.speedCutOut = speed
    case .protection(let command): protection.apply(command)
    case .yawBias(let bias): settings.sensors.yawRateBias = bias
    case .clear: clearFaults()
    case .gnssPower(let isOn): receiver.isOn = isOn
    case .gnssFrozen: receiver.isFrozen = true
    case .gnssQuality(let quality): receiver.quality = quality
    case .gnssJump(let east, let north):
      receiver.jumpEast = east
      receiver.jumpNorth = north
    }
  }
}
