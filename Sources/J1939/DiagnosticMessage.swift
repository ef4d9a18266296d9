/// One trouble code of a DM1: which quantity, how it fails, how often.
package struct DiagnosticTrouble: Sendable, Equatable {
  package var suspectParameterNumber: UInt32
  /// 0...31, for example 9 "abnormal update rate", 31 "condition exists".
  package var failureMode: UInt8
  /// 0...126; 127 is "not available".
  package var occurrences: UInt8
  /// Set for the old encodings, whose numbers are not comparable.
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

/// A DM1, the active trouble codes of one ECU.
package struct DiagnosticMessage: Sendable, Equatable {
  package let protect: DiagnosticLamp
  package let amberWarning: DiagnosticLamp
  package let redStop: DiagnosticLamp
  package let malfunctionIndicator: DiagnosticLamp
  /// Empty where the message says "no fault".
  package let troubles: [DiagnosticTrouble]

  /// Nil if there are not two lamp bytes and at least one whole code.
  ///
  /// A single-frame DM1 is padded with ones to eight bytes; those and the all-zero code of "no fault"
  /// are not trouble codes.
  package init?(_ payload: [UInt8]) {
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
      let low = UInt32(payload[start]) | UInt32(payload[start + 1]) << 8
      troubles.append(
        DiagnosticTrouble(
          suspectParameterNumber: low | UInt32(payload[start + 2] >> 5) << 16,
          failureMode: payload[start + 2] & 31, occurrences: payload[start + 3] & 127,
          hasOldEncoding: payload[start + 3] >> 7 == 1))
    }
    self.troubles = troubles
  }
}
