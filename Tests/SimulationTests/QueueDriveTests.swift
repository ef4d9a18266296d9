import Control
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// Following in the border queue by ACC1: what is ahead is a vehicle of 12 m on the plant's road.
@Suite struct QueueDrives {
  /// A drive, and how hard and how near it was.
  private final class Queue {
    let loop: ClosedLoop
    /// Of the brake demand while the truck moves, m/s2, and of the true gap, m.
    private(set) var hardest = 0.0
    private(set) var closest = Double.infinity
    private(set) var rear = Double.infinity
    private var speed = 0.0

    init() throws {
      let course = LongitudinalCourse(mass: 36, grade: 0, isMapped: true, firstLine: 195)
      loop = try course.loop(seed: 61)
    }

    var gap: Double { rear - loop.truth.frontStation.value }
    var phase: VehicleAheadPhase { loop.outputs.motion.ahead.phase }
    /// Nothing but the following slowed it.
    var isUntroubled: Bool {
      loop.monitor.violations.isEmpty && loop.outputs.mode == .autonomous
        && loop.outputs.demand.level == .nominal
    }

    /// Puts the lead with its rear at a station.
    func lead(at rear: Double, speed: Double = 0) throws {
      try loop.fault("site vehicle 1 \(rear + 6) 0 12 2.5 \(speed) 0")
      (self.rear, self.speed) = (rear, speed)
    }

    func leave() throws {
      try loop.fault("site clear")
      rear = .infinity
    }

    func forget() { (hardest, closest) = (0, .infinity) }

    @discardableResult
    func run(_ seconds: Double, until isOver: (Queue) -> Bool = { _ in false }) -> Bool {
      loop.run(seconds: seconds) { loop in
        rear += speed * 0.01
        closest = min(closest, gap)
        if loop.truth.speed.value > 0.3 {
          hardest = max(hardest, loop.guardianOutput.command.brakeDeceleration.value)
        }
        return isOver(self)
      }
    }
  }

  @Test("S-3, S-22: stops behind a vehicle, goes when it goes, and stops again")
  func stopAndGo() throws {
    let queue = try Queue()
    try queue.lead(at: 60)
    queue.run(40) { $0.loop.truth.frontStation.value > 50 }
    #expect(queue.run(25) { $0.loop.truth.speed.value == 0 && $0.phase == .followed })
    #expect((3...5).contains(queue.gap), "\(queue.gap) m")
    // It goes on by a metre, which moves nobody up, then for good.
    queue.run(3)
    let place = queue.loop.truth.frontStation
    try queue.lead(at: 61)
    queue.run(8)
    #expect(queue.loop.truth.frontStation == place)
    #expect(queue.loop.outputs.motion.obstacle == .vehicleAhead)
    try queue.lead(at: 61, speed: 2)
    queue.run(24)
    #expect(abs(queue.loop.truth.speed.value - 2) < 0.3, "\(queue.loop.truth.speed)")
    #expect((7...9.5).contains(queue.gap), "\(queue.gap) m: 4 m and 2 s")
    #expect(queue.loop.outputs.motion.limiter == .vehicleAhead)
    try queue.lead(at: queue.rear)
    #expect(queue.run(25) { $0.loop.truth.speed.value == 0 })
    #expect((3...5).contains(queue.gap), "\(queue.gap) m")
    #expect(queue.hardest < 1.3 && queue.closest > 2.9, "\(queue.hardest) m/s2, \(queue.closest) m")
    #expect(queue.isUntroubled, "\(queue.loop.monitor.violations) \(queue.loop.outputs.demand)")
  }

  @Test("S-3: a target that is seen no more is not run after, and the way is free after a while")
  func lost() throws {
    let queue = try Queue()
    try queue.lead(at: 60, speed: 2)
    #expect(queue.run(30) { $0.phase == .followed && $0.loop.truth.speed.value > 1.7 })
    queue.run(2)
    queue.forget()
    let speed = queue.loop.truth.speed.value
    try queue.leave()
    var fastest = 0.0
    queue.run(4.8) { queue in
      fastest = max(fastest, queue.loop.truth.speed.value)
      return false
    }
    #expect(queue.phase == .lost && fastest < speed + 0.3, "\(fastest) after \(speed) m/s")
    queue.run(8)
    #expect(queue.phase == .clear && queue.loop.truth.speed.value > 1.5)
    #expect(queue.hardest < 1, "\(queue.hardest) m/s2")
    #expect(queue.isUntroubled, "\(queue.loop.monitor.violations) \(queue.loop.outputs.demand)")
  }

  @Test(
    "S-4: a radar that is silent, tells half or repeats itself is a fault, and stops the truck",
    arguments: ["off", "partial", "frozen"])
  func silent(_ fault: String) throws {
    let queue = try Queue()
    queue.run(40) { $0.loop.truth.speed.value > 4 }
    try queue.lead(at: queue.loop.truth.frontStation.value + 40)
    queue.run(1)
    #expect(queue.phase == .followed)
    try queue.loop.fault("fault acc1 \(fault)")
    #expect(queue.run(1.5) { $0.loop.outputs.mode == .stopping })
    #expect(queue.loop.outputs.faults.contains(.radarSilent), "\(queue.loop.outputs.demand)")
    #expect(queue.run(15) { $0.loop.outputs.mode == .held })
    #expect(queue.loop.outputs.demand.reason == .radarSilent)
    #expect(queue.gap > 15 && queue.loop.monitor.violations.isEmpty, "\(queue.gap) m")
  }

  @Test("S-3: a ghost of one report does not brake, alone or before a vehicle that is followed")
  func ghost() throws {
    let queue = try Queue()
    queue.run(40) { $0.loop.truth.speed.value > 4 }
    try queue.lead(at: queue.loop.truth.frontStation.value + 8)
    queue.run(0.1)
    try queue.leave()
    queue.run(2)
    #expect(queue.hardest < 0.3, "\(queue.hardest) m/s2")
    #expect(queue.loop.truth.speed.value > 3.8 && queue.isUntroubled)

    let second = try Queue()
    try second.lead(at: 60, speed: 2)
    #expect(second.run(30) { $0.phase == .followed && $0.loop.truth.speed.value > 1.7 })
    second.run(2)
    second.forget()
    let ghost = second.loop.truth.frontStation.value + 1.5 + 1
    try second.loop.fault("site vehicle 2 \(ghost) 0 2 2.5 2 0")
    second.run(0.1)
    try second.loop.fault("site remove 2")
    second.run(2)
    #expect(second.hardest < 0.3, "\(second.hardest) m/s2")
    #expect(second.phase == .followed && second.isUntroubled)
  }

  @Test(
    "S-3: one that cuts in and stays is braked for as hard as it needs, and never touched",
    arguments: [12.0, 20])
  func cutIn(_ distance: Double) throws {
    let queue = try Queue()
    queue.run(40) { $0.loop.truth.speed.value > 4 }
    try queue.lead(at: queue.loop.truth.frontStation.value + distance)
    #expect(queue.run(25) { $0.loop.truth.speed.value == 0 })
    #expect(queue.closest > 1.5, "\(queue.closest) m")
    #expect(queue.hardest < 1.7, "\(queue.hardest) m/s2")
    #expect(queue.isUntroubled, "\(queue.loop.monitor.violations) \(queue.loop.outputs.demand)")
  }
}
