import NetworkManagement
import Signals
import Units
import WireCodec

extension NetworkManager {
  /// The cycle of a guardian in `state`; it needs an address once the daemon's mode has left
  /// MANUAL, and for as long as it sends (S-23).
  mutating func step(
    _ state: GuardianState, _ slot: @_addressable DaemonSlot, isFresh: Bool, _ now: Instant,
    _ frames: borrowing @_addressable FrameBatch,
    _ configuration: borrowing @_addressable NetworkConfiguration,
    isParked: Bool
  ) {
    let isArmed =
      isFresh && slot.transmitAllowed && (slot.mode == .armed || slot.mode == .autonomous)
    var circumstances = NetworkCircumstances()
    circumstances.now = now
    circumstances.wantsAddress = state.isSending || (state == .idle && isArmed)
    // Whoever sends nothing holds nothing.
    circumstances.isParked = isParked || !state.isSending
    step(circumstances, frames: frames, configuration: configuration)
  }

  /// What goes out of this cycle, and what the next DM1 says.
  mutating func report(_ slot: @_addressable DaemonSlot, into output: inout GuardianOutput) {
    output.networkFrames = frames
    output.networkFrameCount = frameCount
    output.report.address = self.state
    var faults = output.faults
    if slot.mode != .manual, slot.mode != .shadow { faults.formUnion(slot.faults) }
    if output.demand.level > .nominal { faults.insert(output.demand.reason) }
    note(faults, isStopping: output.demand.level >= .comfortStop)
  }
}
