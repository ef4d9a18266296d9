/// A message that the truck sends on its own, named after the J1939 one with that content.
///
/// Each wire sends those it has.
package enum StatusMessage: UInt8, Sendable, CaseIterable {
  case wheelSpeed, vehicleSpeed, brakes1, brakes2, brakes5, engine1, engine2
  case transmission1, transmission2, dynamics, weight, steering, body
  /// Protective field, attendant, remote stop; AEBS1.
  case protection, emergencyBraking
  /// The vehicle's number and the part in the brake controller.
  case vehicleIdentity, brakeIdentity
  /// ACC1: what the radar sees ahead.
  case forwardVehicle

  /// The name in fault commands.
  package init?(name: Substring) {
    switch name {
    case "wheelspeed", "hrw": self = .wheelSpeed
    case "vehiclespeed", "ccvs1": self = .vehicleSpeed
    case "ebc1": self = .brakes1
    case "ebc2", "frontaxle": self = .brakes2
    case "ebc5", "brakestatus": self = .brakes5
    case "eec1", "drivestatus": self = .engine1
    case "eec2": self = .engine2
    case "etc1", "gearstatus": self = .transmission1
    case "etc2": self = .transmission2
    case "vdc2", "dynamics": self = .dynamics
    case "cvw", "weight": self = .weight
    case "machineinfo", "steeringstatus": self = .steering
    case "bodystatus": self = .body
    case "field": self = .protection
    case "aebs1": self = .emergencyBraking
    case "vehicleidentity": self = .vehicleIdentity
    case "brakeidentity": self = .brakeIdentity
    case "acc1": self = .forwardVehicle
    default: return nil
    }
  }

  package static var names: String {
    "wheelspeed vehiclespeed ebc1 ebc2 ebc5 eec1 eec2 etc1 etc2 vdc2 cvw machineinfo bodystatus field "
      + "aebs1 vehicleidentity brakeidentity acc1"
  }
}

extension StatusMessage {
  /// When it is sent first, so that the messages do not all come at once.
  func phase(of format: StatusFormat) -> Int64 { Int64(rawValue) % min(format.period, 19) }
}

/// What is wrong with a message.
package enum MessageFault: UInt8, Sendable {
  case none
  /// Not sent.
  case off
  /// The last payload again and again.
  case frozen
  /// Speeds read zero, as on locked wheels.
  case zero
  /// One bit of each frame is wrong.
  case corrupt
  /// A part of its fields is not available.
  case partial
}
