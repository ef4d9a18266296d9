import CAN
import Foundation
import TestSupport
import Testing

@Suite struct LogRoundTripTests {
  /// What each format carries of every kind of frame; the rest is refused.
  private func carried(_ format: CANLogFormat) -> [(CANFrame, CANDirection)] {
    let samples = LogSamples.self
    switch format {
    case .candump, .candumpAbsolute, .candumpDelta, .candumpZero: return samples.all
    case .vector, .vectorDecimal:
      return samples.classic + samples.remote + samples.flexible + samples.plainError
        + samples.codedError + samples.longCode
    case .peak1:
      return samples.classic + samples.remote + samples.plainError + samples.codedError
        + samples.countedError
    case .peak20:
      return samples.classic + samples.remote + samples.flexible + samples.plainError
        + samples.codedError + samples.countedError
    case .peak21:
      return samples.classic + samples.remote + samples.flexible + samples.plainError
        + samples.codedError + samples.countedError + samples.longCode
    case .gvret, .gvretWithoutDirection: return samples.classic
    case .crtd, .busmaster: return []
    }
  }

  @Test(
    "each format writes what it can carry, says the rest, and reads it back equal",
    arguments: CANLogFormat.written)
  func oneFormat(format: CANLogFormat) throws {
    let (bytes, kept) = write(LogSamples.records(LogSamples.all), format)
    #expect(kept.map(\.record.frame) == carried(format).map(\.0))
    let (read, reader) = try readAll(bytes)
    #expect(reader.format == format && reader.interfaces == ["can0"] && reader.skipped == 0)
    expectEqual(read, kept)
  }

  @Test(
    "every format to every other and back", arguments: CANLogFormat.written, CANLogFormat.written)
  func pairs(first: CANLogFormat, second: CANLogFormat) throws {
    let one = write(LogSamples.records(LogSamples.all), first)
    let two = write(try readAll(one.bytes).records, second)
    let kept = Set(carried(second).map(\.0.key))
    #expect(
      two.kept.map(\.record.frame.key) == one.kept.map(\.record.frame.key).filter(kept.contains))
    let (read, reader) = try readAll(two.bytes)
    #expect(reader.format == second)
    expectEqual(read, two.kept)
    let three = write(read, first)
    expectEqual(try readAll(three.bytes).records, three.kept)
    #expect(three.kept.count == two.kept.count)
  }

  /// Equal but for what the writer said it could not carry.
  private func expectEqual(
    _ read: [CANLogRecord], _ kept: [(record: CANLogRecord, loss: CANLogLoss)]
  ) {
    #expect(read.count == kept.count)
    for (record, (expected, loss)) in zip(read, kept) {
      #expect(record.frame == expected.frame)
      if !loss.contains(.direction) { #expect(record.direction == expected.direction) }
      let base =
        loss.contains(.startTime)
        ? (kept.first?.record.nanoseconds ?? 0) - (read.first?.nanoseconds ?? 0) : 0
      #expect(record.nanoseconds == expected.nanoseconds - base)
      #expect(loss.isDisjoint(with: [.resolution, .interfaceName]))
    }
  }

  @Test("names of interfaces survive in comments, and where there is no room this is said")
  func names() throws {
    let frame = CANFrame(identifier: 1, isExtended: false)
    for format in CANLogFormat.written {
      var writer = CANLogWriter(format: format)
      var losses: [CANLogLoss] = []
      let names = ["vcan0", "can0", "can7", "j1939"]
      for name in names {
        losses.append(
          writer.append(
            CANLogRecord(nanoseconds: LogSamples.start, direction: .received, frame: frame),
            interface: name))
      }
      writer.finish()
      let (records, reader) = try readAll(writer.bytes)
      switch format {
      case .candump, .candumpAbsolute, .candumpDelta, .candumpZero, .vector, .vectorDecimal,
        .peak20, .peak21:
        #expect(records.map { reader.interfaces[$0.interface] } == names, "\(format)")
      case .peak1:
        #expect(records.count == 1 && reader.interfaces == ["vcan0"])
        #expect(losses.dropFirst().allSatisfy { $0.contains(.secondInterface) })
      case .gvret, .gvretWithoutDirection:
        #expect(losses.map { $0.contains(.interfaceName) } == [true, true, false, true])
        #expect(Set(reader.interfaces).count == 4 && reader.interfaces.contains("can7"))
      case .crtd, .busmaster: break
      }
    }
  }

  @Test("a resolution that is too coarse, and times that go back, are said")
  func times() {
    let frame = CANFrame(identifier: 1, isExtended: false)
    func losses(_ format: CANLogFormat, _ times: [Int64]) -> [CANLogLoss] {
      var writer = CANLogWriter(format: format)
      return times.map {
        writer.append(
          CANLogRecord(nanoseconds: $0, direction: .received, frame: frame), interface: "can0"
        )
        .intersection([.resolution, .timeOrder])
      }
    }
    let times: [Int64] = [1_000_000_000, 1_000_100_000, 1_000_101_000, 1_000_101_001, 999_000_000]
    #expect(losses(.candump, times) == [[], [], [], [], []])
    #expect(losses(.vector, times) == [[], [], [], [], .timeOrder])
    #expect(losses(.candumpZero, times) == [[], [], [], [], .timeOrder])
    #expect(losses(.candumpDelta, times) == [[], [], [], [], .timeOrder])
    #expect(losses(.peak21, times) == [[], [], [], .resolution, .timeOrder])
    #expect(losses(.peak1, times) == [[], [], .resolution, .resolution, .timeOrder])
    #expect(losses(.gvret, times) == [[], [], [], .resolution, []])
  }

  @Test("told to, the writer carries what fits: counters and codes go, absent kinds are left out")
  func lossy() throws {
    for format in CANLogFormat.written {
      var writer = CANLogWriter(format: format, isLossy: true)
      for record in LogSamples.records(LogSamples.all) { writer.append(record, interface: "can0") }
      writer.finish()
      let (records, _) = try readAll(writer.bytes)
      let errors = records.filter(\.frame.isError).count
      #expect(errors == (format == .gvret || format == .gvretWithoutDirection ? 0 : 4), "\(format)")
      let code = records.first { $0.frame.identifier == 0x55 && !$0.frame.isExtended }
      #expect(code?.frame.bytes == [UInt8](1...8), "\(format)")
    }
  }

  @Test("an empty log is written and read", arguments: CANLogFormat.written)
  func empty(format: CANLogFormat) throws {
    var writer = CANLogWriter(format: format)
    writer.finish()
    #expect(try readAll(writer.bytes, format: format).records.isEmpty)
  }

  @Test("pieces of any size give the same records", arguments: CANLogFormat.written)
  func pieces(format: CANLogFormat) throws {
    let (bytes, _) = write(LogSamples.records(LogSamples.all), format)
    let whole = try readAll(bytes, format: format).records
    for size in [1, 7, 64, 300, 4096] {
      var start = 0
      var reader = try CANLogReader(name: "pieces", format: format) {
        defer { start = min(bytes.count, start + size) }
        return [UInt8](bytes[start..<min(bytes.count, start + size)])
      }
      var records: [CANLogRecord] = []
      while let record = try reader.next() { records.append(record) }
      #expect(records == whole, "\(size)")
    }
  }

  @Test("a line without end is refused before it fills the memory")
  func endlessLine() throws {
    var pieces = 0
    var reader = try CANLogReader(name: "endless", format: .candump) {
      pieces += 1
      return pieces > 1000 ? [] : [UInt8](repeating: 0x30, count: 4096)
    }
    #expect(throws: LogError.self) { try reader.next() }
    #expect(pieces < 40)
  }

  @Test("a log with more interfaces than there can be is refused")
  func interfaces() throws {
    var text = ""
    for index in 0...256 { text += "(1.0) c\(index) 123#00\n" }
    var reader = try CANLogReader(bytes: [UInt8](text.utf8), name: "many")
    for _ in 0..<256 { #expect(try reader.next() != nil) }
    #expect(throws: LogError.self) { try reader.next() }
  }
}

extension CANFrame {
  /// Tells the samples apart.
  fileprivate var key: [UInt64] {
    [
      UInt64(identifier), isExtended ? 1 : 0, isRemote ? 1 : 0, isError ? 1 : 0, isFD ? 1 : 0,
      UInt64(length), UInt64(rawLengthCode), words[0],
    ]
  }
}
