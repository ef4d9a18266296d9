import Recording
import TestSupport
import Testing

@Suite struct MCAPFuzzTests {
  @Test("any file is read or refused with its place, in bounded memory")
  func files() throws {
    let good = [
      try sampleFile(), try sampleFile(compresses: false), try sampleFile(finished: false),
    ]
    let corpus = FuzzCorpus(good, tokens: ["zstd", "lz4"], longest: 12_000)
    var limits = ReaderLimits()
    limits.chunk = 1 << 20
    let fuzz = Fuzz("recordings", cases: 100_000, heapBase: 8 << 20, heapShare: 1 << 11)
    let failures = fuzz.run(corpus) { bytes, _ in
      let read = ReadBack(bytes, limits: limits)
      let source = ByteSource(bytes: bytes, name: "fuzz")
      let summary = try? MCAPReader(source, limits: limits).summary()
      for index in summary?.attachments ?? [] {
        _ = try? MCAPReader(source, limits: limits).attachment(index)
      }
      if let failure = read.failure {
        return failure.offset <= UInt64(bytes.count) && !failure.problem.isEmpty
          ? .refused : .broken("no such place: \(failure)")
      }
      return read.messages.count <= 90 ? .accepted : .broken("more messages than were written")
    }
    #expect(failures == [])
  }

  @Test("whatever is recovered of any file is whole, and all that could be read of it")
  func recovered() throws {
    let corpus = FuzzCorpus(
      [try sampleFile(), try sampleFile(compresses: false), try sampleFile(finished: false)],
      longest: 12_000)
    var limits = ReaderLimits()
    limits.chunk = 1 << 20
    let fuzz = Fuzz("recoveries", cases: 30_000, heapBase: 16 << 20, heapShare: 1 << 12)
    let failures = fuzz.run(corpus) { bytes, _ in
      let sink = RecordingSink()
      let source = ByteSource(bytes: bytes, name: "fuzz")
      guard let recovery = try? Recovery(source, limits: limits, into: { sink }) else {
        return .refused
      }
      let read = ReadBack(sink.memory)
      if let failure = read.failure { return .broken("not whole: \(failure)") }
      return read.messages.count == recovery.messages ? .accepted : .broken("messages are lost")
    }
    #expect(failures == [])
  }
}
