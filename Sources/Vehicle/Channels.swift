import SafeStop
import Signals
import WireCodec

extension SignalChannel {
  /// What the channel's value measures; nil for codes, counts and flags.
  var dimension: Dimension? {
    switch self {
    case .wheelSpeedFrontLeft, .wheelSpeedFrontRight, .wheelSpeedRearLeft, .wheelSpeedRearRight,
      .vehicleSpeed, .frontAxleSpeed, .outputShaftSpeed, .forwardVehicleSpeed:
      .speed
    case .yawRate, .engineSpeed: .angularRate
    case .lateralAcceleration, .longitudinalAcceleration, .externalBrakeLimit: .acceleration
    case .steeringWheelAngle, .roadWheelAngle, .articulationAngle: .angle
    case .protectiveFieldRange, .forwardVehicleDistance: .length
    case .steeringCurvature: .curvature
    case .engineTorque, .acceleratorPedal, .brakePedal, .retarderTorque: .fraction
    case .serviceAirPressure: .pressure
    case .combinationMass, .tractorMass: .mass
    case .steeringReadiness, .steeringLockout, .steeringExitReason, .engineControllingSource,
      .brakeControllingSource, .externalBrakeState, .externalBrakeMode, .haltBrakeMode,
      .brakeSwitch, .absActive, .currentGear, .selectedGear, .drivelineEngaged,
      .tractorParkingBrake, .trailerParkingBrake, .parkingBrakeSwitch, .hazardLamps, .brakeLamps,
      .horn, .emergencyStopLine, .independentBrakeTripped, .protectiveFieldClear,
      .emergencyStopLineInverse, .protectiveFieldInverse, .attendantEnable, .remoteStop,
      .emergencyBrakingState, .travelDirection, .trailerABSFaulty,
      .steeringWheelTorque, .autonomyKey, .forwardVehicleDetected:
      nil
    }
  }

  package static let byName = channelNames(count: count, make: { SignalChannel(rawValue: $0) })
}

extension CommandChannel {
  var dimension: Dimension? {
    switch self {
    case .engineTorque, .retarderTorque: .fraction
    case .brakeDeceleration: .acceleration
    case .steeringCurvature: .curvature
    case .roadWheelAngle: .angle
    case .engineControlMode, .brakeControlMode, .retarderControlMode, .steeringIntent, .gear,
      .tractorParkingBrake, .trailerParkingBrake, .hazardLamps, .brakeLamps, .horn, .dynamicEnable,
      .constant:
      nil
    }
  }

  /// What a profile may bind; constants have a section of their own.
  package static let byName = channelNames(count: count, make: { CommandChannel(rawValue: $0) })
    .filter { $0.channel != .constant }
}

extension ChecksumKind {
  package static let byName: [(name: String, kind: ChecksumKind)] = [
    ("tsc1", .tsc1), ("xbr", .xbr), ("crc8_j1850", .crc8J1850), ("crc8_h2f", .crc8H2F),
    ("crc16_ccitt", .crc16CCITT),
  ]
}

extension Reason {
  package static let byName = channelNames(count: count, make: { Reason(rawValue: $0) })
}

extension HealthCheck {
  package static let byName = channelNames(count: count, make: { HealthCheck(rawValue: $0) })
}

private func channelNames<C>(count: Int, make: (UInt8) -> C?) -> [(name: String, channel: C)] {
  (0..<UInt8(count)).compactMap { raw in make(raw).map { (snakeCase("\($0)"), $0) } }
}
