/// Why a DBC file was refused: where, what was read and what is allowed.
package struct DBCError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    case syntax
    case badNumber
    case impossibleIdentifier
    case badLength
    case misfit
    case overlap
    case duplicate
    case unknownReference
    case multiplexing
  }

  package let kind: Kind
  package let file: String
  /// Counted from 1.
  package let line: Int
  /// Byte in the line, counted from 1; 0 where the whole statement is meant.
  package let column: Int
  package let reason: String

  package init(kind: Kind, file: String, line: Int, column: Int, reason: String) {
    self.kind = kind
    self.file = file
    self.line = line
    self.column = column
    self.reason = reason
  }

  package var description: String {
    column > 0 ? "\(file):\(line):\(column): \(reason)" : "\(file):\(line): \(reason)"
  }
}

/// What a load noticed and went on from.
package struct DBCWarning: Equatable, Sendable, CustomStringConvertible {
  package let line: Int
  package let reason: String

  package init(line: Int, reason: String) {
    self.line = line
    self.reason = reason
  }

  package var description: String { "line \(line): \(reason)" }
}
