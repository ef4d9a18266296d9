/// What a configuration file may hold: the one table from which files are checked, editors get
/// their JSON Schema and messages get the nearest valid key.
package indirect enum Shape: Sendable {
  case text
  /// One of these words.
  case choice([String])
  case flag
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  /// With its unit; the range is in the base unit of the dimension.
  case quantity(Dimension, ClosedRange<Double>)
  case mapping([Key])
  /// Keys of the user's choice (lower case words), or one of `allowed`.
  case dictionary(allowed: [String], Shape)
  case list(Shape, count: ClosedRange<Int>)
  /// A word alone, or a mapping that says more; the word stands for the mapping's first key.
  case textOr([Key])
}

/// A key of a mapping.
package struct Key: Sendable {
  package let name: String
  package let shape: Shape
  package let isRequired: Bool
  /// For editors: what it is, in a sentence.
  package let help: String

  package init(_ name: String, _ shape: Shape, required: Bool = true, _ help: String = "") {
    self.name = name
    self.shape = shape
    self.isRequired = required
    self.help = help
  }
}

extension Shape {
  /// What is allowed, in words.
  package var allowed: String {
    switch self {
    case .text: "a text"
    case .choice(let words): words.joined(separator: " | ")
    case .flag: "true | false"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range):
      "a number from \(shortest(range.lowerBound)) to \(shortest(range.upperBound))"
    case .quantity(let dimension, let range):
      "\(dimension.description) from \(formatted(range.lowerBound, dimension)) to "
        + formatted(range.upperBound, dimension)
    case .mapping: "a mapping"
    case .dictionary: "a mapping"
    case .list(_, let count): "a list of \(count.lowerBound) to \(count.upperBound) elements"
    case .textOr(let keys):
      "a name, or a mapping with \(keys.map(\.name).joined(separator: ", "))"
    }
  }
}
