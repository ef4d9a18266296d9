/// Resolves the statements of a file against each other.
struct DBCBuilder {
  typealias Owner = DBCStatements.Owner

  let statements: DBCStatements
  let file: String
  let lenient: Bool
  let extendedIsJ1939: Bool
  private(set) var warnings: [DBCWarning]
  private(set) var nodes: [DBCNode] = []
  private(set) var messages: [DBCMessage] = []
  private(set) var environmentVariables: [DBCEnvironmentVariable] = []
  private(set) var relationAttributes: [DBCRelationAttribute] = []
  private(set) var definitionList: [DBCAttributeDefinition] = []
  private var definitions: [String: DBCAttributeDefinition] = [:]
  private var attributesByOwner: [Owner: [DBCAttribute]] = [:]
  private var valuesByOwner: [Owner: (values: [DBCNamedValue], line: Int)] = [:]
  private var floatTypes: [Owner: (type: Int, line: Int)] = [:]

  init(statements: DBCStatements, file: String, lenient: Bool, extendedIsJ1939: Bool) {
    self.statements = statements
    self.file = file
    self.lenient = lenient
    self.extendedIsJ1939 = extendedIsJ1939
    warnings = statements.warnings
  }

  func attributes(of owner: Owner) -> [DBCAttribute] { attributesByOwner[owner] ?? [] }

  mutating func build() throws(DBCError) {
    try resolveDefinitions()
    for attribute in statements.attributes {
      attributesByOwner[attribute.owner, default: []].set(try resolve(attribute))
    }
    for entry in statements.values where !entry.values.isEmpty {
      valuesByOwner[entry.owner] = (entry.values, entry.line)
    }
    for entry in statements.floatTypes {
      floatTypes[.signal(entry.message, entry.signal)] = (entry.type, entry.line)
    }
    for name in statements.nodes {
      nodes.append(
        DBCNode(
          name: longNode(name), shortName: name, comment: statements.comments[.node(name)],
          attributes: attributes(of: .node(name))))
    }
    try buildMessages()
    buildEnvironmentVariables()
    try buildRelations()
    try refuseUnclaimed()
    warnOfStrays()
  }

  // MARK: Refusals

  /// Throws what is always wrong.
  func refusal(_ kind: DBCError.Kind, _ line: Int, _ reason: String) -> DBCError {
    DBCError(kind: kind, file: file, line: line, column: 0, reason: reason)
  }

  /// Throws, or warns when loading leniently.
  mutating func complain(
    _ kind: DBCError.Kind, _ line: Int, _ reason: String
  ) throws(DBCError) {
    guard lenient else { throw refusal(kind, line, reason) }
    warnings.append(DBCWarning(line: line, reason: reason))
  }

  /// Value tables and value types name a signal each; one that names nothing is a misspelt one.
  private mutating func refuseUnclaimed() throws(DBCError) {
    let ignored = Set(
      statements.messages.filter { $0.name == Self.independentSignals }.map(\.identifier))
    let known = Set(statements.environmentVariables.map(\.name))
    for (owner, entry) in valuesByOwner.sorted(by: { $0.value.line < $1.value.line }) {
      switch owner {
      case .signal(let message, let signal) where !ignored.contains(message):
        try complain(
          .unknownReference, entry.line,
          "VAL_ names signal \(signal) of message \(message), which the file does not have")
      case .environmentVariable(let name) where !known.contains(name):
        warnings.append(
          DBCWarning(line: entry.line, reason: "VAL_ names the unknown variable \(name)"))
      case .signal, .environmentVariable, .file, .node, .message: break
      }
    }
    for (owner, entry) in floatTypes.sorted(by: { $0.value.line < $1.value.line }) {
      guard case .signal(let message, let signal) = owner, !ignored.contains(message) else {
        continue
      }
      try complain(
        .unknownReference, entry.line,
        "SIG_VALTYPE_ names signal \(signal) of message \(message), which the file does not have")
    }
  }

  /// Lines about messages and signals that the file does not have change nothing; they are named.
  private mutating func warnOfStrays() {
    var known: Set<Owner> = [.file]
    for name in statements.nodes { known.insert(.node(name)) }
    for variable in statements.environmentVariables {
      known.insert(.environmentVariable(variable.name))
    }
    for message in statements.messages {
      known.insert(.message(message.identifier))
      for signal in message.signals { known.insert(.signal(message.identifier, signal.name)) }
    }
    for entry in statements.attributes where !known.contains(entry.owner) {
      warnings.append(
        DBCWarning(
          line: entry.line, reason: "attribute \"\(entry.name)\" belongs to nothing in the file"))
    }
    for entry in statements.multiplexerValues
    where !known.contains(.signal(entry.message, entry.signal)) {
      warnings.append(
        DBCWarning(
          line: entry.line,
          reason: "SG_MUL_VAL_ names signal \(entry.signal), which message \(entry.message) lacks"))
    }
    for entry in statements.messages where entry.name == Self.independentSignals {
      warnings.append(
        DBCWarning(
          line: entry.line,
          reason: "the \(entry.signals.count) signals of \(entry.name) are in no message"))
    }
    for entry in statements.groups where !known.contains(.message(entry.message)) {
      warnings.append(
        DBCWarning(
          line: entry.line, reason: "SIG_GROUP_ names the unknown message \(entry.message)"))
    }
  }

  // MARK: Attributes

  private mutating func resolveDefinitions() throws(DBCError) {
    var defaults: [String: DBCStatements.Default] = [:]
    for entry in statements.defaults { defaults[entry.name] = entry }
    var relationDefaults: [String: DBCStatements.Default] = [:]
    for entry in statements.relationDefaults { relationDefaults[entry.name] = entry }
    for entry in statements.definitions {
      try define(entry, default: defaults[entry.name])
    }
    for entry in statements.relationDefinitions {
      try define(entry, default: relationDefaults[entry.name])
    }
  }

  private mutating func define(
    _ entry: DBCStatements.Definition, default defaultEntry: DBCStatements.Default?
  ) throws(DBCError) {
    var definition = DBCAttributeDefinition(
      scope: entry.scope, name: entry.name, type: entry.type,
      minimum: entry.numbers.count == 2 ? entry.numbers[0].real : nil,
      maximum: entry.numbers.count == 2 ? entry.numbers[1].real : nil,
      choices: entry.choices, line: entry.line)
    if let defaultEntry {
      definition.defaultValue = try value(
        defaultEntry.value, for: definition, line: defaultEntry.line)
    }
    definitions[key(entry.scope, entry.name)] = definition
    definitionList.append(definition)
  }

  /// Relation attributes have names of their own.
  private func key(_ scope: String, _ name: String) -> String {
    scope.hasSuffix("REL_") ? "REL \(name)" : name
  }

  private func resolve(
    _ attribute: DBCStatements.Attribute, relation: String = ""
  ) throws(DBCError) -> DBCAttribute {
    guard let definition = definitions[key(relation, attribute.name)] else {
      throw refusal(
        .unknownReference, attribute.line,
        "attribute \"\(attribute.name)\" has no BA_DEF_ line in this file")
    }
    return DBCAttribute(
      name: attribute.name,
      value: try value(attribute.value, for: definition, line: attribute.line))
  }

  private func value(
    _ text: String, for definition: DBCAttributeDefinition, line: Int
  ) throws(DBCError) -> DBCAttributeValue {
    switch definition.type {
    case "STRING": return .text(text)
    case "ENUM":
      if let index = definition.choices.firstIndex(of: text) {
        return .choice(index: index, name: text)
      }
      // Defaults may be empty or outside the choices; only their text matters then.
      guard let number = DBCNumber(text: text)?.integer else { return .text(text) }
      let index = Int(number)
      return .choice(
        index: index,
        name: definition.choices.indices.contains(index) ? definition.choices[index] : "")
    default:
      guard let number = DBCNumber(text: text) else {
        throw refusal(
          .badNumber, line,
          "attribute \"\(definition.name)\" of type \(definition.type) has the value "
            + "\"\(text.prefix(40))\"; a number is allowed")
      }
      if definition.type == "FLOAT" { return .real(number.real) }
      if let integer = number.integer { return .integer(integer) }
      // Fractions are cut off; what 64 bits cannot hold stays a real number.
      return Int64(exactly: number.real.rounded(.towardZero)).map { .integer($0) }
        ?? .real(number.real)
    }
  }

  private mutating func buildRelations() throws(DBCError) {
    for entry in statements.relations {
      relationAttributes.append(
        DBCRelationAttribute(
          relation: entry.relation, node: longNode(entry.node),
          message: entry.message.map { UInt32(truncatingIfNeeded: $0) },
          target: entry.target.map { target in
            entry.message.map { longSignal($0, target) } ?? target
          },
          attribute: try resolve(entry.attribute, relation: entry.relation)))
    }
  }

  // MARK: Names

  func longNode(_ name: String) -> String {
    attributes(of: .node(name)).text("SystemNodeLongSymbol") ?? name
  }

  func longSignal(_ message: UInt64, _ name: String) -> String {
    attributes(of: .signal(message, name)).text("SystemSignalLongSymbol") ?? name
  }

  // MARK: The rest

  private mutating func buildEnvironmentVariables() {
    for entry in statements.environmentVariables {
      var variable = entry
      let owner = Owner.environmentVariable(entry.name)
      variable.attributes = attributes(of: owner)
      variable.name = variable.attributes.text("SystemEnvVarLongSymbol") ?? entry.name
      variable.comment = statements.comments[owner]
      variable.valueTable = valuesByOwner[owner]?.values ?? []
      variable.dataSize = statements.environmentData.last { $0.name == entry.name }?.size
      environmentVariables.append(variable)
    }
  }

  mutating func append(_ message: DBCMessage) { messages.append(message) }

  mutating func appendWarning(_ warning: DBCWarning) { warnings.append(warning) }

  mutating func claimValues(_ owner: Owner) -> [DBCNamedValue] {
    valuesByOwner.removeValue(forKey: owner)?.values ?? []
  }

  mutating func claimFloatType(_ owner: Owner) -> Int {
    floatTypes.removeValue(forKey: owner)?.type ?? 0
  }

  func definition(_ name: String) -> DBCAttributeDefinition? { definitions[name] }

  static let independentSignals = "VECTOR__INDEPENDENT_SIG_MSG"
}

extension [DBCAttribute] {
  /// The last value given wins.
  fileprivate mutating func set(_ attribute: DBCAttribute) {
    if let index = firstIndex(where: { $0.name == attribute.name }) {
      self[index] = attribute
    } else {
      append(attribute)
    }
  }
}
