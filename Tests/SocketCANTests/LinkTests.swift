import Signals
import SocketCAN
import Testing
import Units

/// Bringing a link up and restarting it under supervision (issue: no restart without an end, none
/// while the truck moves).
@Suite struct LinkTests {
  /// An interface as a driver would play it.
  private final class FakeLink: LinkControl {
    var index: Int32? = 3
    var kind = LinkKind.controller
    var now = LinkSample()
    var calls: [String] = []
    var refusal: String?
    /// A controller comes back to this state when it is started.
    var afterStart = CANControllerState.active

    func sample() -> LinkSample { now }
    func isConfigured(_ settings: LinkSettings) -> Bool {
      now.isUp && now.bitRate == settings.bitRate
    }
    func configure(_ settings: LinkSettings) -> String? {
      calls.append("set \(settings.bitRate)")
      if refusal == nil { now.bitRate = settings.bitRate }
      return refusal
    }
    func start() -> Bool {
      calls.append("start")
      now.isUp = true
      now.controller = afterStart
      return true
    }
    func stop() -> Bool {
      calls.append("stop")
      now.isUp = false
      return true
    }
    var restarts: Int { calls.count { $0 == "start" } - 1 }
  }

  private struct Bench {
    let link = FakeLink()
    var keeper: LinkKeeper<FakeLink>
    var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var report = LinkReport()

    init(restartsInMotion: Bool = false, isOnlyBus: Bool = false) {
      var settings = LinkSettings(bitRate: 250_000)
      settings.restartsInMotion = restartsInMotion
      settings.isOnlyBus = isOnlyBus
      keeper = LinkKeeper(link, settings) { _ in }
    }

    mutating func run(_ seconds: Double, isMoving: Bool = false, byHand: Bool = false) {
      var isFirst = true
      let end = now + .seconds(seconds)
      while now < end {
        report = keeper.cycle(at: now, isMoving: isMoving, byHand: byHand && isFirst)
        isFirst = false
        now = now + .milliseconds(200)
      }
    }
  }

  @Test func aLinkIsSetWhileItIsDownAndThenStarted() {
    var bench = Bench()
    bench.run(0.2)
    #expect(bench.link.calls == ["stop", "set 250000", "start"])
    #expect(bench.report.phase == .up)
    #expect(bench.report.bitRate == 250_000)
  }

  /// The helper may crash while the truck drives: what is as it should be is not touched.
  @Test func aLinkThatIsAsItShouldBeIsNotTouched() {
    var bench = Bench()
    bench.link.now.isUp = true
    bench.link.now.bitRate = 250_000
    bench.run(1)
    #expect(bench.link.calls.isEmpty)
  }

  @Test func aRefusedRateLeavesTheLinkDownAndIsTriedAgain() {
    var bench = Bench()
    bench.link.refusal = "no"
    bench.run(3)
    #expect(bench.report.phase == .down)
    #expect(!bench.link.calls.contains("start"))
    // Once a second, not at every look.
    #expect(bench.link.calls.count { $0 == "stop" } == 3)
    bench.link.refusal = nil
    bench.run(1)
    #expect(bench.report.phase == .up)
  }

  @Test func busOffIsRestartedAfterAPause() {
    var bench = Bench()
    bench.run(1)
    bench.link.now.controller = .busOff
    bench.run(0.2)
    #expect(bench.report.phase == .pausing)
    #expect(bench.report.controller == .busOff)
    #expect(bench.link.restarts == 0)
    bench.run(0.4)
    #expect(bench.link.restarts == 1)
    // Stop and start, which empties the driver's queue.
    #expect(bench.link.calls.suffix(2) == ["stop", "start"])
    #expect(bench.report.phase == .up)
    #expect(bench.report.restarts == 1)
  }

  @Test func aBusThatStaysOffIsGivenUpAfterFiveRestartsWithGrowingPauses() {
    var bench = Bench()
    bench.link.afterStart = .busOff
    bench.run(4)
    // 0.2 + 0.4 + 0.8 + 1.6 s of pauses.
    #expect(bench.link.restarts == 4)
    bench.run(60)
    #expect(bench.link.restarts == 5)
    #expect(bench.report.phase == .givenUp)
    // A person's word is one more, and the count starts anew.
    bench.link.afterStart = .active
    bench.run(0.4, byHand: true)
    #expect(bench.link.restarts == 6)
    #expect(bench.report.phase == .up)
  }

  @Test func aMinuteOfHealthForgives() {
    var bench = Bench()
    bench.run(0.2)
    for _ in 0..<8 {
      bench.link.now.controller = .busOff
      bench.run(1)
      bench.run(61)
    }
    #expect(bench.link.restarts == 8)
    #expect(bench.report.phase == .up)
  }

  @Test func nothingIsRestartedWhileTheTruckMoves() {
    var bench = Bench()
    bench.run(1)
    bench.link.now.controller = .busOff
    bench.run(10, isMoving: true)
    #expect(bench.link.restarts == 0)
    #expect(bench.report.phase == .waitingForStandstill)
    bench.run(0.2)
    #expect(bench.link.restarts == 1)

    var bold = Bench(restartsInMotion: true)
    bold.run(1)
    bold.link.now.controller = .busOff
    bold.run(1, isMoving: true)
    #expect(bold.link.restarts == 1)
  }

  /// With its only bus a truck loses what shows that it stands: a stop of the independent brake path
  /// is over after 45 s, and a bus that is found for a moment does not begin them anew.
  @Test func aTruckThatCannotBeSeenToStandIsGivenTheTimeOfAStop() {
    var bench = Bench(isOnlyBus: true)
    bench.run(5, isMoving: true)
    bench.link.now.controller = .busOff
    bench.run(44, isMoving: true)
    #expect(bench.link.restarts == 0)
    for _ in 0..<10 where bench.link.restarts == 0 { bench.run(0.2, isMoving: true) }
    #expect(bench.link.restarts == 1)
    bench.link.now.controller = .active
    bench.run(0.2, isMoving: true)
    bench.link.now.controller = .busOff
    bench.run(2, isMoving: true)
    #expect(bench.link.restarts == 2)
    // One that was well for a while moves a truck that was acknowledged.
    bench.link.now.controller = .active
    bench.run(5, isMoving: true)
    bench.link.now.controller = .busOff
    bench.run(40, isMoving: true)
    #expect(bench.link.restarts == 2)
  }

  /// While another bus commands the truck, it may well be moving after any time.
  @Test func oneOfTwoBusesWaitsForStandstill() {
    var bench = Bench()
    bench.run(5, isMoving: true)
    bench.link.now.controller = .busOff
    bench.run(120, isMoving: true)
    #expect(bench.link.restarts == 0)
    bench.run(1)
    #expect(bench.link.restarts > 0)
  }

  /// An unplugged cable leaves the controller passive with a full queue: those commands must not go
  /// out when the cable is back (can-gnss.md 6.1).
  @Test func aStuckQueueIsEmptied() {
    var bench = Bench()
    bench.run(1)
    bench.link.now.controller = .passive
    for sent in 0..<20 {
      bench.link.now.framesSent = Int64(sent)
      bench.run(0.2)
    }
    #expect(bench.link.restarts == 0)
    bench.run(2)
    #expect(bench.link.restarts == 1)
  }

  /// vcan says nothing of itself: that is not an error.
  @Test func anUnknownStateIsNoTrouble() {
    var bench = Bench()
    bench.link.afterStart = .unknown
    bench.run(10)
    #expect(bench.link.calls == ["stop", "set 250000", "start"])
    #expect(bench.report.phase == .up)
    #expect(bench.report.controller == .unknown)
  }

  @Test func anUnpluggedInterfaceIsBroughtUpAnewUnderItsNewIndex() {
    var bench = Bench()
    bench.run(1)
    bench.link.index = nil
    bench.run(1)
    #expect(bench.report.phase == .gone)
    bench.link.index = 4
    bench.link.now = LinkSample()
    bench.run(0.2)
    #expect(bench.report.phase == .up)
    #expect(bench.link.calls.count == 6)
  }

  @Test func whatSomebodyTookDownStaysDown() {
    var bench = Bench()
    bench.run(1)
    bench.link.now.isUp = false
    bench.run(5)
    #expect(bench.report.phase == .down)
    #expect(bench.link.restarts == 0)
  }

  @Test func theEndTakesTheLinkDownUnlessTheTruckMoves() {
    var bench = Bench()
    bench.run(1)
    bench.keeper.end(isMoving: true)
    #expect(bench.link.now.isUp)
    bench.keeper.end(isMoving: false)
    #expect(!bench.link.now.isUp)
  }

  @Test func reportsAreReadAsTheyWereWritten() throws {
    var report = LinkReport()
    report.writtenAt = Instant(nanoseconds: 123_456_789)
    for phase in LinkPhase.allCases {
      for controller in [CANControllerState.unknown, .active, .warning, .passive, .busOff] {
        report.phase = phase
        report.controller = controller
        report.transmitErrors = controller == .unknown ? nil : 255
        report.receiveErrors = controller == .unknown ? nil : 0
        report.bitRate = 500_000
        report.restarts = 7
        #expect(LinkReport(line: report.line) == report)
      }
    }
    let line = report.line
    for length in 0..<line.count { #expect(LinkReport(line: String(line.prefix(length))) == nil) }
    #expect(LinkReport(line: line + line) == nil)
    #expect(LinkReport(line: line.replacing("busOff", with: "busoff")) == nil)
  }
}
