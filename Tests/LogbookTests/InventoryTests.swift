import Logbook
import Signals
import Testing
import Units

private func file(
  _ number: Int, _ megabytes: UInt64, ended seconds: Int64, isLocked: Bool = false
) -> DriveFile {
  DriveFile(
    name: "drive-\(number).mcap", bytes: megabytes << 20, isLocked: isLocked, end: at(seconds))
}

private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

private func limits(
  budget: UInt64 = 100, locked: UInt64 = 50, free: UInt64 = 10, file: UInt64 = 10
) -> DriveLimits {
  var limits = DriveLimits()
  limits.budget = budget << 20
  limits.lockedBudget = locked << 20
  limits.minimumFree = free << 20
  limits.fileBytes = file << 20
  return limits
}

/// What is removed, and in which order.
@Suite struct DrivesThatGo {
  @Test func theOldestUnlockedGoesFirstAndNoLockedOneEver() {
    let inventory = DriveInventory(
      limits: limits(),
      files: [
        file(1, 40, ended: 1), file(2, 40, ended: 2, isLocked: true), file(3, 40, ended: 3),
        file(4, 40, ended: 4),
      ])
    #expect(inventory.removals(free: 1 << 40, wanted: 10 << 20, at: at(1_000)) == ["drive-1.mcap"])
    #expect(inventory.removals(free: 0, wanted: 10 << 20, at: at(1_000)) == ["drive-1.mcap"])
  }

  /// What others need of the disk counts as the budget does.
  @Test func theDiskIsKeptFree() {
    let all = [file(1, 4, ended: 1), file(2, 4, ended: 2), file(3, 4, ended: 3)]
    let inventory = DriveInventory(limits: limits(), files: all)
    #expect(inventory.removals(free: 10 << 20, wanted: 10 << 20, at: at(1_000)).isEmpty)
    #expect(
      inventory.removals(free: 3 << 20, wanted: 10 << 20, at: at(1_000)) == [
        "drive-1.mcap", "drive-2.mcap",
      ])
    #expect(inventory.removals(free: 0, wanted: 10 << 20, at: at(1_000)) == all.map(\.name))
  }

  /// R-REC-4: the next event would lock it; removed, both it and what follows are lost.
  @Test func whatAnEventWouldStillLockStays() {
    let all = [file(1, 4, ended: 1), file(2, 4, ended: 60)]
    let inventory = DriveInventory(limits: limits(), files: all)
    #expect(inventory.removals(free: 0, wanted: 10 << 20, at: at(90)).isEmpty)
    #expect(inventory.removals(free: 0, wanted: 10 << 20, at: at(92)) == ["drive-1.mcap"])
  }

  @Test func theFileInHandStays() {
    var inventory = DriveInventory(limits: limits(budget: 1), files: [file(1, 4, ended: 1)])
    _ = inventory.open("drive-2.mcap", at: at(2))
    inventory.grow(to: 8 << 20, at: at(3))
    #expect(inventory.removals(free: 0, wanted: 10 << 20, at: at(1_000)) == ["drive-1.mcap"])
    inventory.close()
    #expect(
      inventory.removals(free: 0, wanted: 10 << 20, at: at(1_000)) == [
        "drive-1.mcap", "drive-2.mcap",
      ])
  }

  @Test func aFileEndsBySizeAndByTime() {
    var limits = limits(file: 10)
    limits.fileTime = .milliseconds(60_000)
    var inventory = DriveInventory(limits: limits)
    _ = inventory.open("drive-1.mcap", at: at(0))
    inventory.grow(to: 10 << 20 - 1, at: at(59))
    #expect(!inventory.isFull(openedAt: at(0), now: at(59)))
    #expect(inventory.isFull(openedAt: at(0), now: at(60)))
    inventory.grow(to: 10 << 20, at: at(59))
    #expect(inventory.isFull(openedAt: at(0), now: at(59)))
  }
}

/// R-REC-4: at least 90 s before and 30 s after an event are locked.
@Suite struct DrivesThatAreLocked {
  @Test func ninetySecondsBeforeAndThirtyAfter() {
    var inventory = DriveInventory(
      limits: limits(),
      files: [file(1, 1, ended: 9), file(2, 1, ended: 10), file(3, 1, ended: 95)])
    _ = inventory.open("drive-4.mcap", at: at(96))
    #expect(
      inventory.event(.stop, at: at(100)) == ["drive-4.mcap", "drive-3.mcap", "drive-2.mcap"])
    for name in ["drive-2.mcap", "drive-3.mcap", "drive-4.mcap"] {
      inventory.locked(name, for: .stop)
    }
    inventory.close()
    #expect(inventory.open("drive-5.mcap", at: at(130)) == ["drive-5.mcap"])
    inventory.close()
    #expect(inventory.open("drive-6.mcap", at: at(131)).isEmpty)
    // Locked files are what a restart finds again, and nothing removes them.
    #expect(
      inventory.removals(free: 0, wanted: 10 << 20, at: at(1_000)) == [
        "drive-1.mcap", "drive-5.mcap",
      ])
  }

  /// A second event while the window of the first is open makes it longer.
  @Test func windowsJoin() {
    var inventory = DriveInventory(limits: limits())
    _ = inventory.open("drive-1.mcap", at: at(0))
    _ = inventory.event(.stop, at: at(10))
    _ = inventory.event(.stop, at: at(35))
    inventory.close()
    #expect(inventory.open("drive-2.mcap", at: at(65)) == ["drive-2.mcap"])
  }

  /// What the budget of locked files leaves out is named, not dropped in silence; the event itself
  /// is locked before what led to it.
  @Test func beyondTheirBudgetIsNamed() {
    var inventory = DriveInventory(
      limits: limits(locked: 50),
      files: [file(1, 12, ended: 1, isLocked: true), file(2, 9, ended: 50)])
    _ = inventory.open("drive-3.mcap", at: at(60))
    #expect(inventory.event(.stop, at: at(61)) == ["drive-3.mcap"])
    inventory.locked("drive-3.mcap", for: .stop)
    #expect(inventory.unprotected == ["drive-2.mcap"])
    // A person fetched the oldest one and removed its lock.
    inventory.look(at: [
      file(1, 12, ended: 1), file(2, 9, ended: 50), file(3, 1, ended: 60, isLocked: true),
    ])
    #expect(inventory.lockedBytes < 12 << 20)
    #expect(inventory.event(.stop, at: at(62)) == ["drive-2.mcap", "drive-1.mcap"])
    #expect(inventory.unprotected.isEmpty)
  }
}

/// domain.md 2.6: what may be locked is shared by the kinds of events.
@Suite struct SharesOfTheLocked {
  /// Stop buttons that are tested a hundred times leave room for the stop that nobody wanted.
  @Test(arguments: EventKind.allCases)
  func noKindTakesTheRoomOfAnother(_ kind: EventKind) throws {
    var inventory = DriveInventory(limits: limits(locked: 80, file: 1))
    var last: Int64 = 0
    func drive(_ kind: EventKind) -> Bool {
      last += 1_000
      let name = "drive-\(last).mcap"
      _ = inventory.open(name, at: at(last))
      inventory.grow(to: 1 << 20, at: at(last + 1))
      let names = inventory.event(kind, at: at(last + 1))
      for name in names { inventory.locked(name, for: kind) }
      inventory.close()
      return names == [name]
    }
    let first = (0..<100).count { _ in drive(kind) }
    #expect(first == 40)
    #expect(inventory.unprotected.count == 60)
    for other in EventKind.allCases where other != kind {
      #expect((0..<100).count { _ in drive(other) } == 10, "\(other)")
    }
    #expect(inventory.lockedBytes == 80 << 20)
    // A person fetched the oldest one of the first kind: its room is everybody's.
    inventory.look(at: inventory.files.filter { $0.name != "drive-1000.mcap" })
    #expect((0..<2).map { _ in drive(.stop) } == [true, false])
  }

  @Test func eachReasonHasItsKind() {
    let asked = StopDemand(.emergencyStop, .emergencyStopPressed)
    #expect(EventKind(asked) == .request)
    #expect(EventKind(StopDemand(.comfortStop, .operatorStop)) == .request)
    #expect(EventKind(StopDemand(.emergencyStop, .trapped)) == .failure)
    #expect(EventKind(StopDemand(.emergencyStop, .rollBack)) == .emergency)
    #expect(EventKind(StopDemand(.comfortStop, .gnssLost)) == .stop)
  }
}

/// R-REC-2: what a drive is kept for.
@Suite struct Events {
  private var inputs = Inputs()
  private var outputs = Outputs()

  private func said(_ changes: [(inout Inputs, inout Outputs) -> Void]) -> [String] {
    var (watch, inputs, outputs) = (EventWatch(), inputs, outputs)
    return changes.compactMap { change in
      change(&inputs, &outputs)
      return watch.take(inputs, outputs)?.text
    }
  }

  @Test func aStopIsOneEventUntilItGetsWorse() {
    let events = said([
      { $1.mode = .autonomous },
      { $1.demand = StopDemand(.degraded, .offPath) },
      { $1.demand = StopDemand(.comfortStop, .gnssLost) },
      { _, _ in },
      { $1.demand = StopDemand(.emergencyStop, .wheelSpeedStale) },
      { $1.mode = .held },
    ])
    #expect(
      events == ["comfortStop because gnssLost", "emergencyStop because wheelSpeedStale"])
  }

  @Test func whatNobodyDrivesIsNotStopped() {
    #expect(said([{ $1.demand = StopDemand(.emergencyStop, .waitingForInputs) }]).isEmpty)
    #expect(said([{ $1.faults.insert(.emergencyStopPressed) }]) == ["emergencyStopPressed"])
  }

  @Test func takeOversAndStopsOfOthersCount() {
    #expect(
      said([{ $1.mode = .autonomous }, { $1.mode = .manual }]) == ["taken over by the driver"])
    #expect(said([{ $1.mode = .armed }, { $1.mode = .manual }]).isEmpty)
    #expect(
      said([{ i, _ in i.supervisorDemand = StopDemand(.emergencyStop, .controlHung) }])
        == ["supervisor: emergencyStop because controlHung"])
    // As a daemon finds it that follows one that died.
    #expect(said([{ i, _ in i.guardian.state = .stopping }]) == ["guardian stops"])
    #expect(said([{ i, _ in i.guardian.state = .held }]) == ["guardian holds a stop"])
  }
}
