import ArgumentParser
import DBC
import Foundation
import J1939

struct DBCCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dbc", abstract: "Print a DBC file as JSON.",
    discussion: """
      Signals that overlap or do not fit their message, double names and references to nothing are \
      refused with file, line and reason; --lenient turns them into warnings. Impossible \
      identifiers are always refused.
      """)

  @Argument(help: "The DBC file.") var file: String
  @Flag(help: "Load files with overlapping or misfit signals.") var lenient = false
  @Flag(name: .customLong("j1939"), help: "Treat every 29-bit message as a J1939 group.")
  var isJ1939 = false

  mutating func run() throws {
    let database = try loadDatabase(file, lenient: lenient, extendedIsJ1939: isJ1939)
    var json = JSONBytes()
    json.write(database)
    json.endLine()
    FileHandle.standardOutput.write(Data(json.bytes))
  }
}

extension JSONBytes {
  fileprivate mutating func write(_ database: DBCDatabase) {
    open("{")
    field("file", database.file)
    field("version", database.version)
    field("comment", database.comment)
    list("nodes", database.nodes) { json, node in
      json.open("{")
      json.field("name", node.name)
      json.field("comment", node.comment)
      json.attributes(node.attributes)
      json.close("}")
    }
    list("messages", database.messages) { json, message in json.write(message) }
    key("valueTables")
    open("{")
    for table in database.valueTables {
      key(table.name)
      values(table.values)
    }
    close("}")
    list("environmentVariables", database.environmentVariables) { json, variable in
      json.write(variable)
    }
    list("attributeDefinitions", database.attributeDefinitions) { json, definition in
      json.write(definition)
    }
    list("relationAttributes", database.relationAttributes) { json, relation in
      json.write(relation)
    }
    attributes(database.attributes)
    list("warnings", database.warnings) { json, warning in json.string(warning.description) }
    close("}")
  }

  private mutating func write(_ message: DBCMessage) {
    open("{")
    field("name", message.name)
    let identifier = String(message.identifier, radix: 16, uppercase: true)
    let width = message.isExtended ? 8 : 3
    field("id", String(repeating: "0", count: max(0, width - identifier.count)) + identifier)
    flag("extended", message.isExtended)
    flag("j1939", message.isJ1939)
    if message.isJ1939 {
      whole("pgn", Int(J1939Identifier(message.identifier).parameterGroup))
    }
    flag("fd", message.isFD)
    whole("length", message.length)
    if let cycleTime = message.cycleTime { whole("cycleTime", cycleTime) }
    list("senders", message.senders) { json, name in json.string(name) }
    field("comment", message.comment)
    attributes(message.attributes)
    if !message.groups.isEmpty {
      list("groups", message.groups) { json, group in
        json.open("{")
        json.field("name", group.name)
        json.whole("repetitions", group.repetitions)
        json.list("signals", group.signals) { json, name in json.string(name) }
        json.close("}")
      }
    }
    list("signals", message.signals) { json, signal in json.write(signal) }
    close("}")
  }

  private mutating func write(_ signal: DBCSignal) {
    open("{")
    field("name", signal.name)
    whole("start", signal.startBit)
    whole("length", signal.length)
    field("byteOrder", signal.isBigEndian ? "big" : "little")
    flag("signed", signal.isSigned)
    flag("float", signal.floatKind != .none)
    key("scale")
    number(signal.scale, whole: signal.integerScale)
    key("offset")
    number(signal.offset, whole: signal.integerOffset)
    limit("minimum", signal.minimum)
    limit("maximum", signal.maximum)
    field("unit", signal.unit)
    list("receivers", signal.receivers) { json, name in json.string(name) }
    flag("multiplexer", signal.isMultiplexer)
    if let multiplexing = signal.multiplexing {
      key("multiplexedBy")
      open("{")
      field("signal", multiplexing.multiplexer)
      list("values", multiplexing.ranges) { json, range in
        json.open("[")
        json.integer(range.lowerBound)
        json.integer(range.upperBound)
        json.close("]")
      }
      close("}")
    }
    if !signal.valueTable.isEmpty {
      key("values")
      values(signal.valueTable)
    }
    if let number = signal.suspectParameterNumber { whole("spn", number) }
    field("comment", signal.comment)
    attributes(signal.attributes)
    close("}")
  }

  private mutating func write(_ variable: DBCEnvironmentVariable) {
    open("{")
    field("name", variable.name)
    whole("type", variable.type)
    limit("minimum", variable.minimum)
    limit("maximum", variable.maximum)
    field("unit", variable.unit)
    limit("initialValue", variable.initialValue)
    whole("id", variable.identifier)
    field("accessType", variable.accessType)
    list("accessNodes", variable.accessNodes) { json, name in json.string(name) }
    if let size = variable.dataSize { whole("dataSize", size) }
    field("comment", variable.comment)
    attributes(variable.attributes)
    close("}")
  }

  private mutating func write(_ definition: DBCAttributeDefinition) {
    open("{")
    field("name", definition.name)
    field("scope", definition.scope)
    field("type", definition.type)
    if definition.minimum != nil { limit("minimum", definition.minimum) }
    if definition.maximum != nil { limit("maximum", definition.maximum) }
    if !definition.choices.isEmpty {
      list("choices", definition.choices) { json, name in json.string(name) }
    }
    if let value = definition.defaultValue {
      key("default")
      write(value)
    }
    close("}")
  }

  private mutating func write(_ relation: DBCRelationAttribute) {
    open("{")
    field("relation", relation.relation)
    field("node", relation.node)
    if let message = relation.message { whole("message", Int(message)) }
    field("target", relation.target)
    attributes([relation.attribute])
    close("}")
  }

  private mutating func write(_ value: DBCAttributeValue) {
    switch value {
    case .integer(let number): integer(number)
    case .real(let real): number(real)
    case .text(let text): string(text)
    case .choice(let index, let name): name.isEmpty ? integer(index) : string(name)
    }
  }

  // MARK: Pieces

  private mutating func list<Element>(
    _ name: String, _ elements: [Element], _ write: (inout JSONBytes, Element) -> Void
  ) {
    key(name)
    open("[")
    for element in elements { write(&self, element) }
    close("]")
  }

  /// Left out where there is none.
  private mutating func field(_ name: String, _ text: String?) {
    guard let text else { return }
    key(name)
    string(text)
  }

  private mutating func flag(_ name: String, _ flag: Bool) {
    key(name)
    boolean(flag)
  }

  private mutating func whole(_ name: String, _ number: Int) {
    key(name)
    integer(number)
  }

  private mutating func limit(_ name: String, _ limit: Double?) {
    key(name)
    guard let limit else { return null() }
    number(limit, whole: Int64(exactly: limit))
  }

  private mutating func number(_ real: Double, whole: Int64?) {
    if let whole { integer(whole) } else { number(real) }
  }

  private mutating func values(_ values: [DBCNamedValue]) {
    open("{")
    for value in values {
      key(String(value.value))
      string(value.name)
    }
    close("}")
  }

  private mutating func attributes(_ attributes: [DBCAttribute]) {
    guard !attributes.isEmpty else { return }
    key("attributes")
    open("{")
    for attribute in attributes {
      key(attribute.name)
      write(attribute.value)
    }
    close("}")
  }
}
