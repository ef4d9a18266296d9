import CAN
import NetworkManagement
import Units

/// A message longer than eight bytes, put together; its bytes are with the transport that did it.
package struct J1939Transfer: Sendable, Equatable {
  package var parameterGroup: UInt32
  package var source: UInt8
  package var destination: UInt8
  package var startedAt: Int64
  package var completedAt: Int64
  package var length: Int
  fileprivate var slot: Int
}

package typealias J1939TransferFailure = TransportFailure

package enum J1939TransportEvent: Sendable, Equatable {
  case completed(J1939Transfer)
  case failed(J1939TransferFailure, source: UInt8)
  /// A message of this station is out: broadcast, or acknowledged by its receiver.
  case sent(parameterGroup: UInt32, destination: UInt8)
  case notSent(J1939TransferFailure, parameterGroup: UInt32, destination: UInt8)
}

/// Why a message cannot be given to the transport.
package enum J1939SendError: Error, Equatable {
  /// A station without an address only listens.
  case noAddress
  /// 9 to 1,785 bytes.
  case badLength
  /// A message to the same destination is on its way, or as many as are kept.
  case busy
}

/// The transport protocol of one station on one bus: takes frames in, gives frames out, and keeps
/// the messages.
///
/// Without an address it only listens, to broadcasts and to others' connections. Storage is made
/// once: at most `capacity` messages come in at once and `sendCapacity` go out, each of at most
/// 1,785 bytes, so that a bus full of announcements costs bounded memory and no allocation.
package struct J1939Transport: Sendable {
  package static var sendCapacity: Int { 8 }
  private static var queueCapacity: Int { 64 }

  private struct Incoming {
    var session = TransportReceiveSession(.listener)
    var transfer = J1939Transfer(
      parameterGroup: 0, source: 0, destination: 0, startedAt: 0, completedAt: 0, length: 0,
      slot: 0)
    var isOpen: Bool { session.state != .idle }
  }

  private struct Outgoing {
    var session = TransportSendSession()
    var parameterGroup: UInt32 = 0
    var destination: UInt8 = 0
    var length = 0
  }

  private let address: UInt8?
  private let blockLimit: UInt8
  private let spacing: Interval
  private var incoming: [Incoming]
  private var incomingBytes: [UInt8]
  private var outgoing: [Outgoing] = []
  private var outgoingBytes: [UInt8] = []
  private var queue: [CANFrame] = []
  private var queueHead = 0
  private var queueCount = 0
  package private(set) var completed: UInt64 = 0
  package private(set) var failed: UInt64 = 0
  /// Answers that found no room to wait in.
  package private(set) var framesLost: UInt64 = 0

  /// - Parameters:
  ///   - blockLimit: how many packets are asked for at once.
  ///   - spacing: between the packets of our broadcasts.
  package init(
    address: UInt8? = nil, capacity: Int = 32, blockLimit: UInt8 = 255,
    spacing: Interval = TransportTime.shortestSpacing
  ) {
    self.address = address
    self.blockLimit = blockLimit
    self.spacing = spacing
    let count = max(1, capacity)
    incoming = [Incoming](repeating: Incoming(), count: count)
    for slot in incoming.indices { incoming[slot].transfer.slot = slot }
    incomingBytes = [UInt8](repeating: 0, count: count * TransportSize.largest)
    guard address != nil else { return }
    outgoing = [Outgoing](repeating: Outgoing(), count: Self.sendCapacity)
    outgoingBytes = [UInt8](repeating: 0, count: Self.sendCapacity * TransportSize.largest)
    let empty = CANFrame(identifier: 0, isExtended: true)
    queue = [CANFrame](repeating: empty, count: Self.queueCapacity)
  }

  /// Messages on their way in.
  package var open: Int {
    var count = 0
    for entry in incoming where entry.isOpen { count += 1 }
    return count
  }

  /// The bytes of a message; it keeps them until its place is taken by a later one.
  package func payload(of transfer: J1939Transfer) -> [UInt8] {
    withPayload(of: transfer) { bytes in bytes.indices.map { bytes[$0] } }
  }

  /// The same without a copy.
  package func withPayload<R>(
    of transfer: J1939Transfer, _ body: (borrowing Span<UInt8>) throws -> R
  ) rethrows -> R {
    let first = transfer.slot * TransportSize.largest
    return try body(incomingBytes.span.extracting(first..<first + transfer.length))
  }

  /// Takes any frame; those that are not of the transport protocol do nothing.
  package mutating func receive(_ frame: CANFrame, at now: Int64) -> J1939TransportEvent? {
    guard frame.isExtended, !frame.isError, !frame.isRemote, frame.length == 8 else { return nil }
    let identifier = J1939Identifier(frame.identifier)
    // Our own frames, echoed.
    if let address, identifier.source == address { return nil }
    switch identifier.parameterGroup {
    case J1939Group.transportManagement:
      guard let control = TransportControl(word: frame.words[0]) else { return nil }
      return manage(control, identifier, Instant(nanoseconds: now))
    case J1939Group.transportData:
      return data(frame, identifier, Instant(nanoseconds: now))
    default: return nil
    }
  }

  /// Ends what has waited too long and queues what is due; call it at least every 10 ms while
  /// sending.
  package mutating func tick(at now: Int64, _ body: (J1939TransportEvent) -> Void) {
    let instant = Instant(nanoseconds: now)
    for slot in incoming.indices where incoming[slot].isOpen {
      let action = incoming[slot].session.handle(.tick, at: instant)
      if let event = act(action, slot, instant) { body(event) }
    }
    for slot in outgoing.indices where !outgoing[slot].session.isIdle {
      let action = outgoing[slot].session.handle(.tick, at: instant)
      if let event = act(action, slot) { body(event) }
    }
  }

  /// The next frame to put on the bus.
  package mutating func nextFrame() -> CANFrame? {
    guard queueCount > 0 else { return nil }
    let frame = queue[queueHead]
    queueHead = (queueHead + 1) % Self.queueCapacity
    queueCount -= 1
    return frame
  }
}

// MARK: - In

extension J1939Transport {
  private func role(_ destination: UInt8) -> TransportReceiveSession.Role {
    if destination == J1939Identifier.everyone { return .broadcast }
    return destination == address ? .addressee : .listener
  }

  private mutating func manage(
    _ control: TransportControl, _ identifier: J1939Identifier, _ now: Instant
  ) -> J1939TransportEvent? {
    let isToAll = identifier.destination == J1939Identifier.everyone
    switch control {
    case .broadcast(let length, let packets, let group):
      guard isToAll else { return nil }
      return announce(
        .announced(length: length, packets: packets, perClear: 255), group, identifier, now)
    case .requestToSend(let length, let packets, let perClear, let group):
      guard !isToAll else { return nil }
      return announce(
        .announced(length: length, packets: packets, perClear: perClear), group, identifier, now)
    case .clearToSend(let count, let next, let group):
      return answer(.clear(count: count, next: next), group, identifier, now)
    case .endOfMessage(_, _, let group):
      return answer(.endOfMessage, group, identifier, now)
    case .abort(let reason, let group):
      return abort(reason, group, identifier, now)
    }
  }

  private mutating func announce(
    _ event: TransportReceiveEvent, _ group: UInt32, _ identifier: J1939Identifier,
    _ now: Instant
  ) -> J1939TransportEvent? {
    var replaced: J1939TransportEvent?
    var place = index(identifier.source, identifier.destination)
    if place != nil {
      failed += 1
      replaced = .failed(.superseded, source: identifier.source)
    } else {
      place = incoming.firstIndex { !$0.isOpen || $0.session.deadline < now }
    }
    guard let slot = place else {
      failed += 1
      if role(identifier.destination) == .addressee {
        sendAbort(.busy, group, to: identifier.source)
      }
      return .failed(.tooMany, source: identifier.source)
    }
    incoming[slot].session = TransportReceiveSession(
      role(identifier.destination), blockLimit: blockLimit)
    incoming[slot].transfer = J1939Transfer(
      parameterGroup: group, source: identifier.source, destination: identifier.destination,
      startedAt: now.nanoseconds, completedAt: now.nanoseconds, length: 0, slot: slot)
    let action = incoming[slot].session.handle(event, at: now)
    return act(action, slot, now) ?? replaced
  }

  private mutating func data(
    _ frame: CANFrame, _ identifier: J1939Identifier, _ now: Instant
  ) -> J1939TransportEvent? {
    guard let slot = index(identifier.source, identifier.destination) else {
      failed += 1
      return .failed(.unannounced, source: identifier.source)
    }
    let action = incoming[slot].session.handle(.packet(sequence: frame[0]), at: now)
    switch action {
    case .store(let packet), .storeAndClear(let packet, _, _), .complete(let packet, _):
      keep(frame.words[0], packet, slot)
    case .none, .clear, .fail: break
    }
    return act(action, slot, now)
  }

  private mutating func keep(_ word: UInt64, _ packet: UInt8, _ slot: Int) {
    let length = Int(incoming[slot].session.length)
    let first = Int(packet) * TransportSize.packet
    let base = slot * TransportSize.largest
    for i in 0..<TransportSize.packet where first + i < length {
      incomingBytes[base + first + i] = UInt8(truncatingIfNeeded: word >> UInt64(8 * (i + 1)))
    }
  }

  private mutating func act(
    _ action: TransportReceiveAction, _ slot: Int, _ now: Instant
  ) -> J1939TransportEvent? {
    let transfer = incoming[slot].transfer
    switch action {
    case .none, .store: return nil
    case .clear(let count, let next), .storeAndClear(_, let count, let next):
      send(
        .clearToSend(count: count, next: next, group: transfer.parameterGroup),
        to: transfer.source)
      return nil
    case .complete(_, let acknowledges):
      let session = incoming[slot].session
      if acknowledges {
        send(
          .endOfMessage(
            length: session.length, packets: session.packets, group: transfer.parameterGroup),
          to: transfer.source)
      }
      incoming[slot].transfer.length = Int(session.length)
      incoming[slot].transfer.completedAt = now.nanoseconds
      completed += 1
      return .completed(incoming[slot].transfer)
    case .fail(let failure, let abort):
      if let abort { sendAbort(abort, transfer.parameterGroup, to: transfer.source) }
      failed += 1
      return .failed(failure, source: transfer.source)
    }
  }

  /// Either side may abort, the receiving one with the addresses exchanged.
  private mutating func abort(
    _ reason: UInt8, _ group: UInt32, _ identifier: J1939Identifier, _ now: Instant
  ) -> J1939TransportEvent? {
    if identifier.destination == address,
      let event = answer(.aborted(reason: reason), group, identifier, now)
    {
      return event
    }
    let found =
      index(identifier.source, identifier.destination)
      ?? index(identifier.destination, identifier.source)
    guard let slot = found, incoming[slot].transfer.parameterGroup == group else { return nil }
    let action = incoming[slot].session.handle(.aborted(reason: reason), at: now)
    return act(action, slot, now)
  }

  private func index(_ source: UInt8, _ destination: UInt8) -> Int? {
    incoming.firstIndex {
      $0.isOpen && $0.transfer.source == source && $0.transfer.destination == destination
    }
  }
}

// MARK: - Out

extension J1939Transport {
  /// Begins to send a message; it goes out with the next calls of `tick`.
  package mutating func send(
    _ payload: some Collection<UInt8>, parameterGroup group: UInt32, to destination: UInt8,
    at now: Int64
  ) throws(J1939SendError) {
    guard address != nil else { throw .noAddress }
    guard (TransportSize.smallest...TransportSize.largest).contains(payload.count) else {
      throw .badLength
    }
    let isFree = !outgoing.contains { !$0.session.isIdle && $0.destination == destination }
    guard isFree, let slot = outgoing.firstIndex(where: { $0.session.isIdle }) else {
      throw .busy
    }
    for (index, byte) in payload.enumerated() {
      outgoingBytes[slot * TransportSize.largest + index] = byte
    }
    outgoing[slot].session = TransportSendSession(spacing: spacing)
    outgoing[slot].parameterGroup = group
    outgoing[slot].destination = destination
    outgoing[slot].length = payload.count
    let event = TransportSendEvent.start(
      length: UInt16(payload.count), isBroadcast: destination == J1939Identifier.everyone)
    let action = outgoing[slot].session.handle(event, at: Instant(nanoseconds: now))
    _ = act(action, slot)
  }

  private mutating func answer(
    _ event: TransportSendEvent, _ group: UInt32, _ identifier: J1939Identifier, _ now: Instant
  ) -> J1939TransportEvent? {
    guard identifier.destination == address else { return nil }
    let slot = outgoing.firstIndex {
      !$0.session.isIdle && $0.destination == identifier.source && $0.parameterGroup == group
    }
    guard let slot else { return nil }
    return act(outgoing[slot].session.handle(event, at: now), slot)
  }

  private mutating func act(
    _ action: TransportSendAction, _ slot: Int
  ) -> J1939TransportEvent? {
    let group = outgoing[slot].parameterGroup
    let destination = outgoing[slot].destination
    switch action {
    case .none: return nil
    case .announceBroadcast(let length, let packets):
      send(.broadcast(length: length, packets: packets, group: group), to: destination)
    case .requestToSend(let length, let packets):
      send(
        .requestToSend(length: length, packets: packets, perClear: 255, group: group),
        to: destination)
    case .packet(let index):
      enqueue(J1939Group.transportData, packet(index, slot), destination)
    case .lastPacket(let index):
      enqueue(J1939Group.transportData, packet(index, slot), destination)
      return .sent(parameterGroup: group, destination: destination)
    case .done: return .sent(parameterGroup: group, destination: destination)
    case .fail(let failure, let abort):
      if let abort { sendAbort(abort, group, to: destination) }
      return .notSent(failure, parameterGroup: group, destination: destination)
    }
    return nil
  }

  /// The packet's number and seven bytes, padded with ones.
  private func packet(_ index: UInt8, _ slot: Int) -> UInt64 {
    var word = UInt64(index) + 1
    for i in 0..<TransportSize.packet {
      let place = Int(index) * TransportSize.packet + i
      let byte =
        place < outgoing[slot].length
        ? outgoingBytes[slot * TransportSize.largest + place] : 0xFF
      word |= UInt64(byte) << UInt64(8 * (i + 1))
    }
    return word
  }

  private mutating func sendAbort(_ reason: TransportAbort, _ group: UInt32, to: UInt8) {
    send(.abort(reason: reason.rawValue, group: group), to: to)
  }

  private mutating func send(_ control: TransportControl, to destination: UInt8) {
    enqueue(J1939Group.transportManagement, control.word, destination)
  }

  private mutating func enqueue(_ group: UInt32, _ word: UInt64, _ destination: UInt8) {
    guard let address else { return }
    guard queueCount < Self.queueCapacity else {
      framesLost += 1
      return
    }
    var frame = CANFrame(
      identifier: J1939Identifier(
        priority: 7, parameterGroup: group, source: address, destination: destination
      ).identifier, isExtended: true)
    var words = InlineArray<8, UInt64>(repeating: 0)
    words[0] = word
    frame.setPayload(words, length: 8)
    queue[(queueHead + queueCount) % Self.queueCapacity] = frame
    queueCount += 1
  }
}
