/// What is true of this truck beyond what a profile tells: nobody else knows these values.
///
/// The defaults are the reference sensors' figures where it has one.
package struct TruckSettings: Sendable {
  /// Where the site frame's origin lies: degrees, degrees, metres above the ellipsoid.
  package var originLatitude = 46.6833
  package var originLongitude = 82.7900
  package var originHeight = 450.0
  /// Ellipsoid height minus mean-sea-level height, m.
  package var geoidSeparation = -40.0
  /// UTC at the truck's start, ns since 1970.
  package var utcAtStart: Int64 = 1_795_219_200_000_000_000
  package var gnssPeriodMilliseconds: Int64 = 100

  /// Constant road-wheel offset that no sensor shows, rad.
  package var steeringBias = 0.0
  /// Deceleration while moving that no profile tells, m/s2.
  package var untoldDrag = 0.0
  /// Tyre-road friction coefficient.
  package var friction = 0.8
  /// What the brakes give of what is demanded.
  package var brakeEffectiveness = 1.0
  /// Holding forces of the spring brakes, N: 44 t on 8 % needs 34 kN.
  package var tractorParkingForce = 60_000.0
  package var trailerParkingForce = 80_000.0
  package var tractorMass = 8_000.0
  /// Between the wheel centres of an axle, m.
  package var trackWidth = 2.0
  package var wheelRadius = 0.5
  package var finalDriveRatio = 3.0

  package var motion = MotionModel.tyres
  package var chassis = ChassisSettings()
  package var sensors = SensorSettings()
  /// What its controllers tell of themselves, where the wire has a message for it.
  package var vehicleNumber = "WTULPAR0000000042"
  package var brakePart = "EBS 7.2"
  /// Whose messages its controllers speak.
  package var wire = TruckWire.j1939

  package init() {}

  /// Every sensor exact and every error zero.
  package static var ideal: TruckSettings {
    var settings = TruckSettings()
    settings.sensors = .exact
    return settings
  }
}

/// Errors of the truck's own sensors; speeds in m/s, angles in rad, times in ms.
package struct SensorSettings: Sendable {
  package var wheelSpeedScale = 1.003
  package var wheelSpeedNoise = 0.02
  package var vehicleSpeedScale = 0.997
  package var frontAxleSpeedScale = 1.005
  /// Below this speed the wheel sensors read zero.
  package var wheelSpeedCutOut = 0.0
  /// Below this speed every sensor of a turning part reads zero.
  package var speedCutOut = 0.0
  package var yawRateBias = 0.002
  package var yawRateNoise = 0.003
  package var lateralAccelerationBias = 0.02
  package var longitudinalAccelerationBias = 0.03
  package var accelerationNoise = 0.03
  /// At the steering wheel.
  package var steeringWheelOffset = 0.02
  package var steeringWheelNoise = 0.01
  package var massScale = 0.98

  package var positionNoise = 0.010
  package var positionDrift = 0.020
  package var positionDriftSeconds = 30.0
  package var headingNoise = 0.0035
  package var gnssSpeedNoise = 0.03

  package init() {}

  package static var exact: SensorSettings {
    var settings = SensorSettings()
    settings.wheelSpeedScale = 1
    settings.wheelSpeedNoise = 0
    settings.vehicleSpeedScale = 1
    settings.frontAxleSpeedScale = 1
    settings.yawRateBias = 0
    settings.yawRateNoise = 0
    settings.lateralAccelerationBias = 0
    settings.longitudinalAccelerationBias = 0
    settings.accelerationNoise = 0
    settings.steeringWheelOffset = 0
    settings.steeringWheelNoise = 0
    settings.massScale = 1
    settings.positionNoise = 0
    settings.positionDrift = 0
    settings.headingNoise = 0
    settings.gnssSpeedNoise = 0
    return settings
  }
}

/// Where and how the truck stands when the plant starts.
package struct TruckStart: Sendable {
  /// Tractor rear-axle centre, site frame, m.
  package var east = 0.0
  package var north = 0.0
  /// Counter-clockwise from east, rad; the trailer is straight behind.
  package var heading = 0.0
  /// m/s; a moving truck starts in drive with its parking brakes off.
  package var speed = 0.0

  package init() {}

  package init(east: Double, north: Double, heading: Double, speed: Double = 0) {
    self.east = east
    self.north = north
    self.heading = heading
    self.speed = speed
  }
}
