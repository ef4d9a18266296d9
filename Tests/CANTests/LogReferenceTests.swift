import CAN
import Foundation
import TestSupport
import Testing

private let canUtils = FileManager.default.isExecutableFile(atPath: "/usr/bin/log2asc")

/// What python-can tells of a message.
private struct Message: Codable, Equatable {
  var time: Int64
  var id: UInt32
  var extended: Bool
  var remote: Bool
  var error: Bool
  var fd: Bool
  var brs: Bool
  var esi: Bool
  var rx: Bool
  var dlc: Int
  var data: [UInt8]

  init(_ record: CANLogRecord) {
    let frame = record.frame
    time = record.nanoseconds / 1000
    id = frame.isError ? 0 : frame.identifier
    extended = frame.isExtended
    remote = frame.isRemote
    error = frame.isError
    fd = frame.isFD
    brs = frame.bitRateSwitch
    esi = frame.errorStateIndicator
    rx = record.direction != .transmitted
    dlc = Int(frame.length)
    data = frame.isRemote || frame.isError ? [] : frame.bytes
  }
}

private let script = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "logs_by_python_can.py").path

@Suite(.enabled(if: referencePython != nil, "no reference Python"))
struct PythonCANTests {
  @Test(
    "python-can reads what we write",
    arguments: [
      (CANLogFormat.candump, "log"), (.vector, "asc"), (.vectorDecimal, "asc"), (.peak1, "trc"),
      (.peak20, "trc"), (.peak21, "trc"),
    ])
  func readsOurs(format: CANLogFormat, kind: String) throws {
    let folder = try TemporaryFolder()
    var sample = LogSamples.classic + LogSamples.remote
    if format != .peak1 { sample += LogSamples.flexible }
    // Its TRC reader passes over error frames.
    if kind != "trc" { sample += LogSamples.plainError }
    // It takes an FD frame without data in ASC for a remote one.
    if kind == "asc" { sample.removeAll { $0.0.isFD && $0.0.length == 0 } }
    let (bytes, kept) = write(LogSamples.records(sample), format)
    #expect(kept.count == sample.count)
    let output = try runPython([script, "read", kind, try folder.write(bytes, "ours.\(kind)")])
    let messages = try output.split(separator: "\n").map {
      try JSONDecoder().decode(Message.self, from: Data($0.utf8))
    }
    #expect(messages.count == kept.count)
    for (message, (record, _)) in zip(messages, kept) {
      var expected = Message(record)
      var found = message
      // Its times are doubles of days (TRC) or seconds; lengths of FD frames in TRC are its codes.
      #expect((found.time - expected.time).magnitude <= 2)
      found.time = expected.time
      if !expected.remote { found.dlc = expected.dlc }
      // It takes FE for BRS and ESI, BI for ESI; PEAK's description has them the other way round.
      if kind == "trc", expected.esi { found.brs.toggle() }
      // Messages of its own carry no identifier or kind in error frames.
      if expected.error {
        found.extended = expected.extended
        expected.dlc = found.dlc
      }
      #expect(found == expected)
    }
  }

  @Test("we read what python-can writes", arguments: ["log", "asc", "trc"])
  func readsTheirs(kind: String) throws {
    let folder = try TemporaryFolder()
    var sample = LogSamples.classic
    // Its TRC writer has data frames only, its candump writer forgets the length of remote ones.
    if kind != "trc" { sample += LogSamples.flexible + LogSamples.remote.suffix(1) }
    if kind == "asc" { sample += LogSamples.remote + LogSamples.plainError }
    let records = LogSamples.records(sample)
    let encoder = JSONEncoder()
    var lines = Data()
    for record in records { lines += try encoder.encode(Message(record)) + Data("\n".utf8) }
    let source = try folder.write([UInt8](lines), "source.json")
    _ = try runPython([script, "write", kind, folder.path("theirs.\(kind)"), source])
    let (read, reader) = try readAll(try folder.read("theirs.\(kind)"))
    #expect(reader.format == (kind == "log" ? .candump : kind == "asc" ? .vector : .peak21))
    #expect(read.count == records.count)
    for (found, expected) in zip(read, records) {
      #expect((found.nanoseconds - expected.nanoseconds).magnitude <= 2000)
      #expect(found.frame == expected.frame)
      if !found.frame.isError { #expect(found.direction == expected.direction) }
    }
  }
}

@Suite(.enabled(if: canUtils, "no log2asc of can-utils"))
struct CANUtilsTests {
  private func run(_ tool: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/\(tool)")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  /// What the tools of 2020 know.
  private var sample: [CANLogRecord] {
    LogSamples.records(
      LogSamples.classic + LogSamples.remote + LogSamples.flexible + LogSamples.plainError)
  }

  private func expectEqual(_ read: [CANLogRecord], _ expected: [CANLogRecord]) {
    #expect(read.count == expected.count)
    let base = (expected.first?.nanoseconds ?? 0) - (read.first?.nanoseconds ?? 0)
    for (found, record) in zip(read, expected) {
      #expect(found.nanoseconds == record.nanoseconds - base)
      #expect(found.frame == record.frame)
    }
  }

  @Test(
    "log2asc reads our candump log, and we read its ASC", arguments: [[], ["-f"], ["-n", "-r"]])
  func log2asc(options: [String]) throws {
    let folder = try TemporaryFolder()
    // -f turns error frames into data frames.
    let sample = options.contains("-f") ? sample.filter { !$0.frame.isError } : sample
    let log = try folder.write(write(sample, .candump).bytes, "ours.log")
    try run("log2asc", options + ["-I", log, "-O", folder.path("theirs.asc"), "can0"])
    let expected = sample.map { record in
      var record = record
      // -r leaves out the length of remote frames.
      if options.contains("-r"), record.frame.isRemote { record.frame.setLength(0) }
      return record
    }
    expectEqual(try readAll(try folder.read("theirs.asc")).records, expected)
  }

  @Test("asc2log reads our ASC, and we read its candump log")
  func asc2log() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(write(sample, .vector).bytes, "ours.asc")
    try run("asc2log", ["-I", file, "-O", folder.path("theirs.log")])
    expectEqual(try readAll(try folder.read("theirs.log")).records, sample)
  }
}

@Suite(.enabled(if: sharedData("data/savvycan") != nil, "no shared recordings"))
struct SavvyCANTests {
  @Test(
    "the forms of one capture have equal frames",
    arguments: [
      ("GVRET_Log.csv", CANLogFormat.gvretWithoutDirection), ("CRTD_Log.txt", .crtd),
      ("BusMasterLog.log", .busmaster),
    ])
  func forms(name: String, format: CANLogFormat) throws {
    let folder = sharedData("data/savvycan") ?? ""
    func read(_ name: String) throws -> (records: [CANLogRecord], reader: CANLogReader) {
      let data = try Data(contentsOf: URL(filePath: folder + "/" + name))
      return try readAll([UInt8](data), name: name)
    }
    let (records, reader) = try read(name)
    let (reference, candump) = try read("candump.log")
    #expect(candump.format == .candump && reader.format == format)
    #expect(records.count == 12_974 && records.map(\.frame) == reference.map(\.frame))
    // The capture lasts 8.56 s; candump.log has whole seconds.
    let span = (records.last?.nanoseconds ?? 0) - (records.first?.nanoseconds ?? 0)
    #expect(span == 8_560_000_000)
  }

  @Test(
    "the capture goes through every format that can be written", arguments: CANLogFormat.written)
  func rewritten(format: CANLogFormat) throws {
    let folder = sharedData("data/savvycan") ?? ""
    let data = try Data(contentsOf: URL(filePath: folder + "/GVRET_Log.csv"))
    let records = try readAll([UInt8](data)).records.prefix(3000).map { $0 }
    let (bytes, kept) = write(records, format)
    #expect(kept.count == records.count)
    let read = try readAll(bytes).records
    #expect(read.map(\.frame) == records.map(\.frame))
    let start = kept[0].loss.contains(.startTime) ? records[0].nanoseconds : 0
    #expect(read.map(\.nanoseconds) == records.map { $0.nanoseconds - start })
  }

  @Test("a log of a form that is not read is refused")
  func other() throws {
    let path = (sharedData("data/savvycan") ?? "") + "/CarBusAnalyzer.trc"
    let data = try Data(contentsOf: URL(filePath: path))
    #expect(throws: LogError.self) { try readAll([UInt8](data), name: path) }
  }
}
