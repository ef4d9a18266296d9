import CAN
import TestSupport
import Testing

@Suite struct CandumpFuzzTests {
  private static let corpus = FuzzCorpus(
    [
      "(1436509052.249713) vcan0 044#2A366C2BBA", "(1.0) a 123##31122 T", "(1.0) c 123#R5\n",
      "(1436509052.650004) can0 18FEF100#FF3417FCFF6800CF R\n(1436509052.7) can1 7FF#\n",
      "(-1.000000001) can0 20000088#0004000000000000 ERRORFRAME\n",
      "(1.5) can0 123#0102030405060708_E\n", "(1.5) can0 00000000#R8_9\n",
      "(2.0) can0 1FFFFFFF##0000102030405060708090A0B", "(2.0) can0 123#11.22.33.44\r\n",
      " (000.011063)  can0  18FEF100   [8]  FF 34 17 FC FF 68 00 CF\n",
      " (000.011063)  can0  RX - -  123   [3]  01 02 03   '...'\n (1.0)  can1  7FF   [0] \n",
      " (1.000000)  can0  TX B E  00000001  [12]  00 11 22 33 44 55 66 77 88 99 AA BB\n",
      " (1.000000)  can0  123   [4]  remote request\n",
      " (1.0)  can0  20000088   [8]  00 04 00 00 00 00 00 00   ERRORFRAME\n\tcontroller-problem{}\n",
      " (1.0)  vcan0  1ABCDEF0  [64]  00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n",
    ],
    tokens: [
      "(", ")", "#", "##", "#R", "_", "[", "]", "[8]", "[08]", "[64]", "can0", " T", " R", "TX",
      "RX - -", "remote request", "ERRORFRAME", "7FF", "800", "1FFFFFFF", "3FFFFFFF", "40000000",
      "(1.0) can0 123#00\n", "'", "\n", "9200000000.0", "9199999999.999999999", "-",
    ], longest: 600)

  @Test("candump lines: read back as written, or refused with line, column and field")
  func lines() {
    let fuzz = Fuzz("candump lines", cases: 1_000_000)
    let failures = fuzz.run(Self.corpus) { bytes, _ in
      do throws(LogError) { return try Self.read(bytes) } catch {
        return Self.isExplained(error, bytes) ? .refused : .broken("unexplained: \(error)")
      }
    }
    #expect(failures == [])
  }

  private static func read(_ bytes: [UInt8]) throws(LogError) -> FuzzVerdict {
    var reader = try CandumpReader(bytes: bytes, name: "fuzz.log")
    let form = reader.form
    // Every call takes a line, so that a reader cannot stand still.
    let limit = bytes.count { $0 == 0x0A } + 2
    var failure: LogError?
    for _ in 0..<limit {
      do throws(LogError) {
        guard let record = try reader.next() else {
          if let failure { throw failure }
          return .accepted
        }
        if let broken = differs(record, form) { return .broken(broken) }
      } catch {
        if let failure { throw failure }
        failure = error
      }
    }
    return .broken("\(limit) calls did not reach the end")
  }

  /// What is accepted is written, in its own form and as candump -l, and read again as the same.
  private static func differs(_ record: CANLogRecord, _ form: CandumpForm) -> String? {
    for form in [form, .compact] {
      var writer = CandumpWriter(form: form)
      writer.append(record, interface: "can0")
      do throws(LogError) {
        var reader = try CandumpReader(bytes: writer.bytes, name: "again.log")
        guard var again = try reader.next() else { return "nothing is read of what was written" }
        again.interface = record.interface
        // Only candump -x says what was received.
        if form == .spaced, again.direction == .unknown { again.direction = record.direction }
        guard again == record else { return "\(record) is read again as \(again)" }
      } catch {
        return "what was accepted is written as what is refused: \(error)"
      }
    }
    return nil
  }

  private static func isExplained(_ error: LogError, _ bytes: [UInt8]) -> Bool {
    let lines = bytes.count { $0 == 0x0A } + 1
    return error.file == "fuzz.log" && (1...lines).contains(error.line) && error.column >= 1
      && error.column <= bytes.count + 1 && !error.field.isEmpty && !error.allowed.isEmpty
  }
}
