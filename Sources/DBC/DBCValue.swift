/// What a decoded signal says.
package enum DBCSignalState: UInt8, Sendable {
  /// Multiplexed out, or beyond the end of the payload.
  case absent
  case value
  /// J1939: the sender does not have the quantity.
  case notAvailable
  /// J1939: the sender's sensor is faulty.
  case error
  /// J1939: a code above the valid range that is neither of these.
  case reserved
}

/// One decoded signal.
package struct DBCValue: Sendable {
  /// Sign-extended; the bits themselves of an unsigned 64-bit or a float signal.
  package var raw: Int64
  /// Scaled and offset; NaN unless the state is `value`.
  package var physical: Double
  package var state: DBCSignalState

  package static let absent = DBCValue(raw: 0, physical: .nan, state: .absent)
}

/// A value without the rounding of a double.
package enum DBCQuantity: Sendable, Equatable {
  case integer(Int128)
  case real(Double)

  package var real: Double {
    switch self {
    case .integer(let number): Double(number)
    case .real(let number): number
    }
  }
}

extension DBCSignal {
  /// The raw number, signed or unsigned as the signal is.
  package func rawInteger(_ value: DBCValue) -> Int128 {
    guard length == 64, !isSigned else { return Int128(value.raw) }
    return Int128(UInt64(bitPattern: value.raw))
  }

  /// The value exactly: a whole number where scale and offset are whole.
  package func exact(_ value: DBCValue) -> DBCQuantity {
    guard floatKind == .none, let integerScale, let integerOffset else {
      return .real(value.physical)
    }
    return .integer(rawInteger(value) * Int128(integerScale) + Int128(integerOffset))
  }

  /// The name that the value table gives to a raw number.
  package func name(_ value: DBCValue) -> String? {
    let raw = rawInteger(value)
    return valueTable.first { $0.value == raw }?.name
  }
}

/// J1939's codes above the valid range, by field width (can-gnss.md section 7).
///
/// Widths without a convention have none.
package struct J1939Codes: Sendable, Equatable {
  /// The first raw value that is no measurement.
  package var firstInvalid: UInt64
  package var firstError: UInt64
  package var firstNotAvailable: UInt64

  package init?(length: Int) {
    switch length {
    case 2: self.init(invalid: 2, error: 2, notAvailable: 3)
    case 8, 16, 24, 32:
      let shift = UInt64(length - 8)
      self.init(invalid: 0xFB << shift, error: 0xFE << shift, notAvailable: 0xFF << shift)
    default: return nil
    }
  }

  private init(invalid: UInt64, error: UInt64, notAvailable: UInt64) {
    firstInvalid = invalid
    firstError = error
    firstNotAvailable = notAvailable
  }

  package func state(_ raw: UInt64) -> DBCSignalState {
    if raw >= firstNotAvailable { return .notAvailable }
    if raw >= firstError { return .error }
    return raw >= firstInvalid ? .reserved : .value
  }
}
