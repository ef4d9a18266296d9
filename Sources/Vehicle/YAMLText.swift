import Yams

/// Reads the one YAML document of a file.
///
/// Anchors, aliases, merge keys and several documents are refused: a configuration says each thing
/// where it is looked for, and aliases would let a small file grow without bound.
package func readYAML(
  _ bytes: [UInt8], file: String, findings: Findings
) -> ConfigurationNode? {
  func refuse(_ line: Int, _ message: String) -> ConfigurationNode? {
    findings.add(Finding(file: file, line: line, key: "", message: message))
    return nil
  }
  guard bytes.count <= textLimit else {
    return refuse(0, "\(bytes.count) bytes; allowed are \(textLimit)")
  }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    return refuse(0, "not UTF-8 text")
  }
  if let (line, message) = unsupportedStructure(bytes) { return refuse(line, message) }
  do {
    guard let root = try Parser(yaml: text).singleRoot() else { return refuse(0, "empty file") }
    return convert(root, line: 1, depth: 0, refuse: { _ = refuse($0, $1) })
  } catch let error as YamlError {
    let (line, message) = place(error, in: text)
    return refuse(line, message)
  } catch {
    return refuse(0, "not YAML: \(error)")
  }
}

/// More than any profile or mission needs; the bound on what hostile input can cost.
let textLimit = 1 << 20
private let depthLimit = 64

private func convert(
  _ node: Node, line: Int, depth: Int, refuse: (Int, String) -> Void
) -> ConfigurationNode? {
  let here = node.mark?.line ?? line
  guard depth < depthLimit else {
    refuse(here, "nested deeper than \(depthLimit) levels")
    return nil
  }
  switch node {
  case .scalar(let scalar):
    let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
    return ConfigurationNode(.scalar(.init(text: scalar.string, isQuoted: isQuoted)), line: here)
  case .sequence(let sequence):
    return ConfigurationNode(
      .sequence(
        sequence.compactMap { convert($0, line: here, depth: depth + 1, refuse: refuse) }),
      line: here)
  case .mapping(let mapping):
    var members: [ConfigurationNode.Member] = []
    for (key, value) in mapping {
      let keyLine = key.mark?.line ?? here
      guard case .scalar(let name) = key else {
        refuse(keyLine, "a key must be a word")
        continue
      }
      guard let converted = convert(value, line: keyLine, depth: depth + 1, refuse: refuse)
      else { continue }
      members.append(.init(key: name.string, line: keyLine, value: converted))
    }
    return ConfigurationNode(.mapping(members), line: here)
  case .alias:
    refuse(here, "aliases (*name) are not used in these files; write the value out")
    return nil
  }
}

private func place(_ error: YamlError, in text: String) -> (line: Int, message: String) {
  switch error {
  case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
    .composer(_, let problem, let mark, _):
    return (mark.line, "not YAML: \(problem) (column \(mark.column))")
  case .duplicatedKeysInMapping(let duplicates, let context):
    let again = repetition(of: duplicates.first ?? "", after: context.mark.line, in: text)
    return (again ?? context.mark.line, duplicateKey(duplicates, context.mark.line, again))
  case .reader(let problem, let offset, _, _):
    return (0, "not YAML: \(problem)" + (offset.map { " at byte \($0)" } ?? ""))
  case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
    return (0, "not YAML: \(error)")
  }
}

/// The line in which a key comes for the second time; the parser tells the first one alone.
///
/// The shortest beginning of the text that has the fault ends with it. Hostile files may have many
/// lines that could be it: after a few nothing is said.
private func repetition(of key: String, after first: Int, in text: String) -> Int? {
  let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  guard lines.indices.contains(first - 1) else { return nil }
  let candidates = lines.indices[(first - 1)...].lazy.filter { lines[$0].contains(key) }
  for index in candidates.prefix(32) {
    do {
      _ = try Parser(yaml: lines[...index].joined(separator: "\n")).singleRoot()
    } catch YamlError.duplicatedKeysInMapping {
      return index + 1
    } catch {
      continue
    }
  }
  return nil
}

/// What must be refused before a recursive parser sees it: nesting that would exhaust its stack,
/// and anchors.
private func unsupportedStructure(_ bytes: [UInt8]) -> (line: Int, message: String)? {
  if let line = foreignBreak(bytes) {
    return (line, "a line break that is not a line feed (U+0085, U+2028 or U+2029)")
  }
  var line = 1
  var flowDepth = 0
  for row in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
    // A carriage return alone breaks lines in YAML too.
    for part in row.split(separator: UInt8(ascii: "\r")) {
      for byte in part {
        if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { flowDepth += 1 }
        if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { flowDepth -= 1 }
        flowDepth = max(flowDepth, 0)
      }
      // Each nested block takes at least a column of what leads its line.
      let lead = part.prefix { " -?:\t!".utf8.contains($0) }.count
      if flowDepth > depthLimit || lead > 2 * depthLimit {
        return (line, "nested deeper than \(depthLimit) levels")
      }
      if usesAnchor(part) {
        return (line, "anchors and aliases (&name, *name) are not used in these files")
      }
    }
    line += 1
  }
  return nil
}

/// The line of a break that YAML knows and no editor shows.
private func foreignBreak(_ bytes: [UInt8]) -> Int? {
  for i in bytes.indices where bytes[i] == 0xC2 || bytes[i] == 0xE2 {
    let next = bytes[(i + 1)...].prefix(2)
    guard
      next.starts(with: [0x85]) && bytes[i] == 0xC2
        || bytes[i] == 0xE2
          && (next.elementsEqual([0x80, 0xA8]) || next.elementsEqual([0x80, 0xA9]))
    else { continue }
    return bytes[..<i].count { $0 == UInt8(ascii: "\n") } + 1
  }
  return nil
}

private func usesAnchor(_ row: ArraySlice<UInt8>) -> Bool {
  let isComment = row.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "#")
  // A line that looks like a comment may end a quoted text that began above it.
  if isComment, !row.contains(where: { $0 == 0x22 || $0 == 0x27 }) { return false }
  var previous = UInt8(ascii: " ")
  var previousIsMark = false
  for byte in row {
    let isName =
      byte > 0x2C && byte != UInt8(ascii: ":") && byte != UInt8(ascii: "?")
      || (0x30...0x39).contains(byte)
    if previousIsMark, isName { return true }
    let startsToken = previous <= 0x20 || "[]{},:\"'".utf8.contains(previous)
    previousIsMark = startsToken && (byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*"))
    previous = byte
  }
  return false
}
