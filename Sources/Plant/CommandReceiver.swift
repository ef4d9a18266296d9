import CAN

/// One command message as a controller takes it: who may send it, how it proves itself, when it is
/// too old.
///
/// A refused frame never refreshes the time-out. A counter that repeats or jumps is refused; after a
/// jump the sender is believed again when two frames follow each other.
struct CommandReceiver: Sendable {
  let layout: CommandLayout
  private(set) var rejects = RejectCounts()
  private(set) var accepted: UInt64 = 0
  /// Longest time between two accepted frames, ms.
  private(set) var longestGap: Int64 = 0
  private(set) var isLive = false
  private(set) var acceptedAt: Int64?
  private var counter: UInt64?
  private var candidate: UInt64?

  init(_ layout: CommandLayout) { self.layout = layout }

  func matches(_ frame: CANFrame) -> Bool {
    frame.isExtended == layout.isExtended
      && frame.identifier & layout.mask == layout.identifier & layout.mask
      && layout.identifier != .max
  }

  /// What the frame asks for when it may be obeyed; `read` judges its content.
  mutating func admit(
    _ frame: CANFrame, at now: Int64, read: (Payload) -> CommandRequest?
  ) -> CommandRequest? {
    if let commander = layout.commander,
      UInt8(truncatingIfNeeded: frame.identifier) != commander
    {
      rejects.source += 1
      return nil
    }
    guard frame.length == layout.length, !frame.isRemote, frame.isFD == layout.isFD else {
      rejects.length += 1
      return nil
    }
    let payload = Payload(frame)
    guard isProven(payload, frame.identifier) else { return nil }
    guard let request = read(payload) else {
      rejects.content += 1
      return nil
    }
    if let acceptedAt, isLive { longestGap = max(longestGap, now - acceptedAt) }
    acceptedAt = now
    isLive = true
    accepted += 1
    return request
  }

  private mutating func isProven(_ payload: Payload, _ identifier: UInt32) -> Bool {
    let proof = layout.proof
    guard proof != .none else { return true }
    guard proof.isChecksumRight(payload, identifier: identifier) else {
      rejects.checksum += 1
      return false
    }
    let received = proof.counter(payload)
    guard received < proof.counterModulus else {
      rejects.counter += 1
      return false
    }
    if let counter, received != (counter + 1) % proof.counterModulus {
      let follows = candidate.map { received == ($0 + 1) % proof.counterModulus } ?? false
      candidate = received
      guard follows else {
        rejects.counter += 1
        return false
      }
    }
    counter = received
    candidate = nil
    return true
  }

  /// Whether the controller must let go now; called every millisecond.
  mutating func checkTimeout(at now: Int64) {
    guard isLive, let acceptedAt, now - acceptedAt > layout.timeout else { return }
    isLive = false
    rejects.timeouts += 1
  }

  func age(at now: Int64) -> Int64 { acceptedAt.map { now - $0 } ?? -1 }
}
