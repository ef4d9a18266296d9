import CAN
import Foundation
import TestSupport
import Testing

private func records(_ text: String, name: String = "test.log") throws -> [CANLogRecord] {
  var reader = try CANLogReader(bytes: [UInt8](text.utf8), name: name)
  var result: [CANLogRecord] = []
  while let record = try reader.next() { result.append(record) }
  return result
}

private func failure(_ text: String) -> LogError? {
  do {
    _ = try records(text)
    return nil
  } catch { return error as? LogError }
}

@Suite struct CandumpReadingTests {
  @Test("compact: data, remote, FD, error frames, dots, length code, direction")
  func compact() throws {
    let frames = try records(
      """
      (1436509052.249713) vcan0 044#2A366C2BBA
      (1436509052.249714) vcan0 18FEF100#FF3417FCFF6800CF R
      (1436509052.249715) vcan1 123#R5
      (1436509052.249716) vcan0 123##1112233445566778899AABBCC T
      (1436509052.249717) vcan0 20000088#0000000000000000
      (1436509052.249718) vcan0 123#11.22.33
      (1436509052.249719) vcan0 123#1122334455667788_B
      (1436509052.249720) vcan0 7FF#

      """)
    #expect(frames.map(\.nanoseconds).first == 1_436_509_052_249_713_000)
    #expect(frames[0].frame.bytes == [0x2A, 0x36, 0x6C, 0x2B, 0xBA])
    #expect(frames[1].frame.isExtended && frames[1].direction == .received)
    #expect(frames[2].frame.isRemote && frames[2].frame.length == 5 && frames[2].interface == 1)
    #expect(frames[3].frame.isFD && frames[3].frame.bitRateSwitch && frames[3].frame.length == 12)
    #expect(frames[3].direction == .transmitted && !frames[3].frame.errorStateIndicator)
    #expect(frames[4].frame.isError && frames[4].frame.identifier == 0x88)
    #expect(frames[5].frame.bytes == [0x11, 0x22, 0x33])
    #expect(frames[6].frame.rawLengthCode == 11 && frames[6].frame.length == 8)
    #expect(frames[7].frame.length == 0 && frames.count == 8)
  }

  @Test("spaced: relative time, FD length, remote request, marks, error frame, text column")
  func spaced() throws {
    let frames = try records(
      " (000.011063)  can0  18FEF100   [8]  FF 34 17 FC FF 68 00 CF\r\n"
        + " (000.011064)  can0  123   [0]\r\n"
        + " (000.011065)  can1  123   [3]  remote request\n"
        + " (000.011066)  can0  RX B -  123  [12]  01 02 03 04 05 06 07 08 09 0A 0B 0C\n"
        + " (000.011067)  can0  20000004   [8]  00 04 00 00 00 00 00 00   ERRORFRAME\n"
        + "\tcontroller-problem{rx-error-warning}\n"
        + " (000.011068)  can0  123   [2]  41 42   'AB'\n"
        + " (000.011069)  can0  123  [08]  01 02 03 04 05 06 07 08")
    #expect(frames.count == 7)
    #expect(frames[0].nanoseconds == 11_063_000 && frames[0].frame.identifier == 0x18FE_F100)
    #expect(frames[0].frame[7] == 0xCF)
    #expect(frames[2].frame.isRemote && frames[2].frame.length == 3 && frames[2].interface == 1)
    #expect(frames[3].frame.isFD && frames[3].frame.bitRateSwitch && frames[3].frame[11] == 0x0C)
    #expect(frames[4].frame.isError && frames[4].frame.identifier == 4)
    #expect(frames[5].frame.bytes == [0x41, 0x42])
    #expect(frames[6].frame.isFD)
  }

  @Test(
    "an unreadable line is an error with line, column, field, text and what is allowed",
    arguments: [
      ("(1.0) can0 1234#00", 12, "the identifier"),
      ("(1.0) can0 800#00", 12, "the identifier"),
      ("(1.0) can0 40000000#00", 12, "the identifier"),
      ("(1.0) can0 123#001", 18, "data byte 2"),
      ("(1.0) can0 123#112233445566778899", 32, "the data"),
      ("(1.0) can0 123#00 x", 19, "the rest of the line"),
      ("(1.) can0 123#00", 1, "the time"),
      ("(1.0 can0 123#00", 1, "the time"),
      ("1.0 can0 123#00", 1, "the time"),
      ("(9999999999.0) can0 123#00", 1, "the time"),
      ("(1.0) interfacewithlongname 123#00", 7, "the interface"),
      ("(1.0) can0 123", 15, "the frame"),
      ("(1.0) can0 123#R9", 17, "the remote length"),
      ("(1.0) can0 123##", 17, "the FD flags"),
      ("(1.0) can0 123##0112233445566778899", 15, "the FD payload"),
      ("(1.0) can0 123#00_9", 19, "the length code"),
    ])
  func compactErrors(line: String, column: Int, field: String) {
    let error = failure("(1.0) can0 123#00\n\n" + line + "\n")
    #expect(error?.line == 3)
    #expect(error?.column == column)
    #expect(error?.field == field)
    #expect(error?.file == "test.log" && error?.allowed.isEmpty == false)
  }

  @Test(
    "an unreadable spaced line is an error too",
    arguments: [
      (" (1.0)  can0  123   [9]  00", 21, "the length"),
      (" (1.0)  can0  123   [2]  00", 28, "a data byte"),
      (" (1.0)  can0  123   [2]  00 0", 29, "data byte 2 of 2"),
      (" (1.0)  can0  123   [1]  00 11", 29, "the rest of the line"),
      (" (1.0)  can0  123   [09]  00", 21, "the length"),
      (" (1.0)  can0  123#00", 18, "the length"),
    ])
  func spacedErrors(line: String, column: Int, field: String) {
    let error = failure(" (1.0)  can0  123   [1]  00\n" + line)
    #expect(error?.line == 2)
    #expect(error?.column == column, "\(String(describing: error))")
    #expect(error?.field == field)
  }

  @Test("after an error the next line is read, so errors can be counted")
  func goesOn() throws {
    var reader = try CANLogReader(
      bytes: [UInt8]("(1.0) can0 123#00\nrubbish\n(2.0) can0 123#01".utf8), name: "x")
    #expect(try reader.next() != nil)
    #expect(throws: LogError.self) { try reader.next() }
    #expect(try reader.next()?.frame[0] == 1)
    #expect(try reader.next() == nil)
  }

  @Test("a file of neither form is refused, an empty one is empty")
  func detection() throws {
    #expect(failure("hello\nworld\n")?.field == "the file")
    #expect(try records("").isEmpty)
    #expect(try records("\n\r\n").isEmpty)
  }
}

@Suite struct CandumpWritingTests {
  private func sample() -> [CANLogRecord] {
    var remote = CANFrame(identifier: 0x123, isExtended: false)
    remote.isRemote = true
    remote.setLength(5)
    var error = CANFrame(identifier: 0x88, isExtended: false, bytes: [0, 4, 0, 0, 0, 0, 0, 0])
    error.isError = true
    var flexible = CANFrame(identifier: 0x1ABC_DEF0, isExtended: true, bytes: (0..<64).map { $0 })
    flexible.isFD = true
    flexible.errorStateIndicator = true
    flexible.bitRateSwitch = true
    let frames = [
      CANFrame(identifier: 0x7FF, isExtended: false, bytes: [1, 2, 3]),
      CANFrame(identifier: 0x18FE_F100, isExtended: true, bytes: Array(repeating: 0xFF, count: 8)),
      CANFrame(identifier: 0, isExtended: false), remote, error, flexible,
    ]
    return frames.enumerated().map { index, frame in
      CANLogRecord(
        nanoseconds: 1_436_509_052_249_713_000 + Int64(index) * 7_000 + (index == 2 ? 1 : 0),
        interface: 0, direction: index == 1 ? .transmitted : .received, frame: frame)
    }
  }

  @Test("what is written reads back equal", arguments: [CANLogFormat.candump, .candumpAbsolute])
  func roundTrip(form: CANLogFormat) throws {
    var writer = CANLogWriter(format: form)
    for record in sample() { writer.append(record, interface: "vcan0") }
    var reader = try CANLogReader(bytes: writer.bytes, name: "written")
    var read: [CANLogRecord] = []
    while let record = try reader.next() { read.append(record) }
    #expect(reader.format == form && reader.interfaces == ["vcan0"])
    #expect(read == sample())
  }

  @Test("candump's own text is written byte for byte")
  func bytes() {
    var writer = CANLogWriter(format: .candump)
    let frame = CANFrame(identifier: 0x44, isExtended: false, bytes: [0x2A, 0x36])
    writer.append(
      CANLogRecord(nanoseconds: 1_436_509_052_249_713_000, frame: frame), interface: "vcan0")
    #expect(
      String(decoding: writer.bytes, as: UTF8.self) == "(1436509052.249713) vcan0 044#2A36\n")
    for (format, times) in [
      (CANLogFormat.candumpZero, ["000.000000", "000.011063", "012.000000"]),
      (.candumpDelta, ["000.000000", "000.011063", "011.988937"]),
      (.candumpAbsolute, ["1436509052.249713", "1436509052.260776", "1436509064.249713"]),
    ] {
      writer = CANLogWriter(format: format)
      for offset in [0, 11_063_000, 12_000_000_000] {
        writer.append(
          CANLogRecord(nanoseconds: 1_436_509_052_249_713_000 + Int64(offset), frame: frame),
          interface: "can0")
      }
      #expect(
        String(decoding: writer.bytes, as: UTF8.self)
          == times.map { " (\($0))  can0  044   [2]  2A 36\n" }.joined())
    }
  }
}

/// The recordings of can-gnss.md sections 1 and 9.
@Suite struct RecordingTests {
  @Test(
    "recordings have the counted frames",
    .enabled(if: sharedData("data/truck-sentry") != nil, "no shared recordings"),
    arguments: [("normal", 19_957), ("address_claim", 15_723), ("dos_full", 34_857)])
  func counts(name: String, count: Int) throws {
    let path = (sharedData("data/truck-sentry") ?? "") + "/\(name).log"
    var reader = try CANLogReader(
      bytes: [UInt8](try Data(contentsOf: URL(filePath: path))), name: path)
    var read = 0
    var longestGap: Int64 = 0
    var last: Int64?
    while let record = try reader.next() {
      read += 1
      longestGap = max(longestGap, record.nanoseconds - (last ?? record.nanoseconds))
      last = record.nanoseconds
    }
    #expect(read == count && reader.format == .candumpZero)
    if name == "dos_full" { #expect(longestGap < 8_000_000) }
  }

  @Test(
    "the same capture in another format has the same identifiers and data",
    .enabled(if: sharedData("data/savvycan") != nil, "no shared recordings"))
  func savvycan() throws {
    let folder = sharedData("data/savvycan") ?? ""
    var reader = try CANLogReader(
      bytes: [UInt8](try Data(contentsOf: URL(filePath: folder + "/candump.log"))),
      name: "candump.log")
    let csv = try String(contentsOfFile: folder + "/GVRET_Log.csv", encoding: .utf8)
    let rows = csv.split(whereSeparator: \.isNewline).dropFirst()
    #expect(rows.count == 12_974)
    for row in rows {
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
      let frame = try #require(try reader.next()?.frame)
      let length = Int(fields[4]) ?? -1
      #expect(frame.identifier == UInt32(fields[1], radix: 16) && Int(frame.length) == length)
      #expect(frame.bytes == fields[5..<(5 + max(0, length))].compactMap { UInt8($0, radix: 16) })
    }
    #expect(try reader.next() == nil)
  }
}

@Suite struct HexadecimalTests {
  @Test("eight digits at once are read as one by one, and nothing else is taken for a digit")
  func eightDigits() throws {
    let digits = [UInt8]("0123456789abcdefABCDEF".utf8)
    for place in 0..<16 {
      for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: "\n") {
        var data = [UInt8](repeating: UInt8(ascii: "0"), count: 16)
        data[place] = byte
        let line = [UInt8]("(1.0) c 123#".utf8) + data
        var reader = try CANLogReader(bytes: line, name: "x")
        let record = try? reader.next()
        if let value = digits.firstIndex(of: byte) {
          let number = UInt8(value < 16 ? value : value - 6)
          let expected = place % 2 == 0 ? number << 4 : number
          #expect(record?.frame[place / 2] == expected && record?.frame.length == 8)
        } else if record != nil {
          // A dot may stand between two bytes, and R, T, # and _ have their own meaning.
          #expect(".RT_#\r ".utf8.contains(byte), "\(byte) at \(place)")
        }
      }
    }
  }
}
