import Signals
import Units

/// What a driver's act does to a truck that the stack drives (S-23).
package enum DriverResponse: UInt8, Sendable {
  /// The truck stops and holds; an acknowledge is needed.
  case stop
  /// The driver has the truck at once: nothing more is sent.
  case manual
}

/// Acts of a driver that need a memory: of what the controls did while our commands were followed.
struct DriverActs: Sendable, Visitable {
  /// Seen released or in drive since we commanded it: only then is the opposite a driver's.
  private var parkingWasReleased = false
  private var gearWasIn = false
  private var wheelAngle = Double.nan
  /// Of the steering wheel, rad/s, filtered over 100 ms.
  private var wheelRate = 0.0

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("parkingWasReleased", &parkingWasReleased)
    visitor.visit("gearWasIn", &gearWasIn)
    visitor.visit("wheelAngle", &wheelAngle)
    visitor.visit("wheelRate", &wheelRate)
  }

  mutating func step(
    _ observation: @_addressable HealthObservation, _ feedback: @_addressable Feedback,
    _ vehicle: @_addressable VehicleParameters, _ elapsed: Double
  ) {
    let command = observation.command
    let switchIsOff = feedback[.parkingBrakeSwitch] == 0
    parkingWasReleased =
      observation.isEngaged && !command.tractorParkingBrake
      && (parkingWasReleased || switchIsOff)
    gearWasIn =
      observation.isEngaged && command.gear == .drive
      && (gearWasIn || feedback[.selectedGear] > 0)
    let angle =
      feedback.has(.steeringWheelAngle)
      ? feedback[.steeringWheelAngle] : feedback[.roadWheelAngle] * vehicle.steeringRatio
    guard angle.isFinite, wheelAngle.isFinite, elapsed > 0 else {
      wheelAngle = angle
      wheelRate = 0
      return
    }
    wheelRate += ((angle - wheelAngle) / elapsed - wheelRate) * min(elapsed / 0.1, 1)
    wheelAngle = angle
  }

  func steers(
    _ feedback: @_addressable Feedback, _ vehicle: @_addressable VehicleParameters,
    _ configuration: @_addressable SafeStopConfiguration
  ) -> Bool {
    steeringReading(feedback, vehicle, configuration).isCrossed
  }

  /// By torque where it is measured, else by a rate that our actuator cannot reach.
  func steeringReading(
    _ feedback: @_addressable Feedback, _ vehicle: @_addressable VehicleParameters,
    _ configuration: @_addressable SafeStopConfiguration
  ) -> Reading {
    let torque = Reading(
      feedback[.steeringWheelTorque].magnitude, .above, configuration.driverSteeringTorque,
      .newtonMetres, .steeringWheelTorque)
    if torque.isCrossed { return torque }
    let fastest = vehicle.steeringRate.value * vehicle.steeringRatio
    return Reading(
      wheelRate.magnitude, .above, 1.5 * fastest, .radiansPerSecond, .steeringWheelAngle)
  }

  /// The lever, not the springs of the independent path.
  func pullsParkingBrake(_ feedback: @_addressable Feedback) -> Bool {
    parkingWasReleased && feedback.isSet(.parkingBrakeSwitch)
      && !feedback.isSet(.independentBrakeTripped)
  }

  func movesGearLever(_ feedback: @_addressable Feedback) -> Bool {
    gearWasIn && feedback[.selectedGear] <= 0
  }

  /// Without a word about its key, a truck that has one counts as without.
  func removedKey(_ feedback: @_addressable Feedback) -> Bool {
    feedback.has(.autonomyKey) && feedback[.autonomyKey] != 1
  }
}

extension Faults {
  /// Whether a driver acts.
  package var showDriver: Bool {
    contains(.driverInput) || contains(.driverSteered) || contains(.driverParked)
      || contains(.driverShifted) || contains(.keyRemoved)
  }
}

/// The guardian's part in giving the truck to a driver (S-23): the daemon says that it is done, and
/// only if the own inputs show the driver and the profile lets him is that believed.
struct DriverHandOver: Sendable, Visitable {
  private var seenAt = Instant.never

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) { visitor.visit("seenAt", &seenAt) }

  mutating func note(_ verdict: HealthVerdict, at now: Instant) {
    if verdict.driverIsSeen { seenAt = now }
  }

  func isDue(
    _ state: GuardianState, _ demand: StopDemand, _ now: Instant,
    _ configuration: @_addressable SafeStopConfiguration
  ) -> Bool {
    guard configuration.driverResponse == .manual, demand.level < .emergencyStop else {
      return false
    }
    return (state == .relaying || state == .stopping) && now - seenAt < .milliseconds(500)
  }
}
