import CAN

/// The bytes of a frame, byte 0 lowest; J1939 counts bits the same way.
package struct Payload: Sendable, Equatable {
  private var words = InlineArray<8, UInt64>(repeating: 0)
  package let length: UInt8

  /// Every bit one: "not available" in every J1939 field.
  package static var notAvailable: Payload { Payload(word: .max) }

  package init(word: UInt64) {
    words[0] = word
    length = 8
  }

  package init(_ frame: CANFrame) {
    words = frame.words
    length = frame.length
  }

  /// All zero.
  package init(length: UInt8) { self.length = min(length, 64) }

  package var word: UInt64 {
    get { words[0] }
    set { words[0] = newValue }
  }

  package static func == (a: Self, b: Self) -> Bool {
    for i in 0..<8 where a.words[i] != b.words[i] { return false }
    return a.length == b.length
  }

  package func byte(_ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
  }

  package mutating func setByte(_ index: Int, _ value: UInt8) {
    let place = UInt64(index % 8 * 8)
    words[index / 8] = words[index / 8] & ~(0xFF << place) | UInt64(value) << place
  }

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
    frame.setPayload(words, length: length)
    return frame
  }

  private func mask(_ length: Int) -> UInt64 { (1 << UInt64(length)) - 1 }
}

/// Writes fields one behind the other, the highest bit first, as Motorola numbers run.
struct BigEndianWriter: Sendable {
  private(set) var payload: Payload
  private var position: Int

  init(payload: Payload, fromBit position: Int) {
    self.payload = payload
    self.position = position
  }

  mutating func put(_ raw: Int, bits: Int) {
    for place in stride(from: bits - 1, through: 0, by: -1) {
      let index = position / 8
      let bit = UInt8(0x80) >> UInt8(position % 8)
      let isSet = raw >> place & 1 == 1
      payload.setByte(index, isSet ? payload.byte(index) | bit : payload.byte(index) & ~bit)
      position += 1
    }
  }

  /// The nearest raw number that the field holds.
  mutating func put(_ value: Double, step: Double, bits: Int, signed: Bool = false) {
    put(nearest(value / step, bits: bits, signed: signed), bits: bits)
  }
}

/// Reads fields one behind the other, the highest bit first.
struct BigEndianReader: Sendable {
  private let payload: Payload
  private var position: Int

  init(_ payload: Payload, fromBit position: Int) {
    self.payload = payload
    self.position = position
  }

  mutating func take(bits: Int) -> Int {
    var raw = 0
    for _ in 0..<bits {
      raw = raw * 2 + Int(payload.byte(position / 8) >> UInt8(7 - position % 8) & 1)
      position += 1
    }
    return raw
  }

  mutating func takeSigned(bits: Int) -> Int {
    let raw = take(bits: bits)
    return raw < 1 << (bits - 1) ? raw : raw - 1 << bits
  }
}

/// Whole bytes in Intel order at their places.
extension Payload {
  mutating func put(_ raw: Int, at first: Int, bytes: Int) {
    var rest = raw
    for index in first..<(first + bytes) {
      setByte(index, UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  mutating func put(
    _ value: Double, step: Double, at first: Int, bytes: Int, signed: Bool = false
  ) {
    put(nearest(value / step, bits: 8 * bytes, signed: signed), at: first, bytes: bytes)
  }

  func number(at first: Int, bytes: Int) -> Int {
    var result = 0
    for index in stride(from: first + bytes - 1, through: first, by: -1) {
      result = result * 256 + Int(byte(index))
    }
    return result
  }

  func signedNumber(at first: Int, bytes: Int) -> Int {
    let raw = number(at: first, bytes: bytes)
    return raw < 1 << (8 * bytes - 1) ? raw : raw - 1 << (8 * bytes)
  }
}

/// The nearest whole number that a field can hold; its ends stay free, for a maker's "invalid".
private func nearest(_ value: Double, bits: Int, signed: Bool) -> Int {
  let highest = signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 2
  let lowest = signed ? -highest : 0
  guard value == value else { return lowest }
  return Int(min(max(value.rounded(), Double(lowest)), Double(highest)))
}
