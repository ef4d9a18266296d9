import ActuatorGate
import PathFollowing
import SafeStop
import Signals
import Units

/// What one step works out on its way from inputs to outputs.
struct Cycle {
  let now: Instant
  let feedback: Feedback
  var elapsed = Interval.zero
  var state = VehicleState()
  var path = PathState()
  var events = ModeMachine.Events()
  var authority = MovementAuthority()
  var holdLine = -1
  var health = HealthVerdict()
  var demand = StopDemand()
  var readiness = Reason.none
  var stop = StopAction()
  var action = ModeMachine.Action.silent
  var limits = MotionLimits()
  var command = Command()
  var targetSpeed = MetresPerSecond.zero
  var plan = StopPlan()
  var clamps = GateClamps()

  init(_ inputs: borrowing Inputs, _ feedback: Feedback) {
    now = inputs.now
    self.feedback = feedback
  }
}
