import Control
import DriveConfiguration
import Foundation
import Logbook
import Signals

/// What handing each cycle to the recorder costs the control thread.
struct BenchHandover {
  /// Microseconds: of a cycle, and of one with the core's state.
  private(set) var mean = 0.0
  private(set) var worst = 0.0
  private(set) var withState = 0.0

  init(_ inputs: [Inputs], _ configuration: DriveConfiguration, now: () -> UInt64) {
    var controller = Controller(configuration: configuration.controller)
    var handover = CycleHandover()
    var source = CycleSource(handover)
    var total: UInt64 = 0
    var longest: UInt64 = 0
    let route = configuration.route
    for (index, input) in inputs.enumerated() {
      // Nobody takes the cycles here: a ring that is full begins anew.
      if index % CycleHandover.capacity == 0 {
        handover = CycleHandover()
        source = CycleSource(handover)
      }
      let begin = now()
      source.begin(&controller, cycle: 1)
      let middle = now()
      let outputs = controller.step(input, route: route.span)
      let stepped = now()
      source.end(&controller, input, outputs)
      let time = now() - stepped + (middle - begin)
      total += time
      longest = max(longest, time)
    }
    mean = Double(total) / Double(max(inputs.count, 1)) / 1_000
    worst = Double(longest) / 1_000
    handover = CycleHandover()
    source = CycleSource(handover)
    let begin = now()
    source.begin(&controller, cycle: 0)
    withState = Double(now() - begin) / 1_000
  }
}
