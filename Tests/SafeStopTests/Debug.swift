import ActuatorGate
import SafeStop
import Signals
import Units
import Testing
@Suite struct DebugTests {
  @Test func timeline() {
    var bench = Bench()
    bench.run(0.5)
    bench.daemon.slot.mode = .armed
    bench.daemon.slot.transmitAllowed = true
    bench.run(3)
    bench.daemon.slot.mode = .autonomous
    bench.daemon.target = 6.94
    for i in 0..<1400 {
      bench.cycle()
      if i % 20 == 0 || i < 5 { print(i, bench.output.report.state, bench.output.demand, bench.truck.speed, bench.output.clamps.bits, bench.output.command.driveTorque.value, bench.output.command.brakeDeceleration.value, bench.output.faults.bits) }
      if bench.output.report.state == .held { break }
    }
  }
}
