/// Checks a tree against the table of what it may hold, and reports everything that differs.
package struct ConfigurationReader {
  package let file: String
  package let findings: Findings

  package init(file: String, findings: Findings) {
    self.file = file
    self.findings = findings
  }

  /// The checked value, nil when its own shape is wrong.
  ///
  /// Faulty members are reported and left out.
  package func read(
    _ node: ConfigurationNode, as shape: Shape, path: String = ""
  ) -> CheckedValue? {
    switch shape {
    case .mapping(let keys): mapping(node, keys, path)
    case .dictionary(let allowed, let element): dictionary(node, allowed, element, path)
    case .list(let element, let count): list(node, element, count, path)
    case .textOr(let keys): textOr(node, keys, path)
    case .text, .choice, .flag, .integer, .number, .quantity: scalar(node, shape, path)
    }
  }

  private func report(_ line: Int, _ path: String, _ message: String) {
    findings.add(Finding(file: file, line: line, key: path, message: message))
  }

  private func refuse(_ node: ConfigurationNode, _ shape: Shape, _ path: String, hint: String = "")
  {
    report(node.line, path, "read \(node.readAs)\(hint); allowed: \(shape.allowed)")
  }

  private func make(
    _ content: CheckedValue.Content, _ node: ConfigurationNode, _ path: String
  ) -> CheckedValue {
    var written = ""
    if case .scalar(let scalar) = node.content { written = scalar.text }
    return CheckedValue(
      content, written: written, file: file, line: node.line, path: path, findings: findings)
  }

  private func mapping(
    _ node: ConfigurationNode, _ keys: [Key], _ path: String
  ) -> CheckedValue? {
    guard case .mapping(let members) = node.content else {
      refuse(node, .mapping(keys), path)
      return nil
    }
    var found: [(name: String, value: CheckedValue)] = []
    var present: [String: Int] = [:]
    for member in members {
      let memberPath = path.isEmpty ? member.key : path + "." + member.key
      guard let key = keys.first(where: { $0.name == member.key }) else {
        report(member.line, memberPath, unknownKey(member.key, keys.map(\.name)))
        continue
      }
      if let first = present.updateValue(member.line, forKey: member.key) {
        report(member.line, memberPath, duplicateKey([member.key], first, member.line))
        continue
      }
      if let value = read(member.value, as: key.shape, path: memberPath) {
        found.append((member.key, value))
      }
    }
    for key in keys where key.isRequired && present[key.name] == nil {
      report(
        node.line, path.isEmpty ? key.name : path + "." + key.name,
        "missing key; a value is due: \(key.shape.allowed)")
    }
    return make(.mapping(found), node, path)
  }

  private func unknownKey(_ name: String, _ valid: [String]) -> String {
    if let near = nearest(name, of: valid) {
      return "unknown key \(quoted(name)); did you mean \(near)?"
    }
    return "unknown key \(quoted(name)); valid keys: \(valid.joined(separator: ", "))"
  }

  private func dictionary(
    _ node: ConfigurationNode, _ allowed: [String], _ element: Shape, _ path: String
  ) -> CheckedValue? {
    guard case .mapping(let members) = node.content else {
      refuse(node, .dictionary(allowed: allowed, element), path)
      return nil
    }
    var found: [(name: String, value: CheckedValue)] = []
    var present: [String: Int] = [:]
    for member in members {
      let memberPath = path.isEmpty ? member.key : path + "." + member.key
      guard allowed.isEmpty ? isName(member.key) : allowed.contains(member.key) else {
        report(
          member.line, memberPath,
          allowed.isEmpty
            ? "unusable name \(quoted(member.key)); allowed are letters, digits and _"
            : unknownKey(member.key, allowed))
        continue
      }
      if let first = present.updateValue(member.line, forKey: member.key) {
        report(member.line, memberPath, duplicateKey([member.key], first, member.line))
        continue
      }
      if let value = read(member.value, as: element, path: memberPath) {
        found.append((member.key, value))
      }
    }
    return make(.mapping(found), node, path)
  }

  private func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
      }
  }

  private func list(
    _ node: ConfigurationNode, _ element: Shape, _ count: ClosedRange<Int>, _ path: String
  ) -> CheckedValue? {
    guard case .sequence(let elements) = node.content else {
      refuse(node, .list(element, count: count), path)
      return nil
    }
    guard count.contains(elements.count) else {
      report(
        node.line, path,
        "read a list of \(elements.count) elements; allowed: "
          + Shape.list(element, count: count).allowed)
      return nil
    }
    let values = elements.enumerated().compactMap { index, node in
      read(node, as: element, path: "\(path)[\(index)]")
    }
    return make(.list(values), node, path)
  }

  private func textOr(_ node: ConfigurationNode, _ keys: [Key], _ path: String) -> CheckedValue? {
    switch node.content {
    case .mapping: return mapping(node, keys, path)
    case .scalar(let scalar) where !scalar.text.isEmpty:
      guard let first = keys.first else { return nil }
      let word = make(.text(scalar.text), node, path)
      return make(.mapping([(first.name, word)]), node, path)
    case .scalar, .sequence:
      refuse(node, .textOr(keys), path)
      return nil
    }
  }
}

extension ConfigurationReader {
  private func scalar(_ node: ConfigurationNode, _ shape: Shape, _ path: String) -> CheckedValue? {
    guard case .scalar(let scalar) = node.content, !scalar.text.isEmpty else {
      refuse(node, shape, path)
      return nil
    }
    let content: CheckedValue.Content? =
      switch shape {
      case .text: .text(scalar.text)
      case .choice(let words): choice(scalar.text, words, node, path)
      case .flag: flag(scalar, node, path)
      case .integer(let range): integer(scalar, range, node, path)
      case .number(let range): number(scalar, range, node, path)
      case .quantity(let dimension, let range): quantity(scalar, dimension, range, node, path)
      case .mapping, .dictionary, .list, .textOr: nil
      }
    return content.map { make($0, node, path) }
  }

  private func choice(
    _ text: String, _ words: [String], _ node: ConfigurationNode, _ path: String
  ) -> CheckedValue.Content? {
    guard !words.contains(text) else { return .text(text) }
    let hint = nearest(text, of: words).map { ", nearest is \($0)" } ?? ""
    refuse(node, .choice(words), path, hint: hint)
    return nil
  }

  private func flag(
    _ scalar: ConfigurationNode.Scalar, _ node: ConfigurationNode, _ path: String
  ) -> CheckedValue.Content? {
    switch scalar.text {
    case "true" where !scalar.isQuoted: return .flag(true)
    case "false" where !scalar.isQuoted: return .flag(false)
    default:
      refuse(node, .flag, path)
      return nil
    }
  }

  /// Decimal, or hexadecimal with 0x.
  private func integer(
    _ scalar: ConfigurationNode.Scalar, _ range: ClosedRange<Int>, _ node: ConfigurationNode,
    _ path: String
  ) -> CheckedValue.Content? {
    let text = scalar.text
    let value =
      text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text, radix: 10)
    guard !scalar.isQuoted, !text.hasPrefix("0x+"), !text.hasPrefix("0x-"), let value,
      range.contains(value)
    else {
      refuse(node, .integer(range), path)
      return nil
    }
    return .integer(value)
  }

  private func number(
    _ scalar: ConfigurationNode.Scalar, _ range: ClosedRange<Double>, _ node: ConfigurationNode,
    _ path: String
  ) -> CheckedValue.Content? {
    switch QuantityText(scalar.text) {
    case .bare(let value) where range.contains(value) && !scalar.isQuoted: return .number(value)
    case .quantity, .unknownUnit:
      refuse(node, .number(range), path, hint: ", but this value has no unit")
    case .bare, .notANumber: refuse(node, .number(range), path)
    }
    return nil
  }

  private func quantity(
    _ scalar: ConfigurationNode.Scalar, _ dimension: Dimension, _ range: ClosedRange<Double>,
    _ node: ConfigurationNode, _ path: String
  ) -> CheckedValue.Content? {
    let shape = Shape.quantity(dimension, range)
    let units = UnitTable.units(of: dimension).map(\.symbol).filter { $0 != "1" }
    switch QuantityText(scalar.text) {
    case .quantity(let value, let unit):
      guard unit.dimension == dimension else {
        refuse(
          node, shape, path,
          hint: ", but \(unit.symbol) measures \(unit.dimension.description)")
        return nil
      }
      let base = value * unit.scale
      // A unit conversion may move a limit by a bit of rounding.
      let slack = 1e-12 * max(range.lowerBound.magnitude, range.upperBound.magnitude)
      guard base >= range.lowerBound - slack, base <= range.upperBound + slack else {
        refuse(node, shape, path)
        return nil
      }
      return .number(base)
    case .bare:
      refuse(node, shape, path, hint: " without a unit (\(units.joined(separator: ", ")))")
    case .unknownUnit(_, let symbol):
      refuse(
        node, shape, path,
        hint: ", unknown unit \(quoted(symbol)) (known: \(units.joined(separator: ", ")))")
    case .notANumber:
      refuse(node, shape, path, hint: ", which is no number with a unit")
    }
    return nil
  }
}
