import Signals
import Units
import WireCodec

/// Whose answer a row of the health table waits for, beyond its debounce.
///
/// S-4 gives 200 ms from a demand to its obedience, and that is what the rows say. An actuator that
/// only shows by what it does cannot answer sooner than its own dead time, its lag and the period of
/// the message that shows it; all three are declared by the profile, so they are added here and not
/// typed again.
///
/// | answer | added | why |
/// |---|---|---|
/// | `told` | nothing | a state that the unit tells of itself: refused, locked out, taken over, set |
/// | `brake` | delay, lag, speed period | after one lag two thirds of a demand are felt; half is asked |
/// | `steering` | delay, lag, angle period | the angle is held against a model with just that lag |
/// | `engine` | delay, lag, torque period | after one lag the torque is below the 40 % that are asked |
/// | `parkingBrake` | R-MRM-6's time | no profile declares how long its springs take to fill |
package enum AnswerTime: UInt8, Sendable {
  case told, brake, steering, engine, parkingBrake

  package func interval(
    _ vehicle: VehicleParameters, _ table: borrowing @_addressable FrameTable,
    _ times: SafeStopTimes
  ) -> Interval {
    switch self {
    case .told: .zero
    case .brake:
      vehicle.brakeDelay + vehicle.brakeLag
        + Self.period(of: .wheelSpeedFrontLeft, or: .wheelSpeedRearLeft, or: .vehicleSpeed, table)
    case .steering:
      vehicle.steeringDelay + vehicle.steeringLag
        + Self.period(of: .roadWheelAngle, or: .steeringWheelAngle, or: .steeringCurvature, table)
    case .engine:
      vehicle.driveDelay + vehicle.driveLag
        + Self.period(of: .engineTorque, table)
    case .parkingBrake: times.parkingConfirmation
    }
  }

  /// Of the message that carries the first of these signals that the profile has, which is the one
  /// that the rules read.
  private static func period(
    of first: SignalChannel, or second: SignalChannel? = nil, or third: SignalChannel? = nil,
    _ table: borrowing @_addressable FrameTable
  ) -> Interval {
    var found = (Interval.zero, Interval.zero, Interval.zero)
    let rows = table.receive.span
    let fields = table.fields.span
    for i in 0..<min(table.receiveCount, FrameTable.receiveCapacity) {
      let end = min(rows[i].firstField + rows[i].fieldCount, FrameTable.fieldCapacity)
      for j in min(rows[i].firstField, end)..<end {
        let channel = fields[j].channel
        if channel == first { found.0 = rows[i].period }
        if channel == second { found.1 = rows[i].period }
        if channel == third { found.2 = rows[i].period }
      }
    }
    return found.0 > .zero ? found.0 : found.1 > .zero ? found.1 : found.2
  }
}
