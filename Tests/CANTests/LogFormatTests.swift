import CAN
import Foundation
import TestSupport
import Testing

/// Lines as the tools themselves write them.
@Suite struct LogFormatTests {
  @Test("candump -td times go up and down, -tz times only up, -ta times are dates")
  func candumpTimes() throws {
    let lines = ["000.000000", "000.010001", "000.009998", "000.000123", "002.000000"]
    let text = lines.map { " (\($0))  can0  123   [1]  00\n" }.joined()
    let (deltas, reader) = try readAll([UInt8](text.utf8))
    #expect(reader.format == .candumpDelta)
    #expect(
      deltas.map(\.nanoseconds) == [0, 10_001_000, 19_999_000, 20_122_000, 2_020_122_000])
    let (zero, sorted) = try readAll([UInt8](text.utf8), format: .candumpZero)
    #expect(sorted.format == .candumpZero && zero.last?.nanoseconds == 2_000_000_000)
    let steady = ["000.000000", "000.010000", "000.010000"]
      .map { " (\($0))  can0  123   [1]  00\n" }.joined()
    #expect(try readAll(steady).last?.nanoseconds == 20_000_000)
    let date = " (1436509052.249713)  vcan0  044   [2]  2A 36\n"
    let (absolute, dated) = try readAll([UInt8](date.utf8))
    #expect(dated.format == .candumpAbsolute)
    #expect(absolute.first?.nanoseconds == 1_436_509_052_249_713_000)
    let code = try readAll(" (000.000000)  can0  123   {B}  01 02 03 04 05 06 07 08\n")
    #expect(code.first?.frame.rawLengthCode == 11 && code.first?.frame.length == 8)
  }

  @Test("Vector ASC: statistics, J1939 lines, trailing fields, error frames, channels, remote")
  func vector() throws {
    let text = """
      date Sam Sep 30 03:06:13.191 pm 2017
      base hex  timestamps absolute
      internal events logged
      // version 9.0.0
      Begin Triggerblock Sam Sep 30 15:06:13.191 2017
         0.000000 Start of measurement
         0.015991 CAN 1 Status:chip status error passive - TxErr: 132 RxErr: 0
         1.015991 1  Statistic: D 0 R 0 XD 0 XR 0 E 0 O 0 B 0.00%
         2.501000 1 ErrorFrame
         3.501000 1 ErrorFrame ECC: 10100010
         4.501000 2 ErrorFrame Flags = 0xe CodeExt = 0x20a2 Code = 0x82 ID = 0 DLC = 0
        17.876708 1  6F9             Rx   d 8 05 0C 00 00 00 00 00 ff  Length = 240015 BitCount = 124
        20.105214 2  18EBFF00x       Tx   d 2 01 A0  Length = 1 BitCount = 2 ID = 418119424x
        20.305233 2  J1939TP FEE3p        6    0  0   -   Rx   d 3 A0 0F A6
        21.000000 1  100             Rx   r
        21.000001 1  100x            Rx   r 6 Length = 1000
        30.806898 CANFD   5 Tx ErrorFrame Not Acknowledge error, dominant error flag fffe
        31.506898 CANFD   4 Rx        1C4D80A7x    AlphaName_2     1 0 9 12 b1 02 03 04 00 00 00 00 00 00 00 64 1331984 11 303000 0 46500250
        31.506899 CANFD   4 Rx        4EE    0 1 8  8 b1 02 03 04 00 00 00 64 1331984 11 0 0
        31.506900 CANFD   4 Rx        4EE    0 0 8  0 1331984 11 10 0
      End TriggerBlock
      """
    let (records, reader) = try readAll([UInt8](text.utf8))
    #expect(reader.format == .vector && reader.skipped == 3 && records.count == 11)
    let start: Int64 = 1_506_783_973_191_000_000
    #expect(records.first?.nanoseconds == start + 2_501_000_000)
    #expect(records[0].frame == .error(classes: 0x80, bytes: [UInt8](repeating: 0, count: 8)))
    // Stuff error, received, position 2 (linux/can/error.h: ID.28 to ID.21).
    #expect(records[1].frame == .error(classes: 0x88, bytes: [0, 0, 4, 2, 0, 0, 0, 0]))
    #expect(records[2].frame.isError && reader.interfaces[records[2].interface] == "can1")
    #expect(records[3].frame.bytes == [5, 0x0C, 0, 0, 0, 0, 0, 0xFF])
    #expect(records[3].direction == .received && records[4].direction == .transmitted)
    #expect(
      records[4].frame == CANFrame(identifier: 0x18EB_FF00, isExtended: true, bytes: [1, 0xA0]))
    #expect(records[5].frame == .remote(identifier: 0x100, isExtended: false, length: 0))
    #expect(records[6].frame == .remote(identifier: 0x100, isExtended: true, length: 6))
    #expect(records[7].frame.isError)
    let flexible = records[8].frame
    #expect(flexible.isFD && flexible.bitRateSwitch && !flexible.errorStateIndicator)
    #expect(flexible.length == 12 && flexible[11] == 0x64 && flexible.isExtended)
    // Flags without the FD bit: a classic frame in the new layout, and a remote one.
    #expect(!records[9].frame.isFD && records[9].frame.length == 8)
    #expect(records[10].frame == .remote(identifier: 0x4EE, isExtended: false, length: 8))
  }

  @Test("Vector ASC: decimal base, times since the event before, several trigger blocks")
  func vectorDecimal() throws {
    let text = """
      date Tue May 19 13:00:00 2026
      base dec  timestamps relative
      Begin TriggerBlock Tue May 19 13:00:00 2026
         0.500000 1  291             Rx   d 2 1 255
         0.250000 1  Statistic: D 1 R 0 XD 0 XR 0 E 0 O 0 B 0.00%
         0.250000 1  419360000x      Rx   d 11 16 0 1 2 3 4 5 6
         1.0 CANFD 1 Rx 291 1 0 15 64 \((0..<64).map { "\($0 + 100)" }.joined(separator: " "))
      End TriggerBlock
      """
    let (records, reader) = try readAll([UInt8](text.utf8))
    #expect(reader.format == .vectorDecimal)
    let start: Int64 = 1_779_195_600_000_000_000
    #expect(
      records.map { $0.nanoseconds - start } == [500_000_000, 1_000_000_000, 2_000_000_000])
    #expect(records[0].frame == CANFrame(identifier: 291, isExtended: false, bytes: [1, 255]))
    #expect(records[1].frame.rawLengthCode == 11 && records[1].frame.bytes.first == 16)
    #expect(records[2].frame.length == 64 && records[2].frame[63] == 163)
  }

  @Test("Vector ASC: a trigger block counts from the file's date, or from its own")
  func triggerBlocks() throws {
    func start(_ block: String, _ first: String) throws -> Int64? {
      try readAll(
        """
        date Tue May 19 13:00:00.000 2026
        base hex  timestamps absolute
        Begin TriggerBlock \(block)
           \(first) 1  123 Rx d 0
        """
      ).first.map { $0.nanoseconds - 1_779_195_600_000_000_000 }
    }
    // CANoe: the block began 300 s into the measurement. python-can: the block counts anew.
    #expect(try start("Tue May 19 13:05:00.000 2026", "300.5") == 300_500_000_000)
    #expect(try start("Tue May 19 13:05:00.000 2026", "0.5") == 300_500_000_000)
    #expect(try start("Tue May 19 12:00:00.000 2026", "0.5") == -3_599_500_000_000)
  }

  @Test("PEAK TRC 1.1: warnings, errors, RTR, milliseconds")
  func peakOld() throws {
    let text = """
      ;$FILEVERSION=1.1
      ;$STARTTIME=44548.5
      ;
      ;   Start time: 18.12.2021 12:00:00.000.0
      ;---+--   ----+----  --+--  ----+---  +  -+ -- -- -- -- -- -- --
           1)     17535.4  Tx     00000100  8  00 00 00 00 00 00 00 07
           2)     17540.3  Warng  FFFFFFFF  4  00 00 00 08  BUSHEAVY
           3)     19295.4  Rx         0001  2  AB CD
           4)     19500.6  Rx         0000  8  RTR
           5)     19600.0  Error      0008  4  00 19 08 10

      """
    let (records, reader) = try readAll([UInt8](text.replacing("\n", with: "\r\n").utf8))
    #expect(reader.format == .peak1 && reader.skipped == 1 && records.count == 4)
    // 2021-12-18 12:00 UTC.
    #expect(records[0].nanoseconds == 1_639_828_800_000_000_000 + 17_535_400_000)
    #expect(records[0].direction == .transmitted && records[0].frame.isExtended)
    #expect(records[1].frame == CANFrame(identifier: 1, isExtended: false, bytes: [0xAB, 0xCD]))
    #expect(records[2].frame == .remote(identifier: 0, isExtended: false, length: 8))
    #expect(records[3].frame == .error(classes: 0x88, bytes: [0, 0, 0, 0x19, 0, 0, 8, 16]))
  }

  @Test("PEAK TRC 2.0: columns as the header says, status without columns")
  func peak20() throws {
    let text = """
      ;$FILEVERSION=2.0
      ;$STARTTIME=44548.5
      ;$COLUMNS=N,O,T,I,d,l,D
            1     17535.400 DT 00000100 Tx 8  00 00 00 00 00 00 00 07
            2     17540.300 ST          Rx    00 00 00 08
            3     17600.000 FD     0300 Rx 12 00 01 02 03 04 05 06 07 08 09 0A 0B
            4     17600.100 EC          Rx    01 02

      """
    let (records, reader) = try readAll([UInt8](text.utf8))
    #expect(reader.format == .peak20 && reader.skipped == 2 && records.count == 2)
    #expect(records[1].frame.isFD && records[1].frame.length == 12 && records[1].frame[11] == 11)
  }

  @Test("PEAK TRC 2.1: every message type")
  func peak21() throws {
    let text = """
      ;$FILEVERSION=2.1
      ;$STARTTIME=45930.5
      ;$COLUMNS=N,O,T,B,I,d,R,L,D
            1      1059.900 DT 1      0001 Rx -  8    00 11 22 33 44 55 66 77
            2      1283.231 DT 2  18FEF100 Tx -  4    01 02 03 04
            3      1301.000 FB 1      0300 Rx -  9    00 01 02 03 04 05 06 07 08 09 0A 0B
            4      1302.000 FE 1      0300 Rx -  0
            5      1303.000 BI 1      0300 Rx -  2    AA BB
            6      1400.000 RR 1      0123 Rx -  4
            7      1500.000 ST 1  -        Rx -  4    00 00 00 00
            8      1600.000 ER 1      0004 Rx -  4    01 0A 00 00
            9      1700.000 EV 1           a user event
           10      1900.000 DT 1      0700 Rx -  15   00 11 22 33 44 55 66 77

      """
    let (records, reader) = try readAll([UInt8](text.utf8))
    #expect(reader.format == .peak21 && reader.skipped == 2 && records.count == 8)
    #expect(records[0].nanoseconds == 1_759_233_600_000_000_000 + 1_059_900_000)
    #expect(reader.interfaces == ["can0", "can1"] && records[1].interface == 1)
    #expect(records[2].frame.bitRateSwitch && records[2].frame.length == 12)
    #expect(records[3].frame.errorStateIndicator && records[3].frame.length == 0)
    #expect(records[4].frame.bitRateSwitch && records[4].frame.errorStateIndicator)
    #expect(records[5].frame == .remote(identifier: 0x123, isExtended: false, length: 4))
    #expect(records[6].frame == .error(classes: 0x88, bytes: [0, 0, 0x84, 0x0A, 0, 0, 0, 0]))
    #expect(records[7].frame.rawLengthCode == 15 && records[7].frame.length == 8)
  }

  @Test("GVRET CSV with and without directions; CRTD and BUSMASTER")
  func savvy() throws {
    let new = try readAll(
      """
      Time Stamp,ID,Extended,Dir,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8
      39747828,000005EB,false,Rx,0,2,E8,45,00,00,00,00,00,00,
      39747829,18FEF100,true,Tx,1,8,E8,45,85,4B,4A,28,36,69,
      """)
    #expect(new[0].nanoseconds == 39_747_828_000 && new[0].direction == .received)
    #expect(new[0].frame == CANFrame(identifier: 0x5EB, isExtended: false, bytes: [0xE8, 0x45]))
    #expect(new[1].frame.isExtended && new[1].direction == .transmitted && new[1].interface == 1)
    let old = try readAll(
      "Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n166064000,0000021A,false,0,1,FE\n")
    #expect(old[0].frame.bytes == [0xFE] && old[0].direction == .unknown)
    let crtd = try readAll(
      "166.064000 CXX GVRET-PC\n166.064000 R11 0000021A FE 36 \n1.5 2T29 18FEF100\n")
    #expect(crtd.count == 2 && crtd[0].nanoseconds == 166_064_000_000)
    #expect(crtd[0].frame.bytes == [0xFE, 0x36] && crtd[1].direction == .transmitted)
    let busmaster = try readAll(
      """
      ***BUSMASTER Ver 2.4.0***
      ***START DATE AND TIME 23:9:2015 22:17:28:928***
      ***HEX***
      ***SYSTEM MODE***
      22:20:14:992 Rx 0 0000021A s 2 FE 36
      22:20:15:0010 Tx 1 0x18FEF100 x 0
      22:20:15:002 Rx 1 0x023 sr 3
      """)
    #expect(busmaster.count == 3 && busmaster[0].frame.bytes == [0xFE, 0x36])
    #expect(busmaster[0].nanoseconds == 1_443_046_814_992_000_000)
    #expect(busmaster[1].nanoseconds == 1_443_046_815_001_000_000)
    #expect(busmaster[1].frame.isExtended && busmaster[2].frame.isRemote)
  }
}
