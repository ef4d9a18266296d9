import Recording
import Signals
import TestSupport
import Testing
import Units

/// A file of nothing but messages of one channel of ours.
func driveFile(_ messages: [[UInt8]], topic: String = DriveSchema.cycleTopic) throws -> [UInt8] {
  let sink = RecordingSink()
  let writer = try MCAPWriter(sink, header: MCAPHeader(profile: "", library: ""))
  try writer.add(
    MCAPMetadata(
      name: DriveSchema.metadata,
      pairs: [MCAPPair("schema", "1"), MCAPPair("layout", CycleLayout.hash)]))
  let channel = try writer.add(
    channel: topic, encoding: DriveSchema.cycleEncoding, schema: 0)
  for data in messages {
    try writer.write(channel: channel, logTime: 0, publishTime: 0, data: data)
  }
  try writer.finish()
  return sink.memory
}

/// A cycle message with these changes of the inputs, and none of the outputs.
private func message(isWhole: Bool, _ changes: [UInt64]) -> [UInt8] {
  var inputs: [UInt8] = []
  for number in changes {
    var rest = number
    while rest >= 0x80 {
      inputs.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    inputs.append(UInt8(rest))
  }
  let length = UInt32(inputs.count)
  return [isWhole ? 1 : 0] + [UInt8](repeating: 0, count: 16)
    + (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(8 * $0)) } + inputs
}

@Suite struct CycleCodecTests {
  /// A reader that begins at any chunk, and one that lost the chunk before, need nothing else.
  @Test(arguments: [false, true])
  func everyChunkBeginsWithACycleThatCanBeReadAlone(isRecovered: Bool) throws {
    let made = try recording(cycles: 230, finished: !isRecovered)
    var bytes = made.bytes
    if isRecovered {
      let sink = RecordingSink()
      _ = try Recovery(ByteSource(bytes: bytes, name: "cut.mcap")) { sink }
      bytes = sink.memory
    }
    let source = ByteSource(bytes: bytes, name: "drive.mcap")
    let summary = try #require(try MCAPReader(source).summary())
    // 2.3 s in chunks of half a second; the last was not written where the recorder was killed.
    #expect(summary.chunks.count == (isRecovered ? 4 : 5))
    for chunk in summary.chunks {
      let reader = try MCAPReader(source)
      reader.seek(to: chunk, of: summary)
      var first: MCAPMessage?
      while first == nil, let record = try reader.next() {
        if case .message(let message) = record,
          reader.channels[message.channel]?.topic == DriveSchema.cycleTopic
        {
          first = message
        }
      }
      #expect(first?.data.first == 1, "chunk at byte \(chunk.offset)")
    }
  }

  /// A full bus of identifiers that never come again, for ever.
  @Test func elementsWithoutEndAreRefused() throws {
    var identifier: UInt64 = 0
    func frames(afterUnchanged first: [UInt64]) -> [UInt64] {
      var changes = first
      for place in 0..<128 {
        identifier += 1
        changes += [place == 0 ? (first.isEmpty ? 3 : 0) : 12, identifier << 1]
      }
      return changes
    }
    // Before the frames stand time, number of the cycle and count.
    var messages = [message(isWhole: true, frames(afterUnchanged: [2, 128 << 1]))]
    while identifier <= 1 << 18 {
      messages.append(message(isWhole: false, frames(afterUnchanged: [])))
    }
    let bytes = try driveFile(messages)
    let error = #expect(throws: RecordingError.self) { try countCycles(bytes) }
    #expect(
      error?.problem
        == "more than 262144 different elements since a cycle that can be read alone")
    // As many cycles whose frames come again are fine.
    let again = try driveFile(messages.map { _ in messages[0] })
    #expect(try countCycles(again) == messages.count)
  }

  private func countCycles(_ bytes: [UInt8]) throws -> Int {
    let log = try DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"))
    var cycle = RecordedCycle()
    var count = 0
    while try log.next(&cycle) { count += 1 }
    return count
  }

  /// Numbers that are cut off, too long, or of more fields than there are.
  @Test(
    arguments: [
      [0x80], [1, 0x80], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 1],
      [0xFF, 0xFF, 0x7F, 1],
    ] as [[UInt8]])
  func changesThatAreNoneAreRefused(changes: [UInt8]) throws {
    var bad = message(isWhole: true, [])
    bad[17] = UInt8(changes.count)
    let bytes = try driveFile([bad + changes])
    let error = #expect(throws: RecordingError.self) { try countCycles(bytes) }
    #expect(error?.record == "cycle message 0")
    #expect(error?.problem == "the inputs are no words of this layout")
  }

  @Test(
    .enabled(if: canCountHeapCalls, "a sanitizer brings its own allocator"),
    .enabled(if: isOptimised, "generic code that is not specialised allocates"))
  func aCycleIsReadWithFewHeapCalls() throws {
    let made = try recording(cycles: 400)
    var read = 0
    let log = try DriveLog(ByteSource(bytes: made.bytes, name: "drive.mcap"))
    var cycle = RecordedCycle()
    func advance(_ count: Int) -> UInt64 {
      heapCalls { for _ in 0..<count where (try? log.next(&cycle)) == true { read += 1 } }
    }
    _ = advance(200)
    let calls = advance(200)
    #expect(read == 400)
    // None for a cycle; for each of four chunks its bytes, unpacked, and the lists of its indexes.
    #expect(calls <= 4 * 200)
  }
}

private let isOptimised: Bool = {
  #if DEBUG
    false
  #else
    true
  #endif
}()
