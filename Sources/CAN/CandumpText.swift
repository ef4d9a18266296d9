/// candump's forms, which `canplayer`, log2asc and python-can read.
extension CANLogWriter {
  mutating func compact(_ record: CANLogRecord, at time: Int64, _ interface: String) {
    candumpTime(time, width: 10)
    byte(.blank)
    text(interface)
    byte(.blank)
    candumpIdentifier(record.frame)
    compactPayload(record.frame)
    switch record.direction {
    case .unknown: break
    case .received: text(" R")
    case .transmitted: text(" T")
    }
    endLine()
  }

  mutating func spaced(_ record: CANLogRecord, at time: Int64, width: Int, _ interface: String) {
    byte(.blank)
    candumpTime(time, width: width)
    text("  ")
    text(interface)
    text("  ")
    mark(record)
    candumpIdentifier(record.frame)
    spacedPayload(record.frame)
    endLine()
  }

  private mutating func candumpTime(_ nanoseconds: Int64, width: Int) {
    text(nanoseconds < 0 ? "(-" : "(")
    seconds(nanoseconds, width: width)
    text(")")
  }

  private mutating func candumpIdentifier(_ frame: CANFrame) {
    let isLong = frame.isExtended || frame.isError
    hexadecimal(
      UInt64(frame.identifier) | (frame.isError ? 0x2000_0000 : 0), width: isLong ? 8 : 3)
  }

  private mutating func compactPayload(_ frame: CANFrame) {
    byte(UInt8(ascii: "#"))
    if frame.isRemote {
      text("R")
      if frame.length > 0 { decimal(UInt64(frame.length)) }
    } else {
      if frame.isFD {
        text("#")
        let flags = (frame.bitRateSwitch ? 1 : 0) + (frame.errorStateIndicator ? 2 : 0)
        hexadecimal(UInt64(flags), width: 1)
      }
      for index in 0..<Int(frame.length) { hexadecimal(UInt64(frame[index]), width: 2) }
    }
    guard frame.rawLengthCode > 8, !frame.isFD else { return }
    text("_")
    hexadecimal(UInt64(frame.rawLengthCode), width: 1)
  }

  private mutating func mark(_ record: CANLogRecord) {
    let frame = record.frame
    let needed =
      record.direction != .unknown || frame.bitRateSwitch || frame.errorStateIndicator
    guard needed else { return }
    text(record.direction == .transmitted ? "TX" : "RX")
    text(frame.bitRateSwitch ? " B" : " -")
    text(frame.errorStateIndicator ? " E  " : " -  ")
  }

  private mutating func spacedPayload(_ frame: CANFrame) {
    if frame.rawLengthCode > 8 {
      text("   {")
      hexadecimal(UInt64(frame.rawLengthCode), width: 1)
      text("} ")
    } else {
      text(frame.isFD ? "  [" : "   [")
      decimal(UInt64(frame.length), width: frame.isFD ? 2 : 1)
      text("] ")
    }
    if frame.isRemote {
      text(" remote request")
    } else {
      for index in 0..<Int(frame.length) {
        byte(.blank)
        hexadecimal(UInt64(frame[index]), width: 2)
      }
    }
    if frame.isError { text("   ERRORFRAME") }
  }
}
