/// Something that a check has to say about a file.
package struct Finding: Sendable, Hashable, CustomStringConvertible {
  package enum Severity: Sendable, Hashable {
    /// The file cannot be used.
    case error
    /// The file can be used, for less than it asks.
    case warning
  }

  package var severity = Severity.error
  package var file: String
  /// Counted from 1; 0 when the finding is about the file as a whole.
  package var line: Int
  /// Path of keys from the root, as in "geometry.wheelbase"; empty for the root.
  package var key: String
  /// What is wrong: what was read, what is allowed, the nearest valid key.
  package var message: String

  package init(
    _ severity: Severity = .error, file: String, line: Int, key: String, message: String
  ) {
    self.severity = severity
    self.file = file
    self.line = line
    self.key = key
    self.message = message
  }

  package var description: String {
    let place = line > 0 ? "\(file):\(line)" : file
    let label = severity == .error ? "error" : "warning"
    return key.isEmpty
      ? "\(place): \(label): \(message)" : "\(place): \(label): \(key): \(message)"
  }
}

/// All findings of one check, in the order they were made.
package final class Findings {
  package private(set) var all: [Finding] = []
  private var seen: Set<Finding> = []
  /// A file with thousands of faults is not a configuration; the first ones say so.
  private let limit = 200

  package init() {}

  package func add(_ finding: Finding) {
    guard all.count < limit, seen.insert(finding).inserted else { return }
    all.append(finding)
  }

  package func add(contentsOf findings: [Finding]) { for finding in findings { add(finding) } }

  package var errors: [Finding] { all.filter { $0.severity == .error } }
  package var hasErrors: Bool { all.contains { $0.severity == .error } }
}

/// A configuration that was refused, with every reason.
package struct ConfigurationRefused: Error, CustomStringConvertible {
  package let findings: [Finding]

  package init(findings: [Finding]) { self.findings = findings }

  package var description: String {
    findings.map(\.description).joined(separator: "\n")
  }
}

/// Text from a file, fit for a message: one line, no control characters, bounded.
package func quoted(_ text: some StringProtocol) -> String {
  var result = "\""
  for scalar in text.unicodeScalars.prefix(60) {
    switch scalar.value {
    case 0x20..<0x7F, 0xA0...0xD7FF, 0xE000...0xFFFD: result.unicodeScalars.append(scalar)
    default: result += "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }
  return result + (text.unicodeScalars.dropFirst(60).isEmpty ? "\"" : "...\"")
}

/// What is said of a key that is there twice, and where.
func duplicateKey(_ names: [String], _ first: Int, _ again: Int?) -> String {
  "duplicate key \(names.map { quoted($0) }.joined(separator: ", ")), given in line \(first)"
    + (again.map { " and again in line \($0)" } ?? "") + "; allowed: once"
}

/// The candidate that a misspelt word most likely stands for, if any is near enough.
package func nearest(_ word: String, of candidates: some Sequence<String>) -> String? {
  let letters = Array(word.lowercased().unicodeScalars.prefix(64))
  var best: (distance: Int, name: String)?
  for candidate in candidates {
    let distance = editDistance(letters, Array(candidate.lowercased().unicodeScalars.prefix(64)))
    if distance < best?.distance ?? .max { best = (distance, candidate) }
  }
  guard let best, best.distance <= max(2, letters.count / 2) else { return nil }
  return best.name
}

/// Insertions, deletions, substitutions and swaps of neighbours from `a` to `b` (optimal string
/// alignment).
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var before: [Int] = []
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var next = [i + 1]
    for j in 0..<b.count {
      var best = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
      next.append(best)
    }
    (before, row) = (row, next)
  }
  return row[b.count]
}
