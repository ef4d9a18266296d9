import Control
import PathFollowing
import SafeStop
import Signals
import Testing
import Units
import WireCodec

/// A radar that reports every 100 ms, and a truck at a constant speed.
private struct Queue {
  var ahead = VehicleAhead()
  /// What the radar tells: detected, distance, speed; nil for no message.
  var told: (Double, Double, Double)? = (0, .nan, .nan)
  var own = 0.0
  var follower = FollowerConfiguration()
  private var table = FrameTable()
  private var store = SignalStore()
  private var now = Instant(nanoseconds: 0)

  init(hasRadar: Bool = true) {
    var row = ReceiveRow()
    row.freshness = .milliseconds(300)
    guard hasRadar else { return }
    let channels: [SignalChannel] = [
      .forwardVehicleDetected, .forwardVehicleDistance, .forwardVehicleSpeed,
    ]
    for channel in channels {
      table.fields[row.fieldCount].channel = channel
      row.fieldCount += 1
    }
    table.receive[0] = row
    table.receiveCount = 1
    table.fieldCount = row.fieldCount
  }

  mutating func run(_ cycles: Int, _ each: (inout Queue) -> Void = { _ in }) {
    for _ in 0..<cycles {
      if now.nanoseconds % 100_000_000 == 0, let told {
        put(.forwardVehicleDetected, told.0)
        put(.forwardVehicleDistance, told.1)
        put(.forwardVehicleSpeed, told.2)
      }
      var around = VehicleAhead.Surroundings()
      around.now = now
      around.reportedAt = store[.forwardVehicleDetected].receivedAt
      around.elapsed = .milliseconds(10)
      around.own = MetresPerSecond(own)
      around.brakeTime = .milliseconds(500)
      around.hardest = MetresPerSecondSquared(1.5)
      ahead.step(Feedback(store, table: table, at: now), around, configuration: follower)
      now = now + .milliseconds(10)
      each(&self)
    }
  }

  private mutating func put(_ channel: SignalChannel, _ value: Double) {
    var sample = store[channel]
    sample.receivedAt = now
    sample.state = value.isNaN ? .notAvailable : .valid
    if !value.isNaN { (sample.value, sample.validAt) = (value, now) }
    store[channel] = sample
  }
}

@Suite struct FollowingStates {
  private typealias Event = VehicleAhead.Event
  private static let phases = (0..<6).compactMap(VehicleAheadPhase.init(rawValue:))
  private static let events = (0..<6).compactMap(VehicleAhead.Event.init(rawValue:))

  /// By event: nothing, silent, nobody, expected, confirmed, unexpected; nothing is due, and a
  /// target is believed.
  private static let table: [VehicleAheadPhase: [VehicleAheadPhase]] = [
    .absent: [.clear, .lost, .clear, .doubtful, .doubtful, .doubtful],
    .clear: [.clear, .lost, .clear, .doubtful, .doubtful, .doubtful],
    .doubtful: [.doubtful, .remembered, .remembered, .followed, .doubtful, .doubtful],
    .followed: [.followed, .remembered, .remembered, .followed, .doubtful, .doubtful],
    .remembered: [.remembered, .remembered, .remembered, .followed, .doubtful, .doubtful],
    .lost: [.lost, .lost, .lost, .followed, .doubtful, .doubtful],
  ]

  @Test("S-3: every event of following has its state")
  func everyEvent() throws {
    #expect(VehicleAheadPhase(rawValue: 6) == nil && Event(rawValue: 6) == nil)
    for phase in Self.phases {
      for event in Self.events {
        let expected = try #require(Self.table[phase])[Int(event.rawValue)]
        let next = VehicleAhead.next(
          phase, event, VehicleAhead.Due(), believes: true, wasClear: true)
        #expect(next == expected, "\(phase) at \(event)")
      }
    }
  }

  @Test("S-3: what is due changes no more than its own states")
  func everyLimit() throws {
    var due = VehicleAhead.Due()
    (due.proof, due.memory, due.quiet) = (true, true, true)
    for phase in Self.phases {
      for event in Self.events {
        var expected = try #require(Self.table[phase])[Int(event.rawValue)]
        switch (phase, event) {
        case (.doubtful, .confirmed): expected = .followed
        case (.remembered, .nothing), (.remembered, .silent), (.remembered, .nobody):
          expected = .lost
        case (.lost, .nobody): expected = .clear
        default: break
        }
        let next = VehicleAhead.next(phase, event, due, believes: true, wasClear: true)
        #expect(next == expected, "\(phase) at \(event)")
      }
    }
  }

  @Test("S-3: a ghost leaves the state that was before it")
  func ghosts() {
    let none = VehicleAhead.Due()
    func next(_ event: Event, wasClear: Bool) -> VehicleAheadPhase {
      VehicleAhead.next(.doubtful, event, none, believes: false, wasClear: wasClear)
    }
    #expect(next(.nobody, wasClear: true) == .clear)
    #expect(next(.nobody, wasClear: false) == .lost)
    #expect(next(.silent, wasClear: true) == .lost)
  }
}

@Suite struct Following {
  @Test("S-3: a truck without a radar follows nobody")
  func noRadar() {
    var queue = Queue(hasRadar: false)
    queue.run(50)
    #expect(queue.ahead.phase == .absent && queue.ahead.cap.value == .infinity)
  }

  @Test("S-3: one report, or two, cap at the present speed and ask for no braking")
  func ghost() {
    for reports in 1...2 {
      var queue = Queue()
      queue.own = 4
      queue.run(50)
      queue.told = (1, 8, 0)
      queue.run(10 * reports) { queue in
        #expect(queue.ahead.phase == .doubtful)
        #expect(queue.ahead.cap.value == 4 && queue.ahead.deceleration.value == 0)
      }
      queue.told = (0, .nan, .nan)
      queue.run(10)
      #expect(queue.ahead.phase == .clear && queue.ahead.cap.value == .infinity)
    }
  }

  @Test("S-3: the third report is believed, and braked for as hard as it needs")
  func proof() {
    var queue = Queue()
    queue.own = 4
    queue.run(50)
    var distance = 12.0
    queue.told = (1, 12, 0)
    queue.run(21) { queue in
      distance -= 0.04
      queue.told = (1, distance.rounded(), 0)
    }
    #expect(queue.ahead.phase == .followed)
    #expect(abs(queue.ahead.gap - distance) < 0.6, "\(queue.ahead.gap) m for \(distance) m")
    let needed = queue.ahead.deceleration.value
    #expect(needed > 0.8 && needed < 1.5, "\(needed) m/s2")
    #expect(queue.ahead.cap.value < 2.5)
    // Nearer, it is never more than a comfort stop.
    queue.told = (1, 8, 0)
    queue.run(40)
    #expect(queue.ahead.deceleration.value == 1.5, "\(queue.ahead.deceleration)")
  }

  @Test("S-3: a report that contradicts the target is another target, to be proven")
  func contradiction() {
    var queue = Queue()
    queue.own = 2
    queue.told = (1, 20, 2)
    queue.run(60)
    #expect(queue.ahead.phase == .followed)
    let cap = queue.ahead.cap.value
    queue.told = (1, 6, 0)
    queue.run(10)
    #expect(queue.ahead.phase == .doubtful && queue.ahead.deceleration.value == 0)
    #expect(queue.ahead.cap.value <= cap && queue.ahead.cap.value > 1.9)
    queue.told = (1, 20, 2)
    queue.run(10)
    #expect(queue.ahead.phase == .followed && abs(queue.ahead.gap - 20) <= 0.5)
  }

  @Test("S-3: a lost target is kept where it would be, then the truck slows, then goes on")
  func lost() {
    var queue = Queue()
    queue.own = 2
    queue.told = (1, 8, 2)
    queue.run(60)
    queue.told = (0, .nan, .nan)
    queue.run(180)
    #expect(queue.ahead.phase == .remembered && abs(queue.ahead.gap - 8) < 0.6)
    queue.run(30)
    #expect(queue.ahead.phase == .lost && queue.ahead.gap == .infinity)
    let cap = queue.ahead.cap.value
    queue.run(100) { $0.own = $0.ahead.cap.value }
    #expect(abs(cap - queue.ahead.cap.value - 0.4) < 0.02, "\(cap) \(queue.ahead.cap)")
    queue.run(200)
    #expect(queue.ahead.phase == .clear && queue.ahead.cap.value == .infinity)
  }

  @Test("S-3: a silent radar is no clear way, whoever was there before")
  func silence() {
    for isFollowing in [true, false] {
      var queue = Queue()
      queue.own = 2
      if isFollowing { queue.told = (1, 8, 2) }
      queue.run(60)
      queue.told = nil
      queue.run(300) { $0.own = min($0.own, $0.ahead.cap.value) }
      #expect(queue.ahead.phase == .lost)
      queue.run(500) { $0.own = min($0.own, $0.ahead.cap.value) }
      #expect(queue.ahead.phase == .lost && queue.ahead.cap.value == 0)
    }
    // It talks, and tells nothing that may be used.
    for told in [(Double.nan, 8.0, 2.0), (1, .nan, 2), (1, 8, .nan)] {
      var queue = Queue()
      queue.own = 2
      queue.run(60)
      queue.told = told
      queue.run(60)
      #expect(queue.ahead.phase == .lost && queue.ahead.cap.value < 2, "\(told)")
    }
  }

  @Test("S-3: a radar that repeats one report contradicts the truck's own motion")
  func repeated() {
    var queue = Queue()
    queue.own = 4
    queue.told = (1, 60, 4)
    queue.run(100)
    #expect(queue.ahead.contradiction.value < 0.1)
    queue.told = (1, 60, 0)
    queue.run(150)
    #expect(queue.ahead.contradiction.value > 1.5, "\(queue.ahead.contradiction)")
  }

  @Test("S-3: behind one that stands, a truck that stands moves up for 2 m and more alone")
  func standing() {
    var queue = Queue()
    queue.told = (1, 4, 0)
    queue.run(60)
    #expect(queue.ahead.blocks && queue.ahead.cap.value == 0)
    queue.told = (1, 5, 0)
    queue.run(60)
    #expect(queue.ahead.blocks)
    queue.told = (1, 7, 0)
    queue.run(60)
    #expect(!queue.ahead.blocks && queue.ahead.cap.value > 0.5)
    // One that stood and is seen no more may still be there.
    queue.told = (0, .nan, .nan)
    queue.run(900)
    #expect(queue.ahead.phase == .lost && queue.ahead.blocks)
    queue.run(200)
    #expect(queue.ahead.phase == .clear && !queue.ahead.blocks)
  }

  @Test("At equal speeds the gap is the standstill gap and the time gap")
  func timeGap() {
    var queue = Queue()
    queue.own = 3
    let gap = queue.follower.standstillGap.value + 3 * queue.follower.timeGap.seconds
    queue.told = (1, gap, 3)
    queue.run(60)
    #expect(abs(queue.ahead.cap.value - 3) < 0.15, "\(queue.ahead.cap)")
  }
}
