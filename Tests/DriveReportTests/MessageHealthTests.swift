import DriveReport
import Testing
import Units
import WireCodec

@Suite struct MessageHealthTests {
  private func table() -> FrameTable {
    var table = FrameTable()
    table.receiveCount = 1
    table.receive[0].identifier = 0xFE6E0B
    // Any priority.
    table.receive[0].mask = 0x3FF_FFFF
    table.receive[0].isExtended = true
    table.receive[0].period = .milliseconds(100)
    table.receive[0].freshness = .milliseconds(300)
    table.transmitCount = 1
    table.transmit[0].identifier = 0x0C00_0027
    table.transmit[0].isExtended = true
    return table
  }

  /// As `DriveSchema.canTopic` has it.
  private func frame(_ identifier: UInt32, sent: Bool, at milliseconds: Int64) -> [UInt8] {
    var bytes: [UInt8] = [sent ? 1 : 0, 0, 1, 2]
    bytes += (0..<4).map { UInt8(truncatingIfNeeded: identifier >> (8 * $0)) }
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: (milliseconds * 1_000_000) >> (8 * $0)) }
    return bytes + [0xAB, 0xCD]
  }

  /// S-5: a hundred frames in their period, then four that do not come, then a hundred more.
  @Test func aGapIsCountedWhereItIs() throws {
    var watch = MessageWatch(table())
    for i in 0..<200 {
      let time = Int64(1_000 + 100 * i + (i < 100 ? 0 : 400))
      watch.take(frame(0x18FE_6E0B, sent: false, at: time)[...])
    }
    // Ours and one that nobody declared, in one message.
    let both = frame(0x0C00_0027, sent: true, at: 1_000) + frame(0x123, sent: false, at: 1_005)
    watch.take(both[...])
    let health = watch.health(
      start: 1_000_000_000, end: 21_300_000_000, decoder: FrameDecoder(), buses: ["can0"],
      receiveNames: ["wheel_speeds"], sendNames: ["engine_torque"])
    #expect(health.map(\.name) == ["wheel_speeds", "engine_torque", ""])
    #expect(health.map(\.frames) == [200, 1, 1])
    #expect(health.map(\.isSent) == [false, true, false])
    let wheels = try #require(health.first)
    #expect(wheels.identifier == "18FE6E0B" && wheels.bus == "can0" && wheels.period == 0.1)
    #expect((try #require(wheels.least) - 0.1).magnitude < 1e-9)
    #expect((try #require(wheels.median) - 0.1).magnitude < 1e-9)
    #expect((try #require(wheels.most) - 0.5).magnitude < 1e-9)
    #expect((try #require(wheels.longestAt) - 9.9).magnitude < 1e-9)
    #expect(wheels.gaps == 1 && wheels.missing == 4)
  }

  /// A message that the profile declares and that never came is listed with none.
  @Test func aMessageThatNeverCameIsListed() {
    let health = MessageWatch(table()).health(
      start: 0, end: 5_000_000_000, decoder: FrameDecoder(), buses: [], receiveNames: [],
      sendNames: [])
    #expect(health.map(\.frames) == [0, 0])
    #expect(health[0].median == nil && health[0].most == 5 && health[0].longestAt == 0)
    #expect(health.map(\.gaps) == [1, 0] && health.map(\.missing) == [50, 0])
  }

  /// S-5: a message that begins 2 s into the record and ends 6.8 s before the end of it.
  @Test func silenceAtTheEndsIsAGap() throws {
    var watch = MessageWatch(table())
    for i in 0..<100 {
      watch.take(frame(0x18FE_6E0B, sent: false, at: Int64(3_000 + 100 * i))[...])
    }
    // Ours are silent while nobody drives.
    watch.take(frame(0x0C00_0027, sent: true, at: 5_000)[...])
    let health = watch.health(
      start: 1_000_000_000, end: 19_700_000_000, decoder: FrameDecoder(), buses: [],
      receiveNames: [], sendNames: [])
    #expect(health.map(\.gaps) == [2, 0])
    #expect(health.map(\.missing) == [20 + 68, 0])
    #expect((try #require(health[0].most) - 6.8).magnitude < 1e-9)
    #expect((try #require(health[0].longestAt) - 11.9).magnitude < 1e-9)
    #expect((try #require(health[0].percentile99) - 0.1).magnitude < 1e-9)
  }

  /// Random identifiers cost bounded memory, hide no message of the profile, and are told.
  @Test func aBusOfRandomIdentifiersIsTold() {
    var watch = MessageWatch(table())
    for identifier in 0..<512 {
      watch.take(frame(UInt32(identifier), sent: false, at: 1_000)[...])
    }
    #expect(watch.facts.isEmpty)
    for identifier in 510..<515 {
      watch.take(frame(UInt32(identifier), sent: false, at: 2_000)[...])
    }
    watch.take(frame(0x18FE_6E0B, sent: false, at: 3_000)[...])
    watch.take(frame(0x0C00_0027, sent: true, at: 3_000)[...])
    let health = watch.health(
      start: 0, end: 4_000_000_000, decoder: FrameDecoder(), buses: [], receiveNames: [],
      sendNames: [])
    #expect(health.count == 2 + 512)
    #expect(health.prefix(2).map(\.frames) == [1, 1])
    #expect(health.suffix(3).map(\.frames) == [1, 2, 2])
    #expect(watch.facts.map(\.name) == ["CAN frames not listed"])
    #expect(
      watch.facts.map(\.value) == ["3, of more than 512 messages that no profile declares"])
  }
}
