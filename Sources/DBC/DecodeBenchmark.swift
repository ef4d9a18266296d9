import CAN

/// Times decoding for `tulpar bench`: what a frame costs, the best of several passes.
///
/// The caller brings the clock, so that nothing here depends on one.
package struct DecodeBenchmark {
  package struct Result: Sendable {
    package var frames: Int
    /// Frames of the log that a message of the file decodes.
    package var decoded: Int
    /// Nanoseconds a frame: lookup and every signal to a double.
    package var decode: Double
    /// Nanoseconds a frame: log text to frames.
    package var parse: Double
    /// Nanoseconds a frame: log text to every signal's value, in one pass.
    package var textToValues: Double
    /// Keeps the work from being optimised away; the sum of the first value of each frame.
    package var checksum: Double
  }

  private let database: DBCDatabase
  private let log: [UInt8]
  private let nanoseconds: () -> UInt64

  package init(database: DBCDatabase, log: [UInt8], nanoseconds: @escaping () -> UInt64) {
    self.database = database
    self.log = log
    self.nanoseconds = nanoseconds
  }

  package func run(passes: Int = 20) throws(LogError) -> Result {
    var frames: [CANFrame] = []
    var result = Result(
      frames: 0, decoded: 0, decode: .infinity, parse: .infinity, textToValues: .infinity,
      checksum: 0)
    var reader = try CANLogReader(bytes: log, name: "benchmark")
    while let record = try reader.next() { frames.append(record.frame) }
    result.frames = frames.count
    let perFrame = 1 / Double(max(1, frames.count))
    for _ in 0..<max(1, passes) {
      var start = nanoseconds()
      result.decoded = decode(frames, &result.checksum)
      result.decode = min(result.decode, Double(nanoseconds() - start) * perFrame)
      start = nanoseconds()
      try parse(&result.checksum)
      result.parse = min(result.parse, Double(nanoseconds() - start) * perFrame)
      start = nanoseconds()
      try textToValues(&result.checksum)
      result.textToValues = min(result.textToValues, Double(nanoseconds() - start) * perFrame)
    }
    return result
  }

  @inline(never)
  private func decode(_ frames: [CANFrame], _ checksum: inout Double) -> Int {
    var values = [DBCValue](repeating: .absent, count: max(1, database.codec.largestSignalCount))
    var span = values.mutableSpan
    let frames = frames.span
    var decoded = 0
    for index in frames.indices {
      guard case .message(let message) = database.match(frames[index]) else { continue }
      decoded &+= 1
      _ = database.codec.decode(message, frames[index].words.span, into: &span)
      checksum += Double(span[0].raw)
    }
    return decoded
  }

  @inline(never)
  private func parse(_ checksum: inout Double) throws(LogError) {
    var reader = try CANLogReader(bytes: log, name: "benchmark")
    while let record = try reader.next() { checksum += Double(record.frame.length) }
  }

  @inline(never)
  private func textToValues(_ checksum: inout Double) throws(LogError) {
    var values = [DBCValue](repeating: .absent, count: max(1, database.codec.largestSignalCount))
    var span = values.mutableSpan
    var reader = try CANLogReader(bytes: log, name: "benchmark")
    while let record = try reader.next() {
      guard case .message(let message) = database.match(record.frame) else { continue }
      _ = database.codec.decode(message, record.frame.words.span, into: &span)
      checksum += Double(span[0].raw)
    }
  }
}
