import CAN

/// How a message proves itself: can-gnss.md 7.1 for J1939, the makers' descriptions for the others.
package enum MessageProof: Sendable, Equatable {
  case none
  /// Counter modulo 8, three-bit checksum, both in byte 8.
  case torqueSpeedControl
  /// Counter modulo 16, four-bit checksum, both in byte 8.
  case externalBrake
  /// CRC-8 in byte 1, counter 0 to 14 in the high half of byte 2.
  case yard(identifier: UInt16)
  /// CRC-16 in bytes 1 and 2, low byte first, counter 0 to 254 in byte 3.
  case carrier(identifier: UInt16)

  package var counterModulus: UInt64 {
    switch self {
    case .none: 1
    case .torqueSpeedControl: 8
    case .externalBrake: 16
    case .yard: 15
    case .carrier: 255
    }
  }

  func counter(_ payload: Payload) -> UInt64 {
    switch self {
    case .none: 0
    case .torqueSpeedControl, .externalBrake: payload.field(56, 4)
    case .yard: UInt64(payload.byte(1) >> 4)
    case .carrier: UInt64(payload.byte(2))
    }
  }

  func isChecksumRight(_ payload: Payload, identifier: UInt32) -> Bool {
    switch self {
    case .none: return true
    case .torqueSpeedControl, .externalBrake:
      return payload.field(60, 4)
        == messageChecksum(self, identifier: identifier, payload: payload)
    case .yard(let number): return payload.byte(0) == yardChecksum(payload, number)
    case .carrier(let number):
      let given = UInt16(payload.byte(0)) | UInt16(payload.byte(1)) << 8
      return given == carrierChecksum(payload, number)
    }
  }

  /// Writes counter and checksum.
  func seal(_ payload: inout Payload, counter: UInt64, identifier: UInt32) {
    switch self {
    case .none: return
    case .torqueSpeedControl, .externalBrake:
      payload.set(56, 4, counter)
      payload.set(60, 4, messageChecksum(self, identifier: identifier, payload: payload))
    case .yard(let number):
      payload.setByte(1, UInt8(counter & 15) << 4 | payload.byte(1) & 15)
      payload.setByte(0, yardChecksum(payload, number))
    case .carrier(let number):
      payload.setByte(2, UInt8(counter & 255))
      let sum = carrierChecksum(payload, number)
      payload.setByte(0, UInt8(sum & 255))
      payload.setByte(1, UInt8(sum >> 8))
    }
  }
}

/// The checksum that belongs into bits 60 to 63.
///
/// Both formulas add bytes 1 to 7, the counter and the four bytes of the identifier.
package func messageChecksum(_ proof: MessageProof, identifier: UInt32, payload: Payload) -> UInt64
{
  var sum = payload.field(56, 4)
  for byte in 0..<7 { sum += payload.field(8 * byte, 8) }
  for shift in [UInt32(0), 8, 16, 24] { sum += UInt64(identifier >> shift & 0xFF) }
  switch proof {
  case .torqueSpeedControl: return ((sum >> 6 & 3) + (sum >> 3) + sum) & 7
  case .externalBrake: return ((sum >> 4) + sum) & 15
  case .none, .yard, .carrier: return 15
  }
}

/// CRC-8/SAE-J1850 by half bytes: what each of sixteen leading half bytes leaves behind.
private let yardRemainders: InlineArray<16, UInt8> = [
  0x00, 0x1D, 0x3A, 0x27, 0x74, 0x69, 0x4E, 0x53, 0xE8, 0xF5, 0xD2, 0xCF, 0x9C, 0x81, 0xA6, 0xBB,
]

/// Over the message's number, low byte first, then bytes 2 to 8.
private func yardChecksum(_ payload: Payload, _ number: UInt16) -> UInt8 {
  var rest: UInt8 = 0xFF
  func divide(_ byte: UInt8) {
    rest ^= byte
    rest = rest << 4 ^ yardRemainders[Int(rest >> 4)]
    rest = rest << 4 ^ yardRemainders[Int(rest >> 4)]
  }
  divide(UInt8(number & 255))
  divide(UInt8(number >> 8))
  for index in 1..<8 { divide(payload.byte(index)) }
  return ~rest
}

/// CRC-16 with polynomial 0x1021 by half bytes.
private let carrierRemainders: InlineArray<16, UInt16> = [
  0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
  0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
]

/// Over the message's number, low byte first, then everything from byte 3 on.
private func carrierChecksum(_ payload: Payload, _ number: UInt16) -> UInt16 {
  var rest: UInt16 = 0xFFFF
  func divide(_ byte: UInt8) {
    rest = rest << 4 ^ carrierRemainders[Int(rest >> 12) ^ Int(byte >> 4)]
    rest = rest << 4 ^ carrierRemainders[Int(rest >> 12) ^ Int(byte & 15)]
  }
  divide(UInt8(number & 255))
  divide(UInt8(number >> 8))
  for index in 2..<Int(payload.length) { divide(payload.byte(index)) }
  return rest
}
