/// A line that breaks or mends something in the truck.
///
///     fault MESSAGE off|frozen|zero|corrupt|partial|on
///     fault engine|transmission|brakes|retarder|steering|body off|on
///     fault steering-offset RAD | steering-runaway RAD|off | steering-stuck on|off
///     fault lockout|flood|estop|brake-refused|parking-stuck on|off | flood|traffic SHARE
///     fault engine-runaway SHARE|off | engine-source ADDRESS|off
///     fault brake SHARE | friction MU | air-leak PA_PER_S | yaw-bias RAD_PER_S
///     fault cutout METRES_PER_S | cutout-all METRES_PER_S
///     fault abs-tractor|abs-trailer on|off | brake-heat DEGREES | trailer-air-leak PA_PER_S
///     fault brake-front|brake-drive|brake-trailer SHARE
///     fault sensor-front|sensor-drive|sensor-trailer on|zero|frozen
///     fault field-violated on|off | field-range METRES | attendant on|off | remote-stop on|off
///     fault aebs STATE | estop-wire sound|cut|unknown
///     fault clear
///     gnss on|off|frozen|fixed|float|single | gnss jump EAST NORTH
///     driver ... | key ...: acts of a driver (`DriverAct`)
///
/// What stands on the road and around the truck is in RoadCommand and SiteCommand.
package enum FaultCommand: Sendable, Equatable {
  case message(StatusMessage, MessageFault)
  case node(ControlNode, isOff: Bool)
  case steeringOffset(Double)
  case steeringRunaway(Double?)
  case steeringStuck(Bool)
  case lockout(Bool)
  /// Share of the bus that identifier 0 asks for; at 1 nothing else passes.
  case flood(Double)
  /// Share of the bus that a node of the lowest priority asks for.
  case traffic(Double)
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
  case trailerAirLeak(Double)
  /// Anti-lock control of the tractor or of the trailer.
  case antiLock(isTractor: Bool, works: Bool)
  /// What is left of the brakes of axle 0...2: front, drive, trailer.
  case axleBrake(Int, Double)
  /// All brakes at this temperature, degrees Celsius.
  case brakeHeat(Double)
  case wheelSensor(Int, WheelSensorFault)
  case road(RoadCommand)
  case site(SiteCommand)
  case driver(DriverAct)
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
    case "road": self = .road(try RoadCommand(words.dropFirst().map { $0 }, line))
    case "site": self = .site(try SiteCommand(words.dropFirst().map { $0 }, line))
    case "driver", "key": self = .driver(try DriverAct(words, line))
    default:
      throw FaultCommandError(
        message: "unknown command \"\(line)\"; known are fault, gnss, road, site, driver and key")
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
    if let command = try ofAxle(name, value) { return command }
    switch name {
    case "steering-offset": return .steeringOffset(try number(value, -0.5, 0.5))
    case "steering-runaway":
      return .steeringRunaway(value == "off" ? nil : try number(value, -0.6, 0.6))
    case "steering-stuck": return .steeringStuck(try onOrOff(value))
    case "lockout": return .lockout(try onOrOff(value))
    case "flood": return .flood(try share(value))
    case "traffic": return .traffic(try share(value))
    case "abs-tractor": return .antiLock(isTractor: true, works: try onOrOff(value))
    case "abs-trailer": return .antiLock(isTractor: false, works: try onOrOff(value))
    case "brake-heat": return .brakeHeat(try number(value, 0, 1_000))
    case "trailer-air-leak": return .trailerAirLeak(try number(value, 0, 1e6))
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
          + "flood traffic estop brake-refused parking-stuck engine-runaway engine-source brake "
          + "friction air-leak trailer-air-leak abs-tractor abs-trailer brake-heat brake-front "
          + "brake-drive brake-trailer sensor-front sensor-drive sensor-trailer cutout cutout-all "
          + "yaw-bias field-violated field-range attendant remote-stop aebs estop-wire clear"
      )
    }
  }

  /// Of one axle: brake-front, sensor-drive and the like.
  private static func ofAxle(
    _ name: Substring, _ value: Substring
  ) throws(FaultCommandError) -> FaultCommand? {
    for (axle, suffix) in ["front", "drive", "trailer"].enumerated() {
      if name == "brake-" + suffix { return .axleBrake(axle, try number(value, 0, 2)) }
      guard name == "sensor-" + suffix else { continue }
      switch value {
      case "on": return .wheelSensor(axle, .none)
      case "zero": return .wheelSensor(axle, .zero)
      case "frozen": return .wheelSensor(axle, .frozen)
      default:
        throw FaultCommandError(
          message: "fault \(name) takes on, zero or frozen, read \"\(value)\"")
      }
    }
    return nil
  }

  /// All, nothing or a number of the whole.
  private static func share(_ word: Substring) throws(FaultCommandError) -> Double {
    switch word {
    case "on": 1
    case "off": 0
    default: try number(word, 0, 1)
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

  static func onOrOff(_ word: Substring) throws(FaultCommandError) -> Bool {
    switch word {
    case "on", "pressed": true
    case "off", "released": false
    default: throw FaultCommandError(message: "expected on or off, read \"\(word)\"")
    }
  }

  static func number(
    _ word: Substring, _ lowest: Double, _ highest: Double
  ) throws(FaultCommandError) -> Double {
    guard let value = Double(word), value >= lowest, value <= highest else {
      throw FaultCommandError(
        message: "expected a number from \(lowest) to \(highest), read \"\(word)\"")
    }
    return value
  }
}
