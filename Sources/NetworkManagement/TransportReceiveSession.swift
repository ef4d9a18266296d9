import Units

/// What can happen to a transfer that is being received.
package enum TransportReceiveEvent: Sendable, Equatable {
  /// `perClear` is how many packets the sender can send at once.
  case announced(length: UInt16, packets: UInt8, perClear: UInt8)
  case packet(sequence: UInt8)
  case aborted(reason: UInt8)
  case tick
}

/// What to do about it; packets are counted from zero.
package enum TransportReceiveAction: Sendable, Equatable {
  case none
  /// Ask for packets.
  case clear(count: UInt8, next: UInt8)
  case store(packet: UInt8)
  case storeAndClear(packet: UInt8, count: UInt8, next: UInt8)
  /// Keep the last packet: the message is whole.
  case complete(packet: UInt8, acknowledges: Bool)
  /// Forget the transfer; `abort` is told to the sender.
  case fail(TransportFailure, abort: TransportAbort?)
}

/// One transfer on its way in, without its bytes: which packet may come next, and until when.
package struct TransportReceiveSession: Sendable {
  package enum Role: UInt8, Sendable {
    /// The message is for this station, which controls the flow.
    case addressee
    /// The message is for everyone; nothing can be asked for again.
    case broadcast
    /// The message is between two others.
    case listener
  }

  package enum State: UInt8, Sendable {
    case idle
    /// Packets were asked for, none of them has come.
    case awaitingBlock
    case receiving
    /// A packet of this block is missing; it is asked for again when the block ends.
    case missing
  }

  /// Packets may be asked for again this often.
  private static var retryLimit: UInt8 { 2 }

  package private(set) var state = State.idle
  package let role: Role
  package private(set) var length: UInt16 = 0
  package private(set) var packets: UInt8 = 0
  private var perClear: UInt8 = 0
  private var next: UInt8 = 1
  private var blockEnd: UInt8 = 0
  private var retries: UInt8 = 0
  /// The highest packet of this block that came too early.
  private var early: UInt8 = 0
  package private(set) var deadline = Instant.never
  private let blockLimit: UInt8

  /// - Parameter blockLimit: how many packets are asked for at once.
  package init(_ role: Role, blockLimit: UInt8 = 255) {
    self.role = role
    self.blockLimit = max(blockLimit, 1)
  }

  package mutating func handle(
    _ event: TransportReceiveEvent, at now: Instant
  ) -> TransportReceiveAction {
    switch event {
    case .announced(let length, let packets, let perClear):
      return announced(length, packets, perClear, now)
    case .aborted(let reason):
      return state == .idle ? .none : end(.aborted(reason: reason), nil)
    case .tick, .packet:
      guard state != .idle else { return .none }
      guard now <= deadline else { return end(.timedOut, .timeout) }
      guard case .packet(let sequence) = event else { return .none }
      return packet(sequence, now)
    }
  }

  private mutating func announced(
    _ length: UInt16, _ packets: UInt8, _ perClear: UInt8, _ now: Instant
  ) -> TransportReceiveAction {
    guard TransportSize.isConsistent(length: length, packets: packets) else {
      return end(
        .badAnnouncement, Int(length) > TransportSize.largest ? .tooLong : .other)
    }
    self.length = length
    self.packets = packets
    // J1939-21: 255 is no limit; zero would never end.
    self.perClear = perClear == 0 ? 255 : perClear
    next = 1
    retries = 0
    guard role == .addressee else {
      blockEnd = packets
      state = .receiving
      deadline = now + (role == .broadcast ? TransportTime.nextPacket : TransportTime.firstPacket)
      return .none
    }
    return clear(now)
  }

  /// Asks for the next block.
  private mutating func clear(_ now: Instant) -> TransportReceiveAction {
    let count = min(min(perClear, blockLimit), packets - next + 1)
    blockEnd = next + (count - 1)
    early = 0
    state = .awaitingBlock
    deadline = now + TransportTime.firstPacket
    return .clear(count: count, next: next)
  }

  private mutating func packet(_ sequence: UInt8, _ now: Instant) -> TransportReceiveAction {
    guard sequence >= 1, sequence <= blockEnd else {
      return end(.wrongSequence(expected: next, found: sequence), .badSequence)
    }
    if sequence < next { return repeated(sequence) }
    if sequence > next { return skipped(sequence, now) }
    let index = sequence - 1
    if sequence == packets {
      state = .idle
      return .complete(packet: index, acknowledges: role == .addressee)
    }
    next += 1
    if role == .addressee, sequence == blockEnd {
      guard case .clear(let count, let next) = clear(now) else { return .none }
      return .storeAndClear(packet: index, count: count, next: next)
    }
    if state != .missing || role != .addressee { state = .receiving }
    deadline =
      now + (role == .listener ? TransportTime.firstPacket : TransportTime.nextPacket)
    return .store(packet: index)
  }

  /// A packet that is already here stays as it came first; the deadline is not moved.
  private mutating func repeated(_ sequence: UInt8) -> TransportReceiveAction {
    // A broadcast is never sent again: an older number is another message's.
    if role == .broadcast, sequence &+ 1 != next {
      return end(.wrongSequence(expected: next, found: sequence), nil)
    }
    return .none
  }

  private mutating func skipped(_ sequence: UInt8, _ now: Instant) -> TransportReceiveAction {
    switch role {
    case .broadcast: return end(.wrongSequence(expected: next, found: sequence), nil)
    // The addressee asks for it again, or ends it.
    case .listener: return .none
    case .addressee: break
    }
    guard sequence == blockEnd else {
      state = .missing
      // Only what is new keeps the transfer alive.
      if sequence > early { deadline = now + TransportTime.nextPacket }
      early = max(early, sequence)
      return .none
    }
    guard retries < Self.retryLimit else { return end(.retransmitLimit, .retransmitLimit) }
    retries += 1
    return clear(now)
  }

  private mutating func end(
    _ failure: TransportFailure, _ abort: TransportAbort?
  ) -> TransportReceiveAction {
    state = .idle
    return .fail(failure, abort: role == .addressee ? abort : nil)
  }
}
