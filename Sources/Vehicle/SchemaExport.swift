/// A JSON Schema (draft 2020-12) of a table, for editors.
package func jsonSchema(title: String, _ keys: [Key]) -> String {
  jsonSchema(title: title) { members(of: .mapping(keys), &$0) }
}

/// The same of something that no table of keys alone describes; `body` writes its members.
package func jsonSchema(title: String, body: (inout JSONWriter) -> Void) -> String {
  var writer = JSONWriter()
  writer.open("{")
  writer.member("$schema", "https://json-schema.org/draft/2020-12/schema")
  writer.member("title", title)
  body(&writer)
  writer.close("}")
  return writer.text + "\n"
}

/// The schema of a value.
package func write(_ shape: Shape, help: String = "", _ writer: inout JSONWriter) {
  writer.open("{")
  if !help.isEmpty { writer.member("description", help) }
  members(of: shape, &writer)
  writer.close("}")
}

private func members(of shape: Shape, _ writer: inout JSONWriter) {
  switch shape {
  case .text: writer.member("type", "string")
  case .flag: writer.member("type", "boolean")
  case .choice(let words): writer.member("enum", words)
  case .integer(let range):
    writer.member("type", "integer")
    writer.memberRaw("minimum", "\(range.lowerBound)")
    writer.memberRaw("maximum", "\(range.upperBound)")
  case .number(let range):
    writer.member("type", "number")
    writer.memberRaw("minimum", shortest(range.lowerBound))
    writer.memberRaw("maximum", shortest(range.upperBound))
  case .quantity(let dimension, _):
    writer.member("type", "string")
    writer.member("pattern", quantityPattern(dimension))
    writer.member("$comment", shape.allowed)
  case .mapping(let keys): object(keys, &writer)
  case .dictionary(let allowed, let element):
    writer.member("type", "object")
    if !allowed.isEmpty {
      writer.key("propertyNames")
      writer.open("{")
      writer.member("enum", allowed)
      writer.close("}")
    }
    writer.key("additionalProperties")
    write(element, help: "", &writer)
  case .list(let element, let count):
    writer.member("type", "array")
    writer.memberRaw("minItems", "\(count.lowerBound)")
    writer.memberRaw("maxItems", "\(count.upperBound)")
    writer.key("items")
    write(element, help: "", &writer)
  case .textOr(let keys):
    writer.key("oneOf")
    writer.open("[")
    writer.separate()
    write(.text, help: "", &writer)
    writer.separate()
    write(.mapping(keys), help: "", &writer)
    writer.close("]")
  }
}

private func object(_ keys: [Key], _ writer: inout JSONWriter) {
  writer.member("type", "object")
  writer.member("required", keys.filter(\.isRequired).map(\.name))
  writer.memberRaw("additionalProperties", "false")
  writer.key("properties")
  writer.open("{")
  for key in keys {
    writer.key(key.name)
    write(key.shape, help: key.help, &writer)
  }
  writer.close("}")
}

/// A number, then one of the dimension's units.
private func quantityPattern(_ dimension: Dimension) -> String {
  let units = UnitTable.units(of: dimension).map(\.symbol).filter { $0 != "1" }
    .map { $0.replacing("(", with: "\\(").replacing(")", with: "\\)") }
  return "^[+-]?[0-9]*\\.?[0-9]+([eE][+-]?[0-9]+)? *(\(units.joined(separator: "|")))$"
}

/// Indented JSON.
package struct JSONWriter {
  package private(set) var text = ""
  private var depth = 0
  private var needsComma = false
  private var afterKey = true

  package init() {}

  package mutating func separate() {
    if needsComma { text += "," }
    if depth > 0 { text += "\n" + String(repeating: "  ", count: depth) }
    needsComma = false
    afterKey = true
  }

  package mutating func key(_ name: String) {
    separate()
    text += Self.quote(name) + ": "
  }

  package mutating func open(_ bracket: String) {
    text += bracket
    depth += 1
    needsComma = false
  }

  package mutating func close(_ bracket: String) {
    depth -= 1
    if !text.hasSuffix("{"), !text.hasSuffix("[") {
      text += "\n" + String(repeating: "  ", count: depth)
    }
    text += bracket
    needsComma = true
  }

  package mutating func member(_ name: String, _ value: String) {
    memberRaw(name, Self.quote(value))
  }

  package mutating func member(_ name: String, _ values: [String]) {
    memberRaw(name, "[" + values.map(Self.quote).joined(separator: ", ") + "]")
  }

  package mutating func memberRaw(_ name: String, _ value: String) {
    key(name)
    text += value
    needsComma = true
  }

  package static func quote(_ value: String) -> String {
    var result = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if scalar.value < 0x20 {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
