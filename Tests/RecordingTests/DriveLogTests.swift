import Foundation
import Recording
import Signals
import TestSupport
import Testing
import Units

/// Cycles with any bits in them: what a codec must bring back whatever the core is fed.
struct AnyCycles {
  private var random: RandomWords
  private var cycle = RecordedCycle()

  init(seed: UInt64) { random = RandomWords(seed: seed) }

  mutating func next() -> RecordedCycle {
    cycle.inputs.beginCycle(at: cycle.inputs.now + .milliseconds(10))
    for _ in 0..<random.next(below: 12) {
      var frame = ReceivedFrame()
      frame.identifier = UInt32(0x18FE_F100 + random.next(below: 6))
      frame.isExtended = true
      frame.length = 8
      frame.receivedAt = cycle.inputs.now
      frame.words[0] = random.next()
      cycle.inputs.frames.append(frame)
    }
    if random.next(below: 4) == 0 {
      var report = GNSSReport()
      report.mode = 3
      report.latitude = Degrees(46 + Double(random.next(below: 1_000)) / 1e6)
      report.longitude = Degrees(82.8)
      report.speed = MetresPerSecond(Double(bitPattern: random.next()))
      cycle.inputs.append(report)
    }
    cycle.inputs.utcSigmaSeconds = Double(bitPattern: random.next())
    cycle.inputs.buses[2].framesSeen = random.next()
    cycle.outputs.cycle = cycle.inputs.cycle
    cycle.outputs.path.station = Metres(Double(bitPattern: random.next()))
    cycle.outputs.plan.curvatures[Int(random.next(below: 48))] = Double(bitPattern: random.next())
    cycle.outputs.faults.insert(.gnssLost)
    return cycle
  }
}

func contents() -> RecordingContents {
  var contents = RecordingContents()
  contents.software = "tulpar tests"
  contents.facts = [MCAPPair("profile", "some truck")]
  contents.attachments = [
    MCAPAttachment(
      name: DriveSchema.configuration, mediaType: "application/octet-stream", data: [1, 2, 3]),
    MCAPAttachment(
      name: "mission/route.geojson", mediaType: "application/geo+json", data: Array("{}".utf8)),
  ]
  contents.maps = [Array("{\"type\":\"FeatureCollection\",\"features\":[]}".utf8)]
  contents.zoneNames = ["YARD"]
  return contents
}

/// A drive of any cycles; what was recorded, as words.
func recording(
  cycles: Int, seed: UInt64 = 1, finished: Bool = true, _ contents: RecordingContents = contents()
) throws -> (bytes: [UInt8], words: [[UInt64]]) {
  let sink = RecordingSink()
  let recorder = try DriveRecorder(sink, contents)
  var made = AnyCycles(seed: seed)
  var words: [[UInt64]] = []
  for _ in 0..<cycles {
    var cycle = made.next()
    words.append(exactWords(&cycle))
    try recorder.record(&cycle, sent: [ReceivedFrame()])
  }
  if finished { try recorder.finish() }
  return (sink.memory, words)
}

/// Every bit of inputs and outputs, those of NaN too.
func exactWords(_ cycle: inout RecordedCycle) -> [UInt64] {
  var words = ExactWords()
  cycle.inputs.visit(&words)
  cycle.outputs.visit(&words)
  return words.words
}

private struct ExactWords: FieldVisitor {
  var words: [UInt64] = []
  mutating func visit(_ name: StaticString, _ value: inout Double) {
    words.append(value.bitPattern)
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) {
    words.append(UInt64(bitPattern: value))
  }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) { words.append(value) }
  mutating func open(_ name: StaticString, index: Int) {}
  mutating func close() {}
  mutating func reject() {}
}

func readDrive(_ bytes: [UInt8]) throws -> [[UInt64]] {
  let log = try DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"))
  var cycle = RecordedCycle()
  var words: [[UInt64]] = []
  while try log.next(&cycle) { words.append(exactWords(&cycle)) }
  return words
}

@Suite struct DriveLogTests {
  @Test(arguments: [1, 7, 42] as [UInt64])
  func everyBitOfEveryCycleComesBack(seed: UInt64) throws {
    let made = try recording(cycles: 230, seed: seed)
    #expect(try readDrive(made.bytes) == made.words)
  }

  /// At most a second may be lost, however the recorder ends.
  @Test func whatIsCutOffLosesLessThanASecond() throws {
    let made = try recording(cycles: 230, finished: false)
    let log = try DriveLog(ByteSource(bytes: made.bytes, name: "drive.mcap"))
    var cycle = RecordedCycle()
    var read = 0
    let error = #expect(throws: RecordingError.self) {
      while try log.next(&cycle) { read += 1 }
    }
    #expect(error?.isTruncation == true)
    #expect(read > 230 - 100)
  }

  @Test(.enabled(if: referencePython != nil, "the reference Python is not installed"))
  func generalToolsFindTheirOwnSchemas() throws {
    let path = temporaryFile("drive.mcap")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let made = try recording(cycles: 230)
    try Data(made.bytes).write(to: URL(filePath: path))
    let read = try byReference(["read", path])
    #expect(
      read["schemas"] as? [String] == [
        "foxglove.GeoJSON", "foxglove.LocationFix", "foxglove.LocationFix", "foxglove.Log",
        "foxglove.PoseInFrame", "tulpar.Status", "tulpar.can", "tulpar.cycle",
        "tulpar.keyframe",
      ])
    let samples = try #require(read["samples"] as? [String: [String: Any]])
    let fix = try #require(samples["/gnss"])
    let latitude = try #require(fix["latitude"] as? Double)
    #expect((46..<46.001).contains(latitude))
    #expect((fix["position_covariance"] as? [Any])?.count == 9)
    #expect(samples["/log"]?["message"] is String)
    #expect(samples["/status"]?["mode"] as? String == "manual")
    #expect((samples["/map"]?["geojson"] as? String)?.contains("FeatureCollection") == true)
    let metadata = try #require(
      (read["metadata"] as? [String: [String: String]])?[DriveSchema.metadata])
    #expect(metadata["schema"] == "1")
    let attachments = try #require(read["attachments"] as? [String: [String]])
    // The two, and the page that explains the file.
    #expect(attachments.count == 3)
    for (name, value) in attachments {
      #expect(metadata[DriveSchema.hashPrefix + name] == value.last)
    }
    #expect(read["indexed"] as? Int == read["messages"] as? Int)
  }

  /// A file as the recorder writes it, but for what `change` does to its header and attachments.
  private func altered(_ change: (inout [MCAPPair], inout [MCAPAttachment]) -> Void) throws
    -> [UInt8]
  {
    let contents = contents()
    var pairs = [MCAPPair("schema", "1"), MCAPPair("layout", CycleLayout.hash)]
    for file in contents.attachments {
      pairs.append(MCAPPair(DriveSchema.hashPrefix + file.name, SHA256.hex(of: file.data)))
    }
    var files = contents.attachments
    change(&pairs, &files)
    let sink = RecordingSink()
    let writer = try MCAPWriter(sink, header: MCAPHeader(profile: "tulpar", library: "other 9"))
    if !pairs.isEmpty { try writer.add(MCAPMetadata(name: DriveSchema.metadata, pairs: pairs)) }
    for file in files { try writer.attach(file) }
    try writer.finish()
    return sink.memory
  }

  @Test func aRecordingThatCannotBeTrustedIsRefusedWithTheReason() throws {
    let cases: [(String, (inout [MCAPPair], inout [MCAPAttachment]) -> Void)] = [
      ("not a drive that Tulpar recorded", { pairs, _ in pairs = [] }),
      (
        "recorded by newer software (other 9): schema 2, this build reads 1",
        { pairs, _ in pairs[0].value = "2" }
      ),
      ("schema is 0, allowed: 1", { pairs, _ in pairs[0].value = "0" }),
      ("replay it with the build that recorded it", { pairs, _ in pairs[1].value = "00ff" }),
      ("\"configuration.tulpar\" is not what was recorded", { _, files in files[0].data[1] = 9 }),
      (
        "\"configuration.tulpar\" is named in the header, but not there",
        { _, files in
          files.remove(at: 0)
        }
      ),
      (
        "\"extra\" is not named in the header",
        { _, files in
          files.append(MCAPAttachment(name: "extra", mediaType: "text/plain", data: []))
        }
      ),
    ]
    #expect(try readDrive(altered { _, _ in }) == [])
    for (message, change) in cases {
      let bytes = try altered(change)
      let error = #expect(throws: RecordingError.self) { try readDrive(bytes) }
      #expect(error?.problem.contains(message) == true, "\(message): \(String(describing: error))")
    }
    // What a terminal obeys does not reach it.
    let loud = try altered { pairs, _ in pairs[0].value = "\u{1B}[2J\u{9B}1m" }
    let shown = #expect(throws: RecordingError.self) { try readDrive(loud) }
    #expect("\(shown as Any)".contains("schema is \\u{1B}[2J\\u{009B}1m, allowed: 1"))
    let foreign = try sampleFile()
    #expect(throws: RecordingError.self) { try readDrive(foreign) }
    let error = #expect(throws: RecordingError.self) { try readDrive(Array("hello, world".utf8)) }
    #expect(error?.problem == "not an MCAP file")
  }

  /// The words that say how a recording is to be read name every field, and change with them.
  @Test func theSchemaNamesEveryField() {
    #expect(CycleLayout.text.contains("\nframes.frames[0].identifier uint64\n"))
    #expect(CycleLayout.text.contains("\ncommand.curvature double\n"))
    #expect(CycleLayout.text.contains("\nstate.odometer double\n"))
  }
}

@Suite struct CycleFuzzTests {
  @Test("any cycle messages are read back or refused, in bounded memory")
  func cycles() throws {
    let made = try recording(cycles: 60)
    let messages = ReadBack(made.bytes).messages.enumerated()
      .filter { $0.element.channel == 1 }.map { Array($0.element.data) }
    let corpus = FuzzCorpus(messages, longest: 8_000)
    let fuzz = Fuzz("cycle messages", cases: 100_000, heapBase: 8 << 20, heapShare: 1 << 12)
    let failures = fuzz.run(corpus) { bytes, _ in
      guard let file = try? driveFile([messages[0], bytes]) else { return .broken("not written") }
      return (try? readDrive(file)) == nil ? .refused : .accepted
    }
    #expect(failures == [])
  }
}

@Suite struct FrameFuzzTests {
  @Test("any frame messages become lines of candump or are refused, in bounded memory")
  func frames() throws {
    let made = try recording(cycles: 60)
    let read = ReadBack(made.bytes)
    let messages = zip(read.topics, read.messages)
      .filter { $0.0 == DriveSchema.canTopic }.map { Array($0.1.data) }
    let corpus = FuzzCorpus(messages, longest: 8_000)
    let fuzz = Fuzz("frame messages", cases: 50_000, heapBase: 4 << 20, heapShare: 1 << 11)
    let failures = fuzz.run(corpus) { bytes, _ in
      guard let file = try? driveFile([messages[0], bytes], topic: DriveSchema.canTopic),
        let text = try? RecordedCANText(ByteSource(bytes: file, name: "fuzz"))
      else { return .broken("not written") }
      do throws(RecordingError) {
        while true {
          let lines = try text.next()
          if lines.isEmpty { return .accepted }
          guard lines.last == UInt8(ascii: "\n") else { return .broken("a line without end") }
        }
      } catch {
        return error.record == "CAN message 1" ? .refused : .broken("\(error)")
      }
    }
    #expect(failures == [])
  }
}

@Suite struct RecordedFramesTests {
  /// What was received and sent, in the order of the cycles, under the names of the header.
  @Test func theFramesOfADriveAreThoseOfALog() throws {
    var contents = contents()
    contents.facts = [MCAPPair(RecordedCANText.busPrefix + "1", "vcan7")]
    let sink = RecordingSink()
    let recorder = try DriveRecorder(sink, contents)
    var cycle = RecordedCycle()
    cycle.inputs.beginCycle(at: Instant(nanoseconds: 12_010_000_000))
    var received = ReceivedFrame()
    received.identifier = 0x18FE_F100
    received.isExtended = true
    received.length = 3
    received.receivedAt = Instant(nanoseconds: 12_004_050_999)
    received.words[0] = 0x0C_0B_0A
    cycle.inputs.frames.append(received)
    var sent = ReceivedFrame()
    sent.identifier = 0x123
    sent.bus = 1
    sent.length = 12
    sent.receivedAt = Instant(nanoseconds: 12_010_000_000)
    sent.words[1] = 0xFF
    try recorder.record(&cycle, sent: [sent])
    try recorder.finish()
    let text = try RecordedCANText(ByteSource(bytes: sink.memory, name: "drive.mcap"))
    #expect(
      String(decoding: try text.next(), as: UTF8.self) == """
        (12.004050) can0 18FEF100#0A0B0C R
        (12.010000) vcan7 123##00000000000000000FF000000 T

        """)
    #expect(try text.next() == [])
  }
}
