/// A value of a YAML or JSON file with the line it stands on, before anything is known about what
/// it should be.
package struct ConfigurationNode: Sendable {
  package enum Content: Sendable {
    case scalar(Scalar)
    case mapping([Member])
    case sequence([ConfigurationNode])
  }

  package struct Scalar: Sendable {
    package var text: String
    /// Written in quotes: a text, whatever it looks like.
    package var isQuoted: Bool

    package init(text: String, isQuoted: Bool) {
      self.text = text
      self.isQuoted = isQuoted
    }
  }

  package struct Member: Sendable {
    package var key: String
    package var line: Int
    package var value: ConfigurationNode

    package init(key: String, line: Int, value: ConfigurationNode) {
      self.key = key
      self.line = line
      self.value = value
    }
  }

  package var content: Content
  /// Counted from 1.
  package var line: Int

  package init(_ content: Content, line: Int) {
    self.content = content
    self.line = line
  }

  /// What the value is, for messages.
  package var readAs: String {
    switch content {
    case .scalar(let scalar):
      !scalar.isQuoted && scalar.text.isEmpty ? "nothing" : quoted(scalar.text)
    case .mapping(let members): members.isEmpty ? "an empty mapping" : "a mapping"
    case .sequence(let elements): elements.isEmpty ? "an empty list" : "a list"
    }
  }
}
