import CAN

/// One command message as a controller takes it: who may send it, how it proves itself, when it is
/// too old.
///
/// A refused frame never refreshes the time-out. A counter that repeats or jumps is refused; after a
/// jump the sender is believed again when two frames follow each other.
struct CommandReceiver: Sendable {
  /// PGN and destination address; priority and source are masked out.
  let pattern: UInt32
  let check: MessageCheck
  let timeout: Int64
  private(set) var rejects = RejectCounts()
  private(set) var accepted: UInt64 = 0
  /// Longest time between two accepted frames, ms.
  private(set) var longestGap: Int64 = 0
  private(set) var isLive = false
  private(set) var acceptedAt: Int64?
  private var counter: UInt64?
  private var candidate: UInt64?

  /// The only address that may command.
  static var commander: UInt8 { 0x27 }

  init(identifier: UInt32, check: MessageCheck, timeout: Int64) {
    pattern = identifier & 0x03FF_FF00
    self.check = check
    self.timeout = timeout
  }

  func matches(_ identifier: UInt32) -> Bool { identifier & 0x03FF_FF00 == pattern }

  /// The payload when the frame may be obeyed; `isPlausible` judges its fields.
  mutating func admit(_ frame: CANFrame, at now: Int64, isPlausible: (Payload) -> Bool) -> Payload?
  {
    guard UInt8(truncatingIfNeeded: frame.identifier) == Self.commander else {
      rejects.source += 1
      return nil
    }
    guard frame.length == 8, !frame.isRemote, !frame.isFD else {
      rejects.length += 1
      return nil
    }
    let payload = Payload(frame)
    guard isProven(payload, frame.identifier) else { return nil }
    guard isPlausible(payload) else {
      rejects.content += 1
      return nil
    }
    if let acceptedAt, isLive { longestGap = max(longestGap, now - acceptedAt) }
    acceptedAt = now
    isLive = true
    accepted += 1
    return payload
  }

  private mutating func isProven(_ payload: Payload, _ identifier: UInt32) -> Bool {
    guard check != .none else { return true }
    let expected = messageChecksum(check, identifier: identifier, payload: payload)
    guard payload.field(60, 4) == expected else {
      rejects.checksum += 1
      return false
    }
    let received = payload.field(56, 4)
    guard received < check.counterModulus else {
      rejects.counter += 1
      return false
    }
    if let counter, received != (counter + 1) % check.counterModulus {
      let follows = candidate.map { received == ($0 + 1) % check.counterModulus } ?? false
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
    guard isLive, let acceptedAt, now - acceptedAt > timeout else { return }
    isLive = false
    rejects.timeouts += 1
  }

  func age(at now: Int64) -> Int64 { acceptedAt.map { now - $0 } ?? -1 }
}
