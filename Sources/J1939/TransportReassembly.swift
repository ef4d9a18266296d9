import CAN

/// A message longer than eight bytes, put together.
package struct J1939Transfer: Sendable, Equatable {
  package var parameterGroup: UInt32
  package var source: UInt8
  package var destination: UInt8
  package var startedAt: Int64
  package var completedAt: Int64
  package var payload: [UInt8]
}

/// Why a transfer ended without its message.
package enum J1939TransferFailure: Sendable, Equatable {
  /// The announcement contradicts itself.
  case badAnnouncement
  /// A packet came out of order.
  case wrongSequence(expected: UInt8, found: UInt8)
  /// The sender announced another message before this one was whole.
  case superseded
  /// A side ended it.
  case aborted(reason: UInt8)
  /// More than 750 ms between packets (J1939-21, T1).
  case timedOut
  /// A packet without an announcement.
  case unannounced
  /// As many transfers as are kept were already open.
  case tooMany
}

package enum J1939TransportEvent: Sendable, Equatable {
  case completed(J1939Transfer)
  case failed(J1939TransferFailure, source: UInt8)
}

/// Reassembles broadcast and connection transfers by listening; it never sends.
///
/// At most `capacity` transfers are open at once, each of at most 1,785 bytes, so that a bus full of
/// announcements costs bounded memory.
package struct TransportReassembly: Sendable {
  private struct Session {
    var transfer: J1939Transfer
    var length: Int
    var packets: UInt8
    var next: UInt8
    var lastAt: Int64
  }

  private static let longestGap: Int64 = 750_000_000
  private let capacity: Int
  private var sessions: [Session] = []
  package private(set) var completed: UInt64 = 0
  package private(set) var failed: UInt64 = 0

  package init(capacity: Int = 32) { self.capacity = max(1, capacity) }

  package var open: Int { sessions.count }

  /// Takes any frame; those that are not of the transport protocol do nothing.
  package mutating func receive(_ frame: CANFrame, at now: Int64) -> J1939TransportEvent? {
    guard frame.isExtended, !frame.isError, !frame.isRemote, frame.length == 8 else { return nil }
    let identifier = J1939Identifier(frame.identifier)
    switch identifier.parameterGroup {
    case J1939Group.transportManagement: return manage(frame, identifier, now)
    case J1939Group.transportData: return data(frame, identifier, now)
    default: return nil
    }
  }

  /// Ends what has waited too long; call it now and then.
  package mutating func expire(at now: Int64) -> [J1939TransportEvent] {
    var events: [J1939TransportEvent] = []
    for session in sessions where now - session.lastAt > Self.longestGap {
      events.append(fail(.timedOut, session.transfer.source))
    }
    sessions.removeAll { now - $0.lastAt > Self.longestGap }
    return events
  }

  private mutating func manage(
    _ frame: CANFrame, _ identifier: J1939Identifier, _ now: Int64
  ) -> J1939TransportEvent? {
    switch frame[0] {
    case 0x20 where identifier.destination == J1939Identifier.everyone,
      0x10 where identifier.destination != J1939Identifier.everyone:
      return announce(frame, identifier, now)
    case 0xFF: return abort(frame, identifier)
    // Clear-to-send and end-of-message of the receiving side.
    default: return nil
    }
  }

  private mutating func announce(
    _ frame: CANFrame, _ identifier: J1939Identifier, _ now: Int64
  ) -> J1939TransportEvent? {
    let length = Int(frame[1]) | Int(frame[2]) << 8
    let packets = frame[3]
    guard length >= 9, length <= 1785, Int(packets) == (length + 6) / 7 else {
      return fail(.badAnnouncement, identifier.source)
    }
    var event: J1939TransportEvent?
    if let index = index(identifier.source, identifier.destination) {
      sessions.remove(at: index)
      event = fail(.superseded, identifier.source)
    } else if sessions.count >= capacity {
      sessions.removeAll { now - $0.lastAt > Self.longestGap }
      guard sessions.count < capacity else { return fail(.tooMany, identifier.source) }
    }
    let group = UInt32(frame[5]) | UInt32(frame[6]) << 8 | UInt32(frame[7]) << 16
    sessions.append(
      Session(
        transfer: J1939Transfer(
          parameterGroup: group, source: identifier.source, destination: identifier.destination,
          startedAt: now, completedAt: now, payload: []),
        length: length, packets: packets, next: 1, lastAt: now))
    return event
  }

  /// Either side may abort, the receiving one with the addresses exchanged.
  private mutating func abort(
    _ frame: CANFrame, _ identifier: J1939Identifier
  ) -> J1939TransportEvent? {
    let found =
      index(identifier.source, identifier.destination)
      ?? index(identifier.destination, identifier.source)
    guard let found else { return nil }
    let session = sessions.remove(at: found)
    return fail(.aborted(reason: frame[1]), session.transfer.source)
  }

  private mutating func data(
    _ frame: CANFrame, _ identifier: J1939Identifier, _ now: Int64
  ) -> J1939TransportEvent? {
    guard let index = index(identifier.source, identifier.destination) else {
      return fail(.unannounced, identifier.source)
    }
    let isBroadcast = identifier.destination == J1939Identifier.everyone
    guard now - sessions[index].lastAt <= Self.longestGap else {
      sessions.remove(at: index)
      return fail(.timedOut, identifier.source)
    }
    let sequence = frame[0]
    guard sequence == sessions[index].next else {
      // A connection may ask for packets again; a broadcast cannot.
      if !isBroadcast, sequence >= 1, sequence < sessions[index].next { return nil }
      let session = sessions.remove(at: index)
      return fail(
        .wrongSequence(expected: session.next, found: sequence), session.transfer.source)
    }
    for byte in 1..<8 where sessions[index].transfer.payload.count < sessions[index].length {
      sessions[index].transfer.payload.append(frame[byte])
    }
    sessions[index].lastAt = now
    guard sequence == sessions[index].packets else {
      sessions[index].next += 1
      return nil
    }
    var session = sessions.remove(at: index)
    session.transfer.completedAt = now
    completed += 1
    return .completed(session.transfer)
  }

  private func index(_ source: UInt8, _ destination: UInt8) -> Int? {
    sessions.firstIndex {
      $0.transfer.source == source && $0.transfer.destination == destination
    }
  }

  private mutating func fail(
    _ failure: J1939TransferFailure, _ source: UInt8
  ) -> J1939TransportEvent {
    failed += 1
    return .failed(failure, source: source)
  }
}
