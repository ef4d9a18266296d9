import Foundation
import Recording
import Signals
import TestSupport
import Testing
import Units

/// The page that is in every recording, used as an investigator would: its program is taken out of
/// the file and told what Tulpar tells.
@Suite(.enabled(if: referencePython != nil, "needs Python with mcap (TULPAR_PYTHON or .venv)"))
struct ReadingGuideTests {
  private let folder: URL
  private let log: String
  private let program: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "guide-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    log = folder.appending(path: "drive.mcap").path
    program = folder.appending(path: "reading.py").path
    let bytes = try RecordedDrive.short.get().bytes
    try Data(bytes).write(to: URL(filePath: log))
    let recording = try DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"))
    let page = String(
      decoding: try #require(recording[attachment: DriveSchema.guide]), as: UTF8.self)
    let code = try #require(page.components(separatedBy: "```python\n").dropFirst().first)
    try Data(try #require(code.components(separatedBy: "\n```").first).utf8)
      .write(to: URL(filePath: program))
  }

  private func guide(_ arguments: String...) throws -> String {
    try runPython([program] + arguments)
  }

  @Test func aWholeRecordingIsFoundWholeAndAChangedOneIsNot() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try guide("check", log).hasPrefix("whole"))
    // Packed again with sums made right: only the hashes of the cycles tell.
    let bytes = try RecordedDrive.short.get().repacked { number, data in
      if number == 700 { data[9] ^= 1 }
    }
    let changed = folder.appending(path: "changed.mcap")
    try Data(bytes).write(to: changed)
    #expect(throws: PythonFailure.self) { try guide("check", changed.path) }
  }

  @Test func rawCANIsThatOfConvert() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = try RecordedCANText(ByteSource(bytes: RecordedDrive.short.get().bytes, name: "d"))
    var expected: [UInt8] = []
    while case let lines = try text.next(), !lines.isEmpty { expected += lines }
    #expect(expected.count > 100_000)
    #expect(try guide("candump", log) == String(decoding: expected, as: UTF8.self))
  }

  /// Each field by name and value, of a cycle in the middle of a chunk with frames and lists.
  @Test func theFieldsOfACycleAreThoseOfReplay() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let recording = try DriveLog(
      ByteSource(bytes: RecordedDrive.short.get().bytes, name: "drive.mcap"))
    var cycle = RecordedCycle()
    var start: Int64?
    while try recording.next(&cycle) {
      start = start ?? cycle.inputs.now.nanoseconds
      if Double(cycle.inputs.now.nanoseconds - (start ?? 0)) * 1e-9 >= 11.23 { break }
    }
    #expect(cycle.inputs.frames.count > 0)
    var expected = Self.lines("inputs.") {
      cycle.inputs.visit(&$0)
    } words: {
      cycle.inputs.visit(&$0)
    }
    expected += Self.lines("outputs.") {
      cycle.outputs.visit(&$0)
    } words: {
      cycle.outputs.visit(&$0)
    }
    let found = try guide("fields", log, "11.23").split(separator: "\n").map(String.init)
    #expect(found.count == expected.count)
    for (one, other) in zip(found, expected) {
      let (a, b) = (one.split(separator: " "), other.split(separator: " "))
      let isSame =
        a == b
        || a.first == b.first && a.last.flatMap { Double($0) } == b.last.flatMap { Double($0) }
      #expect(isSame, "\(one) against \(other)")
    }
  }

  private static func lines(
    _ prefix: String, names: (inout FieldNames) -> Void, words: (inout FieldWords) -> Void
  ) -> [String] {
    var fieldNames = FieldNames()
    names(&fieldNames)
    var fieldWords = FieldWords()
    words(&fieldWords)
    return zip(fieldNames.names, fieldWords.words).map { name, word in
      let parts = name.split(separator: " ")
      let value =
        switch parts.last {
        case "double":
          Double(bitPattern: word).isNaN ? "nan" : "\(Double(bitPattern: word))"
        case "int64": "\(Int64(bitPattern: word))"
        default: "\(word)"
        }
      return prefix + (parts.first ?? "") + " " + value
    }
  }

  @Test func eventsAreThoseOfTheLog() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let events = try guide("events", log)
    #expect(events.contains("mode autonomous"))
    #expect(events.split(separator: "\n").count > 5)
    _ = try guide("files", log, folder.path)
    #expect(FileManager.default.fileExists(atPath: folder.path + "/" + DriveSchema.guide))
  }
}
