import Signals

// What the descriptions of the two protocols say, written a second time beside the profiles.
extension ProprietaryWires.Platform {
  static let all = [yard, carrier]

  private static let degree = Double.pi / 180
  private static let offOn = [1: 0.0, 2: 1.0]
  private static let plain = [0: 0.0, 1: 1.0]
  private static let ready = [0: 0.0, 1: 1, 2: 1, 3: 0, 4: 0]
  private static let lockedOut = [0: 0.0, 1: 0, 2: 0, 3: 1, 4: 0]
  private static let brakeState = [0: 2.0, 1: 0, 2: 0, 3: 2]
  private static let brakeMode = [0: 0.0, 1: 0, 2: 2, 3: 0]

  private static let yard = Self(
    name: "yard-tractor-dbw", node: "Gateway", isExtended: false,
    values: [
      (.wheelSpeedFrontLeft, "WheelSpeeds", "WheelSpeedFrontLeft", 1 / 3.6),
      (.wheelSpeedFrontRight, "WheelSpeeds", "WheelSpeedFrontRight", 1 / 3.6),
      (.wheelSpeedRearLeft, "WheelSpeeds", "WheelSpeedRearLeft", 1 / 3.6),
      (.wheelSpeedRearRight, "WheelSpeeds", "WheelSpeedRearRight", 1 / 3.6),
      (.yawRate, "VehicleMotion", "YawRate", degree),
      (.lateralAcceleration, "VehicleMotion", "LateralAcceleration", 1),
      (.longitudinalAcceleration, "VehicleMotion", "LongitudinalAcceleration", 1),
      (.roadWheelAngle, "SteeringStatus", "RoadWheelAngle", -degree),
      (.steeringExitReason, "SteeringStatus", "ExitReason", 1),
      (.externalBrakeLimit, "BrakeStatus", "DecelerationLimit", 1),
      (.brakePedal, "BrakeStatus", "BrakePedal", 0.01),
      (.engineControllingSource, "DriveStatus", "ControlSource", 1),
      (.engineTorque, "DriveStatus", "ActualDriveTorque", 0.01),
      (.engineSpeed, "DriveStatus", "EngineSpeed", .pi / 30),
      (.acceleratorPedal, "DriveStatus", "AcceleratorPedal", 0.01),
      (.selectedGear, "GearStatus", "SelectedGear", 1),
      (.currentGear, "GearStatus", "CurrentGear", 1),
      (.outputShaftSpeed, "GearStatus", "OutputShaftSpeed", 0.0174532925),
      (.vehicleSpeed, "VehicleSpeed", "VehicleSpeed", 1 / 3.6),
      (.frontAxleSpeed, "VehicleSpeed", "FrontAxleSpeed", 1 / 3.6),
      (.serviceAirPressure, "ChassisStatus", "ServiceAirPressure", 100_000),
      (.combinationMass, "LoadStatus", "CombinationMass", 1),
      (.tractorMass, "LoadStatus", "TractorMass", 1),
    ],
    codes: [
      (.steeringReadiness, "SteeringStatus", "SteeringState", ready),
      (.steeringLockout, "SteeringStatus", "SteeringState", lockedOut),
      (.externalBrakeState, "BrakeStatus", "BrakeState", brakeState),
      (.externalBrakeMode, "BrakeStatus", "BrakeState", brakeMode),
      (.brakeSwitch, "BrakeStatus", "BrakeSwitch", offOn),
      (.absActive, "BrakeStatus", "ABSActive", offOn),
      (.haltBrakeMode, "BrakeStatus", "HoldActive", offOn),
      (.drivelineEngaged, "GearStatus", "DrivelineEngaged", offOn),
      (.tractorParkingBrake, "ChassisStatus", "ParkingBrake", offOn),
      (.trailerParkingBrake, "ChassisStatus", "TrailerBrake", offOn),
      (.hazardLamps, "ChassisStatus", "HazardLamps", offOn),
      (.brakeLamps, "ChassisStatus", "BrakeLamps", offOn),
      (.horn, "ChassisStatus", "Horn", offOn),
      (.independentBrakeTripped, "ChassisStatus", "IndependentBrakeTripped", offOn),
      (.emergencyStopLine, "ChassisStatus", "EmergencyStopLine", offOn),
    ])

  private static let carrier = Self(
    name: "border-agv", node: "Chassis", isExtended: true,
    values: [
      (.wheelSpeedFrontLeft, "ChassisStatus", "WheelSpeedFrontLeft", 1),
      (.wheelSpeedFrontRight, "ChassisStatus", "WheelSpeedFrontRight", 1),
      (.wheelSpeedRearLeft, "ChassisStatus", "WheelSpeedRearLeft", 1),
      (.wheelSpeedRearRight, "ChassisStatus", "WheelSpeedRearRight", 1),
      (.yawRate, "ChassisStatus", "YawRate", 1),
      (.lateralAcceleration, "ChassisStatus", "LateralAcceleration", 1),
      (.longitudinalAcceleration, "ChassisStatus", "LongitudinalAcceleration", 1),
      (.externalBrakeLimit, "ChassisStatus", "DecelerationLimit", 1),
      (.absActive, "ChassisStatus", "ABSActive", 1),
      (.serviceAirPressure, "ChassisStatus", "ServiceAirPressure", 1_000),
      (.roadWheelAngle, "SteeringStatus", "FrontAxleAngle", 1),
      (.steeringExitReason, "SteeringStatus", "ExitReason", 1),
      (.engineControllingSource, "DriveStatus", "ControlSource", 1),
      (.engineTorque, "DriveStatus", "ActualTorque", 0.01),
      (.engineSpeed, "DriveStatus", "MotorSpeed", .pi / 30),
      (.retarderTorque, "DriveStatus", "RegenerationTorque", 0.01),
      (.vehicleSpeed, "DriveStatus", "VehicleSpeed", 1),
      (.frontAxleSpeed, "FrontAxleEncoder", "FrontAxleSpeed", 1),
      (.combinationMass, "LoadStatus", "GrossMass", 1),
    ],
    codes: [
      (.externalBrakeState, "ChassisStatus", "BrakeState", brakeState),
      (.externalBrakeMode, "ChassisStatus", "BrakeState", brakeMode),
      (.haltBrakeMode, "ChassisStatus", "HoldActive", plain),
      (.steeringReadiness, "SteeringStatus", "SteeringState", ready),
      (.steeringLockout, "SteeringStatus", "SteeringState", lockedOut),
      (.selectedGear, "DriveStatus", "SelectedGear", offOn),
      (.currentGear, "DriveStatus", "EngagedGear", offOn),
      (.drivelineEngaged, "DriveStatus", "DrivelineEngaged", plain),
      (.tractorParkingBrake, "BodyStatus", "ParkingBrake", plain),
      (.hazardLamps, "BodyStatus", "HazardLamps", plain),
      (.brakeLamps, "BodyStatus", "BrakeLamps", plain),
      (.horn, "BodyStatus", "Horn", plain),
      (.independentBrakeTripped, "BodyStatus", "IndependentBrakeTripped", plain),
      (.emergencyStopLine, "BodyStatus", "EmergencyStopLine", plain),
    ])
}
