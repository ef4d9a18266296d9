import CAN

/// Which message a frame is, or why it is none.
package enum DBCMatch: Equatable, Sendable {
  case message(Int)
  /// A report of the controller.
  case errorFrame
  case remoteFrame
  case unknownIdentifier
  /// The message is known, the payload ends before it.
  case short(message: Int)
}

extension DBCDatabase {
  /// Finds a frame's message: by exact identifier, else by parameter group where the message is
  /// marked as J1939.
  ///
  /// A payload longer than the message is accepted (FD lengths are rounded up), a shorter one not.
  @inline(__always)
  package func match(_ frame: borrowing CANFrame) -> DBCMatch {
    if frame.isError { return .errorFrame }
    if frame.isRemote { return .remoteFrame }
    guard let index = codec.find(frame.identifier, isExtended: frame.isExtended) else {
      return .unknownIdentifier
    }
    guard Int(frame.length) >= codec.messages[index].length else { return .short(message: index) }
    return .message(index)
  }

  /// Says in words why a frame was not decoded; nil if it was.
  package func reason(_ match: DBCMatch, _ frame: CANFrame) -> String? {
    switch match {
    case .message: return nil
    case .errorFrame: return "an error frame of the controller"
    case .remoteFrame: return "a remote frame has no data"
    case .short(let index):
      let message = messages[index]
      return "the payload has \(frame.length) bytes, message \(message.name) has \(message.length)"
    case .unknownIdentifier: return unknownReason(frame)
    }
  }

  private func unknownReason(_ frame: CANFrame) -> String {
    let digits = String(frame.identifier, radix: 16, uppercase: true)
    let width = frame.isExtended ? 8 : 3
    let identifier = String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    if let other = messages.first(where: { $0.identifier == frame.identifier }) {
      return "message \(other.name) has the identifier \(identifier) with "
        + (other.isExtended ? "29 bits, the frame with 11" : "11 bits, the frame with 29")
    }
    guard frame.isExtended else { return "no message has the identifier \(identifier)" }
    let group = DBCCodec.parameterGroup(frame.identifier)
    if let other = messages.first(where: {
      $0.isExtended && DBCCodec.parameterGroup($0.identifier) == group
    }) {
      return "message \(other.name) has the parameter group \(group >> 8), but is not marked as "
        + "J1939 (VFrameFormat J1939PG)"
    }
    return "no message has the identifier \(identifier) or the parameter group \(group >> 8)"
  }
}
