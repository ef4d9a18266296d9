import Signals
import Units

/// What can happen to a transfer that is being sent.
package enum TransportSendEvent: Sendable, Equatable {
  case start(length: UInt16, isBroadcast: Bool)
  /// A count of zero holds this side.
  case clear(count: UInt8, next: UInt8)
  case endOfMessage
  case aborted(reason: UInt8)
  case tick
}

/// What to send; packets are counted from zero.
package enum TransportSendAction: Sendable, Equatable {
  case none
  case announceBroadcast(length: UInt16, packets: UInt8)
  case requestToSend(length: UInt16, packets: UInt8)
  case packet(UInt8)
  /// The last packet of a broadcast, which nobody acknowledges.
  case lastPacket(UInt8)
  /// The receiver has all of it.
  case done
  case fail(TransportFailure, abort: TransportAbort?)
}

/// One transfer on its way out, without its bytes: which packet goes next, and when.
package struct TransportSendSession: Sendable, Visitable {
  package enum State: UInt8, Sendable {
    case idle
    case broadcasting
    /// Announced, or at the end of a block: the receiver's answer is awaited.
    case awaitingAnswer
    case sending
    /// The receiver asked to wait.
    case held
  }

  private static var retryLimit: UInt8 { 2 }

  package private(set) var state = State.idle
  private var length: UInt16 = 0
  private var packets: UInt8 = 0
  private var next: UInt8 = 1
  private var blockEnd: UInt8 = 0
  /// The highest packet sent so far.
  private var reached: UInt8 = 0
  private var retries: UInt8 = 0
  private var dueAt = Instant.never
  private var deadline = Instant.never
  private var spacing = TransportTime.shortestSpacing

  /// - Parameter spacing: between the packets of a broadcast; kept within 50 to 200 ms.
  package init(spacing: Interval = TransportTime.shortestSpacing) {
    self.spacing = min(max(spacing, TransportTime.shortestSpacing), TransportTime.longestSpacing)
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("state", &state)
    visitor.visit("length", &length)
    visitor.visit("packets", &packets)
    visitor.visit("next", &next)
    visitor.visit("blockEnd", &blockEnd)
    visitor.visit("reached", &reached)
    visitor.visit("retries", &retries)
    visitor.visit("dueAt", &dueAt)
    visitor.visit("deadline", &deadline)
    visitor.visit("spacing", &spacing)
  }

  package var isIdle: Bool { state == .idle }

  package mutating func handle(
    _ event: TransportSendEvent, at now: Instant
  ) -> TransportSendAction {
    switch event {
    case .start(let length, let isBroadcast): return start(length, isBroadcast, now)
    case .clear(let count, let next): return cleared(count, next, now)
    case .endOfMessage:
      guard state != .idle, state != .broadcasting else { return .none }
      guard reached == packets, state == .awaitingAnswer else {
        return end(.unexpectedAnswer, .other)
      }
      state = .idle
      return .done
    case .aborted(let reason):
      guard state != .idle, state != .broadcasting else { return .none }
      return end(.aborted(reason: reason), nil)
    case .tick: return tick(now)
    }
  }

  private mutating func start(
    _ length: UInt16, _ isBroadcast: Bool, _ now: Instant
  ) -> TransportSendAction {
    guard state == .idle else { return .none }
    guard (TransportSize.smallest...TransportSize.largest).contains(Int(length)) else {
      return .fail(.badAnnouncement, abort: nil)
    }
    self.length = length
    packets = UInt8(TransportSize.packets(Int(length)))
    next = 1
    reached = 0
    retries = 0
    if isBroadcast {
      state = .broadcasting
      dueAt = now + spacing
      return .announceBroadcast(length: length, packets: packets)
    }
    state = .awaitingAnswer
    deadline = now + TransportTime.answer
    return .requestToSend(length: length, packets: packets)
  }

  private mutating func cleared(
    _ count: UInt8, _ first: UInt8, _ now: Instant
  ) -> TransportSendAction {
    switch state {
    case .idle, .broadcasting: return .none
    case .sending: return end(.unexpectedAnswer, .clearedWhileSending)
    case .awaitingAnswer, .held: break
    }
    guard count > 0 else {
      state = .held
      deadline = now + TransportTime.afterHold
      return .none
    }
    // More than follows the last packet that was sent would be a gap.
    guard first >= 1, first <= packets, Int(first) <= Int(reached) + 1 else {
      return end(.unexpectedAnswer, .badSequence)
    }
    if first <= reached {
      guard retries < Self.retryLimit else { return end(.retransmitLimit, .retransmitLimit) }
      retries += 1
    }
    next = first
    blockEnd = UInt8(min(Int(first) + Int(count) - 1, Int(packets)))
    state = .sending
    return tick(now)
  }

  private mutating func tick(_ now: Instant) -> TransportSendAction {
    switch state {
    case .idle: return .none
    case .broadcasting:
      guard now >= dueAt else { return .none }
      dueAt = now + spacing
      let index = next - 1
      guard next < packets else {
        state = .idle
        return .lastPacket(index)
      }
      next += 1
      return .packet(index)
    case .sending:
      let index = next - 1
      reached = max(reached, next)
      if next == blockEnd {
        state = .awaitingAnswer
        deadline = now + TransportTime.answer
      } else {
        next += 1
      }
      return .packet(index)
    case .awaitingAnswer, .held:
      return now <= deadline ? .none : end(.timedOut, .timeout)
    }
  }

  private mutating func end(
    _ failure: TransportFailure, _ abort: TransportAbort?
  ) -> TransportSendAction {
    state = .idle
    return .fail(failure, abort: abort)
  }
}
