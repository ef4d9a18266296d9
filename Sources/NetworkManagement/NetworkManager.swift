import Signals
import Units
import WireCodec

/// What the sender knows in a cycle that bears on its place in the network.
package struct NetworkCircumstances: Sendable {
  package var now = Instant.never
  /// Frames are sent, or are about to be: an address is needed.
  package var wantsAddress = false
  /// The truck stands and nothing but its parking brakes holds it.
  package var isParked = false

  package init() {}
}

/// Address claim, requests and DM1 of the one sender (S-4, S-15, S-23).
package struct NetworkManager: Sendable, Visitable {
  /// Frames of a cycle: a claim, an answer and a packet of a transfer.
  package static var frameCapacity: Int { 4 }

  private var claimer = AddressClaimer()
  private var reporter = DiagnosticReporter()
  private var transfer = TransportSendSession(spacing: .milliseconds(50))
  private var payload = DiagnosticPayload()
  private var receiver = NetworkGroup.everyone
  private var isPresent = false
  private var wantsRetry = false
  private var faults = Faults()
  private var isStopping = false
  package private(set) var frames = InlineArray<4, OutgoingFrame>(repeating: OutgoingFrame())
  package private(set) var frameCount = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("claimer", &claimer)
    visitor.visit("reporter", &reporter)
    visitor.visit("transfer", &transfer)
    visitor.visit("receiver", &receiver)
    visitor.visit("payload", &payload)
    visitor.visit("isPresent", &isPresent)
    visitor.visit("wantsRetry", &wantsRetry)
    visitor.visit("faults", &faults)
    visitor.visit("isStopping", &isStopping)
  }

  package var state: AddressState { @_addressableSelf get { isPresent ? claimer.state : .absent } }

  /// Whether commands may begin: the address is ours.
  package var isReady: Bool { @_addressableSelf get { !isPresent || claimer.state == .claimed } }

  /// Whether the stop in hand may be sent.
  ///
  /// A guardian that takes a stop over claims its address while it brakes (S-19); one whose address
  /// is gone for good is silent, and the parking brakes hold.
  package var mayFinishStop: Bool {
    @_addressableSelf get { !isPresent || claimer.state != .cannotClaim }
  }

  package var demand: StopDemand {
    @_addressableSelf get {
      guard isPresent, claimer.state == .lost || claimer.state == .cannotClaim else {
        return StopDemand()
      }
      return StopDemand(.comfortStop, .sourceAddressLost)
    }
  }

  /// What is wrong at the end of a cycle, and whether it stops the truck.
  package mutating func note(_ faults: Faults, isStopping: Bool) {
    self.faults = faults
    self.isStopping = isStopping
  }

  /// An operator asks to go on at standstill: the address is claimed once more.
  package mutating func retry() { wantsRetry = true }

  package mutating func step(
    _ circumstances: NetworkCircumstances, frames batch: borrowing @_addressable FrameBatch,
    configuration: borrowing @_addressable NetworkConfiguration
  ) {
    frameCount = 0
    isPresent = configuration.isPresent
    guard isPresent else { return }
    claimer.configure(name: configuration.name, address: configuration.address)
    for i in 0..<batch.count { receive(batch[i], circumstances, configuration) }
    let isRetry = wantsRetry && claimer.state == .cannotClaim
    wantsRetry = false
    if !circumstances.wantsAddress {
      claim(.end, circumstances, configuration)
    } else if claimer.state == .silent || isRetry {
      claim(.begin, circumstances, configuration)
    }
    claim(.tick, circumstances, configuration)
    report(circumstances, configuration)
  }
}

// MARK: - What is heard

extension NetworkManager {
  private mutating func receive(
    _ frame: ReceivedFrame, _ circumstances: NetworkCircumstances,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    guard frame.isExtended, frame.bus == configuration.bus else { return }
    let source = UInt8(truncatingIfNeeded: frame.identifier)
    let destination = UInt8(truncatingIfNeeded: frame.identifier >> 8)
    let isForUs = destination == configuration.address
    let word = frame.words[0]
    switch frame.identifier >> 8 & 0x3_FF00 {
    case NetworkGroup.addressClaimed where frame.length == 8:
      claim(.claim(name: word, address: source), circumstances, configuration)
    case NetworkGroup.request where frame.length >= 3:
      guard isForUs || destination == NetworkGroup.everyone else { return }
      let request = Request(
        group: UInt32(truncatingIfNeeded: word & 0xFF_FFFF), requester: source, isForUs: isForUs)
      answer(request, circumstances, configuration)
    case NetworkGroup.transportManagement where frame.length == 8 && isForUs:
      manage(word, source, circumstances, configuration)
    default: return
    }
  }

  /// Which group, for whom, and whether only we were asked.
  private struct Request {
    let group: UInt32
    let requester: UInt8
    let isForUs: Bool
  }

  private mutating func claim(
    _ event: AddressEvent, _ circumstances: NetworkCircumstances,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    switch claimer.handle(event, isParked: circumstances.isParked, at: circumstances.now) {
    case .none: return
    case .sendClaim: sendName(from: configuration.address, configuration)
    case .sendCannotClaim: sendName(from: NetworkGroup.nullAddress, configuration)
    }
  }

  private mutating func answer(
    _ request: Request, _ circumstances: NetworkCircumstances,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    if request.group == NetworkGroup.addressClaimed {
      claim(.requested, circumstances, configuration)
      return
    }
    guard claimer.state == .claimed, request.requester < NetworkGroup.nullAddress else { return }
    if request.group == NetworkGroup.activeTroubleCodes {
      answerWithCodes(request, circumstances, configuration)
    } else if request.isForUs {
      // What everyone was asked for is answered only by those that have it.
      acknowledge(.negative, request, configuration)
    }
  }

  private mutating func answerWithCodes(
    _ request: Request, _ circumstances: NetworkCircumstances,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    guard transfer.isIdle else {
      if request.isForUs { acknowledge(.cannotRespond, request, configuration) }
      return
    }
    let to = request.isForUs ? request.requester : NetworkGroup.everyone
    begin(to: to, circumstances, configuration)
  }

  private mutating func manage(
    _ word: UInt64, _ source: UInt8, _ circumstances: NetworkCircumstances,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    guard claimer.state == .claimed, let control = TransportControl(word: word) else { return }
    let event: TransportSendEvent
    let group: UInt32
    switch control {
    case .clearToSend(let count, let next, let of):
      (event, group) = (.clear(count: count, next: next), of)
    case .endOfMessage(_, _, let of): (event, group) = (.endOfMessage, of)
    case .abort(let reason, let of): (event, group) = (.aborted(reason: reason), of)
    case .requestToSend(_, _, _, let of):
      // This sender takes no messages; its daemon listens.
      let abort = TransportControl.abort(reason: TransportAbort.resources.rawValue, group: of)
      send(NetworkGroup.transportManagement, 7, source, abort.word, configuration)
      return
    case .broadcast: return
    }
    guard source == receiver, group == NetworkGroup.activeTroubleCodes else { return }
    act(transfer.handle(event, at: circumstances.now), configuration)
  }
}

// MARK: - What is sent

extension NetworkManager {
  private mutating func report(
    _ circumstances: NetworkCircumstances,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    reporter.note(faults, at: circumstances.now)
    guard claimer.state == .claimed else {
      transfer = TransportSendSession()
      return
    }
    if !transfer.isIdle {
      act(transfer.handle(.tick, at: circumstances.now), configuration)
    } else if reporter.isDue(at: circumstances.now) {
      reporter.sent(at: circumstances.now)
      begin(to: NetworkGroup.everyone, circumstances, configuration)
    }
  }

  /// Sends the DM1 of now, in one frame or by transport.
  private mutating func begin(
    to destination: UInt8, _ circumstances: NetworkCircumstances,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    payload = reporter.payload(configuration, isStopping: isStopping)
    guard payload.length > 8 else {
      send(NetworkGroup.activeTroubleCodes, 6, destination, payload.word, configuration)
      return
    }
    receiver = destination
    let event = TransportSendEvent.start(
      length: UInt16(clamping: payload.length), isBroadcast: destination == NetworkGroup.everyone)
    act(transfer.handle(event, at: circumstances.now), configuration)
  }

  private mutating func act(
    _ action: TransportSendAction, _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    let group = NetworkGroup.activeTroubleCodes
    switch action {
    case .none, .done: return
    case .announceBroadcast(let length, let packets):
      manage(.broadcast(length: length, packets: packets, group: group), configuration)
    case .requestToSend(let length, let packets):
      manage(
        .requestToSend(length: length, packets: packets, perClear: 255, group: group),
        configuration)
    case .packet(let index), .lastPacket(let index):
      send(NetworkGroup.transportData, 7, receiver, payload.packet(index), configuration)
    case .fail(_, let abort):
      guard let abort else { return }
      manage(.abort(reason: abort.rawValue, group: group), configuration)
    }
  }

  private mutating func manage(
    _ control: TransportControl, _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    send(NetworkGroup.transportManagement, 7, receiver, control.word, configuration)
  }

  private mutating func acknowledge(
    _ kind: NetworkAcknowledgment, _ request: Request,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    let word = kind.word(group: request.group, requester: request.requester)
    send(NetworkGroup.acknowledgment, 6, NetworkGroup.everyone, word, configuration)
  }

  private mutating func sendName(
    from source: UInt8, _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    append(
      NetworkGroup.identifier(NetworkGroup.addressClaimed, priority: 6, from: source),
      configuration.name, configuration.bus)
  }

  private mutating func send(
    _ group: UInt32, _ priority: UInt8, _ destination: UInt8, _ word: UInt64,
    _ configuration: borrowing @_addressable NetworkConfiguration
  ) {
    append(
      NetworkGroup.identifier(
        group, priority: priority, from: configuration.address, to: destination),
      word, configuration.bus)
  }

  private mutating func append(_ identifier: UInt32, _ word: UInt64, _ bus: UInt8) {
    guard frameCount < Self.frameCapacity else { return }
    var frame = OutgoingFrame()
    frame.identifier = identifier
    frame.isExtended = true
    frame.bus = bus
    frame.words[0] = word
    frames[frameCount] = frame
    frameCount += 1
  }
}
