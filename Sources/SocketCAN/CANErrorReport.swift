import CAN
import Signals

/// One kind of trouble that a CAN controller reports.
///
/// The bits are those of the kernel's linux/can/error.h.
package enum CANErrorKind: UInt8, Sendable {
  case transmitTimeout
  case lostArbitration
  case controllerProblem
  case protocolViolation
  case transceiver
  case noAcknowledge
  case busOff
  case busError
  case restarted

  fileprivate var bit: UInt32 { 1 << UInt32(rawValue) }
}

/// What an error frame says.
package struct CANErrorReport: Sendable, Equatable {
  private let bits: UInt32
  /// Which arbitration bit was lost, when the controller knows.
  package let lostArbitrationBit: UInt8?
  package let receiveOverflow: Bool
  package let transmitOverflow: Bool
  /// Nil when this report does not tell.
  package let controllerState: CANControllerState?
  /// The controller's own counters, when the driver fills them.
  package let transmitErrors: UInt8?
  package let receiveErrors: UInt8?

  private static let hasCounters: UInt32 = 0x200

  /// Nil for a frame of the bus.
  package init?(_ frame: CANFrame) {
    guard frame.isError else { return nil }
    bits = frame.identifier
    let isAbout = { (kind: CANErrorKind) in frame.identifier & kind.bit != 0 }
    lostArbitrationBit = isAbout(.lostArbitration) && frame[0] > 0 ? frame[0] : nil
    let controller = isAbout(.controllerProblem) ? frame[1] : 0
    receiveOverflow = controller & 0x01 != 0
    transmitOverflow = controller & 0x02 != 0
    let counted = frame.identifier & Self.hasCounters != 0
    transmitErrors = counted ? frame[6] : nil
    receiveErrors = counted ? frame[7] : nil
    if isAbout(.busOff) {
      controllerState = .busOff
    } else if controller & 0x30 != 0 {
      controllerState = .passive
    } else if controller & 0x0C != 0 {
      controllerState = .warning
    } else if controller & 0x40 != 0 || isAbout(.restarted) {
      controllerState = .active
    } else {
      controllerState = nil
    }
  }

  package func isAbout(_ kind: CANErrorKind) -> Bool { bits & kind.bit != 0 }
}

/// How often each kind was reported.
package struct CANErrorCounts: Sendable {
  private var counts = InlineArray<9, UInt64>(repeating: 0)

  package init() {}

  package subscript(_ kind: CANErrorKind) -> UInt64 { counts[Int(kind.rawValue)] }

  mutating func count(_ report: CANErrorReport) {
    for index in counts.indices {
      guard let kind = CANErrorKind(rawValue: UInt8(index)), report.isAbout(kind) else { continue }
      counts[index] += 1
    }
  }
}
