/// Vector ASC as CANoe, asc2log and python-can read it.
extension CANLogWriter {
  private var isHexadecimal: Bool { format == .vector }

  mutating func vectorHeader(_ start: Int64) {
    let date = Self.vectorDate(start)
    line("date \(date)")
    line("base \(isHexadecimal ? "hex" : "dec")  timestamps absolute")
    line("no internal events logged")
    line("Begin TriggerBlock \(date)")
    line("   0.000000 Start of measurement")
  }

  /// `Fri Jul 10 06:17:32.249 2015`, of whole milliseconds.
  private static func vectorDate(_ nanoseconds: Int64) -> String {
    let (days, rest) = CivilDate.split(nanoseconds)
    let (year, month, day) = CivilDate.date(days: days)
    let weekday = CivilDate.weekdays[Int((days % 7 + 7) % 7)]
    let milliseconds = rest / 1_000_000
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = "\(number)"
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(weekday) \(CivilDate.months[month - 1][0]) \(padded(Int64(day), 2)) "
      + "\(padded(milliseconds / 3_600_000, 2)):\(padded(milliseconds / 60_000 % 60, 2)):"
      + "\(padded(milliseconds / 1000 % 60, 2)).\(padded(milliseconds % 1000, 3)) \(year)"
  }

  mutating func vector(_ record: CANLogRecord, at time: Int64, _ channel: Int) {
    let frame = record.frame
    seconds(time, width: 4, padding: .blank)
    if frame.isError {
      vectorError(frame, channel)
    } else if frame.isFD {
      vectorFlexible(record, channel)
    } else {
      text(" \(channel)  ")
      vectorIdentifier(frame, width: 15)
      text(record.direction == .transmitted ? " Tx   " : " Rx   ")
      text(frame.isRemote ? "r " : "d ")
      number(UInt64(frame.dataLengthCode), width: 1)
      if !frame.isRemote, frame.length > 0 {
        byte(.blank)
        vectorData(frame)
      }
    }
    endLine()
  }

  private mutating func vectorError(_ frame: CANFrame, _ channel: Int) {
    text(" \(channel)  ErrorFrame")
    let code = BusErrorCode(frame)
    guard !code.isPlain else { return }
    text(" ECC: ")
    for bit in stride(from: 7, through: 0, by: -1) {
      byte(code.capture >> UInt8(bit) & 1 == 0 ? 0x30 : 0x31)
    }
  }

  /// Duration, length and the bit timings are not known and zero; the flags tell the kind.
  private mutating func vectorFlexible(_ record: CANLogRecord, _ channel: Int) {
    let frame = record.frame
    text(" CANFD ")
    decimal(UInt64(channel), width: 3, padding: .blank)
    text(record.direction == .transmitted ? " Tx   " : " Rx   ")
    vectorIdentifier(frame, width: 10)
    text(String(repeating: " ", count: 34))
    text(frame.bitRateSwitch ? "1 " : "0 ")
    text(frame.errorStateIndicator ? "1 " : "0 ")
    number(UInt64(frame.dataLengthCode), width: 1)
    byte(.blank)
    decimal(UInt64(frame.length), width: 2, padding: .blank)
    if frame.length > 0 {
      byte(.blank)
      vectorData(frame)
    }
    let flags =
      0x1000 + (frame.bitRateSwitch ? 0x2000 : 0) + (frame.errorStateIndicator ? 0x4000 : 0)
    text("        0    0     ")
    hexadecimal(UInt64(flags), width: 4)
    text("        0        0        0        0        0")
  }

  private mutating func vectorIdentifier(_ frame: CANFrame, width: Int) {
    var name = String(frame.identifier, radix: isHexadecimal ? 16 : 10).uppercased()
    if frame.isExtended { name += "x" }
    text(name)
    for _ in 0..<max(0, width - name.utf8.count) { byte(.blank) }
  }

  private mutating func vectorData(_ frame: CANFrame) {
    guard !isHexadecimal else { return data(frame) }
    for index in 0..<Int(frame.length) {
      if index > 0 { byte(.blank) }
      decimal(UInt64(frame[index]))
    }
  }

  private mutating func number(_ value: UInt64, width: Int) {
    if isHexadecimal { hexadecimal(value, width: width) } else { decimal(value) }
  }
}
