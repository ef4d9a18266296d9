import CAN
import Plant
import Signals
import TestSupport
import Testing
import Units

/// A step of the truck costs no heap call once its buffers have grown.
@Suite struct Heap {
  /// Unoptimised code boxes what optimised code keeps in registers.
  private static var isOptimised: Bool { !_isDebugAssertConfiguration() }

  @Test(
    .enabled(if: canCountHeapCalls, "a sanitizer owns malloc"),
    .enabled(if: isOptimised, "counts are those of a release build"))
  func steadyStepsAllocateNothing() {
    var truck = Truck(
      parameters: VehicleParameters(), seed: 1,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: 5))
    var sender = CommandSender()
    let frames = (0..<200).map { _ in (sender.torque(30), sender.brake(0.2), sender.body()) }
    for _ in 0..<50 { truck.step(milliseconds: 10) }
    let calls = heapCalls {
      for (torque, brake, body) in frames {
        truck.receive(torque)
        truck.receive(brake)
        truck.receive(body)
        truck.step(milliseconds: 10)
      }
    }
    #expect(calls == 0)
    #expect(
      heapCalls { truck = Truck(parameters: VehicleParameters(), seed: 1, start: TruckStart()) } > 0
    )
  }
}
