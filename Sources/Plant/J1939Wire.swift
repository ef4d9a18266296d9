/// The messages of a J1939 tractor: SAE J1939-71, ISO 11783-7 guidance and a proprietary body pair
/// (can-gnss.md 7).
enum J1939Wire {
  /// The only address that may command.
  static var commander: UInt8 { 0x27 }

  static func layout(_ message: CommandMessage) -> CommandLayout {
    var layout = CommandLayout()
    layout.commander = commander
    // Priority and source are masked out.
    layout.mask = 0x03FF_FF00
    switch message {
    case .engine:
      layout.identifier = 0x0C00_0027
      layout.proof = .torqueSpeedControl
    case .retarder:
      layout.identifier = 0x0C00_1027
      layout.proof = .torqueSpeedControl
    case .brake:
      layout.identifier = 0x0C04_0B27
      layout.proof = .externalBrake
    case .steering:
      layout.identifier = 0x0CAD_1327
      layout.timeout = 150
    case .body:
      layout.identifier = 0x0CFF_1027
      layout.proof = .externalBrake
    case .gear, .motion: return .absent
    }
    return layout
  }

  static func request(_ message: CommandMessage, _ payload: Payload) -> CommandRequest? {
    switch message {
    case .engine: torque(payload, sign: 1).map { CommandRequest(driveTorque: $0) }
    case .retarder: torque(payload, sign: -1).map { CommandRequest(retarderTorque: $0) }
    case .brake: brake(payload)
    case .steering: steering(payload)
    case .body: body(payload)
    case .gear, .motion: nil
    }
  }

  /// Only "override disabled" and "torque control" are known here, with a torque that is a number.
  private static func torque(_ payload: Payload, sign: Double) -> Double? {
    let mode = payload.field(0, 2)
    guard payload.field(24, 8) <= 0xFA, mode == 0 || mode == 2 else { return nil }
    let share = (Double(payload.field(24, 8)) - 125) / 100
    return mode == 2 ? max(sign * share, 0) : 0
  }

  private static func brake(_ payload: Payload) -> CommandRequest? {
    let mode = payload.field(20, 2)
    guard payload.field(0, 16) <= 0xFAFF, mode == 0 || mode == 2 else { return nil }
    let demand = 15.687 - Double(payload.field(0, 16)) / 2048
    // Half a bit of the field is no demand.
    return CommandRequest(brakeDeceleration: mode == 2 && demand > 0.000_25 ? demand : 0)
  }

  private static func steering(_ payload: Payload) -> CommandRequest? {
    guard payload.field(0, 16) <= 0xFAFF, payload.field(16, 2) <= 1 else { return nil }
    // ISO 11783-7 counts curvature to the driver's right as positive.
    let curvature = 8.032 - Double(payload.field(0, 16)) * 0.000_25
    return CommandRequest(
      steering: SteeringRequest(
        target: .curvature(curvature), intends: payload.field(16, 2) == 1))
  }

  private static func body(_ payload: Payload) -> CommandRequest? {
    // Error (2) is nothing to act on; not available (3) leaves a field as it is.
    for start in stride(from: 0, to: 12, by: 2) where payload.field(start, 2) == 2 { return nil }
    guard payload.field(17, 7) == 0 else { return nil }
    func wish(_ start: Int) -> Bool? {
      let raw = payload.field(start, 2)
      return raw <= 1 ? raw == 1 : nil
    }
    var request = CommandRequest()
    request.tractorParkingBrake = wish(0)
    request.trailerParkingBrake = wish(2)
    request.driveSelected = wish(4)
    request.hazardLamps = wish(6)
    request.brakeLamps = wish(8)
    request.horn = wish(10)
    request.enable = payload.field(16, 1) == 1
    return request
  }

  static func format(_ message: StatusMessage) -> StatusFormat? {
    switch message {
    case .wheelSpeed: StatusFormat(identifier: 0x08FE_6E0B, period: 20, node: .brakes)
    case .vehicleSpeed: StatusFormat(identifier: 0x18FE_F100, period: 100, node: .engine)
    case .brakes1: StatusFormat(identifier: 0x18F0_010B, period: 100, node: .brakes)
    case .brakes2: StatusFormat(identifier: 0x18FE_BF0B, period: 100, node: .brakes)
    case .brakes5: StatusFormat(identifier: 0x18FD_C40B, period: 100, node: .brakes)
    case .engine1: StatusFormat(identifier: 0x0CF0_0400, period: 20, node: .engine)
    case .engine2: StatusFormat(identifier: 0x0CF0_0300, period: 50, node: .engine)
    case .transmission1: StatusFormat(identifier: 0x0CF0_0203, period: 10, node: .transmission)
    case .transmission2: StatusFormat(identifier: 0x18F0_0503, period: 100, node: .transmission)
    case .dynamics: StatusFormat(identifier: 0x18F0_090B, period: 20, node: .brakes)
    case .weight: StatusFormat(identifier: 0x18FE_700B, period: 1000, node: .brakes)
    case .steering: StatusFormat(identifier: 0x0CAC_2713, period: 100, node: .steering)
    case .body:
      StatusFormat(identifier: 0x18FF_1121, period: 50, node: .body, proof: .externalBrake)
    case .protection:
      StatusFormat(identifier: 0x18FF_2230, period: 20, node: .protection, proof: .externalBrake)
    case .emergencyBraking:
      StatusFormat(identifier: 0x0CF0_2F2A, period: 50, node: .protection)
    case .forwardVehicle: StatusFormat(identifier: 0x10FE_6F2A, period: 100, node: .protection)
    // There they go by the transport protocol, which no status message does.
    case .vehicleIdentity, .brakeIdentity: nil
    }
  }
}
