/// One frame of a recorded log.
package struct CANLogRecord: Sendable, Equatable {
  /// As the log gives it: since 1970, or since its start.
  package var nanoseconds: Int64
  /// Index into the reader's interface names.
  package var interface: Int
  package var direction: CANDirection
  package var frame: CANFrame

  package init(
    nanoseconds: Int64, interface: Int = 0, direction: CANDirection = .unknown, frame: CANFrame
  ) {
    self.nanoseconds = nanoseconds
    self.interface = interface
    self.direction = direction
    self.frame = frame
  }
}

package enum CANDirection: UInt8, Sendable {
  case unknown
  case received
  case transmitted
}

/// A line that cannot be read: where, what it says and what is allowed.
package struct LogError: Error, Equatable, Sendable, CustomStringConvertible {
  package let file: String
  /// Counted from 1.
  package let line: Int
  /// Byte in the line, counted from 1.
  package let column: Int
  package let field: String
  package let text: String
  package let allowed: String

  package init(
    file: String, line: Int, column: Int, field: String, text: String, allowed: String
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.field = field
    self.text = text
    self.allowed = allowed
  }

  package var description: String {
    "\(file):\(line):\(column): \(field) is \"\(printable(text))\"; allowed is \(allowed)"
  }

  /// A file that is no log may hold what a terminal obeys.
  private func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x20..<0x7F, 0xA0...0xD7FF, 0xE000..<0xFFFD: result.unicodeScalars.append(scalar)
      default: result += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return result
  }
}
