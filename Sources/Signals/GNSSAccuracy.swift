import Units

/// One-sigma horizontal position error by fix status, as a profile states it.
///
/// A receiver's own error estimate is not used: gpsd 3.22 reports an RTK fix from NMEA with
/// `eph` 11.4 m.
@usableFromInline package struct GNSSAccuracy: Sendable, Equatable, Visitable {
  package var rtkFixed = Metres(0.02)
  package var rtkFloat = Metres(0.3)
  package var differential = Metres(0.8)
  /// Everything else, dead reckoning by the receiver included.
  package var autonomous = Metres(3)

  package init() {}

  /// For gpsd 3.22's status numbers.
  package func sigma(status: UInt8) -> Metres {
    switch status {
    case 2: differential
    case 3: rtkFixed
    case 4: rtkFloat
    default: autonomous
    }
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("rtkFixed", &rtkFixed)
    visitor.visit("rtkFloat", &rtkFloat)
    visitor.visit("differential", &differential)
    visitor.visit("autonomous", &autonomous)
  }
}
