import Signals
import Units

extension Reason {
  /// Whether a workshop can do something about it; orders, and what has not happened yet, are no
  /// faults.
  package var isFault: Bool {
    switch self {
    case .none, .routeEnd, .operatorStop, .driverInput, .shutdown, .notArmed, .notAcknowledged,
      .noAuthority, .waitingForInputs, .gateClamped:
      false
    default: true
    }
  }
}

/// The payload of a DM1 (J1939-73): two lamp bytes, then four bytes for each active code.
package struct DiagnosticPayload: Sendable, Visitable {
  /// So that a broadcast ends within the second in which the next one is due.
  package static var codeLimit: Int { 16 }

  package private(set) var bytes = InlineArray<66, UInt8>(repeating: 0xFF)
  package private(set) var length = 0
  package private(set) var codes = 0

  package init() {
    bytes[0] = 0
    // Nothing is said about flashing.
    length = 2
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for i in 0..<66 { visitor.visit("byte", &bytes[i]) }
    visitor.visitCount("length", &length, limit: 66)
    visitor.visitCount("codes", &codes, limit: Self.codeLimit)
  }

  /// Lights a lamp; a more severe one leaves the others on.
  package mutating func light(_ lamp: DiagnosticLampKind) {
    switch lamp {
    case .none: break
    case .protect: bytes[0] |= 0x01
    case .amberWarning: bytes[0] |= 0x04
    case .redStop: bytes[0] |= 0x10
    }
  }

  /// Appends a code in conversion method 4 (the method bit is 0); past the limit it is not said.
  package mutating func append(_ code: DiagnosticCode, occurrences: UInt8) {
    guard codes < Self.codeLimit else { return }
    let parameter = code.suspectParameter
    bytes[length] = UInt8(truncatingIfNeeded: parameter)
    bytes[length + 1] = UInt8(truncatingIfNeeded: parameter >> 8)
    bytes[length + 2] =
      UInt8(truncatingIfNeeded: parameter >> 16 & 7) << 5 | code.failureMode & 31
    bytes[length + 3] = min(occurrences, 126)
    length += 4
    codes += 1
  }

  /// "No fault" is one code of zeros.
  package mutating func close() {
    guard codes == 0 else { return }
    for i in 2..<6 { bytes[i] = 0 }
    length = 6
  }

  /// The seven bytes of a packet, padded with ones, after its number.
  @_addressableSelf package func packet(_ index: UInt8) -> UInt64 {
    var word = UInt64(index &+ 1)
    for i in 0..<TransportSize.packet {
      let place = Int(index) * TransportSize.packet + i
      let byte: UInt8 = place < length ? bytes[place] : 0xFF
      word |= UInt64(byte) << UInt64(8 * (i + 1))
    }
    return word
  }

  /// The whole payload, where it fits in one frame.
  package var word: UInt64 {
    var word: UInt64 = 0
    for i in 0..<8 { word |= UInt64(i < length ? bytes[i] : 0xFF) << UInt64(8 * i) }
    return word
  }
}

/// When our DM1 goes out, and with which codes.
///
/// Once a second, and at once when a code comes or goes, but for each code only once a second
/// (J1939-73).
package struct DiagnosticReporter: Sendable, Visitable {
  package static var period: Interval { .milliseconds(1_000) }

  private var active = Faults()
  private var counts = InlineArray<128, UInt8>(repeating: 0)
  private var changedAt = InlineArray<128, Instant>(repeating: .never)
  private var sentAt = Instant.never
  private var changeIsDue = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("active", &active)
    for i in 0..<Reason.count {
      visitor.visit("count", &counts[i])
      visitor.visit("changedAt", &changedAt[i])
    }
    visitor.visit("sentAt", &sentAt)
    visitor.visit("changeIsDue", &changeIsDue)
  }

  /// Takes the faults of this cycle; counts those that are new.
  package mutating func note(_ faults: Faults, at now: Instant) {
    for raw in 0..<UInt8(clamping: min(Reason.count, 128)) {
      guard let reason = Reason(rawValue: raw), reason.isFault else { continue }
      let isActive = faults.contains(reason)
      guard isActive != active.contains(reason) else { continue }
      let index = Int(raw)
      if isActive {
        active.insert(reason)
        if counts[index] < 126 { counts[index] += 1 }
      } else {
        active.remove(reason)
      }
      guard changedAt[index] == .never || now - changedAt[index] >= Self.period else { continue }
      changedAt[index] = now
      changeIsDue = true
    }
  }

  @_addressableSelf package func isDue(at now: Instant) -> Bool {
    changeIsDue || sentAt == .never || now - sentAt >= Self.period
  }

  package mutating func sent(at now: Instant) {
    changeIsDue = false
    sentAt = now
  }

  /// - Parameter isStopping: the ladder demands a stop: the red lamp is on, whatever the code says.
  @_addressableSelf package func payload(
    _ configuration: borrowing @_addressable NetworkConfiguration, isStopping: Bool
  ) -> DiagnosticPayload {
    var payload = DiagnosticPayload()
    for raw in 0..<UInt8(clamping: min(Reason.count, 128)) {
      guard let reason = Reason(rawValue: raw), active.contains(reason) else { continue }
      let code = configuration.code(reason)
      payload.append(code, occurrences: counts[Int(raw)])
      payload.light(code.lamp)
      if isStopping { payload.light(.redStop) }
    }
    payload.close()
    return payload
  }
}
