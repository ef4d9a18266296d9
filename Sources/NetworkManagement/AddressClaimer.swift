import Signals
import Units

/// What can happen to the own source address.
package enum AddressEvent: Sendable, Equatable {
  /// The mode left MANUAL: an address is wanted.
  case begin
  /// Back in MANUAL: nothing may be sent any more (S-23).
  case end
  /// An address claim was heard; 254 as the address says that its sender has none.
  case claim(name: UInt64, address: UInt8)
  /// Somebody asked for address claims.
  case requested
  case tick
}

package enum AddressAction: Sendable, Equatable {
  case none
  case sendClaim
  case sendCannotClaim
}

/// The claim of one fixed source address (J1939-81), event in, action out.
///
/// The NAME is not arbitrary address capable: profile, counters and the other ECUs' trust are bound
/// to one address. A commanded address is therefore refused, which takes no event at all.
package struct AddressClaimer: Sendable, Visitable {
  /// How long others may object to a claim (J1939-81; the kernel's j1939 waits as long).
  package static var objectionTime: Interval { .milliseconds(250) }
  /// Between two of our claims, whatever a rival does: peers are known to have claimed at 200 Hz.
  package static var claimSpacing: Interval { .milliseconds(100) }
  /// How long a rival that won counts as present after it was last heard.
  package static var rivalMemory: Interval { .milliseconds(10_000) }
  /// The last of 256 steps of 0.6 ms: the delay before "cannot claim" (J1939-81).
  package static var longestDelay: Interval { .milliseconds(153) }

  package private(set) var state = AddressState.silent
  private var name: UInt64 = 0
  private var address: UInt8 = 0
  private var random: UInt64 = 1
  private var claimedAt = Instant.never
  private var claimIsDue = false
  private var cannotClaimDueAt = Instant.never
  private var cannotClaimIsDue = false
  /// The lower NAME that holds our address, and when it was last heard; 0 with `.never` for none.
  private var rival: UInt64 = 0
  private var rivalHeardAt = Instant.never

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("state", &state)
    visitor.visit("name", &name)
    visitor.visit("address", &address)
    visitor.visit("random", &random)
    visitor.visit("claimedAt", &claimedAt)
    visitor.visit("claimIsDue", &claimIsDue)
    visitor.visit("cannotClaimDueAt", &cannotClaimDueAt)
    visitor.visit("cannotClaimIsDue", &cannotClaimIsDue)
    visitor.visit("rival", &rival)
    visitor.visit("rivalHeardAt", &rivalHeardAt)
  }

  /// Whether the address may be used for other frames; a lost one only to finish the stop (S-4).
  package var mayUseAddress: Bool { state == .claimed || state == .lost }

  /// Takes the NAME and the one address that it may have.
  package mutating func configure(name: UInt64, address: UInt8) {
    guard name != self.name || address != self.address else { return }
    self = AddressClaimer()
    self.name = name
    self.address = address
    // J1939-81 asks for a delay that differs from ECU to ECU: the NAME does.
    random = name | 1
  }

  /// - Parameter isParked: nothing depends on our commands, so the address may be given up.
  package mutating func handle(
    _ event: AddressEvent, isParked: Bool, at now: Instant
  ) -> AddressAction {
    switch event {
    case .begin: begin(now)
    case .end: end()
    case .claim(let name, let address): heard(name, address, isParked, now)
    case .requested: requested(now)
    case .tick: break
    }
    return proceed(isParked, now)
  }

  private mutating func begin(_ now: Instant) {
    switch state {
    case .absent, .silent, .cannotClaim:
      state = .claiming
      claimIsDue = true
      cannotClaimIsDue = false
    // A rival is there already: claiming would only take its turn from it.
    case .contested, .claiming, .claimed, .lost: break
    }
  }

  private mutating func end() {
    claimIsDue = false
    cannotClaimIsDue = false
    state = rivalHeardAt == .never ? .silent : .contested
  }

  private mutating func requested(_ now: Instant) {
    switch state {
    case .claiming, .claimed: claimIsDue = true
    case .cannotClaim: scheduleCannotClaim(now)
    // S-23 in the first three; S-4 wants nothing but the rest of the stop in the last.
    case .absent, .silent, .contested, .lost: break
    }
  }

  private mutating func heard(
    _ other: UInt64, _ claimed: UInt8, _ isParked: Bool, _ now: Instant
  ) {
    // Our own claim comes back from the bus, and from a guardian before this one.
    guard other != name else { return }
    guard claimed == address else {
      if other == rival { forgetRival() }
      return
    }
    guard other < name else {
      // We win; the other is told so by our claim.
      if state == .claiming || state == .claimed { claimIsDue = true }
      return
    }
    rival = other
    rivalHeardAt = now
    switch state {
    case .claiming, .claimed, .lost: lose(isParked, now)
    case .silent: state = .contested
    case .absent, .contested, .cannotClaim: break
    }
  }

  private mutating func lose(_ isParked: Bool, _ now: Instant) {
    claimIsDue = false
    guard isParked else {
      state = .lost
      return
    }
    state = .cannotClaim
    scheduleCannotClaim(now)
  }

  private mutating func forgetRival() {
    rival = 0
    rivalHeardAt = .never
    if state == .contested { state = .silent }
  }

  private mutating func scheduleCannotClaim(_ now: Instant) {
    guard !cannotClaimIsDue else { return }
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    cannotClaimIsDue = true
    cannotClaimDueAt = now + Interval(nanoseconds: Int64(random >> 56) * 600_000)
  }

  /// What time brings, and what is due.
  private mutating func proceed(_ isParked: Bool, _ now: Instant) -> AddressAction {
    if state == .contested, now - rivalHeardAt > Self.rivalMemory { forgetRival() }
    if state == .lost, isParked { lose(isParked, now) }
    if cannotClaimIsDue, now >= cannotClaimDueAt {
      cannotClaimIsDue = false
      return .sendCannotClaim
    }
    if claimIsDue, claimedAt == .never || now - claimedAt >= Self.claimSpacing {
      claimIsDue = false
      claimedAt = now
      return .sendClaim
    }
    if state == .claiming, !claimIsDue, now - claimedAt >= Self.objectionTime { state = .claimed }
    return .none
  }
}
