/// One value of a resolved configuration: its key, itself with its unit, and what decided it.
package struct ConfigurationEntry: Sendable, Equatable {
  package enum Origin: Sendable, Equatable {
    /// Given in this file; lines are counted from 1.
    case file(String, line: Int)
    /// Not given: what the product takes then.
    case standard
    /// Follows from other values.
    case derived
  }

  package let key: String
  /// In the unit that makes it shortest, so that equal values are equal texts.
  package let text: String
  /// As the file spells it; nil where no file gives it.
  package let written: String?
  package let origin: Origin

  package init(key: String, text: String, written: String? = nil, origin: Origin) {
    self.key = key
    self.text = text
    self.written = written
    self.origin = origin
  }

  /// For people: they look for it in their file.
  package var shown: String { written ?? text }
}

extension ConfigurationEntry.Origin: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let file, let line): "\(file):\(line)"
    case .standard: "standard"
    case .derived: "derived"
    }
  }
}

extension CheckedValue {
  /// Every value that `shape` has a key for, in the table's order: as given below this one, else of
  /// `standards` (texts by full key); keys in neither are left out.
  package func entries(
    of shape: Shape, standards: [String: String] = [:]
  ) -> [ConfigurationEntry] {
    switch shape {
    case .mapping(let keys), .textOr(let keys):
      let given = members
      return keys.flatMap { key in
        given.first { $0.name == key.name }?.value.entries(of: key.shape, standards: standards)
          ?? absent(key.shape, path.isEmpty ? key.name : "\(path).\(key.name)", standards)
      }
    case .dictionary(let allowed, let element):
      let given = members
      let missing = allowed.filter { name in !given.contains { $0.name == name } }
      return given.flatMap { $0.value.entries(of: element, standards: standards) }
        + missing.flatMap { absent(element, "\(path).\($0)", standards) }
    case .list(let element, _):
      return elements.flatMap { $0.entries(of: element, standards: standards) }
    case .text, .choice, .flag, .integer, .number, .quantity:
      return [
        ConfigurationEntry(
          key: path, text: text(shape), written: written, origin: .file(file, line: line))
      ]
    }
  }

  private func text(_ shape: Shape) -> String {
    if let text { return text }
    if let flag { return flag ? "true" : "false" }
    guard let number else { return "" }
    if case .quantity(let dimension, _) = shape { return formatted(number, dimension) }
    return shortest(number)
  }

  private func absent(
    _ shape: Shape, _ path: String, _ standards: [String: String]
  ) -> [ConfigurationEntry] {
    switch shape {
    case .mapping(let keys), .textOr(let keys):
      return keys.flatMap { absent($0.shape, "\(path).\($0.name)", standards) }
    case .dictionary(let allowed, let element):
      return allowed.flatMap { absent(element, "\(path).\($0)", standards) }
    case .list(let element, let count):
      // A list of a fixed size has a standard for each element.
      guard count.count == 1 else { return [] }
      return (0..<count.lowerBound).flatMap { absent(element, "\(path)[\($0)]", standards) }
    case .text, .choice, .flag, .integer, .number, .quantity:
      return standards[path].map {
        [ConfigurationEntry(key: path, text: $0, origin: .standard)]
      } ?? []
    }
  }
}

/// What differs between two resolved configurations.
package struct ConfigurationDifference: Sendable, Equatable {
  package let key: String
  /// Nil where that side has no such key.
  package let before: ConfigurationEntry?
  package let after: ConfigurationEntry?

  /// In the order of `before`, then what only `after` has.
  ///
  /// Where a value comes from is no difference.
  package static func between(
    _ before: [ConfigurationEntry], _ after: [ConfigurationEntry]
  ) -> [ConfigurationDifference] {
    let new = Dictionary(after.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let old = Set(before.map(\.key))
    return before.compactMap { entry in
      let other = new[entry.key]
      guard other?.text != entry.text else { return nil }
      return ConfigurationDifference(key: entry.key, before: entry, after: other)
    }
      + after.filter { !old.contains($0.key) }.map {
        ConfigurationDifference(key: $0.key, before: nil, after: $0)
      }
  }
}
