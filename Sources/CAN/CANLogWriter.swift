/// Writes a text log of any `CANLogFormat.written`.
///
/// Nothing is lost silently: `append` returns what the format could not carry of the record, and
/// does not write it when that is serious, unless told to.
package struct CANLogWriter {
  package let format: CANLogFormat
  /// Write what can be carried of a frame that cannot be carried whole.
  package let isLossy: Bool
  /// What was written and not yet taken away.
  package private(set) var bytes: [UInt8] = []

  /// 1970 to 2260, which headers can tell.
  private static let datedTimes: Range<Int64> = 0..<9_170_000_000_000_000_000

  /// Frames written.
  private var count: UInt64 = 0
  /// What the times of the file count from, ns since 1970.
  private var start: Int64 = 0
  private var last: Int64 = 0
  private var channels: [String: Int] = [:]
  private var usedChannels: Set<Int> = []

  package init(format: CANLogFormat, isLossy: Bool = false) {
    self.format = format
    self.isLossy = isLossy
  }

  /// Writes a record; what the format cannot carry of it is returned.
  @discardableResult
  package mutating func append(_ record: CANLogRecord, interface: String) -> CANLogLoss {
    if count == 0 { begin(record) }
    var loss = format.loss(of: record, interface: interface)
    if format.usesChannels, channels[interface] == nil { loss.formUnion(addChannel(interface)) }
    loss.formUnion(timeLoss(record))
    guard loss.isDisjoint(with: .serious) || isLossy else { return loss }
    // A kind that the format does not have is left out; of the rest, what fits is written.
    guard loss.isDisjoint(with: [.flexible, .remote, .error]) else { return loss }
    count += 1
    let time = max(record.nanoseconds, loss.contains(.timeOrder) ? max(start, last) : .min)
    write(record, at: time, interface)
    last = time
    return loss
  }

  /// The end of the file; a log without frames still says what it is.
  package mutating func finish() {
    if count == 0 {
      begin(CANLogRecord(nanoseconds: 0, frame: CANFrame(identifier: 0, isExtended: false)))
    }
    if format == .vector || format == .vectorDecimal { line("End TriggerBlock") }
  }

  /// Drops what was written, for a caller that writes in pieces.
  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  // MARK: Times and interfaces

  /// Files with a date count from its whole milliseconds; those without, from the first frame.
  private mutating func begin(_ record: CANLogRecord) {
    guard bytes.isEmpty, count == 0 else { return }
    last = record.nanoseconds
    switch format {
    case .candumpZero, .candumpDelta: start = record.nanoseconds
    case .vector, .vectorDecimal, .peak1, .peak20, .peak21:
      let (days, rest) = CivilDate.split(record.nanoseconds)
      start = days * CivilDate.nanosecondsPerDay + rest / 1_000_000 * 1_000_000
    case .candump, .candumpAbsolute, .gvret, .gvretWithoutDirection, .crtd, .busmaster: start = 0
    }
    writeHeader()
  }

  private func timeLoss(_ record: CANLogRecord) -> CANLogLoss {
    var loss: CANLogLoss = []
    let time = record.nanoseconds
    switch format {
    case .candump, .candumpAbsolute, .crtd, .busmaster: break
    case .candumpDelta: if time < last { loss.insert(.timeOrder) }
    case .candumpZero, .vector, .vectorDecimal, .peak1, .peak20, .peak21, .gvret,
      .gvretWithoutDirection:
      if time < start { loss.insert(.timeOrder) }
      if format != .candumpZero, !Self.datedTimes.contains(start) { loss.insert(.timeOrder) }
    }
    if format == .candumpZero || format == .candumpDelta, start != 0 { loss.insert(.startTime) }
    let resolution: Int64 =
      switch format {
      case .candump, .candumpAbsolute, .candumpDelta, .candumpZero, .vector, .vectorDecimal: 1
      case .peak1: 100_000
      case .peak20, .peak21, .gvret, .gvretWithoutDirection, .crtd, .busmaster: 1000
      }
    if (time &- start) % resolution != 0 { loss.insert(.resolution) }
    return loss
  }

  /// can3 is number 3, anything else the lowest free one; names that this does not tell are told in
  /// a comment where the format has them.
  private mutating func addChannel(_ interface: String) -> CANLogLoss {
    var loss: CANLogLoss = []
    var channel = interface.hasPrefix("can") ? Int(interface.dropFirst(3)) ?? -1 : -1
    if channel < 0 || channel >= CANLogReader.interfaceLimit || usedChannels.contains(channel) {
      channel = (0..<CANLogReader.interfaceLimit).first { !usedChannels.contains($0) } ?? 0
    }
    let number = format == .peak1 ? 0 : channel
    if format == .peak1, !channels.isEmpty {
      loss.insert(.secondInterface)
      guard isLossy else { return loss }
    }
    usedChannels.insert(channel)
    channels[interface] = number
    guard interface != "can\(number)" else { return loss }
    switch format {
    case .vector, .vectorDecimal: line("// interface \(number) \(interface)")
    case .peak1, .peak20, .peak21: line("; interface \(number) \(interface)")
    case .gvret, .gvretWithoutDirection, .candump, .candumpAbsolute, .candumpDelta, .candumpZero,
      .crtd, .busmaster:
      loss.insert(.interfaceName)
    }
    return loss
  }

  private func channel(_ interface: String) -> Int { channels[interface] ?? 0 }

  // MARK: Records

  private mutating func write(_ record: CANLogRecord, at time: Int64, _ interface: String) {
    switch format {
    case .candump: compact(record, at: time, interface)
    case .candumpAbsolute: spaced(record, at: time, width: 10, interface)
    case .candumpDelta: spaced(record, at: time &- last, width: 3, interface)
    case .candumpZero: spaced(record, at: time &- start, width: 3, interface)
    case .vector, .vectorDecimal: vector(record, at: time &- start, channel(interface) + 1)
    case .peak1: peakOld(record, at: time &- start, number: count)
    case .peak20, .peak21: peak(record, at: time &- start, number: count, channel(interface) + 1)
    case .gvret, .gvretWithoutDirection: gvret(record, at: time, channel(interface))
    case .crtd, .busmaster: break
    }
  }

  private mutating func writeHeader() {
    switch format {
    case .vector, .vectorDecimal: vectorHeader(start)
    case .peak1, .peak20, .peak21: peakHeader(start)
    case .gvret: line("Time Stamp,ID,Extended,Dir,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8")
    case .gvretWithoutDirection: line("Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8")
    case .candump, .candumpAbsolute, .candumpDelta, .candumpZero, .crtd, .busmaster: break
    }
  }

  // MARK: Text

  mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func byte(_ byte: UInt8) { bytes.append(byte) }

  /// PEAK's tools write and want CR LF.
  mutating func endLine() {
    switch format {
    case .peak1, .peak20, .peak21: bytes.append(.carriageReturn)
    case .candump, .candumpAbsolute, .candumpDelta, .candumpZero, .vector, .vectorDecimal, .gvret,
      .gvretWithoutDirection, .crtd, .busmaster:
      break
    }
    bytes.append(.newline)
  }

  mutating func line(_ line: String) {
    text(line)
    endLine()
  }

  mutating func decimal(_ number: UInt64, width: Int = 1, padding: UInt8 = UInt8(ascii: "0")) {
    var digits = 1
    var rest = number / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    for _ in 0..<max(0, width - digits) { bytes.append(padding) }
    let start = bytes.count
    for _ in 0..<digits { bytes.append(0x30) }
    rest = number
    for place in stride(from: digits - 1, through: 0, by: -1) {
      bytes[start + place] = 0x30 + UInt8(rest % 10)
      rest /= 10
    }
  }

  mutating func hexadecimal(_ number: UInt64, width: Int) {
    for place in stride(from: width - 1, through: 0, by: -1) {
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * place) & 15)
      bytes.append(digit < 10 ? 0x30 + digit : 0x41 + digit - 10)
    }
  }

  mutating func data(_ frame: CANFrame, separator: UInt8 = .blank) {
    for index in 0..<Int(frame.length) {
      if index > 0 { bytes.append(separator) }
      hexadecimal(UInt64(frame[index]), width: 2)
    }
  }

  /// Seconds with microseconds, and nanoseconds where they are not whole.
  mutating func seconds(
    _ nanoseconds: Int64, width: Int, padding: UInt8 = UInt8(ascii: "0")
  ) {
    let magnitude = nanoseconds.magnitude
    decimal(magnitude / 1_000_000_000, width: width, padding: padding)
    byte(UInt8(ascii: "."))
    let fraction = magnitude % 1_000_000_000
    if fraction % 1000 == 0 {
      decimal(fraction / 1000, width: 6)
    } else {
      decimal(fraction, width: 9)
    }
  }
}

extension CANLogFormat {
  /// Interfaces are numbers.
  fileprivate var usesChannels: Bool { self != .candump && !isSpaced }

  /// What the format cannot carry of a record, its time and interface aside.
  fileprivate func loss(of record: CANLogRecord, interface: String) -> CANLogLoss {
    var loss: CANLogLoss = []
    let frame = record.frame
    switch self {
    case .candump: break
    case .candumpAbsolute, .candumpDelta, .candumpZero:
      // With the marks of -x comes a direction.
      let hasMarks = frame.bitRateSwitch || frame.errorStateIndicator
      if record.direction == .unknown, hasMarks { loss.insert(.direction) }
    case .vector, .vectorDecimal:
      if frame.isError {
        var code = BusErrorCode(frame)
        code.receiveCounter = 0
        code.transmitCounter = 0
        if code.frame != frame { loss.insert(.errorDetail) }
        if record.direction != .unknown { loss.insert(.direction) }
      } else if record.direction == .unknown {
        loss.insert(.direction)
      }
    case .peak1:
      if frame.isFD { loss.insert(.flexible) }
      if frame.isError, BusErrorCode(frame).frame != frame { loss.insert(.errorDetail) }
      if frame.rawLengthCode != 0 { loss.insert(.lengthCode) }
      if frame.isError != (record.direction == .unknown) { loss.insert(.direction) }
    case .peak20, .peak21:
      if frame.isError, BusErrorCode(frame).frame != frame { loss.insert(.errorDetail) }
      if frame.rawLengthCode != 0, self == .peak20 { loss.insert(.lengthCode) }
      if record.direction == .unknown { loss.insert(.direction) }
    case .gvret, .gvretWithoutDirection, .crtd, .busmaster:
      if frame.isFD { loss.insert(.flexible) }
      if frame.isRemote { loss.insert(.remote) }
      if frame.isError { loss.insert(.error) }
      if frame.rawLengthCode != 0 { loss.insert(.lengthCode) }
      if (record.direction == .unknown) == (self == .gvret) { loss.insert(.direction) }
    }
    return loss
  }
}
