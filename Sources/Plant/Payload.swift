import CAN

/// Eight bytes of a classic frame as one number, byte 0 lowest; J1939 counts bits the same way.
package struct Payload: Sendable, Equatable {
  package var word: UInt64

  /// Every bit one: "not available" in every J1939 field.
  package static var notAvailable: Payload { Payload(word: .max) }

  package init(word: UInt64) { self.word = word }

  package init(_ frame: CANFrame) { word = frame.words[0] }

  package func field(_ start: Int, _ length: Int) -> UInt64 { word >> UInt64(start) & mask(length) }

  package mutating func set(_ start: Int, _ length: Int, _ raw: UInt64) {
    let bits = mask(length) << UInt64(start)
    word = word & ~bits | raw << UInt64(start) & bits
  }

  /// The nearest raw number of `value`; beyond the valid range the nearest valid raw (J1939-71: the
  /// last values of a field mean error and not available).
  package mutating func set(
    _ start: Int, _ length: Int, _ value: Double, scale: Double, offset: Double
  ) {
    let highest: Double
    switch length {
    case 8: highest = 0xFA
    case 16: highest = 0xFAFF
    case 32: highest = 0xFAFF_FFFF
    default: highest = Double(mask(length)) - 2
    }
    let raw = ((value - offset) / scale).rounded()
    guard raw == raw else { return set(start, length, mask(length)) }
    set(start, length, UInt64(min(max(raw, 0), highest)))
  }

  package func frame(_ identifier: UInt32) -> CANFrame {
    var frame = CANFrame(identifier: identifier, isExtended: true)
    for i in 0..<8 { frame.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * i))) }
    return frame
  }

  private func mask(_ length: Int) -> UInt64 { (1 << UInt64(length)) - 1 }
}

/// How a message proves itself (can-gnss.md 7.1).
package enum MessageCheck: Sendable {
  case none
  /// Counter modulo 8, three-bit checksum.
  case torqueSpeedControl
  /// Counter modulo 16, four-bit checksum.
  case externalBrake

  package var counterModulus: UInt64 {
    switch self {
    case .none: 1
    case .torqueSpeedControl: 8
    case .externalBrake: 16
    }
  }
}

/// The checksum that belongs into bits 60 to 63.
///
/// Both formulas add bytes 1 to 7, the counter and the four bytes of the identifier.
package func messageChecksum(_ check: MessageCheck, identifier: UInt32, payload: Payload) -> UInt64
{
  var sum = payload.field(56, 4)
  for byte in 0..<7 { sum += payload.field(8 * byte, 8) }
  for shift in [UInt32(0), 8, 16, 24] { sum += UInt64(identifier >> shift & 0xFF) }
  switch check {
  case .none: return 15
  case .torqueSpeedControl: return ((sum >> 6 & 3) + (sum >> 3) + sum) & 7
  case .externalBrake: return ((sum >> 4) + sum) & 15
  }
}
