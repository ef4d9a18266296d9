/// How the bits of a signal are to be read.
package enum DBCFloatKind: UInt8, Sendable {
  case none
  case half
  case single
  case double
}

/// One row of a value table.
package struct DBCNamedValue: Sendable, Equatable {
  package var value: Int128
  package var name: String
}

/// When a multiplexed signal is in a frame: while its multiplexer's raw value is in one of the ranges.
package struct DBCMultiplexing: Sendable, Equatable {
  package var multiplexer: String
  package var ranges: [ClosedRange<UInt64>]
}

/// The value of an attribute, after its definition.
package enum DBCAttributeValue: Sendable, Equatable {
  case integer(Int64)
  case real(Double)
  case text(String)
  case choice(index: Int, name: String)
}

/// A named attribute of a message, signal, node, environment variable or of the whole file.
package struct DBCAttribute: Sendable, Equatable {
  package var name: String
  package var value: DBCAttributeValue
}

/// A BA_DEF_ line with its default.
package struct DBCAttributeDefinition: Sendable, Equatable {
  /// What carries the attribute; empty for the file itself.
  package var scope: String
  package var name: String
  /// INT, HEX, FLOAT, STRING or ENUM.
  package var type: String
  package var minimum: Double?
  package var maximum: Double?
  package var choices: [String] = []
  package var defaultValue: DBCAttributeValue?
  package var line: Int
}

/// A BA_REL_ line: an attribute of a node together with a message, signal or environment variable.
package struct DBCRelationAttribute: Sendable, Equatable {
  package var relation: String
  package var node: String
  package var message: UInt32?
  package var target: String?
  package var attribute: DBCAttribute
}

package struct DBCSignal: Sendable, Equatable {
  /// The long name where the file restores one.
  package var name: String
  package var shortName: String
  /// As in the file: the lowest bit of a little-endian signal, the highest of a big-endian one.
  package var startBit: Int
  package var length: Int
  package var isBigEndian: Bool
  package var isSigned: Bool
  package var floatKind: DBCFloatKind = .none
  package var scale: Double
  package var offset: Double
  /// Set when the scale is a whole number.
  package var integerScale: Int64?
  /// Set when the offset is a whole number.
  package var integerOffset: Int64?
  /// Nil where the file says `[0|0]`: no limits.
  package var minimum: Double?
  package var maximum: Double?
  package var unit: String
  package var receivers: [String]
  package var valueTable: [DBCNamedValue] = []
  /// Whether other signals depend on this one's value.
  package var isMultiplexer: Bool
  package var multiplexing: DBCMultiplexing?
  package var comment: String?
  package var attributes: [DBCAttribute] = []
  package var line: Int

  /// Whether every value is a whole number.
  package var isWhole: Bool {
    floatKind == .none && integerScale != nil && integerOffset != nil
  }

  /// J1939's number of the quantity, from the attribute SPN.
  package var suspectParameterNumber: Int? { attributes.integer("SPN") }
}

package struct DBCSignalGroup: Sendable, Equatable {
  package var name: String
  package var repetitions: Int
  package var signals: [String]
}

package struct DBCMessage: Sendable, Equatable {
  package var name: String
  package var shortName: String
  /// 11 or 29 bits, without flags.
  package var identifier: UInt32
  package var isExtended: Bool
  /// Matched by parameter group with priority and addresses masked.
  package var isJ1939: Bool
  package var isFD: Bool
  /// Payload bytes.
  package var length: Int
  package var signals: [DBCSignal]
  package var senders: [String]
  package var groups: [DBCSignalGroup] = []
  package var comment: String?
  package var attributes: [DBCAttribute] = []
  package var line: Int

  /// The number in the file: bit 31 set for 29-bit identifiers.
  package var rawIdentifier: UInt32 { identifier | (isExtended ? 0x8000_0000 : 0) }

  /// Milliseconds, from the attribute GenMsgCycleTime.
  package var cycleTime: Int? { attributes.integer("GenMsgCycleTime") }

  package func signal(named name: String) -> DBCSignal? {
    signals.first { $0.name == name || $0.shortName == name }
  }
}

package struct DBCNode: Sendable, Equatable {
  package var name: String
  package var shortName: String
  package var comment: String?
  package var attributes: [DBCAttribute] = []
}

package struct DBCValueTable: Sendable, Equatable {
  package var name: String
  package var values: [DBCNamedValue]
}

package struct DBCEnvironmentVariable: Sendable, Equatable {
  package var name: String
  package var type: Int
  package var minimum: Double
  package var maximum: Double
  package var unit: String
  package var initialValue: Double
  package var identifier: Int
  package var accessType: String
  package var accessNodes: [String]
  package var valueTable: [DBCNamedValue] = []
  package var dataSize: Int?
  package var comment: String?
  package var attributes: [DBCAttribute] = []
}

extension [DBCAttribute] {
  package func value(_ name: String) -> DBCAttributeValue? { first { $0.name == name }?.value }

  package func integer(_ name: String) -> Int? {
    switch value(name) {
    case .integer(let number): Int(number)
    case .real(let number): Int(exactly: number.rounded(.towardZero))
    case .choice(let index, _): index
    case .text, nil: nil
    }
  }

  package func text(_ name: String) -> String? {
    switch value(name) {
    case .text(let text): text
    case .choice(_, let name): name
    case .integer, .real, nil: nil
    }
  }
}
