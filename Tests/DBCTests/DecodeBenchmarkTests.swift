import CAN
import DBC
import Testing

@Suite struct DecodeBenchmarkTests {
  @Test("the benchmark decodes the frames that it says it decodes")
  func counts() throws {
    let database = try parse("BO_ 1 M: 2 A\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" A\n")
    let log = [UInt8]("(1.0) can0 001#0201\n(1.1) can0 002#0201\n(1.2) can0 001#0301\n".utf8)
    var time: UInt64 = 0
    let benchmark = DecodeBenchmark(database: database, log: log) {
      time += 300
      return time
    }
    let result = try benchmark.run(passes: 2)
    #expect(result.frames == 3 && result.decoded == 2)
    #expect(result.decode == 100 && result.parse == 100 && result.textToValues == 100)
    // Two passes, each decoding both frames twice and adding up six bytes of payload.
    #expect(result.checksum == 2 * (2 * 5 + 6))
    let bad = DecodeBenchmark(database: database, log: [UInt8]("(1.0) can0 1#00".utf8)) { 0 }
    #expect(throws: LogError.self) { try bad.run() }
  }
}
