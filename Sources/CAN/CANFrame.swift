/// One frame of a CAN bus, classic or FD, or an error report of a controller.
///
/// A value without heap: it may be copied on any thread. `defect` says what keeps it from being a
/// frame that a bus carries.
package struct CANFrame: Sendable, Equatable {
  /// 11 or 29 bits, without flags; of an error frame its classes, after linux/can/error.h.
  package var identifier: UInt32
  package var isExtended: Bool
  /// A request for data; its length is what it asks for, and it holds no bytes.
  package var isRemote = false
  /// An error report of the controller, not a frame of the bus.
  package var isError = false
  package var isFD = false
  /// FD only: the payload went at the data bit rate.
  package var bitRateSwitch = false
  /// FD only: the sender is error passive.
  package var errorStateIndicator = false
  /// A data length code of 9...15 that classic CAN sends for eight bytes; 0 when it is the length.
  package var rawLengthCode: UInt8 = 0
  /// Payload length, 0...8, or an FD length up to 64.
  package private(set) var length: UInt8 = 0
  /// Byte 0 in the least significant byte of word 0; zero beyond `length`.
  package private(set) var words = InlineArray<8, UInt64>(repeating: 0)

  package init(identifier: UInt32, isExtended: Bool) {
    self.identifier = identifier
    self.isExtended = isExtended
  }

  /// A data frame; bytes beyond the 64th are ignored.
  package init(identifier: UInt32, isExtended: Bool, bytes: some Sequence<UInt8>) {
    self.init(identifier: identifier, isExtended: isExtended)
    for byte in bytes { append(byte) }
  }

  /// A request for `length` bytes.
  package static func remote(identifier: UInt32, isExtended: Bool, length: UInt8) -> Self {
    var frame = Self(identifier: identifier, isExtended: isExtended)
    frame.isRemote = true
    frame.length = min(length, 8)
    return frame
  }

  /// An FD frame; the bytes are filled up with zeros to the next length that FD has.
  package static func flexible(
    identifier: UInt32, isExtended: Bool, bytes: some Sequence<UInt8>, bitRateSwitch: Bool = true,
    errorStateIndicator: Bool = false
  ) -> Self {
    var frame = Self(identifier: identifier, isExtended: isExtended, bytes: bytes)
    frame.isFD = true
    frame.bitRateSwitch = bitRateSwitch
    frame.errorStateIndicator = errorStateIndicator
    frame.length = flexibleLength(holding: frame.length)
    return frame
  }

  /// An error report with classes and details as in linux/can/error.h.
  package static func error(classes: UInt32, bytes: some Sequence<UInt8>) -> Self {
    var frame = Self(identifier: classes & 0x1FFF_FFFF, isExtended: false, bytes: bytes)
    frame.isError = true
    return frame
  }

  /// Replaces the payload; bytes of `words` beyond `length` must be zero.
  @inline(__always)
  package mutating func setPayload(_ words: InlineArray<8, UInt64>, length: UInt8) {
    self.words = words
    self.length = min(length, 64)
  }

  package subscript(_ index: Int) -> UInt8 {
    get { UInt8(truncatingIfNeeded: words[index >> 3] >> UInt64(8 * (index & 7))) }
    set {
      let shift = UInt64(8 * (index & 7))
      words[index >> 3] = words[index >> 3] & ~(0xFF << shift) | UInt64(newValue) << shift
    }
  }

  package mutating func append(_ byte: UInt8) {
    guard length < 64 else { return }
    let index = Int(length)
    length += 1
    self[index] = byte
  }

  /// Sets the length and clears what lies beyond it; remote frames carry one without data.
  package mutating func setLength(_ count: UInt8) {
    let old = Int(length)
    length = min(count, 64)
    for index in Int(length)..<max(Int(length), old) { self[index] = 0 }
  }

  package var bytes: [UInt8] { (0..<Int(length)).map { self[$0] } }

  package static func == (a: Self, b: Self) -> Bool {
    guard
      a.identifier == b.identifier, a.isExtended == b.isExtended, a.isRemote == b.isRemote,
      a.isError == b.isError, a.isFD == b.isFD, a.bitRateSwitch == b.bitRateSwitch,
      a.errorStateIndicator == b.errorStateIndicator, a.rawLengthCode == b.rawLengthCode,
      a.length == b.length
    else { return false }
    for i in 0..<8 where a.words[i] != b.words[i] { return false }
    return true
  }
}
