/// Writes candump text, which `canplayer`, python-can and `CandumpReader` read.
package struct CandumpWriter {
  package let form: CandumpForm
  package private(set) var bytes: [UInt8] = []

  package init(form: CandumpForm) { self.form = form }

  package mutating func append(_ record: CANLogRecord, interface: String) {
    switch form {
    case .compact:
      time(record.nanoseconds, width: 10)
      text(" \(interface) ")
      identifier(record.frame)
      compactPayload(record.frame)
      switch record.direction {
      case .unknown: break
      case .received: text(" R")
      case .transmitted: text(" T")
      }
    case .spaced:
      text(" ")
      time(record.nanoseconds, width: 3)
      text("  \(interface)  ")
      mark(record)
      identifier(record.frame)
      spacedPayload(record.frame)
    }
    bytes.append(.newline)
  }

  /// Drops what was written, for a caller that writes in pieces.
  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Microseconds as candump writes them; nanoseconds where they are not whole.
  private mutating func time(_ nanoseconds: Int64, width: Int) {
    text(nanoseconds < 0 ? "(-" : "(")
    let magnitude = nanoseconds.magnitude
    decimal(magnitude / 1_000_000_000, width: width)
    text(".")
    let fraction = magnitude % 1_000_000_000
    if fraction % 1000 == 0 {
      decimal(fraction / 1000, width: 6)
    } else {
      decimal(fraction, width: 9)
    }
    text(")")
  }

  private mutating func identifier(_ frame: CANFrame) {
    let isLong = frame.isExtended || frame.isError
    hexadecimal(
      UInt64(frame.identifier) | (frame.isError ? 0x2000_0000 : 0), width: isLong ? 8 : 3)
  }

  private mutating func compactPayload(_ frame: CANFrame) {
    text("#")
    if frame.isRemote {
      text("R")
      if frame.length > 0 { decimal(UInt64(frame.length), width: 1) }
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
    text(frame.isFD ? "  [" : "   [")
    decimal(UInt64(frame.length), width: frame.isFD ? 2 : 1)
    text("] ")
    if frame.isRemote {
      text(" remote request")
    } else {
      for index in 0..<Int(frame.length) {
        text(" ")
        hexadecimal(UInt64(frame[index]), width: 2)
      }
    }
    if frame.isError { text("   ERRORFRAME") }
  }

  private mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func decimal(_ number: UInt64, width: Int) {
    let digits = String(number)
    for _ in 0..<max(0, width - digits.utf8.count) { bytes.append(UInt8(ascii: "0")) }
    text(digits)
  }

  private mutating func hexadecimal(_ number: UInt64, width: Int) {
    for place in stride(from: width - 1, through: 0, by: -1) {
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * place) & 15)
      bytes.append(digit < 10 ? 0x30 + digit : 0x41 + digit - 10)
    }
  }
}
