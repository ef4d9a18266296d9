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
/// Measured quantities of whole bytes, and of 12, 20 or 28 bits, have them in their leading byte;
/// narrower ones and those of odd widths have only their last two codes.
package struct J1939Codes: Sendable, Equatable {
  /// The first raw value that is no measurement.
  package var firstInvalid: UInt64
  package var firstError: UInt64
  package var firstNotAvailable: UInt64
  /// Whether every field of this width has them; else only those whose declared range leaves them
  /// out, for counters, checksums and fractions use all their values.
  package var areUniversal: Bool

  /// Nil for flags of one bit and for 64 bits, which no convention covers.
  package init?(length: Int) {
    guard (2...56).contains(length) else { return nil }
    areUniversal = [2, 8, 16, 24, 32].contains(length)
    if length >= 8, length.isMultiple(of: 4) {
      let shift = UInt64(length - 8)
      firstInvalid = 0xFB << shift
      firstError = 0xFE << shift
      firstNotAvailable = 0xFF << shift
    } else {
      firstNotAvailable = (1 << UInt64(length)) - 1
      firstError = firstNotAvailable - 1
      firstInvalid = firstError
    }
  }

  package func state(_ raw: UInt64) -> DBCSignalState {
    if raw >= firstNotAvailable { return .notAvailable }
    if raw >= firstError { return .error }
    return raw >= firstInvalid ? .reserved : .value
  }
}
