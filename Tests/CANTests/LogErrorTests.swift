import CAN
import Testing

@Suite struct LogErrorTests {
  private static let vector = "base hex  timestamps absolute\n"
  private static let peak1 = ";$FILEVERSION=1.1\n"
  private static let peak20 = ";$FILEVERSION=2.0\n;$COLUMNS=N,O,T,B,I,d,l,D\n"
  private static let peak21 = ";$FILEVERSION=2.1\n;$COLUMNS=N,O,T,B,I,d,R,L,D\n"
  private static let gvret = "Time Stamp,ID,Extended,Dir,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n"

  @Test(
    "an unreadable line is an error with line, column, field, text and what is allowed",
    arguments: [
      (vector, "0.x 1 123 Rx d 0", 1, "the time", "0.x"),
      (vector, "0.5 1 800 Rx d 0", 7, "the identifier", "800"),
      (vector, "0.5 1 20000000x Rx d 0", 7, "the identifier", "20000000x"),
      (vector, "0.5 0 123 Rx d 0", 5, "the channel", "0"),
      (vector, "0.5 1 123 Rx q 0", 14, "the kind", "q"),
      (vector, "0.5 1 123 Rx d 10", 16, "the length code", "10"),
      (vector, "0.5 1 123 Rx d 2 11", 20, "data byte 2 of 2", ""),
      (vector, "0.5 1 123 Rx d 1 11 22", 23, "the rest of the line", ""),
      (vector, "0.5 1 123 Rx d 1 111", 18, "data byte 1 of 1", "111"),
      (vector, "0.5 1 123 Rx d 0\nrubbish", 1, "the line", "rubbish"),
      (vector, "0.5 CANFD 1 Rx 123 1 0 9 8 0 0 0 0 0 0 0 0", 26, "the data length", "8"),
      (vector, "0.5 CANFD 1 Rx 123 1 2 0 0", 22, "the error state indicator", "2"),
      (vector, "0.5 1 ErrorFrame ECC: 1010", 23, "the error code", "1010"),
      (vector, "date Sam Foo 30 15:06:13.191 2017", 5, "the date", ""),
      (vector, "base oct", 6, "the base", "oct"),
      (peak1, "x) 1.0 Rx 0001 0", 1, "the message number", "x)"),
      (peak1, "1) 1.x Rx 0001 0", 4, "the time", "1.x"),
      (peak1, "1) 1.0 Rz 0001 0", 8, "the direction", "Rz"),
      (peak1, "1) 1.0 Rx 0801 0", 11, "the identifier", "0801"),
      (peak1, "1) 1.0 Rx 0001 9", 16, "the data length", "9"),
      (peak1, "1) 1.0 Rx 0001 1", 17, "data byte 1 of 1", ""),
      (peak1, "1) 1.0 Rx 0001 1 00 11", 21, "the rest of the line", "11"),
      (peak1, "1) 1.0 Error 0003 4 00 00 00 00", 14, "the error type", "0003"),
      (peak1, ";$STARTTIME=abc", 13, "the start time", "abc"),
      (peak1, ";$FILEVERSION=2.7", 15, "the file version", "2.7"),
      (peak20, "1 1.0 FD 1 0001 Rx 9 00", 20, "the data length", "9"),
      (peak21, "1 1.0 XX 1 0001 Rx - 0", 7, "the type", "XX"),
      (peak21, "1 1.0 DT 0 0001 Rx - 0", 10, "the bus", "0"),
      (peak21, "1 1.0 DT 1 0001 Rx - 16", 22, "the length code", "16"),
      (peak21, ";$COLUMNS=N,O,T,B,I,d,R,L", 11, "the columns", "N,O,T,B,I,d,R,L"),
      (gvret, "x,00000001,false,Rx,0,0", 1, "the time", "x,00000001,false,Rx,0,0"),
      (gvret, "1,00000800,false,Rx,0,0", 3, "the identifier", "00000800,false,Rx,0,0"),
      (gvret, "1,00000001,maybe,Rx,0,0", 12, "the extended mark", "maybe,Rx,0,0"),
      (gvret, "1,00000001,false,Rx,0,9", 23, "the length", "9"),
      (gvret, "1,00000001,false,Rx,0,2,11,", 28, "data byte 2 of 2", ""),
      ("1.0 CXX\n", "1.0 R12 001 00", 5, "the record type", "R12"),
      ("1.0 CXX\n", "1.0 R11 800 00", 9, "the identifier", "800"),
      ("***BUSMASTER***\n", "22:20:14 Rx 0 001 s 0", 1, "the time", "22:20:14"),
      ("***BUSMASTER***\n", "22:20:14:1 Rx 0 001 q 0", 21, "the type", "q"),
    ])
  func errors(header: String, line: String, column: Int, field: String, text: String) {
    do {
      _ = try readAll(header + line + "\n")
      Issue.record("read: \(line)")
    } catch let error as LogError {
      #expect(error.field == field && error.column == column && error.text == text, "\(error)")
      #expect(error.file == "test.log" && !error.allowed.isEmpty)
      let lines = (header + line).split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(error.line == lines, "\(error)")
    } catch { Issue.record("\(error)") }
  }

  @Test("after an error the next line is read", arguments: [vector, peak1, peak21, gvret])
  func goesOn(header: String) throws {
    let good: String =
      switch header {
      case Self.vector: "0.5 1 123 Rx d 1 AB\n"
      case Self.peak1: "1) 1.0 Rx 0123 1 AB\n"
      case Self.peak21: "1 1.0 DT 1 0123 Rx - 1 AB\n"
      default: "1,00000123,false,Rx,0,1,AB\n"
      }
    let bad = good.replacing("AB", with: "XY")
    var reader = try CANLogReader(bytes: [UInt8]((header + good + bad + good).utf8), name: "x")
    #expect(try reader.next()?.frame.bytes == [0xAB])
    #expect(throws: LogError.self) { try reader.next() }
    #expect(try reader.next()?.frame.bytes == [0xAB])
    #expect(try reader.next() == nil)
  }

  @Test("what a terminal would obey is told by its number")
  func controlCharacters() {
    let error = LogError(
      file: "z", line: 1, column: 1, field: "the file", text: "\u{1B}[2J\u{7}\u{9B}1x",
      allowed: "a log")
    #expect(
      error.description
        == #"z:1:1: the file is "\u{1b}[2J\u{7}\u{9b}1x"; allowed is a log"#)
  }
}
