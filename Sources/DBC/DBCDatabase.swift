/// A loaded DBC file: its messages and the compiled tables that decode and encode them.
package struct DBCDatabase: Sendable {
  package let file: String
  package let version: String?
  package let comment: String?
  package let nodes: [DBCNode]
  package let messages: [DBCMessage]
  package let valueTables: [DBCValueTable]
  package let environmentVariables: [DBCEnvironmentVariable]
  package let attributeDefinitions: [DBCAttributeDefinition]
  package let relationAttributes: [DBCRelationAttribute]
  package let attributes: [DBCAttribute]
  /// What was noticed and not refused.
  package let warnings: [DBCWarning]
  package let codec: DBCCodec

  /// Parses, resolves and checks a file.
  ///
  /// Signals that overlap or do not fit, double names and identifiers, and references to nothing are
  /// refused; with `lenient` they become warnings. Syntax errors and impossible identifiers are
  /// always refused. `extendedIsJ1939` treats every 29-bit message as a J1939 parameter group, for
  /// files that do not say so themselves.
  package init(
    bytes: [UInt8], file: String, lenient: Bool = false, extendedIsJ1939: Bool = false
  ) throws(DBCError) {
    let statements = try DBCParser.parse(bytes: bytes, file: file)
    var builder = DBCBuilder(
      statements: statements, file: file, lenient: lenient, extendedIsJ1939: extendedIsJ1939)
    try builder.build()
    self.file = file
    version = statements.version
    comment = statements.comments[.file]
    nodes = builder.nodes
    messages = builder.messages
    valueTables = statements.valueTables
    environmentVariables = builder.environmentVariables
    attributeDefinitions = builder.definitionList
    relationAttributes = builder.relationAttributes
    attributes = builder.attributes(of: .file)
    warnings = builder.warnings.sorted { $0.line < $1.line }
    codec = DBCCodec(messages: builder.messages)
  }

  package func message(named name: String) -> DBCMessage? {
    messages.first { $0.name == name || $0.shortName == name }
  }
}
