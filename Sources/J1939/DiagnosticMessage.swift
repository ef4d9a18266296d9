/// One trouble code of a DM1: which quantity, how it fails, how often.
package struct DiagnosticTrouble: Sendable, Equatable {
  package var suspectParameterNumber: UInt32
  /// 0...31, for example 9 "abnormal update rate", 31 "condition exists".
  package var failureMode: UInt8
  /// 0...126; 127 is "not available".
  package var occurrences: UInt8
  /// The conversion method bit: set by senders of the three old encodings, which the message does
  /// not tell apart.
  package var hasOldEncoding: Bool

  package init(
    suspectParameterNumber: UInt32, failureMode: UInt8, occurrences: UInt8,
    hasOldEncoding: Bool = false
  ) {
    self.suspectParameterNumber = suspectParameterNumber
    self.failureMode = failureMode
    self.occurrences = occurrences
    self.hasOldEncoding = hasOldEncoding
  }
}

package enum DiagnosticLamp: UInt8, Sendable {
  case off
  case on
  case error
  case notAvailable
}

/// How a trouble code's 19-bit number is laid out in its three bytes (J1939-73).
package enum NumberEncoding: UInt8, Sendable, CaseIterable {
  /// Most significant byte first; conversion method bit set.
  case version1 = 1
  /// The middle byte first; conversion method bit set.
  case version2 = 2
  /// Least significant byte first; conversion method bit set.
  case version3 = 3
  /// Least significant byte first; conversion method bit clear: what is sent today.
  case version4 = 4

  /// The number in the first three bytes of a trouble code.
  package func number(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt32 {
    let (a, b, c) = (UInt32(first), UInt32(second), UInt32(third >> 5))
    return switch self {
    case .version1: a << 11 | b << 3 | c
    case .version2: b << 11 | a << 3 | c
    case .version3, .version4: a | b << 8 | c << 16
    }
  }

  /// The three bytes of a number, the lower five bits of the third free for the failure mode.
  package func bytes(_ number: UInt32) -> (UInt8, UInt8, UInt8) {
    func byte(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: number >> shift) }
    return switch self {
    case .version1: (byte(11), byte(3), byte(0) << 5)
    case .version2: (byte(3), byte(11), byte(0) << 5)
    case .version3, .version4: (byte(0), byte(8), byte(16) << 5)
    }
  }
}

/// A DM1, the active trouble codes of one ECU.
package struct DiagnosticMessage: Sendable, Equatable {
  package var protect: DiagnosticLamp
  package var amberWarning: DiagnosticLamp
  package var redStop: DiagnosticLamp
  package var malfunctionIndicator: DiagnosticLamp
  /// Empty where the message says "no fault".
  package var troubles: [DiagnosticTrouble]

  package init(
    protect: DiagnosticLamp = .off, amberWarning: DiagnosticLamp = .off,
    redStop: DiagnosticLamp = .off, malfunctionIndicator: DiagnosticLamp = .off,
    troubles: [DiagnosticTrouble]
  ) {
    self.protect = protect
    self.amberWarning = amberWarning
    self.redStop = redStop
    self.malfunctionIndicator = malfunctionIndicator
    self.troubles = troubles
  }

  /// Nil if there are not two lamp bytes and at least one whole code.
  ///
  /// A single-frame DM1 is padded with ones to eight bytes; those and the all-zero code of "no fault"
  /// are not trouble codes.
  ///
  /// - Parameter oldEncoding: how codes with the conversion method bit are laid out, which only
  ///   their sender's manual tells.
  package init?(_ payload: [UInt8], oldEncoding: NumberEncoding = .version3) {
    guard payload.count >= 6 else { return nil }
    let lamps = payload[0]
    func lamp(_ shift: UInt8) -> DiagnosticLamp {
      DiagnosticLamp(rawValue: lamps >> shift & 3) ?? .notAvailable
    }
    protect = lamp(0)
    amberWarning = lamp(2)
    redStop = lamp(4)
    malfunctionIndicator = lamp(6)
    var troubles: [DiagnosticTrouble] = []
    for start in stride(from: 2, through: payload.count - 4, by: 4) {
      let bytes = payload[start..<start + 4]
      if bytes.allSatisfy({ $0 == 0 }) || bytes.allSatisfy({ $0 == 0xFF }) { continue }
      let isOld = payload[start + 3] >> 7 == 1
      let encoding = isOld ? oldEncoding : .version4
      troubles.append(
        DiagnosticTrouble(
          suspectParameterNumber: encoding.number(
            payload[start], payload[start + 1], payload[start + 2]),
          failureMode: payload[start + 2] & 31, occurrences: payload[start + 3] & 127,
          hasOldEncoding: isOld))
    }
    self.troubles = troubles
  }

  /// The payload: two lamp bytes, then four bytes for each code; "no fault" is one code of zeros.
  package func payload(oldEncoding: NumberEncoding = .version3) -> [UInt8] {
    let lamps =
      protect.rawValue | amberWarning.rawValue << 2 | redStop.rawValue << 4
      | malfunctionIndicator.rawValue << 6
    // Nothing is said about flashing.
    var bytes: [UInt8] = [lamps, 0xFF]
    for trouble in troubles {
      let encoding = trouble.hasOldEncoding ? oldEncoding : .version4
      let (first, second, third) = encoding.bytes(trouble.suspectParameterNumber)
      bytes += [
        first, second, third | trouble.failureMode & 31,
        trouble.occurrences & 127 | (trouble.hasOldEncoding ? 0x80 : 0),
      ]
    }
    if troubles.isEmpty { bytes += [0, 0, 0, 0] }
    while bytes.count < 8 { bytes.append(0xFF) }
    return bytes
  }
}
