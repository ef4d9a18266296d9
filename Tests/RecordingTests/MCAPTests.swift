import Foundation
import Recording
import TestSupport
import Testing

/// A file of ours with three chunks, an attachment and metadata.
func sampleFile(compresses: Bool = true, finished: Bool = true) throws -> [UInt8] {
  let sink = RecordingSink()
  let writer = try MCAPWriter(
    sink, header: MCAPHeader(profile: "tulpar", library: "tests"), compresses: compresses)
  let schema = try writer.add(
    schema: "thing", encoding: "jsonschema", data: Array("{\"type\":\"object\"}".utf8))
  let first = try writer.add(channel: "/first", encoding: "json", schema: schema)
  let second = try writer.add(
    channel: "/second", encoding: "raw", schema: 0, metadata: [MCAPPair("unit", "m/s")])
  try writer.attach(
    MCAPAttachment(name: "notes.txt", mediaType: "text/plain", data: Array("notes".utf8)))
  try writer.add(MCAPMetadata(name: "facts", pairs: [MCAPPair("truck", "seven")]))
  for i in 0..<90 {
    let time = UInt64(i) * 10_000_000
    try writer.write(
      channel: i % 3 == 0 ? second : first, logTime: time, publishTime: time + 5,
      data: Array("{\"i\":\(i)}".utf8))
    if i % 30 == 29 { try writer.flush() }
  }
  if finished { try writer.finish() }
  return sink.memory
}

/// What a reader makes of a file.
struct ReadBack {
  var messages: [MCAPMessage] = []
  var topics: [String] = []
  var attachments: [MCAPAttachment] = []
  var metadata: [MCAPMetadata] = []
  var failure: RecordingError?

  init(_ bytes: [UInt8], limits: ReaderLimits = ReaderLimits()) {
    do throws(RecordingError) {
      let reader = try MCAPReader(ByteSource(bytes: bytes, name: "test.mcap"), limits: limits)
      while let record = try reader.next() {
        switch record {
        case .message(let message):
          messages.append(message)
          topics.append(reader.channels[message.channel]?.topic ?? "")
        case .attachment(let attachment): attachments.append(attachment)
        case .metadata(let value): metadata.append(value)
        case .schema, .channel: break
        }
      }
    } catch {
      failure = error
    }
  }

  /// As the reference script computes it.
  var digest: String {
    var hash = SHA256()
    for (topic, message) in zip(topics, messages) {
      let data = message.data.map { hexadecimal(UInt64($0), digits: 2) }.joined()
      hash.update(
        Array(
          "\(topic) \(message.sequence) \(message.logTime) \(message.publishTime) \(data)\n".utf8))
    }
    return hash.finish()
  }
}

private let script = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "mcap_by_python.py").path

/// Runs the reference package on a file of ours, or has it write one.
func byReference(_ arguments: [String]) throws -> [String: Any] {
  let output = try runPython([script] + arguments)
  return try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
}

func temporaryFile(_ name: String) -> String {
  FileManager.default.temporaryDirectory.appending(path: "\(UUID())-\(name)").path
}

/// https://mcap.dev/spec, against the reference package.
@Suite struct MCAPTests {
  private static let reason: Comment = "the reference Python is not installed"

  @Test(.enabled(if: referencePython != nil, reason), arguments: [true, false])
  func everyRecordOfOurFileIsReadByTheReferenceReader(compresses: Bool) throws {
    let path = temporaryFile("ours.mcap")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let bytes = try sampleFile(compresses: compresses)
    try Data(bytes).write(to: URL(filePath: path))
    let read = try byReference(["read", path])
    let ours = ReadBack(bytes)
    #expect(ours.failure == nil)
    #expect(read["messages"] as? Int == 90)
    #expect(read["streamed"] as? Int == 90)
    #expect(read["indexed"] as? Int == 90)
    #expect(read["chunks"] as? Int == 3)
    #expect(read["digest"] as? String == ours.digest)
    #expect(read["streamedDigest"] as? String == ours.digest)
    #expect(read["library"] as? String == "tests")
    #expect(
      read["attachments"] as? [String: [String]] == [
        "notes.txt": ["text/plain", SHA256.hex(of: Array("notes".utf8))]
      ])
    #expect(read["metadata"] as? [String: [String: String]] == ["facts": ["truck": "seven"]])
  }

  @Test(
    .enabled(if: referencePython != nil, reason),
    arguments: [["none", "chunked"], ["zstd", "chunked"], ["none", "flat"]])
  func filesOfTheReferenceWriterAreRead(kind: [String]) throws {
    let path = temporaryFile("theirs.mcap")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let written = try byReference(["write", path] + kind)
    let source = try ByteSource(opening: path)
    let summary = try #require(try MCAPReader(source).summary())
    #expect(summary.statistics?.messages == 500)
    #expect(summary.channels.count == 2)
    let reader = try MCAPReader(source)
    let index = try #require(summary.attachments.first)
    #expect(try reader.attachment(index).data == Array("written by another".utf8))
    let read = ReadBack([UInt8](try Data(contentsOf: URL(filePath: path))))
    #expect(read.failure == nil)
    #expect(read.messages.count == 500)
    #expect(read.digest == written["digest"] as? String)
    #expect(read.metadata.first?["truck"] == "seven")
    guard let chunk = summary.chunks.dropFirst(2).first else { return }
    reader.seek(to: chunk, of: summary)
    var next = try reader.next()
    while case .channel = next { next = try reader.next() }
    guard case .message(let message)? = next else {
      Issue.record("no message after a jump")
      return
    }
    #expect(message.logTime == chunk.startTime)
  }

  @Test(.enabled(if: referencePython != nil, reason))
  func aCompressionThatIsNotReadIsNamed() throws {
    let path = temporaryFile("lz4.mcap")
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try byReference(["write", path, "lz4", "chunked"])
    let read = ReadBack([UInt8](try Data(contentsOf: URL(filePath: path))))
    #expect(read.messages.isEmpty)
    #expect(read.failure?.record == "Chunk")
    #expect(read.failure?.problem == "compression \"lz4\" is not read; allowed: none and zstd")
  }

  /// A file that breaks off anywhere gives every whole chunk before that, then says where.
  @Test func aFileThatBreaksOffIsReadToItsLastWholeChunk() throws {
    let whole = try sampleFile()
    let summary = try #require(
      try MCAPReader(ByteSource(bytes: whole, name: "whole")).summary())
    #expect(summary.chunks.count == 3)
    for length in stride(from: 0, to: whole.count, by: 7) {
      let read = ReadBack(Array(whole[..<length]))
      let chunks = summary.chunks.filter { $0.offset + $0.length <= UInt64(length) }
      #expect(read.messages.count == 30 * chunks.count, "\(length) bytes")
      let failure = try #require(read.failure, "\(length) bytes")
      #expect(failure.isTruncation || length < 8, "\(length) bytes: \(failure)")
      #expect(failure.offset <= UInt64(length))
    }
    let open = try sampleFile(finished: false)
    #expect(ReadBack(open).messages.count == 90)
    #expect(ReadBack(open).failure?.isTruncation == true)
  }

  /// Sums over chunks, attachments, data and summary leave no place out.
  @Test func aFlippedBitIsNoticedWhereverItIs() throws {
    let whole = try sampleFile()
    for index in stride(from: 0, to: whole.count, by: 3) {
      var bytes = whole
      bytes[index] ^= 1 << UInt8(index & 7)
      #expect(ReadBack(bytes).failure != nil, "bit \(index & 7) of byte \(index)")
    }
  }

  @Test func whatCannotBeWrittenIsSaid() throws {
    #expect(throws: RecordingError.self) { try RecordingSink(creating: "/nonexistent/a.mcap") }
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let sink = try RecordingSink(creating: "/dev/full")
    let error = #expect(throws: RecordingError.self) {
      _ = try MCAPWriter(sink, header: MCAPHeader(profile: "", library: ""))
    }
    #expect(error?.problem == "cannot be written: No space left on device")
  }

  /// FIPS 180-4's own examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func sha256IsThatOfTheStandard(text: String, digest: String) {
    #expect(SHA256.hex(of: Array(text.utf8)) == digest)
    var hash = SHA256()
    for byte in text.utf8 { hash.update([byte]) }
    #expect(hash.finish() == digest)
  }
}
