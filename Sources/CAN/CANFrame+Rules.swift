/// Why a frame is none that a bus carries (ISO 11898-1).
package enum CANFrameDefect: Sendable, Equatable {
  /// More than 11 or 29 bits.
  case identifier
  /// More than eight bytes without FD, or a length that FD does not have.
  case length
  /// FD has no remote frames.
  case flexibleRemote
  /// BRS and ESI are bits of FD frames.
  case flexibleMark
  /// A length code of 9...15 stands for eight bytes of a classic frame only.
  case lengthCode
  /// A remote frame holds no bytes.
  case remoteData
}

extension CANFrame {
  /// What keeps this from being a frame that a bus carries; nil when nothing does.
  package var defect: CANFrameDefect? {
    let isLong = isExtended || isError
    guard identifier <= (isLong ? 0x1FFF_FFFF : 0x7FF) else { return .identifier }
    guard isFD ? Self.isFlexibleLength(length) : length <= 8 else { return .length }
    if isFD, isRemote { return .flexibleRemote }
    if !isFD, bitRateSwitch || errorStateIndicator { return .flexibleMark }
    if rawLengthCode != 0 {
      guard !isFD, length == 8, rawLengthCode > 8, rawLengthCode < 16 else { return .lengthCode }
    }
    if isRemote { for i in 0..<8 where words[i] != 0 { return .remoteData } }
    return nil
  }

  /// The four bits that tell the length on the bus.
  package var dataLengthCode: UInt8 {
    if rawLengthCode != 0 { return rawLengthCode & 15 }
    switch length {
    case 0...8: return length
    case 9...12: return 9
    case 13...16: return 10
    case 17...20: return 11
    case 21...24: return 12
    case 25...32: return 13
    case 33...48: return 14
    default: return 15
    }
  }

  /// The length that a data length code of an FD frame stands for.
  package static func flexibleLength(ofCode code: UInt8) -> UInt8 {
    switch code & 15 {
    case 9: 12
    case 10: 16
    case 11: 20
    case 12: 24
    case 13: 32
    case 14: 48
    case 15: 64
    case let length: length
    }
  }

  /// The shortest FD length that holds so many bytes.
  package static func flexibleLength(holding count: UInt8) -> UInt8 {
    var frame = CANFrame(identifier: 0, isExtended: false)
    frame.setLength(count)
    return flexibleLength(ofCode: frame.dataLengthCode)
  }

  package static func isFlexibleLength(_ length: UInt8) -> Bool {
    switch length {
    case 0...8, 12, 16, 20, 24, 32, 48, 64: true
    default: false
    }
  }
}

// MARK: - On the wire

extension CANFrame {
  /// The bits of the arbitration field in their order: of two frames the lower one goes first.
  ///
  /// Base identifier, RTR or SRR, IDE, the 18 lower bits, RTR. An error flag overrides everything.
  package var arbitrationKey: UInt32 {
    if isError { return 0 }
    let request: UInt32 = isRemote ? 1 : 0
    guard isExtended else { return (identifier & 0x7FF) << 21 | request << 20 }
    let base = identifier >> 18 & 0x7FF
    return base << 21 | 3 << 19 | (identifier & 0x3FFFF) << 1 | request
  }

  /// How long the frame and its gap take, with half of the stuff bits that the worst payload needs.
  ///
  /// Counts after ISO 11898-1; FD payloads go at the data rate when the bit rate is switched.
  package func wireNanoseconds(bitsPerSecond: Int, dataBitsPerSecond: Int) -> Int {
    // Flags of both sides, delimiter and gap.
    if isError { return 23 * 1_000_000_000 / max(1, bitsPerSecond) }
    let payload = isRemote ? 0 : 8 * Int(length)
    guard isFD else {
      let bits = (isExtended ? 67 : 47) + payload
      return (bits + bits / 10) * 1_000_000_000 / max(1, bitsPerSecond)
    }
    // Start to BRS; stuffed. CRC delimiter to the gap; not stuffed.
    let head = isExtended ? 36 : 17
    let tail = 13
    // ESI and length code, stuffed like the payload; stuff count and CRC have fixed stuff bits.
    let data = 5 + payload
    let check = length > 16 ? 4 + 21 + 7 : 4 + 17 + 6
    let slow = head + head / 10 + tail
    let fast = data + data / 10 + check
    let rate = bitRateSwitch ? dataBitsPerSecond : bitsPerSecond
    return slow * 1_000_000_000 / max(1, bitsPerSecond) + fast * 1_000_000_000 / max(1, rate)
  }
}

// MARK: - The kernel's layout

extension CANFrame {
  /// Reads a `struct can_frame` (16 bytes) or `struct canfd_frame` (72 bytes) of linux/can.h.
  ///
  /// Nil for bytes that are no frame.
  package init?(kernelBytes bytes: borrowing Span<UInt8>) {
    guard bytes.count == 16 || bytes.count == 72 else { return nil }
    var word: UInt32 = 0
    for index in 0..<4 { word |= UInt32(bytes[index]) << UInt32(8 * index) }
    let isError = word & 0x2000_0000 != 0
    let isExtended = word & 0x8000_0000 != 0 && !isError
    let mask: UInt32 = isExtended || isError ? 0x1FFF_FFFF : 0x7FF
    self.init(identifier: word & mask, isExtended: isExtended)
    self.isError = isError
    isRemote = word & 0x4000_0000 != 0 && !isError
    isFD = bytes.count == 72
    let count = bytes[4]
    guard count <= (isFD ? 64 : 8) else { return nil }
    if isFD {
      bitRateSwitch = bytes[5] & 1 != 0
      errorStateIndicator = bytes[5] & 2 != 0
    } else if count == 8, bytes[7] > 8, bytes[7] < 16 {
      rawLengthCode = bytes[7]
    }
    setLength(count)
    if !isRemote { for index in 0..<Int(count) { self[index] = bytes[8 + index] } }
    guard defect == nil else { return nil }
  }
}
