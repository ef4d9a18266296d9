/// What a driver does in the cab of the simulated truck.
///
///     driver brake|accelerator SHARE | driver steer NEWTON_METRES | driver parking on|off
///     driver gear neutral|drive | key on|off
///     driver follow METRES_PER_S|off | driver wheel RAD|off
package enum DriverAct: Sendable, Equatable {
  /// Share of the pedal's travel.
  case brake(Double)
  case accelerator(Double)
  /// Torque of the hands, positive to the left.
  case steer(Double)
  case parking(Bool)
  case gearToNeutral(Bool)
  case key(Bool)
  /// Drives along the route at this speed; without one, stops and parks.
  case follow(Double?)
  /// Holds the road wheels at this angle, left positive, in drive and off the parking brakes; the
  /// pedals are acts of their own.
  case wheel(Double?)

  init(_ words: [Substring], _ line: String) throws(FaultCommandError) {
    let names = words.dropLast().joined(separator: " ")
    let value = words.last ?? ""
    switch names {
    case "driver brake": self = .brake(try Self.number(value, 0, 1))
    case "driver accelerator": self = .accelerator(try Self.number(value, 0, 1))
    case "driver steer": self = .steer(try Self.number(value, -12, 12))
    case "driver parking": self = .parking(try Self.choice(value, "on", "off"))
    case "driver gear": self = .gearToNeutral(try Self.choice(value, "neutral", "drive"))
    case "key": self = .key(try Self.choice(value, "on", "off"))
    case "driver follow":
      self = .follow(value == "off" ? nil : try Self.number(value, 0.5, 30))
    case "driver wheel":
      self = .wheel(value == "off" ? nil : try Self.number(value, -0.6, 0.6))
    default:
      throw FaultCommandError(
        message: "unknown act \"\(line)\"; known are driver brake, accelerator, steer, parking, "
          + "gear, follow and wheel, and key, each with one value")
    }
  }

  private static func choice(
    _ word: Substring, _ yes: Substring, _ no: Substring
  ) throws(FaultCommandError) -> Bool {
    guard word == yes || word == no else {
      throw FaultCommandError(message: "expected \(yes) or \(no), read \"\(word)\"")
    }
    return word == yes
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

/// The controls in the cab as they stand.
struct Cab: Sendable {
  private(set) var brakePedal = 0.0
  private(set) var accelerator = 0.0
  private(set) var steeringTorque = 0.0
  private(set) var parkingLeverIsPulled = false
  private(set) var gearLeverIsInNeutral = false
  private(set) var keyIsOn = true

  mutating func apply(_ act: DriverAct) {
    switch act {
    case .brake(let share): brakePedal = share
    case .accelerator(let share): accelerator = share
    case .steer(let torque): steeringTorque = torque
    case .parking(let isPulled): parkingLeverIsPulled = isPulled
    case .gearToNeutral(let isNeutral): gearLeverIsInNeutral = isNeutral
    case .key(let isOn): keyIsOn = isOn
    // What the hands do on the way comes as the other acts.
    case .follow, .wheel: break
    }
  }
}
