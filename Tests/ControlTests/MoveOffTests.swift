import Control
import Signals
import Testing
import Units

/// S-22: lamps and horn for three seconds before every motion.
@Suite struct MovingOff {
  private func run(
    _ machine: inout MoveOff, from start: Int64, for milliseconds: Int64, mayMove: Bool,
    released: Bool = false, standstill: Bool = true
  ) -> MoveOffPhase {
    var phase = machine.phase
    for t in stride(from: start, through: start + milliseconds, by: 10) {
      var events = MoveOff.Events()
      events.now = Instant(nanoseconds: t * 1_000_000)
      events.mayMove = mayMove
      events.isReleased = released
      events.isStandstill = standstill
      phase = machine.handle(events)
    }
    return phase
  }

  @Test func warnsForThreeSecondsThenWaitsForFeedback() {
    var machine = MoveOff()
    #expect(run(&machine, from: 0, for: 2_990, mayMove: true, released: true) == .warning)
    #expect(run(&machine, from: 3_000, for: 2_000, mayMove: true) == .releasing)
    #expect(run(&machine, from: 5_010, for: 0, mayMove: true, released: true) == .driving)
  }

  @Test func losingTheAuthorityMeanwhileStartsAgain() {
    var machine = MoveOff()
    _ = run(&machine, from: 0, for: 4_000, mayMove: true)
    #expect(run(&machine, from: 4_010, for: 0, mayMove: false) == .standing)
    #expect(run(&machine, from: 4_020, for: 2_900, mayMove: true, released: true) == .warning)
  }

  @Test func parksOnlyAfterStandingWithNowhereToGo() {
    var machine = MoveOff()
    _ = run(&machine, from: 0, for: 4_000, mayMove: true, released: true)
    #expect(
      run(&machine, from: 4_010, for: 60_000, mayMove: false, standstill: false) == .driving)
    #expect(run(&machine, from: 64_020, for: 4_900, mayMove: false) == .driving)
    #expect(run(&machine, from: 68_930, for: 200, mayMove: false) == .standing)
  }

  @Test func aReleaseAtTheLineWarnsAgainBeforeMotion() {
    var machine = MoveOff()
    _ = run(&machine, from: 0, for: 4_000, mayMove: true, released: true)
    #expect(run(&machine, from: 4_010, for: 9_000, mayMove: true, standstill: false) == .driving)
    #expect(run(&machine, from: 13_020, for: 2_000, mayMove: false) == .driving)
    #expect(run(&machine, from: 15_030, for: 2_900, mayMove: true, released: true) == .warning)
  }
}
