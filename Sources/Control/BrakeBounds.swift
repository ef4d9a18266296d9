import ActuatorGate
import PathFollowing
import SafeStop
import Signals
import Units

// What is learnt of the brakes, and what follows for authority and caps (S-8, S-11).
extension Controller {
  /// The curves of this cycle, before anything is judged by them.
  mutating func boundByBrakes(_ inputs: borrowing @_addressable Inputs, _ cycle: inout Cycle) {
    brakes.begin(remembered: inputs.records.brakeShare)
    brakes.count(
      on: trip.assumedDeceleration(isBench: inputs.records.isBench),
      isStandstill: standstill.isStandstill, cycle.elapsed)
    let settings = configuration.safeStop
    cycle.limits.assumedDeceleration = brakes.account.assumed
    cycle.limits.brakeShare = Fraction(brakes.believedShare)
    cycle.limits.comfortDeceleration = min(
      configuration.limits.authorityDeceleration, settings.comfortDeceleration)
    cycle.limits.emergencyDeceleration = settings.authorityEmergencyDeceleration
    cycle.curves = AuthorityCurves(
      assumed: brakes.account.assumed, descent: follower.planner.steepestDescent,
      wanted: AuthorityCurves.Wanted(
        planned: configuration.follower.deceleration, comfort: cycle.limits.comfortDeceleration,
        emergency: cycle.limits.emergencyDeceleration),
      configuration: configuration.follower)
    cycle.brakesEndTrip = brakes.account.endsTrip
    brakes.judge(comfort: cycle.curves.comfort, emergency: cycle.curves.emergency)
  }

  /// The highest speed with brakes that give less: it takes no longer to stop than with sound ones.
  @_addressableSelf func brakeCap() -> MetresPerSecond {
    let sound = trip.vehicle.assumedDeceleration.value
    let share = brakes.account.assumed.value / max(sound, 0.1)
    guard share < 1 else { return MetresPerSecond(.infinity) }
    let highest = min(configuration.limits.speedCap, configuration.follower.cruiseSpeed)
    return MetresPerSecond(highest.value * max(share, 0).squareRoot())
  }

  /// The gate's limits with the curve of this cycle.
  @_addressableSelf func gateLimits(_ cycle: borrowing @_addressable Cycle) -> GateLimits {
    var limits = configuration.limits
    limits.authorityDeceleration = min(limits.authorityDeceleration, cycle.curves.comfort)
    return limits
  }

  /// Takes what the brakes did; the command is the one that left the gate.
  mutating func learnBrakes(
    _ inputs: borrowing @_addressable Inputs, _ cycle: borrowing @_addressable Cycle
  ) {
    let vehicle = trip.vehicle
    var sample = BrakeSample()
    sample.elapsed = cycle.elapsed
    sample.speed = cycle.state.speed
    sample.demand = cycle.command.brakeDeceleration
    sample.lag = vehicle.brakeDelay + vehicle.brakeLag
    let speed = cycle.state.speed.value
    let resistance = Powertrain.resistance(speed, grade: cycle.grade, vehicle)
    sample.resistance = MetresPerSecondSquared(resistance / max(vehicle.mass.value, 1_000))
    sample.slope = MetresPerSecondSquared(9.81 * cycle.grade)
    sample.felt = MetresPerSecondSquared(cycle.feedback[.longitudinalAcceleration])
    sample.isAlone = brakeIsAlone(inputs, cycle)
    brakes.learn(sample)
  }

  @_addressableSelf private func brakeIsAlone(
    _ inputs: borrowing @_addressable Inputs, _ cycle: borrowing @_addressable Cycle
  ) -> Bool {
    let isOurs =
      (cycle.action == .drive || cycle.action == .stop) && inputs.guardian.state == .relaying
    let feedback = cycle.feedback
    // A pedal that the profile does not have reads as no number.
    let isTouched =
      feedback[.brakePedal] > configuration.safeStop.pedalPressed.value
      || feedback[.acceleratorPedal] > configuration.safeStop.pedalPressed.value
    let isParked =
      cycle.command.tractorParkingBrake || feedback.isSet(.tractorParkingBrake)
      || feedback.isSet(.trailerParkingBrake)
    let isBlended =
      cycle.command.driveTorque > .zero || cycle.command.retarderTorque > .zero
    // An accelerometer that the profile has and that is silent leaves the slope unknown.
    let isFelt =
      !feedback.has(.longitudinalAcceleration) || feedback[.longitudinalAcceleration].isFinite
    return isOurs && cycle.path.isOnRoute && isFelt && !isTouched && !isParked && !isBlended
      && !feedback.isSet(.independentBrakeTripped)
  }
}
