import Control
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// Caps that come with a state: the truck slows down to them and does not stop for them.
@Suite struct EasedCaps {
  /// R-GNSS-4: without fixes, or with fixes that are doubted, the truck goes on at 10 km/h at most,
  /// from a constant speed as well as while it speeds up.
  @Test(
    arguments: ["gnss off", "gnss jump 0 3"], [4.0, 6.0])
  func aDoubtfulPositionSlowsTheTruckDown(_ cause: String, from speed: Double) throws {
    let loop = try courseLoop(seed: 11)
    loop.run(seconds: 60) { $0.truth.speed.value > speed }
    loop.apply(try FaultCommand(cause))
    var excess = -Double.infinity
    var isStopped = false
    loop.run(seconds: 15) {
      isStopped = $0.outputs.mode != .autonomous
      if !isStopped, $0.outputs.motion.limiter == .position {
        excess = max(excess, $0.truth.speed.value - $0.outputs.speedCap.value)
      }
      return isStopped || $0.truth.speed.kilometresPerHour < 10.5
    }
    // 1 m/s too fast for half a second would be a stop (`speedExcess`).
    #expect(excess > -0.5 && excess < 0.5, "\(excess) m/s")
    // From a higher speed dead reckoning's own end comes first (R-DR-1).
    if isStopped { #expect(loop.outputs.demand.reason == .gnssLost) }
  }
}
