import DriveConfiguration
import Recording
import Replay
import TestSupport
import Testing
import Units

@Suite struct RecordingFuzzTests {
  private static let corpus = FuzzCorpus(
    [false, true].flatMap { isCompact in
      [0.02, 0.1].map { MadeUpLog(seconds: $0, isCompact: isCompact).text }
    },
    tokens: [
      "(", ")", "#", "[8]", "can0", "can1", " (090000.000000)", "(-1.0)", "18FEF100", "00000000",
      "\n", " (000.010000)  can0  18FEF100   [1]  FF\n",
    ], longest: 12_000)

  @Test("damaged recordings are replayed, or refused with the name of their file")
  func replayed() throws {
    let truck = try Truck()
    let buses = truck.configuration.buses.map(\.interface)
    // A replay takes the memory of a whole controller, each second of it that of its time line.
    let fuzz = Fuzz("recordings", cases: 10_000, heapBase: 1 << 25)
    let failures = fuzz.run(Self.corpus) { bytes, random in
      do {
        let frames = try RecordedFrames(bytes, name: "damaged.log", buses: buses)
        guard random.next(below: 8) == 0, frames.end - frames.start < .seconds(1) else {
          return .accepted
        }
        var replay = try Replay(
          configuration: truck.configuration, messageNames: truck.names, frames: frames)
        let timeline = replay.run()
        return timeline.json.isEmpty ? .broken("a time line without text") : .accepted
      } catch {
        let text = "\(error)"
        return text.contains("damaged.log") ? .refused : .broken("refused as \(text)")
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }

  @Test("any inputs that a recording may hold are replayed, or refused with the place")
  func drives() throws {
    let drive = try RecordedDrive.short.get()
    let log = try DriveLog(ByteSource(bytes: drive.bytes, name: "drive.mcap"))
    var messages: [[UInt8]] = []
    _ = try drive.repacked { _, data in messages.append(data) }
    let few = messages.indices.filter { $0 % 99 == 1 }.map { messages[$0] }
    let corpus = FuzzCorpus(few, longest: 4_000)
    let fuzz = Fuzz("recorded drives", cases: 5_000, heapBase: 1 << 26, heapShare: 1 << 12)
    let failures = fuzz.run(corpus) { bytes, _ in
      let sink = RecordingSink()
      do {
        let writer = try MCAPWriter(sink, header: MCAPHeader(profile: "", library: ""))
        try writer.add(log.facts)
        for attachment in log.attachments { try writer.attach(attachment) }
        let channel = try writer.add(
          channel: DriveSchema.cycleTopic, encoding: DriveSchema.cycleEncoding, schema: 0)
        for data in [messages[0], bytes, bytes] {
          try writer.write(channel: channel, logTime: 0, publishTime: 0, data: data)
        }
        try writer.finish()
      } catch { return .broken("not written: \(error)") }
      do {
        let replay = try DriveReplay(DriveLog(ByteSource(bytes: sink.memory, name: "fuzz")))
        let comparison = try replay.run()
        return comparison.difference == nil ? .broken("other inputs pass unnoticed") : .accepted
      } catch let error as RecordingError {
        return error.record.hasPrefix("cycle message") ? .refused : .broken("\(error)")
      } catch { return .broken("\(error)") }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }
}
