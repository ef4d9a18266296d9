import CAN
import TestSupport
import Testing

@Suite struct LogFuzzTests {
  private static let candump = FuzzCorpus(
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

  private static let vector = FuzzCorpus(
    [
      "date Sam Sep 30 03:06:13.191 pm 2017\nbase hex  timestamps absolute\n",
      "base dec  timestamps relative\n0.5 1  291 Rx   d 3 1 255 0\n0.25 1 4919x Tx r 4\n",
      "base hex\n  2.50 1 ErrorFrame\n  3.5 1 ErrorFrame ECC: 10100010\n 4.5 2 ErrorFrame Flags = 0xe\n",
      "base hex\n// interface 1 vcan0\n   20.105214 2  18EBFF00x   Rx d 8 01 02 03 04 05 06 07 08  Length = 2\n",
      "base hex\n 31.5 CANFD   4 Rx 1C4D80A7x  Name_2  1 0 9 12 1 2 3 4 5 6 7 8 9 a b c 133 11 303000 0\n",
      "base hex\n 31.5 CANFD   4 Tx 4EE   0 1 8  0 133 11 10 0\n 1.0 1  123 Rx   d c 1 2 3 4 5 6 7 8\n",
      "base hex\nBegin Triggerblock Fri Jul 10 06:17:32.249 2015\n 1.0 1  Statistic: D 0\nEnd TriggerBlock\n",
    ],
    tokens: [
      "date", "base", "hex", "dec", "absolute", "relative", "Begin", "TriggerBlock", "End", "Rx",
      "Tx", "d", "r", "x", "CANFD", "ErrorFrame", "ECC:", "11111111", "// interface 3 a", "7FF",
      "800", "1FFFFFFFx", "20000000x", "Length = 1", "\n", "am", "1000", "f 64", "-",
    ], longest: 600)

  private static let peak = FuzzCorpus(
    [
      ";$FILEVERSION=1.1\n;$STARTTIME=44548.6028595139\n  1)  17535.4  Tx  00000100  8  00 00 00 00 00 00 00 07\n",
      ";$FILEVERSION=1.1\n 2) 1.3 Warng FFFFFFFF 4 00 00 00 08 BUSHEAVY\n 3) 1.4 Rx 0001 2 AB CD\n 4) 1.5 Rx 0000 8 RTR\n",
      ";$FILEVERSION=1.1\r\n; interface 0 vcan0\r\n 5) 19600.0 Error 0008 4 00 19 08 10\r\n",
      ";$FILEVERSION=2.0\n;$COLUMNS=N,O,T,I,d,l,D\n 1 5.400 DT 00000100 Tx 2 00 07\n 2 6.3 ST Rx 00 00 00 08\n",
      ";$FILEVERSION=2.1\n;$COLUMNS=N,O,T,B,I,d,R,L,D\n 1 1.9 DT 1 0001 Rx -  8    00 11 22 33 44 55 66 77\n",
      ";$FILEVERSION=2.1\n;$COLUMNS=N,O,T,B,I,d,R,L,D\n 3 1301.0 FB 1 0300 Rx -  9 00 01 02 03 04 05 06 07 08 09 0A 0B\n",
      ";$FILEVERSION=2.1\n;$COLUMNS=N,O,T,B,I,d,R,L,D\n 6 1.0 RR 1 0123 Rx - 4\n 8 1.6 ER 1 0004 Rx - 4 01 0A 00 00\n",
    ],
    tokens: [
      ";$FILEVERSION=", "1.1", "2.0", "2.1", ";$STARTTIME=", "120000.999999999999999999",
      ";$COLUMNS=", "N,O,T,I,d,L,D", "N,O,T,B,I,d,l,D", "D", "DT", "FD", "FB", "FE", "BI", "RR",
      "ER", "ST", "EC", "EV", "Rx", "Tx", "RTR", "Warng", "Error", ")", "FFFFFFFF", "07FF", "0800",
      "1FFFFFFF", "; interface 2 b", "-", "\n", "\r\n",
    ], longest: 600)

  private static let savvy = FuzzCorpus(
    [
      "Time Stamp,ID,Extended,Dir,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n39747828,000005EB,false,Rx,0,2,E8,45,00,00,00,00,00,00,\n",
      "Time Stamp,ID,Extended,Dir,Bus,LEN,D1\n1,18FEF100,true,Tx,1,8,E8,45,85,4B,4A,28,36,69,\n",
      "Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n166064000,0000021A,false,0,1,FE\n",
      "166.064000 CXX GVRET-PC\n166.064000 R11 0000021A FE 36 \n1.5 2T29 18FEF100\n",
      "***BUSMASTER Ver 2.4.0***\n***START DATE AND TIME 23:9:2015 22:17:28:928***\n***HEX***\n22:20:14:992 Rx 0 0000021A s 2 FE 36\n",
      "***BUSMASTER***\n***DEC***\n***RELATIVE MODE***\n0:20:15:0010 Tx 1 291 x 1 255\n0:20:15:002 Rx 1 023 sr 3\n",
    ],
    tokens: [
      ",", "true", "false", "Rx", "Tx", "Bus", "LEN", "7FF", "00000800", "1FFFFFFF", "R11", "R29",
      "T11", "T29", "CXX", "99R11", "***HEX***", "***DEC***", "***ABSOLUTE MODE***", "s", "x", "sr",
      "xr", "23:59:59:9999", "9200000000000000", "\n", "0x",
    ], longest: 600)

  @Test("candump lines: read back as written, or refused with line, column and field")
  func candump() { fuzz("candump lines", Self.candump) }

  @Test("Vector ASC lines: read back as written, or refused with line, column and field")
  func vector() { fuzz("Vector ASC lines", Self.vector) }

  @Test("PEAK TRC lines: read back as written, or refused with line, column and field")
  func peak() { fuzz("PEAK TRC lines", Self.peak) }

  @Test("GVRET, CRTD and BUSMASTER lines: read back as written, or refused with line and field")
  func savvy() { fuzz("SavvyCAN lines", Self.savvy) }

  private func fuzz(_ name: StaticString, _ corpus: FuzzCorpus) {
    let fuzz = Fuzz(name, cases: 1_000_000)
    let failures = fuzz.run(corpus) { bytes, _ in
      do throws(LogError) { return try Self.read(bytes) } catch {
        return Self.isExplained(error, bytes) ? .refused : .broken("unexplained: \(error)")
      }
    }
    #expect(failures == [])
  }

  private static func read(_ bytes: [UInt8]) throws(LogError) -> FuzzVerdict {
    var reader = try CANLogReader(bytes: bytes, name: "fuzz.log")
    // Every call takes a line, so that a reader cannot stand still.
    let limit = bytes.count { $0 == 0x0A } + 2
    var failure: LogError?
    for _ in 0..<limit {
      do throws(LogError) {
        guard let record = try reader.next() else {
          if let failure { throw failure }
          return .accepted
        }
        if let defect = record.frame.defect { return .broken("\(record) has a bad \(defect)") }
        if let broken = differs(record, reader.format) { return .broken(broken) }
      } catch {
        if let failure { throw failure }
        failure = error
      }
    }
    return .broken("\(limit) calls did not reach the end")
  }

  /// What is accepted is written, in its own form and as candump -l, and read again as the same but
  /// for what the writer said.
  private static func differs(_ record: CANLogRecord, _ format: CANLogFormat) -> String? {
    for format in CANLogFormat.written.contains(format) ? [format, .candump] : [.candump] {
      var writer = CANLogWriter(format: format)
      let loss = writer.append(record, interface: "can0")
      guard loss.isDisjoint(with: .serious) else {
        // Only the time of a lone record may not fit its own format.
        let isDated = (0..<9_170_000_000_000_000_000).contains(record.nanoseconds)
        guard loss.intersection(.serious) == .timeOrder, !isDated else {
          return "\(record) is refused by its own format \(format)"
        }
        continue
      }
      writer.finish()
      do throws(LogError) {
        var reader = try CANLogReader(bytes: writer.bytes, name: "again.log", format: format)
        guard var again = try reader.next() else { return "nothing is read of what was written" }
        again.interface = record.interface
        if loss.contains(.direction) { again.direction = record.direction }
        if !loss.isDisjoint(with: [.startTime, .resolution]) {
          again.nanoseconds = record.nanoseconds
        }
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
