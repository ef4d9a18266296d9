/// A value that was found to have the shape that it should have, with its place for later messages.
///
/// Reading marks it; what nobody has read at the end is a key without effect, and said to be so.
package final class CheckedValue {
  package enum Content {
    case text(String)
    case flag(Bool)
    case integer(Int)
    /// In the base unit of its dimension.
    case number(Double)
    case mapping([(name: String, value: CheckedValue)])
    case list([CheckedValue])
  }

  private let content: Content
  /// As the file spells it; empty where it is no single word.
  package let written: String
  package let file: String
  package let line: Int
  package let path: String
  private var isConsumed = false
  private let findings: Findings

  init(
    _ content: Content, written: String, file: String, line: Int, path: String, findings: Findings
  ) {
    self.content = content
    self.written = written
    self.file = file
    self.line = line
    self.path = path
    self.findings = findings
  }

  package subscript(_ name: String) -> CheckedValue? {
    isConsumed = true
    guard case .mapping(let members) = content else { return nil }
    return members.first { $0.name == name }?.value
  }

  package var members: [(name: String, value: CheckedValue)] {
    isConsumed = true
    guard case .mapping(let members) = content else { return [] }
    return members
  }

  package var elements: [CheckedValue] {
    isConsumed = true
    guard case .list(let elements) = content else { return [] }
    return elements
  }

  package var text: String? {
    isConsumed = true
    guard case .text(let text) = content else { return nil }
    return text
  }

  package var flag: Bool? {
    isConsumed = true
    guard case .flag(let flag) = content else { return nil }
    return flag
  }

  package var integer: Int? {
    isConsumed = true
    guard case .integer(let integer) = content else { return nil }
    return integer
  }

  package var number: Double? {
    isConsumed = true
    switch content {
    case .number(let number): return number
    case .integer(let integer): return Double(integer)
    case .text, .flag, .mapping, .list: return nil
    }
  }

  /// Says something about this value.
  package func report(_ message: String, _ severity: Finding.Severity = .error) {
    findings.add(Finding(severity, file: file, line: line, key: path, message: message))
  }

  /// Says that a value must not be as it is.
  package func refuse(read: String, allowed: String) {
    report("read \(read); allowed: \(allowed)")
  }

  /// Reports every key that nothing has read.
  package func reportUnconsumed() {
    guard isConsumed else {
      return report("this key has no effect here: remove it")
    }
    switch content {
    case .mapping(let members): for member in members { member.value.reportUnconsumed() }
    case .list(let elements): for element in elements { element.reportUnconsumed() }
    case .text, .flag, .integer, .number: return
    }
  }

  /// Takes this value and all below it as read.
  package func consumeAll() {
    isConsumed = true
    switch content {
    case .mapping(let members): for member in members { member.value.consumeAll() }
    case .list(let elements): for element in elements { element.consumeAll() }
    case .text, .flag, .integer, .number: return
    }
  }
}
