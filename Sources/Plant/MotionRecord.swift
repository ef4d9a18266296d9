/// The truth of bodies, wheels and brakes: part of a line of the plant's log.
package struct MotionRecord: Sendable, Equatable {
  /// m/s.
  package var lateralSpeed = 0.0
  package var lateralAcceleration = 0.0
  /// rad/s.
  package var yawRate = 0.0
  /// Speeds of the treads of front, drive and trailer wheels, m/s.
  package var frontRim = 0.0
  package var driveRim = 0.0
  package var trailerRim = 0.0
  /// Lateral load transfer ratio: at 1 or -1 one side carries nothing.
  package var tractorTransfer = 0.0
  package var trailerTransfer = 0.0
  package var tractorAntiLock = false
  package var trailerAntiLock = false
  /// The hottest brakes, degrees Celsius.
  package var brakeTemperature = 0.0

  package init() {}

  func append(to line: inout JSONLine) {
    line.number("vLateral", lateralSpeed, decimals: 4)
    line.number("aLateral", lateralAcceleration, decimals: 4)
    line.number("yawRate", yawRate, decimals: 5)
    line.number("rimFront", frontRim, decimals: 3)
    line.number("rimDrive", driveRim, decimals: 3)
    line.number("rimTrailer", trailerRim, decimals: 3)
    line.number("transferTractor", tractorTransfer, decimals: 4)
    line.number("transferTrailer", trailerTransfer, decimals: 4)
    line.truth("absTractor", tractorAntiLock)
    line.truth("absTrailer", trailerAntiLock)
    line.number("brakeTemperature", brakeTemperature, decimals: 1)
  }
}

extension TruckDynamics {
  package var motionRecord: MotionRecord {
    var record = MotionRecord()
    record.lateralSpeed = lateralSpeed
    record.lateralAcceleration = lateralAcceleration
    record.yawRate = yawRate
    record.frontRim = frontRim
    record.driveRim = driveRim
    record.trailerRim = trailerRim
    record.tractorTransfer = tractorLoadTransfer
    record.trailerTransfer = trailerLoadTransfer
    record.tractorAntiLock = brakes.tractorAntiLockActs
    record.trailerAntiLock = brakes.trailerAntiLockActs
    record.brakeTemperature = brakes.hottest
    return record
  }
}
