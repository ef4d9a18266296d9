import Foundation
import Logbook
import Recording
import Replay
import Signals
import Simulation
import TestSupport
import Testing
import Units

private func limits(seconds: Int64 = 600) -> DriveLimits {
  var limits = DriveLimits()
  limits.fileTime = .milliseconds(seconds * 1_000)
  limits.minimumFree = 0
  return limits
}

/// Files as they stand on the disk.
@Suite struct KeptDrives {
  /// Every file replays on its own, and together they are the drive, cycle by cycle.
  @Test func eachRotatedFileReplaysOnItsOwn() throws {
    let drive = try KeptDrive(limits(seconds: 3))
    drive.run(cycles: 1_400)
    drive.end()
    let names = try drive.names(".mcap")
    #expect(names.count >= 4)
    #expect(names.first == "drive-000001-20261122T054312Z.mcap")
    var next: UInt64 = 1
    for name in names {
      let log = try drive.log(name)
      #expect(log.facts["first cycle"] == "\(next)")
      #expect(log.facts["missing cycles"] == nil)
      let comparison = try log.replayed()
      #expect(comparison.difference == nil, "\(name)")
      next += comparison.cycles
    }
    #expect(next - 1 == drive.cycles)
    #expect(drive.handover.drops == 0 && drive.keeper.latest.lost == 0)
    #expect(drive.keeper.latest.cycles == drive.cycles)
    #expect(try drive.names(".part").isEmpty)
  }

  /// A writer that gets no time for longer than the ring lasts: the gap is in the files, and what
  /// follows it replays.
  @Test func aGapIsWrittenDownAndReplayedAfter() throws {
    let drive = try KeptDrive(limits())
    drive.run(cycles: 300)
    drive.run(cycles: 700, stalls: true)
    drive.run(cycles: 200)
    // Those until the writer's first look after it, too.
    let first = 301 + CycleHandover.capacity
    #expect(drive.handover.drops == UInt64(1_005 - first + 1))
    drive.end()
    let names = try drive.names(".mcap")
    try #require(names.count == 2)
    let second = try drive.log(names[1])
    #expect(second.facts["missing cycles"] == "\(first) to 1005")
    let comparisons = [try drive.log(names[0]).replayed(), try second.replayed()]
    // Same is what is there: nobody may take the two files for the whole drive.
    #expect(comparisons[0].verdict(missingBefore: nil) == "identical")
    #expect(
      comparisons[1].verdict(missingBefore: second.facts["missing cycles"])
        == "identical where recorded (cycles \(first) to 1005 are missing)")
    #expect(comparisons.allSatisfy { $0.difference == nil })
    #expect(comparisons.reduce(0) { $0 + $1.cycles } + drive.handover.drops == drive.cycles)
  }

  /// What a killed process left becomes whole when the next one starts.
  @Test func whatAKilledRunLeftBecomesWhole() throws {
    let folder = TemporaryDrives()
    do {
      let first = try KeptDrive(limits(), folder: folder.url)
      first.run(cycles: 330)
      #expect(try first.names(".mcap.part").count == 1)
    }
    let second = try KeptDrive(limits(), folder: folder.url)
    second.run(cycles: 100)
    let whole = "drive-000001-20261122T054312Z.mcap"
    try second.waitUntil("it is whole again") { $0.contains("\(whole) is whole again") }
    #expect(try second.names(".mcap").contains(whole))
    #expect(try !second.names(".part").contains(whole + ".part"))
    let comparison = try second.log(whole).replayed()
    #expect(comparison.difference == nil)
    // The chunk in hand, and what the ring held.
    #expect(comparison.cycles >= 330 - 55)
    second.end()
    #expect(try second.names(".mcap").count == 2)
  }

  /// Behind a damaged place the copy ends; the file that has the rest is kept.
  @Test func whatIsDamagedInTheMiddleIsKept() throws {
    let folder = TemporaryDrives()
    do {
      let first = try KeptDrive(limits(), folder: folder.url)
      first.run(cycles: 400)
    }
    let whole = "drive-000001-20261122T054312Z.mcap"
    let part = folder.url.appending(path: whole + ".part")
    var bytes = try Data(contentsOf: part)
    let chunks = Self.chunks(of: bytes)
    // Behind its lengths and sums, in what is compressed.
    bytes[chunks[chunks.count / 2] + 100] ^= 0x40
    try bytes.write(to: part)
    let second = try KeptDrive(limits(), folder: folder.url)
    second.run(cycles: 100)
    try second.waitUntil("the damaged one is kept") { $0.contains("which is kept") }
    #expect(try Data(contentsOf: folder.url.appending(path: whole + ".damaged")) == bytes)
    let comparison = try second.log(whole).replayed()
    #expect(comparison.difference == nil && comparison.cycles > 50)
    second.end()
  }

  /// Where the chunks of a recording begin: an opcode, eight bytes of length, the record.
  private static func chunks(of bytes: Data) -> [Int] {
    var places: [Int] = []
    var place = 8
    while place + 9 <= bytes.count {
      if bytes[place] == 6 { places.append(place) }
      place += (0..<8).reduce(9) { $0 + Int(bytes[place + 1 + $1]) << (8 * $1) }
    }
    return places
  }

  /// A stop locks its file, visibly, and the lock survives a restart; who removes it releases the
  /// file.
  @Test func aStopLocksItsFile() throws {
    let folder = TemporaryDrives()
    let name = "drive-000001-20261122T054312Z.mcap"
    do {
      let drive = try KeptDrive(limits(), folder: folder.url)
      drive.run(cycles: 1_300)
      #expect(try drive.names(".locked").isEmpty)
      drive.loop.send(.stop)
      drive.run(cycles: 20)
      drive.end()
      try #require(try drive.names(".locked") == [name + ".locked"])
    }
    let lock = folder.url.appending(path: name + ".locked")
    let reason = try String(contentsOf: lock, encoding: .utf8)
    #expect(reason.hasPrefix("comfortStop because operatorStop, cycle 130"))
    // The next start counts it among its kind.
    let found = try DriveDisk(folder: folder.url.path).files(
      at: Instant(nanoseconds: 0), utc: KeptDrive.begin)
    #expect(found.map(\.kind) == [.request])
    var small = limits()
    small.budget = 0
    let next = try KeptDrive(small, folder: folder.url)
    next.run(cycles: 120)
    #expect(try next.names(".mcap") == [name])
    try FileManager.default.removeItem(at: lock)
    next.run(cycles: 120)
    #expect(try next.names(".mcap").isEmpty)
    #expect(next.journal.lines.contains { $0.contains("\(name) is removed, the oldest") })
  }

  /// Two recorders of one folder would remove and recover each other's files: the second keeps
  /// nothing, says so, and so lets nothing arm, until the first is gone.
  @Test func oneFolderHasOneRecorder() throws {
    let folder = TemporaryDrives()
    var first: KeptDrive? = try KeptDrive(limits(), folder: folder.url)
    first?.run(cycles: 100)
    let second = try KeptDrive(limits(), folder: folder.url)
    second.run(cycles: 110)
    #expect(second.handover.state == .failed)
    #expect(second.outputs.faults.contains(.recordingFailed))
    #expect(second.journal.lines.contains { $0.contains("another process records into it") })
    #expect(try second.names(".mcap.part").count == 1)
    first?.end()
    first = nil
    second.run(cycles: 1_000)
    #expect(second.handover.state == .kept)
  }

  /// A process that died between making a file whole and removing its part: one drive, once.
  @Test func aDriveThatIsWholeAndInPartIsOne() throws {
    let folder = TemporaryDrives()
    try folder.put("drive-000001-20261122T054312Z.mcap", bytes: 3_000)
    try folder.put("drive-000001-20261122T054312Z.mcap.part", bytes: 2_000)
    let files = try DriveDisk(folder: folder.url.path).files(
      at: Instant(nanoseconds: 0), utc: KeptDrive.begin)
    #expect(files.map(\.name) == ["drive-000001-20261122T054312Z.mcap"])
    #expect(files.map(\.bytes) == [5_000])
  }

  /// Twenty years of drives: their names fill more than the usual half a megabyte.
  @Test func tensOfThousandsOfFilesAreListed() throws {
    let folder = TemporaryDrives()
    let manager = FileManager.default
    try manager.createDirectory(at: folder.url, withIntermediateDirectories: true)
    let count = 16_000
    for number in 1...count {
      let digits = String(number)
      let name =
        "drive-" + String(repeating: "0", count: 6 - digits.count) + digits
        + "-20261122T054312Z.mcap"
      #expect(manager.createFile(atPath: folder.url.path + "/" + name, contents: Data([1])))
    }
    let files = try DriveDisk(folder: folder.url.path).files(
      at: Instant(nanoseconds: 0), utc: KeptDrive.begin)
    #expect(files.count == count && files.last?.name.hasPrefix("drive-016000") == true)
  }

  /// What is told is on the disk: a process that is killed now leaves as many cycles or more.
  @Test func cyclesAndBytesThatAreToldAreOnTheDisk() throws {
    let drive = try KeptDrive(limits())
    // A chunk is done after 50 cycles.
    for _ in 0..<6 {
      drive.run(cycles: 65)
      let told = drive.keeper.latest
      let part = try #require(try drive.names(".mcap.part").first)
      let source = try ByteSource(opening: drive.folder.path + "/" + part)
      #expect(told.bytes == source.size)
      let sink = RecordingSink()
      _ = try Recovery(source) { sink }
      let log = try DriveLog(ByteSource(bytes: sink.memory, name: part))
      var cycle = RecordedCycle()
      var cycles: UInt64 = 0
      while try log.next(&cycle) { cycles += 1 }
      #expect(told.cycles == cycles)
      #expect(cycles > 0 && drive.cycles - cycles <= 55, "\(drive.cycles - cycles) in hand")
    }
    drive.end()
    let name = try #require(try drive.names(".mcap").first)
    let told = drive.keeper.latest
    #expect(told.cycles == drive.cycles)
    #expect(told.bytes == (try ByteSource(opening: drive.folder.path + "/" + name).size))
  }

  /// A clock that is behind at boot: the files' dates are in its future, and still only the newest
  /// may be of the last 90 s.
  @Test(arguments: [-86_400.0 * 365, -1, 0, 7_200])
  func aWrongClockLocksNoOldFiles(_ ahead: Double) throws {
    let folder = TemporaryDrives()
    let begin = Date(timeIntervalSince1970: Double(KeptDrive.begin) * 1e-9)
    for number in 1...4 {
      try folder.put(
        "drive-00000\(number)-20261122T054312Z.mcap", bytes: 1_000,
        at: begin.addingTimeInterval(Double(number - 4) * 600))
    }
    let now = Instant(nanoseconds: 20_000_000_000)
    let files = try DriveDisk(folder: folder.url.path).files(
      at: now, utc: KeptDrive.begin + Int64(ahead * 1e9))
    try #require(files.count == 4)
    for (file, later) in zip(files, files.dropFirst()) {
      #expect((later.end - file.end).seconds == 600)
    }
    #expect((now - files[3].end).seconds == max(ahead, 0))
    var inventory = DriveInventory(limits: limits(), files: files)
    #expect(inventory.event(.stop, at: now) == (ahead > 90 ? [] : [files[3].name]))
  }

  /// S-19: SIGTERM ends the daemon also when the disk never answers; this keeper's thread never runs.
  @Test func anEndWaitsTenSecondsForTheDisk() throws {
    let drive = try KeptDrive(limits())
    var end = KeeperEnd()
    func ask(_ seconds: Double) -> KeeperEnd.Answer {
      end.ask(drive.keeper, at: Instant(nanoseconds: Int64(seconds * 1e9)))
    }
    #expect([ask(100), ask(109.9), ask(110)] == [.waits, .waits, .givenUp])
  }

  @Test func aRecordingThatCloses() throws {
    let drive = try KeptDrive(limits())
    try drive.keeper.start()
    var end = KeeperEnd()
    let deadline = Date.now + 120
    while Date.now < deadline, end.ask(drive.keeper, at: Instant(nanoseconds: 0)) != .closed {
      Thread.sleep(forTimeInterval: 0.02)
    }
    #expect(drive.keeper.hasFinished)
  }

  /// S-25: which truck it was, as soon as it told, in each file; and on which computer.
  @Test func eachFileNamesItsTruckAndComputer() throws {
    let drive = try KeptDrive(limits(seconds: 2))
    drive.run(cycles: 120)
    drive.keeper.note(vehicle: "WTULPAR0000000042")
    drive.run(cycles: 380)
    drive.end()
    let names = try drive.names(".mcap")
    try #require(names.count >= 2)
    for name in names {
      let log = try drive.log(name)
      #expect(log.vehicleNumber == nil)
      _ = try log.replayed()
      #expect(log.vehicleNumber == "WTULPAR0000000042", "\(name)")
    }
    var contents = RecordingContents()
    contents.attach(identity: "tests", version: "1", computer: 0xC0FFEE)
    #expect(contents.facts == [MCAPPair("computer", "0000000000c0ffee")])
  }

  /// R-REC-1: 72 h at 4.4 MB a minute.
  @Test func threeDaysFitIntoTheBudget() {
    #expect(DriveLimits().budget >= 72 * 60 * 4_400_000)
  }

  @Test func theBudgetHolds() throws {
    var small = limits(seconds: 1)
    small.budget = 1 << 20
    let drive = try KeptDrive(small)
    drive.run(cycles: 1_400)
    drive.end()
    let names = try drive.names(".mcap")
    let sizes = try names.map { try ByteSource(opening: drive.folder.path + "/" + $0).size }
    // A look each second: one file more than the budget at most.
    #expect(sizes.dropLast(2).reduce(0, +) <= 1 << 20)
    #expect(names.first != "drive-000001-20261122T054312Z.mcap")
    #expect(names.last?.hasPrefix("drive-00001") == true)
  }
}

/// A power cut at any byte: every chunk that was whole is read, and a chunk is half a second.
@Suite struct PowerCuts {
  @Test func loseAChunkAtMost() throws {
    let drive = try KeptDrive(limits())
    drive.run(cycles: 400)
    drive.end()
    let name = try #require(try drive.names(".mcap").first)
    let bytes = try ByteSource(opening: drive.folder.path + "/" + name).whole()
    func readable(_ count: Int) -> Int {
      let source = ByteSource(bytes: Array(bytes[..<count]), name: name)
      guard let log = try? DriveLog(source) else { return 0 }
      var cycle = RecordedCycle()
      var cycles = 0
      while (try? log.next(&cycle)) == true { cycles += 1 }
      return cycles
    }
    // Before, in and at the end of each chunk, and anywhere.
    let summary = try #require(try MCAPReader(ByteSource(bytes: bytes, name: name)).summary())
    var ends = summary.chunks.map { Int($0.offset + $0.length) }.sorted()
    ends.append(bytes.count)
    var random = RandomWords(seed: 7)
    var last = 0
    var begin = 0
    for end in ends {
      let middle = begin + 1 + Int(random.next(below: UInt64(end - begin - 1)))
      #expect(readable(middle) == last && readable(end - 1) == last, "cut before byte \(end)")
      let cycles = readable(end)
      #expect(cycles - last <= 50, "\(cycles - last) cycles in a chunk")
      last = cycles
      begin = end
    }
    #expect(last == 400)
    // What is left replays.
    for count in [bytes.count / 2, bytes.count * 3 / 4, bytes.count - 1] {
      let broken = ByteSource(bytes: Array(bytes[..<count]), name: name)
      let sink = RecordingSink()
      _ = try Recovery(broken) { sink }
      let log = try DriveLog(ByteSource(bytes: sink.memory, name: name))
      let comparison = try log.replayed()
      #expect(comparison.difference == nil && comparison.cycles == UInt64(readable(count)))
    }
  }
}
