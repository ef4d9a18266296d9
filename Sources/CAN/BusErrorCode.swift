/// What PEAK and Vector logs tell of an error frame: the error code capture of an SJA1000.
///
/// linux/can/error.h has the same kinds and segments, so these convert without loss.
struct BusErrorCode: Equatable {
  enum Kind: UInt8 {
    case bit = 1
    case form = 2
    case stuff = 4
    case other = 8
  }

  /// CAN_ERR_PROT and CAN_ERR_BUSERROR.
  private static let details: UInt32 = 0x88
  /// CAN_ERR_BUSERROR, without details.
  private static let plain: UInt32 = 0x80

  var kind = Kind.other
  var isTransmitting = false
  /// The segment of the frame, five bits.
  var segment: UInt8 = 0
  var receiveCounter: UInt8 = 0
  var transmitCounter: UInt8 = 0

  init() {}

  /// Of the ECC register: kind, direction, segment.
  init(capture: UInt8) {
    switch capture >> 6 {
    case 0: kind = .bit
    case 1: kind = .form
    case 2: kind = .stuff
    default: kind = .other
    }
    isTransmitting = capture & 0x20 == 0
    segment = capture & 0x1F
  }

  var capture: UInt8 {
    let bits: UInt8 =
      switch kind {
      case .bit: 0
      case .form: 1
      case .stuff: 2
      case .other: 3
      }
    return bits << 6 | (isTransmitting ? 0 : 0x20) | segment
  }

  var isPlain: Bool { self == BusErrorCode() }

  /// The error frame, with no details where all are zero.
  var frame: CANFrame {
    guard !isPlain else { return .error(classes: Self.plain, bytes: Repeated.zeros) }
    var frame = CANFrame.error(classes: Self.details, bytes: Repeated.zeros)
    frame[2] = (kind == .other ? 0 : kind.rawValue) | (isTransmitting ? 0x80 : 0)
    frame[3] = segment
    frame[6] = receiveCounter
    frame[7] = transmitCounter
    return frame
  }

  /// As much of an error frame as fits; equal to it when `frame` is.
  init(_ frame: CANFrame) {
    kind = Kind(rawValue: frame[2] & 0x7F) ?? .other
    isTransmitting = frame[2] & 0x80 != 0
    segment = frame[3] & 0x1F
    receiveCounter = frame[6]
    transmitCounter = frame[7]
  }

  private enum Repeated { static let zeros = [UInt8](repeating: 0, count: 8) }
}
