import BorderZone
import Signals
import Testing
import Units

@Suite struct AuthorityByHoldLines {
  let zones: ZoneTable = {
    var table = ZoneTable()
    for target in [100.0, 200, 300] {
      var line = HoldLine()
      line.stopTarget = Metres(target)
      line.supervisedLimit = Metres(target + 3)
      table.append(line)
    }
    return table
  }()

  @Test func endsAtTheFirstLineThatIsNotReleased() {
    var keeper = AuthorityKeeper()
    #expect(keeper.authority(front: Metres(10), zones: zones).authority.stopTarget == Metres(100))
    keeper.releaseReceived(line: 0, zones: zones)
    #expect(keeper.authority(front: Metres(10), zones: zones).authority.stopTarget == Metres(200))
  }

  @Test func aReleaseBeyondAnUnreleasedLineGivesNothingYet() {
    var keeper = AuthorityKeeper()
    keeper.releaseReceived(line: 1, zones: zones)
    #expect(keeper.authority(front: Metres(10), zones: zones).authority.stopTarget == Metres(100))
    keeper.releaseReceived(line: 0, zones: zones)
    #expect(keeper.authority(front: Metres(10), zones: zones).authority.stopTarget == Metres(300))
  }

  /// I-9: a revocation never increases authority.
  @Test func aRevocationShrinksAuthority() {
    var keeper = AuthorityKeeper()
    keeper.releaseReceived(line: 0, zones: zones)
    keeper.revocationReceived(line: 0, zones: zones)
    #expect(keeper.authority(front: Metres(10), zones: zones).authority.stopTarget == Metres(100))
  }

  /// R-GNSS-4: a released line is not passed on a doubtful position, unless it is too late to stop.
  @Test func aDoubtfulPositionCommitsToNoLine() {
    var keeper = AuthorityKeeper()
    for line in [UInt32(0), 1] { keeper.releaseReceived(line: line, zones: zones) }
    var commit = Commitment()
    func target(_ front: Double) -> Metres {
      keeper.authority(front: Metres(front), zones: zones, commit: commit).authority.stopTarget
    }
    #expect(target(50) == Metres(300) && !keeper.isWithheld)
    commit.isAllowed = false
    commit.stoppingDistance = Metres(20)
    #expect(target(60) == Metres(100) && keeper.isWithheld)
    // Near the line, slow or standing: it stays so.
    #expect(target(95) == Metres(100))
    commit.stoppingDistance = .zero
    #expect(target(99.9) == Metres(100) && keeper.isWithheld)
    commit.isAllowed = true
    #expect(target(99.9) == Metres(300) && !keeper.isWithheld)
    // Too late for the first line, the next one is withheld.
    commit.isAllowed = false
    commit.stoppingDistance = Metres(20)
    #expect(target(99.9) == Metres(300) && !keeper.isWithheld)
    #expect(target(102) == Metres(300))
    #expect(target(110) == Metres(200) && keeper.isWithheld)
    // A line that nobody released is not withheld: it is not given.
    #expect(target(210) == Metres(300) && !keeper.isWithheld)
  }

  /// I-2 in small: passing an unreleased line yields no authority beyond it.
  @Test func anOverrunDoesNotBecomeAuthority() {
    var keeper = AuthorityKeeper()
    let (authority, line) = keeper.authority(front: Metres(150), zones: zones)
    #expect(authority.stopTarget == Metres(100) && line == 0)
  }

  @Test(arguments: [UInt32(2), 3, 16, .max])
  func theLastLineAndLinesThatDoNotExistCannotBeReleased(_ line: UInt32) {
    var keeper = AuthorityKeeper()
    for i in 0..<2 { keeper.releaseReceived(line: UInt32(i), zones: zones) }
    keeper.releaseReceived(line: line, zones: zones)
    #expect(keeper.refused == 1)
    #expect(keeper.authority(front: Metres(10), zones: zones).authority.stopTarget == Metres(300))
  }

  @Test func aPassedLineCannotBeRevoked() {
    var keeper = AuthorityKeeper()
    keeper.releaseReceived(line: 0, zones: zones)
    _ = keeper.authority(front: Metres(104), zones: zones)
    keeper.revocationReceived(line: 0, zones: zones)
    #expect(keeper.authority(front: Metres(104), zones: zones).authority.stopTarget == Metres(200))
  }

  @Test func withoutLinesTheTruckStaysWhereItIs() {
    var keeper = AuthorityKeeper()
    let (authority, line) = keeper.authority(front: Metres(7), zones: ZoneTable())
    #expect(authority.supervisedLimit == Metres(7) && line == -1)
  }
}

/// I-14: the cap counts for the whole contour.
@Test func theCapOfAZoneHoldsUntilTheRearHasLeftIt() {
  var table = ZoneTable()
  var zone = Zone()
  zone.start = Metres(50)
  zone.end = Metres(60)
  zone.speedCap = MetresPerSecond(2)
  table.append(zone)
  #expect(table.cap(rear: Metres(30), front: Metres(49)).value == .infinity)
  #expect(table.cap(rear: Metres(35), front: Metres(51)) == MetresPerSecond(2))
  #expect(table.cap(rear: Metres(59), front: Metres(75)) == MetresPerSecond(2))
  #expect(table.cap(rear: Metres(60), front: Metres(76)).value == .infinity)
}
