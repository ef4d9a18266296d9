extension DBCParser {
  mutating func comment() throws(DBCError) {
    let owner = try owner(nodeKeyword: "BU_")
    let comment = try text("a comment")
    try sign(";")
    // CANdb++ joins the comments of the bus.
    if owner == .file, let before = statements.comments[.file] {
      statements.comments[.file] = before + comment
    } else {
      statements.comments[owner] = comment
    }
  }

  private mutating func owner(nodeKeyword: String) throws(DBCError) -> DBCStatements.Owner {
    if isKeyword(nodeKeyword) {
      try advance()
      return .node(try name("a node name"))
    }
    if isKeyword("BO_") {
      try advance()
      return .message(try identifier())
    }
    if isKeyword("SG_") {
      try advance()
      let identifier = try identifier()
      return .signal(identifier, try name("a signal name"))
    }
    if isKeyword("EV_") {
      try advance()
      return .environmentVariable(try name("an environment variable's name"))
    }
    return .file
  }

  mutating func attributeDefinition(relation: Bool) throws(DBCError) {
    let line = line
    var scope = ""
    let scopes =
      relation ? ["BU_SG_REL_", "BU_BO_REL_", "BU_EV_REL_"] : ["BU_", "BO_", "SG_", "EV_"]
    for keyword in scopes where isKeyword(keyword) { scope = keyword }
    if !scope.isEmpty { try advance() }
    let name = try text("an attribute's name")
    let before = current
    let type = try self.name("an attribute's type")
    guard ["INT", "HEX", "FLOAT", "STRING", "ENUM"].contains(type) else {
      throw DBCError(
        kind: .syntax, file: file, line: before.line, column: before.column,
        reason: "attribute \"\(name)\" has the type \(type); allowed are INT, HEX, FLOAT, STRING, "
          + "ENUM")
    }
    var definition = DBCStatements.Definition(
      scope: scope, name: name, type: type, numbers: [], choices: [], line: line)
    while !isSign(";") {
      if case .string = current.kind {
        definition.choices.append(try text("a choice"))
        if isSign(",") { try advance() }
      } else {
        definition.numbers.append(try number("a limit of attribute \"\(name)\""))
      }
    }
    try sign(";")
    if relation {
      statements.relationDefinitions.append(definition)
    } else {
      statements.definitions.append(definition)
    }
  }

  mutating func attributeDefault(relation: Bool) throws(DBCError) {
    let line = line
    let name = try text("an attribute's name")
    let value = try value("the default of \"\(name)\"")
    try sign(";")
    let entry = DBCStatements.Default(name: name, value: value.text, line: line)
    if relation {
      statements.relationDefaults.append(entry)
    } else {
      statements.defaults.append(entry)
    }
  }

  mutating func attribute(line: Int) throws(DBCError) {
    let name = try text("an attribute's name")
    let owner = try owner(nodeKeyword: "BU_")
    let value = try value("the value of \"\(name)\"")
    try sign(";")
    statements.attributes.append(
      .init(name: name, owner: owner, value: value.text, isText: value.isText, line: line))
  }

  mutating func relationAttribute(line: Int) throws(DBCError) {
    let name = try text("an attribute's name")
    var relation = ""
    for keyword in ["BU_SG_REL_", "BU_BO_REL_", "BU_EV_REL_"] where isKeyword(keyword) {
      relation = keyword
    }
    guard !relation.isEmpty else { throw failure("BU_SG_REL_, BU_BO_REL_ or BU_EV_REL_") }
    try advance()
    let node = try self.name("a node name")
    var message: UInt64?
    var target: String?
    if isKeyword("SG_") { try advance() }
    if relation != "BU_EV_REL_" { message = try identifier() }
    if relation != "BU_BO_REL_" { target = try self.name("a name") }
    let value = try value("the value of \"\(name)\"")
    try sign(";")
    statements.relations.append(
      .init(
        relation: relation, node: node, message: message, target: target,
        attribute: .init(
          name: name, owner: .node(node), value: value.text, isText: value.isText, line: line)))
  }

  // MARK: Environment variables

  mutating func environmentVariable() throws(DBCError) {
    let name = try name("an environment variable's name")
    try sign(":")
    let type = try whole("a type", in: 0...255)
    try sign("[")
    let minimum = try number("a minimum")
    try sign("|")
    let maximum = try number("a maximum")
    try sign("]")
    let unit = try text("a unit")
    let initial = try number("an initial value")
    let identifier = try whole("a number", in: 0...Int(UInt32.max))
    let access = try self.name("an access type")
    let nodes = try list()
    try sign(";")
    statements.environmentVariables.append(
      DBCEnvironmentVariable(
        name: name, type: type, minimum: minimum.real, maximum: maximum.real, unit: unit,
        initialValue: initial.real, identifier: identifier, accessType: access, accessNodes: nodes))
  }

  mutating func environmentVariableData() throws(DBCError) {
    let name = try name("an environment variable's name")
    try sign(":")
    let size = try whole("a size in bytes", in: 0...Int(UInt32.max))
    try sign(";")
    statements.environmentData.append((name, size))
  }
}
