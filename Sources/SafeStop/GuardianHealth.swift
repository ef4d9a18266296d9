import ActuatorGate
import Signals
import Units
import WireCodec

extension GuardianCore {
  /// Whether the truck may be moving on our commands: obedience is judged only then.
  var isEngaged: Bool {
    @_addressableSelf get {
      switch state {
      case .starting, .idle: false
      case .stopping, .held: true
      case .relaying: watch.slot.mode == .autonomous || watch.slot.mode == .stopping
      }
    }
  }

  /// The guardian's own judgement of inputs and obedience, from its own decoder.
  mutating func judgeHealth(
    _ circumstances: GuardianCircumstances, _ feedback: @_addressable Feedback,
    _ configuration: borrowing @_addressable GuardianConfiguration
  ) -> HealthVerdict {
    var observation = HealthObservation()
    observation.now = circumstances.now
    observation.command = command
    observation.isEngaged = isEngaged
    observation.isStandstill = standstill.isStandstill
    observation.movedAtStandstill = standstill.movedAtStandstill
    observation.isRollingBack = standstill.isRollingBack
    observation.implausibleSpeed = standstill.implausibleSpeed
    observation.speedCap = configuration.limits.speedCap
    observation.buses = circumstances.buses
    return health.step(
      observation, feedback: feedback, decoder: decoder, table: configuration.frames,
      configuration: configuration.safeStop, vehicle: configuration.vehicle)
  }
}
